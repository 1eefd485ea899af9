"""OR-Tools' SimpleMinCostFlow: of compute by groups, and task by task as Firmament and Quincy do."""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow

from peers import first_fit, flow
from peers.answer import Answer
from peers.folded import Folded
from peers.instance import RTT_PRICE, Array, Instance
from peers.relaxation import UNPLACED


def _flows(tail: Array, head: Array, capacity: Array, cost: Array, supply: Array) -> Array | None:
    """Flow on each arc, none where the solver finds no optimum."""
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
    solver.set_nodes_supplies(np.arange(len(supply)), supply)
    return solver.flows(arcs) if solver.solve() == solver.OPTIMAL else None


def by_groups(instance: Instance, limit_s: float) -> Answer:
    """Compute flows from groups to pools; first fit by the flows."""
    folded = Folded(instance)
    problem = flow.of_groups(folded)
    flows = _flows(problem.tail, problem.head, problem.capacity, problem.cost, problem.supply)
    if flows is None:
        return Answer(None, "no optimum")
    tasks = flows[: len(problem.group)] / folded.demand[problem.group, 0]
    wanted = flow.wanted_of_sites(folded, problem.group, problem.site, tasks)
    return Answer(first_fit.place(folded, wanted=wanted), f"{len(problem.tail)} arcs")


def _arcs_of_tasks(folded: Folded) -> tuple[Array, Array]:
    """Each task and each site within its limit."""
    instance, example = folded.instance, folded.groups.example
    near = instance.rtt_ms[instance.origin[example]] <= instance.max_rtt_ms[example][:, None]
    group, site = np.nonzero(near)
    first = np.searchsorted(group, np.arange(len(example) + 1))
    degree = np.diff(first)[folded.groups.of]
    task = np.repeat(np.arange(instance.tasks), degree)
    nth = np.arange(len(task)) - np.repeat(np.cumsum(degree) - degree, degree)
    return task, site[np.repeat(first[:-1][folded.groups.of], degree) + nth]


def by_tasks(instance: Instance, limit_s: float) -> Answer:
    """A unit of flow each task; a node has slots for mean tasks; first fit mends what does not fit."""
    folded = Folded(instance)
    tasks, nodes, sites = instance.tasks, instance.nodes, instance.sites
    task, site = _arcs_of_tasks(folded)
    mean = instance.demand.mean(axis=0)
    slots = np.maximum(1, (instance.capacity / mean).min(axis=1)).astype(np.int64)
    node, sink = tasks + sites + np.arange(nodes), tasks + sites + nodes
    rtt = instance.rtt_ms[instance.origin[task], site]
    price = instance.price * mean[0] / 1000
    cost = np.concatenate([RTT_PRICE * rtt, price, np.zeros(nodes), np.full(tasks, UNPLACED)])
    flows = _flows(
        np.concatenate([task, tasks + instance.site, node, np.arange(tasks)]),
        np.concatenate([tasks + site, node, np.full(nodes + tasks, sink)]),
        np.concatenate([np.ones(len(task), np.int64), slots, slots, np.ones(tasks, np.int64)]),
        np.rint(1e4 * cost).astype(np.int64),
        np.concatenate([np.ones(tasks, np.int64), np.zeros(sites + nodes, np.int64), [-tasks]]),
    )
    if flows is None:
        return Answer(None, "no optimum")
    used = flows[: len(task)] > 0
    wanted = flow.wanted_of_sites(folded, folded.groups.of[task[used]], site[used], np.ones(used.sum()))
    return Answer(first_fit.place(folded, wanted=wanted), f"{len(cost)} arcs")
