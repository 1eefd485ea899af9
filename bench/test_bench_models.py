"""Models on the frozen workload: what the rule costs in time and in tasks, beside the same without models."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
import workload

MODELS = 24
WEIGHTS_GB = (4, 4, 8, 4, 2, 4, 8, 16)
MOST_TIMES = 5.0  #: as long as without models, at 1 M and 10 M rows
LEAST_SHARE = 0.99  #: as many tasks as without


def models_of(rows: int) -> tuple[gf.Models, np.ndarray]:
    """The table, and the model of each task: the k-th is used 1 / k as often as the first."""
    share = 1 / np.arange(1, MODELS + 1)
    model = np.random.default_rng(0).choice(MODELS, rows, p=share / share.sum()).astype(np.int8)
    names = [f"m{k}" for k in range(MODELS)]
    return gf.Models(names, np.resize(WEIGHTS_GB, MODELS)), model


def run(arrays: dict[str, Any], net: gf.Network, model: np.ndarray | None, table: gf.Models) -> Any:
    """From raw arrays to the last row read: the plan and seconds."""
    start = time.perf_counter()
    tasks, nodes = workload.tables(arrays, net, **({} if model is None else {"model": model}))
    slow = gf.Objective(
        load_window_s=1e6
    )  # of the workload's cells hardly any could fill its cars in ten minutes
    plan = gf.place(tasks, nodes, models=None if model is None else table, effort="fast", objective=slow)
    assert len(plan.node) == len(tasks)
    return plan, time.perf_counter() - start


@pytest.mark.gate
@pytest.mark.benchmark(group="place, models")
def test_place_with_models(benchmark: Any, rows: int, rounds: int) -> None:
    """Medians of interleaved rounds, with effort "fast"."""
    rows //= 4  # both runs of a round, and their memory, beside the other gates
    arrays = workload.make(rows, rows, 0)
    net = workload.network(arrays)
    table, model = models_of(rows)
    plans: list[Any] = []
    seconds: list[tuple[float, float]] = []

    def both() -> None:
        without, with_them = run(arrays, net, None, table), run(arrays, net, model, table)
        plans[:] = [without[0], with_them[0]]
        seconds.append((without[1], with_them[1]))

    benchmark.pedantic(both, rounds=rounds, warmup_rounds=1)
    without_s, with_s = map(statistics.median, zip(*seconds, strict=True))
    without, plan = plans
    result = {
        "without_s": without_s,
        "with_s": with_s,
        "times": with_s / without_s,
        "share": plan.placed_tasks / without.placed_tasks,
        "loads": plan.loads.total,
    }
    benchmark.extra_info.update(result)
    print({name: float(f"{value:.4g}") for name, value in result.items()})
    plan.verify(sample=100_000)
    assert plan.placed_tasks >= LEAST_SHARE * without.placed_tasks, result
    assert with_s <= MOST_TIMES * without_s, result
