"""Greedies as one would write them with NumPy: the cheapest node that fits, tight latency limits first."""

from __future__ import annotations

import time

import numpy as np

from peers.answer import Answer
from peers.check import pair_cost
from peers.folded import Runs, packed, tight_first
from peers.instance import RTT_PRICE, Instance


def task_by_task(instance: Instance, limit_s: float) -> Answer:
    """All nodes are compared for each task."""
    free, node = np.ascontiguousarray(instance.capacity.T), np.full(instance.tasks, -1)
    rtt_ms = instance.rtt_ms.astype(np.float32)
    end = time.perf_counter() + limit_s
    for done, task in enumerate(tight_first(instance)):
        need = instance.demand[task]
        near = instance.rtt_ms[instance.origin[task]] <= instance.max_rtt_ms[task]
        fits = near[instance.site]
        for k in range(3):
            fits &= free[k] >= need[k]
        cost = instance.price * (need[0] / 1000) + RTT_PRICE * rtt_ms[instance.origin[task]][instance.site]
        best = np.argmin(np.where(fits, cost, np.inf))
        if fits[best]:
            node[task] = best
            free[:, best] -= need
        if done % 64 == 0 and time.perf_counter() > end:
            return Answer(node, f"time limit after {done + 1} tasks")
    return Answer(node)


def in_batches(instance: Instance, limit_s: float) -> Answer:
    """All tasks alike at once: nodes in order of cost take as many as they hold."""
    groups = Runs.of_keys(
        packed(instance.origin, instance.model, Runs.of_keys(packed(*instance.demand.T)).of)
    )
    free, node = instance.capacity.copy(), np.full(instance.tasks, -1)
    end = time.perf_counter() + limit_s
    example = groups.example
    for group in np.lexsort((-instance.demand[example, 0], instance.max_rtt_ms[example])):
        task = example[group]
        rtt = instance.rtt_ms[instance.origin[task]][instance.site]
        hosts = np.flatnonzero(rtt <= instance.max_rtt_ms[task])
        holds = (free[hosts] // instance.demand[task]).min(axis=1)
        hosts, holds = hosts[holds > 0], holds[holds > 0]
        cheap = np.argsort(pair_cost(instance, np.broadcast_to(task, len(hosts)), hosts), kind="stable")
        hosts, holds = hosts[cheap], holds[cheap]
        take = np.diff(np.minimum(np.cumsum(holds), groups.count[group]), prepend=0)
        first = groups.first[group]
        node[groups.rows[first : first + take.sum()]] = np.repeat(hosts, take)
        free[hosts] -= take[:, None] * instance.demand[task]
        if time.perf_counter() > end:
            return Answer(node, "time limit")
    return Answer(node)
