"""Preemption against the definition: who makes way, for whom, and never for an equal."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from bridge import to_network, to_nodes, to_objective, to_tasks
from gigafleet import _core
from oracle import Oracle
from previous_cases import EFFORTS, by_id
from problem import Link, Node, Problem, Site, Task
from strategies import examples, problems
from test_previous_properties import before, changed, rows_of

HIGH = gf.Reason.DISPLACED


def one_site(capacity: float, *memory: float, nodes: int = 1) -> Problem:
    tasks = tuple(Task(0, {"memory_gb": m}) for m in memory)
    return Problem((Site(),), (), (Node(0, {"memory_gb": capacity}),) * nodes, tasks)


def with_task(problem: Problem, memory: float, **given: float) -> Problem:
    more = dataclasses.replace(Task(0, {"memory_gb": memory}), **given)  # type: ignore[arg-type]
    return dataclasses.replace(problem, tasks=(*problem.tasks, more))


def again(problem: Problem, previous: gf.Plan, **options: object) -> gf.Plan:
    ids = range(len(problem.tasks)), range(len(problem.nodes))
    plan = by_id(problem, *ids, previous=previous, **options)
    plan.verify()
    return plan


def first(problem: Problem) -> gf.Plan:
    plan = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    assert plan.placed_tasks == sum(task.count for task in problem.tasks)
    return plan


@pytest.mark.parametrize("effort", EFFORTS)
def test_equals_never_evict_however_much_they_weigh(effort: str) -> None:
    problem = one_site(4, 2, 2)
    heavy = with_task(problem, 4, weight=100)
    plan = again(heavy, first(problem), effort=effort)
    assert plan.placed_count.tolist() == [1, 1, 0]
    assert (plan.evicted_tasks, len(plan.displaced())) == (0, 0)
    assert gf.Reason(plan.reason[2]) is gf.Reason.CAPACITY


def test_an_engine_that_does_not_know_the_rule_evicts_equals() -> None:
    problem = one_site(4, 2, 2)
    old, heavy = first(problem), with_task(problem, 4, weight=100)
    network = to_network(heavy)
    tasks, nodes = to_tasks(heavy, network), to_nodes(heavy, network)
    node, instance = np.array([0, 0, -1]), np.zeros(3, np.int64)
    for rule, placed in ((0, [1, 1, 0]), (_core.RULES["EVICT"], [0, 0, 1])):
        core = _core.place(
            network._core,
            nodes._core,
            tasks._core,
            rtt_price=1e-5,
            horizon_s=3600,
            risk_price=0,
            disabled_rules=rule,
            previous=((None, node, instance, None, None), None, None, None),
        )
        assert core.placed_count.tolist() == placed
    assert old.placed_tasks == 2


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_higher_level_takes_what_it_needs(effort: str) -> None:
    problem = one_site(4, 2, 1, 1)
    urgent = with_task(problem, 3, priority=1)
    plan = again(urgent, first(problem), effort=effort)
    assert plan.placed_count[3] == 1
    assert plan.evicted_tasks == 2  # of 4 GB, 1 is left
    gone = np.flatnonzero(plan.placed_count == 0)
    assert [gf.Reason(r) for r in plan.reason[gone]] == [HIGH, HIGH]
    found = plan.displaced()
    assert found.task.tolist() == (gone * 7 + 1).tolist()
    assert set(found.by_task.tolist()) == {22}
    assert (found.node.tolist(), found.members.tolist()) == ([0, 0], [1, 1])
    assert found.where.tolist() == ["node", "node"]
    assert "by task" in str(found)
    assert plan.cost == pytest.approx(2 * 0.01)
    dear = dataclasses.replace(urgent, objective=dataclasses.replace(urgent.objective, evict_cost=5))
    assert again(dear, first(problem)).cost == pytest.approx(2 * 5)


@pytest.mark.parametrize("effort", EFFORTS)
def test_moving_comes_before_evicting(effort: str) -> None:
    """There is room for all, but the urgent task fits only where one of the others runs."""
    problem = one_site(2, 2, 2, nodes=2)
    urgent = dataclasses.replace(with_task(problem, 4, priority=1), nodes=one_site(4, nodes=2).nodes)
    plan = again(urgent, first(problem), effort=effort)
    assert plan.placed_count.tolist() == [1, 1, 1]
    assert (plan.evicted_tasks, plan.moved_tasks) == (0, 1)


def test_who_is_evicted_for_want_of_a_node_is_not_displaced() -> None:
    problem = one_site(4, 2, 2)
    smaller = dataclasses.replace(problem, nodes=(Node(0, {"memory_gb": 2}),))
    plan = again(smaller, first(problem))
    assert (plan.evicted_tasks, len(plan.displaced())) == (1, 0)
    assert gf.Reason.CAPACITY in plan.reason


def test_links_are_taken_too() -> None:
    sites, links = (Site(), Site()), (Link(0, 1, 1.0, capacity_mbps=10),)
    far = Task(0, {"memory_gb": 1}, uplink_mbps=6)
    problem = Problem(sites, links, (Node(1, {"memory_gb": 9}),), (far,))
    urgent = dataclasses.replace(problem, tasks=(far, dataclasses.replace(far, priority=1)))
    plan = again(urgent, first(problem))
    assert plan.placed_count.tolist() == [0, 1]
    assert gf.Reason(plan.reason[0]) is HIGH
    found = plan.displaced()
    assert (found.by_task.tolist(), found.where.tolist()) == ([8], ["way"])


def test_counted_rows_lose_some_of_their_members() -> None:
    nodes, tasks = (Node(0, {"memory_gb": 4}, count=3),), (Task(0, {"memory_gb": 1}, count=12),)
    problem = Problem((Site(),), (), nodes, tasks)
    old = by_id(problem, [0], [0])
    plan = again(with_task(problem, 4, priority=1, count=2), old)
    assert plan.placed_count.tolist() == [4, 2]
    found = plan.displaced()
    assert (found.members.tolist(), found.by_members.tolist()) == ([4, 4], [1, 1])
    assert len(set(found.instance.tolist())) == 2


def test_a_saved_plan_keeps_its_reasons(tmp_path: Path) -> None:
    problem = one_site(4, 2, 2)
    urgent = with_task(problem, 4, priority=1)
    plan = again(urgent, first(problem))
    plan.save(tmp_path / "plan.npz")
    back = gf.Plan.load(tmp_path / "plan.npz")
    assert back.reason.tolist() == plan.reason.tolist() == [HIGH, HIGH, 0]
    assert back.evicted_tasks == 2
    with pytest.raises(gf.GigafleetError, match="displaced"):
        back.displaced()
    network = to_network(urgent)
    ids = {"tasks": np.arange(3) * 7 + 1, "nodes": np.arange(1) * 10}
    tables = to_tasks(urgent, network, id=ids["tasks"]), to_nodes(urgent, network, id=ids["nodes"])
    whole = gf.Plan.load(tmp_path / "plan.npz", *tables)
    assert whole.displaced().task.tolist() == plan.displaced().task.tolist()
    whole.verify()


def test_a_loaded_plan_finds_what_full_links_displaced(tmp_path: Path) -> None:
    sites, links = (Site(), Site()), (Link(0, 1, 1.0, capacity_mbps=14 * 300),)
    far = Task(0, {"memory_gb": 1}, uplink_mbps=300, count=14)
    problem = Problem(sites, links, (Node(1, {"memory_gb": 99}),), (far,))
    urgent = dataclasses.replace(problem, tasks=(far, dataclasses.replace(far, priority=1)))
    plan = again(urgent, first(problem))
    plan.save(tmp_path / "plan.npz")
    found = gf.Plan.load(tmp_path / "plan.npz", *plan._tables).displaced()  # type: ignore[misc]
    assert found.members.tolist() == plan.displaced().members.tolist() == [14]


@examples(40)
@given(problems())
def test_a_loaded_plan_has_the_numbers_of_the_fresh_one(problem: Problem) -> None:
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    later, *ids = changed(problem, 0)
    plan = by_id(with_urgent_tasks(later, 0), *ids, previous=old)
    with tempfile.TemporaryDirectory() as folder:
        plan.save(Path(folder) / "plan.npz")
        loaded = gf.Plan.load(Path(folder) / "plan.npz", *plan._tables)  # type: ignore[misc]
    arrays = [
        (*c.assignments(), c.reason, c.placed_count, c.arc_load(), *c.access_load(), *c.model_loads())
        for c in (plan._core, loaded._core)
    ]
    assert [a.dtype for a in arrays[0]] == [a.dtype for a in arrays[1]]
    for one, two in (
        *zip(arrays[0][:5] + arrays[0][6:], arrays[1][:5] + arrays[1][6:], strict=True),
        *zip(plan.displaced().columns().values(), loaded.displaced().columns().values(), strict=True),
    ):
        assert np.array_equal(one, two)
    loaded.verify()


def test_who_keeps_a_group_apart_takes_no_place() -> None:
    """What a spread group allows in a rack is no capacity; what is left of the other rack is."""
    sites = tuple(Site(domains={"rack": rack}) for rack in ("a", "b"))
    nodes = Node(0, {"memory_gb": 4}, labels=("gpu",)), Node(1, {"memory_gb": 1})
    apart = {"spread": 0, "spread_level": "rack"}
    low, other = Task(0, {"memory_gb": 1}, **apart), Task(1, {"memory_gb": 1})
    problem = Problem(sites, (Link(0, 1, 1.0),), nodes, (low, other))
    urgent = Task(0, {"memory_gb": 1}, priority=1, require=("gpu",), **apart)
    later = dataclasses.replace(problem, tasks=(low, other, urgent))
    plan = again(later, first(problem))
    assert [gf.Reason(reason).name for reason in plan.reason] == ["CAPACITY", "PLACED", "PLACED"]
    assert (plan.evicted_tasks, len(plan.displaced())) == (1, 0)
    was, now = ({(0, 0, 0): 1, (1, 1, 0): 1}, {(1, 1, 0): 1, (2, 0, 0): 1})
    assert Oracle(later).takers(now, was) == {(0, 0, 0): set()}


def test_a_plan_without_a_previous_displaces_nobody() -> None:
    plan = first(one_site(4, 2, 2))
    assert (plan.evicted_tasks, len(plan.displaced())) == (0, 0)


def test_a_negative_evict_cost_is_refused() -> None:
    with pytest.raises(gf.GigafleetError, match="evict_cost"):
        gf.Objective(evict_cost=-1)


def with_urgent_tasks(problem: Problem, seed: int) -> Problem:
    rng = Random(seed)
    tasks = tuple(
        dataclasses.replace(task, priority=task.priority + 5 * (rng.random() < 0.4)) for task in problem.tasks
    )
    return dataclasses.replace(problem, tasks=tasks)


@examples(200)
@given(problems())
def test_who_makes_way_is_as_defined(problem: Problem) -> None:
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    for seed, effort in enumerate(EFFORTS):
        later, *ids = changed(problem, seed)
        later = with_urgent_tasks(later, seed)
        plan = by_id(later, *ids, previous=old, effort=effort)
        plan.verify()
        oracle, now, was = Oracle(later), rows_of(plan, *ids), before(old, *ids)
        assert oracle.check(now) == []
        assert oracle.evicted_for_equals(now, was) == []
        explained = [plan.explain(7 * i + 1).reason for i in ids[0]]
        assert plan.reason.tolist() == explained == oracle.reasons_after(now, was)
        takers = oracle.takers(now, was)
        rows = {7 * i + 1: row for row, i in enumerate(ids[0])}
        nodes = {10 * i: row for row, i in enumerate(ids[1])}
        found: dict[tuple[int, int, int], set[int]] = {}
        for task, node, instance, _, by, _, _ in zip(
            *(column.tolist() for column in plan.displaced().columns().values()), strict=True
        ):
            found.setdefault((rows[task], nodes[node], instance), set()).add(rows[by])
        assert found.keys() == {place for place, by in takers.items() if by}
        assert all(by <= takers[place] for place, by in found.items())
    assert to_objective(problem).evict_cost == problem.objective.evict_cost
