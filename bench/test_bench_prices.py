"""Whether prices tell what more capacity brings, on the instances of `peers` at load 1.1, and what they take.

Informational. Of each instance the ten dearest capacities grow by 5 %, then ten others, drawn at random, by
as much; both start from the plan of today. Prices of a size B instance are those of a dual ascent.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from peers.instance import RESOURCES, RTT_PRICE, Instance, make
from peers.solvers import fleet

SEEDS, DEAREST, MORE, LOAD = 20, 10, 0.05, 1.1


@dataclass(frozen=True)
class Outcome:
    """Of one instance: weight told and gained by the dearest, and by the others."""

    told: float
    gained: float
    others_told: float
    others_gained: float
    place_s: float
    prices_s: float


def place(instance: Instance, net: gf.Network, previous: gf.Plan | None = None) -> gf.Plan:
    tasks, nodes = fleet.tables(instance, net)
    return gf.place(tasks, nodes, objective=gf.Objective(rtt_price=RTT_PRICE), previous=previous)


def raised(pool: Any, instance: Instance, raises: list[tuple[int, int, float]]) -> Any:
    """(nodes, 3): by how much each capacity grows, of (pool, resource, by how much in all)."""
    more = np.zeros(instance.capacity.shape)
    for number, resource, by in raises:
        rows = pool == number
        more[rows, resource] += by / rows.sum()
    return more


def outcome(size: str, seed: int) -> Outcome:
    instance = make(size, seed, load=LOAD)
    net = fleet.network(instance)
    plan = place(instance, net)
    start = time.perf_counter()
    prices = plan.prices().weight
    seconds = time.perf_counter() - start
    assert plan._tables is not None
    core = plan._tables[1]._core
    pool = core.by_row(np.arange(core.pools, dtype=np.float64)).astype(int)
    table = prices.table(top=DEAREST, share=MORE)
    rng = np.random.default_rng(seed)
    dearest = [
        (int(pool[row]), RESOURCES.index(column), MORE * has)
        for row, column, has in zip(table.row, table.column.tolist(), table.capacity, strict=True)
    ]
    others = [(int(rng.choice(pool)), resource, by) for _, resource, by in dearest]
    found = []
    for raises in (dearest, others):
        more = raised(pool, instance, raises)
        told = prices.worth(capacity=dict(zip(RESOURCES, more.T, strict=True)))
        later = place(replace(instance, capacity=instance.capacity + more), net, plan)
        assert later.placed_weight <= prices.bound + told
        found += [told, later.placed_weight - plan.placed_weight]
    return Outcome(*found, plan.timings["total"], seconds)


@pytest.mark.informational
def test_what_the_dearest_capacities_bring(benchmark: Any) -> None:
    results = benchmark.pedantic(lambda: [outcome("B", seed) for seed in range(SEEDS)], rounds=1)
    told = {name: statistics.fmean(getattr(r, name) for r in results) for name in Outcome.__annotations__}
    told["better"] = sum(r.gained > r.others_gained for r in results)
    benchmark.extra_info.update(told, seeds=SEEDS, load=LOAD)
    print("B:", {name: float(f"{value:.4g}") for name, value in told.items()})
