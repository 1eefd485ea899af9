"""A day of parked cars and sessions, hour by hour: 24 plans, each started from the one before.

python examples/a_day.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf
from gigafleet.scenarios.countries import PARKED_SHARE

CARS, SESSIONS = 2_000, 12_000
rng = np.random.default_rng(0)
network = gf.Network(sites=["Köln", "Aachen", "Jülich"], links=([0, 1], [2, 2]), latency_ms=[0.5, 0.3])
home = rng.integers(0, 2, CARS)  # each car parks in one of the cities
price = rng.choice([0.0008, 0.001, 0.0012], CARS)  # EUR per GB and hour
parked = [rng.random(CARS) < share for share in PARKED_SHARE["weekdays"]]

evening = 1 + np.sin((np.arange(24) - 13) / 12 * np.pi)  # most sessions begin at seven
start = np.sort(rng.choice(24, SESSIONS, p=evening / evening.sum()))
hours = rng.geometric(0.5, SESSIONS)  # how long each lasts
city = rng.integers(0, 2, SESSIONS)
memory_gb = rng.choice([4.0, 6.0, 12.0], SESSIONS)


def hour_of_day(hour: int) -> tuple[gf.Tasks, gf.Nodes]:
    """Who asks and who is there. Ids say who is who from one hour to the next."""
    cars = np.flatnonzero(parked[hour])
    nodes = gf.Nodes(
        network,
        site=np.append(home[cars], 2),
        capacity={"memory_gb": np.append(np.full(cars.size, 16.0), 1128.0)},
        price={"memory_gb": np.append(price[cars], 0.0015)},
        access_rtt_ms=np.append(np.full(cars.size, 15.0), 0.5),
        count=np.append(np.ones(cars.size, int), 4),  # and four hosts of a factory
        id=np.append(cars, CARS),
    )
    now = np.flatnonzero((start <= hour) & (hour < start + hours))
    tasks = gf.Tasks(
        network, origin=city[now], demand={"memory_gb": memory_gb[now]}, max_rtt_ms=30,
        duration_s=3600.0 * hours[now], id=now,
    )  # fmt: skip
    return tasks, nodes


day = gf.place_series(hour_of_day, objective=gf.Objective(move_cost=0.002), effort="fast")
print(day)
print(
    f"\n{day.stranded.sum():,} sessions lost their car, {day.moved.sum():,} moved, {day.dropped.sum():,} "
    f"dropped; the day costs {day.cost.sum():,.2f} EUR, {day.move_cost.sum():,.2f} of it for moves"
)
