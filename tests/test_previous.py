"""Warm starts: `gf.place(previous=...)` keeps what it can, and says what moved and what that costs."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from bridge import terms, to_network, to_nodes, to_objective, to_tasks
from oracle import Oracle
from problem import Link, Node, Problem, Site, Task
from strategies import examples, problems
from test_plan_engine import tables

EFFORTS = ("fast", "balanced", "best")
DEAR = gf.Objective(move_cost=1e6)


def world(rows: int = 12, *, cars: Any = 4, price: Any = 0.01, **options: Any) -> tuple[gf.Tasks, gf.Nodes]:
    """Tasks of 2 GB on cars of 4 GB, at one site."""
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    nodes = gf.Nodes(
        net,
        site=np.zeros(rows, int),
        capacity={"memory_gb": np.full(rows, cars, float) if np.isscalar(cars) else cars},
        price={"memory_gb": price},
        **options,
    )
    return gf.Tasks(net, origin=np.zeros(rows, int), demand={"memory_gb": 2.0}), nodes


# -- unchanged input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("counts", [False, True])
def test_unchanged_input_moves_nothing(effort: Any, counts: bool) -> None:
    tasks, nodes = tables(ids=True, counts=counts)
    plan = gf.place(tasks, nodes, effort=effort)
    for threads in (1, 2, 8):
        again = gf.place(*tables(ids=True, counts=counts), effort=effort, previous=plan, threads=threads)
        again.verify()
        assert again.digest == plan.digest
        assert again.moved_tasks == 0
        assert again.cost == pytest.approx(plan.cost, rel=1e-12)
    third = gf.place(tasks, nodes, effort="fast", previous=again)  # asks for no more than there is
    assert third.digest == plan.digest


def test_what_is_free_to_move_stays_too_where_nothing_changed() -> None:
    """A fast plan is not the cheapest one: without a change that is no reason to move."""
    tasks, nodes = tables(ids=True)
    free = gf.Objective(move_cost=0)
    plan = gf.place(tasks, nodes, effort="fast", objective=free)
    again = gf.place(tasks, nodes, effort="fast", objective=free, previous=plan)
    assert again.digest == plan.digest
    better = gf.place(tasks, nodes, effort="best", objective=free, previous=plan)
    better.verify()
    assert (better.placed_weight, -better.cost) > (plan.placed_weight, -plan.cost)
    assert better.moved_tasks > 0


def test_rows_in_another_order_are_no_change() -> None:
    problem = some_problem()
    rng = np.random.default_rng(0)
    plan = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    order = rng.permutation(len(problem.tasks)), rng.permutation(len(problem.nodes))
    shuffled = dataclasses.replace(
        problem,
        tasks=tuple(problem.tasks[i] for i in order[0]),
        nodes=tuple(problem.nodes[i] for i in order[1]),
    )
    again = by_id(shuffled, *order, previous=plan)
    again.verify()
    assert again.moved_tasks == 0
    assert seats(again) == seats(plan)


def some_problem() -> Problem:
    rng = Random(3)
    sites = (Site(), Site())
    nodes = tuple(
        Node(rng.randrange(2), {"memory_gb": rng.choice((4, 8))}, {"memory_gb": rng.choice((0.1, 0.2))})
        for _ in range(40)
    )
    tasks = tuple(Task(rng.randrange(2), {"memory_gb": rng.choice((1, 2, 3))}) for _ in range(60))
    return Problem(sites, (Link(0, 1, 1.0),), nodes, tasks)


def by_id(problem: Problem, task_id: Any, node_id: Any, **options: Any) -> gf.Plan:
    net = to_network(problem)
    nodes = to_nodes(problem, net, id=np.array(list(node_id)) * 10)
    tasks = to_tasks(problem, net, id=np.array(list(task_id)) * 7 + 1)
    return gf.place(tasks, nodes, objective=to_objective(problem), **options)


def seats(plan: gf.Plan) -> set[tuple[int, ...]]:
    return set(zip(*(column.tolist() for column in plan.assignments()), strict=True))


# -- what changes moves, and no more ------------------------------------------------------------------------


@pytest.mark.parametrize("effort", EFFORTS)
def test_only_tasks_on_the_node_that_left_move(effort: Any) -> None:
    tasks, nodes = world(id=np.arange(12) + 50)
    plan = gf.place(tasks, nodes, effort=effort)
    gone = int(plan.node[0])
    on_it = np.flatnonzero(plan.node == gone)
    left = np.arange(12) + 50 != gone
    fewer = gf.Nodes(tasks.network, site=np.zeros(11, int), capacity={"memory_gb": np.full(11, 4.0)},
                     price={"memory_gb": 0.01}, id=(np.arange(12) + 50)[left])  # fmt: skip
    again = gf.place(tasks, fewer, effort=effort, previous=plan, objective=DEAR)
    again.verify()
    assert again.placed_tasks == 12
    assert again.moved_tasks == on_it.size
    assert np.flatnonzero(again.node != plan.node).tolist() == on_it.tolist()
    assert again.cost == pytest.approx(plan.cost + 1e6 * on_it.size)


def test_a_move_must_save_more_than_it_costs() -> None:
    """Each task saves 0.08 EUR/h on a car that costs 0.01 a GB and hour instead of 0.05."""
    rows = 6
    tasks, dear = world(rows, price=0.05, id=np.arange(rows))
    plan = gf.place(tasks, dear)
    both = gf.Nodes(
        tasks.network,
        site=np.zeros(2 * rows, int),
        capacity={"memory_gb": np.full(2 * rows, 4.0)},
        price={"memory_gb": np.repeat([0.05, 0.01], rows)},
    )
    for effort in EFFORTS:
        for move_cost, moved in ((0.0799, rows), (0.0801, 0)):
            objective = gf.Objective(move_cost=move_cost)
            again = gf.place(tasks, both, effort=effort, objective=objective, previous=plan)
            again.verify()
            assert again.moved_tasks == moved, (effort, move_cost)


def test_drained_nodes_lose_what_they_have_no_room_for() -> None:
    tasks, nodes = world()
    plan = gf.place(tasks, nodes)
    capacity = np.where(np.arange(12) < 3, 0.0, np.where(np.arange(12) < 6, 2.0, 4.0))
    smaller = gf.Nodes(tasks.network, site=np.zeros(12, int), capacity={"memory_gb": capacity},
                       price={"memory_gb": 0.01})  # fmt: skip
    again = gf.place(tasks, smaller, objective=DEAR, previous=plan)
    again.verify()
    load = np.bincount(plan.node, minlength=12)
    must = int(np.maximum(load - capacity // 2, 0).sum())
    assert again.moved_tasks == must > 0


def test_tasks_that_are_new_or_gone_have_not_moved() -> None:
    tasks, nodes = world()
    plan = gf.place(tasks, nodes)
    other = gf.Tasks(tasks.network, origin=np.zeros(10, int), demand={"memory_gb": 2.0},
                     id=[*range(6, 12), 100, 101, 102, 103])  # fmt: skip
    again = gf.place(other, nodes, objective=DEAR, previous=plan)
    again.verify()
    assert (again.placed_tasks, again.moved_tasks) == (10, 0)
    assert again.node[:6].tolist() == plan.node[6:].tolist()


def test_those_that_ran_go_before_those_that_waited() -> None:
    tasks, nodes = world(4, cars=2)
    plan = gf.place(tasks, nodes)
    more = gf.Tasks(tasks.network, origin=np.zeros(8, int), demand={"memory_gb": 2.0},
                    id=[10, 11, 12, 13, 0, 1, 2, 3])  # fmt: skip
    again = gf.place(more, nodes, previous=plan)
    again.verify()
    assert again.node.tolist() == [-1] * 4 + plan.node.tolist()


def test_a_new_task_of_a_higher_level_goes_first() -> None:
    """All cars are full of what runs at level 0: it gives way, and only as much as it must."""
    tasks, nodes = world(6, cars=2)
    plan = gf.place(tasks, nodes)
    both = gf.Tasks(tasks.network, origin=np.zeros(8, int), demand={"memory_gb": 2.0},
                    priority=np.repeat([0, 1], [6, 2]))  # fmt: skip
    for effort in EFFORTS:
        again = gf.place(both, nodes, effort=effort, objective=DEAR, previous=plan)
        again.verify()
        assert again.placed_count[6:].tolist() == [1, 1]
        assert (again.placed_tasks, again.moved_tasks) == (6, 0)


def test_nothing_of_the_previous_plan_is_there_any_more() -> None:
    tasks, nodes = world()
    plan = gf.place(tasks, nodes)
    other, others = world(5, id=np.arange(5) + 1000)
    other = gf.Tasks(others.network, origin=np.zeros(5, int), demand={"memory_gb": 2.0}, id=np.arange(5) + 77)
    again = gf.place(other, others, previous=plan)
    again.verify()
    assert (again.placed_tasks, again.moved_tasks) == (5, 0)
    assert again.digest == gf.place(other, others).digest


@pytest.mark.parametrize("wrong", [1, "plan", [0, 1], np.zeros(3)])
def test_what_is_no_plan_is_refused(wrong: Any) -> None:
    with pytest.raises(gf.GigafleetError, match=r"previous: got .*, want.* a Plan") as caught:
        gf.place(*world(), previous=wrong)
    assert isinstance(caught.value, TypeError)


def test_a_negative_move_cost_is_refused() -> None:
    with pytest.raises(gf.GigafleetError, match="move_cost"):
        gf.Objective(move_cost=-1)


# -- files, limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("ids", [False, True])
def test_plans_from_files_serve_and_remember(ids: bool, counts: bool, tmp_path: Path) -> None:
    tasks, nodes = tables(ids=ids, counts=counts)
    plan = gf.place(tasks, nodes)
    plan.save(tmp_path / "plan.npz")
    loaded = gf.Plan.load(tmp_path / "plan.npz")
    again = gf.place(tasks, nodes, previous=loaded)
    assert (again.digest, again.moved_tasks) == (plan.digest, 0)
    # Fewer cars: the plan that came of it verifies from its file as well.
    keep = np.flatnonzero(np.random.default_rng(4).random(len(nodes)) < 0.8)
    fewer = fewer_nodes(nodes, keep)
    warm = gf.place(tasks, fewer, previous=loaded)
    warm.verify()
    assert warm.moved_tasks > 0
    assert f"{warm.moved_tasks:,} tasks" in str(warm.summary())
    warm.save(tmp_path / "warm.npz")
    back = gf.Plan.load(tmp_path / "warm.npz", tasks, fewer)
    back.verify()
    assert (back.moved_tasks, back.cost) == (warm.moved_tasks, warm.cost)
    assert back.summary().moved_tasks == warm.moved_tasks


def fewer_nodes(nodes: gf.Nodes, keep: np.ndarray) -> gf.Nodes:
    """Some rows of `nodes`, under their ids."""
    rows = lambda name: nodes.columns[name].take(keep)  # noqa: E731
    return gf.Nodes(
        nodes.network,
        site=np.array(nodes.network.sites, dtype=object)[rows("site")],
        capacity={name: rows(f"capacity.{name}") for name in nodes.resources},
        price={name: rows(f"price.{name}") for name in nodes.resources},
        labels={name: np.isin(keep, np.flatnonzero(has)) for name, has in flags(nodes).items()},
        access_rtt_ms=rows("access_rtt_ms"),
        available_s=rows("available_s"),
        link_up_mbps=20.0,
        link_down_mbps=10.0,
        count=rows("count"),
        id=nodes.ids(keep),
    )


def flags(nodes: gf.Nodes) -> dict[str, np.ndarray]:
    from gigafleet._verify.values import having

    every = np.arange(len(nodes))
    return {name: having(nodes.labels["labels"], name, every) for name in ("car", "plugged")}


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_time_limit_leaves_what_ran_where_it_ran(effort: Any) -> None:
    tasks, nodes = tables(ids=True)
    plan = gf.place(tasks, nodes)
    more = gf.place(tasks, nodes, previous=plan, effort=effort, time_limit_s=1e-9)
    more.verify()
    assert more.status == "TIME_LIMIT"
    assert more.moved_tasks == 0
    assert np.array_equal(more.node[plan.node >= 0], plan.node[plan.node >= 0])


# -- against the definition ----------------------------------------------------------------------------------


def changed(problem: Problem, seed: int) -> tuple[Problem, list[int], list[int]]:
    """An hour later: rows gone, new, in another order, and different. And the ids of the rows."""
    rng = Random(seed)

    def rows(old: tuple[Any, ...], new: Any) -> tuple[tuple[Any, ...], list[int]]:
        pairs = [(i, row) for i, row in enumerate(old) if rng.random() < 0.85]
        pairs += [(len(old) + k, new(rng)) for k in range(rng.randrange(3))]
        rng.shuffle(pairs)
        return tuple(row for _, row in pairs), [i for i, _ in pairs]

    def node(row: Node) -> Node:
        if rng.random() < 0.3:
            row = dataclasses.replace(row, count=rng.choice((0, 1, 2, 3)))
        if rng.random() < 0.3:
            row = dataclasses.replace(
                row, capacity={r: rng.choice((0, v / 2, v)) for r, v in row.capacity.items()}
            )
        return row

    def task(row: Task) -> Task:
        if rng.random() < 0.3:
            row = dataclasses.replace(row, count=rng.choice((0, 1, 2, 3)))
        if rng.random() < 0.2:
            row = dataclasses.replace(row, max_rtt_ms=row.max_rtt_ms / 2, uplink_mbps=row.uplink_mbps + 0.5)
        if rng.random() < 0.2:
            row = dataclasses.replace(row, demand={r: v + 0.5 for r, v in row.demand.items()})
        return row

    nodes, node_id = rows(problem.nodes, lambda r: r.choice(problem.nodes))
    tasks, task_id = rows(problem.tasks, lambda r: r.choice(problem.tasks))
    links = tuple(
        dataclasses.replace(link, capacity_mbps=link.capacity_mbps * rng.choice((1, 1, 0.5)))
        for link in problem.links
    )
    objective = dataclasses.replace(problem.objective, move_cost=rng.choice((0, 1e-3, 0.1, 5)))
    later = dataclasses.replace(
        problem,
        nodes=tuple(map(node, nodes)),
        tasks=tuple(map(task, tasks)),
        links=links,
        objective=objective,
    )
    return later, task_id, node_id


def before(plan: gf.Plan, task_id: list[int], node_id: list[int]) -> dict[tuple[int, int, int], int]:
    """The old plan in rows of the new problem; nodes that are gone get rows of their own."""
    task = {7 * i + 1: row for row, i in enumerate(task_id)}
    node = {10 * i: row for row, i in enumerate(node_id)}
    found: Counter[tuple[int, int, int]] = Counter()
    for t, n, first, instances, each in zip(*(c.tolist() for c in plan.assignments()), strict=True):
        for instance in range(first, first + instances):
            if t in task:
                found[task[t], node.get(n, 10_000 + n), instance] += each
    return dict(found)


def rows_of(plan: gf.Plan, task_id: list[int], node_id: list[int]) -> dict[tuple[int, int, int], int]:
    return before(plan, task_id, node_id)


def check(later: Problem, plan: gf.Plan, old: dict[tuple[int, int, int], int], ids: Any) -> None:
    oracle, found = Oracle(later), rows_of(plan, *ids)
    assert oracle.check(found) == []
    moved = oracle.moved(found, old)
    assert plan.moved_tasks == sum(moved)
    size = terms(oracle, found) + float(sum(oracle.move_price(t) * k for t, k in enumerate(moved)))
    assert math.isclose(plan.cost, oracle.total_cost(found, old), rel_tol=0, abs_tol=1e-9 * size)
    plan.verify()


@examples(300)
@given(problems())
def test_any_change_keeps_every_rule(problem: Problem) -> None:
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    for seed, effort in enumerate(EFFORTS):
        later, *ids = changed(problem, seed)
        plan = by_id(later, *ids, previous=old, effort=effort)
        assert plan.status == "COMPLETE"
        check(later, plan, before(old, *ids), ids)
        assert None not in Oracle(later).reasons(rows_of(plan, *ids))
        again = by_id(later, *ids, previous=plan, effort=effort)
        assert (again.digest, again.moved_tasks) == (plan.digest, 0)


@examples(60)
@given(problems())
def test_threads_do_not_change_the_plan(problem: Problem) -> None:
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    later, *ids = changed(problem, 7)
    plans = [by_id(later, *ids, previous=old, threads=threads) for threads in (1, 2, 8)]
    assert len({plan.digest for plan in plans}) == 1
    assert len({plan.cost for plan in plans}) == 1


@examples(100)
@given(problems())
def test_rows_are_seated_with_as_few_moves_as_can_be(problem: Problem) -> None:
    """Of tasks that are alike it is open who sits where: no other way moves fewer of them."""
    single = dataclasses.replace(
        problem,
        tasks=tuple(dataclasses.replace(problem.tasks[i % 2], count=1) for i in range(6)),
        nodes=tuple(dataclasses.replace(node, count=min(node.count, 2)) for node in problem.nodes),
    )
    old = by_id(single, range(6), range(len(single.nodes)))
    later, *ids = changed(single, 1)
    later = dataclasses.replace(
        later, tasks=tuple(dataclasses.replace(single.tasks[i % 2], count=1) for i in ids[0])
    )
    if len(ids[0]) > 7:
        return
    plan = by_id(later, *ids, previous=old)
    was, now = before(old, *ids), rows_of(plan, *ids)
    oracle = Oracle(later)
    least = 0
    for kind in (0, 1):
        rows = [row for row, i in enumerate(ids[0]) if i % 2 == kind]
        places = [place for place, k in now.items() if place[0] in rows for _ in range(k)]
        ran = [row for row in rows if any(t == row for t, _, _ in was)]
        going = sorted(rows, key=lambda row: row not in ran)[: len(places)]  # those that ran go on
        least += min(
            sum(row in ran and (row, n, i) not in was for row, (_, n, i) in zip(order, places, strict=True))
            for order in itertools.permutations(going)
        )
    assert plan.moved_tasks == sum(oracle.moved(now, was)) == least


@examples(100)
@given(problems())
def test_free_moves_make_nothing_dearer(problem: Problem) -> None:
    """With moves for free, the plan is as good as what a time limit of nothing leaves of the old one."""
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    later, *ids = changed(problem, 2)
    later = dataclasses.replace(later, objective=dataclasses.replace(later.objective, move_cost=0))
    kept = by_id(later, *ids, previous=old, time_limit_s=1e-9)
    plan = by_id(later, *ids, previous=old)
    oracle = Oracle(later)
    weight = [oracle.placed_weight(rows_of(p, *ids)) for p in (plan, kept)]
    assert weight[0] >= weight[1]
    if weight[0] == weight[1]:
        assert plan.cost <= kept.cost + 1e-9 * terms(oracle, rows_of(kept, *ids))
