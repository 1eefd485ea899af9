"""What would do for gangs that are left out, column by column: by the definition, and each change made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

import gigafleet as gf
from problem import INF, Problem, Task
from strategies import COUNTRIES, problems, sample
from strategies import LABELS as NODE_LABELS
from test_explain_bonds import changes_made, larger, said
from test_explain_definition import key_of

NAMES = (*NODE_LABELS, *(f"country={value}" for value in COUNTRIES))
Row = Callable[[Random, Task], Mapping[str, Any]]  #: columns of a row of a gang


def of_gangs(problem: Problem, seed: int, columns: Row) -> Problem:
    """Rows of gangs with other columns; in half of the problems each row is a gang of its own."""
    tasks = list(problem.tasks)
    for row, task in enumerate(tasks):
        if task.gang < 0:
            continue
        gang = task.gang if seed % 2 else row
        tasks[row] = replace(task, gang=gang, **columns(Random(f"{seed} {row}"), task))
    return replace(problem, tasks=tuple(tasks))


def labels(rng: Random, task: Task) -> Mapping[str, Any]:
    most = {"require": 2, "any_of": 2, "forbid": 2}
    return {column: tuple(rng.sample(NAMES, rng.randint(0, most[column]))) for column in most}


def transit(rng: Random, task: Task) -> Mapping[str, Any]:
    names = ("home", "country=DE", "country=FR")
    return {
        "transit_require": tuple(rng.sample(names, rng.choice((0, 1)))),
        "transit_forbid": tuple(rng.sample(names[1:], rng.choice((0, 1)))),
    }


def devices(rng: Random, task: Task) -> Mapping[str, Any]:
    own = {resource: rng.choice((1, 1.5, 2)) for resource in task.device_demand}
    return {"devices": rng.choice((0.25, 0.5, 1, 2)), "device_demand": own}


def ways(rng: Random, task: Task) -> Mapping[str, Any]:
    return {"uplink_mbps": rng.choice((0.5, 1)), "downlink_mbps": rng.choice((0, 0.5))}


def with_labels(problem: Problem, seed: int) -> Problem:
    return of_gangs(problem, seed, labels)


def with_transit(problem: Problem, seed: int) -> Problem:
    return of_gangs(problem, seed, transit)


def with_devices(problem: Problem, seed: int) -> Problem:
    return of_gangs(problem, seed, devices)


def as_it_is(problem: Problem, seed: int) -> Problem:
    return of_gangs(problem, seed, lambda rng, task: {})


def with_large_members(problem: Problem, seed: int) -> Problem:
    return larger(as_it_is(problem, seed), 20)


def with_narrow_ways(problem: Problem, seed: int) -> Problem:
    rng = Random(f"{seed} ways")
    sites = tuple(
        replace(site, access_up_mbps=rng.choice((2, 3, INF)), access_down_mbps=rng.choice((2, 3, INF)))
        for site in problem.sites
    )
    links = tuple(replace(link, capacity_mbps=rng.choice((0.5, 1, 2, INF))) for link in problem.links)
    narrow = replace(problem, sites=sites, links=links)
    return of_gangs(narrow, seed, ways)


OF_DEVICES = ("task devices", "task device_demand", "node devices", "node device_capacity")
OF_NODES = ("node capacity", "node link_up_mbps", "node link_down_mbps", "node available_s", "task demand")
CASES: Mapping[str, tuple[Callable[[Problem, int], Problem], dict[str, float], tuple[str, ...]]] = {
    "labels": (with_labels, {}, ("task require", "task any_of", "task forbid")),
    "transit": (with_transit, {}, ("task transit_require", "task transit_forbid")),
    "devices": (with_devices, {"devices": 1}, OF_DEVICES),
    "large": (with_large_members, {}, OF_NODES),
    "ways": (with_narrow_ways, {}, ("link capacity_mbps", "site access_up_mbps", "site access_down_mbps")),
    "models": (as_it_is, {"models": 1}, ("node models",)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_named_will_do_and_what_would_do_is_named(case: str) -> None:
    change_of, rules, wanted = CASES[case]
    seen: Counter[str] = Counter()
    for seed, problem in enumerate(sample(problems(bonds=1, **rules), 150)):
        for found, change in changes_made(change_of(problem, seed)):
            if found.gang is not None and not found.gang.placed:
                seen[f"{change.of} {key_of(change)[0]}"] += 1
    assert {name: seen[name] for name in wanted if seen[name] < 3} == {}


# -- by hand -----------------------------------------------------------------------------------------------


def tables(hosts: dict[str, Any], **tasks: Any) -> tuple[gf.Tasks, gf.Nodes]:
    """Two hosts of 8 GB in each of two racks, 1 ms apart, over a site at sea."""
    net = gf.Network(
        sites=["r1", "sea", "r2"],
        links=([0, 1], [1, 2]),
        latency_ms=[1, 1],
        labels={"sea": [False, True, False]},
        domains={"rack": ["r1", "", "r2"], "campus": ["near", "", "far"]},
    )
    own = {"site": [0, 2], "count": 2, "capacity": {"memory_gb": 8}} | hosts
    given = {"origin": "r1", "demand": {"memory_gb": 4}, "gang": 0} | tasks
    return gf.Tasks(net, **given), gf.Nodes(net, **own)


def plan_of(hosts: dict[str, Any], **tasks: Any) -> gf.Plan:
    plan = gf.place(*tables(hosts, **tasks))
    plan.verify()
    return plan


def test_labels_of_a_gang() -> None:
    hosts = {"labels": {"gpu": [True, True], "old": [False, True]}}
    asked = ("gpu", "new", "trusted")
    plan = plan_of(hosts, count=3, require=asked)
    assert said(plan.explain(0).relaxations) == {"require": ("gpu",)}
    assert plan_of(hosts, count=3, require=("gpu",)).placed_tasks == 3
    for names, kept in ((8, ("gpu",)), (9, ())):  # of more than eight all go
        columns = ("gpu", *(f"n{i}" for i in range(1, names)))
        assert said(plan_of(hosts, count=3, require=columns).explain(0).relaxations) == {"require": kept}
    assert said(plan_of(hosts, count=3, forbid=("gpu", "old")).explain(0).relaxations) == {"forbid": ("old",)}
    assert said(plan_of(hosts, count=3, any_of=("new", "trusted")).explain(0).relaxations) == {"any_of": ()}
    two = plan_of(hosts, count=3, any_of=("new",), forbid=("gpu",)).explain(0)
    assert (two.relaxations, two.fleet_relaxations) == ([], [])


def test_ways_of_a_gang() -> None:
    columns = {"count": 3, "require": ("gpu",)}
    hosts = {"labels": {"gpu": [False, True]}}
    found = plan_of(hosts, transit_forbid=("sea",), **columns).explain(0)
    assert said(found.relaxations) == {"require": (), "transit_forbid": ()}
    assert plan_of(hosts, **columns).placed_tasks == 3
    far = plan_of(hosts, transit_forbid=("sea",), max_rtt_ms=3, **columns).explain(0)
    assert said(far.relaxations) == {"require": ()}


def test_devices_of_a_gang() -> None:
    hosts = {"devices": 4, "device_capacity": {"memory_gb": 80}}
    asked = {"demand": {"memory_gb": 0}, "count": 9, "devices": 0.5, "device_demand": {"memory_gb": 60}}
    found = plan_of(hosts, **asked).explain(0)
    assert said(found.relaxations) == {"count": 8.0, "device_demand.memory_gb": 40.0, "devices": 0.0}
    # The last one finds room on a fifth device, or beside another one if its device has memory for both.
    assert said(found.fleet_relaxations) == {"devices": 5.0, "device_capacity.memory_gb": 120.0}
    assert plan_of(hosts, **asked | {"device_demand": {"memory_gb": 40}}).placed_tasks == 9
    assert plan_of(hosts | {"devices": 5}, **asked).placed_tasks == 9
    assert plan_of(hosts | {"device_capacity": {"memory_gb": 120}}, **asked).placed_tasks == 9
    whole = plan_of(hosts, demand={"memory_gb": 0}, count=3, devices=4).explain(0)
    assert said(whole.relaxations)["devices"] == 2.0


def test_the_last_member_of_a_gang() -> None:
    found = plan_of({}, count=5).explain(0)
    assert said(found.fleet_relaxations) == {"capacity.memory_gb": 12.0}
    assert plan_of({"capacity": {"memory_gb": [12, 8]}}, count=5).placed_tasks == 5
    assert plan_of({}, count=6).explain(0).fleet_relaxations == []  # two are missing
    alone = plan_of({}, count=1, demand={"memory_gb": 9}).explain(0)
    assert said(alone.fleet_relaxations) == {"capacity.memory_gb": 9.0}


def test_a_gang_that_keeps_apart() -> None:
    found = plan_of({}, count=3, spread=0).explain(0)
    assert said(found.relaxations) == {"count": 2.0, "spread_max": 2.0}
    assert plan_of({}, count=3, spread=0, spread_max=2).placed_tasks == 3


def test_a_group_that_no_narrower_level_keeps_apart() -> None:
    net = gf.Network(
        sites=["r1", "r2", "sea"],
        links=([0, 1], [1, 2]),
        latency_ms=[1, 1],
        domains={"rack": ["r1", "r2", ""], "campus": ["near", "near", "far"]},
    )
    hosts = gf.Nodes(net, site=[0, 1, 2], capacity={"memory_gb": 8})
    columns = {"origin": ["r1", "sea"], "count": [3, 1], "demand": {"memory_gb": 1}, "max_rtt_ms": [9, 0]}
    columns |= {"gang": [0, -1], "gang_level": "campus", "spread": 0, "spread_max": 2}
    plan = gf.place(gf.Tasks(net, spread_level="campus", **columns), hosts)
    plan.verify()
    assert list(plan.placed_count) == [0, 1]
    # By racks three of them are two and one, but the one at sea is in none.
    assert said(plan.explain(0).relaxations) == {"count": 2.0, "spread_max": 3.0, "spread_level": "site"}
    assert gf.place(gf.Tasks(net, spread_level="site", **columns), hosts).placed_tasks == 4
    assert gf.place(gf.Tasks(net, spread_level="rack", **columns), hosts).placed_tasks == 3
