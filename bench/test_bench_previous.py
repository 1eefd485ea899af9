"""Warm starts on the frozen workload: time as a multiple of a start from scratch, in one run."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest

import workload

BARS = {"the same": 3.0, "2 % left": 6.0, "all tasks new": 2.0}  #: times a start from scratch


def some(arrays: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    """The workload with some of its nodes, under their ids."""
    nodes = {name: column[rows] for name, column in arrays["nodes"].items()}
    return arrays | {"nodes": nodes | {"id": rows}}


@pytest.mark.gate
@pytest.mark.benchmark(group="place, previous")
@pytest.mark.parametrize("change", BARS)
def test_place_previous(benchmark: Any, rows: int, rounds: int, change: str) -> None:
    """Medians of interleaved rounds: from scratch, then from the plan before, with effort "fast"."""
    arrays = workload.make(rows, rows, 0)
    net = workload.network(arrays)
    before = workload.run(arrays, net, effort="fast").plan
    if change == "all tasks new":
        arrays = arrays | {"tasks": arrays["tasks"] | {"id": rows + np.arange(rows)}}
    elif change == "2 % left":
        arrays = some(arrays, np.flatnonzero(np.random.default_rng(0).random(rows) >= 0.02))
    cold: list[workload.Run] = []
    warm: list[workload.Run] = []
    seconds: list[tuple[float, float]] = []

    def scratch() -> None:
        cold[:] = [workload.run(arrays, net, effort="fast")]

    def once() -> None:
        warm[:] = [workload.run(arrays, net, effort="fast", previous=before)]
        seconds.append((cold[0].seconds, warm[0].seconds))

    benchmark.pedantic(once, setup=scratch, rounds=rounds, warmup_rounds=1)
    cold_s, warm_s = map(statistics.median, zip(*seconds, strict=True))
    plan, other = warm[0].plan, cold[0].plan
    result = {
        "cold_s": cold_s,
        "warm_s": warm_s,
        "placed_more": plan.placed_tasks - other.placed_tasks,
        "moved": plan.moved_tasks,
        "cost_ratio": plan.cost / other.cost,
    }
    benchmark.extra_info.update(result)
    print({name: float(f"{value:.4g}") for name, value in result.items()})
    plan.verify(sample=100_000)
    assert (plan.moved_tasks == 0) == (change != "2 % left")
    assert plan.placed_tasks >= other.placed_tasks
    assert warm_s <= BARS[change] * cold_s, result
