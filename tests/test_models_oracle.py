"""The definition of models, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oracle import Oracle, Reason
from problem import INF, Model, Node, Objective, Problem, Site, Task

CHAT, CODE = Model("chat", 4), Model("code", 8)


def problem(nodes: list[Node], tasks: list[Task], access: float = INF, **objective: Any) -> Problem:
    prices = Objective(rtt_price=0, **objective)
    site = Site(access_down_mbps=access)
    return Problem((site,), (), tuple(nodes), tuple(tasks), objective=prices, models=(CHAT, CODE))


def car(memory_gb: float = 16, line: float = 83, **given: Any) -> Node:
    return Node(0, {"memory_gb": memory_gb}, link_down_mbps=line, **given)


def task(model: str = "chat", memory_gb: float = 2, **given: Any) -> Task:
    return Task(0, {"memory_gb": memory_gb}, model=model, **given)


def rules(oracle: Oracle, plan: dict[tuple[int, int, int], int]) -> list[str]:
    return sorted({rule for rule, _ in oracle.check(plan)})


def test_weights_take_memory_once_however_many_tasks_share_them() -> None:
    oracle = Oracle(problem([car()], [task(count=9), task("code", count=9)]))
    assert rules(oracle, {(0, 0, 0): 6}) == []  # 4 + 6 · 2
    assert rules(oracle, {(0, 0, 0): 7}) == ["MODEL"]
    assert rules(oracle, {(0, 0, 0): 1, (1, 0, 0): 1}) == []  # 4 + 8 + 2 · 2
    assert rules(oracle, {(0, 0, 0): 2, (1, 0, 0): 1}) == ["MODEL"]
    assert rules(oracle, {(0, 0, 0): 9}) == ["CAPACITY", "MODEL"]


def test_instances_have_their_own_weights() -> None:
    oracle = Oracle(problem([car(count=2)], [task(count=12)]))
    assert rules(oracle, {(0, 0, 0): 6, (0, 0, 1): 6}) == []


def test_a_held_model_that_nobody_uses_takes_nothing() -> None:
    oracle = Oracle(problem([car(models=("code",))], [task(count=6), task("", count=8)]))
    assert rules(oracle, {(0, 0, 0): 6}) == []
    assert rules(oracle, {(1, 0, 0): 8}) == []


def test_the_figures_of_the_design() -> None:
    oracle = Oracle(problem([car()], [task()]))
    assert oracle.models.seconds(0, "chat") == pytest.approx(6.4 * 60, rel=0.01)
    a_hundred = 100 * oracle.models.megabits("chat") / 10**6
    assert a_hundred / 500 == pytest.approx(1.8 * 3600, rel=0.02)  # over a cell of half a Gb/s


@pytest.mark.parametrize(("wait", "right"), [(385, False), (386, True), (0, False), (INF, True)])
def test_nobody_waits_longer_than_the_task_can(wait: float, right: bool) -> None:
    oracle = Oracle(problem([car()], [task(max_wait_s=wait)]))
    assert rules(oracle, {(0, 0, 0): 1}) == ([] if right else ["MODEL"])
    assert oracle.reasons({}) == [None if right else Reason.MODEL]


def test_what_is_held_needs_no_load() -> None:
    held = Oracle(problem([car(line=0, models=("chat",))], [task(max_wait_s=0)], access=0))
    assert rules(held, {(0, 0, 0): 1}) == []
    assert held.total_cost({(0, 0, 0): 1}) == 0
    assert Oracle(problem([car(line=0)], [task()])).reasons({}) == [Reason.MODEL]


def test_an_impatient_task_waits_for_a_load_that_others_ordered() -> None:
    oracle = Oracle(problem([car()], [task(), task(max_wait_s=1)]))
    assert rules(oracle, {(0, 0, 0): 1, (1, 0, 0): 1}) == ["MODEL"]


def test_loads_of_a_site_stay_within_the_window() -> None:
    two = problem([car(count=3)], [task(count=9)], access=213.34)  # of 600 s one half: 64,002 Mb
    assert rules(Oracle(two), {(0, 0, 0): 3, (0, 0, 1): 3}) == []
    assert rules(Oracle(two), {(0, 0, 0): 3, (0, 0, 1): 3, (0, 0, 2): 1}) == ["MODEL"]
    assert Oracle(two).reasons({(0, 0, 0): 6}) == [None]
    assert Oracle(two).reasons({(0, 0, 0): 6, (0, 0, 1): 2}) == [None]  # joins
    full = replace(two, tasks=(task(count=6), task("code", 0)))
    assert Oracle(full).reasons({(0, 0, 0): 3, (0, 0, 1): 3})[1] == Reason.CAPACITY
    assert (
        Oracle(replace(full, objective=replace(full.objective, load_window_s=1200))).reasons(
            {(0, 0, 0): 3, (0, 0, 1): 3}
        )[1]
        is None
    )


def test_a_load_beyond_the_whole_window_is_no_choice() -> None:
    assert Oracle(problem([car()], [task()], access=106.6)).reasons({}) == [Reason.MODEL]
    assert Oracle(problem([car()], [task()], access=106.7)).reasons({}) == [None]


def test_gates_in_their_order() -> None:
    oracle = Oracle(
        problem([car(5, available_s=9)], [task(memory_gb=6), task(duration_s=99), task(), task("code")])
    )
    assert oracle.reasons({}) == [Reason.TOO_BIG, Reason.TIME, Reason.MODEL, Reason.MODEL]


def test_a_load_is_paid_once_over_the_longest_of_its_tasks() -> None:
    tasks = [task(count=2, duration_s=60), task(duration_s=1800), task("code", 0)]
    oracle = Oracle(problem([car(count=2)], tasks, load_eur_per_gb=0.5))
    assert oracle.total_cost({(0, 0, 0): 2}) == 4 * 0.5 * 60
    assert oracle.total_cost({(0, 0, 0): 2, (1, 0, 0): 1}) == 4 * 0.5 * 2
    assert oracle.total_cost({(0, 0, 0): 1, (0, 0, 1): 1}) == 2 * 4 * 0.5 * 60
    assert oracle.total_cost({(2, 0, 0): 1}) == 8 * 0.5


def test_without_the_rule_weights_weigh_nothing() -> None:
    oracle = Oracle(problem([car(4, line=0)], [task(count=2)]), off=["MODEL"])
    assert rules(oracle, {(0, 0, 0): 2}) == []
    assert oracle.reasons({}) == [None]
