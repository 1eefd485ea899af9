"""OR-Tools' CP-SAT on one Boolean a task and node."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from peers import first_fit
from peers.answer import Answer
from peers.folded import Folded
from peers.instance import Array, Instance
from peers.pairs import task_pairs
from peers.relaxation import UNPLACED


def _model(
    instance: Instance, task: Array, node: Array, cost: Array, hint: Array
) -> tuple[cp_model.CpModel, list]:  # type: ignore[type-arg]
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in range(len(task))]
    first = np.searchsorted(task, np.arange(instance.tasks + 1))
    for begin, end in pairwise(first):
        model.add_at_most_one(chosen[begin:end])
    by_node = np.argsort(node, kind="stable")
    first = np.searchsorted(node[by_node], np.arange(instance.nodes + 1))
    for host in range(instance.nodes):
        mine = by_node[first[host] : first[host + 1]]
        columns = [chosen[i] for i in mine]
        for k in range(3 if columns else 0):
            used = cp_model.LinearExpr.weighted_sum(columns, instance.demand[task[mine], k].tolist())
            model.add(used <= int(instance.capacity[host, k]))
    gain = np.rint((UNPLACED - cost) * 1e4).astype(np.int64)
    model.maximize(cp_model.LinearExpr.weighted_sum(chosen, gain.tolist()))
    for variable, is_hint in zip(chosen, (hint[task] == node).tolist(), strict=True):
        model.add_hint(variable, is_hint)
    return model, chosen


def solve(instance: Instance, limit_s: float, cheapest: int | None) -> Answer:
    """Starts from first fit; with `cheapest`, only so many nodes a task."""
    task, node, cost = task_pairs(instance, cheapest)
    model, chosen = _model(instance, task, node, cost, first_fit.place(Folded(instance)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = limit_s
    status = solver.solve(model)
    note = f"{solver.status_name(status)}, {len(chosen)} Booleans"
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(None, note)
    used = np.array([solver.boolean_value(variable) for variable in chosen])
    answer = np.full(instance.tasks, -1)
    answer[task[used]] = node[used]
    return Answer(answer, note)
