"""Campuses and their racks: hosts, sites, the gateway that binds, and one symbol a campus on the map."""

from __future__ import annotations

import numpy as np
import pytest

import gigafleet as gf
from gigafleet.plot.content import map_data
from gigafleet.report import report
from gigafleet.scenarios.campuses import offered_chips, racks
from gigafleet.scenarios.presets import load_preset
from scenario_columns import CAMPUSES, columns

LEVELS = ("country", "region", "campus", "rack")
FIGURES = load_preset("today")


def test_gigafactories_offer_whole_hosts() -> None:
    full = offered_chips(FIGURES.factories, CAMPUSES, 1_000_000)
    assert [chips for _, _, chips in full] == [35_000] * 5
    assert offered_chips(FIGURES.factories, CAMPUSES, 100_000_000) == full
    network, nodes, _ = columns(vehicles=0, racks=False)
    assert nodes.count.tolist() == [175] * 5
    assert nodes.capacity["compute_tops"].tolist() == [20_000] * 5
    assert np.array(network.names)[nodes.site].tolist() == [campus.name for campus, _ in CAMPUSES]


def test_racks_are_filled_one_after_the_other() -> None:
    campus = CAMPUSES[0][0]
    offered = [(campus, "gigafactory", 35_000), (campus, "factory", 8), (campus, "factory", 10 * 8)]
    found = racks(FIGURES.factories, offered)
    assert np.bincount(found.campus).tolist() == [487, 1, 3]
    assert found.hosts[:487].tolist() == [18] * 486 + [2]
    assert found.hosts[487:].tolist() == [1, 4, 4, 2]
    assert found.number[485:].tolist() == [486, 487, 1, 1, 2, 3]
    assert found.hosts_per_rack[-4:].tolist() == [4] * 4
    assert len(racks(FIGURES.factories, ()).hosts) == 0


def test_a_rack_is_a_site_below_its_campus() -> None:
    network, nodes, _ = columns(vehicles=0)
    site, campus = network.of_kind("rack"), network.of_kind("gigafactory")
    assert nodes.site.tolist() == site.tolist()
    assert nodes.count.tolist() == ([18] * 9 + [13]) * 5
    assert network.names[site[0]] == "Jülich gigafactory/rack-0001"
    assert network.rack[site].tolist() == [network.names[i] for i in site]
    assert set(network.campus[site]) == set(network.campus[campus]) == {one.name for one, _ in CAMPUSES}
    assert not np.delete(network.rack, site).any()
    link = np.flatnonzero(np.isin(network.tail, site))
    assert network.tail[link].tolist() == site.tolist()
    assert network.head[link].tolist() == np.repeat(campus, 10).tolist()
    assert (network.latency_ms[link] == 0.01).all()
    assert (network.capacity_mbps[link] == 18 * 400_000).all()
    for column in (network.lat, network.lon, network.country, network.region, network.labels):
        assert (column[site] == column[np.repeat(campus, 10)]).all()


@pytest.mark.parametrize("racked", [True, False])
def test_no_campus_is_no_rack(racked: bool) -> None:
    scenario = gf.scenarios.europe(vehicles=50, tasks=50, factories=(), gigafactories=(), racks=racked)
    assert scenario.info["racks"] == 0
    assert scenario.nodes.rows == 50
    assert "rack" not in scenario.site_kind


def test_domains_nest() -> None:
    network = gf.scenarios.europe(vehicles=0, tasks=20_000).network
    assert tuple(network.domains) == LEVELS
    codes = {level: network.domains[level][0] for level in LEVELS}
    for fine, coarse in zip(LEVELS[:0:-1], LEVELS[-2::-1], strict=True):
        inside = codes[fine] >= 0
        pairs = np.unique(np.column_stack([codes[fine][inside], codes[coarse][inside]]), axis=0)
        assert len(pairs) == len(network.domains[fine][1])
        assert (pairs >= 0).all()


