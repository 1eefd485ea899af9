"""gigafleet itself, from plain arrays to the node of every task."""

from __future__ import annotations

import numpy as np

import gigafleet as gf
from peers.answer import Answer
from peers.instance import ACCESS_NS, RESOURCES, RTT_PRICE, Instance


def network(instance: Instance) -> gf.Network:
    """The sites and links of an instance; its routes are made by `gf.place`."""
    return gf.Network(sites=instance.sites, links=instance.links, latency_ms=instance.latency_ns / 1e6)


def tables(instance: Instance, net: gf.Network, weight: str = "tasks") -> tuple[gf.Tasks, gf.Nodes]:
    """Tasks and nodes of an instance; a task weighs 1, or ("compute") as much as it asks of compute."""
    columns = dict(zip(RESOURCES, instance.demand.T, strict=True))
    tasks = gf.Tasks(
        net,
        origin=instance.origin,
        demand=columns,
        max_rtt_ms=instance.max_rtt_ms,
        weight={"tasks": 1.0, "compute": columns["compute_mc"]}[weight],
    )
    nodes = gf.Nodes(
        net,
        site=instance.site,
        capacity=dict(zip(RESOURCES, instance.capacity.T, strict=True)),
        price={"compute_mc": instance.price.astype(np.float64) / 1000},
        access_rtt_ms=ACCESS_NS / 1e6,
    )
    return tasks, nodes


def plan(
    instance: Instance,
    net: gf.Network,
    effort: str,
    weight: str = "tasks",
    limit_s: float | None = None,
    threads: int | None = None,
) -> gf.Plan:
    """Place an instance, so that the plan's cost is the instance's."""
    tasks, nodes = tables(instance, net, weight)
    objective = gf.Objective(rtt_price=RTT_PRICE)
    return gf.place(tasks, nodes, objective=objective, effort=effort, time_limit_s=limit_s, threads=threads)


def solve(instance: Instance, limit_s: float, effort: str, weight: str = "tasks") -> Answer:
    """One call, building the network as well."""
    made = plan(instance, network(instance), effort, weight, limit_s)
    note = f"{made.classes} classes; routes {made.timings['routes']:.2g} s; {made.status}"
    return Answer(made.node, note, own_cost=made.cost)
