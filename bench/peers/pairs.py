"""Pairs of a task and a node, for exact methods: all admissible ones, or the cheapest few of each task."""

from __future__ import annotations

import numpy as np

from peers.check import pair_cost
from peers.instance import Array, Instance


def task_pairs(instance: Instance, cheapest: int | None) -> tuple[Array, Array, Array]:
    """Tasks, nodes and costs of the pairs, by task.

    A little noise on the costs spreads alike tasks over alike nodes, where only the cheapest are kept.
    """
    rng = np.random.default_rng(0)
    tasks, nodes, costs = [], [], []
    for task in range(instance.tasks):
        near = instance.rtt_ms[instance.origin[task]][instance.site] <= instance.max_rtt_ms[task]
        hosts = np.flatnonzero(near & (instance.capacity >= instance.demand[task]).all(axis=1))
        cost = pair_cost(instance, np.broadcast_to(task, len(hosts)), hosts)
        if cheapest is not None and len(hosts) > cheapest:
            keep = np.argpartition(cost + 1e-4 * rng.random(len(cost)), cheapest)[:cheapest]
            hosts, cost = hosts[keep], cost[keep]
        tasks.append(np.full(len(hosts), task))
        nodes.append(hosts)
        costs.append(cost)
    return np.concatenate(tasks), np.concatenate(nodes), np.concatenate(costs)
