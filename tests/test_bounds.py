"""The bounds against the best plan of tiny problems, by trying all, and against linear programs."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gigafleet as gf
from bridge import assignment, place
from exhaustion import least_cost, most_weight
from gigafleet.errors import InputError
from oracle import Oracle
from problem import Problem
from strategies import examples, problems, tiny_problems

LOOKS = (None, "exactly", "by reach", "by kind", "floor")
Prices = tuple[np.ndarray, np.ndarray]
NOTHING: Prices = (np.zeros(0), np.zeros(0))


def random_prices(plan: gf.Plan, problem: Problem, seed: int, size: float) -> Prices:
    """A part of them 0, of all sizes around `size` a unit."""
    rng = np.random.default_rng(seed)
    resources = sorted({r for node in problem.nodes for r in node.capacity}) or ["compute_tops"]
    arcs = len(plan._core.arc_load())

    def draw(number: int) -> np.ndarray:
        values = 10.0 ** rng.uniform(-3, 1, number) * size * 1e-6
        return np.where(rng.random(number) < rng.random(), 0, values)

    pool, carrier = plan.pools * (len(resources) + 2), arcs + 2 * len(problem.sites)
    return draw(pool), draw(carrier)


def check_bounds(problem: Problem, seed: int) -> None:
    """No plan by the definition beats what is proven of the engine's, at no prices and at any."""
    oracle, plan = Oracle(problem), place(problem)
    placed = assignment(plan)
    weight, cost = oracle.placed_weight(placed), oracle.total_cost(placed)
    most = [most_weight(oracle, level, weight) for level in range(len(weight))]
    least = least_cost(oracle, weight, cost)
    rng = Random(seed)
    for look in LOOKS:
        size = 10 ** rng.uniform(-2, 1)
        drawn = random_prices(plan, problem, rng.randrange(2**32), size)
        for prices in (NOTHING, drawn, (drawn[0], NOTHING[1]), (NOTHING[0], drawn[1])):
            levels, bounds, bound_cost, _, _ = plan._core.bounds(prices, [prices] * len(weight), look)
            assert [round(w * 1e6) for w in levels] == [w * 10**6 for w in weight]
            assert all(round(b * 1e6) >= w * 10**6 for b, w in zip(bounds, most, strict=True))
            assert Fraction(bound_cost) <= least
    assert plan.bound_placed == (plan.certificate.bound_by_level[-1] if weight else 0)
    assert Fraction(plan.bound_cost) <= least


@examples(150)
@given(tiny_problems(), st.integers(0, 2**32))
def test_no_plan_beats_the_bounds(problem, seed):
    check_bounds(problem, seed)


@pytest.mark.slow
@examples(5000)
@given(tiny_problems(), st.integers(0, 2**32))
def test_no_plan_beats_the_bounds_in_thousands_of_problems(problem, seed):
    check_bounds(problem, seed)


@examples(60)
@given(problems(), st.integers(0, 2**32))
def test_prices_only_tighten(problem, seed):
    plan = place(problem)
    prices = random_prices(plan, problem, seed, 0.5)
    for look in LOOKS:
        levels, free, free_cost, _, _ = plan._core.bounds(NOTHING, [], look)
        _, bounds, cost, _, _ = plan._core.bounds(prices, [prices] * len(levels), look)
        assert all(b <= f for b, f in zip(bounds, free, strict=True))
        assert all(b >= w for b, w in zip(bounds, levels, strict=True))
        assert cost >= free_cost


@examples(60)
@given(problems(), st.integers(0, 2**32))
def test_looser_looks_only_loosen_what_prices_prove(problem, seed):
    """At the same prices. Accesses are priced anew by what a look finds, at times better by a looser one."""
    plan = place(problem)
    levels = len(plan.certificate.placed_by_level)
    for prices in (NOTHING, random_prices(plan, problem, seed, 0.5)):
        cost, weights = plan._core.bounds_at(prices, [prices] * levels, None, "exactly")
        for look in LOOKS:
            looser_cost, looser = plan._core.bounds_at(prices, [prices] * levels, None, look)
            assert looser_cost <= cost + 1e-9 * max(1, abs(cost))
            assert all(more >= weight - 2e-6 for more, weight in zip(looser, weights, strict=True))


def test_threads_do_not_change_the_bounds():
    from strategies import make

    problem = make(5, sites=6, nodes=6, tasks=8, count=3)
    plans = [place(problem, threads=threads) for threads in (1, 4)]
    prices = random_prices(plans[0], problem, 1, 0.5)
    one, four = (plan._core.bounds(prices, [prices])[:4] for plan in plans)
    assert one == four


def test_bad_prices_are_refused():
    problem = Problem((), (), (), ())
    plan = place(problem)
    with pytest.raises(InputError, match=r"prices.carrier: got 1 prices, wanted 0"):
        plan._core.bounds((np.zeros(0), np.zeros(1)))
    with pytest.raises(InputError, match=r"look: got 'x', wanted 'exactly'"):
        plan._core.bounds(look="x")
