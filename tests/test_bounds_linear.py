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
    placed, bounds, bound_cost, _, _ = plan._core.bounds(cost_prices, per_level)
    # Weights are multiples of 0.05, so the bound is the next one below.
    assert placed[-1] <= bounds[-1] <= most + 1e-6 * max(1, most)
    assert bounds[-1] == pytest.approx(np.floor(most / 0.05 + 1e-5) * 0.05, rel=1e-6)
    assert bound_cost <= plan.cost
    assert bound_cost == pytest.approx(least, rel=1e-6)
    assert plan.bound_placed >= bounds[-1]
    assert plan.bound_cost <= bound_cost
    free = plan._core.bounds(nothing, [nothing] * len(per_level))[2]
    assert least > free * 1.02  # prices were needed
    # The engine's own are as good, since pairs are few.
    assert plan._core.prices()[-1][2] == pytest.approx(most, rel=1e-3)
    assert plan.bound_cost == pytest.approx(least, rel=1e-3)
