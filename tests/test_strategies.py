"""The random problems are worth their time: every rule changes what may be done in many of them."""

from __future__ import annotations

import pytest

from exhaustion import Optimum, first_fit, optimum
from oracle import RULES, Oracle
from problem import Problem
from strategies import problems, sample, tiny_problems


def binds(problem: Problem, rule: str) -> bool:
    """A planner that does not know the rule would break it, or another one by the rule's absence."""
    return bool(Oracle(problem).check(first_fit(Oracle(problem, off=[rule]))))


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    return sample(problems(), 300)


@pytest.fixture(scope="module")
def tiny() -> list[Problem]:
    return sample(tiny_problems(), 100)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_binds_in_a_fifth_of_the_problems(drawn, rule):
    share = sum(binds(problem, rule) for problem in drawn) / len(drawn)
    assert share >= 0.2, f"{rule} binds in {share:.0%} of {len(drawn)}"


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_changes_the_best_plan_of_tiny_problems(tiny, rule):
    assert any(best(problem, off=[rule]).weight > best(problem).weight for problem in tiny)


def best(problem: Problem, off: tuple[str, ...] | list[str] = ()) -> Optimum:
    return optimum(Oracle(problem, off=off))
