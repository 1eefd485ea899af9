"""The instances: tasks and nodes spread over a geographic network, drawn from a size and a seed.

Demands and capacities are whole numbers: compute in milli-cores, memory in MB, bandwidth in Mbps. A task on
a node costs ``price * compute / 1000 + RTT_PRICE * rtt``. Links carry any amount; a task reaches the nodes
within its latency limit. Wanted: as many tasks (or as much compute) as possible, then the least cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

RTT_PRICE = 0.02  # per ms
RESOURCES = ("compute_mc", "memory_mb", "bandwidth_mbps")
DEFAULT_LOAD = 0.9
ACCESS_NS = 500_000  # round trip between a node and its site

# tasks, nodes, sites
SIZES = {
    "A": (1_000, 100, 50),
    "B": (10_000, 1_000, 50),
    "C": (100_000, 10_000, 200),
    "D": (1_000_000, 100_000, 500),
    "E": (10_000_000, 1_000_000, 500),
}
# share, capacity, base price of 1,000 milli-cores; three vehicles, then two hosts of factories
KINDS = (
    (0.45, (4_000, 8_192, 200), 1.00),
    (0.30, (8_000, 16_384, 300), 0.95),
    (0.15, (16_000, 32_768, 500), 0.90),
    (0.07, (64_000, 262_144, 10_000), 0.60),
    (0.03, (128_000, 524_288, 25_000), 0.55),
)
VEHICLES = 3  # the first of the kinds
MODELS = 24
LIMITS_MS, LIMIT_SHARES = (10, 20, 40, 80, 160), (0.15, 0.25, 0.30, 0.20, 0.10)
LARGEST_DEMAND = (16_000, 60_000, 400)
LOAD_OF_COMPUTE = (1.0, 0.85, 0.25)  # load of each resource, as a part of that of compute


@dataclass(frozen=True)
class Instance:
    """One problem. n tasks, m nodes, S sites, L links."""

    demand: Array  #: (n, 3) int32, by `RESOURCES`
    origin: Array  #: (n,) int32
    max_rtt_ms: Array  #: (n,) float32
    model: Array  #: (n,) int16, entry of the catalogue
    capacity: Array  #: (m, 3) int32
    site: Array  #: (m,) int32
    price: Array  #: (m,) float32, of 1,000 milli-cores
    kind: Array  #: (m,) int8, entry of `KINDS`
    links: tuple[Array, Array]  #: (L,) int32 each: the two ends
    latency_ns: Array  #: (L,) int64, one way
    rtt_ms: Array  #: (S, S) float64: there and back, and the access

    @property
    def tasks(self) -> int:
        return len(self.demand)

    @property
    def nodes(self) -> int:
        return len(self.capacity)

    @property
    def sites(self) -> int:
        return len(self.rtt_ms)


def _spanning_tree(km: Array) -> Array:
    """(S, S) bool: the pairs of a least spanning tree (Prim), in one of their two directions."""
    tree = np.zeros(km.shape, bool)
    nearest, best = np.zeros(len(km), np.int64), km[0].copy()
    outside = np.ones(len(km), bool)
    outside[0] = False
    for _ in range(len(km) - 1):
        new = int(np.argmin(np.where(outside, best, np.inf)))
        tree[nearest[new], new] = True
        outside[new] = False
        nearest = np.where(km[new] < best, new, nearest)
        best = np.minimum(best, km[new])
    return tree


def _all_distances(sites: int, links: tuple[Array, Array], latency_ns: Array) -> Array:
    """(S, S) int64: least latency one way between all pairs of sites, in ns (Floyd and Warshall)."""
    far = np.full((sites, sites), np.iinfo(np.int64).max // 4)
    np.fill_diagonal(far, 0)
    for a, b in (links, links[::-1]):
        np.minimum.at(far, (a, b), latency_ns)
    for via in range(sites):
        np.minimum(far, far[:, via, None] + far[via], out=far)
    return far


def _network(rng: np.random.Generator, sites: int) -> tuple[tuple[Array, Array], Array]:
    """Links and their latency: near sites are likely joined, and all hang together."""
    position = rng.random((sites, 2)) * [4000, 3000]  # km
    km = np.hypot(*(position[:, None] - position[None]).transpose(2, 0, 1))
    joined = (rng.random((sites, sites)) < 0.9 * np.exp(-km / 250)) | _spanning_tree(km)
    tail, head = np.nonzero(np.triu(joined | joined.T, 1))
    latency_ms = km[tail, head] * 1.3 / 200 + 0.15
    return (tail.astype(np.int32), head.astype(np.int32)), np.floor(latency_ms * 1e6 + 0.5).astype(np.int64)


def _demand(model: Array, catalogue: Array, wobble: Array, total: Array) -> Array:
    """Demands by the model asked for, scaled to a total a resource, cut at the largest."""
    relative = catalogue[model] * wobble
    wanted = np.maximum(1, relative / relative.mean(axis=0) * (total / len(model)))
    return np.minimum(wanted, LARGEST_DEMAND).astype(np.int32)


def make(
    size: str | tuple[int, int, int] = "A", seed: int = 0, jitter: float = 0.0, load: float = DEFAULT_LOAD
) -> Instance:
    """Draw an instance; the same arguments give the same one.

    Parameters
    ----------
    size : str or (tasks, nodes, sites)
        A key of `SIZES`, or a size of one's own.
    seed : int
    jitter : float
        0: tasks of one model ask the same. Above: every demand is off by up to this share, so all differ.
    load : float
        Demand of compute over its capacity, before demands are cut.
    """
    tasks, nodes, sites = SIZES[size] if isinstance(size, str) else size
    rng = np.random.default_rng(seed)
    links, latency_ns = _network(rng, sites)
    people = rng.pareto(1.5, sites) + 0.3
    people /= people.sum()
    factories = rng.choice(sites, max(2, sites * 15 // 100), replace=False, p=people)
    kind = np.sort(rng.choice(len(KINDS), nodes, p=[share for share, _, _ in KINDS])).astype(np.int8)
    parked, racked = rng.choice(sites, nodes, p=people), rng.choice(factories, nodes)
    site = np.where(kind < VEHICLES, parked, racked).astype(np.int32)
    capacity = np.array([room for _, room, _ in KINDS], np.int32)[kind]
    dearer = rng.choice(np.linspace(0.8, 1.25, 10), sites)
    price = np.array([base for _, _, base in KINDS])[kind] * dearer[site]
    spread = (0.7, 0.8, 0.9)
    catalogue = np.stack([rng.lognormal(0, sigma, MODELS) for sigma in spread], axis=1)
    limit_ms = rng.choice(LIMITS_MS, MODELS, p=LIMIT_SHARES)
    model = rng.choice(MODELS, tasks, p=rng.dirichlet(np.full(MODELS, 2.0))).astype(np.int16)
    origin = rng.choice(sites, tasks, p=people).astype(np.int32)
    wobble = 1 + jitter * (2 * rng.random((tasks, 3)) - 1)
    total = capacity.sum(axis=0) * [load * part for part in LOAD_OF_COMPUTE]
    return Instance(
        demand=_demand(model, catalogue, wobble, total),
        origin=origin,
        max_rtt_ms=limit_ms[model].astype(np.float32),
        model=model,
        capacity=capacity,
        site=site,
        price=price.astype(np.float32),
        kind=kind,
        links=links,
        latency_ns=latency_ns,
        rtt_ms=(2 * _all_distances(sites, links, latency_ns) + ACCESS_NS) / 1e6,
    )
