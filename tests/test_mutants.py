"""Each hard rule is tested: an engine that leaves one out is caught, by the oracle and by verify."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import gigafleet as gf
from bridge import assignment, to_gigafleet, to_objective
from gigafleet import _core
from gigafleet.errors import VerifyError
from oracle import RULES, Oracle
from problem import Problem
from strategies import problems, sample


def place_without(rule: str | None, problem: Problem) -> gf.Plan:
    """A plan by an engine that does not know one of the rules."""
    _, nodes, tasks = to_gigafleet(problem)
    objective = to_objective(problem)
    core = _core.place(
        tasks.network._core,
        nodes._core,
        tasks._core,
        rtt_price=objective.rtt_price,
        horizon_s=objective.horizon_s,
        risk_price=objective.risk_price,
        disabled_rules=0 if rule is None else _core.RULES[rule],
    )
    return gf.Plan(core, tasks=tasks, nodes=nodes, objective=objective)


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    return sample(problems(), 60)


def broken(drawn: list[Problem], rule: str) -> Iterator[tuple[gf.Plan, set[str]]]:
    """Plans that break rules because the engine left one out, and the rules they break."""
    for problem in drawn:
        plan = place_without(rule, problem)
        breaches = {name for name, _ in Oracle(problem).check(assignment(plan))}
        if breaches:
            yield plan, breaches


def test_the_engine_knows_these_rules():
    assert set(_core.RULES) == {*RULES, "DEVICES"}  # that one has its mutant in test_devices.py


@pytest.mark.parametrize("rule", RULES)
def test_an_engine_without_the_rule_breaks_it(drawn, rule):
    caught = [rule in breaches for _, breaches in broken(drawn, rule)]
    assert sum(caught) >= len(drawn) // 10


@pytest.mark.parametrize("rule", RULES)
def test_verify_names_the_rule_that_a_plan_breaks(drawn, rule):
    named = set()
    for plan, breaches in broken(drawn, rule):
        with pytest.raises(VerifyError) as raised:
            plan.verify()
        name = str(raised.value).partition(":")[0].upper()
        assert name in breaches
        named.add(name)
    assert rule in named


def test_the_same_engine_with_all_rules_is_clean(drawn):
    for problem in drawn:
        plan = place_without(None, problem)
        assert Oracle(problem).check(assignment(plan)) == []
        plan.verify()
