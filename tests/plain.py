"""Tables made of NumPy arrays alone, for tests of what must work without the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from problem import Problem

INF = float("inf")
LEVELS = ("country", "region", "campus", "rack")


class Values:
    """A column: a scalar for all rows, or an array."""

    def __init__(self, value: Any) -> None:
        self.values = np.atleast_1d(np.asarray(value))
        self.scalar = np.ndim(value) == 0

    def take(self, rows: np.ndarray) -> np.ndarray:
        return np.repeat(self.values, len(rows)) if self.scalar else self.values[rows]


@dataclass
class Labels:
    """Label sets, a list of lists (or one tuple for all rows), as masks or as codes into sets."""

    sets_of_rows: Any = ()
    masks: bool = False
    codes: Values = field(init=False)
    sets: Any = field(init=False, default=None)
    names: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        one = isinstance(self.sets_of_rows, tuple)
        rows = [self.sets_of_rows] if one else [tuple(names) for names in self.sets_of_rows]
        if self.masks:
            self.names = tuple(sorted({name for names in rows for name in names}))
            codes = np.array(
                [sum(1 << self.names.index(n) for n in names) for names in rows], dtype=np.uint64
            )
        else:
            self.sets = tuple(sorted(set(rows)))
            codes = np.array([self.sets.index(names) for names in rows], dtype=np.int32)
        self.codes = Values(codes[0] if one else codes)


class Net:
    """A network; `links` are (tail, head, latency_ms) or (tail, head, latency_ms, capacity_mbps)."""

    def __init__(
        self, sites: int, links: list[tuple[Any, ...]], *, directed: bool = False, **given: Any
    ) -> None:
        self.site_count, self.directed = sites, directed
        self.sites = tuple(f"s{i}" for i in range(sites))
        self.link_tail = np.array([link[0] for link in links], dtype=np.int32)
        self.link_head = np.array([link[1] for link in links], dtype=np.int32)
        self.latency_ns = np.rint(np.array([link[2] for link in links], dtype=float) * 1e6).astype(np.int64)
        self.capacity_mbps = np.array([link[3] if len(link) > 3 else INF for link in links], dtype=float)
        self.link_count = len(links)
        self.arc_count = len(links) * (1 if directed else 2)
        self.price_per_mbps = np.asarray(given.get("price_per_mbps", np.zeros(len(links))), dtype=float)
        self.access_up_mbps = np.asarray(given.get("access_up_mbps", np.full(sites, INF)), dtype=float)
        self.access_down_mbps = np.asarray(given.get("access_down_mbps", np.full(sites, INF)), dtype=float)
        self.label_vocabulary = tuple(given.get("label_vocabulary", ()))
        self.site_labels = np.asarray(given.get("site_labels", np.zeros(sites)), dtype=np.uint64)
        self.domains: dict[str, Any] = {}
        for level, values in given.get("domains", {}).items():
            names = tuple(sorted(set(values) - {None}))
            codes = np.array([-1 if v is None else names.index(v) for v in values], dtype=np.int32)
            self.domains[level] = (codes, names)


def of_devices(given: dict[str, Any], of_each: dict[str, Any]) -> tuple[str, ...]:
    """What the schema calls devices, where there are any."""
    return ("devices", *(f"device.{name}" for name in of_each)) if "devices" in given else ()


class Tasks:
    """Task rows; every keyword is a column by its public name."""

    def __init__(self, network: Net, rows: int, demand: dict[str, Any], **given: Any) -> None:
        self.network, self.rows, self.resources = network, rows, tuple(demand)
        both = given.pop("bandwidth_mbps", 0.0)
        numbers = {
            "origin": 0, "weight": 1.0, "priority": 0, "uplink_mbps": both, "downlink_mbps": both,
            "max_rtt_ms": INF, "duration_s": 0.0, "count": 1, "devices": 0,
        }  # fmt: skip
        labels = dict.fromkeys(("require", "any_of", "forbid", "transit_require", "transit_forbid"), ())
        masks = given.pop("masks", False)
        self.labels = {name: Labels(given.pop(name, value), masks) for name, value in labels.items()}
        of_each = given.pop("device_demand", {})
        self.schema = self.resources + of_devices(given, of_each)
        ids = given.pop("id", None)
        self.columns: dict[str, Values | None] = {
            name: Values(given.pop(name, value)) for name, value in numbers.items()
        }
        self.columns["id"] = None if ids is None else Values(ids)
        self.columns |= {f"demand.{name}": Values(value) for name, value in demand.items()}
        self.columns |= {f"device_demand.{name}": Values(value) for name, value in of_each.items()}
        assert not given, given

    def __len__(self) -> int:
        return self.rows


class Nodes:
    """Node rows; every keyword is a column by its public name."""

    def __init__(self, network: Net, rows: int, capacity: dict[str, Any], **given: Any) -> None:
        self.network, self.rows, self.resources = network, rows, tuple(capacity)
        self.consumable = frozenset(given.pop("consumable", ("energy_wh",)))
        of_each = given.pop("device_capacity", {})
        self.schema = self.resources + of_devices(given, of_each)
        self.resolution = dict.fromkeys(self.schema, 1e-6) | given.pop("resolution", {}) | {"devices": 1e-3}
        price = dict.fromkeys(self.schema, 0.0) | given.pop("price", {})
        numbers = {
            "site": 0, "access_rtt_ms": 0.0, "link_up_mbps": INF, "link_down_mbps": INF,
            "available_s": INF, "count": 1, "devices": 0,
        }  # fmt: skip
        self.labels = {"labels": Labels(given.pop("labels", ()), given.pop("masks", False))}
        ids = given.pop("id", None)
        self.columns: dict[str, Values | None] = {
            name: Values(given.pop(name, value)) for name, value in numbers.items()
        }
        self.columns["id"] = None if ids is None else Values(ids)
        self.columns |= {f"capacity.{name}": Values(value) for name, value in capacity.items()}
        self.columns |= {f"device_capacity.{name}": Values(value) for name, value in of_each.items()}
        self.columns |= {f"price.{name}": Values(value) for name, value in price.items()}
        assert not given, given

    def __len__(self) -> int:
        return self.rows


@dataclass(frozen=True)
class Objective:
    rtt_price: float = 1e-5
    horizon_s: float = 3600.0
    risk_price: float = 0.0


def tables(problem: Problem, masks: bool = False, ids: bool = False) -> tuple[Tasks, Nodes]:
    """The tables of a problem; with `ids` task row i is 100 + 3 i, node row i is 900 - 7 i."""
    links = [link for link in problem.links if link.tail != link.head]
    vocabulary = tuple(sorted({name for site in problem.sites for name in site.labels}))
    net = Net(
        len(problem.sites),
        [(link.tail, link.head, link.latency_ms, link.capacity_mbps) for link in links],
        directed=problem.directed,
        price_per_mbps=[link.price_per_mbps for link in links],
        access_up_mbps=[site.access_up_mbps for site in problem.sites],
        access_down_mbps=[site.access_down_mbps for site in problem.sites],
        domains={x: [site.domains.get(x) for site in problem.sites] for x in LEVELS},
        label_vocabulary=vocabulary,
        site_labels=[sum(1 << vocabulary.index(name) for name in site.labels) for site in problem.sites],
    )

    def columns(rows: tuple[Any, ...], names: str) -> dict[str, Any]:
        return {name: [getattr(row, name) for row in rows] for name in names.split()}

    def by_resource(rows: tuple[Any, ...], name: str, resources: list[str]) -> dict[str, list[float]]:
        return {r: [getattr(row, name).get(r, 0.0) for row in rows] for r in resources}

    def devices(rows: tuple[Any, ...], name: str) -> dict[str, Any]:
        if not problem.has_devices:
            return {}
        return columns(rows, "devices") | {name: by_resource(rows, name, problem.device_resources)}

    tasks = Tasks(
        net,
        len(problem.tasks),
        by_resource(problem.tasks, "demand", problem.resources),
        masks=masks,
        id=[100 + 3 * row for row in range(len(problem.tasks))] if ids else None,
        **columns(
            problem.tasks, "origin weight priority uplink_mbps downlink_mbps max_rtt_ms duration_s count"
        ),
        **columns(problem.tasks, "require any_of forbid transit_require transit_forbid"),
        **devices(problem.tasks, "device_demand"),
    )
    nodes = Nodes(
        net,
        len(problem.nodes),
        by_resource(problem.nodes, "capacity", problem.resources),
        id=[900 - 7 * row for row in range(len(problem.nodes))] if ids else None,
        consumable=problem.consumable,
        price=by_resource(problem.nodes, "price", problem.schema),
        resolution=dict(problem.resolution),
        masks=masks,
        **columns(problem.nodes, "site labels access_rtt_ms link_up_mbps link_down_mbps available_s count"),
        **devices(problem.nodes, "device_capacity"),
    )
    return tasks, nodes
