"""Is a small company's share safe from a large one's flood? The same fleet with and without tenants.

python examples/tenants.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

NODES = 200
network = gf.Network(
    sites=["Berlin", "Hamburg", "Munich"], links=([0, 0], [1, 2]), latency_ms=[2.5, 4.5], capacity_mbps=4_000
)
fleet = gf.Nodes(
    network,
    site=np.arange(NODES) % 3,
    capacity={"compute_tops": 2_000, "memory_gb": 64},
    price={"compute_tops": 1e-4},
)
# The clinic's jobs are large. The giant floods the fleet with small ones, from everywhere. The lab has a
# contract for twice the weight, and a quota that it cannot exceed.
tenants = gf.Tenants(
    name=["clinic", "giant", "lab"], weight=[1, 1, 2], quota={"memory_gb": [np.inf, np.inf, 3_000]}
)
tasks = gf.Tasks(
    network,
    origin=["Munich", "Berlin", "Hamburg", "Munich", "Berlin"],
    demand={"compute_tops": [500, 100, 100, 100, 200], "memory_gb": [16, 4, 4, 4, 8]},
    bandwidth_mbps=0.5,
    tenant=["clinic", "giant", "giant", "giant", "lab"],
    count=[150, 5_000, 5_000, 5_000, 900],
)

first_come = gf.place(tasks, fleet)
shared = gf.place(tasks, fleet, tenants=tenants)
shared.verify()

print("placed              clinic   giant    lab")
for name, plan in (("without tenants", first_come), ("with tenants", shared)):
    placed = plan.placed_count
    print(f"{name:<18}{placed[0]:>8,}{placed[1:4].sum():>8,}{placed[4]:>7,}")
print()
print(shared.shares())
print()
shares = shared.shares()
fair = gf.fair_tasks(
    demand=[[500, 16], [100, 4], [200, 8]],
    capacity=[NODES * 2_000, NODES * 64],
    weight=tenants.weight,
    wanted=[150, 15_000, 3_000 / 8],
)
for name, tasks_placed, divisible in zip(shares.tenant, shares.placed, fair, strict=True):
    print(f"{name:<7} {tasks_placed:>6,} tasks; were they divisible, in one pool, {divisible:,.1f}")
