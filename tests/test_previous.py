"""Warm starts: `gf.place(previous=...)` keeps what it can, and says what moved and what that costs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from previous_cases import EFFORTS, by_id, seats, some_problem
from test_plan_engine import tables

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
