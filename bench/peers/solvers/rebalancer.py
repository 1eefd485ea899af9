"""Meta's Rebalancer: local search from nothing placed. Its wheels are for Python 3.12 and newer."""

from __future__ import annotations

from typing import Any

import numpy as np
from rebalancer import ProblemSolver
from rebalancer.specs import CapacitySpec, ConstraintSpec, GoalSpec, Limit, LocalSearchSolverSpec, SolverSpec

from peers.answer import Answer
from peers.folded import Folded
from peers.instance import RESOURCES, Instance
from peers.relaxation import UNPLACED

ABSOLUTE = 1  # enums are given as numbers
OUTSIDE = "outside"  # a host for what is not placed
MOVES: dict[str, dict[str, Any]] = {
    "greedy": {"singleGreedyMoveTypeSpec": {}},
    "fast": {"singleFastMoveTypeSpec": {}},
    "swap": {"swapMoveTypeSpec": {"sampleSize": {"defaultSampleSize": 10}}},
}


def _add_capacities(solver: Any, instance: Instance, tasks: list[str], hosts: list[str]) -> None:
    """One hard limit a resource; what stays outside has room for all."""
    for k, name in enumerate(RESOURCES):
        demand = instance.demand[:, k].astype(float)
        solver.add_object_dimension(name, dict(zip(tasks, demand.tolist(), strict=True)))
        room = [*instance.capacity[:, k].astype(float).tolist(), float(demand.sum())]
        solver.add_container_dimension(name, dict(zip(hosts, room, strict=True)))
        limit = CapacitySpec(name=f"room {name}", scope="host", dimension=name)
        solver.add_constraint(ConstraintSpec(capacitySpec=limit))


def _add_costs(solver: Any, folded: Folded, tasks: list[str], hosts: list[str]) -> None:
    """The cost of a group on a pool; `UNPLACED` for every pair that may not be."""
    pools = [f"pool{p}" for p in range(len(folded.pools.count))]
    solver.add_scope("pool", dict(zip(hosts, [*(pools[p] for p in folded.pools.of), OUTSIDE], strict=True)))
    members: dict[str, list[str]] = {f"group{g}": [] for g in range(len(folded.groups.count))}
    for task, group in zip(tasks, folded.groups.of, strict=True):
        members[f"group{group}"].append(task)
    solver.add_partition("group", members)
    costs: dict[str, dict[str, float]] = {}
    for group, pool, cost in zip(folded.group, folded.pool, folded.cost.tolist(), strict=True):
        costs.setdefault(pools[pool], {})[f"group{group}"] = cost
    solver.add_dynamic_object_dimension_by_partition("cost", "pool", "group", costs, UNPLACED)
    solver.add_scope_dimension("cost", "pool", {**dict.fromkeys(pools, 1.0), OUTSIDE: 1.0})
    none = Limit(type=ABSOLUTE, globalLimit=0.0)
    solver.add_goal(
        GoalSpec(capacitySpec=CapacitySpec(name="cost", scope="pool", dimension="cost", limit=none)), 1.0
    )


def solve(instance: Instance, limit_s: float, moves: tuple[str, ...]) -> Answer:
    """Local search with these kinds of moves; a pair that may not be is dropped from the answer."""
    folded = Folded(instance)
    tasks = [f"task{i}" for i in range(instance.tasks)]
    hosts = [*(f"host{j}" for j in range(instance.nodes)), OUTSIDE]
    solver = ProblemSolver(service_name="rebalancer", service_scope="peers")
    solver.set_object_name("task").set_container_name("host")
    solver.set_assignment({**{host: [] for host in hosts}, OUTSIDE: tasks})
    _add_capacities(solver, instance, tasks, hosts)
    _add_costs(solver, folded, tasks, hosts)
    search = LocalSearchSolverSpec(solveTime=int(limit_s), moveTypeList=[MOVES[move] for move in moves])
    solver.add_solver(SolverSpec(localSearchSolverSpec=search))
    found = solver.solve()["assignment"]
    position = {host: j for j, host in enumerate(hosts[:-1])} | {OUTSIDE: -1}
    node = np.array([position[found.get(task, OUTSIDE)] for task in tasks])
    rtt = instance.rtt_ms[instance.origin, instance.site[node]]
    return Answer(np.where(rtt <= instance.max_rtt_ms, node, -1))
