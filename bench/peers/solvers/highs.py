"""HiGHS through highspy: the linear relaxation rounded by first fit, and the exact model with whole numbers.

highspy and ortools both export the symbols of HiGHS and crash in one process.
"""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np

from peers import first_fit
from peers.answer import Answer
from peers.folded import Folded
from peers.instance import Array, Instance
from peers.pairs import task_pairs
from peers.relaxation import UNPLACED, Relaxation, relax


def session(limit_s: float, **options: Any) -> highspy.Highs:
    """A quiet HiGHS on two threads."""
    highs = highspy.Highs()
    for name, value in {"output_flag": False, "time_limit": float(limit_s), "threads": 2, **options}.items():
        highs.setOptionValue(name, value)
    return highs


def model(
    cost: Array, lower: Array, upper: Array, start: Array, index: Array, value: Array
) -> highspy.HighsLp:
    """Columns >= 0; the matrix by columns."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(lower)
    lp.col_cost_, lp.col_lower_ = cost, np.zeros(len(cost))
    lp.col_upper_ = np.full(len(cost), highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = lower, upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = start, index, value
    return lp


def of_relaxation(relaxed: Relaxation) -> highspy.HighsLp:
    """A relaxation as HiGHS takes it."""
    r = relaxed
    return model(r.cost, r.lower, r.upper, r.start, r.index, r.value)


def run(highs: highspy.Highs) -> tuple[Array, str]:
    """Solve; the columns (none where there is no solution) and the status."""
    highs.run()
    return np.array(highs.getSolution().col_value), highs.modelStatusToString(highs.getModelStatus())


def relaxed(instance: Instance, limit_s: float, method: str) -> Answer:
    """`method`: "simplex" or "ipm" (interior point), then first fit by what it puts where."""
    folded = Folded(instance)
    highs = session(limit_s, solver=method)
    highs.passModel(of_relaxation(relax(folded)))
    start = time.perf_counter()
    x, status = run(highs)
    seconds = time.perf_counter() - start
    note = f"{status}, {folded.pairs} columns, {seconds:.3g} s in HiGHS"
    return Answer(first_fit.place(folded, wanted=x[: folded.pairs]) if len(x) else None, note)


def exact(instance: Instance, limit_s: float, cheapest: int | None) -> Answer:
    """Branch and bound on one column a task and node; with `cheapest`, only so many nodes a task."""
    task, node, cost = task_pairs(instance, cheapest)
    count = len(task)
    index = np.stack([task, *(instance.tasks + k * instance.nodes + node for k in range(3))], axis=1)
    value = np.concatenate([np.ones((count, 1)), instance.demand[task]], axis=1)
    rows = instance.tasks + 3 * instance.nodes
    upper = np.concatenate([np.ones(instance.tasks), instance.capacity.T.ravel()]).astype(float)
    start = np.arange(0, 4 * count + 1, 4)
    lp = model(cost - UNPLACED, np.full(rows, -np.inf), upper, start, index.ravel(), value.ravel())
    lp.col_upper_ = np.ones(count)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * count
    highs = session(limit_s, mip_rel_gap=1e-4)
    highs.passModel(lp)
    x, status = run(highs)
    answer = np.full(instance.tasks, -1)
    if len(x) == 0:
        return Answer(None, f"{status}, {count} columns, no solution")
    chosen = x > 0.5
    answer[task[chosen]] = node[chosen]
    return Answer(answer, f"{status}, {count} columns")
