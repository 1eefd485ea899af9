"""Which capacity binds first, and what does 10 Gb/s more buy? Prices say so; raising it shows.

python examples/what_binds.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

SITES = ["Hamburg", "Berlin", "Frankfurt", "Jülich"]
LINKS = [("Hamburg", "Berlin"), ("Berlin", "Frankfurt"), ("Frankfurt", "Jülich")]
GBPS = 1_000


def place(capacity_gbps: np.ndarray, cars: int = 800) -> gf.Plan:
    """Sessions of 20 Mb/s in two cities; cars in Berlin, a factory in Jülich, and the links between."""
    network = gf.Network(
        sites=SITES,
        links=([SITES.index(a) for a, _ in LINKS], [SITES.index(b) for _, b in LINKS]),
        latency_ms=[1.5, 2.5, 1.0],
        capacity_mbps=capacity_gbps * GBPS,
    )
    nodes = gf.Nodes(
        network,
        site=["Berlin", "Jülich"],
        count=[cars, 50],
        capacity={"memory_gb": [16, 1128]},
        access_rtt_ms=[15, 1],
    )
    sessions = gf.Tasks(
        network, origin=["Hamburg", "Berlin"], count=[3_000, 4_000], demand={"memory_gb": 8},
        downlink_mbps=20, uplink_mbps=1, max_rtt_ms=40,
    )  # fmt: skip
    return gf.place(sessions, nodes)


today = np.array([40.0, 60.0, 100.0])
plan = place(today)
prices = plan.prices().weight
print(f"{plan.placed_tasks:,} of 7,000 sessions run; no plan could run more than {prices.bound:,.0f}.")
print("What binds, and what 5 % more of it would let in at most:\n")
print(prices.table())
print()

for number, gbps in ((0, 10), (1, 10), (2, 10), (1, 50)):  # at last so much that the next link binds
    more = np.zeros(len(LINKS))
    more[number] = gbps
    told = prices.worth(capacity_mbps=more * GBPS)
    gained = place(today + more).placed_tasks - plan.placed_tasks
    a, b = LINKS[number]
    print(f"{gbps} Gb/s more from {a} to {b}: at most {told:,.0f} sessions more, in fact {gained:,}")
told = prices.worth(count=[100, 0])
gained = place(today, cars=900).placed_tasks - plan.placed_tasks
print(f"100 cars more in Berlin: at most {told:,.0f} sessions more, in fact {gained:,}")
