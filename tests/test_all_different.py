"""Tasks of which no two ask the same: planned in cells of shapes, seated one by one."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gigafleet as gf
from bridge import to_gigafleet, to_models, to_objective
from by_definition import check_plan
from gigafleet import _core
from problem import Problem
from strategies import examples, problems

ROOM = {"compute_tops": 9.5, "memory_gb": 14.0}


@st.composite
def different(draw: st.DrawFn) -> Problem:
    """Some or all tasks are off from what they were, each in its own way."""
    problem = draw(problems(tasks=20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.5, 1]))

    def off(value: float) -> float:
        return value * rng.uniform(0.8, 1.25)

    def changed(task: Any) -> Any:
        if rng.random() > share:
            return task
        return dataclasses.replace(
            task,
            demand={name: off(amount) for name, amount in task.demand.items()},
            uplink_mbps=off(task.uplink_mbps),
            max_rtt_ms=off(task.max_rtt_ms),
            weight=off(task.weight) if rng.random() < 0.5 else task.weight,
        )

    return dataclasses.replace(problem, tasks=tuple(changed(task) for task in problem.tasks))


def place_in_cells(problem: Problem, cells: int = 3, threads: int = 0, **options: Any) -> gf.Plan:
    """As gf.place does where there are hundreds of shapes."""
    _, nodes, tasks = to_gigafleet(problem)
    objective, models = to_objective(problem), to_models(problem)
    prices = {k: v for k, v in dataclasses.asdict(objective).items() if not k.startswith("load_")}
    core = _core.place(
        tasks.network._core,
        nodes._core,
        tasks._core,
        threads=threads,
        most_shapes=0,
        cells=cells,
        models=None if models is None else models._for_core(tasks, nodes, objective),
        **prices,
        **options,
    )
    return gf.Plan(core, tasks=tasks, nodes=nodes, objective=objective, models=models)


@examples(200)
@given(different(), st.integers(1, 8), st.sampled_from(["fast", "balanced", "best"]))
def test_every_plan_is_allowed_maximal_and_explained(problem, cells, effort):
    check_plan(problem, place_in_cells(problem, cells, effort=effort))


@examples(60)
@given(different())
def test_threads_do_not_change_the_plan(problem):
    plans = [place_in_cells(problem, threads=threads) for threads in (1, 2, 8)]
    assert len({plan.digest for plan in plans}) == 1
    assert len({plan.cost for plan in plans}) == 1


@examples(60)
@given(different())
def test_bounds_hold(problem):
    plan = place_in_cells(problem)
    found = plan.certificate
    for placed, bound in zip(found.placed_by_level, found.bound_by_level, strict=True):
        assert placed <= bound + 1e-9
    assert found.bound_cost <= plan.cost + 1e-9 * found.terms


def table(count: int, jitter: float, rows: Any = slice(None)) -> tuple[gf.Tasks, gf.Nodes]:
    """Three models on vehicles at four sites; `jitter`: how far a task may be off its model."""
    rng = np.random.default_rng(1)
    net = gf.Network(sites=4, links=([0, 1, 2], [1, 2, 3]), latency_ms=[2.0, 2.0, 2.0])
    model, tasks = rng.integers(0, 3, count), np.array([[1.0, 2.0, 5.0], [3.0, 1.0, 8.0]])
    demand = tasks[:, model] * (1 + jitter * rng.uniform(-1, 1, (2, count)))
    nodes = gf.Nodes(
        net,
        site=np.arange(count // 3) % 4,
        capacity=ROOM,
        price={"compute_tops": 0.01},
    )
    columns = {"compute_tops": demand[0][rows], "memory_gb": demand[1][rows]}
    limit = np.array([100.0, 20.0, 8.0])[model][rows]
    origin, ids = rng.integers(0, 4, count)[rows], np.arange(count)[rows]
    return gf.Tasks(net, origin=origin, demand=columns, max_rtt_ms=limit, id=ids), nodes


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_as_good_as_alike(effort):
    """A tenth off each way: within two percent of the tasks and the cost of the catalogue."""
    alike = gf.place(*table(6000, 0.0), effort=effort)
    off = gf.place(*table(6000, 0.1), effort=effort)
    off.verify()
    assert (alike.classes, off.classes) == (12, 6000)
    assert off.placed_tasks >= 0.98 * alike.placed_tasks
    per_task = off.cost / off.placed_tasks, alike.cost / alike.placed_tasks
    assert math.isclose(*per_task, rel_tol=0.02)


def test_more_tasks_than_fit_and_rows_too_many_to_fold():
    tasks, _ = table(150_000, 0.1)
    nodes = gf.Nodes(tasks.network, site=np.arange(30_000) % 4, capacity=ROOM)
    plan = gf.place(tasks, nodes, effort="fast")
    assert plan.classes == len(tasks)
    plan.verify()
    reasons = np.unique(plan.reason)
    assert reasons.tolist() == [gf.Reason.PLACED, gf.Reason.CAPACITY]
    assert plan.bound_placed >= plan.placed_weight
    assert plan.bound_cost <= plan.cost


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_tasks_stay_where_others_come_and_go(effort):
    before = gf.place(*table(2000, 0.1, slice(0, 1800)), effort=effort)
    tasks, nodes = table(2000, 0.1, slice(200, 2000))
    dear = gf.Objective(move_cost=1e6)
    after = gf.place(tasks, nodes, effort=effort, previous=before, objective=dear)
    after.verify()
    assert after.classes == len(tasks)
    assert after.moved_tasks == 0
    ran = before.node[200:]
    assert np.array_equal(after.node[:1600][ran >= 0], ran[ran >= 0])
    assert after.placed_tasks > (ran >= 0).sum()
    assert after.bound_cost <= after.cost
