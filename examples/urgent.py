"""Urgent tasks arrive at a fleet that is full. Who moves for them, who makes way, and for whom?

python examples/urgent.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

network = gf.Network(sites=["Aachen", "Liege"], links=([0], [1]), latency_ms=[1.0])
hosts = gf.Nodes(network, site=["Aachen", "Liege"], capacity={"memory_gb": 80}, count=[40, 20])
batch = {"origin": 0, "demand": {"memory_gb": 20}, "count": 220}  # 4,400 of 4,800 GB
urgent = {"origin": 0, "demand": {"memory_gb": 80}, "max_rtt_ms": 1, "count": 10}  # in Aachen or nowhere


def tasks(*rows: dict[str, object], priority: list[int]) -> gf.Tasks:
    return gf.Tasks(
        network,
        origin=np.array([row["origin"] for row in rows]),
        demand={"memory_gb": np.array([row["demand"]["memory_gb"] for row in rows])},
        max_rtt_ms=np.array([row.get("max_rtt_ms", np.inf) for row in rows]),
        count=np.array([row["count"] for row in rows]),
        priority=np.array(priority),
    )


now = gf.place(tasks(batch, priority=[0]), hosts)
print(f"now: {now.placed_tasks} batch tasks run")

for priority in (0, 1):
    later = gf.place(tasks(batch, urgent, priority=[0, priority]), hosts, previous=now)
    later.verify()
    stay, come = later.placed_count
    print(
        f"ten large tasks of priority {priority}: {come} run; of the batch {stay} do, "
        f"{later.moved_tasks} of them elsewhere, and {later.evicted_tasks} are evicted"
    )
    lost = later.displaced()
    if len(lost):
        print(f"{lost.members.sum()} lost places on {len(lost)} hosts, to task {np.unique(lost.by_task)}")
        print(f"reason of the batch: {gf.Reason(later.reason[0]).name}")
