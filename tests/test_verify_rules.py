"""`verify`, rule by rule: what breaks it is named, and what just keeps it passes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gigafleet.verify import Reported, verify
from plain import INF, Net, Nodes, Tasks
from verify_cases import breaks, line, runs, two_rows_a_block

# -- capacity and lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_capacity(count: int) -> None:
    net = line()
    tasks = Tasks(net, 3, {"memory_gb": [4.0, 8.0, 4.0]}, id=[70, 71, 72])
    nodes = Nodes(net, 2, {"memory_gb": [12.0, 16.0]}, count=count, id=[5, 6])
    verify(runs((0, 0), (1, 0), (2, 1)), tasks, nodes)
    with breaks("capacity", "node 5 instance 0", "memory_gb", "16 in use, limit 12"):
        verify(runs((0, 0), (1, 0), (2, 0)), tasks, nodes)


def test_capacity_by_instance() -> None:
    net = line()
    tasks = Tasks(net, 2, {"memory_gb": [4.0, 3.0]}, count=[40, 3])
    nodes = Nodes(net, 1, {"memory_gb": 16.0}, count=10)
    verify(runs((0, 0, 0, 10, 3), (0, 0, 4, 2, 1), (1, 0, 7, 3, 1)), tasks, nodes)
    with breaks("capacity", "node 0 instance 5", "19 in use, limit 16"):
        verify(runs((0, 0, 0, 10, 3), (0, 0, 4, 2, 1), (1, 0, 5, 1, 1)), tasks, nodes)


def test_demand_rounds_up_and_capacity_down() -> None:
    net = line()
    nodes = Nodes(net, 1, {"memory_gb": 1.0})
    third = 1 / 3  # 333,334 millionths three times is too much
    with breaks("capacity", "1.000002 in use, limit 1"):
        verify(runs((0, 0), (1, 0), (2, 0)), Tasks(net, 3, {"memory_gb": third}), nodes)
    near = Tasks(net, 3, {"memory_gb": 0.3333330000000001})  # within 1e-9: a multiple
    verify(runs((0, 0), (1, 0), (2, 0)), near, nodes)
    coarse = Nodes(net, 1, {"memory_gb": 1.99}, resolution={"memory_gb": 1.0})
    with breaks("capacity", "2 in use, limit 1"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.01}), coarse)


def test_a_resource_that_no_node_has() -> None:
    net = line()
    with breaks("capacity", "gpu"):
        verify(runs((0, 0)), Tasks(net, 1, {"gpu": 1.0}), Nodes(net, 1, {"memory_gb": 1.0}))


def test_unlimited_capacity_and_totals_beyond_int64() -> None:
    net = Net(1, [])
    large = float(1 << 60) * 1e-6
    tasks = Tasks(net, 9, {"memory_gb": np.full(9, large)}, uplink_mbps=large)
    every = runs(*((t, 0) for t in range(9)))
    verify(every, tasks, Nodes(net, 1, {"memory_gb": INF}))
    with breaks("capacity", "node 0"):
        verify(every, tasks, Nodes(net, 1, {"memory_gb": [large]}))
    with breaks("capacity", "node 0"):
        verify(every, tasks, Nodes(net, 1, {"memory_gb": large}, count=2))


def test_a_drained_node_holds_only_what_asks_nothing() -> None:
    net = line()
    nodes = Nodes(net, 1, {"memory_gb": 0.0})
    verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 0.0}), nodes)
    with breaks("capacity", "limit 0"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1e-9}), nodes)


def test_consumables_are_booked_by_tasks_that_end() -> None:
    net = line()
    nodes = Nodes(net, 1, {"energy_wh": 10.0})
    verify(runs((0, 0)), Tasks(net, 1, {"energy_wh": 11.0}), nodes)
    with breaks("capacity", "energy_wh", "11 in use, limit 10"):
        verify(runs((0, 0)), Tasks(net, 1, {"energy_wh": 11.0}, duration_s=1.0), nodes)
    with breaks("capacity", "energy_wh"):
        renewable = Nodes(net, 1, {"energy_wh": 10.0}, consumable=())
        verify(runs((0, 0)), Tasks(net, 1, {"energy_wh": 11.0}), renewable)


@pytest.mark.parametrize("count", [1, 2])
def test_the_nodes_own_line(count: int) -> None:
    net = line()
    tasks = Tasks(net, 2, {"memory_gb": 1.0}, uplink_mbps=2.0, downlink_mbps=3.0)
    given: dict[str, Any] = {"capacity": {"memory_gb": 9.0}, "count": count}
    verify(runs((0, 0), (1, 0)), tasks, Nodes(net, 1, link_down_mbps=4.0, link_up_mbps=[6.0], **given))
    with breaks("line", "node 0 instance 0", "link_down_mbps", "4 in use, limit 3.9"):
        verify(runs((0, 0), (1, 0)), tasks, Nodes(net, 1, link_down_mbps=3.9, **given))
    with breaks("line", "node 0 instance 0", "link_up_mbps", "6 in use, limit 5.9"):
        verify(runs((0, 0), (1, 0)), tasks, Nodes(net, 1, link_up_mbps=5.9, **given))


# -- latency, links, access --------------------------------------------------------------------------------


@pytest.mark.parametrize("directed", [False, True])
def test_latency(directed: bool) -> None:
    net = line(directed)
    nodes = Nodes(net, 1, {"memory_gb": 1.0}, site=2, access_rtt_ms=1.5)
    rtt = 2 + 3 + 4 + 5 + 1.5 if directed else 2 * (2 + 3) + 1.5
    verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, max_rtt_ms=rtt), nodes)
    verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, origin=2, max_rtt_ms=1.5), nodes)
    with breaks("latency", "task 0 on node 0", "'s0' to site 's2'", f"round trip {rtt} ms, limit"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, max_rtt_ms=rtt - 1e-6), nodes)
    with breaks("latency", "'s2' to site 's2'", "1.5 ms"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, origin=2, max_rtt_ms=1.49), nodes)


def test_no_route() -> None:
    net = Net(3, [(0, 1, 1.0)])
    nodes = Nodes(net, 1, {"memory_gb": 1.0}, site=2)
    with breaks("latency", "no route from site 's0' to site 's2'"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}), nodes)


@pytest.mark.parametrize("directed", [False, True])
def test_links_each_way(directed: bool) -> None:
    net = line(directed)
    nodes = Nodes(net, 1, {"memory_gb": 9.0}, site=2)
    both = runs((0, 0), (1, 0))
    verify(both, Tasks(net, 2, {"memory_gb": 1.0}, bandwidth_mbps=5.0), nodes)
    with breaks("link", r"link 0 \('s0' -> 's1'\)", "10.4 Mbps in use, limit 10 Mbps"):
        verify(both, Tasks(net, 2, {"memory_gb": 1.0}, uplink_mbps=5.2), nodes)
    name = r"link 2 \('s2' -> 's1'\)" if directed else r"link 0 \('s1' -> 's0'\)"
    with breaks("link", name, "10.4 Mbps in use"):
        verify(both, Tasks(net, 2, {"memory_gb": 1.0}, downlink_mbps=5.2), nodes)


def test_of_parallel_links_the_fastest_is_used() -> None:
    nodes_at: dict[str, Any] = {"capacity": {"memory_gb": 9.0}, "site": 1}
    for links, used in (
        ([(0, 1, 2.0, 1.0), (1, 0, 1.0, 9.0)], 1),
        ([(0, 1, 1.0, 9.0), (1, 0, 1.0, 1.0)], 0),
    ):
        net = Net(2, links)
        tasks = Tasks(net, 1, {"memory_gb": 1.0}, bandwidth_mbps=5.0)
        load = np.zeros(4, np.int64)
        load[2 * used : 2 * used + 2] = 5_000_000
        verify(runs((0, 0)), tasks, Nodes(net, 1, **nodes_at), Reported(arc_load=load))


def test_access_is_charged_at_both_ends() -> None:
    tight = {"access_up_mbps": [2.0, 3.0, INF], "access_down_mbps": [3.0, 2.0, INF]}
    net = line(**tight)
    nodes = Nodes(net, 1, {"memory_gb": 9.0}, site=1)
    verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, uplink_mbps=2.0, downlink_mbps=3.0), nodes)
    with breaks("access", "'s0'", "access_up_mbps", "2.5 Mbps in use, limit 2 Mbps"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, uplink_mbps=2.5), nodes)
    with breaks("access", "'s1'", "access_up_mbps", "3.5 Mbps in use, limit 3 Mbps"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, origin=2, downlink_mbps=3.5), nodes)
    with breaks("access", "'s0'", "access_down_mbps", "3.5 Mbps in use"):
        verify(
            runs((0, 0)),
            Tasks(net, 1, {"memory_gb": 1.0}, downlink_mbps=3.5),
            Nodes(net, 1, {"memory_gb": 9.0}, site=2),
        )
    with breaks("access", "'s1'", "access_down_mbps", "2.5 Mbps in use"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}, origin=2, uplink_mbps=2.5), nodes)
    inside = Tasks(net, 1, {"memory_gb": 1.0}, origin=1, uplink_mbps=1.5, downlink_mbps=1.0)
    with breaks("access", "'s1'", "access_down_mbps", "2.5 Mbps in use"):  # within one cell twice
        verify(runs((0, 0)), inside, nodes)


# -- labels, transit, time ---------------------------------------------------------------------------------


@pytest.mark.parametrize("masks", [False, True])
def test_labels(masks: bool) -> None:
    net = line(domains={"country": ["DE", "FR", None]})
    nodes = Nodes(
        net, 3, {"memory_gb": 9.0}, site=[0, 1, 2], masks=masks, labels=[["car", "plugged"], ["factory"], []]
    )

    def tasks(**rules: Any) -> Tasks:
        return Tasks(net, 2, {"memory_gb": 1.0}, masks=masks, **rules)

    verify(runs((0, 0), (1, 1)), tasks(require=[["car", "country=DE"], ["country=FR"]]), nodes)
    with breaks("label", "task 1 on node 2", "require", "'car', which it lacks"):
        verify(runs((0, 0), (1, 2)), tasks(require=("car",)), nodes)
    with breaks("label", "task 1 on node 2", "require", "'country=DE', which it lacks"):
        verify(runs((0, 0), (1, 2)), tasks(require=[["car"], ["country=DE"]]), nodes)
    verify(runs((0, 0), (1, 1)), tasks(any_of=("car", "country=FR")), nodes)
    verify(runs((0, 2), (1, 2)), tasks(any_of=()), nodes)
    with breaks("label", "task 1 on node 2", "any_of"):
        verify(runs((0, 0), (1, 2)), tasks(any_of=[[], ["car", "nobody has it"]]), nodes)
    verify(runs((0, 2), (1, 0)), tasks(forbid=[["car"], ["factory", "country=FR"]]), nodes)
    with breaks("label", "task 1 on node 0", "forbid", "'plugged', which it has"):
        verify(runs((0, 2), (1, 0)), tasks(forbid=("plugged",)), nodes)
    with breaks("label", "task 1 on node 0", "forbid", "'country=DE', which it has"):
        verify(runs((0, 2), (1, 0)), tasks(forbid=("country=DE", "country=XX")), nodes)


@pytest.mark.parametrize("masks", [False, True])
def test_transit(masks: bool) -> None:
    ring = [(0, 1, 1.0), (1, 2, 1.0), (0, 3, 4.0), (3, 2, 4.0)]
    net = Net(
        4,
        ring,
        domains={"country": ["DE", "FR", "DE", "DE"]},
        label_vocabulary=("eu", "secure"),
        site_labels=[3, 2, 3, 3],
    )
    nodes = Nodes(net, 2, {"memory_gb": 9.0}, site=[2, 1])

    def tasks(**rules: Any) -> Tasks:
        return Tasks(net, 1, {"memory_gb": 1.0}, masks=masks, **rules)

    verify(runs((0, 0)), tasks(max_rtt_ms=4.0), nodes)
    for rules in (
        {"transit_require": ("country=DE",)},
        {"transit_forbid": ("country=FR",)},
        {"transit_require": ("eu",)},
    ):
        verify(runs((0, 0)), tasks(max_rtt_ms=16.0, **rules), nodes)
        with breaks("latency", "round trip 16 ms, limit 4 ms"):  # the way round takes longer
            verify(runs((0, 0)), tasks(max_rtt_ms=4.0, **rules), nodes)
        with breaks("transit", "task 0 on node 1", "no route from site 's0' to site 's1'"):
            verify(runs((0, 1)), tasks(**rules), nodes)
    with breaks("transit", "task 0 on node 0"):  # the origin is not allowed
        verify(runs((0, 0)), tasks(origin=1, transit_require=("eu",)), nodes)
    with breaks("transit", "task 0 on node 1"):  # nor within a site
        verify(runs((0, 1)), tasks(origin=1, transit_require=("eu",)), nodes)
    mixed = Tasks(
        net, 3, {"memory_gb": 1.0}, transit_forbid=[[], ["country=FR"], ["nobody has it"]], bandwidth_mbps=1.0
    )
    load = np.zeros(8, np.int64)
    load[[0, 1, 2, 3]], load[[4, 5, 6, 7]] = 2_000_000, 1_000_000
    verify(runs((0, 0), (1, 0), (2, 0)), mixed, nodes, Reported(arc_load=load))


def test_time() -> None:
    net = line()
    nodes = Nodes(net, 1, {"memory_gb": 9.0}, available_s=60.0)
    verify(runs((0, 0), (1, 0)), Tasks(net, 2, {"memory_gb": 1.0}, duration_s=[60.0, 0.0]), nodes)
    with breaks("time", "task 1 on node 0", "duration 61 s, available 60 s"):
        verify(runs((0, 0), (1, 0)), Tasks(net, 2, {"memory_gb": 1.0}, duration_s=[60.0, 61.0]), nodes)
    gone = Nodes(net, 1, {"memory_gb": 9.0}, available_s=0.0)
    verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 1.0}), gone)


def test_blocks_agree_with_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    two_rows_a_block(monkeypatch)
    test_capacity_by_instance()
    for masks in (False, True):
        test_labels(masks)
        test_transit(masks)
