"""The network of the Europe scenario: sites, links, latencies, countries, labels."""

from __future__ import annotations

import numpy as np
import pytest

from gigafleet.errors import InputError
from gigafleet.scenarios import factories, places
from gigafleet.scenarios.countries import EU27
from gigafleet.scenarios.network import SITE_KINDS, apportion, network_arrays
from gigafleet.scenarios.presets import load_preset
from scenario_columns import usual


@pytest.mark.parametrize(("total", "least"), [(0, 0), (7, 0), (1_000, 0), (1_000, 3)])
def test_apportion_sums_up_and_follows_the_weights(total: int, least: int) -> None:
    weight = np.array([5.0, 0.0, 1.0, 94.0])
    parts = apportion(total, weight, least)
    assert parts.sum() == total
    assert (parts >= least).all()
    assert np.abs(parts - np.maximum(total * weight / 100, least)).max() <= 1 + 2 * least


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


def test_metros_and_campuses_hang_on_pops_of_the_union() -> None:
    network = usual()[0]
    metro, pop = SITE_KINDS.index("metro"), SITE_KINDS.index("pop")
    up = network.kind[network.tail] >= metro
    to_pop = up & ~np.isin(network.kind[network.tail], [SITE_KINDS.index(kind) for kind in ("cell", "rack")])
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


def test_site_labels_tell_the_union_the_sea_and_third_countries() -> None:
    network = usual()[0]
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
