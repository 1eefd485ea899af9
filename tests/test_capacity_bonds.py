"""`gf.capacity` for gangs and spread groups: whole ones, apart, and not one more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from bonds import ALONE
from bridge import assignment, place
from oracle import Oracle, Reason
from problem import Problem, Task
from strategies import make
from test_capacity import profiles_of

SIZES = {"sites": 4, "nodes": 5, "tasks": 4, "count": 2}
Members = dict[tuple[int, int, int], int]


def cases(number: int, **rules: float) -> Iterator[tuple[Problem, list[Task]]]:
    """Problems with bonds, and two rows each of another one: each bound by itself, or both in one gang."""
    for seed in range(number):
        problem, rng = make(seed, **SIZES, bonds=1, **rules), Random(seed)
        levels = {"node", "site"}.union(*(site.domains for site in problem.sites))
        others = [make(1000 * seed + other, **SIZES, bonds=1, **rules) for other in range(15)]
        found = [task for other in others for task in other.tasks
                 if set(task.demand) <= set(problem.resources) and task.origin < len(problem.sites)
                 and set(task.device_demand) <= set(problem.device_resources)
                 and task.model in {"", *(model.name for model in problem.models)}
                 and {task.gang_level, task.spread_level} <= levels]  # fmt: skip
        if len(found) < 2 or not {r for n in problem.nodes for r in n.capacity} >= set(problem.resources):
            continue
        rows = [
            replace(task, count=rng.choice((1, 2, 3)), gang=row if task.gang >= 0 else -1,
                    spread=row if task.spread >= 0 else -1)
            for row, task in enumerate(rng.sample(found, 2))
        ]  # fmt: skip
        if rng.random() < 0.4:
            level = rows[0].gang_level
            rows = [replace(row, gang=0, gang_level=level, priority=0) for row in rows]
        yield problem, rows


def gates_of(oracle: Oracle, t: int, loads: Any) -> dict[Reason, int]:
    """Instances by the gate that shuts out one more; of a gang `CAPACITY` where none does: it is not held."""
    passed, bonds, task = oracle.gates(t), oracle.bonds, oracle.problem.tasks[t]
    is_gang = bonds.gang(t) >= 0
    held = {}
    for gate, rules in ((Reason.GANG, ALONE), (Reason.SPREAD, (*ALONE, "SPREAD"))) if is_gang else ():
        held[gate] = {d for d in bonds.domains(bonds.gang(t)) if bonds.find(bonds.gang(t), d, {}, *rules)}
    counts = Counter[Reason]()
    for n, node in enumerate(oracle.problem.nodes):
        shut = next((reason for reason, rows in passed.items() if n not in rows), None)
        for i in range(node.count):
            gate = shut
            for bond, domains in held.items():
                if gate is None and bonds.where(task.gang_level, n, i) not in domains:
                    gate = bond
            if gate is None and not is_gang and not oracle.fits(t, n, i, loads, "SPREAD"):
                gate = Reason.SPREAD
            if gate is None and not oracle.fits(t, n, i, loads, "LINK", "ACCESS"):
                gate = Reason.LINK
            if gate is None and (is_gang or not oracle.fits(t, n, i, loads)):
                gate = Reason.CAPACITY
            counts[Reason.PLACED if gate is None else gate] += 1
    return {gate: counts[gate] for gate in sorted(counts)}


def members_of(room: gf.headroom.Headroom, row: int, t: int) -> Members:
    found: Members = {}
    for task, node, first, count, each in zip(*(c.tolist() for c in room.assignments()), strict=True):
        if task == row:
            found |= {(t, node, i): found.get((t, node, i), 0) + each for i in range(first, first + count)}
    return found


def loads_cost(oracle: Oracle, rows: list[int], before: Any, after: Any) -> float:
    """EUR/h of what is loaded for members of rows that come together, over the longest that use it."""
    models, objective, total = oracle.models, oracle.problem.objective, 0.0
    for n, i, name in models.loaded(models.in_use(after)) - models.loaded(models.in_use(before)):
        using = [t for t in rows if models.model(t) == name and after.get(("MODEL", n, i, t), 0)]
        lasts = max(oracle.problem.tasks[t].duration_s or objective.horizon_s for t in using)
        total += objective.load_eur_per_gb * models.megabits(name) / 8e9 * 3600 / lasts
    return total


@pytest.mark.parametrize("rules", [{}, {"devices": 1}, {"models": 1}, {"devices": 1, "models": 1}])
def test_gangs_are_whole_members_apart_and_not_one_more_fits(rules: dict[str, float]) -> None:
    reasons, some, mixed, apart, missed, loading = Counter[Reason](), 0, 0, 0, 0, 0
    for problem, rows in cases(220, **rules):
        plan = place(problem)
        room = gf.capacity(profiles_of(problem, rows, plan._tables[0].network), plan)  # type: ignore[index]
        old = len(problem.tasks)
        together = [row for row, task in enumerate(rows) if task.gang == rows[0].gang >= 0]
        for asked in [together] if len(together) == 2 else [[0], [1]]:
            # What was found is there as tasks that are bound to nothing, below come those that ask for more.
            there = [
                replace(rows[row], gang=-1, spread=-1, count=max(int(room.fits[row]), 1)) for row in asked
            ]
            more = [replace(rows[row], gang=90 if rows[row].gang >= 0 else -1) for row in asked]
            more = [replace(task, spread=90 + i if task.spread >= 0 else -1) for i, task in enumerate(more)]
            oracle = Oracle(replace(problem, tasks=(*problem.tasks, *there, *more)))
            found = {row: members_of(room, row, old + i) for i, row in enumerate(asked)}
            both = Counter(assignment(plan))
            for own in found.values():
                both.update(own)
            if any(room.reason[row] == Reason.PLACED for row in asked):
                continue
            assert oracle.check(both) == []
            loads = oracle.loads(both)
            new = [old + i for i in range(len(asked))]
            cost = sum(oracle.pair_cost(t, n) * k for (t, n, _), k in both.items() if t in new)
            for_loads = loads_cost(oracle, new, oracle.loads(assignment(plan)), loads)
            assert sum(room.cost[asked]) == pytest.approx(float(cost) + for_loads, rel=1e-9, abs=1e-9)
            loading += for_loads > 0
            for i, row in enumerate(asked):
                t, task = old + len(asked) + i, rows[row]
                assert sum(found[row].values()) == room.fits[row] <= room.bound[row]
                if task.spread >= 0:
                    in_domain = Counter[Any]()
                    for (_, n, at), k in found[row].items():
                        where = oracle.bonds.where(task.spread_level, n, at)
                        assert where is not None
                        in_domain[where] += k
                    times = 1 if task.gang < 0 else max(int(room.gangs[row]), 1)
                    assert max(in_domain.values(), default=0) <= times * task.spread_max
                    if task.gang < 0:  # counted as of its own group
                        loads.update({("SPREAD", more[i].spread, d): k for d, k in in_domain.items()})
                    apart += int(room.fits[row]) > 0
                wanted = oracle.reason(t, loads)
                if wanted is None:
                    missed += 1  # a packing that the engine's few orders do not find
                    continue
                assert room.reason[row] == wanted
                assert room.gates(row) == gates_of(oracle, t, loads)
                reasons[Reason(room.reason[row])] += 1
            if rows[asked[0]].gang >= 0:
                assert_whole(oracle, [rows[row] for row in asked], [found[row] for row in asked], room, asked)
                some += int(room.gangs[asked[0]]) > 0
                mixed += len(asked) == 2 and int(room.gangs[asked[0]]) > 0
    assert min(some, apart) > 30
    assert mixed > 5
    assert loading > 10 or "models" not in rules
    assert missed < 3
    for reason in (Reason.GANG, Reason.SPREAD, Reason.CAPACITY, Reason.LINK):
        assert reasons[reason] > 0, reasons


def assert_whole(oracle: Oracle, rows: list[Task], found: list[Members], room: Any, asked: list[int]) -> None:
    """In each domain so many gangs of all rows."""
    gangs: dict[Any, list[int]] = defaultdict(lambda: [0] * len(rows))
    for at, own in enumerate(found):
        for (_, n, i), k in own.items():
            gangs[oracle.bonds.where(rows[0].gang_level, n, i)][at] += k
    assert None not in gangs
    whole = [[k // row.count for k, row in zip(counts, rows, strict=True)] for counts in gangs.values()]
    for counts, each in zip(gangs.values(), whole, strict=True):
        assert len(set(each)) == 1
        assert [k * row.count for k, row in zip(each, rows, strict=True)] == counts
    assert sum(each[0] for each in whole) == room.gangs[asked[0]] == room.gangs[asked[-1]]


def most_gangs(oracle: Oracle, gangs: list[list[int]], loads: Any) -> int:
    """How many of these gangs, which are alike, find room beside each other, by trying all."""
    bonds, tasks = oracle.bonds, oracle.problem.tasks
    spots = [(n, i) for n, node in enumerate(oracle.problem.nodes) for i in range(node.count)]

    def seat(k: int, members: list[int], first: int, domain: Any, loads: Any) -> int:
        if not members:
            return 1 + most(k + 1, loads)
        t, best = members[0], 0
        for at in range(first, len(spots)):
            n, i = spots[at]
            own = bonds.where(tasks[t].gang_level, n, i)
            if own is None or own != domain or n not in open_to[t] or not oracle.fits(t, n, i, loads):
                continue
            again = members[1:2] == [t]
            best = max(
                best, seat(k, members[1:], at if again else 0, domain, loads + Counter(oracle.use(t, n, i)))
            )
            if best == len(gangs) - k:
                break
        return best

    def most(k: int, loads: Any) -> int:
        if k == len(gangs):
            return 0
        members = [t for t in gangs[k] for _ in range(tasks[t].count)]
        return max((seat(k, members, 0, d, loads) for d in bonds.domains(tasks[members[0]].gang)), default=0)

    open_to = {t: set(oracle.gates(t)[Reason.RTT]) for own in gangs for t in own}
    return most(0, Counter(loads))


@pytest.mark.parametrize("rules", [{}, {"models": 1}])
def test_no_more_gangs_than_trying_all_finds(rules: dict[str, float]) -> None:
    compared, short, loading = 0, 0, 0
    for problem, rows in cases(700, **rules):
        plan = place(problem)
        room = gf.capacity(profiles_of(problem, rows, plan._tables[0].network), plan)  # type: ignore[index]
        together = [row for row, task in enumerate(rows) if task.gang == rows[0].gang >= 0]
        for asked in [together] if len(together) == 2 else [[0], [1]]:
            size = sum(rows[row].count for row in asked)
            gangs = int(room.gangs[asked[0]])
            if rows[asked[0]].gang < 0 or (gangs + 1) * size > 6 or room.bound[asked[0]] == 0:
                continue
            old, more = len(problem.tasks), []
            for k in range(gangs + 1):  # each with spread groups of its own
                more += [replace(rows[row], gang=90 + k,
                                 spread=90 + 2 * k + (rows[row].spread != rows[asked[0]].spread)
                                 if rows[row].spread >= 0 else -1) for row in asked]  # fmt: skip
            oracle = Oracle(replace(problem, tasks=(*problem.tasks, *more)))
            ranges = [list(range(old + k, old + k + len(asked))) for k in range(0, len(more), len(asked))]
            before = oracle.loads(assignment(plan))
            best = most_gangs(oracle, ranges, before)
            assert gangs <= best
            assert best * rows[asked[0]].count <= room.bound[asked[0]]
            compared += 1
            short += gangs < best
            loading += gangs > 0 and any(rows[row].model for row in asked)
    assert compared > 100
    assert short <= compared // 50
    assert loading > 10 or "models" not in rules


# By hand


def racks(number: int, trays: int = 18, **columns: Any) -> tuple[gf.Network, gf.Nodes]:
    names = [f"rack {i}" for i in range(number)]
    net = gf.Network(
        sites=["gateway", *names],
        links=([0] * number, list(range(1, number + 1))),
        latency_ms=0.01,
        domains={
            "rack": ["", *names],
            "region": ["", *("north" if i % 2 else "south" for i in range(number))],
        },
    )
    given = {"capacity": {"power_w": 4000}, "devices": 4} | columns
    return net, gf.Nodes(net, site=names, count=trays, **given)


def chips(net: gf.Network, **columns: Any) -> gf.Tasks:
    return gf.Tasks(net, **({"origin": "gateway", "demand": {"power_w": 1000}, "devices": 1} | columns))


def test_racks_of_72_hold_two_gangs_of_32_beside_a_few() -> None:
    net, nodes = racks(4)
    plan = gf.place(chips(net, count=[8, 8], gang=[0, 1]), nodes)
    room = gf.capacity(
        chips(net, count=[32, 80, 4, 1], gang=[0, 1, 2, -1], gang_level=["rack", "rack", "node", "rack"]),
        plan,
    )
    assert room.gangs.tolist() == [1 + 3 * 2, 0, 4 * 18 - 4, 4 * 72 - 16]  # the plan has 16 in one rack
    assert room.fits.tolist() == [7 * 32, 0, 68 * 4, 272]
    assert [Reason(r) for r in room.reason] == [
        Reason.CAPACITY,
        Reason.GANG,
        Reason.CAPACITY,
        Reason.CAPACITY,
    ]
    assert room.gates(1) == {Reason.GANG: 72}
    assert (room.bound >= room.fits).all()


def test_leaders_and_workers_come_together() -> None:
    net, nodes = racks(2, trays=2)
    nobody = gf.place(chips(net, count=0), nodes)
    pair = chips(net, count=[1, 2], demand={"power_w": [3000, 1000]}, gang=5, gang_level="rack", id=[10, 11])
    room = gf.capacity(pair, nobody)
    # A tray takes a leader and a worker or four workers: of two trays one gang, and not two.
    assert room.gangs.tolist() == [2, 2]
    assert room.fits.tolist() == [2, 4]
    both = gf.capacity(chips(net, count=[1, 1], gang=[-1, 0], gang_level="node"), nobody, together=True)
    assert both.fits.tolist() == [16, 0]


def test_spread_over_trays_racks_and_regions() -> None:
    net, nodes = racks(3, trays=5)
    nobody = gf.place(chips(net, count=0), nodes)
    levels = ["node", "rack", "region", "site"]
    asked = chips(net, spread=[0, 1, 2, 3], spread_level=levels, spread_max=[2, 3, 4, 1])
    room = gf.capacity(asked, nobody)
    assert room.fits.tolist() == [2 * 15, 3 * 3, 4 * 2, 3]
    assert room.bound.tolist() == room.fits.tolist()
    assert set(room.reason.tolist()) == {Reason.SPREAD}
    assert room.gates(2) == {Reason.SPREAD: 15}
    each = gf.capacity(chips(net, count=5, gang=0, gang_level="rack", spread=0, spread_level="node"), nobody)
    assert each.gangs.tolist() == [3 * 4]  # each with a member on every tray of a rack


def test_many_small_gangs_are_found_in_bulk() -> None:
    net, nodes = racks(40, trays=1000)
    nobody = gf.place(chips(net, count=0), nodes)
    room = gf.capacity(chips(net, count=3, gang=0, gang_level="region"), nobody)
    assert room.gangs.tolist() == [2 * (20 * 1000 * 4 // 3)]


def test_gangs_bring_their_weights() -> None:
    """Racks of two trays of 100 GB; the site of one of them may load 60 GB in the window."""
    net = gf.Network(
        sites=["gateway", "rack 0", "rack 1"],
        links=([0, 0], [1, 2]),
        latency_ms=0.01,
        access_down_mbps=[np.inf, 1600, np.inf],
        domains={"rack": ["", "rack 0", "rack 1"]},
    )
    nodes = gf.Nodes(
        net, site=["rack 0", "rack 1"], count=2, capacity={"memory_gb": 100}, link_down_mbps=1000
    )
    models = gf.Models(["70b", "8b"], [40, 20])
    nobody = gf.Tasks(net, origin="gateway", demand={"memory_gb": 1}, count=0)
    plan = gf.place(
        nobody, nodes, models=models, objective=gf.Objective(load_window_s=600, load_eur_per_gb=1)
    )

    def room(**columns: Any) -> gf.headroom.Headroom:
        given = {"origin": "gateway", "demand": {"memory_gb": 20}, "gang": 0, "gang_level": "rack"}
        return gf.capacity(gf.Tasks(net, **(given | columns)), plan)

    # Beside 40 GB of weights a tray has three of 20 GB. One of the first rack may load them, both of the
    # other.
    three = room(count=3, model="70b")
    assert three.gangs.tolist() == [1 + 2]
    assert three.binds().what.tolist() == ["node", "window"]
    assert three.gates(0) == {Reason.CAPACITY: 4}
    assert three.cost[0] >= 3 * 40  # EUR/h: each load is spread over an hour
    # A leader of 70b and workers of 8b: in the first rack each model is on a tray of its own, with room for
    # three and four. In the other the first gang loads both on one tray, which leaves room for no second.
    pair = room(count=[1, 2], model=["70b", "8b"])
    assert pair.gangs.tolist() == [2 + 1] * 2
    assert pair.fits.tolist() == [3, 6]
    assert pair.bound[0] == 8  # workers by themselves
    # On one tray: 60 GB of weights and two members; those of another model are not held alone either.
    on_one = room(count=[1, 1], model=["70b", "8b"], gang_level="node")
    assert on_one.gangs.tolist() == [1 + 2] * 2
    assert on_one.gates(0) == {Reason.CAPACITY: 4}
    too_many = room(count=[1, 2], model=["70b", "8b"], gang_level="node")
    assert too_many.gates(1) == {Reason.GANG: 4}
    apart = room(gang=-1, model="70b", spread=0, spread_level="rack", spread_max=5)
    assert apart.fits.tolist() == apart.bound.tolist() == [3 + 5]
    assert apart.gates(0) == {Reason.SPREAD: 2, Reason.CAPACITY: 2}
    # One row after the other: what the first gangs loaded serves those that come then.
    tasks = gf.Tasks(net, origin="gateway", demand={"memory_gb": [20, 10]}, model="70b", count=[3, 1],
                     gang=[0, 1], gang_level="rack")  # fmt: skip
    assert gf.capacity(tasks, plan, together=True).fits.tolist() == [9, 0]


def test_errors() -> None:
    net, nodes = racks(1)
    plan = gf.place(chips(net, count=0), nodes)
    with pytest.raises(gf.GigafleetError, match=r"profile.count\[row 1\]: got 0, wanted at least 1"):
        gf.capacity(chips(net, count=[1, 0], gang=0), plan)
