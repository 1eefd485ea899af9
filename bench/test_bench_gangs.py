"""Gangs beside as many tasks that are in none: what they add to the time, and how many racks they waste."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import pytest

import gigafleet as gf

BAR = 2.0  #: times the same tasks without gangs
RACKS, TRAYS, CHIPS, CELLS, LOAD = 2000, 18, 4, 2000, 0.9


def racks() -> tuple[gf.Network, gf.Nodes]:
    """Cells and racks behind one core."""
    sites = 1 + RACKS + CELLS
    rack = np.full(sites, -1, np.int32)
    rack[1 : RACKS + 1] = np.arange(RACKS)
    net = gf.Network(
        sites=sites,
        links=(np.zeros(sites - 1, np.int32), np.arange(1, sites)),
        latency_ms=np.where(np.arange(1, sites) <= RACKS, 0.01, 2),
        domains={"rack": (rack, [str(i) for i in range(RACKS)])},
    )
    nodes = gf.Nodes(net, site=np.arange(1, RACKS + 1), count=TRAYS, capacity={"chips": CHIPS})
    return net, nodes


@pytest.mark.gate
@pytest.mark.benchmark(group="place, gangs")
def test_place_gangs(benchmark: Any, rows: int, rounds: int) -> None:
    """One task in a hundred is in a gang of 2 to 32, the others are small; medians of interleaved rounds."""
    rng = np.random.default_rng(0)
    net, nodes = racks()
    sizes = rng.choice([2, 4, 8, 32], rows // 200, p=[0.6, 0.2, 0.15, 0.05])
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), min(rows // 100, RACKS * TRAYS * CHIPS // 2))]
    bound = int(sizes.sum())
    gang = np.full(rows, -1, np.int32)
    demand = np.empty(rows, np.float32)
    at = rng.permutation(rows)[:bound]
    gang[at] = np.repeat(np.arange(len(sizes)), sizes)
    each = (LOAD * RACKS * TRAYS * CHIPS - bound) / (rows - bound)
    demand[:] = each * rng.choice(np.linspace(0.5, 1.5, 40), rows)  # 80,000 classes
    demand[at] = 1
    origin = (1 + RACKS + rng.integers(0, CELLS, rows)).astype(np.int32)
    plans: list[gf.Plan] = []
    seconds: list[tuple[float, float]] = []

    def run(**columns: Any) -> tuple[gf.Plan, float]:
        start = time.perf_counter()
        tasks = gf.Tasks(net, origin=origin, demand={"chips": demand}, **columns)
        plan = gf.place(tasks, nodes, effort="fast")
        plan.assignments()
        return plan, time.perf_counter() - start

    def once() -> None:
        (_, plain_s), (plan, gangs_s) = run(), run(gang=gang, gang_level="rack")
        plans[:] = [plan]
        seconds.append((plain_s, gangs_s))

    benchmark.pedantic(once, rounds=rounds, warmup_rounds=1)
    plain_s, gangs_s = map(statistics.median, zip(*seconds, strict=True))
    placed = int(plans[0].placed_count[gang >= 0].sum())
    result = {"plain_s": plain_s, "gangs_s": gangs_s, "gangs": len(sizes), "left": bound - placed}
    benchmark.extra_info.update(result)
    print({name: float(f"{value:.4g}") for name, value in result.items()})
    plans[0].verify(sample=100_000)
    assert result["left"] == 0
    assert gangs_s <= BAR * plain_s, result


@pytest.mark.gate
def test_no_rack_is_wasted() -> None:
    """Two gangs of 32 and one of 8 fill a rack of 72: exactly as many as there is room for, in any order."""
    net, nodes = racks()
    sizes = np.random.default_rng(1).permutation(np.repeat([32, 8], [2 * RACKS, RACKS]))
    small = 20_000
    count, gang = np.append(sizes, small), np.append(np.arange(len(sizes)), -1)
    tasks = gf.Tasks(net, origin=0, demand={"chips": 1}, count=count, gang=gang, gang_level="rack")
    plan = gf.place(tasks, nodes)
    plan.verify()
    assert (plan.placed_count[:-1] == sizes).all()
    assert plan.placed_tasks == RACKS * TRAYS * CHIPS
