"""The one workload of every benchmark: frozen, so that numbers stay comparable.

``make`` returns plain NumPy arrays; ``network``, ``tables`` and ``run`` put them through the public calls.

The protocol
------------
- Rows are in random order and every column is drawn on its own, from tables of a few values, in 8 to 32 bits.
- Sites: 400 core PoPs in a mesh, 1,500 metros (one in five with two uplinks), 4,000 cells, and a few cells
  cut off. Tasks come from cells, vehicles stand in cells, factory hosts at five PoPs.
- Load is expected demand over capacity of compute, 0.9 unless said; a higher one drains vehicles. With
  ``hot_spot`` one cell sends 2 % of all tasks.
- 400 cells have no vehicle and a narrow uplink, 60 have narrow air, so at least 5 % of links and some cells
  end above 99 % used.
- A few tasks of every million fail each gate in play: LABEL (nobody has it), TOO_BIG, TIME (stays too
  briefly), ROUTE (cut off), RTT (tighter than any access), LINK (narrow), CAPACITY (confidential tasks
  outnumber the machines for them).
- Vehicles come in eight types. Alike, departure and battery take a few values; else both are continuous and
  no two vehicles are alike.

Compute and memory are in units that pack: tasks of 1 and 4 units of compute onto vehicles of 1, 4 and 8. With
more tasks than nodes, the nodes grow by that ratio.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import gigafleet as gf

Array = npt.NDArray[Any]

SEEDS = tuple(range(10))
POPS, METROS, CELLS, CUT_OFF = 400, 1500, 4000, 5
NARROW_UPLINKS, NARROW_AIR, FACTORIES, COUNTRIES = 400, 60, 5, 8
HOSTS_PER_NODE = 62_500 / 100_000_000
UNIT_TOPS = 25.0
RARE = 13  # of 65,536 rows: about 200 in a million

# share, compute units, memory GB, EUR per TOPS and hour, access RTT ms, line up and down Mbps, labels
VEHICLES = (
    (0.3200, 1, 12, 2.4e-4, 14, 25, 50, ("mobile",)),
    (0.2800, 1, 12, 2.0e-4, 7, 30, 80, ("home",)),
    (0.1500, 4, 24, 2.8e-4, 14, 25, 50, ("mobile",)),
    (0.1500, 4, 24, 2.3e-4, 7, 30, 80, ("home",)),
    (0.0622, 4, 32, 2.2e-4, 6, 100, 200, ("home",)),
    (0.0150, 8, 40, 2.5e-4, 14, 25, 50, ("mobile",)),
    (0.0150, 8, 40, 2.1e-4, 6, 100, 200, ("home",)),
    (0.0078, 4, 24, 2.9e-4, 7, 30, 80, ("home", "tee")),
)
HOST_UNITS, HOST_MEMORY_GB, HOST_PRICE, HOST_RTT_MS, HOST_MBPS = 640, 2560, 1.6e-4, 0.5, 100_000
NODE_LABELS = ("vehicle", "factory", "mobile", "home", "tee")
TASK_LABELS = ("vehicle", "tee", "country=c3", "quantum")

BANDWIDTH_MBPS = ((0.5, 0.9), (1.0, 0.1))
MEAN_MBPS = sum(value * share for value, share in BANDWIDTH_MBPS)


def fresh_seed() -> int:
    """A seed nobody has tuned for; print it."""
    return secrets.randbelow(2**31)


def _table(values: Any, shares: Any, dtype: npt.DTypeLike, rare: Any = None, entries: int = RARE) -> Array:
    """65,536 entries holding `values` by their shares, and `rare` in the last few."""
    ends = np.round(np.cumsum(shares) / np.sum(shares) * 65536).astype(np.int64)
    table = np.repeat(np.asarray(values, dtype), np.diff(ends, prepend=0))
    if rare is not None:
        table[-entries:] = rare
    return table


def _draw(rng: np.random.Generator, rows: int, table: Array) -> Array:
    """`rows` draws from a table, in pieces, so that a hundred million rows cost no more than their result."""
    out = np.empty(rows, table.dtype)
    for first in range(0, rows, 1 << 22):
        piece = out[first : first + (1 << 22)]
        np.take(table, rng.integers(0, 65536, len(piece), np.uint16), out=piece)
    return out


def _sites(rng: np.random.Generator, tasks: int, hot_spot: bool) -> dict[str, Array]:
    """The network, and how many tasks each cell sends (`weight`)."""
    pop = rng.uniform((0, 0), (3000, 2500), (POPS, 2))
    metro_pop = rng.integers(0, POPS, METROS)
    metro = pop[metro_pop] + rng.normal(0, 60, (METROS, 2))
    cell_metro = rng.integers(0, METROS, CELLS)
    cell = metro[cell_metro] + rng.normal(0, 8, (CELLS, 2))
    km = np.hypot(*(pop[:, None] - pop[None]).transpose(2, 0, 1))
    np.fill_diagonal(km, np.inf)

    # Core: each PoP to its three nearest, and a spanning tree (Prim), so that it hangs together.
    pairs = {(min(a, b), max(a, b)) for a in range(POPS) for b in np.argsort(km[a])[:3].tolist()}
    inside, nearest, best = [0], np.zeros(POPS, np.int64), km[0].copy()
    while len(inside) < POPS:
        best[inside] = np.inf
        new = int(np.argmin(best))
        pairs.add((min(new, int(nearest[new])), max(new, int(nearest[new]))))
        inside.append(new)
        nearest = np.where(km[new] < best, new, nearest)
        best = np.minimum(best, km[new])
    core = np.array(sorted(pairs), np.int64)
    dual = rng.permutation(METROS)[: METROS // 5]
    second = np.argsort(km[metro_pop[dual]], axis=1)[:, 0]

    first_metro, first_cell = POPS, POPS + METROS
    tail = np.concatenate([core[:, 0], np.arange(METROS), dual, np.arange(CELLS) + first_cell - POPS])
    tail[len(core) :] += POPS
    head = np.concatenate([core[:, 1], metro_pop, second, cell_metro + first_metro])
    xy = np.concatenate([pop, metro, cell, rng.uniform((0, 0), (3000, 2500), (CUT_OFF, 2))])
    latency_ms = np.hypot(*(xy[tail] - xy[head]).T) * 1.3 * 4.9e-3 + 0.05

    weight = rng.lognormal(0, 0.5, CELLS)
    roles = rng.permutation(CELLS)
    narrow, thin_air = roles[:NARROW_UPLINKS], roles[NARROW_UPLINKS : NARROW_UPLINKS + NARROW_AIR]
    bound = roles[: NARROW_UPLINKS + NARROW_AIR]
    weight[bound] = weight[bound].clip(0.8)
    vehicles = rng.lognormal(0, 0.3, CELLS) * weight
    vehicles[narrow] = 0
    usual = weight / weight.sum() * tasks * MEAN_MBPS
    if hot_spot:
        weight[roles[-1]] = weight.sum() / 49
    weight = np.diff(np.round(np.cumsum(weight) / weight.sum() * 65536), prepend=0)
    mbps = weight / 65536 * tasks * MEAN_MBPS
    uplink, air = 20 * usual + 100, 20 * usual + 100
    uplink[narrow] = np.floor(mbps[narrow] * 0.8) + 1
    air[thin_air] = np.floor(mbps[thin_air] * 0.8) + 1
    total = mbps.sum() + 1000
    mesh, spokes = np.full(len(core), total / 5), np.full(METROS + len(dual), total / 20)
    access = np.full(len(xy), np.inf)
    access[first_cell : first_cell + CELLS] = air
    return {
        "tail": tail.astype(np.int32),
        "head": head.astype(np.int32),
        "latency_ms": latency_ms,
        "capacity_mbps": np.concatenate([mesh, spokes, uplink]),
        "access_mbps": access,
        "country": (xy[:, 0] / 3000 * COUNTRIES).clip(0, COUNTRIES - 1).astype(np.int32),
        "weight": weight,
        "vehicles": vehicles,
        "factories": rng.permutation(POPS)[:FACTORIES].astype(np.int32),
    }


def _bits(names: tuple[str, ...], vocabulary: tuple[str, ...]) -> int:
    return sum(1 << vocabulary.index(name) for name in names)


def _nodes(
    rng: np.random.Generator, sites: dict[str, Array], rows: int, load: float, alike: bool, grow: float
) -> dict[str, Array]:
    """Node columns: a vehicle's are looked up by its type, a host's are constants."""
    hosts = max(FACTORIES, round(rows * HOSTS_PER_NODE))
    host_units = HOST_UNITS * rows * HOSTS_PER_NODE / hosts  # smaller ones where there are few nodes
    share, units, memory, price, rtt, up, down, labels = zip(*VEHICLES, strict=True)
    drained = max(0.0, 1 - 0.9 / load)  # one type more: a vehicle on the road
    kinds = _table(np.arange(9), [*(s * (1 - drained) for s in share), drained], np.uint8)
    kind = _draw(rng, rows, kinds)
    host = rng.choice(rows, hosts, replace=False)
    kind[host] = 9
    first_cell = POPS + METROS
    site = _draw(rng, rows, _table(np.arange(first_cell, first_cell + CELLS), sites["vehicles"], np.int32))
    site[host] = sites["factories"][rng.integers(0, FACTORIES, hosts)]

    def column(vehicle: tuple[Any, ...], other: float, dtype: npt.DTypeLike = np.float32) -> Array:
        return np.array([*vehicle, vehicle[0], other], dtype)[kind]

    tops = tuple(u * UNIT_TOPS * grow for u in units)
    gigabytes = tuple(m * grow for m in memory)
    compute = np.array([*tops, 0, host_units * UNIT_TOPS * grow], np.float32)[kind]
    if alike:
        available = _draw(rng, rows, _table([3600, 36000], [0.3, 0.7], np.float32))
        energy = _draw(rng, rows, _table([1000, 6000], [0.3, 0.7], np.float32))
    else:
        available, energy = rng.random(rows, np.float32), rng.random(rows, np.float32)
        available *= np.float32(36000)
        available += np.float32(1200)
        energy *= np.float32(5000)
        energy += np.float32(1000)
    energy *= np.float32(grow)
    available[host] = np.inf
    energy[host] = np.inf
    masks = tuple(_bits(("vehicle", *names), NODE_LABELS) for names in labels)
    return {
        "site": site,
        "compute_tops": compute,
        "memory_gb": column(gigabytes, HOST_MEMORY_GB * grow),
        "energy_wh": energy,
        "price": column(price, HOST_PRICE),
        "access_rtt_ms": column(rtt, HOST_RTT_MS),
        "link_up_mbps": column(up, HOST_MBPS),
        "link_down_mbps": column(down, HOST_MBPS),
        "available_s": available,
        "labels": column(masks, _bits(("factory",), NODE_LABELS), np.uint64),
    }


def all_different(arrays: dict[str, Any], seed: int = 0, jitter: float = 0.1) -> dict[str, Any]:
    """The same workload, every demand of compute off by up to a share `jitter`, each in its own way."""
    tasks = arrays["tasks"]
    compute = tasks["compute_tops"]
    off = np.random.default_rng(seed).random(len(compute), np.float32)
    compute = compute * (1 + np.float32(jitter) * (2 * off - 1))
    return {**arrays, "tasks": {**tasks, "compute_tops": compute}}


def make(
    tasks: int, nodes: int, seed: int, load: float = 0.9, alike: bool = True, hot_spot: bool = False
) -> dict[str, Any]:
    """Draw a workload.

    Parameters
    ----------
    tasks, nodes : int
        Rows of the two tables, factory hosts among the nodes.
    seed : int
        The same numbers give the same arrays.
    load : float
        Expected demand over capacity of compute.
    alike : bool
        Whether departure and battery take a few values, or are continuous.
    hot_spot : bool
        Whether one cell sends 2 % of all tasks.

    Returns
    -------
    dict
        ``sites``, ``tasks`` and ``nodes``: each a dict of NumPy arrays. Linear in rows.
    """
    rng = np.random.default_rng(seed)
    sites = _sites(rng, tasks, hot_spot)
    share, units = np.array([v[0] for v in VEHICLES]), np.array([v[1] for v in VEHICLES])
    mean_units = (share * units).sum() / share.sum() * (1 - max(0.0, 1 - 0.9 / load))
    mean_units += HOST_UNITS * HOSTS_PER_NODE
    big = (load * mean_units - 1) / 3  # share of tasks of 4 units
    assert 0 < big < 1, big
    cells = np.arange(POPS + METROS, POPS + METROS + CELLS)
    origin = _table(cells, sites["weight"], np.uint16)
    origin[-RARE:] = POPS + METROS + CELLS + np.arange(RARE) % CUT_OFF
    bits = [_bits((name,), TASK_LABELS) for name in TASK_LABELS]
    return {
        "sites": sites,
        "nodes": _nodes(rng, sites, nodes, load, alike, tasks / nodes),
        "tasks": {
            "origin": _draw(rng, tasks, origin),
            "compute_tops": _draw(
                rng, tasks, _table([UNIT_TOPS, 4 * UNIT_TOPS], [1 - big, big], np.float32, rare=1e7)
            ),
            "memory_gb": _draw(rng, tasks, _table([4, 12], [0.93, 0.07], np.float32)),
            "energy_wh": np.array(400.0),
            "bandwidth_mbps": _draw(rng, tasks, _table(*zip(*BANDWIDTH_MBPS, strict=True), np.float32)),
            "max_rtt_ms": _draw(rng, tasks, _table([60, 20], [0.93, 0.07], np.float32, rare=0.1)),
            "duration_s": _draw(  # more of them: factories stay, so only tasks that need a vehicle fail
                rng, tasks, _table([600, 7200], [0.93, 0.07], np.int32, rare=2_592_000, entries=4 * RARE)
            ),
            "require": _draw(
                rng, tasks, _table([0, *bits[:3]], [0.95, 0.03, 0.015, 0.005], np.uint64, rare=bits[3])
            ),
        },
    }


def network(arrays: dict[str, Any]) -> gf.Network:
    """The network of a workload. Outside the clock: it outlives many calls."""
    sites = arrays["sites"]
    return gf.Network(
        sites=len(sites["country"]),
        links=(sites["tail"], sites["head"]),
        latency_ms=sites["latency_ms"],
        capacity_mbps=sites["capacity_mbps"],
        access_up_mbps=sites["access_mbps"],
        access_down_mbps=sites["access_mbps"],
        domains={"country": np.array([f"c{i}" for i in range(COUNTRIES)])[sites["country"]]},
    )


def tables(arrays: dict[str, Any], net: gf.Network, **columns: Any) -> tuple[gf.Tasks, gf.Nodes]:
    """The two tables, columns borrowed; tasks with further `columns`."""
    t, n = arrays["tasks"], arrays["nodes"]
    resources = ("compute_tops", "memory_gb", "energy_wh")
    tasks = gf.Tasks(
        net,
        origin=t["origin"],
        demand={name: t[name] for name in resources},
        bandwidth_mbps=t["bandwidth_mbps"],
        max_rtt_ms=t["max_rtt_ms"],
        duration_s=t["duration_s"],
        require=t["require"],
        vocabulary=TASK_LABELS,
        id=t.get("id"),
        **columns,
    )
    nodes = gf.Nodes(
        net,
        site=n["site"],
        capacity={name: n[name] for name in resources},
        price={"compute_tops": n["price"]},
        labels=n["labels"],
        vocabulary=NODE_LABELS,
        access_rtt_ms=n["access_rtt_ms"],
        link_up_mbps=n["link_up_mbps"],
        link_down_mbps=n["link_down_mbps"],
        available_s=n["available_s"],
        id=n.get("id"),
    )
    return tasks, nodes


@dataclass(frozen=True)
class Run:
    """One run from raw arrays to the last row read."""

    plan: gf.Plan
    seconds: float
    routes_s: float  # T_net, part of `seconds`


def run(arrays: dict[str, Any], net: gf.Network | None = None, **options: Any) -> Run:
    """Time ``Tasks()``, ``Nodes()``, ``place(**options)`` and ``plan.node``."""
    net = network(arrays) if net is None else net
    start = time.perf_counter()
    tasks, nodes = tables(arrays, net)
    plan = gf.place(tasks, nodes, **options)
    node = plan.node
    seconds = time.perf_counter() - start
    assert len(node) == len(arrays["tasks"]["origin"])
    return Run(plan, seconds, plan.timings["routes"])
