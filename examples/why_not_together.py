"""Why a gang and a spread group stay out, what would let them in, and the answer put to the test.

python examples/why_not_together.py
"""

from __future__ import annotations

from typing import Any

import gigafleet as gf

RACKS = ["Jülich 1", "Jülich 2", "Bologna 1"]
net = gf.Network(
    sites=["gateway", *RACKS],
    links=([0, 0, 0], [1, 2, 3]),
    latency_ms=[0.1, 0.1, 9],
    domains={
        "rack": ["", *RACKS],
        "campus": ["", "Jülich", "Jülich", "Bologna"],
    },
)
hosts = gf.Nodes(net, site=RACKS, count=4, capacity={"memory_gb": 2048}, devices=8)


def place(**changed: Any) -> gf.Plan:
    """A job that fills a host of each rack, a model on 32 GPUs of one rack, three replicas of a service."""
    columns = {
        "count": [3, 32, 3],
        "demand": {"memory_gb": 8},
        "devices": [8, 1, 0],
        "priority": [2, 0, 1],
        "gang": [-1, 1, -1],
        "gang_level": "rack",
        "spread": [0, -1, 1],
        "spread_level": ["rack", "node", "campus"],
        "spread_max": [1, 1, 1],
    }
    plan = gf.place(gf.Tasks(net, origin="gateway", **(columns | changed)), hosts)
    plan.verify()
    return plan


plan = place()
for task, name in ((1, "32 GPUs in one rack"), (2, "three replicas, each in a campus of its own")):
    why = plan.explain(task)
    print(f"{name}\n{why}")
    for change in why.relaxations:
        match change.column:
            case "count":
                later = place(count=[3, int(change.after), 3])
            case "devices":
                later = place(devices=[8, change.after, 0])
            case "gang_level":
                later = place(gang_level=change.after)
            case "spread_max":
                later = place(spread_max=[1, 1, int(change.after)])
            case "spread_level":
                later = place(spread_level=["rack", "node", change.after])
            case "demand.memory_gb":
                later = place(demand={"memory_gb": [8, change.after, 8]})
            case _:
                continue
        print(f"so changed {later.placed_count[task]} of {later.explain(task).count} placed")
    print()
