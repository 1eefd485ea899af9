"""The nodes of the Europe scenario: parked vehicles, one row each, and hosts of factories in count rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gigafleet import economics
from gigafleet.errors import InputError
from gigafleet.owners import Owners
from gigafleet.scenarios.campuses import Racks, host_type
from gigafleet.scenarios.countries import COUNTRIES, EU27, PARKED_SHARE, fill_wholesale
from gigafleet.scenarios.factories import Campus
from gigafleet.scenarios.network import NetworkArrays, apportion
from gigafleet.scenarios.presets import FleetFigures, Preset

__all__ = [
    "NODE_LABELS",
    "RESOURCES",
    "NodeColumns",
    "departure_hours",
    "node_columns",
    "owners",
    "parked_share",
    "vehicles_by_country",
]

RESOURCES: Final = ("compute_tops", "memory_gb", "power_w", "energy_wh")
NODE_LABELS: Final = ("vehicle", "factory", "gigafactory", "plugged", "tier-1", "tier-2", "tier-3")


FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class NodeColumns:
    """Columns of the node table, N rows: vehicles first, in random order, then the hosts of the campuses.

    Attributes
    ----------
    site : (N,) int32
        Position in the network.
    capacity, price : dict of str to (N,) float32
        By resource: TOPS, GB, W, Wh; EUR/h per unit (energy: EUR per Wh).
    labels : (N,) uint64
        Bits of :data:`NODE_LABELS`.
    access_rtt_ms, link_up_mbps, link_down_mbps, available_s : (N,) float32
    count : (N,) int32
        1 for a vehicle.
    owner : (N,) int32
        Position in :func:`owners`.
    """

    site: NDArray[np.int32]
    capacity: dict[str, Float32Array]
    price: dict[str, Float32Array]
    labels: NDArray[np.uint64]
    access_rtt_ms: Float32Array
    link_up_mbps: Float32Array
    link_down_mbps: Float32Array
    available_s: Float32Array
    count: NDArray[np.int32]
    owner: NDArray[np.int32]


def parked_share(day: str, hour: int) -> float:
    """Return the share of cars parked in an hour.

    Parameters
    ----------
    day : str
        "weekdays", "saturday" or "sunday".
    hour : int
        0 to 23.

    Raises
    ------
    InputError
        Another day or hour.
    """
    if day not in PARKED_SHARE:
        raise InputError.at("day", repr(day), " or ".join(PARKED_SHARE))
    if not 0 <= hour <= 23:
        raise InputError.at("hour", hour, "0 to 23")
    return PARKED_SHARE[day][hour]


def departure_hours(
    rng: np.random.Generator, count: int, *, day: str, hour: int, figures: FleetFigures
) -> FloatArray:
    """Draw how long parked cars stay, following the share of cars on the road.

    In hour k, with a share s of cars driving and trips of `mean_trip_h`, cars depart at the rate
    s / mean_trip_h; a parked one at h(k) = s / mean_trip_h / (1 - s). The stay is drawn by inversion of the
    survival function exp(-sum of h) from `hour` on, the day repeating, and cut at `max_stay_h`.

    Returns
    -------
    (count,) float64
        Hours.
    """
    parked = np.roll(np.array(PARKED_SHARE[day]), -hour)
    hours = np.arange(int(np.ceil(figures.max_stay_h)) + 1)
    hazard = np.resize((1 - parked) / parked / figures.mean_trip_h, len(hours) - 1)
    cumulated = np.concatenate([[0.0], np.cumsum(hazard)])
    return np.minimum(np.interp(rng.exponential(size=count), cumulated, hours), figures.max_stay_h)


def vehicles_by_country(vehicles: int) -> dict[str, int]:
    """Split vehicles over the EU27 by stock of passenger cars, whole numbers that sum to `vehicles`."""
    cars = np.array([COUNTRIES[code].passenger_cars for code in EU27], np.float64)
    return dict(zip(EU27, apportion(vehicles, cars).tolist(), strict=True))


def owners(preset: Preset, campuses: Sequence[tuple[Campus, str, int]]) -> Owners:
    """Return who owns the nodes: the households of each country of the EU27, then each campus.

    Households pay the wholesale price and a markup, campuses another one, times their overhead; carbon is
    priced alike.
    """
    fleet, factories = preset.fleet, preset.factories
    codes = (*EU27, *(one.country for one, _, _ in campuses))
    home = np.arange(len(codes)) < len(EU27)
    return Owners(
        name=(*(f"cars in {code}" for code in EU27), *(one.name for one, _, _ in campuses)),
        eur_per_kwh=fill_wholesale(codes) / 1e3
        + np.where(home, fleet.retail_markup_eur_per_kwh, factories.markup_eur_per_kwh),
        carbon_g_per_kwh=[COUNTRIES[code].carbon_g_per_kwh for code in codes],
        carbon_eur_per_t=factories.carbon_eur_per_t,
        overhead=np.where(home, 1.0, factories.power_usage_effectiveness),
    )


def node_columns(
    preset: Preset,
    network: NetworkArrays,
    campuses: Sequence[tuple[Campus, str, int]],
    racks: Racks | None = None,
    *,
    vehicles: int,
    hour: int,
    day: str,
    rng: np.random.Generator,
) -> NodeColumns:
    """Generate the nodes.

    Parameters
    ----------
    preset : Preset
    network : NetworkArrays
        With `campuses`, and with `racks` where they are given.
    campuses : sequence of (Campus, kind, chips)
        Chips offered.
    racks : Racks, optional
        Of `campuses`: a row of hosts each, at the site of the rack. Default: a row a campus, at its site.
    vehicles : int
        Parked vehicles offered, a row each.
    hour, day
        See :func:`parked_share`.
    rng : numpy.random.Generator

    Returns
    -------
    NodeColumns
        The vehicles, then the hosts: a row a rack, or a campus. O(rows).
    """
    power_price = owners(preset, campuses).price_eur_per_wh.astype(np.float32)
    cars = _vehicles(preset, network, power_price, vehicles, hour, day, rng)
    hosts = _hosts(preset, network, power_price, campuses, racks)
    both = {name: _join(cars[name], hosts[name]) for name in cars}
    return NodeColumns(**both)


def _join(first: Any, second: Any) -> Any:
    if isinstance(first, dict):
        return {name: np.concatenate([first[name], second[name]]) for name in first}
    return np.concatenate([first, second])


def _vehicles(
    preset: Preset,
    network: NetworkArrays,
    power_price: Float32Array,
    count: int,
    hour: int,
    day: str,
    rng: np.random.Generator,
) -> dict[str, Any]:
    figures = preset.fleet
    lines, types = figures.lines, figures.types
    line = rng.choice(len(lines), count, p=_shares([row.share for row in lines]))
    kind = rng.choice(len(types), count, p=_shares([row.share for row in types]))
    country = rng.permutation(np.repeat(np.arange(len(EU27)), list(vehicles_by_country(count).values())))
    site = _vehicle_sites(network, country, np.array([row.home for row in lines])[line], rng)
    stay_h = departure_hours(rng, count, day=day, hour=hour, figures=figures)
    plugged = rng.random(count) < _plugged_share(figures, hour)
    battery_wh = rng.uniform(figures.battery_kwh_min, figures.battery_kwh_max, count) * 1e3
    energy_wh = economics.usable_energy_wh(
        battery_wh,
        reserve=1 - rng.uniform(0, figures.offered_share_max, count),
        plug_w=np.where(plugged, figures.plug_power_w, 0),
        stay_s=stay_h * 3600,
    )
    tier_2 = rng.random(count) < figures.attested_share
    tops = np.array([row.compute_tops for row in types])
    memory_gb = np.array([row.memory_gb for row in types])
    rent = economics.compensation(
        [row.rent_eur_per_h for row in types], {"compute_tops": tops, "memory_gb": memory_gb}
    )
    return {
        "site": site.astype(np.int32),
        "capacity": {
            "compute_tops": tops.astype(np.float32)[kind],
            "memory_gb": memory_gb.astype(np.float32)[kind],
            "power_w": np.array([row.power_w for row in types], np.float32)[kind],
            "energy_wh": energy_wh.astype(np.float32),
        },
        "price": {
            **{name: price.astype(np.float32)[kind] for name, price in rent.items()},
            "power_w": power_price[country],
            "energy_wh": np.where(plugged, 0, figures.battery_wear_eur_per_kwh / 1e3).astype(np.float32),
        },
        "labels": _bit("vehicle")
        | _bit("plugged") * plugged
        | np.where(tier_2, _bit("tier-2"), _bit("tier-3")),
        "access_rtt_ms": np.array([row.access_rtt_ms for row in lines], np.float32)[line],
        "link_up_mbps": np.array([row.up_mbps for row in lines], np.float32)[line],
        "link_down_mbps": np.array([row.down_mbps for row in lines], np.float32)[line],
        "available_s": (stay_h * 3600).astype(np.float32),
        "count": np.ones(count, np.int32),
        "owner": country.astype(np.int32),
    }


def _hosts(
    preset: Preset,
    network: NetworkArrays,
    power_price: Float32Array,
    campuses: Sequence[tuple[Campus, str, int]],
    racks: Racks | None,
) -> dict[str, Any]:
    figures = preset.factories
    hosts = [host_type(figures, kind) for _, kind, _ in campuses]
    chips = np.array([host.chips for host in hosts])
    count = np.array([offered for _, _, offered in campuses], np.int32) // chips
    site = np.sort(np.concatenate([network.of_kind(kind) for kind in ("factory", "gigafactory")]))
    campus = np.arange(len(campuses))  # of each row
    access_rtt_ms = figures.access_rtt_ms
    if racks is not None:
        campus, count, site = racks.campus, racks.hosts, network.of_kind("rack")
        # The way from the gateway to the rack is a link; the access is what is left of the campus.
        access_rtt_ms = max(access_rtt_ms - 2 * preset.network.rack_hop_ms, 0)
    rows = len(campus)
    tops = np.array([host.tops_per_chip for host in hosts])
    memory_gb = np.array([host.memory_gb_per_chip for host in hosts])
    rent = economics.compensation(
        [host.rent_eur_per_chip_h for host in hosts], {"compute_tops": tops, "memory_gb": memory_gb}
    )
    power_w = np.array([host.watt_per_chip * host.chips for host in hosts], np.float32)
    giant = np.array([kind == "gigafactory" for _, kind, _ in campuses], np.bool_)
    labels = (_bit("factory") | _bit("plugged") | _bit("tier-1")) | _bit("gigafactory") * giant
    return {
        "site": site.astype(np.int32),
        "capacity": {
            "compute_tops": (tops * chips).astype(np.float32)[campus],
            "memory_gb": (memory_gb * chips).astype(np.float32)[campus],
            "power_w": power_w[campus],
            "energy_wh": np.full(rows, np.inf, np.float32),
        },
        "price": {
            **{name: price.astype(np.float32)[campus] for name, price in rent.items()},
            "power_w": power_price[len(EU27) + campus],
            "energy_wh": np.zeros(rows, np.float32),
        },
        "labels": labels[campus],
        "access_rtt_ms": np.full(rows, access_rtt_ms, np.float32),
        "link_up_mbps": np.full(rows, np.inf, np.float32),
        "link_down_mbps": np.full(rows, np.inf, np.float32),
        "available_s": np.full(rows, np.inf, np.float32),
        "count": count.astype(np.int32),
        "owner": (len(EU27) + campus).astype(np.int32),
    }


def _bit(label: str) -> np.uint64:
    return np.uint64(1 << NODE_LABELS.index(label))


def _shares(values: Sequence[float]) -> FloatArray:
    return np.array(values) / sum(values)


def _plugged_share(figures: FleetFigures, hour: int) -> float:
    """Between the day's and the night's share on a cosine: least at 13:00, most at 1:00."""
    night = (1 + np.cos((hour - 1) / 12 * np.pi)) / 2
    return float(
        figures.plugged_share_day + (figures.plugged_share_night - figures.plugged_share_day) * night
    )


def _vehicle_sites(
    network: NetworkArrays, country: IntArray, home: NDArray[np.bool_], rng: np.random.Generator
) -> IntArray:
    """Draw a cell by population within each vehicle's country; a car on its home line stands at the metro."""
    cells = network.of_kind("cell")
    code = np.searchsorted(np.array(sorted(EU27)), network.country[network.metro[cells]])
    rank = np.argsort(np.array(EU27))  # position in EU27 of the k-th code in alphabetical order
    order = np.argsort(rank[code], kind="stable")
    cells, owner = cells[order], rank[code][order]
    reach = np.concatenate([[0.0], np.cumsum(network.population[cells])])
    first = np.searchsorted(owner, np.arange(len(EU27)))
    last = np.searchsorted(owner, np.arange(len(EU27)), side="right")
    low, high = reach[first][country], reach[last][country]
    picked = np.searchsorted(reach, low + (high - low) * rng.random(len(country)), side="right") - 1
    cell = cells[np.clip(picked, first[country], last[country] - 1)]
    site: IntArray = np.where(home, network.metro[cell], cell)
    return site
