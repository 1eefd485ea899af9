"""`plan.explain` of gangs and spread groups: by the definition, and cases worked out by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import gigafleet as gf
from bond_gates import (
    LABELS,
    LEVELS,
    amounts,
    is_held,
    is_left_out,
    most_that_fit,
    nearly_placed,
    with_amount,
)  # fmt: skip
from bridge import assignment, masks, place
from by_definition import is_alike_gang
from devices import seats
from gates import Key, Least, changes_of_fleet, changes_of_task, explain, missed, only
from gigafleet.explanation import Change, Explanation
from oracle import Oracle, Reason
from problem import Problem
from strategies import examples, problems, sample
from test_explain_definition import agrees, fleet_changed, key_of, multiples

R = gf.Reason
#: What changes of a gang that is left out are exact, the last ones of a gang of one row.
EXACT = ("count", "gang_level", "devices", "device_demand", *LABELS)
OF_GROUP = ("spread_max", "spread_level")


def explained(problem: Problem) -> Iterator[tuple[int, Explanation, Oracle, Any]]:
    """Each task's explanation, in general terms right, with the loads of the plan."""
    plan, oracle = place(problem), Oracle(problem)
    placed = assignment(plan)
    loads, held = oracle.loads(placed), seats(placed, masks(plan) if problem.has_devices else {})
    for t, task in enumerate(problem.tasks):
        found = plan.explain(t)
        assert sum(found.counts.values()) + found.open == sum(node.count for node in problem.nodes)
        assert (found.count, found.placed) == (task.count, oracle.placed_count(placed)[t])
        left_out = is_left_out(oracle, t, held)
        if is_alike_gang(problem, t):
            said, wanted = found, explain(oracle, t, loads, held=held)
            if left_out:
                exact = EXACT if is_of_one_row(oracle, t) else EXACT[:2]
                own = [change for change in found.relaxations if key_of(change)[0] in exact]
                said = replace(found, relaxations=own, fleet_relaxations=[], nearest=[])
                wanted.task = {key: to for key, to in wanted.task.items() if key[0] in exact}
            assert agrees(said, wanted), (t, found)
            assert found.reason == plan.reason[t]
        check_gang(found, oracle, t, loads, left_out)
        if left_out and not found.open:
            check_amounts(found, oracle, t, loads)
            if not problem.has_devices:
                check_nearest(found, oracle, t, loads, held)
        yield t, found, oracle, placed


def check_gang(found: Explanation, oracle: Oracle, t: int, loads: Any, left_out: bool) -> None:
    tasks, number = oracle.problem.tasks, oracle.problem.tasks[t].gang
    assert (found.gang is None) == (number < 0)
    if found.gang is None:
        return
    rows = [row for row, task in enumerate(tasks) if task.gang == number]
    members = sum(tasks[row].count for row in rows)
    assert (found.gang.gang, found.gang.level, found.gang.tasks) == (number, tasks[t].gang_level, tuple(rows))
    assert (found.gang.members, found.gang.placed) == (members, 0 if left_out else members)
    if not left_out:
        assert found.gang.fits == members
    elif is_alike_gang(oracle.problem, t):
        assert found.gang.fits == most_that_fit(oracle, t, loads)
        assert (found.gang.domain == "") == (found.gang.fits == 0)


def is_of_one_row(oracle: Oracle, t: int) -> bool:
    return oracle.bonds.rows(oracle.bonds.gang(t)) == [t]


def check_amounts(found: Explanation, oracle: Oracle, t: int, loads: Any) -> None:
    """Each does, and one multiple less would not; where there is none, nor would all of it."""
    gang, offered = oracle.bonds.gang(t), {c.column: c for c in found.relaxations}
    for column, before, furthest, step in amounts(oracle, t):
        if column not in offered:
            if is_of_one_row(oracle, t) and before != furthest:
                assert not is_held(with_amount(oracle, t, column, furthest), gang, loads), (t, column)
            continue
        after = offered.pop(column).after
        assert is_held(with_amount(oracle, t, column, after), gang, loads), (t, column, after)
        if is_of_one_row(oracle, t):
            nearer = after + (step if after < before else -step)
            assert not is_held(with_amount(oracle, t, column, nearer), gang, loads), (t, column, after)
    assert {key_of(change)[0] for change in offered.values()} <= {*EXACT, *OF_GROUP}


