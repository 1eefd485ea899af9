"""Prices of single capacities against what HiGHS finds a little more or less of them to bring."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest

import gigafleet as gf
from bridge import place
from gigafleet.prices import CapacityPrices
from linear import INF
from oracle import Oracle, Reason
from relaxed import UNIT, Relaxation, cost_program, draw, weight_program

MORE = 0.03  #: of a capacity
EXACT = 1e-5  #: of the value: how near the engine's prices come where pairs of class and pool are few


def price_in_use(prices: CapacityPrices, meter: tuple[object, ...]) -> float:
    """Per unit of what the definition counts; these nodes have no lines."""
    match meter:
        case ("CAPACITY", int(row), 0, str(resource)):
            return float(prices.node(resource)[row])
        case ("LINK", int(arc)):
            return float(prices.link.ravel()[arc])
        case ("ACCESS", int(site), way):
            return float(prices.access[site, ("up", "down").index(way)])
    return 0.0


def by_definition(oracle: Oracle, prices: CapacityPrices, *, with_cost: bool) -> tuple[list[float], float]:
    """What a member of each task row pays at the least, and what all capacities are worth."""
    problem, price, limits = oracle.problem, cache(partial(price_in_use, prices)), {}
    paid = []
    for t in range(len(problem.tasks)):
        least = INF
        for n in oracle.gates(t)[Reason.RTT]:
            used = {meter: quantity for meter, quantity in oracle.use(t, n, 0).items() if quantity}
            limits |= {meter: oracle.limit(meter) for meter in used}
            ways = sum(price(meter) * float(quantity) * UNIT for meter, quantity in used.items())
            least = min(least, ways + (float(oracle.pair_cost(t, n)) if with_cost else 0))
        paid.append(least)
    worth = sum(price(meter) * float(limit) * UNIT for meter, limit in limits.items() if price(meter))
    return paid, worth


@pytest.mark.parametrize("directed", [False, True])
def test_bounds_at_prices_are_those_of_the_definition(directed: bool) -> None:
    for seed in range(3):
        problem = draw(seed, directed)
        oracle, plan = Oracle(problem), place(problem)
        prices = plan.prices()
        counts = [task.count for task in problem.tasks]
        weights = [float(oracle.weight(t)) for t in range(len(counts))]
        paid, worth = by_definition(oracle, prices.weight, with_cost=False)
        spare = (k * max(0.0, w - m) for k, w, m in zip(counts, weights, paid, strict=True))
        assert prices.weight.bound == pytest.approx(worth + sum(spare), rel=1e-6)
        paid, worth = by_definition(oracle, prices.cost, with_cost=True)
        assert prices.cost.bound == pytest.approx(least_of(paid, weights, counts, plan) - worth, rel=1e-6)


def least_of(paid: list[float], weights: list[float], counts: list[int], plan: gf.Plan) -> float:
    """The least that is paid for the plan's weight, in fractions; none of these pays less than 0."""
    total, left = 0.0, plan.placed_weight
    for m, w, k in sorted(zip(paid, weights, counts, strict=True), key=lambda good: good[0] / good[1]):
        share = min(1.0, left / (w * k))
        total, left = total + (share * m * k if share else 0), left - share * w * k
    return total


def value_with(lp: Relaxation, row: int, more: float) -> float:
    """Of the program, with that much more of one capacity."""
    lp.program.row_upper[row] += more
    value, _ = lp.program.solve()
    lp.program.row_upper[row] -= more
    return value


def price_of(lp: Relaxation, prices: CapacityPrices, meter: tuple[object, ...]) -> float:
    """Per unit of what the row is a capacity of."""
    match meter:
        case ("CAPACITY", int(pool), str(resource)):
            return float(prices.node(resource)[np.argmax(lp.pool_of_row == pool)])
        case ("LINK", int(arc)):
            return float(prices.link.ravel()[arc])
        case ("ACCESS", int(site), way):
            return float(prices.access[site, ("up", "down").index(way)])
    raise AssertionError(meter)


def check(lp: Relaxation, prices: CapacityPrices, sign: int) -> int:
    """Each price lies in the range of the dual; how many of those that were looked at are of any worth."""
    value, dual = lp.program.solve()
    gap = abs(prices.bound - sign * value)
    assert gap <= EXACT * abs(value)
    dear = sorted(lp.meters.items(), key=lambda meter: dual[meter[1]])
    for meter, row in [*dear[:4], *dear[-2:]]:
        more = max(MORE * lp.program.row_upper[row], 1e-3)
        # Concave: a little more brings no more a unit than more of it, and a little less costs no less.
        right = (value - value_with(lp, row, more)) / more
        left = (value_with(lp, row, -more) - value) / more
        price, slack = price_of(lp, prices, meter), gap / more + 1e-6  # the latter is of HiGHS
        assert right - slack <= price <= left + slack, meter
    return sum(dual[row] < -1e-6 for _, row in dear[:4])


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("directed", [False, True])
def test_prices_lie_in_the_range_of_the_duals(directed: bool, levels: int) -> None:
    scarce = 0
    for seed in range(3):
        problem = draw(seed, directed, levels)
        oracle, plan = Oracle(problem), place(problem)
        prices = plan.prices()
        scarce += check(weight_program(oracle, plan), prices.weight, -1)
        scarce += check(cost_program(oracle, plan), prices.cost, 1)
    assert scarce >= 15
