"""The network of the Europe scenario: PoPs, metros, cells, campuses and racks, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gigafleet.errors import InputError
from gigafleet.scenarios import places
from gigafleet.scenarios.campuses import Racks
from gigafleet.scenarios.countries import EU27
from gigafleet.scenarios.factories import Campus
from gigafleet.scenarios.presets import NetworkFigures

__all__ = ["SITE_KINDS", "SITE_LABELS", "TASKS_PER_CELL", "NetworkArrays", "network_arrays"]

SITE_KINDS: Final = ("pop", "waypoint", "metro", "cell", "factory", "gigafactory", "rack")
SITE_LABELS: Final = ("eu", "sea", "third")
TASKS_PER_CELL: Final = 125  # a million tasks over 8,000 cells
INTERNATIONAL: Final = "international"
COUNTRY_REACH_KM: Final = 50.0
METROS_PER_CELL: Final = 5_376 / 8_000
LEAST_CELLS: Final = 60

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_Block = dict[str, Any]


@dataclass(frozen=True)
class NetworkArrays:
    """Columns of sites (S rows) and links (L rows).

    Attributes
    ----------
    names : tuple of str
        Readable and unique.
    kind : (S,) int8
        Position in :data:`SITE_KINDS`.
    lat, lon : (S,) float64
    country, region, campus, rack : (S,) str
        Domains; "" where there is none. A rack site is called as its domain.
    labels : (S,) uint64
        Bits of :data:`SITE_LABELS`.
    access_up_mbps, access_down_mbps : (S,) float64
    population : (S,) float64
        Inhabitants served: of the city at a metro, of its part at a cell, else 0.
    metro : (S,) int64
        Position of the metro above a cell, the metro itself at a metro, else -1.
    tail, head : (L,) int32
    latency_ms, capacity_mbps : (L,) float64
        One way; each way.
    """

    names: tuple[str, ...]
    kind: NDArray[np.int8]
    lat: FloatArray
    lon: FloatArray
    country: NDArray[np.str_]
    region: NDArray[np.str_]
    campus: NDArray[np.str_]
    rack: NDArray[np.str_]
    labels: NDArray[np.uint64]
    access_up_mbps: FloatArray
    access_down_mbps: FloatArray
    population: FloatArray
    metro: IntArray
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    latency_ms: FloatArray
    capacity_mbps: FloatArray

    def of_kind(self, kind: str) -> IntArray:
        """Return the positions of the sites of one kind."""
        return np.flatnonzero(self.kind == SITE_KINDS.index(kind))


def apportion(total: int, weight: FloatArray, least: int = 0) -> IntArray:
    """Split `total` into whole parts by weight: largest remainders, `least` to each first.

    Parameters
    ----------
    total : int
        At least ``least * len(weight)``.
    weight : (N,) float64
        Non-negative, some above zero.
    least : int
        Given to every part before the split, 0 by default.

    Returns
    -------
    (N,) int64
        Parts that sum to `total`; ties go to the smaller position.
    """
    parts = np.full(len(weight), least, np.int64)
    rest = total - least * len(weight)
    exact = weight / weight.sum() * total - least  # what is still missing from the fair share
    exact = np.maximum(exact, 0)
    exact *= rest / max(exact.sum(), 1e-300)
    whole = np.floor(exact + 1e-9).astype(np.int64)
    parts += whole
    short = rest - int(whole.sum())
    parts[np.argsort(-(exact - whole), kind="stable")[:short]] += 1
    return parts


def network_arrays(
    figures: NetworkFigures,
    *,
    tasks: int,
    cells: int | None = None,
    campuses: Sequence[tuple[Campus, str, int]] = (),
    racks: Racks | None = None,
    countries: Mapping[str, str] | None = None,
    key: str = "backbone/europe",
) -> NetworkArrays:
    """Build the network.

    Parameters
    ----------
    figures : NetworkFigures
        Latencies, capacities and shares.
    tasks : int
        Tasks at once; sets the number of cells where `cells` is None, and the size of the backbone, which
        carries tasks / 1,000,000 of the stated capacities.
    cells : int, optional
        Cells in all, at least 60. Default: one for 125 tasks, 60 to 8,000. Fewer than 8,000 keep the largest
        metros only (each country keeps its largest). Where more than 125 tasks come on a cell, it stands for
        more sectors in proportion.
    campuses : sequence of (Campus, kind, chips)
        Kind "factory" or "gigafactory"; chips offered there, which size its gateway. Positions are resolved.
    racks : Racks, optional
        Of `campuses`: each becomes a site, linked to its campus, and the link of a campus to its PoP is its
        gateway. Default: none; hosts stand at the site of the campus, whose own access is the gateway.
    countries : mapping of str to str, optional
        PoP or waypoint -> ISO code or "international", over the rule of the nearest city within 50 km.
    key : str
        topohub's key of the backbone.

    Returns
    -------
    NetworkArrays
        Sites in this order: PoPs and waypoints, metros, cells, campuses, racks.

    Raises
    ------
    InputError
        Too few cells, an unknown PoP in `countries`, two campuses of one name.
    """
    count = min(8_000, max(LEAST_CELLS, tasks // TASKS_PER_CELL)) if cells is None else cells
    if count < LEAST_CELLS:
        raise InputError.at("cells", count, f"{LEAST_CELLS} or more")
    bone = places.backbone(key)
    over = dict(countries or {})
    growth = max(1.0, tasks / count / TASKS_PER_CELL)
    pops = _pops(bone, figures, tasks / 1e6, over)
    metros = _kept_metros(count)
    per_metro = apportion(count, metros.population.astype(np.float64), least=1)
    first_campus = len(bone.name) + len(metros) + count
    campus_sites = _campuses(bone, pops["country"], campuses, first_campus, figures, racked=racks is not None)
    blocks = [
        pops,
        _metros(bone, pops["country"], metros, per_metro, figures, growth),
        _cells(len(bone.name), metros, per_metro, figures, growth),
        campus_sites,
        *([] if racks is None else [_racks(campus_sites, racks, first_campus, figures)]),
    ]
    columns: dict[str, Any] = {
        field: np.concatenate([np.asarray(block[field]) for block in blocks]) for field in blocks[0]
    }
    names = tuple(columns.pop("names").tolist())
    if over:
        raise InputError.at("countries", repr(next(iter(over))), "the name of a PoP or waypoint")
    columns["labels"] = _labels(columns["country"], columns["kind"])
    columns["rack"] = np.where(columns["kind"] == SITE_KINDS.index("rack"), names, "")
    if len(set(names)) != len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError.at("gigafactories", repr(twice), "a name that no other site has")
    return NetworkArrays(names=names, **columns)


def _pops(bone: places.Backbone, figures: NetworkFigures, scale: float, over: dict[str, str]) -> _Block:
    count = len(bone.name)
    world = places.cities(eu27=False)
    city = places.nearest(bone.lat, bone.lon, world.lat, world.lon)
    far = places.great_circle_km(bone.lat, bone.lon, world.lat[city], world.lon[city]) > COUNTRY_REACH_KM
    names = _pop_names(bone)
    country = np.where(far, INTERNATIONAL, world.country[city])
    region = np.where(far, INTERNATIONAL, world.region[city])
    for row, name in enumerate(names):
        if name in over:
            country[row] = region[row] = over.pop(name)
    factor = np.where(bone.sea, figures.sea_route_factor, figures.route_factor)
    waves = np.ceil(bone.utilisation * figures.busiest_link_gbps / figures.wave_gbps)
    share = figures.wave_gbps * 1e3 * figures.backbone_share * scale
    return {
        "names": names,
        "kind": np.where(bone.waypoint, SITE_KINDS.index("waypoint"), SITE_KINDS.index("pop")).astype(
            np.int8
        ),
        "lat": bone.lat,
        "lon": bone.lon,
        "country": country,
        "region": region,
        "campus": np.full(count, ""),
        "access_up_mbps": np.full(count, np.inf),
        "access_down_mbps": np.full(count, np.inf),
        "population": np.zeros(count),
        "metro": np.full(count, -1),
        "tail": bone.tail,
        "head": bone.head,
        "latency_ms": bone.length_km * factor * figures.fibre_us_per_km * 1e-3 + figures.hop_ms,
        "capacity_mbps": np.maximum(waves, 1) * share,
    }


def _metros(
    bone: places.Backbone,
    pop_country: NDArray[np.str_],
    metros: places.Cities,
    per_metro: IntArray,
    figures: NetworkFigures,
    growth: float,
) -> _Block:
    count, first = len(metros), len(bone.name)
    fixed = figures.inhabitants_per_cell * figures.fixed_share * growth * per_metro
    tail, head, latency_ms = _uplinks(bone, pop_country, metros.lat, metros.lon, first, figures)
    return {
        "names": _metro_names(metros),
        "kind": np.full(count, SITE_KINDS.index("metro"), np.int8),
        "lat": metros.lat,
        "lon": metros.lon,
        "country": metros.country,
        "region": metros.region,
        "campus": np.full(count, ""),
        "access_up_mbps": fixed * figures.fixed_up_mbps_per_inhabitant,
        "access_down_mbps": fixed * figures.fixed_down_mbps_per_inhabitant,
        "population": metros.population.astype(np.float64),
        "metro": tail.astype(np.int64),
        "tail": tail,
        "head": head,
        "latency_ms": latency_ms,
        "capacity_mbps": figures.metro_gbps_per_cell * 1e3 * figures.metro_share * growth * per_metro,
    }


def _cells(
    first_metro: int, metros: places.Cities, per_metro: IntArray, figures: NetworkFigures, growth: float
) -> _Block:
    count = int(per_metro.sum())
    parent = np.repeat(np.arange(len(metros)), per_metro)
    ordinal = np.arange(count) - np.repeat(np.cumsum(per_metro) - per_metro, per_metro) + 1
    # On the map the cells of a city lie on a sunflower around its centre, about 1 km apart.
    angle, degrees = ordinal * np.pi * (3 - 5**0.5), np.sqrt(ordinal) / 111.0
    prefix = np.asarray(_metro_names(metros))[parent]
    sectors = figures.sectors_per_cell * figures.air_share * growth
    return {
        "names": np.char.add(np.char.add(prefix, "/cell-"), ordinal.astype(np.str_)),
        "kind": np.full(count, SITE_KINDS.index("cell"), np.int8),
        "lat": metros.lat[parent] + degrees * np.sin(angle),
        "lon": metros.lon[parent] + degrees * np.cos(angle) / np.cos(np.radians(metros.lat[parent])),
        "country": metros.country[parent],
        "region": metros.region[parent],
        "campus": np.full(count, ""),
        "access_up_mbps": np.full(count, figures.sector_up_mbps * sectors),
        "access_down_mbps": np.full(count, figures.sector_down_mbps * sectors),
        "population": (metros.population / per_metro)[parent],
        "metro": first_metro + parent,
        "tail": first_metro + len(metros) + np.arange(count, dtype=np.int32),
        "head": (first_metro + parent).astype(np.int32),
        "latency_ms": np.full(count, figures.cell_hop_ms),
        "capacity_mbps": np.full(count, figures.cell_gbps * 1e3 * figures.metro_share * growth),
    }


def _campuses(
    bone: places.Backbone,
    pop_country: NDArray[np.str_],
    campuses: Sequence[tuple[Campus, str, int]],
    first: int,
    figures: NetworkFigures,
    *,
    racked: bool,
) -> _Block:
    """The gateway limits what enters and leaves: by the uplink above racks, else by the site's own access."""
    count = len(campuses)
    names = np.array([campus.name for campus, _, _ in campuses], np.str_)
    country = np.array([campus.country for campus, _, _ in campuses], np.str_)
    lat = np.array([campus.lat for campus, _, _ in campuses], np.float64)
    lon = np.array([campus.lon for campus, _, _ in campuses], np.float64)
    chips = np.array([chips for _, _, chips in campuses], np.float64)
    tail, head, latency_ms = _uplinks(bone, pop_country, lat, lon, first, figures)
    gateway = figures.gateway_mbps_per_chip * chips
    return {
        "names": names,
        "kind": np.array([SITE_KINDS.index(kind) for _, kind, _ in campuses], np.int8),
        "lat": lat,
        "lon": lon,
        "country": country,
        "region": country,
        "campus": names,
        "access_up_mbps": np.full(count, np.inf) if racked else gateway,
        "access_down_mbps": np.full(count, np.inf) if racked else gateway,
        "population": np.zeros(count),
        "metro": np.full(count, -1),
        "tail": tail,
        "head": head,
        "latency_ms": latency_ms,
        "capacity_mbps": gateway if racked else 2 * gateway,  # not the fibre behind the gateway
    }


