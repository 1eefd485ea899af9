"""Gangs, spread groups, models, devices and tenants in one problem, against the definition."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest
from hypothesis import given

from bridge import assignment, masks, place, terms
from oracle import Oracle
from problem import Problem, Tenant
from strategies import examples, problems


def mixed(problem: Problem, seed: int) -> Problem:
    """The same, with two tenants."""
    rng = Random(seed)
    tasks = tuple(dataclasses.replace(task, tenant=rng.choice(("", "a", "b"))) for task in problem.tasks)
    quota = {r: rng.choice((0, 1, 2, 4)) for r in problem.resources[:1]} if seed % 2 else {}
    tenants = (Tenant("a", max_priority=9), Tenant("b", weight=2, quota=quota, max_priority=9))
    return dataclasses.replace(problem, tasks=tasks, tenants=tenants)


@examples(150)
@given(problems(bonds=0.8, models=0.8, devices=0.4))
def test_every_rule_is_kept_at_once(problem: Problem) -> None:
    for seed, effort in enumerate(("fast", "balanced", "best")):
        both = mixed(problem, seed)
        plan = place(both, effort=effort)
        oracle, placed = Oracle(both), assignment(plan)
        assert oracle.check(placed, masks(plan)) == []
        assert plan.placed_tasks == sum(placed.values())
        cost = float(oracle.total_cost(placed))
        assert plan.cost == pytest.approx(cost, rel=0, abs=1e-9 * terms(oracle, placed) + 1e-9)
        plan.verify()


@examples(30)
@given(problems(bonds=0.8, models=0.8, devices=0.4))
def test_threads_do_not_change_the_plan(problem: Problem) -> None:
    both = mixed(problem, 0)
    assert len({place(both, threads=threads).digest for threads in (1, 2, 8)}) == 1
