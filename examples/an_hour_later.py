"""An hour later 2 % of the cars have left. What moves, and what does it cost?

python examples/an_hour_later.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

CARS, SESSIONS = 5_000, 8_000
rng = np.random.default_rng(0)
network = gf.Network(sites=3, links=([0, 0], [1, 2]), latency_ms=[2.0, 5.0])
columns = {
    "site": rng.integers(0, 3, CARS),
    "memory_gb": rng.choice([16.0, 32.0], CARS),
    "price": rng.choice([0.0006, 0.0008, 0.001], CARS),  # EUR per GB and hour
}
sessions = gf.Tasks(
    network,
    origin=rng.integers(0, 3, SESSIONS),
    demand={"memory_gb": rng.choice([6.0, 8.0, 12.0], SESSIONS)},
    max_rtt_ms=20,
)


def cars(rows: np.ndarray) -> gf.Nodes:
    """The cars of these rows; the id of a car is its row in the whole fleet."""
    return gf.Nodes(
        network,
        site=columns["site"][rows],
        capacity={"memory_gb": columns["memory_gb"][rows]},
        price={"memory_gb": columns["price"][rows]},
        access_rtt_ms=5,
        id=rows,
    )


now = gf.place(sessions, cars(np.arange(CARS)))
print(f"now: {now.placed_tasks:,} sessions, {now.cost:,.2f} EUR/h")

parked = np.flatnonzero(rng.random(CARS) >= 0.02)
stranded = int((~np.isin(now.node[now.node >= 0], parked)).sum())
print(f"an hour later {CARS - len(parked)} cars have left, and {stranded} sessions ran on them")
for name, previous in (("from scratch", None), ("from the plan", now)):
    plan = gf.place(sessions, cars(parked), previous=previous)
    plan.verify()
    moved = int(((plan.node != now.node) & (plan.node >= 0) & (now.node >= 0)).sum())
    print(f"{name:13} {plan.placed_tasks:,} sessions, {moved:5,} moved, {plan.cost:,.2f} EUR/h")
