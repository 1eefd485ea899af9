"""Plans with models that start from an earlier one, against the definition."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from by_definition import as_packed
from gigafleet.errors import VerifyError
from oracle import Oracle
from previous_cases import EFFORTS, by_id
from problem import Link, Model, Node, Problem, Site, Task
from strategies import examples, problems
from test_previous_properties import before, changed, check, rows_of

InUse = frozenset[tuple[int, int, str]]


def in_use(problem: Problem, plan: gf.Plan, node_id: list[int]) -> InUse:
    """What the plan of `problem` has in use, by rows of nodes whose ids those are."""
    row = {10 * i: r for r, i in enumerate(node_id)}
    return frozenset(
        (row[n], i, name)
        for t, n, first, instances, _ in zip(*(c.tolist() for c in plan.assignments()), strict=True)
        for i in range(first, first + instances)
        if n in row and (name := problem.tasks[(t - 1) // 7].model)
    )


def an_hour_later(problem: Problem, old: gf.Plan, seed: int) -> tuple[Problem, list[int], list[int]]:
    later, *ids = changed(problem, seed)
    return dataclasses.replace(later, in_use_before=in_use(problem, old, ids[1])), *ids


@examples(300)
@given(problems(models=1, devices=0.3, bonds=0.4))
def test_any_change_keeps_every_rule(problem: Problem) -> None:
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    for seed, effort in enumerate(EFFORTS):
        later, *ids = an_hour_later(problem, old, seed)
        plan = by_id(later, *ids, previous=old, effort=effort)
        assert plan.status == "COMPLETE"
        check(later, plan, before(old, *ids), ids)
        rows = rows_of(plan, *ids)
        reasons = Oracle(later).reasons_after(rows, before(old, *ids))
        assert plan.reason.tolist() == as_packed(later, plan, reasons)
        now = frozenset((n, i, later.tasks[t].model) for t, n, i in rows if later.tasks[t].model)
        if now == later.in_use_before:  # then nodes hold the same for the next one
            again = by_id(later, *ids, previous=plan, effort=effort)
            assert (again.digest, again.moved_tasks) == (plan.digest, 0)


@examples(40)
@given(problems(models=1))
def test_threads_do_not_change_the_plan(problem: Problem) -> None:
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    later, *ids = an_hour_later(problem, old, 7)
    plans = [by_id(later, *ids, previous=old, threads=threads) for threads in (1, 2, 8)]
    assert len({(plan.digest, plan.cost) for plan in plans}) == 1


@examples(60)
@given(problems(models=1))
def test_a_plan_from_a_file_is_the_same_start(problem: Problem) -> None:
    import tempfile

    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    later, *ids = an_hour_later(problem, old, 3)
    plan = by_id(later, *ids, previous=old)
    with tempfile.TemporaryDirectory() as folder:
        old.save(Path(folder) / "old.npz")
        assert by_id(later, *ids, previous=gf.Plan.load(Path(folder) / "old.npz")).digest == plan.digest
        plan.save(Path(folder) / "plan.npz")
        gf.Plan.load(Path(folder) / "plan.npz", *plan._tables, plan._models).verify()


# By hand


MODELS = gf.Models(["chat", "code"], [4, 8])


def cars() -> tuple[gf.Tasks, gf.Nodes]:
    """A cell of cars that can load two chats in ten minutes."""
    net = gf.Network(sites=["cell"], links=([], []), latency_ms=[], access_down_mbps=[250])
    nodes = gf.Nodes(net, site="cell", capacity={"memory_gb": 16.0}, link_down_mbps=83, count=40)
    tasks = gf.Tasks(net, origin="cell", demand={"memory_gb": 2.0}, model="chat", count=48)
    return tasks, nodes


def test_a_fleet_warms_up_from_plan_to_plan() -> None:
    tasks, nodes = cars()
    plan, placed = None, []
    for _ in range(4):
        plan = gf.place(tasks, nodes, models=MODELS, previous=plan)
        plan.verify()
        placed.append(plan.placed_tasks)
        assert plan.moved_tasks == 0
    assert placed == [12, 24, 36, 48]  # two cars more in each ten minutes
    assert plan.loads.total == 2


def test_what_ran_needs_no_wait() -> None:
    tasks, nodes = cars()
    plan = gf.place(tasks, nodes, models=MODELS)
    hurried = gf.Tasks(
        nodes.network, origin="cell", demand={"memory_gb": 2.0}, model="chat", count=48, max_wait_s=0
    )
    again = gf.place(hurried, nodes, models=MODELS, previous=plan)
    again.verify()
    assert (again.placed_tasks, again.loads.total, again.cost) == (12, 0, 0)
    assert gf.place(hurried, nodes, models=MODELS).placed_tasks == 0


def test_other_names_are_other_models() -> None:
    tasks, nodes = cars()
    plan = gf.place(tasks, nodes, models=MODELS)
    swapped = gf.Models(["code", "chat"], [8, 4])
    again = gf.place(tasks, nodes, models=swapped, previous=plan)
    again.verify()
    assert again.placed_tasks == 24
    other = gf.Tasks(nodes.network, origin="cell", demand={"memory_gb": 2.0}, model="code", count=48)
    again = gf.place(other, nodes, models=MODELS, previous=plan)
    again.verify()
    assert (again.placed_tasks, again.loads.total) == (4, 1)


def test_lists_of_what_is_in_use_are_checked() -> None:
    tasks, nodes = cars()
    plan = gf.place(tasks, nodes, models=MODELS)
    core = plan._core

    class Liar:
        def __getattr__(self, name: str) -> object:
            return getattr(core, name)

        def models_in_use(self) -> tuple[np.ndarray, ...]:
            return tuple(part[:-1] for part in core.models_in_use())

    plan._core = Liar()
    with pytest.raises(VerifyError, match=r"in use: node 0 instances .*'chat' is not listed"):
        plan.verify()


def test_a_higher_level_takes_memory_for_its_weights() -> None:
    net = gf.Network(sites=["cell"], links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site="cell", capacity={"memory_gb": 16.0})
    low = {"origin": "cell", "demand": {"memory_gb": 2.0}}
    old = gf.place(gf.Tasks(net, model="chat", count=[6], id=[1], **low), nodes, models=MODELS)
    assert old.placed_tasks == 6
    both = gf.Tasks(
        net,
        origin="cell",
        demand={"memory_gb": [2.0, 0.0]},
        model=["chat", "code"],
        count=[6, 1],
        priority=[0, 1],
        id=[1, 2],
    )
    plan = gf.place(both, nodes, models=MODELS, previous=old)
    plan.verify()
    assert plan.placed_count.tolist() == [2, 1]
    assert (plan.evicted_tasks, plan.moved_tasks) == (4, 0)
    assert plan.reason[0] == gf.Reason.DISPLACED
    found = plan.displaced()
    assert [v.tolist()[0] for v in found.columns().values()] == [1, 0, 0, 4, 2, 1, "node"]


def test_a_gang_stays_with_its_weights() -> None:
    net = gf.Network(
        sites=["gateway", "a", "b"], links=([0, 0], [1, 2]), latency_ms=1, domains={"rack": ["", "a", "b"]}
    )
    nodes = gf.Nodes(net, site=["a", "b"], capacity={"memory_gb": 16.0}, link_down_mbps=83, count=2)
    gang = {"origin": "gateway", "demand": {"memory_gb": 8.0}, "model": "code", "gang_level": "rack"}
    one = gf.Tasks(net, gang=[0], count=[2], id=[5], **gang)
    old = gf.place(one, nodes, models=MODELS)
    assert old.loads.total == 2
    two = gf.Tasks(net, gang=[1, 0, 2], count=[2, 2, 2], id=[3, 5, 9], max_wait_s=[0, 0, np.inf], **gang)
    plan = gf.place(two, nodes, models=MODELS, previous=old)
    plan.verify()
    assert plan.placed_count.tolist() == [0, 2, 2]  # the first cannot wait, and its rack is taken
    assert (plan.moved_tasks, plan.loads.total) == (0, 2)
    count = [1 if rack == old.runs.node[0] else 2 for rack in (0, 1)]
    fewer = gf.Nodes(net, site=["a", "b"], capacity={"memory_gb": 16.0}, link_down_mbps=83, count=count)
    whole = gf.place(one, fewer, models=MODELS, previous=old)
    whole.verify()
    assert (whole.placed_tasks, whole.moved_tasks) == (2, 2)  # its rack has one node left: it moves whole


def test_tenants_beside_models_start_from_a_plan() -> None:
    rng = Random(5)
    net = gf.Network(sites=["cell"], links=([], []), latency_ms=[], access_down_mbps=[1000])
    nodes = gf.Nodes(net, site="cell", capacity={"memory_gb": 16.0}, link_down_mbps=83, count=10)
    rows = 60
    columns = {
        "origin": "cell",
        "demand": {"memory_gb": np.array([rng.choice((1.0, 2.0, 3.0)) for _ in range(rows)])},
        "model": [rng.choice(("chat", "code", "")) for _ in range(rows)],
        "tenant": [rng.choice(("a", "b")) for _ in range(rows)],
    }
    tenants = gf.Tenants(name=["a", "b"], weight=[1, 2])
    tasks = gf.Tasks(net, **columns)
    old = gf.place(tasks, nodes, models=MODELS, tenants=tenants)
    again = gf.place(tasks, nodes, models=MODELS, tenants=tenants, previous=old)
    again.verify()
    assert again.moved_tasks == 0
    assert again.placed_tasks >= old.placed_tasks


def test_what_if_of_a_loaded_plan_knows_what_was_in_use(tmp_path: Path) -> None:
    tasks, nodes = cars()
    old = gf.place(tasks, nodes, models=MODELS)
    hurried = gf.Tasks(
        nodes.network, origin="cell", demand={"memory_gb": 2.0}, model="chat", count=48, max_wait_s=0
    )
    plan = gf.place(hurried, nodes, models=MODELS, previous=old)
    plan.save(tmp_path / "plan.npz")
    loaded = gf.Plan.load(tmp_path / "plan.npz", hurried, nodes, MODELS)
    one = gf.Tasks(nodes.network, origin="cell", demand={"memory_gb": 1.0}, model="chat", max_wait_s=0)
    small = gf.Tasks(nodes.network, origin="cell", demand={"memory_gb": 0.5})
    for asked in (one, small):
        assert gf.capacity(asked, loaded).fits.tolist() == gf.capacity(asked, plan).fits.tolist()
    assert gf.capacity(small, plan).fits.tolist() == [38 * 32]  # two cars are full: 4 GB beside six times two
    assert str(loaded.explain(0)) == str(plan.explain(0))
    assert loaded.n_minus_1().dropped.tolist() == plan.n_minus_1().dropped.tolist()


@pytest.mark.parametrize("effort", EFFORTS)
def test_nobody_is_evicted_for_an_equal_who_came_with_those_that_must_move(effort):
    """Two rows alike, one of which ran: the cheap node has room for the other, or for who must move, too."""
    sites, links = (Site(), Site()), (Link(1, 0, 0.5), Link(0, 1, 1))
    alike = {"weight": 2, "duration_s": 60, "model": "b"}
    dear, cheap = Node(1, {"x": 1.5}, {"x": 0.5}, count=3), Node(1, {"x": 2}, {"x": 0})
    first = Problem(
        sites,
        links,
        (dear, Node(0, {"x": 4}), cheap),
        (Task(0, {"x": 2}), Task(0, {"x": 1}, count=2, **alike)),
        directed=True,
        models=(Model("b", 0),),
        model_resource="x",
    )
    old, ids = by_id(first, [1, 2], range(3)), ([0, 1, 2], range(3))
    later = dataclasses.replace(
        first,
        nodes=(dear, Node(0, {"x": 4}, count=0), cheap),
        tasks=(Task(0, {"x": 1}, count=2, **alike), Task(0, {"x": 2}), Task(0, {"x": 1}, **alike)),
    )
    was = before(old, *map(list, ids))
    later = dataclasses.replace(later, in_use_before=frozenset((n, i, "b") for t, n, i in was if t == 2))
    plan = by_id(later, *ids, previous=old, effort=effort)
    assert plan.placed_count.tolist() == [2, 1, 1]
    assert Oracle(later).evicted_for_equals(rows_of(plan, *map(list, ids)), was) == []
