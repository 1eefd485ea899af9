"""Tenants on the frozen workload: time as a multiple of a run without them, and what they get."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
import workload

TENANTS = 100
#: Times a run without tenants: of equal demand, and where half of all tasks are one tenant's.
CASES = {"even": (0.9, 0.0, 1.7), "flood": (1.3, 0.5, 8.0)}


@pytest.mark.gate
@pytest.mark.benchmark(group="place, tenants")
@pytest.mark.parametrize("case", CASES)
def test_place_tenants(benchmark: Any, rows: int, rounds: int, case: str) -> None:
    """Medians of interleaved rounds: CPU seconds from arrays to the last row read, without and with."""
    load, flood, bar = CASES[case]
    arrays = workload.make(rows, min(rows, 1_000_000), 0, load=load)
    net = workload.network(arrays)
    rng = np.random.default_rng(1)
    whose = rng.integers(0, TENANTS, rows).astype(np.int8)
    whose[rng.random(rows) < flood] = 0
    tenants = gf.Tenants(name=[f"t{i}" for i in range(TENANTS)])
    plans: list[gf.Plan] = []
    seconds: list[tuple[float, float]] = []

    def run(**columns: Any) -> tuple[gf.Plan, float]:
        start = time.process_time()
        tasks, nodes = workload.tables(arrays, net, **columns)
        plan = gf.place(tasks, nodes, tenants=tenants if columns else None)
        assert len(plan.node) == rows
        return plan, time.process_time() - start

    def once() -> None:
        (alone, alone_s), (shared, shared_s) = run(), run(tenant=whose)
        plans[:] = [alone, shared]
        seconds.append((alone_s, shared_s))

    benchmark.pedantic(once, rounds=rounds, warmup_rounds=1)
    alone_s, shared_s = map(statistics.median, zip(*seconds, strict=True))
    alone, shared = plans
    shares = shared.shares()
    small = slice(1 if flood else 0, None)
    result = {
        "alone_s": alone_s,
        "shared_s": shared_s,
        "times": shared_s / alone_s,
        "placed": shared.placed_tasks / alone.placed_tasks,
        "least of the small": (shares.placed / shares.tasks)[small].min(),
        "least share": shares.weighted_share[small].min() / shares.weighted_share[small].max(),
    }
    benchmark.extra_info.update({name: float(value) for name, value in result.items()})
    print({name: float(f"{value:.4g}") for name, value in result.items()})
    shared.verify(sample=100_000)
    assert shared.placed_tasks >= 0.99 * alone.placed_tasks
    # All get nearly all that could run somewhere: of equal demand there is enough, and the flood's share is
    # far larger.
    assert result["least of the small"] >= (0.98 if flood else 0.94)
    assert shared_s <= bar * alone_s, result