def test_the_way_into_a_rack_takes_as_long_as_into_its_campus() -> None:
    rtt_ms = []
    for racked in (True, False):
        network, nodes, _ = gf.scenarios.europe(vehicles=0, tasks=100, gigafactories=("Lyon",), racks=racked)
        access_ms = nodes.columns["access_rtt_ms"].take(np.array([nodes.rows - 1]))[0]
        last = int(nodes.columns["site"].take(np.array([nodes.rows - 1]))[0])
        rtt_ms.append(network.rtt_ms("Paris", last) + float(access_ms))
    assert rtt_ms[0] == pytest.approx(rtt_ms[1], abs=1e-6)


def gateway_traffic(plan: gf.Plan, network: gf.Network) -> tuple[float, float, float]:
    """What the only campus of the network sends and receives over its uplink, and the gateway; Mbps."""
    campus = network.index("Lyon gigafactory")
    uplink = int(np.flatnonzero(network.link_tail == campus)[0])
    gateway = min(network.capacity_mbps[uplink], network.access_up_mbps[campus])
    return (*plan.link_load_mbps[uplink], gateway)


def test_the_gateway_binds_with_racks_and_without() -> None:
    narrow = FIGURES.but(network={"gateway_mbps_per_chip": 0.4})
    placed = []
    for racked in (True, False):
        network, nodes, tasks = gf.scenarios.europe(
            vehicles=1_000, tasks=20_000, factories=(), gigafactories=("Lyon",), preset=narrow, racks=racked
        )
        plan = gf.place(tasks, nodes, effort="fast")
        plan.verify()
        sent, received, gateway = gateway_traffic(plan, network)
        assert gateway == pytest.approx(0.4 * 700)
        assert max(sent, received) <= gateway + 1e-6
        assert max(sent, received) > 0.98 * gateway
        assert (plan.reason == gf.Reason.LINK).sum() > 1_000
        placed.append(plan.placed_tasks)
    assert placed[0] == pytest.approx(placed[1], rel=0.02)


def test_a_task_can_ask_for_a_rack_or_a_campus() -> None:
    scenario = gf.scenarios.europe(vehicles=10, tasks=20_000)
    rack, campus = "rack=Jülich gigafactory/rack-0003", "campus=Jülich factory"
    tasks = gf.Tasks(
        scenario.network,
        origin=np.repeat(scenario.network.index("Berlin"), 2),
        demand={"compute_tops": 100.0},
        count=[30, 30],
        require={rack: np.array([True, False]), campus: np.array([False, True])},
    )
    plan = gf.place(tasks, scenario.nodes)
    assert plan.placed_count.tolist() == [30, 30]
    site = scenario.nodes.columns["site"].take(plan.assignments().node)
    names = {scenario.network.sites[i].partition("/rack-")[0] for i in site}
    assert names == {"Jülich gigafactory", "Jülich factory"}


def test_a_campus_is_one_symbol_and_one_row_however_many_racks() -> None:
    shown = []
    for racked in (True, False):
        scenario = gf.scenarios.europe(vehicles=2_000, tasks=20_000, racks=racked)
        plan = gf.place(scenario.tasks, scenario.nodes, effort="fast")
        sums = report(plan, scenario)
        data = map_data(sums, plan, scenario)
        assert sums.kinds == ("vehicle", "factory", "gigafactory")
        assert sum(place.tasks for place in data.factories) == sums.placed_by[1:].sum()
        shown.append((data, sums.nodes.tolist()))
    (with_racks, nodes), (without, same_nodes) = shown
    assert nodes == same_nodes
    assert [place.name for place in with_racks.factories] == [place.name for place in without.factories]
    assert len(with_racks.factories) == 24
    assert [place.km for place in with_racks.factories] == [place.km for place in without.factories]
    assert with_racks.link_from_km.tolist() == without.link_from_km.tolist()
