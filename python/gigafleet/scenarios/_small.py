"""A small scenario made by hand: six sites, for documentation and tests. Needs no extra."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gigafleet.network import Network
from gigafleet.nodes import Nodes
from gigafleet.scenarios.scenario import Scenario
from gigafleet.tasks import Tasks

__all__ = ["small"]

# name, kind, country, latitude, longitude, access up and down (Mbps)
_SITES = (
    ("Köln PoP", "pop", "DE", 50.94, 6.96, np.inf, np.inf),
    ("Brussels PoP", "pop", "BE", 50.85, 4.35, np.inf, np.inf),
    ("Jülich factory", "factory", "DE", 50.92, 6.36, 10_000, 10_000),
    ("Köln", "metro", "DE", 50.94, 6.96, 2_000, 6_000),
    ("Köln/cell-1", "cell", "DE", 50.95, 6.97, 180, 900),
    ("Liège/cell-1", "cell", "BE", 50.63, 5.57, 180, 900),
)
# tail, head, latency one way (ms), capacity each way (Mbps)
_LINKS = (
    ("Köln PoP", "Brussels PoP", 1.2, 10_000),
    ("Jülich factory", "Köln PoP", 0.4, 20_000),
    ("Köln", "Köln PoP", 0.1, 5_000),
    ("Köln/cell-1", "Köln", 0.3, 1_000),
    ("Liège/cell-1", "Brussels PoP", 0.7, 1_000),
)
_RESOURCES = ("compute_tops", "memory_gb", "power_w", "energy_wh")
# site, capacities, EUR/h per TOPS, access RTT (ms), line up and down (Mbps), stay (s), count, labels
_NODES = (
    ("Jülich factory", (8_000, 640, 10_000, np.inf), 5e-4, 0.5, np.inf, np.inf, np.inf, 2, "factory"),
    ("Köln/cell-1", (300, 14, 100, 3_000), 1e-4, 20, 31, 150, 21_600, 3, "vehicle"),
    ("Köln", (240, 14, 80, 6_000), 1e-4, 15, 29, 83, 3_600, 2, "vehicle"),
    ("Liège/cell-1", (300, 14, 100, 5_000), 1e-4, 40, 21, 30, 43_200, 1, "vehicle"),
)
# origin, demands, up and down (Mbps), largest RTT (ms), duration (s), priority, count, require, forbid
_TASKS = (
    ("Köln/cell-1", (100, 4.5, 20, 5), 1, 2, 60, 900, 1, 4, "", ""),  # an 8B model at INT4
    ("Köln", (200, 8.5, 40, 40), 1, 1, 40, 3_600, 1, 1, "", ""),  # at FP8
    ("Köln/cell-1", (3_000, 72, 600, 600), 2, 2, 120, 3_600, 1, 1, "", "vehicle"),  # 70B, sensitive
    ("Liège/cell-1", (100, 4.5, 20, 5), 1, 1, 60, 900, 1, 1, "country=BE", "vehicle"),  # LABEL
    ("Köln", (5_000, 812, 1_000, 1_000), 1, 1, np.inf, 3_600, 0, 1, "", ""),  # TOO_BIG: 405B at FP16
    ("Köln", (200, 8.5, 40, 800), 1, 1, np.inf, 72_000, 0, 1, "vehicle", ""),  # TIME: 20 hours in a car
    ("Liège/cell-1", (100, 4.5, 20, 5), 1, 1, 4, 900, 1, 1, "", ""),  # RTT: 4.9 ms to Jülich
    ("Liège/cell-1", (100, 4.5, 20, 5), 400, 1, np.inf, 900, 0, 1, "", "vehicle"),  # LINK: the cell's uplink
    ("Köln", (1_000, 36, 200, 400), 2, 2, np.inf, 7_200, 0, 20, "", ""),  # CAPACITY for some
)


def small() -> Scenario:
    """Return a scenario of six sites, four node rows and nine task rows, by hand.

    The last six task rows meet one gate each: LABEL, TOO_BIG, TIME, RTT, LINK, and CAPACITY for some members.

    Returns
    -------
    Scenario
        Unpacks as network, nodes, tasks.

    Examples
    --------
    >>> network, nodes, tasks = gf.scenarios.small()
    >>> network.site_count
    6
    """
    name, kind, country, lat, lon, up_mbps, down_mbps = zip(*_SITES, strict=True)
    tail, head, latency_ms, capacity_mbps = zip(*_LINKS, strict=True)
    network = Network(
        sites=name,
        links=(_positions(tail), _positions(head)),
        latency_ms=np.array(latency_ms),
        capacity_mbps=np.array(capacity_mbps, np.float64),
        labels=("eu",),
        access_up_mbps=np.array(up_mbps, np.float64),
        access_down_mbps=np.array(down_mbps, np.float64),
        domains={"country": np.array(country)},
        lat=np.array(lat),
        lon=np.array(lon),
    )
    site, capacity, price, rtt_ms, line_up, line_down, stay_s, count, label = zip(*_NODES, strict=True)
    nodes = Nodes(
        network,
        site=_positions(site),
        capacity=dict(zip(_RESOURCES, np.array(capacity, np.float64).T.copy(), strict=True)),
        price={"compute_tops": np.array(price)},
        labels=np.array(label),
        access_rtt_ms=np.array(rtt_ms, np.float64),
        link_up_mbps=np.array(line_up, np.float64),
        link_down_mbps=np.array(line_down, np.float64),
        available_s=np.array(stay_s, np.float64),
        count=np.array(count),
    )
    origin, demand, up, down, limit_ms, duration_s, priority, members, require, forbid = zip(
        *_TASKS, strict=True
    )
    tasks = Tasks(
        network,
        origin=_positions(origin),
        demand=dict(zip(_RESOURCES, np.array(demand, np.float64).T.copy(), strict=True)),
        uplink_mbps=np.array(up, np.float64),
        downlink_mbps=np.array(down, np.float64),
        max_rtt_ms=np.array(limit_ms, np.float64),
        duration_s=np.array(duration_s, np.float64),
        priority=np.array(priority),
        count=np.array(members),
        require=np.array(require),
        forbid=np.array(forbid),
    )
    return Scenario(network, nodes, tasks, site_kind=np.array(kind), info={"name": "small"})


def _positions(names: tuple[object, ...]) -> NDArray[np.int32]:
    order = {row[0]: position for position, row in enumerate(_SITES)}
    return np.array([order[str(name)] for name in names], np.int32)
