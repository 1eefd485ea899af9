"""`verify` on models: each part of the rule broken in turn, and random plans against the definition."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bridge import to_gigafleet, to_models, to_objective
from exhaustion import first_fit
from gigafleet.errors import VerifyError
from gigafleet.verify import Reported, Runs, verify
from oracle import Oracle, from_runs
from problem import Model, Node, Objective, Problem, Site, Task
from strategies import problems, sample
from verify_cases import breaks, runs


def problem(*, access: float = float("inf"), **given: Any) -> Problem:
    nodes = (
        Node(0, {"memory_gb": 16}, link_down_mbps=80, count=3, models=("b",)),
        Node(0, {"memory_gb": 16}, link_down_mbps=80),
    )
    tasks = (
        Task(0, {"memory_gb": 2}, model="a", max_wait_s=400, count=20),
        Task(0, {"memory_gb": 2}, model="b", max_wait_s=0, count=20),
        Task(0, {"memory_gb": 2}, count=20),
    )
    made = Problem((Site(access_down_mbps=access),), (), nodes, tasks, models=(Model("a", 4), Model("b", 8)))
    return replace(made, **given)


def check(made: Problem, rows: Runs, **reported: Any) -> None:
    _, nodes, tasks = to_gigafleet(made)
    said = Reported(models=to_models(made), objective=to_objective(made), **reported)
    verify(rows, tasks, nodes, said)


def listed(*rows: tuple[int, int, int, int, float]) -> tuple[np.ndarray, ...]:
    """Loads: node row, first instance, instances, model, seconds."""
    return tuple(np.array([row[i] for row in rows], float if i == 4 else int) for i in range(5))


def test_memory_holds_weights_once() -> None:
    check(problem(), runs((0, 0, 0, 1, 6)))
    check(problem(), runs((0, 0, 0, 3, 6)))
    check(problem(), runs((0, 0, 0, 2, 1), (1, 0, 1, 2, 1)))
    with breaks("model", "node 0 instance 0: memory_gb: 18 with weights, limit 16"):
        check(problem(), runs((0, 0, 0, 1, 7)))
    with breaks("model", "node 0 instance 1: memory_gb: 18 with weights, limit 16"):
        check(problem(), runs((0, 0, 0, 2, 2), (1, 0, 1, 1, 1)))
    with breaks("model", "node 0 instance 2: memory_gb: 18 with weights, limit 16"):
        check(problem(), runs((2, 0, 1, 2, 1), (0, 0, 2, 1, 6)))


def test_a_wait() -> None:
    check(problem(), runs((0, 1), (1, 0, 0, 3, 4)))
    with breaks("model", "task 1 on node 1: loading 'b' takes 800 s, it waits 0 s"):
        check(problem(), runs((1, 1)))
    late = replace(problem().tasks[0], max_wait_s=399.999)
    with breaks("model", "task 0 on node 0: loading 'a' takes 400 s, it waits 399.999 s"):
        check(problem(tasks=(late, *problem().tasks[1:])), runs((0, 0)))
    no_line = replace(problem().nodes[1], link_down_mbps=0)
    with breaks("model", "task 0 on node 1: loading 'a' takes no line"):
        check(problem(nodes=(problem().nodes[0], no_line)), runs((0, 1)))


def test_the_window_of_a_site() -> None:
    check(problem(access=320), runs((0, 0, 0, 3, 1), (1, 0, 0, 2, 1)))
    with breaks("model", "site 0: 128000 Mb to load, limit 96000 Mb"):
        check(problem(access=320), runs((0, 0, 0, 3, 1), (0, 1)))
    check(problem(access=320, objective=Objective(load_share=1)), runs((0, 0, 0, 3, 1), (0, 1)))


def test_loads_are_listed() -> None:
    rows = runs((0, 0, 0, 2, 1), (0, 0, 1, 2, 1), (1, 0, 0, 1, 1))
    check(problem(), rows, loads=listed((0, 0, 1, 0, 400), (0, 1, 2, 0, 400)))
    with breaks("load", "node 0 instances 0 to 2: 'a' is not listed"):
        check(problem(), rows, loads=listed())
    with breaks("load", "'a' is listed, but no such task needs it"):
        check(problem(), rows, loads=listed((0, 0, 3, 0, 400), (1, 0, 1, 0, 400)))
    with breaks("load", "seconds of a load"):
        check(problem(), rows, loads=listed((0, 0, 3, 0, 399)))


def test_what_loads_cost() -> None:
    priced = Objective(rtt_price=0, load_eur_per_gb=0.5)
    tasks = (replace(problem().tasks[0], duration_s=60), replace(problem().tasks[0], duration_s=1800))
    made = problem(tasks=tasks, objective=priced)
    check(made, runs((0, 0, 0, 2, 1), (1, 0, 1, 2, 1)), cost=4 * 0.5 * (60 + 2 + 2))
    with breaks("load", "cost is 1"):
        check(made, runs((0, 0, 0, 2, 1)), cost=1.0)


def test_without_a_table_nothing_is_checked() -> None:
    _, nodes, tasks = to_gigafleet(problem())
    verify(runs((1, 1)), tasks, nodes)


def test_random_plans_break_what_the_definition_says_they_break() -> None:
    caught = 0
    for seed, drawn in enumerate(sample(problems(models=1), 300)):
        rng, oracle = random.Random(seed), Oracle(drawn)
        plan = dict(first_fit(oracle))
        for _ in range(rng.choice((0, 3, 6))):
            t, n = rng.randrange(len(drawn.tasks)), rng.randrange(len(drawn.nodes))
            if drawn.nodes[n].count and plan.get((t, n, 0), 0) < drawn.tasks[t].count:
                plan[t, n, 0] = plan.get((t, n, 0), 0) + 1
        rows = runs(*((t, n, i, 1, k) for (t, n, i), k in sorted(plan.items())))
        assert from_runs(*(column.tolist() for column in rows)) == plan
        breaches = {rule.lower() for rule, _ in oracle.check(plan)}
        if breaches:
            with pytest.raises(VerifyError) as raised:
                check(drawn, rows)
            rule = str(raised.value).partition(":")[0]
            assert rule in breaches, (seed, raised.value)
            caught += rule == "model"
        else:
            check(drawn, rows)
    assert caught >= 5
