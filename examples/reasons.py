"""Why is a task not placed? One task for each reason, on five sites between Aachen and Paris.

python examples/reasons.py
"""

from __future__ import annotations

import networkx as nx

import gigafleet as gf

graph = nx.Graph()
for site, country in {"Aachen": "DE", "Jülich": "DE", "Köln": "DE", "Liège": "BE", "Paris": "FR"}.items():
    graph.add_node(site, country=country)
graph.add_edge("Aachen", "Jülich", latency_ms=0.3, capacity_mbps=100)
graph.add_edge("Jülich", "Köln", latency_ms=0.4)
graph.add_edge("Aachen", "Liège", latency_ms=0.4)
graph.add_edge("Liège", "Paris", latency_ms=2.5)
network = gf.Network.from_networkx(graph)

# Two hosts of a factory, ten parked cars that leave within the hour, one host abroad.
nodes = gf.Nodes(
    network,
    site=["Jülich", "Aachen", "Paris"],
    capacity={"memory_gb": [1128, 16, 640]},
    labels={"factory": [True, False, True], "car": [False, True, False]},
    access_rtt_ms=[0.1, 20, 0.1],
    available_s=[float("inf"), 3000, float("inf")],
    count=[2, 10, 1],
)

wishes = [
    ("8B model, within 5 ms", {"memory_gb": 8, "max_rtt_ms": 5}),
    ("an amphibious car", {"require": "amphibious", "memory_gb": 8}),
    ("405B model on one host", {"memory_gb": 1500}),
    ("two hours in a parked car", {"require": "car", "memory_gb": 8, "duration_s": 7200}),
    ("to Paris, but not through Belgium", {"require": "country=FR", "memory_gb": 8, "avoid": "country=BE"}),
    ("a car, within 5 ms", {"require": "car", "memory_gb": 8, "max_rtt_ms": 5}),
    ("a pair, 600 GB each, on one host", {"memory_gb": 600, "count": 2, "gang": 0, "require": "factory"}),
    ("replicas in three countries", {"memory_gb": 8, "count": 3, "spread": 0, "require": "factory"}),
    (
        "200 Mbps to the factory in Jülich",
        {"require": "factory", "memory_gb": 8, "mbps": 200, "max_rtt_ms": 5},
    ),
    ("11 cars", {"require": "car", "memory_gb": 12, "count": 11}),
]


def column(name: str, default: object) -> list[object]:
    """One wish per row."""
    return [wish.get(name, default) for _, wish in wishes]


tasks = gf.Tasks(
    network,
    origin="Aachen",
    demand={"memory_gb": column("memory_gb", 0)},
    bandwidth_mbps=column("mbps", 1),
    max_rtt_ms=column("max_rtt_ms", float("inf")),
    duration_s=column("duration_s", 0),
    require={
        name: [name == wanted for wanted in column("require", "")]
        for name in ("amphibious", "car", "factory", "country=FR")
    },
    transit_forbid={"country=BE": [name == "country=BE" for name in column("avoid", "")]},
    count=column("count", 1),
    gang=column("gang", -1),
    gang_level="node",
    spread=column("spread", -1),
    spread_level="country",
)

plan = gf.place(tasks, nodes)
plan.verify()
for (what, wish), placed, number in zip(wishes, plan.placed_count, plan.reason, strict=True):
    reason = gf.Reason(int(number))
    print(f"{what:34} {placed:2} of {wish.get('count', 1):2}  {reason.name:8}  {reason.describe}")