def check_nearest(found: Explanation, oracle: Oracle, t: int, loads: Any, held: Any) -> None:
    """They are those of one member more, however as many as fit are in a domain that holds most.

    Where that is the last one, so are changes of the fleet and of spread groups.
    """
    if not is_of_one_row(oracle, t):
        return
    assert found.gang is not None
    alone = Oracle(
        replace(
            oracle.problem,
            tasks=tuple(
                replace(task, gang=-1) if row == t else task for row, task in enumerate(oracle.problem.tasks)
            ),
        )
    )
    said = {
        miss.reason: (miss.size, miss.node, miss.instance, len(miss.shortfalls)) for miss in found.nearest
    }
    changes = [*found.fleet_relaxations, *(c for c in found.relaxations if c.column in OF_GROUP)]
    offered = {key_of(change): multiples(change) for change in changes}
    for inside, after, own in nearly_placed(oracle, t, found.gang.fits, loads):
        seated = {spot: [*held.get(spot, ()), *[(t, 0)] * own.count(spot)] for spot in {*held, *own}}
        last = inside if found.count == found.gang.fits + 1 else []
        least = least_changes(alone, t, last, after, seated)
        if offered != {key: change.to for key, change in least.items()}:
            continue
        nearest: dict[R, float] = {}
        lacks = {spot: missed(alone, t, spot, after) for spot in inside}
        for misses in lacks.values():
            gate = only(misses)
            if gate is not None and misses[gate]:
                size = max(float(1 - there / needed) for needed, there in misses[gate].values())
                nearest[R(gate)] = min(size, nearest.get(R(gate), size))
        if nearest == pytest.approx({gate: size for gate, (size, *_) in said.items()}) and all(
            (n, i) in lacks and len(lacks[n, i].get(Reason(gate), ())) == number
            for gate, (_, n, i, number) in said.items()
        ):
            return
    raise AssertionError((t, found))


def least_changes(oracle: Oracle, t: int, spots: list[Any], loads: Any, held: Any) -> dict[Key, Least]:
    """Of the fleet, and of the spread group of the row, for one more member on some of these instances."""
    least: dict[Key, Least] = {}
    for spot in spots:
        of_task = changes_of_task(oracle, t, spot, loads, False, held)
        of_group = ((key, change) for key, change in of_task if key[0] in OF_GROUP)
        for key, change in (*changes_of_fleet(oracle, t, spot, loads, held), *of_group):
            if key not in least or change.rank < least[key].rank:
                least[key] = change
    return least


@examples(200)
@given(problems(bonds=1))
def test_explanations_are_those_of_the_definition(problem):
    for _ in explained(problem):
        pass


def larger(problem: Problem, times: int) -> Problem:
    """The same where members of gangs ask for so many times as much."""
    tasks = list(problem.tasks)
    for row, task in enumerate(tasks):
        if task.gang >= 0:
            tasks[row] = replace(task, demand={name: times * asked for name, asked in task.demand.items()})
    return replace(problem, tasks=tuple(tasks))


@pytest.mark.parametrize(("rules", "times"), [({}, 25), ({"models": 1}, 1)])
def test_large_members_and_models(rules: dict[str, float], times: int) -> None:
    seen: Counter[str] = Counter()
    for problem in sample(problems(bonds=1, **rules), 150):
        for _, found, _, _ in explained(larger(problem, times)):
            if found.gang is not None and 0 == found.gang.placed < found.gang.members:
                seen.update(key_of(c)[0] for c in found.relaxations)
                seen.update(miss.reason.name for miss in found.nearest)
    wanted = ["demand", "CAPACITY", "TOO_BIG"] + ["MODEL", "max_rtt_ms", "downlink_mbps"] * (
        "models" in rules
    )
    assert {name: seen[name] for name in wanted if seen[name] < 3} == {}


@examples(80)
@given(problems(bonds=1, devices=0.5))
def test_beside_devices_counts_make_all_nodes(problem):
    plan = place(problem)
    for t in range(len(problem.tasks)):
        found = plan.explain(t)
        assert sum(found.counts.values()) + found.open == sum(node.count for node in problem.nodes)


# -- each change, made -------------------------------------------------------------------------------------


