"""Quotas and gangs: all members of a gang are within the quotas of their tenants, or none is placed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from random import Random

from hypothesis import given

import gigafleet as gf
from bridge import assignment, place
from oracle import Oracle
from problem import Problem, Tenant
from reason import Reason
from strategies import examples, problems


def with_quotas(problem: Problem, seed: int) -> Problem:
    rng = Random(seed)
    tasks = tuple(dataclasses.replace(task, tenant=rng.choice(("", "a", "b"))) for task in problem.tasks)
    tenants = tuple(
        Tenant(name, quota={r: rng.choice((0, 1, 2, 4)) for r in problem.resources}, max_priority=9)
        for name in ("a", "b")
    )
    return dataclasses.replace(problem, tasks=tasks, tenants=tenants)


def placed_within_quotas(
    problem: Problem,
) -> Iterator[tuple[gf.Plan, Oracle, dict[tuple[int, int, int], int]]]:
    """Plans that keep all rules, with other quotas by effort."""
    for seed, effort in enumerate(("fast", "balanced")):
        asked = with_quotas(problem, seed)
        plan, oracle = place(asked, effort=effort), Oracle(asked)
        placed = assignment(plan)
        assert oracle.check(placed) == []
        assert oracle.tenants.over_quota(placed) == []
        plan.verify()
        yield plan, oracle, placed


@examples(200)
@given(problems(bonds=1))
def test_quotas_hold_and_reasons_say_so(problem: Problem) -> None:
    alone = [t for t, row in enumerate(problem.tasks) if row.gang < 0]
    for plan, oracle, placed in placed_within_quotas(problem):
        reasons = oracle.reasons(placed)
        assert None not in [reasons[t] for t in alone]  # nobody would find a place
        for t, reason in enumerate(plan.reason.tolist()):
            if reason in (Reason.QUOTA, Reason.LINK, Reason.CAPACITY, Reason.FAIRNESS):
                assert (reason == Reason.QUOTA) == (not oracle.tenants.quota_holds(t, placed))


@examples(100)
@given(problems(models=1))
def test_with_models_too(problem: Problem) -> None:
    for _, oracle, placed in placed_within_quotas(problem):
        assert None not in oracle.reasons(placed)


def run(
    quota_gb: float, *, weight: object = 1.0, priority: object = 0, previous: gf.Plan | None = None
) -> gf.Plan:
    """Three gangs of 2, 2 and 1 members of 2 GB, of tenant a; the last one has a member of b besides."""
    net = gf.Network(sites=["rack"], links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site="rack", capacity={"memory_gb": 4.0}, count=10)
    tasks = gf.Tasks(
        net,
        origin="rack",
        demand={"memory_gb": 2.0},
        gang=[0, 1, 2, 2],
        gang_level="site",
        tenant=["a", "a", "a", "b"],
        count=[2, 2, 1, 1],
        weight=weight,
        priority=priority,
    )
    tenants = gf.Tenants(name=["a", "b"], quota={"memory_gb": [quota_gb, 2.0]}, max_priority=1)
    plan = gf.place(tasks, nodes, tenants=tenants, previous=previous)
    plan.verify()
    return plan


def test_a_gang_is_admitted_whole_or_not_at_all() -> None:
    assert run(10).placed_count.tolist() == [2, 2, 1, 1]
    assert run(7).placed_count.tolist() == [2, 0, 1, 1]  # most weight for its part of the quota: the last one
    assert [gf.Reason(r).name for r in run(7).reason] == ["PLACED", "QUOTA", "PLACED", "PLACED"]
    assert run(3).placed_count.tolist() == [0, 0, 1, 1]
    assert run(1).placed_count.tolist() == [0, 0, 0, 0]
    assert set(run(1).reason.tolist()) == {gf.Reason.QUOTA}  # also of the member of b, whose own has room


def test_weight_and_level_decide() -> None:
    assert run(5, weight=[1.0, 9.0, 1.0, 1.0]).placed_count.tolist() == [0, 2, 0, 0]
    assert run(5, priority=[1, 0, 0, 0]).placed_count.tolist() == [2, 0, 0, 0]


def test_what_an_admitted_gang_leaves_is_for_others() -> None:
    # The gang of most weight has no room, whatever its quota; then the next, then those that are in none.
    net = gf.Network(sites=["rack"], links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site="rack", capacity={"memory_gb": 4.0}, count=3)
    columns = {
        "gang": [0, 1, -1, -1],
        "gang_level": "site",
        "count": [4, 2, 2, 9],
        "weight": [9.0, 3.0, 2.0, 1.0],
    }
    tenants = gf.Tenants(name=["a"], quota={"memory_gb": 16.0})
    for models in (None, gf.Models(["m"], [1.0])):
        for require in (False, True):
            only = {"gpu": [require, False, require, False]}
            tasks = gf.Tasks(
                net, origin="rack", demand={"memory_gb": 4.0}, tenant="a", require=only, **columns
            )
            plan = gf.place(tasks, nodes, tenants=tenants, models=models)
            plan.verify()
            assert plan.placed_count.tolist() == ([0, 2, 0, 1] if require else [0, 2, 1, 0])


def test_who_ran_is_admitted_first() -> None:
    first = run(5, weight=[1.0, 9.0, 1.0, 1.0])
    assert run(5, weight=[9.0, 1.0, 1.0, 1.0]).placed_count.tolist() == [2, 0, 0, 0]
    assert run(5, weight=[9.0, 1.0, 1.0, 1.0], previous=first).placed_count.tolist() == [0, 2, 0, 0]
