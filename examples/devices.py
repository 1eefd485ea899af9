"""Shares of GPUs and whole ones on hosts of eight: what fits, and what stays fragmented.

python examples/devices.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

HOSTS, GPUS = 50, 8
JOBS = {  # name: (how many, GPUs each, GB on each of these GPUs)
    "embeddings, a tenth": (400, 0.1, 6),
    "8B chat, a quarter": (300, 0.25, 20),
    "vision, three fifths": (60, 0.6, 45),
    "70B in INT4, one": (100, 1, 40),
    "70B in FP16, four": (15, 4, 60),
    "405B in FP8, all eight": (8, 8, 70),
    "half a GPU, but 90 GB": (5, 0.5, 90),
}
count, gpus, memory_gb = (np.array(column) for column in zip(*JOBS.values(), strict=True))

net = gf.Network(sites=["Jülich"], links=([], []), latency_ms=[])
hosts = gf.Nodes(
    net,
    site="Jülich",
    count=HOSTS,
    capacity={"memory_gb": 2048},
    devices=GPUS,
    device_capacity={"memory_gb": 80},
    price={"devices": 2.5},
)
jobs = gf.Tasks(
    net,
    origin="Jülich",
    count=count,
    demand={"memory_gb": 8},
    devices=gpus,
    device_demand={"memory_gb": memory_gb},
)
plan = gf.place(jobs, hosts)
plan.verify()

for name, asked, placed, reason in zip(JOBS, count, plan.placed_count, plan.reason, strict=True):
    print(f"{name:24} {placed:4} of {asked:4}  {gf.Reason(int(reason)).name}")

# Load of each GPU: a run has a mask, whose bit i is GPU i of each of its hosts.
run = np.repeat(np.arange(len(plan.devices)), plan.runs.instances)
first = np.cumsum(plan.runs.instances) - plan.runs.instances
host = plan.runs.first_instance[run] + np.arange(len(run)) - first[run]
uses = plan.devices[run, None] >> np.arange(GPUS, dtype=np.uint64) & np.uint64(1)
load = np.zeros((HOSTS, GPUS))
np.add.at(load, host, uses * np.minimum(gpus, 1)[plan.runs.task[run], None])

total = HOSTS * GPUS
print(f"\n{plan.used('devices'):.1f} of {total} GPUs in use, {plan.cost:.2f} EUR/h")
shared, empty = (load > 0) & (load < 0.9995), load == 0
print(f"{np.sum(load > 0.9995)} are full, {np.sum(shared)} in part, {np.sum(empty)} empty")
print(f"free on GPUs in part: {np.sum(1 - load[shared]):.1f}, which no whole job can use")
print("hosts by empty GPUs:", *(f"{k}: {n}" for k, n in enumerate(np.bincount(empty.sum(axis=1))) if n))

for task, reason in enumerate(plan.reason):
    if reason:
        print(f"\n{list(JOBS)[task]}\n{plan.explain(task)}")

more = gf.Tasks(
    net, origin="Jülich", demand={"memory_gb": 8}, devices=[0.1, 0.25, 1, 8], device_demand={"memory_gb": 6}
)
print("\nWhat still fits, of a tenth, a quarter, one and eight GPUs:\n")
print(gf.capacity(more, plan))