def changed(problem: Problem, t: int, change: Change) -> Problem:
    """The tasks with the change, of all rows of a group where it is of these; or the fleet with it."""
    if change.of != "task":
        return fleet_changed(problem, change, change.after)
    group = {"gang_level": "gang", "spread_max": "spread", "spread_level": "spread"}.get(change.column)
    column, _, resource = change.column.partition(".")
    tasks = list(problem.tasks)
    for row, task in enumerate(tasks):
        if row == t if group is None else getattr(task, group) == getattr(problem.tasks[t], group):
            after: Any = change.after
            if resource:
                after = {**getattr(task, column), resource: after}
            whole = column in ("count", "spread_max")
            tasks[row] = replace(task, **{column: int(after) if whole else after})
    return replace(problem, tasks=tuple(tasks))


@examples(120)
@given(problems(bonds=1))
def test_each_change_of_a_bond_lets_the_task_in(problem):
    for _ in changes_made(problem):
        pass


def changes_made(problem: Problem) -> Iterator[tuple[Explanation, Change]]:
    """Each change of a gang that is left out, or of a bond, once it was seen to let the task in."""
    for t, found, _, placed in explained(problem):
        for change in (*found.relaxations, *found.fleet_relaxations):
            whole = found.gang is not None and 0 == found.gang.placed < found.gang.members
            if not whole and change.column not in ("gang_level", "spread_max", "spread_level"):
                continue
            new = changed(problem, t, change)
            if whole:
                own = Oracle(new)
                assert is_held(own, new.tasks[t].gang, own.loads(placed)), change
                yield found, change
                continue
            more = replace(new.tasks[t], count=new.tasks[t].count + 1)
            new = replace(new, tasks=(*new.tasks[:t], more, *new.tasks[t + 1 :]))
            seat = t, change.node, change.instance
            assert Oracle(new).check({**placed, seat: placed.get(seat, 0) + 1}) == [], change
            yield found, change


def test_every_gate_and_column_of_bonds_comes_up() -> None:
    seen: Counter[str] = Counter()
    for problem in sample(problems(bonds=1), 120):
        for _, found, _, _ in explained(problem):
            whole = "whole" if found.gang is not None and not found.gang.placed else "one"
            seen.update({f"{whole} {gate.name}" for gate, n in found.counts.items() if n})
            seen.update({f"{whole} {key_of(c)[0]}" for c in found.relaxations})
            seen.update({f"nearest {miss.reason.name}" for miss in found.nearest})
            seen.update({f"{whole} nearest {miss.reason.name}" for miss in found.nearest})
            seen["fits in part"] += found.gang is not None and 0 < found.gang.fits < found.gang.members
    wanted = ["one spread_level", "whole max_rtt_ms", "whole uplink_mbps", "whole duration_s"]
    wanted += ["whole nearest CAPACITY", "whole nearest RTT", "whole nearest LINK", "whole nearest TIME"]
    wanted += ["whole spread_max", "whole spread_level", "whole require", "whole forbid", "whole any_of"]
    wanted += ["one GANG", "one SPREAD", "whole GANG", "whole SPREAD", "whole CAPACITY", "nearest SPREAD"]
    wanted += ["one gang_level", "one spread_max", "whole gang_level", "whole count", "fits in part"]
    assert {name: seen[name] for name in wanted if seen[name] < 3} == {}
    assert len(LEVELS) == 6


# -- by hand -----------------------------------------------------------------------------------------------


def plan_of(network: gf.Network | None = None, **columns: Any) -> gf.Plan:
    """Two racks of two hosts of 8 GB in one campus, and one such rack in another."""
    net = network or gf.Network(
        sites=["r1", "r2", "r3"],
        links=([0, 1], [1, 2]),
        latency_ms=[1, 5],
        domains={"rack": ["r1", "r2", "r3"], "campus": ["near", "near", "far"]},
    )
    hosts = gf.Nodes(net, site=[0, 1, 2], count=2, capacity={"memory_gb": 8}, id=[31, 32, 33])
    given = {"origin": "r1", "demand": {"memory_gb": 4}} | columns
    plan = gf.place(gf.Tasks(net, **given), hosts)
    plan.verify()
    return plan


def said(changes: list[Change]) -> dict[str, Any]:
    return {change.column: change.after for change in changes}


