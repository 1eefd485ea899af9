"""A placement problem as plain data: the tables that the oracle reads and the engine is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

INF = math.inf


@dataclass(frozen=True)
class Site:
    labels: tuple[str, ...] = ()
    domains: Mapping[str, str] = field(default_factory=dict)
    access_up_mbps: float = INF
    access_down_mbps: float = INF


@dataclass(frozen=True)
class Link:
    tail: int
    head: int
    latency_ms: float
    capacity_mbps: float = INF
    price_per_mbps: float = 0


@dataclass(frozen=True)
class Node:
    site: int
    capacity: Mapping[str, float]
    price: Mapping[str, float] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    access_rtt_ms: float = 0
    link_up_mbps: float = INF
    link_down_mbps: float = INF
    available_s: float = INF
    count: int = 1
    devices: int = 0
    device_capacity: Mapping[str, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    origin: int
    demand: Mapping[str, float]
    weight: float = 1
    priority: int = 0
    uplink_mbps: float = 0
    downlink_mbps: float = 0
    max_rtt_ms: float = INF
    duration_s: float = 0
    require: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    transit_require: tuple[str, ...] = ()
    transit_forbid: tuple[str, ...] = ()
    count: int = 1
    devices: float = 0
    device_demand: Mapping[str, float] = field(default_factory=dict)
    gang: int = -1
    gang_level: str = "rack"
    spread: int = -1
    spread_level: str = "node"
    spread_max: int = 1
    model: str = ""
    max_wait_s: float = INF
    tenant: str = ""  #: of none


@dataclass(frozen=True)
class Tenant:
    name: str
    weight: float = 1
    quota: Mapping[str, float] = field(default_factory=dict)
    max_priority: int = 0


@dataclass(frozen=True)
class Objective:
    rtt_price: float = 1e-5  #: EUR/h per ms of round trip
    horizon_s: float = 3600  #: what an open-ended task is taken to last
    risk_price: float = 0  #: EUR/h where the node leaves within the horizon
    move_cost: float = 1e-3  #: EUR, once, for a task that ran elsewhere before
    evict_cost: float = 1e-2  #: EUR, once, for a task that ran before and has no place now
    load_eur_per_gb: float = 1e-4  #: EUR, once, for weights that a node loads
    load_window_s: float = 600  #: in which the nodes of a site load
    load_share: float = 0.5  #: of the site's access, meanwhile


@dataclass(frozen=True)
class Model:
    name: str
    weights_gb: float


@dataclass(frozen=True)
class Problem:
    sites: tuple[Site, ...]
    links: tuple[Link, ...]
    nodes: tuple[Node, ...]
    tasks: tuple[Task, ...]
    directed: bool = False
    consumable: tuple[str, ...] = ("energy_wh",)
    resolution: Mapping[str, float] = field(default_factory=dict)
    objective: Objective = Objective()
    models: tuple[Model, ...] = ()
    model_resource: str = "memory_gb"
    tenants: tuple[Tenant, ...] = ()
    in_use_before: frozenset[tuple[int, int, str]] = frozenset()  #: node row, instance, model

    @property
    def resources(self) -> list[str]:
        """Names, in order, of all that nodes offer or tasks ask."""
        offered = {r for node in self.nodes for r in node.capacity}
        return sorted(offered | {r for task in self.tasks for r in task.demand})

    @property
    def device_resources(self) -> list[str]:
        """Names, in order, of all that devices have or tasks ask of one."""
        offered = {r for node in self.nodes for r in node.device_capacity}
        return sorted(offered | {r for task in self.tasks for r in task.device_demand})

    @property
    def has_bonds(self) -> bool:
        return any(task.gang >= 0 or task.spread >= 0 for task in self.tasks)

    @property
    def has_devices(self) -> bool:
        return bool(self.device_resources) or any(row.devices for row in (*self.nodes, *self.tasks))

    @property
    def schema(self) -> list[str]:
        """Resources of nodes, then what is counted of devices."""
        of_devices = ["devices", *(f"device.{r}" for r in self.device_resources)]
        return self.resources + (of_devices if self.has_devices else [])
