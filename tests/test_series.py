"""`gf.place_series`: hour after hour from the plan before, and what each of them counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import gigafleet as gf

NET = gf.Network(sites=2, links=([0], [1]), latency_ms=[1.0])
HOUSE = gf.Objective(move_cost=0.01)


def hour_of(rng: np.random.Generator, *, ids: bool = True, rules: str = "") -> tuple[gf.Tasks, gf.Nodes]:
    """Some of 80 sessions with counts, on some of 60 rows of cars."""
    task = np.flatnonzero(rng.random(80) < 0.7)
    node = np.flatnonzero(rng.random(60) < rng.choice([0.1, 0.8]))  # in some hours too few for who runs
    tasks = gf.Tasks(
        NET,
        origin=task % 2,
        demand={"memory_gb": 2.0 + task % 3},
        count=rng.integers(0, 4, task.size),
        tenant=np.array(["a", "b"])[task % 2] if rules == "tenants" else None,
        gang=task // 3 if rules == "gangs" else -1,
        gang_level="site",
        id=rng.permutation(task) if ids else None,
    )
    nodes = gf.Nodes(
        NET,
        site=node % 2,
        capacity={"memory_gb": 4.0 + node % 2},
        price={"memory_gb": 0.001 * (1 + node % 5)},
        count=rng.integers(0, 3, node.size),
        id=rng.permutation(node) if ids else None,
    )
    return tasks, nodes


def seats(plan: gf.Plan) -> Counter[tuple[int, int, int]]:
    found: Counter[tuple[int, int, int]] = Counter()
    for task, node, first, count, each in zip(*(c.tolist() for c in plan.assignments()), strict=True):
        found.update({(task, node, instance): each for instance in range(first, first + count)})
    return found


@pytest.mark.parametrize("rules", ["", "tenants", "gangs"])
@pytest.mark.parametrize("ids", [False, True])
def test_every_hour_starts_from_the_one_before_and_counts_add_up(ids: bool, rules: str) -> None:
    rng = np.random.default_rng(0)
    hours = [hour_of(rng, ids=ids, rules=rules) for _ in range(8)]
    told: list[int] = []
    tenants = gf.Tenants(name=["a", "b"], quota={"memory_gb": [100, 60]}) if rules == "tenants" else None
    how: dict[str, Any] = {"objective": HOUSE, "effort": "fast", "tenants": tenants}
    day = gf.place_series(hours, each=lambda hour, plan: told.append(hour), **how)
    assert told == day.hour.tolist() == list(range(8))
    assert len(day) == len(day.plans) == 8
    before: gf.Plan | None = None
    for hour, (plan, (tasks, nodes)) in enumerate(zip(day.plans, hours, strict=True)):
        plan.verify()
        by_hand = gf.place(tasks, nodes, previous=before, **how)
        assert by_hand.digest == plan.digest
        assert day.moved[hour] == plan.moved_tasks == by_hand.moved_tasks
        assert day.cost[hour] == pytest.approx(plan.cost)
        assert day.asked[hour] == tasks.columns["count"].to_numpy(tasks.rows).sum()
        check(day, hour, before, plan, tasks, nodes)
        before = plan
    assert (day.seconds > 0).all()
    assert day.dropped.sum() > 0
    assert day.stranded.sum() > 0
    assert day.ended.sum() > 0


@pytest.mark.parametrize("single", [False, True])
def test_an_earlier_plan_of_which_nobody_is_left_changes_nothing(single: bool) -> None:
    rng = np.random.default_rng(2)
    for _ in range(5):
        tasks, nodes = hour_of(rng)
        if single:
            tasks = gf.Tasks(NET, origin=np.arange(tasks.rows) % 2, demand={"memory_gb": 2.5})
        fresh = gf.place(tasks, nodes, effort="fast")
        others = gf.Tasks(NET, origin=0, demand={"memory_gb": 3.0}, count=2, id=1000 + np.arange(50))
        day = gf.place_series([(tasks, nodes)], previous=gf.place(others, nodes), effort="fast")
        assert (day.plans[0].digest, day.moved[0], day.dropped[0]) == (fresh.digest, 0, 0)
        assert day.ended[0] > 0
        assert day.started[0] == fresh.placed_tasks > 0


def check(day: Any, hour: int, before: Any, plan: Any, tasks: Any, nodes: Any) -> None:
    """Counts by member, one after the other."""
    was = Counter[int]()
    now = Counter[int]()
    for found, of in ((was, before), (now, plan)):
        for (task, _, _), members in (seats(of) if of else {}).items():
            found[task] += members
    count = dict(zip(tasks.ids(np.arange(tasks.rows)).tolist(),
                     tasks.columns["count"].to_numpy(tasks.rows).tolist(), strict=True))  # fmt: skip
    ended = sum(max(0, ran - count.get(task, 0)) for task, ran in was.items())
    dropped = sum(max(0, min(ran, count.get(task, 0)) - now[task]) for task, ran in was.items())
    started = sum(max(0, runs - was[task]) for task, runs in now.items())
    there = dict(zip(nodes.ids(np.arange(nodes.rows)).tolist(),
                     nodes.columns["count"].to_numpy(nodes.rows).tolist(), strict=True))  # fmt: skip
    ran = seats(before) if before else Counter()
    stranded = sum(members for (_, node, i), members in ran.items() if i >= there.get(node, 0))
    assert (day.ended[hour], day.dropped[hour], day.started[hour]) == (ended, dropped, started)
    assert day.stranded[hour] == stranded
    assert day.placed[hour] == sum(now.values()) == sum(was.values()) - ended - dropped + started
    once = day.moved[hour] * HOUSE.move_cost + day.dropped[hour] * HOUSE.evict_cost
    assert day.move_cost[hour] == pytest.approx(once)


def test_a_function_of_the_hour_is_asked_for_a_day() -> None:
    asked: list[int] = []

    def hours(hour: int) -> Any:
        asked.append(hour)
        return hour_of(np.random.default_rng(hour))

    stages: list[str] = []
    day = gf.place_series(hours, effort="fast", keep=False, progress=lambda *told: stages.append(told[0]))
    assert asked == list(range(24))
    assert len(day) == 24
    assert len(day.plans) == 1
    assert day.plans[0].placed_tasks == day.placed[-1]
    assert stages
    assert all(stage.split(": ")[0].isdigit() for stage in stages)
    assert len(str(day).splitlines()) == 25
    assert repr(day).startswith("Series(24 hours, ")
    assert day.to_arrow().num_rows == 24


def test_owners_and_a_time_limit_are_of_every_hour() -> None:
    scenario = gf.scenarios.europe(vehicles=2_000, tasks=2_000)
    hours = [(scenario.tasks, scenario.nodes)]
    day = gf.place_series(hours, owners=scenario.owners, time_limit_s=60, effort="fast")
    assert day.plans[0].ledger().name.tolist() == list(scenario.owners.names)
    with pytest.raises(gf.GigafleetError, match="time_limit_s"):
        gf.place_series(hours, time_limit_s=0)


def test_the_first_hour_may_start_from_a_plan_and_scenarios_serve() -> None:
    scenario = gf.scenarios.small()
    start = gf.place(scenario.tasks, scenario.nodes, effort="fast")
    day = gf.place_series([scenario, [scenario.tasks, scenario.nodes]], previous=start, effort="fast")
    assert day.started.tolist() == day.moved.tolist() == [0, 0]
    assert day.placed.tolist() == [start.placed_tasks] * 2


def test_no_hours() -> None:
    day = gf.place_series([])
    assert len(day) == 0
    assert day.plans == ()
    assert str(day).startswith("hour")


@pytest.mark.parametrize("hours", [7, [7], [(1, 2)], [(1, 2, 3, 4)]])
def test_errors_name_the_hour(hours: Any) -> None:
    with pytest.raises(gf.GigafleetError, match="hours"):
        gf.place_series(hours)


def test_models_warm_up_from_hour_to_hour() -> None:
    net = gf.Network(sites=["cell"], links=([], []), latency_ms=[], access_down_mbps=[250])
    nodes = gf.Nodes(net, site="cell", capacity={"memory_gb": 16.0}, link_down_mbps=83, count=40)
    tasks = gf.Tasks(net, origin="cell", demand={"memory_gb": 2.0}, model="chat", count=48)
    day = gf.place_series([(tasks, nodes)] * 4, models=gf.Models(["chat"], [4]))
    assert day.placed.tolist() == [12, 24, 36, 48]
    assert day.moved.sum() == 0
