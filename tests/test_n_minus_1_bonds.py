"""`plan.n_minus_1` of plans with gangs and spread groups: whole or not at all, apart as before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gigafleet as gf
from bridge import assignment, place
from exhaustion import optimum
from oracle import Oracle
from problem import Problem
from strategies import make
from test_capacity_bonds import chips, racks
from test_n_minus_1 import ample, level_weights, losses_of, without

SIZES = {"sites": 5, "nodes": 6, "tasks": 8, "count": 3}
TINY = {"sites": 4, "nodes": 4, "tasks": 5, "count": 2}


def rest_of(problem: Problem, plan: gf.Plan, level: str, lost: int) -> tuple[Problem, int]:
    """What is asked still; of a gang that has lost an origin nothing, and how many of these had not."""
    rest = without(problem, plan, *(({lost}, set()) if level == "site" else (set(), {lost})))
    sites = {lost} if level == "site" else set()
    placed = Oracle(problem).placed_count(assignment(plan))
    gone = {
        task.gang
        for task, members in zip(problem.tasks, placed, strict=True)
        if task.origin in sites and task.gang >= 0 and members
    }
    tasks = [replace(task, count=0) if task.gang in gone else task for task in rest.tasks]
    others = sum(task.count for task in rest.tasks) - sum(task.count for task in tasks)
    return replace(rest, tasks=tuple(tasks)), others


@pytest.mark.parametrize("level", ["site", "link"])
def test_with_ample_room_gangs_drop_that_no_domain_holds(level: str) -> None:
    """Then nothing depends on who goes where: placed anew, as many are left over."""
    tried = dropped = gone = gangs = 0
    for seed in range(150):
        problem = ample(make(seed, **SIZES, bonds=1))
        problem = replace(problem, tasks=tuple(replace(task, spread=-1) for task in problem.tasks))
        plan = place(problem, effort="fast")
        for lost, row in losses_of(plan, level).items():
            rest, others = rest_of(problem, plan, level, lost)
            again = place(rest, effort="fast", previous=plan)
            again.verify()
            asked = sum(task.count for task in rest.tasks)
            assert row["dropped"] == asked - again.placed_tasks + others
            assert row["cut_off"] == plan.placed_tasks - asked - others
            tried, dropped, gone = tried + 1, dropped + (row["dropped"] > 0), gone + (others > 0)
            gangs += any(task.gang >= 0 and task.count for task in rest.tasks)
    assert min(tried, gangs) > 150
    assert dropped > 10
    assert (gone > 10) == (level == "site")


@pytest.mark.parametrize(("level", "models"), [("site", 0), ("link", 0), ("site", 1)])
def test_no_less_drops_than_the_best_plan_would(level: str, models: int) -> None:
    """Of tiny problems, by trying all; level by level of priority."""
    tried = best = 0
    for seed in range(200):
        problem = make(seed, **TINY, bonds=1, models=models)
        plan = place(problem, effort="fast")
        for lost, row in losses_of(plan, level).items():
            rest, _ = rest_of(problem, plan, level, lost)
            whole = without(problem, plan, *(({lost}, set()) if level == "site" else (set(), {lost})))
            most = [float(weight) for weight in optimum(Oracle(rest)).weight]
            kept = [a - d for a, d in zip(level_weights(whole), row["levels"], strict=True)]
            assert [round(k, 5) for k in kept] <= [round(m, 5) for m in most]
            tried += 1
            best += kept == pytest.approx(most, abs=1e-5)
    assert tried > 80
    assert best > 0.85 * tried  # greedy, and nobody makes room


def test_a_lost_rack_takes_its_gangs_whole_to_others() -> None:
    net, nodes = racks(3)
    plan = gf.place(chips(net, count=[60, 32, 32, 30], gang=[0, 1, 2, -1], priority=[0, 0, 1, 0]), nodes)
    assert plan.placed_tasks == 154
    lost = losses_of(plan, "site")
    at = np.zeros((4, 4), int)
    np.add.at(at, (plan.runs.task, plan.runs.node + 1), plan.runs.instances * plan.runs.per_instance)
    for rack in (1, 2, 3):
        row = lost[rack]
        assert row["carried"] == at[:, rack].sum()
        free = sorted(72 - at[:, other].sum() for other in (1, 2, 3) if other != rack)
        if at[0, rack]:
            assert row["dropped"] >= 60 > free[-1]
        assert row["moved"] + row["dropped"] == row["carried"]
    assert lost[0]["cut_off"] == 154


def test_who_cannot_come_back_takes_the_others_along() -> None:
    """A gang of two origins: with one of them all of it drops, with a link both look for another rack."""
    net = gf.Network(
        sites=["a", "b", "hub", "r1", "r2"],
        links=([0, 1, 2, 2, 0], [2, 2, 3, 4, 4]),
        latency_ms=[1, 1, 1, 1.5, 9],
        capacity_mbps=[10, 10, 10, 10, 1],
        domains={"rack": ["", "", "", "r1", "r2"]},
    )
    nodes = gf.Nodes(net, site=["r1", "r2"], capacity={"memory_gb": 8}, price={"memory_gb": [0.1, 0.2]})
    tasks = gf.Tasks(net, origin=["a", "b", "b"], demand={"memory_gb": [2, 2, 4]}, gang=[0, 0, -1],
                     gang_level="rack", uplink_mbps=2, weight=[1, 1, 3])  # fmt: skip
    plan = gf.place(tasks, nodes)
    assert plan.node.tolist() == [0, 0, 0]
    sites = losses_of(plan, "site")
    names = ("carried", "cut_off", "rerouted", "moved", "dropped")
    assert [sites[0][name] for name in names] == [2, 1, 0, 0, 1]
    links = losses_of(plan, "link")
    assert [links[0][name] for name in names] == [2, 0, 0, 0, 2]  # the other way from a has room for none
    assert [links[2][name] for name in names] == [3, 0, 0, 3, 0]
    assert links[0]["dropped_weight"] == 2


def test_a_gang_takes_its_weights_along() -> None:
    """A gang of two with 900 W of weights each: where its rack is lost it needs both others' trays whole."""
    net, nodes = racks(2)
    models = gf.Models(["a"], [900], resource="power_w")
    alone = gf.place(chips(net, count=2, gang=0, devices=0, model="a"), nodes, models=models)
    rack = int(alone.runs.node[0]) + 1
    assert losses_of(alone, "site")[rack]["dropped"] == 0
    many = gf.place(
        chips(net, count=[2] * 60, gang=np.arange(60), devices=0, model="a"), nodes, models=models
    )
    assert many.placed_tasks == 108  # three beside the weights of each tray
    lost = losses_of(many, "site")
    assert {lost[1]["dropped"] % 2, lost[2]["dropped"] % 2} == {0}
    assert lost[1]["dropped"] + lost[2]["dropped"] == many.placed_tasks


def test_replicas_stay_apart() -> None:
    net, nodes = racks(4)
    plan = gf.place(chips(net, count=[3, 2], spread=[0, 1], spread_level=["rack", "region"]), nodes)
    assert plan.placed_tasks == 5
    lost = losses_of(plan, "site")
    used = {int(n) + 1 for n in plan.runs.node[plan.runs.task == 0]}
    for rack in used:
        assert lost[rack]["dropped"] == 0  # the fourth rack takes one, and the region another
    regions = plan.n_minus_1("region", top=None)
    assert regions.carried.sum() == 5
    assert (regions.dropped >= 1).all()  # one replica of each region, and racks are two
