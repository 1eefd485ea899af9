"""`gf.place` on the frozen workload: time in sorts of as many keys, memory; the protocol holds."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
import workload

MANY_ROWS = (
    10_000_000  #: from here on the design's bar holds; fewer keys are sorted within a processor's cache
)
MOST_SORTS = 3.0  #: of as many keys, that a run of MANY_ROWS takes beyond the routes; twice it, no two alike
MOST_CPU_SORTS = 12.0  #: of as many keys, sorted out of cache, that a smaller run takes, in CPU seconds


def check(result: dict[str, float], unit: str, bar: float) -> None:
    print(f"bar {bar} {unit}, measured {result[unit]:.1f}")
    assert result[unit] <= bar, result


class Clock:
    """Seconds, and CPU seconds of all threads, of each call in turn."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, call: Any) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)


def measure(benchmark: Any, arrays: dict[str, Any], rounds: int) -> dict[str, float]:
    """Medians of interleaved rounds: a sort, then a run, and so on.

    Sorted are as many 16-bit keys as there are rows, at least MANY_ROWS, of which the rows' share counts.
    """
    rows = len(arrays["tasks"]["origin"])
    keys = np.random.default_rng(0).integers(0, 65536, max(rows, MANY_ROWS), np.uint16)
    net = workload.network(arrays)
    sorting, running = Clock(), Clock()
    runs: list[workload.Run] = []
    seconds: list[float] = []
    routes: list[float] = []

    def sort() -> None:
        runs[:-1] = []
        sorting.time(lambda: np.argsort(keys, kind="stable"))

    def once() -> None:
        running.time(lambda: runs.append(workload.run(arrays, net, effort="fast")))
        seconds.append(runs[-1].seconds)
        routes.append(runs[-1].routes_s)

    benchmark.pedantic(once, setup=sort, rounds=rounds, warmup_rounds=1)
    plan = runs[-1].plan
    share = rows / len(keys)
    result = {
        "sort_s": share * statistics.median(sorting.wall),
        "run_s": statistics.median(seconds),
        "routes_s": statistics.median(routes),
        "placed": plan.placed_tasks / rows,
        **{f"{stage}_s": value for stage, value in plan.timings.items()},
    }
    result["sorts"] = (result["run_s"] - result["routes_s"]) / result["sort_s"]
    result["cpu_sorts"] = statistics.median(running.cpu) / (share * statistics.median(sorting.cpu))
    benchmark.extra_info.update({name: round(value, 4) for name, value in result.items()})
    print({name: float(f"{value:.3g}") for name, value in result.items()})
    return result


@pytest.mark.gate
@pytest.mark.benchmark(group="place, alike")
def test_place(benchmark: Any, rows: int, seed: int, rounds: int) -> None:
    result = measure(benchmark, workload.make(rows, rows, seed), rounds)
    if rows >= MANY_ROWS:
        check(result, "sorts", MOST_SORTS)
    else:
        check(result, "cpu_sorts", MOST_CPU_SORTS)


@pytest.mark.gate
@pytest.mark.benchmark(group="place, no two vehicles alike")
def test_place_no_two_alike(benchmark: Any, rows: int, seed: int, rounds: int) -> None:
    result = measure(benchmark, workload.make(rows, rows, seed, alike=False), rounds)
    if rows >= MANY_ROWS:  # with fewer rows it is for information
        check(result, "sorts", 2 * MOST_SORTS)


@pytest.mark.informational
@pytest.mark.benchmark(group="place, all tasks different")
def test_place_all_different(benchmark: Any, rows: int, rounds: int) -> None:
    """On a tenth as many nodes. The aim: a task in at most as long as 32 keys take to sort; not met yet."""
    measure(benchmark, workload.all_different(workload.make(rows, max(rows // 10, 10_000), 0)), rounds)


@pytest.mark.informational
@pytest.mark.benchmark(group="place, variants")
@pytest.mark.parametrize("options", [{"load": 1.1}, {"load": 1.3}, {"hot_spot": True}], ids=str)
def test_place_variants(benchmark: Any, rows: int, rounds: int, options: dict[str, Any]) -> None:
    measure(benchmark, workload.make(rows, rows, 0, **options), rounds)


@pytest.mark.gate
@pytest.mark.parametrize("alike", [True, False], ids=["alike", "no-two-alike"])
def test_protocol_holds(rows: int, seed: int, alike: bool) -> None:
    """Enough classes, full links, full cells, every gate in play; and no rule broken."""
    arrays = workload.make(rows, rows, seed, alike=alike)
    plan = workload.run(arrays).plan
    if rows >= 1_000_000:
        assert plan.classes >= 80_000
    sites = arrays["sites"]
    full = (plan.link_load_mbps / sites["capacity_mbps"][:, None]).max(axis=1) > 0.99
    assert full.mean() >= 0.05
    cells = np.isfinite(sites["access_mbps"])
    air = plan.access_load_mbps[cells].max(axis=1) / sites["access_mbps"][cells]
    assert (air > 0.99).sum() >= 10
    reasons = np.bincount(plan.reason, minlength=len(gf.Reason))
    in_play = ("PLACED", "LABEL", "TOO_BIG", "TIME", "ROUTE", "RTT", "LINK", "CAPACITY")
    assert [name for name in in_play if reasons[gf.Reason[name]] == 0] == []
    plan.verify(sample=100_000)


@pytest.mark.informational
@pytest.mark.parametrize("alike", [True, False], ids=["alike", "no-two-alike"])
def test_peak_memory(rows: int, alike: bool) -> None:
    """Peak beyond the input, in bytes a row of tasks and of nodes (the aim: 24 and 24)."""
    peak = Path(__file__).with_name("peak.py")
    command = [sys.executable, str(peak), str(rows), str(int(alike))]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
