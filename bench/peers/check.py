"""The judge: checks an answer against the instance, without the solver, and says what it is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peers.instance import RESOURCES, RTT_PRICE, Array, Instance


class BrokenRuleError(ValueError):
    """An answer that breaks a hard rule."""


@dataclass(frozen=True)
class Score:
    """What an answer is worth."""

    placed: int  #: tasks
    compute: int  #: milli-cores of the tasks placed
    compute_share: float  #: of all that was asked
    cost: float


def pair_cost(instance: Instance, tasks: Array, nodes: Array) -> Array:
    """Cost of each pair of a task and a node, given by position."""
    compute = instance.demand[tasks, 0] / 1000
    rtt = instance.rtt_ms[instance.origin[tasks], instance.site[nodes]]
    return instance.price[nodes].astype(np.float64) * compute + RTT_PRICE * rtt


def evaluate(instance: Instance, node: Array) -> Score:
    """Judge `node`, (n,) integers: the node of each task, -1 where not placed.

    Raises BrokenRuleError where a node does not exist, is overfull, or is too far.
    """
    if len(node) != instance.tasks or node.min(initial=0) < -1 or node.max(initial=-1) >= instance.nodes:
        raise BrokenRuleError("an answer of another length, or a node that does not exist")
    tasks = np.flatnonzero(node >= 0)
    host = node[tasks]
    for k, name in enumerate(RESOURCES):
        used = np.bincount(host, instance.demand[tasks, k], instance.nodes)  # exact: far below 2**53
        if over := int((used > instance.capacity[:, k]).sum()):
            raise BrokenRuleError(f"{over} nodes with more {name} used than there is")
    rtt = instance.rtt_ms[instance.origin[tasks], instance.site[host]]
    if far := int((rtt > instance.max_rtt_ms[tasks]).sum()):
        raise BrokenRuleError(f"{far} tasks beyond their latency limit")
    compute = int(instance.demand[tasks, 0].sum(dtype=np.int64))
    return Score(
        placed=len(tasks),
        compute=compute,
        compute_share=compute / max(1, int(instance.demand[:, 0].sum(dtype=np.int64))),
        cost=float(pair_cost(instance, tasks, host).sum()),
    )
