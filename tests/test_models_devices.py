"""Tasks with a model that use devices: weights in the node's memory, the devices beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from beside_best import check_beside_best, weigh_beside_best
from bridge import assignment, expanded, place, place_without
from by_definition import EFFORTS, check_plan, check_threads
from gigafleet.errors import VerifyError
from oracle import Oracle
from problem import Model, Node, Problem, Site, Task
from strategies import examples, problems, sample, tiny_problems


def both(**sizes: int):
    return problems(models=1, devices=1, **sizes)


@pytest.mark.parametrize("effort", EFFORTS)
@examples(200)
@given(problem=both())
def test_every_plan_is_allowed_maximal_and_explained(effort: str, problem: Problem) -> None:
    check_plan(problem, place(problem, effort=effort))


@examples(60)
@given(both(nodes=12, tasks=12, count=9))
def test_nodes_with_counts(problem: Problem) -> None:
    check_plan(problem, place(problem))


@examples(100)
@given(tiny_problems(models=1, devices=1))
def test_no_plan_beats_the_best_and_bounds_hold(problem: Problem) -> None:
    check_beside_best(problem)


def test_nearly_as_much_is_placed_as_can_be() -> None:
    """Of the weight that the best plans place, over all: by trying all, on tiny problems."""
    drawn = sample(tiny_problems(models=1, devices=1), 120)
    placed, possible, short = weigh_beside_best(drawn)
    assert placed >= 0.98 * possible
    assert short <= len(drawn) // 10


@examples(40)
@given(both())
def test_threads_do_not_change_the_plan(problem: Problem) -> None:
    check_threads(problem)


@examples(40)
@given(both())
def test_rows_or_counts_are_the_same_problem(problem: Problem) -> None:
    by_count, by_row = place(problem), place(expanded(problem))
    check_plan(expanded(problem), by_row)
    assert by_row.placed_weight == pytest.approx(by_count.placed_weight, rel=0.05)


@pytest.mark.parametrize("rule", ["MODEL", "DEVICES"])
def test_an_engine_without_one_of_the_rules_breaks_it(rule: str) -> None:
    caught, drawn = 0, sample(both(), 60)
    for problem in drawn:
        plan = place_without(rule, problem)
        breaches = {name for name, _ in Oracle(problem).check(assignment(plan))}
        if breaches:
            with pytest.raises(VerifyError):
                plan.verify()
        caught += rule in breaches
    assert caught >= len(drawn) // 10


# By hand


def servers(count: int, memory_gb: float = 512, gpus: int = 8) -> Node:
    """Weights wait in memory, each device has its own."""
    node = Node(0, {"memory_gb": memory_gb}, count=count, link_down_mbps=10_000)
    return replace(node, devices=gpus, device_capacity={"memory_gb": 80})


def serve(model: str, gpus: float, count: int, **given: object) -> Task:
    task = Task(0, {"memory_gb": 10}, model=model, count=count, **given)
    return replace(task, devices=gpus, device_demand={"memory_gb": 70 if gpus >= 1 else 20})


def of(nodes: list[Node], tasks: list[Task], **weights_gb: float) -> Problem:
    models = tuple(Model(name, weight) for name, weight in weights_gb.items())
    sites = (Site(access_down_mbps=float("inf")),)
    return Problem(sites, (), tuple(nodes), tuple(tasks), models=models)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize(
    ("memory_gb", "tasks", "placed"),
    [
        (512, [serve("big", 4, 30)], 20),  # two of four devices a server
        (512, [serve("big", 1, 90)], 80),  # weights once, of eight
        (180, [serve("big", 1, 90)], 40),  # 140 and four times 10
        (149, [serve("big", 1, 90)], 0),  # weights and one do not fit
        (176, [serve("big", 4, 10), serve("small", 4, 10)], 20),  # 140 + 16 and twice 10 is all
        (512, [serve("small", 0.25, 400)], 320),
        (96, [serve("small", 0.25, 400)], 80),  # 16 and eight times 10
    ],
)
def test_ten_servers(effort: str, memory_gb: float, tasks: list[Task], placed: int) -> None:
    problem = of([servers(10, memory_gb)], tasks, big=140, small=16)
    plan = place(problem, effort=effort)
    check_plan(problem, plan)
    assert plan.placed_tasks == placed


def test_servers_that_hold_one_model_of_two_at_a_time() -> None:
    problem = of([servers(10, 175)], [serve("big", 4, 10), serve("small", 4, 20)], big=140, small=16)
    plan = place(problem)
    check_plan(problem, plan)
    assert plan.placed_tasks == 20
    assert plan.loads.total == 10


def test_a_million_gpus_are_a_handful_of_runs() -> None:
    tasks = [serve("big", 4, 120_000), serve("small", 1, 400_000), serve("small", 0.5, 100_000)]
    plan = place(of([servers(125_000)], tasks, big=140, small=16))
    assert plan.placed_tasks >= 0.999 * 620_000
    assert len(plan.runs.task) < 100
    assert np.bitwise_count(plan.devices).max() == 4
    plan.verify()
