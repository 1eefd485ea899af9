"""Bounds by linear programming, for sizes whose relaxation HiGHS solves in seconds (A and B).

First the most weight, then the least cost of reaching a share of it, share by share; the dual of the row that
asks for the weight is the tangent's slope. Exact to the tolerances of HiGHS, 1e-7.
"""

from __future__ import annotations

from collections.abc import Iterator

import highspy
import numpy as np

from peers.bounds import Tangent
from peers.folded import Folded
from peers.instance import make
from peers.relaxation import relax
from peers.solvers import highs

SHARES = (1.0, 0.999, 0.995, 0.98, 0.95, 0.9, 0.8)
SLACK = 1e-7  # of the most: the last share is asked for up to this
MADE_BY = "linear relaxation, HiGHS"


class Relaxed:
    """The relaxation with a row for the weight placed, in HiGHS; solved again from the last basis."""

    def __init__(self, folded: Folded, weight: np.ndarray) -> None:  # type: ignore[type-arg]
        relaxed = relax(folded, unplaced=0.0)
        self.columns = np.arange(len(relaxed.cost), dtype=np.int32)
        self.cost = relaxed.cost
        self.weight = np.append(weight[folded.group], np.zeros(len(weight)))
        self.row = len(relaxed.lower)
        self.highs = highs.session(3600, solver="simplex")
        self.highs.passModel(highs.of_relaxation(relaxed))
        used = np.flatnonzero(self.weight).astype(np.int32)
        self.highs.addRow(-highspy.kHighsInf, highspy.kHighsInf, len(used), used, self.weight[used])

    def _solve(self, cost: np.ndarray) -> float:  # type: ignore[type-arg]
        self.highs.changeColsCost(len(cost), self.columns, cost)
        _, status = highs.run(self.highs)
        if status != "Optimal":
            raise RuntimeError(f"HiGHS ends with {status}")
        return float(self.highs.getInfo().objective_function_value)

    def most(self) -> float:
        """The most weight."""
        most = -self._solve(-self.weight)
        self.highs.clearSolver()  # the basis helps among costs, not from here to there
        return most

    def least_cost(self, weight: float) -> tuple[float, float]:
        """The least cost of placing so much, and its slope there."""
        self.highs.changeRowBounds(self.row, weight, highspy.kHighsInf)
        cost = self._solve(self.cost)
        return cost, float(self.highs.getSolution().row_dual[self.row])


def tangents(size: str, seed: int) -> Iterator[Tangent]:
    """Rows for both weights."""
    folded = Folded(make(size, seed))
    compute = folded.demand[:, 0].astype(float)
    for name, weight in (("tasks", np.ones(len(compute))), ("compute", compute)):
        unit = float(weight @ folded.groups.count) / folded.instance.tasks
        relaxed = Relaxed(folded, weight / unit)
        most = relaxed.most()
        reached = float(np.floor(most * unit * (1 + 1e-9) + 1e-3))  # weights are whole numbers
        for share in SHARES:
            at = most * share * (1 - SLACK)
            cost, slope = relaxed.least_cost(at)
            yield Tangent(size, seed, name, reached, at * unit, cost, slope / unit, MADE_BY)
