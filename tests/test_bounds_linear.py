"""At the duals of the linear relaxation, as HiGHS finds them, the bounds are its value."""

from __future__ import annotations

import numpy as np
import pytest

from bridge import place
from oracle import Oracle
from relaxed import cost_program, draw, weight_program


@pytest.mark.parametrize("levels", [1, 3])
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_the_bound_at_the_duals_is_the_value_of_the_linear_program(seed, directed, levels):
    problem = draw(seed, directed, levels)
    oracle, plan = Oracle(problem), place(problem)
    of_weight, of_cost = weight_program(oracle, plan), cost_program(oracle, plan)
    (most, weight_dual), (least, cost_dual) = of_weight.program.solve(), of_cost.program.solve()
    most, weight_prices, cost_prices = -most, of_weight.prices(weight_dual), of_cost.prices(cost_dual)
    nothing = (np.zeros(0), np.zeros(0))
    per_level = [nothing] * (len(plan.certificate.placed_by_level) - 1) + [weight_prices]
    by_itself, weight_by_itself = plan._core.bounds_at(cost_prices, per_level)
    assert weight_by_itself[-1] == pytest.approx(most, rel=1e-6)
    assert by_itself == pytest.approx(least, rel=1e-6)
    # Weights are multiples of 0.05, so the bound is the next one below; whole nodes may prove more still.
    placed, bounds, bound_cost, _, _ = plan._core.bounds(cost_prices, per_level)
    assert placed[-1] <= bounds[-1] <= (np.floor(most / 0.05 + 1e-5) * 0.05) * (1 + 1e-6)
    assert least - 1e-6 * abs(least) <= bound_cost <= plan.cost
    free = plan._core.bounds(nothing, [nothing] * len(per_level))[2]
    assert least > free * 1.02  # prices were needed
    # The engine's own are as good, since pairs are few.
    assert plan._core.prices()[-1][2] == pytest.approx(most, rel=1e-3)
    assert plan._core.prices()[0][2] == pytest.approx(least, rel=1e-3)
    assert least - 1e-3 * abs(least) <= plan.bound_cost <= plan.cost


def test_whole_nodes_prove_more_than_the_linear_program() -> None:
    tighter = 0
    for seed in range(10):
        problem = draw(seed, directed=False)
        program = weight_program(Oracle(problem), plan := place(problem))
        least, dual = program.program.solve()
        bound = plan._core.bounds((np.zeros(0), np.zeros(0)), [program.prices(dual)])[1][0]
        tighter += bound < np.floor(-least / 0.05 + 1e-5) * 0.05 - 1e-6
    assert tighter > 0
