"""Linear programs for tests, by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

INF = float("inf")


@dataclass
class Program:
    """Minimise ``cost @ x`` over x >= 0 with rows of bounds; columns are built one by one."""

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    columns: list[dict[int, float]] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)

    def row(self, lower: float, upper: float) -> int:
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_lower) - 1

    def column(self, cost: float, entries: dict[int, float], upper: float = INF) -> None:
        self.cost.append(cost)
        self.columns.append(entries)
        self.upper.append(upper)

    def solve(self) -> tuple[float, np.ndarray]:
        """Value, infinite where nothing is feasible; dual of each row: how the value grows with its bound."""
        highspy = pytest.importorskip("highspy")
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.row_lower)
        lp.col_cost_, lp.col_lower_ = np.array(self.cost), np.zeros(len(self.cost))
        lp.col_upper_ = np.array(self.upper)
        lp.row_lower_, lp.row_upper_ = np.array(self.row_lower), np.array(self.row_upper)
        lp.a_matrix_.start_ = np.cumsum([0, *map(len, self.columns)])
        lp.a_matrix_.index_ = np.array([row for entries in self.columns for row in entries])
        lp.a_matrix_.value_ = np.array([value for entries in self.columns for value in entries.values()])
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(lp)
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return INF, np.zeros(len(self.row_lower))
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return solver.getInfo().objective_function_value, np.array(solver.getSolution().row_dual)
