"""Warm starts against the definition: any change of rows keeps every rule, and moves as few as can be."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from random import Random
from typing import Any

from hypothesis import given

import gigafleet as gf
from bridge import terms
from oracle import Oracle
from previous_cases import EFFORTS, by_id
from problem import Node, Problem, Task
from strategies import examples, problems


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
    assert plan.moved_tasks == sum(oracle.moved(found, old))
    assert plan.evicted_tasks == sum(oracle.evicted(found, old))
    assert oracle.evicted_for_equals(found, old) == []
    size = terms(oracle, found) + float(
        oracle.change_cost(found, old) + oracle.models.cost(oracle.loads(found))
    )
    assert math.isclose(plan.cost, oracle.total_cost(found, old), rel_tol=0, abs_tol=1e-9 * size), (
        plan.cost,
        float(oracle.total_cost(found, old)),
        float(oracle.models.cost(oracle.loads(found))),
        float(oracle.change_cost(found, old)),
        size,
    )
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
        reasons = Oracle(later).reasons_after(rows_of(plan, *ids), before(old, *ids))
        assert plan.reason.tolist() == reasons
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
        least += min(
            sum(row in ran and (row, n, i) not in was for row, (_, n, i) in zip(order, places, strict=True))
            for order in itertools.permutations(rows, len(places))
            if sum(row in ran for row in order) == min(len(ran), len(places))  # those that ran go on
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
