"""`plan.explain` against the definition in gates.py; and each change it names, made, places the task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gigafleet as gf
from bond_gates import LABELS
from bridge import assignment, masks, place, to_network, to_nodes, to_objective, to_tasks
from devices import seats
from gates import GATES, Explained, explain, missed
from gigafleet.explanation import Change, Explanation
from model_gates import NEVER
from oracle import INF, MBPS, MS, RULES, Oracle, Reason, S, quantise
from problem import Problem, Task
from strategies import examples, problems, sample
from test_all_different import different, place_in_cells
from test_mutants import place_without

SHARE = "1e-3"
ELSEWHERE = ("MODEL", "GANG", "SPREAD")  #: gates that other files of tests are about
#: Of a multiple; else 1e-6.
STEPS = {
    "devices": 1e-3,
    "max_rtt_ms": 1e-6,
    "max_wait_s": 1e-9,
    "duration_s": 1e-9,
    "available_s": 1e-9,
    "window_gb": 1e-6 / 8000,
    "spread_max": 1,
}


def key_of(change: Change) -> tuple[str, ...]:
    return tuple(change.column.split("."))


def multiples(change: Change) -> Any:
    """What the engine reads the new value as; of names, how many are gone or new."""
    if isinstance(change.after, str):
        return change.after
    if isinstance(change.after, tuple):
        return abs(len(change.before) - len(change.after))
    asks = change.of == "task" and change.column not in ("max_rtt_ms", "max_wait_s")
    units = {
        "count": 1,
        "spread_max": 1,
        "max_rtt_ms": MS,
        "max_wait_s": S,
        "duration_s": S,
        "available_s": S,
        "devices": SHARE,
    }
    resolution = units.get(change.column, MBPS)
    return quantise(change.after, resolution, up=asks)


def agrees(found: Explanation, wanted: Explained) -> bool:
    return (
        {Reason(gate): n for gate, n in found.counts.items() if n} == dict(wanted.counts)
        and found.open == wanted.open
        and {Reason(miss.reason): miss.size for miss in found.nearest}
        == pytest.approx(floats(wanted.nearest))
        and {key_of(c): multiples(c) for c in found.relaxations} == {k: c.to for k, c in wanted.task.items()}
        and {key_of(c): multiples(c) for c in found.fleet_relaxations}
        == {k: c.to for k, c in wanted.fleet.items()}
        and {key_of(c): c.size for c in found.relaxations}
        == pytest.approx({k: float(c.size) for k, c in wanted.task.items()})
        and {key_of(c): c.size for c in found.fleet_relaxations}
        == pytest.approx({k: float(c.size) for k, c in wanted.fleet.items()})
    )


def floats(sizes: Any) -> dict[Any, float]:
    return {key: float(size) for key, size in sizes.items()}


def check(problem: Problem, plan: gf.Plan, one_bandwidth: bool = False) -> Iterator[Explanation]:
    """Every task of the plan, compared with the definition."""
    oracle, placed = Oracle(problem), assignment(plan)
    loads, members = oracle.loads(placed), oracle.placed_count(placed)
    held = seats(placed, masks(plan))
    for t, task in enumerate(problem.tasks):
        found = plan.explain(t)
        assert agrees(found, explain(oracle, t, loads, one_bandwidth, held)), (t, found)
        assert list(found.counts) == [gf.Reason(gate) for gate in GATES]
        assert (found.task, found.count, found.placed) == (t, task.count, members[t])
        assert found.reason == plan.reason[t]
        assert sum(found.counts.values()) + found.open == sum(node.count for node in problem.nodes)
        sizes = [miss.size for miss in found.nearest]
        assert sizes == sorted(sizes)
        for changes in (found.relaxations, found.fleet_relaxations):
            assert [change.size for change in changes] == sorted(change.size for change in changes)
            for change in changes:
                assert (change.size > 1) <= (change.column in LABELS)
        for miss in found.nearest:
            lacks = missed(oracle, t, (miss.node, miss.instance), loads, held)[Reason(miss.reason)]
            said = [
                tuple(
                    NEVER if value == INF else round(value / STEPS.get(s.column, 1e-6))
                    for value in (s.needed, s.available)
                )
                for s in miss.shortfalls
            ]
            assert sorted(said) == sorted(lacks.values())
        assert (found.relaxation, found.fleet_relaxation) == (
            next(iter(found.relaxations), None),
            next(iter(found.fleet_relaxations), None),
        )
        yield found


@examples(150)
@given(problems())
def test_explanations_are_those_of_the_definition(problem):
    for _ in check(problem, place(problem)):
        pass


@examples(60)
@given(different(), st.integers(1, 8))
def test_tasks_that_are_all_different(problem, cells):
    for _ in check(problem, place_in_cells(problem, cells)):
        pass


@examples(60)
@given(problems())
def test_up_and_down_in_one_column(problem):
    tasks = tuple(replace(task, downlink_mbps=task.uplink_mbps) for task in problem.tasks)
    problem = replace(problem, tasks=tasks)
    network = to_network(problem)
    both = {"uplink_mbps": None, "downlink_mbps": None, "bandwidth_mbps": [t.uplink_mbps for t in tasks]}
    plan = gf.place(to_tasks(problem, network, **both), to_nodes(problem, network))
    for _ in check(problem, plan, one_bandwidth=True):
        pass


# -- each change, made -------------------------------------------------------------------------------------


def with_task(problem: Problem, t: int, change: Change, after: Any) -> Problem:
    """One task more, like row `t` but for the change."""
    task: Task = problem.tasks[t]
    column, _, resource = change.column.partition(".")
    value = {**getattr(task, column), resource: after} if resource else after
    new = replace(task, **{column: value}, count=1)
    return replace(problem, tasks=(*problem.tasks, new))


def with_fleet(problem: Problem, t: int, change: Change, after: Any) -> Problem:
    """One task more like row `t`, and the change of a node, link or site."""
    new = replace(problem.tasks[t], count=1)
    return replace(fleet_changed(problem, change, after), tasks=(*problem.tasks, new))


def fleet_changed(problem: Problem, change: Change, after: Any) -> Problem:
    column, _, resource = change.column.partition(".")
    nodes, sites, links = [list(rows) for rows in (problem.nodes, problem.sites, problem.links)]
    if change.of == "node":
        node = nodes[change.row]
        value = {**getattr(node, column), resource: after} if resource else after
        value = int(after) if column == "devices" else value
        nodes[change.row] = replace(node, **{column: value})
    elif change.of == "site":
        sites[change.row] = replace(sites[change.row], **{column: after})
    else:
        row = [i for i, link in enumerate(links) if link.tail != link.head][change.row]
        links[row] = replace(links[row], **{column: after})
    return replace(problem, nodes=tuple(nodes), sites=tuple(sites), links=tuple(links))


def less(change: Change) -> Any:
    """A little less of a change: one multiple, or one name."""
    if isinstance(change.after, tuple):
        if change.column == "models":
            return change.before
        gone = [name for name in change.before if name not in change.after]
        return (*change.after, gone[0])
    if change.column == "devices" and (change.of == "node" or change.after >= 1):
        return change.after + (1 if change.of == "task" else -1)
    step = STEPS.get(change.column, 1e-6)
    return change.after + (step if change.after < change.before else -step)


@examples(100)
@given(problems())
def test_each_change_places_one_more_and_a_little_less_does_not(problem):
    check_changes(problem)


def check_changes(problem: Problem) -> None:
    plan = place(problem)
    placed, held = assignment(plan), seats(assignment(plan), masks(plan))
    for t in range(len(problem.tasks)):
        found = plan.explain(t)
        for changes, changed in (
            (found.relaxations, with_task),
            (found.fleet_relaxations, with_fleet),
        ):
            for change in changes:
                for after, fits in ((change.after, True), (less(change), False)):
                    oracle = Oracle(changed(problem, t, change, after))
                    loads = oracle.loads(placed)
                    reason = oracle.reason(len(problem.tasks), loads, held)
                    if fits:
                        assert reason is None, change
                        spot = next(oracle.places(len(problem.tasks), change.node, loads, held))
                        assert spot <= change.instance
                    elif change.column not in ("transit_require", "transit_forbid"):  # these go as a whole
                        assert reason is not None, change


@examples(60)
@given(problems())
def test_the_engine_places_what_the_change_lets_in(problem):
    check_engine(problem)


def check_engine(problem: Problem) -> None:
    plan = place(problem)
    before = Oracle(problem).placed_weight(assignment(plan))
    for t in range(len(problem.tasks)):
        change = plan.explain(t).relaxation
        if change is None:
            continue
        new = with_task(problem, t, change, change.after)
        network = to_network(new)
        tasks, nodes = to_tasks(new, network), to_nodes(new, network)
        later = gf.place(tasks, nodes, previous=plan, objective=to_objective(new))
        oracle = Oracle(new)
        only_it = oracle.placed_weight({(len(new.tasks) - 1, 0, 0): 1})
        wanted = tuple(a + b for a, b in zip(before, only_it, strict=True))
        assert oracle.placed_weight(assignment(later)) >= wanted
        break


# -- each gate and column is told apart --------------------------------------------------------------------


def test_every_gate_and_column_comes_up() -> None:
    seen: Counter[str] = Counter()
    for problem in sample(problems(), 100):
        plan = place(problem)
        found = [plan.explain(t) for t in range(len(problem.tasks))]
        names = {f"keeps out {gate.name}" for each in found for gate, n in each.counts.items() if n}
        names |= {f"nearest {miss.reason.name}" for each in found for miss in each.nearest}
        for each in found:
            names |= {f"{c.of} {key_of(c)[0]}" for c in (*each.relaxations, *each.fleet_relaxations)}
        seen.update(names)
    wanted = [f"keeps out {gate.name}" for gate in GATES if gate.name not in ELSEWHERE]
    wanted += [f"nearest {name}" for name in ("TOO_BIG", "TIME", "RTT", "LINK", "CAPACITY")]
    wanted += [
        f"task {c}" for c in ("demand", "uplink_mbps", "downlink_mbps", "max_rtt_ms", "duration_s", *LABELS)
    ]
    wanted += [f"node {c}" for c in ("capacity", "link_up_mbps", "link_down_mbps", "available_s")]
    wanted += ["link capacity_mbps", "site access_up_mbps", "site access_down_mbps"]
    assert {name: seen[name] for name in wanted if seen[name] < 3} == {}


@pytest.mark.parametrize("rule", RULES)
def test_an_engine_without_a_rule_explains_otherwise(rule):
    differ = 0
    drawn = sample(problems(), 40)
    for problem in drawn:
        plan, oracle = place_without(rule, problem), Oracle(problem)
        loads = oracle.loads(assignment(plan))
        differ += any(
            not agrees(plan.explain(t), explain(oracle, t, loads)) for t in range(len(problem.tasks))
        )
    assert differ >= len(drawn) // 5
