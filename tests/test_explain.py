"""`plan.explain`: cases worked out by hand, ids, counts, files, errors, what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from gigafleet.errors import InputError, InputTypeError
from gigafleet.explanation import Change, Explanation
from test_interrupts import tables as slow_tables  # noqa: F401

R = gf.Reason
INF = float("inf")


def network(**changed: Any) -> gf.Network:
    """Aachen - Köln - Paris, 1 and 4 ms apart, 100 Mbps each."""
    given = {
        "sites": ["Aachen", "Köln", "Paris"],
        "links": ([0, 1], [1, 2]),
        "latency_ms": [1.0, 4.0],
        "capacity_mbps": [100.0, 100.0],
        "domains": {"country": np.array(["DE", "DE", "FR"])},
    }
    return gf.Network(**(given | changed))


def nodes(net: gf.Network, **changed: Any) -> gf.Nodes:
    """Two cars in Köln that leave within the hour, a host in Paris."""
    given = {
        "site": ["Köln", "Paris"],
        "capacity": {"memory_gb": [16.0, 80.0], "compute_tops": [100.0, 1000.0]},
        "price": {"memory_gb": [0.01, 0.02]},
        "labels": {"car": [True, False], "host": [False, True]},
        "available_s": [3000.0, INF],
        "link_up_mbps": [20.0, INF],
        "count": [2, 1],
        "id": [31, 7],
    }
    return gf.Nodes(net, **(given | changed))


def plan_of(net: gf.Network | None = None, fleet: gf.Nodes | None = None, **task: Any) -> gf.Plan:
    """All tasks come from Aachen."""
    net = net or network()
    given = {"origin": "Aachen", "demand": {"memory_gb": 8.0, "compute_tops": 10.0}}
    return gf.place(gf.Tasks(net, **(given | task)), nodes(net) if fleet is None else fleet)


def counts(found: Explanation) -> dict[str, int]:
    return {gate.name: n for gate, n in found.counts.items() if n}


def said(changes: list[Change]) -> dict[str, Any]:
    return {change.column: change.after for change in changes}


def test_too_far() -> None:
    found = plan_of(max_rtt_ms=1.5).explain(0)
    assert (found.reason, found.count, found.placed, found.open) == (R.RTT, 1, 0, 0)
    assert counts(found) == {"RTT": 3}
    (miss,) = found.nearest
    assert (miss.reason, miss.node, miss.instance, miss.size) == (R.RTT, 31, 0, 0.25)
    (short,) = miss.shortfalls
    assert (short.column, short.needed, short.available, short.short) == ("max_rtt_ms", 2.0, 1.5, 0.5)
    assert found.relaxations == [Change("task", 0, "", "max_rtt_ms", 1.5, 2.0, 0.25, 31, 0)]
    assert found.relaxation == found.relaxations[0]
    assert (found.fleet_relaxations, found.fleet_relaxation) == ([], None)
    assert plan_of(max_rtt_ms=2.0).placed_tasks == 1
    assert plan_of(max_rtt_ms=1.999999).placed_tasks == 0


def test_no_nodes_at_all() -> None:
    net = network()
    found = plan_of(net, nodes(net, count=0)).explain(0)
    assert "LABEL: there is no node with the labels that are required and without those" in str(found)


def test_too_big() -> None:
    found = plan_of(demand={"memory_gb": 100.0, "compute_tops": 1.0}).explain(0)
    assert counts(found) == {"TOO_BIG": 3}
    assert found.nearest[0].node == 7
    assert str(found.nearest[0]) == "TOO_BIG node 7: capacity.memory_gb 100 needed, 80 there (20 short)"
    assert said(found.relaxations) == {"demand.memory_gb": 80.0}
    assert said(found.fleet_relaxations) == {"capacity.memory_gb": 100.0}
    assert str(found.fleet_relaxation) == "capacity.memory_gb of node 7 100 instead of 80"


def test_two_things_too_big_have_no_single_change() -> None:
    found = plan_of(demand={"memory_gb": 100.0, "compute_tops": 2000.0}).explain(0)
    assert [short.column for short in found.nearest[0].shortfalls] == [
        "capacity.memory_gb",
        "capacity.compute_tops",
    ]
    assert found.nearest[0].size == 0.5
    assert (found.relaxation, found.fleet_relaxation) == (None, None)


def test_leaves_too_early() -> None:
    found = plan_of(duration_s=3600.5, max_rtt_ms=5.0).explain(0)
    assert counts(found) == {"TIME": 2, "RTT": 1}
    assert found.reason == R.RTT
    assert [(miss.reason, miss.node) for miss in found.nearest] == [(R.TIME, 31), (R.RTT, 7)]
    assert said(found.relaxations) == {"duration_s": 3000.0, "max_rtt_ms": 10.0}
    assert said(found.fleet_relaxations) == {"available_s": 3600.5}


def test_a_node_that_leaves_at_once_is_no_use_to_a_shorter_task() -> None:
    net = network()
    found = plan_of(net, nodes(net, available_s=0.0), duration_s=60).explain(0)
    assert found.relaxations == []
    assert said(found.fleet_relaxations) == {"available_s": 60.0}


def test_labels() -> None:
    found = plan_of(require=("host", "country=DE", "moon")).explain(0)
    assert counts(found) == {"LABEL": 3}
    assert found.nearest == []
    change = found.relaxation
    assert change is not None
    assert (change.column, change.size, change.node) == ("require", 2, 31)
    assert (change.before, change.after) == (("host", "country=DE", "moon"), ("country=DE",))
    assert str(change) == "require without 'host', 'moon', on node 31"
    found = plan_of(require=("host",), forbid=("car", "country=FR")).explain(0)
    assert said(found.relaxations) == {"forbid": ("car",)}
    found = plan_of(any_of=("moon", "mars"), max_rtt_ms=4).explain(0)
    assert said(found.relaxations) == {"any_of": ()}
    assert plan_of(require=("host",), forbid=("car",)).placed_tasks == 1


def test_transit() -> None:
    found = plan_of(
        require=("host",), transit_forbid=("country=FR",), transit_require=("country=DE",)
    ).explain(0)
    assert counts(found) == {"LABEL": 2, "ROUTE": 1}
    assert said(found.relaxations) == {"require": ()}  # of the two for transit it takes both
    found = plan_of(require=("host",), transit_require=("country=DE",)).explain(0)
    assert said(found.relaxations) == {"require": (), "transit_require": ()}
    found = plan_of(require=("host",), transit_forbid=("country=FR", "sea"), max_rtt_ms=9).explain(0)
    assert said(found.relaxations) == {"require": ()}  # Paris is too far as well


def test_links_and_the_column_of_both_ways() -> None:
    net = network(capacity_mbps=[100.0, 30.0], access_down_mbps=[50.0, INF, INF])
    found = plan_of(net, require=("host",), bandwidth_mbps=40.0).explain(0)
    assert found.reason == R.LINK
    (miss,) = found.nearest
    assert [str(short) for short in miss.shortfalls] == [
        "capacity_mbps of Köln -> Paris 40 needed, 30 there (10 short)",
        "capacity_mbps of Paris -> Köln 40 needed, 30 there (10 short)",
    ]
    assert said(found.relaxations) == {"bandwidth_mbps": 30.0}
    assert str(found.fleet_relaxation) == "capacity_mbps of link Köln -- Paris 40 instead of 30, on node 7"
    found = plan_of(net, require=("host",), uplink_mbps=20.0, downlink_mbps=60.0).explain(0)
    assert said(found.relaxations) == {"downlink_mbps": 30.0}
    assert found.fleet_relaxations == []  # the link and the access of Aachen
    found = plan_of(net, require=("host",), uplink_mbps=40.0, downlink_mbps=40.0).explain(0)
    assert found.relaxations == []  # each by itself


def test_the_access_of_a_site_and_the_line_of_a_node() -> None:
    net = network(access_up_mbps=[25.0, INF, INF])
    found = plan_of(net, uplink_mbps=30.0, downlink_mbps=15.0, count=1).explain(0)
    assert str(found.fleet_relaxation) == "access_up_mbps of site Aachen 30 instead of 25, on node 31"
    found = plan_of(require=("car",), downlink_mbps=15.0, count=3).explain(0)
    assert (found.reason, counts(found)) == (R.CAPACITY, {"LABEL": 1, "CAPACITY": 2})
    assert said(found.relaxations) == {"downlink_mbps": 5.0, "require": ()}
    assert said(found.fleet_relaxations) == {"link_up_mbps": 30.0}


def test_what_is_left_counts_and_not_what_there_was() -> None:
    demand = {"memory_gb": [7.0, 3.0], "compute_tops": 1.0}
    plan = plan_of(require=("car",), count=[4, 1], demand=demand, priority=[1, 0])
    assert plan.placed_count.tolist() == [4, 0]
    found = plan.explain(1)
    assert (found.reason, counts(found)) == (R.CAPACITY, {"LABEL": 1, "CAPACITY": 2})
    assert str(found.nearest[0]) == "CAPACITY node 31: capacity.memory_gb 3 needed, 2 there (1 short)"
    assert said(found.relaxations) == {"demand.memory_gb": 2.0, "require": ()}
    assert [change.column for change in found.relaxations] == ["demand.memory_gb", "require"]


def test_what_is_rounded_is_told_to_the_multiple() -> None:
    found = plan_of(require=("car",), demand={"memory_gb": 1 / 3, "compute_tops": 0.0}, count=97).explain(0)
    assert found.placed == 94
    change = found.relaxation
    assert change is not None
    assert (change.column, change.before, change.after) == ("demand.memory_gb", 0.333334, 0.333302)
    for last, placed in ((0.333302, 95), (0.333303, 94)):
        demand = {"memory_gb": [1 / 3, last], "compute_tops": 0.0}
        assert plan_of(require=("car",), demand=demand, count=[94, 1], priority=[1, 0]).placed_tasks == placed


# -- placed tasks, counts, ids -----------------------------------------------------------------------------


def test_where_a_placed_task_runs_and_what_it_costs() -> None:
    plan = plan_of(require=("car",), count=[3, 0], id=[5, 6])
    found = plan.explain(5)
    assert (found.task, found.reason, found.count, found.placed, found.open) == (5, R.PLACED, 3, 3, 1)
    assert (found.relaxations, found.fleet_relaxations) == ([], [])
    np.testing.assert_array_equal(np.column_stack(tuple(found.runs)), [[5, 31, 0, 1, 2], [5, 31, 1, 1, 1]])
    assert found.cost == pytest.approx(plan.cost)
    text = str(found)
    assert "runs on    node 31, instance 0: 2" in text
    assert "one more   would find a place: 1 node with room" in text
    full = plan_of(require=("car",), count=4).explain(0)
    assert str(full.relaxation) == "demand.memory_gb 0 instead of 8, on node 31"
    assert "instead of 8" not in str(full)  # to ask for nothing is no advice
    found = plan.explain(np.int64(6))
    assert (found.reason, found.count, found.placed, len(found.runs), found.cost) == (R.PLACED, 0, 0, 0, 0.0)


def test_a_row_of_which_some_are_placed() -> None:
    found = plan_of(require=("car",), count=9).explain(0)
    assert (found.reason, found.count, found.placed) == (R.CAPACITY, 9, 4)
    assert found.runs.members.sum() == 4
    assert "4 of 9 placed" in str(found)
    assert "CAPACITY: every node left is full" in str(found)


def test_costs_of_rows_add_up_also_with_moves() -> None:
    net = network()
    columns = {"memory_gb": [3.0, 3.0, 8.0], "compute_tops": 1.0}
    plan = plan_of(net, count=[5, 7, 2], demand=columns)
    assert plan._tables is not None
    tasks = plan._tables[0]
    later = gf.place(tasks, nodes(net, count=[1, 1]), previous=plan)
    for each in (plan, later):
        found = [each.explain(t) for t in range(3)]
        moves = 1e-3 * each.moved_tasks  # EUR/h of tasks without a duration
        assert sum(e.cost for e in found) == pytest.approx(each.cost - moves)
        assert [e.placed for e in found] == each.placed_count.tolist()


def test_what_was_not_tried_says_so(slow_tables: tuple[gf.Tasks, gf.Nodes]) -> None:  # noqa: F811
    plan = gf.place(*slow_tables, time_limit_s=0.1)
    task = int(np.flatnonzero(plan.reason == R.NOT_TRIED)[0])
    found = plan.explain(task)
    assert found.reason == R.NOT_TRIED
    assert sum(found.counts.values()) + found.open == 20_000


def test_no_nodes_and_no_tasks() -> None:
    net = network()
    none = gf.Nodes(net, site=[], capacity={"memory_gb": [], "compute_tops": []})
    found = plan_of(net, none).explain(0)
    assert (found.reason, sum(found.counts.values()), found.nearest) == (R.LABEL, 0, [])
    assert (found.relaxation, found.fleet_relaxation) == (None, None)
    empty = plan_of(net, origin=[], demand={"memory_gb": []})
    with pytest.raises(InputError, match="task: got 0, wanted an id, but there are no tasks"):
        empty.explain(0)


# -- errors ------------------------------------------------------------------------------------------------


def test_unknown_ids() -> None:
    with pytest.raises(InputError, match=r"^task: got 2, wanted an id from 0 to 1$"):
        plan_of(count=[1, 1]).explain(2)
    with pytest.raises(InputError, match="task: got -1"):
        plan_of().explain(-1)
    with pytest.raises(InputError, match=r"^task: got 0, wanted an id of the table of tasks$"):
        plan_of(id=[5]).explain(0)
    for wrong in (True, 1.0, "0", None):
        with pytest.raises(InputTypeError, match="wanted the id of a task, an int"):
            plan_of().explain(wrong)  # type: ignore[arg-type]


def test_a_plan_needs_its_tables(tmp_path: Path) -> None:
    plan = plan_of(max_rtt_ms=1)
    plan.save(tmp_path / "plan.npz")
    with pytest.raises(InputError, match=r"plan.explain: got a plan without its tables, wanted Plan.load"):
        gf.Plan.load(tmp_path / "plan.npz").explain(0)


def test_a_plan_from_a_file_explains_as_it_did(tmp_path: Path) -> None:
    plan = plan_of(count=[9, 2, 0], uplink_mbps=[1.0, 70.0, 2.0], require={"car": [True, False, True]})
    plan.save(tmp_path / "plan.npz")
    again = gf.Plan.load(tmp_path / "plan.npz", *plan._tables)  # type: ignore[misc]
    for task in range(3):
        assert str(again.explain(task)) == str(plan.explain(task))
        assert again.explain(task).to_dict() == plan.explain(task).to_dict()


# -- what is shown -----------------------------------------------------------------------------------------


def test_printed() -> None:
    assert str(plan_of(max_rtt_ms=1.5, duration_s=3600).explain(0)).splitlines() == [
        "task 0     0 of 1 placed",
        "           RTT: every node left is further away than max_rtt_ms allows",
        "keeps out  TIME      2 nodes",
        "           RTT       1 node",
        "nearest    RTT node 7: round trip 10 ms, limit 1.5 ms",
        "would run  with max_rtt_ms 10 instead of 1.5, on node 7",
    ]
    many = plan_of(demand={"memory_gb": 0.5, "compute_tops": 0.0}, count=900, require=("car",)).explain(0)
    assert str(many).splitlines()[2:4] == [
        "runs on    node 31, instances 0 to 1: 32 on each",
        "           for 0.321 EUR/h",
    ]


def test_plain_values() -> None:
    found = plan_of(require=("moon",), count=3).explain(0)
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["reason"] == "LABEL"
    assert plain["counts"] == {gate.name: n for gate, n in found.counts.items()}
    assert plain["relaxations"][0]["after"] == []
    assert plain["nearest"] == []
    assert plain["runs"]["node"] == []
    found = plan_of(max_rtt_ms=1.5).explain(0)
    assert found.to_dict()["nearest"][0]["shortfalls"][0]["needed"] == 2.0


def test_frozen() -> None:
    found = plan_of().explain(0)
    with pytest.raises(AttributeError):
        found.task = 1  # type: ignore[misc]
