"""`plan.explain` of tasks that ask for devices: by the definition, and cases worked out by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given

import gigafleet as gf
from bridge import place
from gigafleet.explanation import Change, Explanation
from strategies import examples, problems, sample
from test_explain_definition import check, check_changes, check_engine, key_of

R = gf.Reason
Row = tuple[float, float]  #: devices, memory of each


@examples(150)
@given(problems(devices=1))
def test_explanations_are_those_of_the_definition(problem):
    for _ in check(problem, place(problem)):
        pass


@examples(100)
@given(problems(devices=1))
def test_each_change_places_one_more_and_a_little_less_does_not(problem):
    check_changes(problem)


@examples(60)
@given(problems(devices=1))
def test_the_engine_places_what_the_change_lets_in(problem):
    check_engine(problem)


def test_every_column_of_devices_comes_up() -> None:
    seen: Counter[str] = Counter()
    for problem in sample(problems(devices=1), 120):
        plan = place(problem)
        for found in (plan.explain(t) for t in range(len(problem.tasks))):
            short = [(miss.reason.name, s) for miss in found.nearest for s in miss.shortfalls]
            seen.update({f"{gate} {s.column.split('.')[0]} {bool(s.where)}" for gate, s in short})
            seen.update({f"{c.of} {key_of(c)[0]}" for c in (*found.relaxations, *found.fleet_relaxations)})
    wanted = [f"CAPACITY {what}" for what in ("devices True", "devices False", "device_capacity True")]
    wanted += [f"TOO_BIG {what} False" for what in ("devices", "device_capacity")]
    wanted += ["task devices", "task device_demand", "node devices", "node device_capacity"]
    assert {name: seen[name] for name in wanted if seen[name] < 5} == {}


# -- by hand -----------------------------------------------------------------------------------------------


def tables(tasks: dict[str, Any], **nodes: Any) -> tuple[gf.Tasks, gf.Nodes]:
    """Hosts of four devices with 80 GB each, in one place."""
    net = gf.Network(sites=["Jülich"], links=([], []), latency_ms=[])
    given = {"devices": 4, "device_capacity": {"memory_gb": 80.0}, "id": [7]} | nodes
    hosts = gf.Nodes(net, site="Jülich", capacity={"memory_gb": 1000.0}, **given)
    return gf.Tasks(net, origin="Jülich", **({"demand": {"memory_gb": 1.0}} | tasks)), hosts


def explained(*rows: Row, **nodes: Any) -> Explanation:
    """Of the last of rows of devices and memory of each; the others come first and are placed."""
    devices, memory = zip(*rows, strict=True)
    priority = [1] * (len(rows) - 1) + [0]
    asked = {"devices": devices, "device_demand": {"memory_gb": memory}, "priority": priority}
    plan = gf.place(*tables(asked, **nodes))
    plan.verify()
    assert plan.placed_count.tolist() == [1] * (len(rows) - 1) + [0]
    found = plan.explain(len(rows) - 1)
    check_by_placing(found, rows, nodes)
    return found


def check_by_placing(
    found: Explanation, rows: tuple[tuple[float, float], ...], nodes: dict[str, Any]
) -> None:
    """Each change, made, places the task beside the others."""
    plain = {"devices": 4, "device_capacity": {"memory_gb": 80.0}} | nodes
    for change in (*found.relaxations, *found.fleet_relaxations):
        asked, node, after = list(rows[-1]), dict(plain), change.after
        assert isinstance(after, float)
        demand = {"memory_gb": [1.0] * len(rows)}
        match change.of, change.column:
            case "task", "devices":
                asked[0] = after
            case "task", "device_demand.memory_gb":
                asked[1] = after
            case "task", "demand.memory_gb":
                demand["memory_gb"][-1] = after
            case "node", "devices":
                node["devices"] = int(after)
            case "node", "device_capacity.memory_gb":
                node["device_capacity"] = {"memory_gb": after}
            case _:
                pytest.fail(f"{change} is not expected")
        devices, memory = zip(*rows[:-1], asked, strict=True)
        columns = {"devices": devices, "device_demand": {"memory_gb": memory}, "demand": demand}
        plan = gf.place(*tables(columns, **node))
        plan.verify()
        assert plan.placed_tasks == len(rows), change


def said(changes: list[Change]) -> dict[str, Any]:
    return {change.column: change.after for change in changes}


def test_whole_devices() -> None:
    found = explained((0.25, 10.0), (1, 70.0), (4, 60.0))
    assert (found.reason, found.counts[R.CAPACITY]) == (R.CAPACITY, 1)
    assert str(found.nearest[0]) == "CAPACITY node 7: devices 4 needed, 2 there (2 short)"
    assert said(found.relaxations) == {"devices": 2.0}
    assert str(found.relaxation) == "devices 2 instead of 4, on node 7"
    assert said(found.fleet_relaxations) == {"devices": 6.0}
    assert str(found.fleet_relaxation) == "devices of node 7 6 instead of 4"


def test_a_share_and_the_memory_of_its_device() -> None:
    found = explained((0.75, 10.0), (0.6, 50.0), (2, 10.0), (0.4, 40.0))
    (miss,) = found.nearest
    assert (
        str(miss) == "CAPACITY node 7: device_capacity.memory_gb of device 1 40 needed, 30 there (10 short)"
    )
    assert miss.size == 0.25
    assert said(found.relaxations) == {"device_demand.memory_gb": 30.0, "devices": 0.25}
    assert said(found.fleet_relaxations) == {"devices": 5.0, "device_capacity.memory_gb": 90.0}
    found = explained((0.75, 10.0), (0.7, 50.0), (2, 10.0), (0.5, 20.0))
    assert str(found.nearest[0]) == "CAPACITY node 7: share of device 1 0.5 needed, 0.3 there (0.2 short)"
    assert said(found.relaxations) == {"devices": 0.3}


def test_devices_that_are_too_small_or_too_few() -> None:
    found = explained((2, 90.0))
    assert (found.reason, found.nearest[0].reason) == (R.TOO_BIG, R.TOO_BIG)
    assert [str(short) for short in found.nearest[0].shortfalls] == [
        "device_capacity.memory_gb 90 needed, 80 there (10 short)"
    ]
    assert said(found.relaxations) == {"device_demand.memory_gb": 80.0, "devices": 0.0}
    assert said(found.fleet_relaxations) == {"device_capacity.memory_gb": 90.0}
    found = explained((8, 60.0))
    assert str(found.nearest[0]) == "TOO_BIG node 7: devices 8 needed, 4 there (4 short)"
    assert (said(found.relaxations), said(found.fleet_relaxations)) == ({"devices": 4.0}, {"devices": 8.0})
    assert explained((61, 1.0)).fleet_relaxations[0].after == 61.0
    assert explained((1, 1.0), (64, 1.0)).fleet_relaxations == []  # a node has 64 at most


def test_nodes_without_devices() -> None:
    found = explained((0.5, 20.0), devices=[0, 1], device_capacity={"memory_gb": [0.0, 10.0]}, id=[7, 8])
    assert found.counts[R.TOO_BIG] == 2
    assert str(found.nearest[0]).startswith("TOO_BIG node 8: device_capacity.memory_gb 20 needed, 10 there")
    assert said(found.relaxations) == {"device_demand.memory_gb": 10.0, "devices": 0.0}
    assert said(found.fleet_relaxations) == {"device_capacity.memory_gb": 20.0}


def test_devices_and_something_else_have_no_single_change() -> None:
    net = gf.Network(sites=["Jülich"], links=([], []), latency_ms=[])
    host = gf.Nodes(net, site="Jülich", capacity={"memory_gb": 8}, devices=1, link_down_mbps=1)
    for wanted in ({"demand": {"memory_gb": 9}}, {"demand": {"memory_gb": 1}, "uplink_mbps": 2}):
        found = gf.place(gf.Tasks(net, origin="Jülich", devices=2, **wanted), host).explain(0)
        assert len(found.nearest[0].shortfalls) == 2
        assert (found.relaxations, found.fleet_relaxations) == ([], [])


def test_one_more_of_a_task_that_runs() -> None:
    plan = gf.place(*tables({"devices": 1, "device_demand": {"memory_gb": 1.0}, "count": 3}))
    found = plan.explain(0)
    assert (found.reason, found.placed, found.open, found.relaxations) == (R.PLACED, 3, 1, [])
    assert found.runs.columns()["per_instance"].tolist() == [3]  # on a device each
    plan = gf.place(*tables({"devices": 1, "device_demand": {"memory_gb": 1.0}, "count": 4}))
    assert said(plan.explain(0).relaxations) == {"devices": 0.0}
