"""Plans beside the best that trying all finds: for tests of tiny problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import gigafleet as gf
from bridge import assignment, place, terms
from exhaustion import least_cost, most_weight, optimum
from oracle import Oracle
from problem import Problem


def check_none_better(problem: Problem, plan: gf.Plan) -> None:
    """Trying all finds no plan that is better."""
    oracle, placed = Oracle(problem), assignment(plan)
    best, weight = optimum(oracle), oracle.placed_weight(placed)
    assert weight <= best.weight
    assert weight < best.weight or oracle.total_cost(placed) >= best.cost


def check_beside_best(problem: Problem) -> None:
    """No plan beats the best, and no bound is tighter than what can be reached."""
    plan, oracle = place(problem), Oracle(problem)
    check_none_better(problem, plan)
    placed = assignment(plan)
    weight, cost = oracle.placed_weight(placed), oracle.total_cost(placed)
    most = [most_weight(oracle, level, weight) for level in range(len(weight))]
    for bound, reachable in zip(plan.certificate.bound_by_level, most, strict=True):
        assert round(bound * 1e6) >= reachable * 10**6
    assert plan.bound_cost <= least_cost(oracle, weight, cost) + 1e-9 * terms(oracle, placed)


def weigh_beside_best(drawn: Iterable[Problem]) -> tuple[float, float, int]:
    """Weight that `best` places, the most that can be, and how often it is less; all of one priority."""
    placed, possible, short = 0.0, 0.0, 0
    for problem in drawn:
        problem = replace(problem, tasks=tuple(replace(task, priority=0) for task in problem.tasks))
        plan, best = place(problem, effort="best"), optimum(Oracle(problem))
        assert plan.placed_weight <= float(sum(best.weight)) + 1e-9
        placed += plan.placed_weight
        possible += float(sum(best.weight))
        short += plan.placed_weight < 0.999 * float(sum(best.weight))
    print(f"{placed:.1f} of {possible:.1f} placed; less than the most in {short}")
    return placed, possible, short
