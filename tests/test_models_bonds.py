"""Gangs and spread groups whose tasks have models: whole in one domain, each member beside its weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from beside_best import weigh_beside_best
from bridge import assignment, expanded, masks, place, place_without
from by_definition import EFFORTS, check_plan, check_threads, names, told
from gigafleet.errors import VerifyError
from oracle import Oracle
from problem import Link, Model, Node, Objective, Problem, Site, Task
from strategies import examples, problems, sample, tiny_problems


@examples(150)
@given(problems(bonds=1, models=1))
def test_every_plan_keeps_gangs_whole_beside_weights(problem: Problem) -> None:
    for effort in EFFORTS:
        plan = place(problem, effort=effort)
        assert plan.status == "COMPLETE"
        assert Oracle(problem).check(assignment(plan)) == []
        plan.verify()


@examples(400)
@given(problems(bonds=1, models=1))
def test_reasons_are_those_of_the_definition(problem: Problem) -> None:
    check_plan(problem, place(problem))


def test_a_gang_for_which_the_nodes_that_hold_most_must_load() -> None:
    """The window has two loads: two small nodes hold two members, the large one and a small one three."""
    problem = Problem(
        (Site(), Site(domains={"rack": "a"}, access_down_mbps=5)),
        (Link(0, 1, 0),),
        (Node(1, {"memory_gb": 3}, access_rtt_ms=1), Node(1, {"memory_gb": 2}, count=2)),
        (Task(0, {"memory_gb": 1}, count=3, gang=1, model="a"),),
        objective=Objective(load_window_s=8000),
        models=(Model("a", 1),),
    )
    assert Oracle(problem).reasons({}) == [None]
    check_plan(problem, place(problem))


def test_what_packing_misses_is_rare() -> None:
    drawn = sample(problems(bonds=1, models=1), 150)
    plans = [place(problem) for problem in drawn]
    due = [
        names(Oracle(problem).reasons(assignment(plan))) for problem, plan in zip(drawn, plans, strict=True)
    ]
    assert sum("could be placed" in own for own in due) <= 1
    assert sum(own != told(plan) for own, plan in zip(due, plans, strict=True)) <= 4


@examples(120)
@given(problems(bonds=1, models=1, devices=1))
def test_beside_devices(problem: Problem) -> None:
    for effort in EFFORTS:
        plan = place(problem, effort=effort)
        assert Oracle(problem).check(assignment(plan), masks(plan)) == []
        plan.verify()


def test_nearly_as_much_is_placed_as_can_be() -> None:
    """Of the weight that the best plans place, over all: by trying all, on tiny problems."""
    drawn = sample(tiny_problems(bonds=1, models=1), 120)
    placed, possible, short = weigh_beside_best(drawn)
    assert placed >= 0.93 * possible
    assert short <= len(drawn) // 8


@examples(40)
@given(problems(bonds=1, models=1))
def test_threads_do_not_change_the_plan(problem: Problem) -> None:
    check_threads(problem, effort="best")


@examples(40)
@given(problems(bonds=1, models=1))
def test_rows_or_counts_are_the_same_problem(problem: Problem) -> None:
    by_row = place(expanded(problem))
    assert Oracle(expanded(problem)).check(assignment(by_row)) == []


@examples(60)
@given(problems(bonds=1, models=1))
def test_a_time_limit_breaks_no_rule(problem: Problem) -> None:
    plan = place(problem, time_limit_s=1e-9)
    assert Oracle(problem).check(assignment(plan)) == []
    plan.verify()


@pytest.mark.parametrize("rule", ["MODEL", "GANG", "SPREAD"])
def test_an_engine_without_one_of_the_rules_breaks_it(rule: str) -> None:
    caught, drawn = 0, sample(problems(bonds=1, models=1), 80)
    for problem in drawn:
        plan = place_without(rule, problem)
        breaches = {name for name, _ in Oracle(problem).check(assignment(plan))}
        assert breaches <= {rule}
        if breaches:
            with pytest.raises(VerifyError):
                plan.verify()
        caught += bool(breaches)
    assert caught >= len(drawn) // 10


# Racks of servers with four accelerators each


def racks(
    number: int, servers: int = 4, memory_gb: float = 256, **given: Any
) -> tuple[gf.Network, gf.Nodes, gf.Models]:
    net = gf.Network(
        sites=number + 1,
        links=(np.zeros(number, int), np.arange(1, number + 1)),
        latency_ms=0.01,
        access_down_mbps=np.r_[np.inf, np.full(number, given.pop("access_down_mbps", np.inf))],
        domains={"rack": ["", *map(str, range(number))]},
    )
    own = {"devices": 4, "device_capacity": {"memory_gb": 80}, "link_down_mbps": 10_000} | given
    nodes = gf.Nodes(
        net, site=np.arange(1, number + 1), count=servers, capacity={"memory_gb": memory_gb}, **own
    )
    return net, nodes, gf.Models(["70b", "8b"], [140, 16])


def workers(net: gf.Network, **given: Any) -> gf.Tasks:
    """One to a server: all of its accelerators."""
    own = {"devices": 4, "device_demand": {"memory_gb": 70}, "demand": {"memory_gb": 10}, "model": "70b"}
    return gf.Tasks(net, origin=0, **(own | {"gang_level": "rack"} | given))


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_model_over_the_four_servers_of_a_rack(effort: str) -> None:
    net, nodes, models = racks(10)
    plan = gf.place(workers(net, count=4, gang=np.arange(12)), nodes, models=models, effort=effort)
    plan.verify()
    assert sorted(plan.placed_count.tolist()) == [0, 0] + [4] * 10
    assert plan.loads.total == 40
    assert set(plan.reason[plan.placed_count == 0].tolist()) == {gf.Reason.CAPACITY}


def test_a_rack_with_too_little_memory_for_weights() -> None:
    net, nodes, models = racks(2, memory_gb=[149, 150])
    plan = gf.place(workers(net, count=4, gang=[0, 1]), nodes, models=models)
    plan.verify()
    assert plan.placed_tasks == 4
    few = gf.place(workers(net, count=5, gang=[0, 1]), nodes, models=models)
    assert few.reason.tolist() == [gf.Reason.GANG] * 2
    small = gf.place(workers(net, count=4, gang=0, demand={"memory_gb": 11}), nodes, models=models)
    assert small.reason.tolist() == [gf.Reason.MODEL]


def test_what_a_rack_may_load_bounds_its_gangs() -> None:
    """140 GB are 1,120,000 Mb; of ten minutes one half counts."""
    net, nodes, models = racks(3, access_down_mbps=4 * 1_120_000 / 300 + 1)
    plan = gf.place(workers(net, count=4, gang=np.arange(3)), nodes, models=models)
    assert plan.placed_tasks == 12
    net, nodes, models = racks(3, access_down_mbps=4 * 1_120_000 / 300 - 1)
    plan = gf.place(workers(net, count=4, gang=np.arange(3)), nodes, models=models)
    assert plan.placed_tasks == 0
    assert set(plan.reason.tolist()) == {gf.Reason.GANG}
    held = gf.Nodes(
        net,
        site=[1, 2, 2, 3],
        count=[4, 1, 3, 4],
        capacity={"memory_gb": 256},
        devices=4,
        device_capacity={"memory_gb": 80},
        models={"70b": [False, True, False, True]},
        link_down_mbps=10_000,
    )
    plan = gf.place(workers(net, count=4, gang=np.arange(3)), held, models=models)
    plan.verify()
    assert plan.placed_tasks == 8
    assert plan.loads.total == 3
    now = gf.place(workers(net, count=4, gang=np.arange(3), max_wait_s=0), held, models=models)
    now.verify()
    assert now.placed_tasks == 4
    assert now.loads.total == 0


def test_a_gang_that_loses_a_seat_to_weights_is_placed_whole_or_not_at_all() -> None:
    """Urgent tasks of another model leave no room for its weights on a server of one rack."""
    net, nodes, models = racks(2, memory_gb=150, devices=8)
    tasks = gf.Tasks(
        net,
        origin=0,
        demand={"memory_gb": 10},
        devices=[4, 4, 4],
        device_demand={"memory_gb": 70},
        model=["8b", "70b", "70b"],
        priority=[1, 0, 0],
        count=[1, 4, 4],
        gang=[-1, 0, 1],
        gang_level="rack",
    )
    plan = gf.place(tasks, nodes, models=models)
    plan.verify()
    assert sorted(plan.placed_count.tolist()) == [0, 1, 4]


@pytest.mark.parametrize(("servers", "placed"), [(4, [4, 4]), (2, [4, 0])])
def test_a_gang_without_a_model_gives_way_to_weights_of_a_higher_level(
    servers: int, placed: list[int]
) -> None:
    net = gf.Network(sites=1, links=([], []), latency_ms=[], domains={"rack": ["r"]})
    nodes = gf.Nodes(net, site=0, count=servers, capacity={"memory_gb": 16}, link_down_mbps=80)
    tasks = gf.Tasks(
        net,
        origin=0,
        demand={"memory_gb": [1, 4]},
        model=["8b", ""],
        priority=[1, 0],
        count=[4, 4],
        gang=[-1, 0],
        gang_level="rack",
    )
    plan = gf.place(tasks, nodes, models=gf.Models(["8b"], [14]))
    plan.verify()
    assert plan.placed_count.tolist() == placed


def test_one_copy_a_node_of_a_spread_group() -> None:
    net, nodes, models = racks(3)
    spread = {"spread": 0, "spread_level": "node", "spread_max": 1, "devices": 1}
    plan = gf.place(workers(net, count=20, **spread), nodes, models=models)
    plan.verify()
    assert plan.placed_tasks == 12
    assert plan.loads.total == 12
    assert plan.reason.tolist() == [gf.Reason.SPREAD]


def test_a_gang_of_two_models_within_a_node() -> None:
    """A large model and its draft, side by side."""
    net, nodes, models = racks(2, memory_gb=180)
    pair = {"devices": [2, 0.5], "demand": {"memory_gb": [10, 10]}, "model": ["70b", "8b"]}
    for count, placed in ((1, [1, 1]), (2, [0, 0])):
        plan = gf.place(
            workers(net, count=[1, count], gang=0, gang_level="node", **pair), nodes, models=models
        )
        plan.verify()
        assert plan.placed_count.tolist() == placed
    assert set(plan.reason.tolist()) == {gf.Reason.GANG}


def test_many_gangs_beside_single_tasks() -> None:
    net, nodes, models = racks(500, memory_gb=180)
    gangs = 400
    tasks = gf.Tasks(
        net,
        origin=0,
        demand={"memory_gb": 10},
        devices=[4] * gangs + [1],
        device_demand={"memory_gb": 70},
        model=["70b"] * gangs + ["8b"],
        count=[4] * gangs + [1600],
        gang=[*range(gangs), -1],
        gang_level="rack",
    )
    for effort in EFFORTS:
        plan = gf.place(tasks, nodes, models=models, effort=effort)
        plan.verify()
        assert plan.placed_tasks == 4 * gangs + 1600


def test_a_group_of_two_levels_is_spread_where_the_higher_went() -> None:
    """Without weights the one of the higher level goes to the cheap node, but cannot load there."""
    sites = Site(domains={"campus": "a"}, access_down_mbps=1.5), Site(domains={"campus": "b"})
    apart = {"spread": 0, "spread_level": "campus", "spread_max": 2}
    problem = Problem(
        sites,
        (Link(0, 1, 1),),
        (Node(0, {"memory_gb": 3}, {"memory_gb": 1}), Node(1, {"memory_gb": 3}, {"memory_gb": 2})),
        (
            Task(0, {"memory_gb": 0}, priority=1, model="b", **apart),
            Task(0, {"memory_gb": 1}, count=3, **apart),
        ),
        models=(Model("b", 1),),
    )
    for effort in EFFORTS:
        check_plan(problem, place(problem, effort=effort))
