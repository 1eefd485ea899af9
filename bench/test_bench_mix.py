"""All rules at once on the frozen workload: what they cost in time."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
import workload
from test_bench_models import models_of

TENANTS, GANG = 100, 4
MOST_TIMES = 5.5  #: as long as the core rules alone, at 1 M and 10 M rows


def mix_of(arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The arrays, more columns of tasks, and options of ``gf.place``.

    The mix: 1 % of tasks in gangs of four alike at one site; 24 models among the others, in use as 1 / k; 100
    tenants; two transit policies, of which one in ten tasks has that which keeps out of a country.
    """
    rng = np.random.default_rng(1)
    origin = arrays["tasks"]["origin"]
    rows = len(origin)
    table, model = models_of(rows)
    bound = rng.permutation(rows)[: rows // 100]
    bound = bound[np.argsort(origin[bound], kind="stable")]
    fours = bound[: bound.size // GANG * GANG].reshape(-1, GANG)
    fours = fours[origin[fours[:, 0]] == origin[fours[:, -1]]]
    gang = np.full(rows, -1, np.int32)
    gang[fours.ravel()] = np.repeat(np.arange(len(fours), dtype=np.int32), GANG)
    model[fours.ravel()] = -1
    forbid = rng.random(rows) < 0.1
    alike = {name: column.copy() for name, column in arrays["tasks"].items()}
    for column in (forbid, *(column for column in alike.values() if column.ndim)):
        column[fours] = column[fours[:, :1]]
    columns = {
        "gang": gang,
        "gang_level": "site",
        "model": model,
        "tenant": rng.integers(0, TENANTS, rows).astype(np.int8),
        "transit_forbid": {"country=c7": forbid},
    }
    options = {
        "models": table,
        "tenants": gf.Tenants(name=[f"t{i}" for i in range(TENANTS)]),
        "objective": gf.Objective(load_window_s=1e6),  # in ten minutes hardly a cell could fill its cars
    }
    return {**arrays, "tasks": alike}, columns, options


def run(
    arrays: dict[str, Any], net: gf.Network, columns: dict[str, Any], options: dict[str, Any]
) -> tuple[gf.Plan, float]:
    """From raw arrays to the last row read: the plan and CPU seconds."""
    start = time.process_time()
    tasks, nodes = workload.tables(arrays, net, **columns)
    plan = gf.place(tasks, nodes, effort="fast", **options)
    assert len(plan.node) == len(tasks)
    return plan, time.process_time() - start


@pytest.mark.gate
@pytest.mark.benchmark(group="place, all rules")
def test_place_the_mix(benchmark: Any, rows: int, rounds: int) -> None:
    """Medians of interleaved rounds, with effort "fast"."""
    arrays, columns, options = mix_of(workload.make(rows, rows, 0))
    net = workload.network(arrays)
    plans: list[gf.Plan] = []
    seconds: list[tuple[float, float]] = []

    def both() -> None:
        (core, core_s), (mixed, mixed_s) = (
            run(arrays, net, {}, {}), run(arrays, net, columns, options)
        )  # fmt: skip
        plans[:] = [core, mixed]
        seconds.append((core_s, mixed_s))

    benchmark.pedantic(both, rounds=rounds, warmup_rounds=1)
    core_s, mixed_s = map(statistics.median, zip(*seconds, strict=True))
    core, mixed = plans
    in_gangs = columns["gang"] >= 0
    result = {
        "core_s": core_s,
        "mixed_s": mixed_s,
        "times": mixed_s / core_s,
        "placed": mixed.placed_tasks / core.placed_tasks,
        "in gangs": mixed.placed_count[in_gangs].mean(),
        "loads": mixed.loads.total,
    }
    benchmark.extra_info.update({name: float(value) for name, value in result.items()})
    print({name: float(f"{value:.4g}") for name, value in result.items()})
    mixed.verify(sample=100_000)
    assert mixed.placed_tasks >= 0.97 * core.placed_tasks, result
    assert mixed_s <= MOST_TIMES * core_s, result
