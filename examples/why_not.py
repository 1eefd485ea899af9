"""Why is a task not placed, by how much, and what would change that? The answer, put to the test.

python examples/why_not.py
"""

from __future__ import annotations

from typing import Any

import gigafleet as gf

network = gf.Network(
    sites=["Aachen", "Köln", "Jülich"], links=([0, 0], [1, 2]), latency_ms=[1.0, 0.5], capacity_mbps=[400, 90]
)
# Parked cars in Aachen and Köln, one host of a factory in Jülich behind a narrow link.
nodes = gf.Nodes(
    network,
    site=["Aachen", "Köln", "Jülich"],
    capacity={"memory_gb": [16, 24, 640]},
    access_rtt_ms=[15, 12, 0.5],
    available_s=[5400, 7200, float("inf")],
    labels={"factory": [False, False, True]},
    count=[3, 2, 1],
)
wishes: dict[str, dict[str, Any]] = {
    "four sessions in cars": {"memory_gb": 12, "count": 4, "forbid": "factory"},
    "three larger models in cars": {"memory_gb": 20, "count": 3, "forbid": "factory"},
    "a long job in a car": {"memory_gb": 4, "duration_s": 9000, "forbid": "factory"},
    "within 14 ms, but not in Jülich": {"memory_gb": 8, "max_rtt_ms": 13.5, "forbid": "factory"},
    "a large context": {"memory_gb": 30, "mbps": 100},
}


def tasks(rows: list[dict[str, Any]]) -> gf.Tasks:
    """One wish a row, all from Aachen."""

    def column(name: str, default: Any) -> list[Any]:
        return [row.get(name, default) for row in rows]

    return gf.Tasks(
        network,
        origin="Aachen",
        demand={"memory_gb": column("memory_gb", 0)},
        bandwidth_mbps=column("mbps", 1),
        max_rtt_ms=column("max_rtt_ms", float("inf")),
        duration_s=column("duration_s", 600),
        forbid={"factory": [label == "factory" for label in column("forbid", "")]},
        count=column("count", 1),
    )


PARAMETERS = {"demand.memory_gb": "memory_gb", "bandwidth_mbps": "mbps"}
rows = list(wishes.values())
plan = gf.place(tasks(rows), nodes)
for task, wish in enumerate(wishes):
    why = plan.explain(task)
    print(f"{wish}\n{why}")
    change = why.relaxation
    if change is None:
        print("           nothing to change\n")
        continue
    # One task more, with that one column changed: from the plan as it is, it finds its place.
    value = "" if isinstance(change.after, tuple) else change.after
    more = {**rows[task], PARAMETERS.get(change.column, change.column): value, "count": 1}
    later = gf.place(tasks([*rows, more]), nodes, previous=plan)
    later.verify()
    print(f"so changed  {later.placed_count[-1]} of 1 placed, {later.moved_tasks} moved\n")
