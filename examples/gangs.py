"""Racks of 72 chips in trays of four: models that need 32 or 8, single tasks, replicas in several regions.

python examples/gangs.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

REGIONS = {"Jülich": 4, "Stuttgart": 3, "Bologna": 3}  # racks in each
TRAYS, CHIPS = 18, 4

racks = [f"{region} {i}" for region, n in REGIONS.items() for i in range(n)]
of_rack = [region for region, n in REGIONS.items() for _ in range(n)]
gateways = list(REGIONS)
net = gf.Network(
    sites=[*gateways, *racks],
    links=([0, 1, *map(gateways.index, of_rack)], [1, 2, *range(3, 3 + len(racks))]),
    latency_ms=[2.0, 4.0] + [0.01] * len(racks),
    domains={"rack": [""] * len(gateways) + racks, "region": gateways + of_rack},
)
trays = gf.Nodes(
    net,
    site=racks,
    count=TRAYS,
    capacity={"power_w": 6600},
    devices=CHIPS,
    device_capacity={"memory_gb": 186},
    price={"devices": 3},
)

# Rows: 18 models of 32 chips, 16 of 8, chats of one chip each, and four services with three replicas.
names = np.repeat(["32 chips", "8 chips", "one chip", "replicas"], [18, 16, 1, 4])
gang = np.where(np.isin(names, ["32 chips", "8 chips"]), np.arange(len(names)), -1)
tasks = gf.Tasks(
    net,
    origin=np.array(gateways)[np.arange(len(names)) % 3],
    demand={"power_w": 1500},
    devices=1,
    device_demand={"memory_gb": 140},
    count=np.select([names == "32 chips", names == "8 chips", names == "one chip"], [32, 8, 40], 3),
    priority=np.where(names == "replicas", 1, 0),
    gang=gang,
    gang_level="rack",
    spread=np.where(names == "replicas", np.arange(len(names)), -1),
    spread_level="region",
    spread_max=1,
)
plan = gf.place(tasks, trays)
plan.verify()

placed, asked = plan.placed_count, tasks.columns["count"].to_numpy()
for name in ("32 chips", "8 chips", "replicas"):
    here = names == name
    print(f"{name:9} {np.sum(placed[here] == asked[here]):3} of {here.sum()} placed whole")
print(f"one chip  {placed[names == 'one chip'].sum():3} of {asked[names == 'one chip'].sum()} placed")

runs = plan.runs
used = np.zeros((len(racks), len(names)), np.int64)
np.add.at(used, (runs.node, runs.task), runs.instances * runs.per_instance)
for rack, row in zip(racks, used, strict=True):
    gangs = ", ".join(f"{row[t]} chips" for t in np.flatnonzero(row) if gang[t] >= 0)
    print(f"{rack:12} {row.sum():2} of {TRAYS * CHIPS} chips in use; gangs: {gangs}")
for t in np.flatnonzero(names == "replicas"):
    print(f"service {t - 34}: " + ", ".join(sorted(of_rack[r] for r in np.flatnonzero(used[:, t]))))
for reason in np.unique(plan.reason[placed < asked]):
    print("left out:", gf.Reason(int(reason)).name)
