"""Each hard rule is tested: an engine that leaves one out is caught, by the oracle and by verify."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import gigafleet as gf
from bridge import assignment, place_without
from gigafleet import _core
from gigafleet.errors import VerifyError
from oracle import RULES, Oracle
from problem import Problem
from strategies import problems, sample


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
    # See test_devices, test_bonds, test_models, test_displaced, test_tenants_oracle.
    others = {"DEVICES", "GANG", "SPREAD", "MODEL", "EVICT", "QUOTA", "FAIRNESS"}
    assert set(_core.RULES) == {*RULES, *others}


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