def _racks(campuses: _Block, racks: Racks, first_campus: int, figures: NetworkFigures) -> _Block:
    """Hang each rack on its campus, which comes just before the racks."""
    count, campus = len(racks.campus), racks.campus
    return {
        "names": np.char.add(campuses["names"][campus], np.char.mod("/rack-%04d", racks.number)),
        "kind": np.full(count, SITE_KINDS.index("rack"), np.int8),
        **{field: campuses[field][campus] for field in ("lat", "lon", "country", "region", "campus")},
        "access_up_mbps": np.full(count, np.inf),
        "access_down_mbps": np.full(count, np.inf),
        "population": np.zeros(count),
        "metro": np.full(count, -1),
        "tail": first_campus + len(campuses["names"]) + np.arange(count, dtype=np.int32),
        "head": (first_campus + campus).astype(np.int32),
        "latency_ms": np.full(count, figures.rack_hop_ms),
        "capacity_mbps": figures.rack_gbps_per_host * 1e3 * racks.hosts_per_rack,
    }


def _uplinks(
    bone: places.Backbone,
    pop_country: NDArray[np.str_],
    lat: FloatArray,
    lon: FloatArray,
    first: int,
    figures: NetworkFigures,
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Link each place to the nearest PoP of the EU27 (to any PoP where the backbone has none there)."""
    usable = ~bone.waypoint & np.isin(pop_country, EU27)
    pops = np.flatnonzero(usable if usable.any() else ~bone.waypoint)
    host = pops[places.nearest(lat, lon, bone.lat[pops], bone.lon[pops])]
    length_km = places.great_circle_km(lat, lon, bone.lat[host], bone.lon[host])
    latency_ms = length_km * figures.route_factor * figures.fibre_us_per_km * 1e-3 + figures.hop_ms
    return first + np.arange(len(lat), dtype=np.int32), host.astype(np.int32), latency_ms


def _kept_metros(cells: int) -> places.Cities:
    """Return the cities that become metros: the largest, and the largest of each country."""
    cities = places.cities(eu27=True)
    wanted = min(len(cities), max(len(EU27), round(cells * METROS_PER_CELL)))
    first = np.zeros(len(cities), np.bool_)
    first[np.unique(cities.country, return_index=True)[1]] = True
    rank = np.argsort(~first, kind="stable")[:wanted]  # largest of each country, then by size
    return cities.take(np.sort(rank))


def _metro_names(metros: places.Cities) -> NDArray[np.str_]:
    names = metros.name
    for suffix in (metros.country, metros.region, np.arange(len(names)).astype(np.str_)):
        unique, inverse, counts = np.unique(names, return_inverse=True, return_counts=True)
        if len(unique) == len(names):
            break
        longer = np.char.add(np.char.add(np.char.add(metros.name, " ("), suffix), ")")
        names = np.where(counts[inverse] > 1, longer, names)
    return names


def _pop_names(bone: places.Backbone) -> NDArray[np.str_]:
    plain = np.array([f"{name} PoP" if name else "sea" for name in bone.name])
    inverse, counts = np.unique(plain, return_inverse=True, return_counts=True)[1:]
    numbered = np.char.add(np.char.add(plain, "-"), bone.vertex_id.astype(np.str_))
    return np.where((plain == "sea") | (counts[inverse] > 1), numbered, plain)


def _labels(country: NDArray[np.str_], kind: NDArray[np.int8]) -> NDArray[np.uint64]:
    """Bit 0 eu, bit 1 sea, bit 2 third; none of the three where the country of a PoP is not known."""
    eu = np.isin(country, EU27)
    sea = kind == SITE_KINDS.index("waypoint")
    third = ~eu & (country != INTERNATIONAL)
    mask: NDArray[np.uint64] = (eu + 2 * sea + 4 * third).astype(np.uint64)
    return mask
