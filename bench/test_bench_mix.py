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
) -> tuple[gf.Plan, tuple[float, float, float]]:
    """From raw arrays to the last row read: the plan, and CPU seconds of tables, placing and reading."""
    times = [time.process_time()]
    tasks, nodes = workload.tables(arrays, net, **columns)
    times.append(time.process_time())
    plan = gf.place(tasks, nodes, effort="fast", **options)
    times.append(time.process_time())
    assert len(plan.node) == len(tasks)
    times.append(time.process_time())
    tables, place, read = np.diff(times).tolist()
    return plan, (tables, place, read)


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
        seconds.append((sum(core_s), sum(mixed_s)))

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


#: Rules of the mix: their columns and options.
RULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gangs": (("gang", "gang_level"), ()),
    "transit": (("transit_forbid",), ()),
    "tenants": (("tenant",), ("tenants",)),
    "models": (("model",), ("models", "objective")),
}


@pytest.mark.informational
@pytest.mark.benchmark(group="place, rule by rule")
def test_rule_by_rule(benchmark: Any, rows: int, rounds: int) -> None:
    """What each rule of the mix takes: what is left of twice the core rules for the models after the others.

    Beside it a column of 24 weights within 1 %, which asks nothing of anybody: what it takes to tell as many
    kinds of task apart as the mix has.
    """
    arrays, columns, options = mix_of(workload.make(rows, rows, 0))
    net = workload.network(arrays)
    weights = 1 + np.random.default_rng(2).integers(0, 24, rows) / 2400

    def of(*rules: str) -> tuple[dict[str, Any], dict[str, Any]]:
        names = [RULES[rule] for rule in rules]
        return (
            {name: columns[name] for own, _ in names for name in own},
            {name: options[name] for _, own in names for name in own},
        )

    cases = {
        "core": of(),
        "core, 24 weights": ({"weight": weights}, {}),
        **{rule: of(rule) for rule in RULES},
        "all but models": of("gangs", "transit", "tenants"),
        "all": of(*RULES),
    }
    seconds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in cases}
    classes: dict[str, int] = {}

    def each() -> None:
        for name, (own, chosen) in cases.items():
            plan, taken = run(arrays, net, own, chosen)
            seconds[name].append(taken)
            classes[name] = plan.classes

    benchmark.pedantic(each, rounds=rounds, warmup_rounds=1)
    core_s = statistics.median(sum(taken) for taken in seconds["core"])
    print(f"\n{'':18}{'classes':>10}{'tables':>8}{'place':>8}{'read':>8}{'CPU s':>8}{'times':>7}")
    for name, taken in seconds.items():
        total_s = statistics.median(map(sum, taken))
        parts = [statistics.median(part) for part in zip(*taken, strict=True)]
        benchmark.extra_info[name] = round(total_s, 4)
        print(
            f"{name:18}{classes[name]:10,}" + "".join(f"{part:8.3f}" for part in (*parts, total_s)),
            f"{total_s / core_s:6.2f}",
        )
