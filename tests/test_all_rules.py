"""Gangs, spread groups, models, devices and tenants in one problem, against the definition."""

from __future__ import annotations

import dataclasses
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from bridge import assignment, masks, place, terms
from oracle import Oracle
from problem import Problem, Tenant
from strategies import examples, problems


def mixed(problem: Problem, seed: int) -> Problem:
    """The same, with two tenants."""
    rng = Random(seed)
    tasks = tuple(dataclasses.replace(task, tenant=rng.choice(("", "a", "b"))) for task in problem.tasks)
    return dataclasses.replace(
        problem, tasks=tasks, tenants=(Tenant("a", max_priority=9), Tenant("b", weight=2, max_priority=9))
    )


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


def one(**columns: Any) -> tuple[gf.Tasks, gf.Nodes]:
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site=0, capacity={"memory_gb": 16}, count=4)
    return gf.Tasks(net, origin=np.zeros(2, np.int64), demand={"memory_gb": 1.0}, **columns), nodes


def test_what_does_not_go_together_says_so() -> None:
    models, tenants = gf.Models(["m"], [1.0]), gf.Tenants(name=["a"], quota={"memory_gb": [1.0]})
    tasks, nodes = one(gang=[0, 0], gang_level="site", tenant=[0, 0])
    with pytest.raises(gf.GigafleetError, match=r"tenants.*gangs"):
        gf.place(tasks, nodes, tenants=tenants)
    tasks, nodes = one(model=[0, 0])
    with pytest.raises(gf.GigafleetError, match="previous"):
        gf.place(tasks, nodes, models=models, previous=gf.place(tasks, nodes, models=models))
