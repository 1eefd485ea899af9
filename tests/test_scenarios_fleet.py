"""The nodes of the Europe scenario: cars by country, departures, prices."""

from __future__ import annotations

import numpy as np
import pytest

from gigafleet.errors import InputError
from gigafleet.scenarios.countries import COUNTRIES, EU27, PARKED_SHARE, fill_wholesale
from gigafleet.scenarios.fleet import NODE_LABELS, departure_hours, owners, parked_share, vehicles_by_country
from gigafleet.scenarios.network import SITE_KINDS
from gigafleet.scenarios.presets import load_preset
from scenario_columns import CAMPUSES, VEHICLE, usual


def test_cars_by_country_add_up_and_stand_in_their_country() -> None:
    network, nodes, _ = usual()
    wanted = vehicles_by_country(20_000)
    assert sum(wanted.values()) == 20_000
    cars = sum(COUNTRIES[code].passenger_cars for code in EU27)
    for code, count in wanted.items():
        assert abs(count - 20_000 * COUNTRIES[code].passenger_cars / cars) <= 1
    country = network.country[nodes.site[(nodes.labels & VEHICLE) > 0]]
    assert dict(zip(*np.unique(country, return_counts=True), strict=True)) == {
        code: count for code, count in sorted(wanted.items()) if count
    }


def test_cars_on_a_home_line_stand_at_the_metro() -> None:
    network, nodes, _ = usual()
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


def test_vehicles_differ_in_battery_and_departure() -> None:
    nodes = usual()[1]
    assert len(np.unique(nodes.capacity["energy_wh"][:20_000])) > 19_000
    assert len(np.unique(nodes.available_s[:20_000])) > 10_000
    plugged = (nodes.labels[:20_000] & np.uint64(1 << NODE_LABELS.index("plugged"))) > 0
    assert 0.13 <= plugged.mean() <= 0.37


def test_prices_are_composed_from_tariff_and_carbon() -> None:
    network, nodes, _ = usual()
    figures = load_preset("today")
    row = int(np.flatnonzero(network.country[nodes.site[:20_000]] == "PL")[0])
    tariff = COUNTRIES["PL"].wholesale_eur_per_mwh / 1e3 + figures.fleet.retail_markup_eur_per_kwh
    wanted = (tariff + 661.9 / 1e6 * figures.factories.carbon_eur_per_t) / 1e3
    assert nodes.price["power_w"][row] == pytest.approx(wanted, rel=1e-6)
    offered = [(campus, kind, 8) for campus, kind in CAMPUSES]
    whose = owners(figures, offered)
    price = whose.price_eur_per_wh.astype(np.float32)
    assert (nodes.price["power_w"] == price[nodes.owner]).all()
    assert whose.names[nodes.owner[row]] == "cars in PL"
    campus = network.names[nodes.site[-1]].split("/")[0]
    assert whose.names[nodes.owner[-1]] == campus
    assert whose.overhead[nodes.owner[[row, -1]]].tolist() == [1, 1.2]
    cars = [COUNTRIES[code].passenger_cars for code in EU27]
    household = np.average(fill_wholesale(EU27), weights=cars) / 1e3 + figures.fleet.retail_markup_eur_per_kwh
    assert household == pytest.approx(0.287, abs=0.002)
