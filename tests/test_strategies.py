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


@pytest.fixture(scope="module")
def with_devices() -> list[Problem]:
    return sample(problems(devices=1), 200)


def test_devices_bind_in_a_fifth_of_the_problems_that_have_them(with_devices):
    share = sum(binds(problem, "DEVICES") for problem in with_devices) / len(with_devices)
    assert share >= 0.2, f"{share:.0%}"


def test_other_rules_still_bind_beside_devices(with_devices):
    for rule in RULES:
        assert any(binds(problem, rule) for problem in with_devices), rule


def test_devices_change_the_best_plan_of_tiny_problems():
    tiny = sample(tiny_problems(devices=1), 60)
    assert any(best(problem, off=["DEVICES"]).weight > best(problem).weight for problem in tiny)


def test_a_share_of_the_problems_has_devices():
    drawn = sample(problems(devices=0.4), 100)
    assert 25 <= sum(problem.has_devices for problem in drawn) <= 55
    assert not any(problem.has_devices for problem in sample(problems(), 50))


def test_gangs_and_spread_groups_bind_in_a_fifth_of_the_problems_that_have_them():
    drawn = sample(problems(bonds=1), 150)
    for rule in ("GANG", "SPREAD"):
        share = sum(binds(problem, rule) for problem in drawn) / len(drawn)
        assert share >= 0.2, f"{rule}: {share:.0%}"
    tiny = sample(tiny_problems(bonds=1), 60)
    for rule in ("GANG", "SPREAD"):
        assert any(best(problem, off=[rule]).weight > best(problem).weight for problem in tiny)


def best(problem: Problem, off: tuple[str, ...] | list[str] = ()) -> Optimum:
    return optimum(Oracle(problem, off=off))
