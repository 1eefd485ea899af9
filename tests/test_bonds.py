"""Gangs and spread groups in the engine, against the definition and on racks worked out by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from beside_best import check_none_better
from bridge import assignment, expanded, place, place_without
from by_definition import EFFORTS, check_plan, check_threads
from gigafleet.errors import VerifyError
from oracle import Oracle, Reason
from previous_cases import by_id
from problem import Link, Node, Problem, Site, Task
from strategies import examples, problems, sample, tiny_problems
from test_bounds import check_bounds
from test_previous_properties import before, changed, rows_of


@examples(150)
@given(problems(bonds=1))
def test_every_plan_keeps_gangs_whole_and_groups_apart(problem: Problem) -> None:
    for effort in EFFORTS:
        plan = place(problem, effort=effort)
        assert plan.status == "COMPLETE"
        assert Oracle(problem).check(assignment(plan)) == []
        plan.verify()


@examples(200)
@given(problems(bonds=1))
def test_reasons_are_those_of_the_definition(problem: Problem) -> None:
    check_plan(problem, place(problem))


def could_place_more(problem: Problem, plan: gf.Plan) -> bool:
    return None in Oracle(problem).reasons(assignment(plan))


def test_what_packing_misses_is_rare() -> None:
    drawn = sample(problems(bonds=1), 150)
    missed = sum(could_place_more(problem, place(problem)) for problem in drawn)
    assert missed <= 3


def test_a_gang_that_one_way_alone_packs() -> None:
    """The large one beside no other: nodes cost the same, so orders of the members do not tell."""
    both = {"memory_gb": 1, "energy_wh": 1}
    gang = {"duration_s": 60, "gang": 0, "gang_level": "site"}
    problem = Problem(
        (Site(), Site(domains={"campus": "a"})),
        (Link(0, 1, 1.0),),
        (Node(0, {"memory_gb": 2, "energy_wh": 2}, count=2), Node(0, {"memory_gb": 3})),
        (
            Task(0, both, **gang, spread=0, spread_level="campus"),  # its site is in no campus
            Task(1, {"memory_gb": 2}, **gang),
            Task(1, both, **gang, count=2),
        ),
    )
    plan = place(problem)
    assert Oracle(problem).reasons({}) == [Reason.SPREAD] * 3
    assert plan.placed_tasks == 0
    check_plan(problem, plan)


@examples(120)
@given(problems(bonds=1, devices=0.5))
def test_beside_devices(problem: Problem) -> None:
    for effort in EFFORTS:
        plan = place(problem, effort=effort)
        assert Oracle(problem).check(assignment(plan)) == []
        plan.verify()


@examples(120)
@given(tiny_problems(bonds=1))
def test_bounds_hold_and_no_plan_beats_the_best(problem: Problem) -> None:
    check_none_better(problem, place(problem))
    check_bounds(problem, 1)


@examples(40)
@given(problems(bonds=1))
def test_rows_or_counts_are_the_same_problem(problem: Problem) -> None:
    by_count, by_row = place(problem), place(expanded(problem))
    assert Oracle(expanded(problem)).check(assignment(by_row)) == []
    assert by_row.placed_weight == pytest.approx(by_count.placed_weight, rel=1e-3)


@examples(40)
@given(problems(bonds=1))
def test_threads_do_not_change_the_plan(problem: Problem) -> None:
    check_threads(problem, effort="best")


@examples(80)
@given(problems(bonds=1))
def test_any_change_keeps_every_rule(problem: Problem) -> None:
    old = by_id(problem, range(len(problem.tasks)), range(len(problem.nodes)))
    for seed, effort in enumerate(EFFORTS):
        later, *ids = changed(problem, seed)
        plan = by_id(later, *ids, previous=old, effort=effort)
        oracle, found = Oracle(later), rows_of(plan, *ids)
        assert oracle.check(found) == []
        assert plan.moved_tasks == sum(oracle.moved(found, before(old, *ids)))
        assert plan.evicted_tasks == sum(oracle.evicted(found, before(old, *ids)))
        assert oracle.evicted_for_equals(found, before(old, *ids)) == []
        plan.verify()
        again = by_id(later, *ids, previous=plan, effort=effort)
        assert (again.digest, again.moved_tasks) == (plan.digest, 0)


@pytest.mark.parametrize("rule", ["GANG", "SPREAD"])
def test_an_engine_without_the_rule_breaks_it(rule: str) -> None:
    drawn = sample(problems(bonds=1), 60)
    broken, named = 0, 0
    for problem in drawn:
        plan = place_without(rule, problem)
        breaches = {name for name, _ in Oracle(problem).check(assignment(plan))}
        assert breaches <= {rule}
        if breaches:
            broken += 1
            with pytest.raises(VerifyError, match=f"^{rule.lower()}: "):
                plan.verify()
            named += 1
    assert named == broken >= len(drawn) // 5


# Racks


def racks(number: int, *, campuses: int = 1, trays: int = 18, chips: int = 4) -> tuple[gf.Network, gf.Nodes]:
    """Racks of 72 chips in trays of four, behind one gateway."""
    of_campus = [f"campus {i % campuses}" for i in range(number)]
    net = gf.Network(
        sites=number + 1,
        links=(np.zeros(number, int), np.arange(1, number + 1)),
        latency_ms=0.01,
        domains={"rack": ["", *map(str, range(number))], "campus": ["", *of_campus]},
    )
    site = np.arange(1, number + 1)
    return net, gf.Nodes(net, site=site, count=trays, capacity={"power_w": 4000}, devices=chips)


def one_chip(net: gf.Network, **given: Any) -> gf.Tasks:
    return gf.Tasks(net, origin=0, demand={"power_w": 1000}, devices=1, **given)


def test_a_rack_holds_two_gangs_of_32_and_one_of_8() -> None:
    net, nodes = racks(20)
    sizes = np.repeat([32, 8, 1], [40, 20, 1])
    gang = np.where(sizes > 1, np.arange(61), -1)
    counts = np.where(sizes > 1, sizes, 60)
    for effort in EFFORTS:
        order = np.random.default_rng(1).permutation(61)
        tasks = one_chip(net, count=counts[order], gang=gang[order], gang_level="rack")
        plan = gf.place(tasks, nodes, effort=effort)
        plan.verify()
        placed = plan.placed_count[np.argsort(order)]
        assert placed[:40].tolist() == [32] * 40  # two in each rack: none is wasted
        assert placed[40:60].tolist() == [8] * 20
        assert placed[60] == 0
        assert plan.reason[np.argsort(order)][60] == gf.Reason.CAPACITY


def test_small_gangs_of_a_higher_level_leave_racks_to_large_ones() -> None:
    net, nodes = racks(4)
    tasks = one_chip(
        net, count=[8] * 4 + [72] * 3, priority=[1] * 4 + [0] * 3, gang=np.arange(7), gang_level="rack"
    )
    plan = gf.place(tasks, nodes)
    assert plan.placed_tasks == 4 * 8 + 3 * 72  # the four small ones share a rack


def test_spread_within_a_rack() -> None:
    net, nodes = racks(3)
    tasks = one_chip(net, count=[18, 19], gang=[0, 1], spread=[0, 1], spread_level="node", spread_max=1)
    plan = gf.place(tasks, nodes)
    plan.verify()
    assert plan.placed_count.tolist() == [18, 0]
    assert plan.reason[1] == gf.Reason.SPREAD


def test_gangs_of_every_level() -> None:
    net, nodes = racks(6, campuses=2)
    sizes = {"node": (4, 5), "site": (72, 73), "rack": (72, 73), "campus": (216, 217)}
    for level, (fits, too_many) in sizes.items():
        plan = gf.place(one_chip(net, count=[fits, too_many], gang=[7, 8], gang_level=level), nodes)
        plan.verify()
        assert plan.placed_count.tolist() == [fits, 0]
        assert plan.reason[1] == gf.Reason.GANG


def test_members_that_differ() -> None:
    """A leader that takes a tray, and workers."""
    net, nodes = racks(2)
    tasks = gf.Tasks(
        net,
        origin=0,
        demand={"power_w": [4000, 1000] * 3},
        devices=1,
        count=[1, 60] * 3,
        gang=[0, 0, 1, 1, 2, 2],
        gang_level="rack",
    )
    plan = gf.place(tasks, nodes)
    plan.verify()
    assert Counter(plan.placed_count.tolist()) == {1: 2, 60: 2, 0: 2}


def test_links_hold_whole_gangs() -> None:
    net = gf.Network(
        sites=4, links=([0, 0, 0], [1, 2, 3]), latency_ms=1, capacity_mbps=[7, 8, 9],
        domains={"rack": ["", "a", "b", "b"]},
    )  # fmt: skip
    nodes = gf.Nodes(net, site=[1, 2, 3], capacity={"x": 100})
    tasks = gf.Tasks(net, origin=0, demand={"x": 1}, bandwidth_mbps=1, count=[8, 7, 9, 1], gang=[0, 1, 2, 3])
    plan = gf.place(tasks, nodes)
    plan.verify()
    assert plan.placed_count.tolist() == [8, 7, 9, 0]
    assert plan.reason[3] == gf.Reason.LINK


def test_after_a_departure_only_the_leavers_and_their_gangs_move() -> None:
    net, nodes = racks(5)
    tasks = one_chip(net, count=[32] * 6 + [8] * 4 + [20], gang=[*range(10), -1], gang_level="rack")
    old = gf.place(tasks, nodes)
    where = {t: n for t, n in zip(old.runs.task.tolist(), old.runs.node.tolist(), strict=True) if t < 10}
    gone = where[0]
    stay = [n for n in range(5) if n != gone]
    later = gf.Nodes(net, site=np.array(stay) + 1, id=stay, count=18, capacity={"power_w": 4000}, devices=4)
    plan = gf.place(tasks, later, previous=old)
    plan.verify()
    now = dict(zip(plan.runs.task.tolist(), plan.assignments().node.tolist(), strict=True))
    assert all(now[gang] == node for gang, node in where.items() if node != gone)
    left = old.assignments().members[(old.runs.task == 10) & (old.runs.node == gone)].sum()
    assert plan.moved_tasks == sum(32 if g < 6 else 8 for g, n in where.items() if n == gone) + left
    assert plan.placed_tasks == 6 * 32 + 4 * 8 + 20


def test_a_gang_finds_other_trays_in_its_rack() -> None:
    net, nodes = racks(2)
    old = gf.place(one_chip(net, count=32, gang=0), nodes)
    rack = int(old.runs.node[0])
    trays = [18, 18]
    trays[rack] = 12  # 48 chips: those on the first trays stay, if they are on others they move within
    later = gf.Nodes(net, site=[1, 2], count=trays, capacity={"power_w": 4000}, devices=4)
    plan = gf.place(one_chip(net, count=32, gang=0), later, previous=old)
    plan.verify()
    assert set(plan.runs.node.tolist()) == {rack}


# What does not work together


def test_many_rows_that_differ_and_a_gang() -> None:
    """Rows that hardly fold are not planned by cells where some are bound."""
    net, nodes = racks(20)
    rng = np.random.default_rng(2)
    gang = np.full(1500, -1)
    gang[::10] = np.arange(150) // 5
    tasks = gf.Tasks(net, origin=0, demand={"power_w": rng.uniform(500, 1500, 1500)}, gang=gang)
    plan = gf.place(tasks, nodes)
    plan.verify()
    assert plan.placed_tasks > 1300
