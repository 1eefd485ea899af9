"""A hundred cars on one cell, two models: who holds weights, who can load them, and what binds.

python examples/models.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

CARS, MEMORY_GB, LINE_MBPS, CELL_MBPS = 100, 16, 83, 500
models = gf.Models(name=["8B INT4", "8B FP8"], weights_gb=[4, 8])

alone_s = models.load_s(LINE_MBPS)[0]
all_s = CARS * models.load_s(CELL_MBPS)[0]
print(f"4 GB over {LINE_MBPS} Mb/s: {alone_s / 60:.1f} minutes")
print(f"4 GB for {CARS} cars over a cell of {CELL_MBPS} Mb/s: {all_s / 3600:.1f} hours\n")

net = gf.Network(sites=["cell"], links=([], []), latency_ms=[], access_down_mbps=[CELL_MBPS])
cars = gf.Nodes(
    net,
    site="cell",
    capacity={"memory_gb": MEMORY_GB},
    link_down_mbps=LINE_MBPS,
    models={"8B INT4": [True, False], "8B FP8": [False, False]},
    count=[30, CARS - 30],
)
chats = gf.Tasks(
    net,
    origin="cell",
    demand={"memory_gb": [2, 2, 2, 0.5]},
    model=["8B INT4", "8B INT4", "8B FP8", ""],
    max_wait_s=[0, np.inf, np.inf, 0],
    count=[120, 150, 60, 400],
)
NAMES = ("8B INT4, now", "8B INT4", "8B FP8", "no model")


def show(title: str, window_s: float) -> gf.Plan:
    plan = gf.place(chats, cars, models=models, objective=gf.Objective(load_window_s=window_s))
    plan.verify()
    print(f"{title}: {plan.loads.total} loads, at most {plan.loads.seconds.max() / 60:.1f} minutes each")
    for name, placed, asked, reason in zip(
        NAMES, plan.placed_count, (120, 150, 60, 400), plan.reason, strict=True
    ):
        print(f"  {name:12} {placed:4} of {asked:4}  {gf.Reason(int(reason)).name}")
    task = int(np.argmax(plan.reason > 0))  # the first that is left out: why, and what would do
    print(f"{plan.explain(task)}\n")
    return plan


show("half of the cell's air for ten minutes", 600)
plan = show("for an hour", 3600)

print("\nOf each, so many more after that hour's loads, and what keeps the next one out:\n")
room = gf.capacity(chats, plan)
print(room)
print()
print(room.binds())
print()

# The fleet warms up: what was loaded in one plan is held in the next, and the window is there for others.
plan = None
for minutes in range(10, 70, 10):
    plan = gf.place(chats, cars, models=models, previous=plan)
    plan.verify()
    print(f"after {minutes} minutes {plan.placed_tasks} of 730 tasks, {plan.moved_tasks} moved")

print(f"\nthe gap of {100 * plan.gap_placed:.1f} %, rule by rule:")
print(gf.gap_by_rule(plan))

servers = gf.Nodes(
    net,
    site="cell",
    count=4,
    capacity={"memory_gb": 128},
    link_down_mbps=10_000,
    devices=8,
    device_capacity={"memory_gb": 80},
)
serving = gf.Tasks(
    net,
    origin="cell",
    demand={"memory_gb": 4},
    model=["8B FP8", "8B INT4"],
    devices=[2, 0.25],
    device_demand={"memory_gb": [40, 16]},
    count=[8, 30],
)
plan = gf.place(serving, servers, models=models, objective=gf.Objective(load_window_s=3600))
plan.verify()
print(f"\n4 servers of 8 devices: {plan.placed_tasks} tasks on {plan.used('devices')} devices", end=", ")
print(f"weights of {plan.loads.total} loads take their memory once each\n")

print("More gangs of four such tasks on one server each, which needs both models, while these run:")
pairs = gf.Tasks(
    net,
    origin="cell",
    demand={"memory_gb": 4},
    model=["8B FP8", "8B INT4"],
    devices=[1, 0.25],
    device_demand={"memory_gb": [40, 16]},
    count=[1, 3],
    gang=0,
    gang_level="node",
)
room = gf.capacity(pairs, plan)
why = gf.Reason(int(room.reason[0])).name
print(f"{room.gangs[0]}, that is {room.fits[0]} and {room.fits[1]} tasks; then {why}")