def test_a_gang_that_is_left_out() -> None:
    plan = plan_of(count=[1, 2, 2, 5], gang=[-1, -1, 4, 4], priority=[1, 1, 0, 0], id=[5, 6, 7, 8])
    found = plan.explain(8)
    assert (found.reason, found.placed, found.open) == (R.GANG, 0, 0)
    assert {gate: n for gate, n in found.counts.items() if n} == {R.GANG: 6}
    assert found.gang is not None
    assert (found.gang.gang, found.gang.level, found.gang.tasks) == (4, "rack", (7, 8))
    assert (found.gang.members, found.gang.placed, found.gang.fits) == (7, 0, 4)
    # Four of them fill the rack, beside the two of the other row.
    assert [str(miss) for miss in found.nearest] == [
        "CAPACITY node 32: capacity.memory_gb 4 needed, 0 there (4 short)"
    ]
    # Two of 4 GB on one host, five of 1.6 GB on the other.
    assert said(found.relaxations) == {"count": 2.0, "demand.memory_gb": 1.6}
    assert "gang 4     7 members in one rack, or none: 4 at most would find a place, in rack " in str(found)
    assert said(plan.explain(7).relaxations) == {}  # without any of its members, too
    other = plan_of(count=6, gang=4).explain(0)
    assert said(other.relaxations) == {"count": 4.0, "gang_level": "campus", "demand.memory_gb": 2.666666}
    assert plan_of(count=6, gang=4, demand={"memory_gb": 2.666666}).placed_tasks == 6
    assert plan_of(count=6, gang=4, demand={"memory_gb": 2.666667}).placed_tasks == 0
    assert plan_of(count=6, gang=4, gang_level="campus").placed_tasks == 6
    assert plan_of(count=4, gang=4).placed_tasks == 4


def test_one_more_of_a_gang_that_runs() -> None:
    found = plan_of(count=3, gang=4).explain(0)
    assert (found.reason, found.placed, found.open) == (R.PLACED, 3, 1)
    full = plan_of(count=4, gang=4).explain(0)
    assert {gate: n for gate, n in full.counts.items() if n} == {R.GANG: 4, R.CAPACITY: 2}
    assert said(full.relaxations) == {"demand.memory_gb": 0.0, "gang_level": "campus"}
    assert full.gang is not None
    assert str(full.gang) == "4 members in one rack: all in rack r1"
    assert full.to_dict()["gang"]["domain"] == "rack r1"


def test_a_gang_on_one_node() -> None:
    found = plan_of(count=3, gang=0, gang_level="node").explain(0)
    assert found.gang is not None
    assert (found.gang.fits, found.gang.domain) == (2, "node 31, instance 0")
    assert said(found.relaxations) == {"count": 2.0, "gang_level": "site", "demand.memory_gb": 2.666666}
    assert plan_of(count=3, gang=0, gang_level="node", demand={"memory_gb": 2.666666}).placed_tasks == 3
    assert plan_of(count=3, gang=0, gang_level="node", demand={"memory_gb": 2.666667}).placed_tasks == 0


def test_a_spread_group() -> None:
    found = plan_of(count=4, spread=0, spread_level="rack").explain(0)
    assert (found.reason, found.placed, found.gang) == (R.SPREAD, 3, None)
    assert str(found.nearest[0]).startswith("SPREAD node 31")
    assert "spread_max of rack r1 2 needed, 1 there (1 short)" in str(found.nearest[0])
    assert said(found.relaxations) == {"spread_max": 2.0, "spread_level": "node"}
    assert plan_of(count=4, spread=0, spread_level="node").placed_tasks == 4
    assert plan_of(count=4, spread=0, spread_level="rack", spread_max=2).placed_tasks == 4
    by_node = plan_of(count=7, spread=0, spread_level="node").explain(0)
    assert str(by_node.nearest[0]).endswith(": spread_max 2 needed, 1 there (1 short)")


def test_a_gang_beside_models_and_from_a_file(tmp_path: Path) -> None:
    net = gf.Network(sites=["r1"], links=([], []), latency_ms=[], domains={"rack": ["r1"]})
    hosts = gf.Nodes(net, site=0, count=2, capacity={"memory_gb": 8})
    models = gf.Models(name=["m"], weights_gb=[3])
    tasks = gf.Tasks(
        net,
        origin="r1",
        demand={"memory_gb": [1.0, 2.0]},
        model=["m", ""],
        count=[1, 9],
        gang=[-1, 0],
        priority=[1, 0],
    )
    plan = gf.place(tasks, hosts, models=models)
    found = plan.explain(1)
    assert found.gang is not None
    assert found.gang.fits == 6  # two beside the weights, four on the other
    plan.save(tmp_path / "plan.npz")
    again = gf.Plan.load(tmp_path / "plan.npz", tasks, hosts, models)
    assert again.explain(1).to_dict() == found.to_dict()
