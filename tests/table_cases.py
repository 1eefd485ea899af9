"""A network of three cities and small tables on it: shared by the tests of tables."""

from __future__ import annotations

from typing import Any

import numpy as np

import gigafleet as gf
from gigafleet.labels import LabelColumn

CITIES = ("Aachen", "Bonn", "Celle")


def network(names: tuple[Any, ...] = CITIES) -> gf.Network:
    links = (np.arange(len(names) - 1), np.arange(1, len(names)))
    return gf.Network(sites=names, links=links, latency_ms=1.0)


NET = network()


def nodes(**changes: Any) -> gf.Nodes:
    return gf.Nodes(NET, **{"site": [0, 1], "capacity": {"memory_gb": [16, 80]}} | changes)


def tasks(**changes: Any) -> gf.Tasks:
    return gf.Tasks(NET, **{"origin": [0, 1], "demand": {"memory_gb": [4, 8]}} | changes)


def sets(read: LabelColumn, rows: int) -> list[set[str]]:
    return [set(read._core.row(row)) for row in range(rows)]


# What a table holds
