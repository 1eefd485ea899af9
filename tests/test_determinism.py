"""A larger problem, beyond the oracle: the same plan on any number of threads, and by rows or by counts."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from gigafleet import Reason

SITES, MEMORY_GB = 300, (1.0, 2.0, 3.0, 5.0)


@pytest.fixture(scope="module")
def network() -> gf.Network:
    rng = np.random.default_rng(1)
    head = np.arange(1, SITES)
    tail = (head * rng.random(SITES - 1)).astype(np.int64)
    across = rng.integers(0, 20, (2, 30))
    links = np.concatenate([tail, across[0]]), np.concatenate([head, (across[0] + across[1] + 1) % SITES])
    return gf.Network(
        sites=SITES,
        links=links,
        latency_ms=rng.integers(1, 6, len(links[0])) * 0.5,
        capacity_mbps=rng.choice([300, 2e4], len(links[0])),
        access_down_mbps=rng.choice([1e3, 1e4], SITES),
        domains={"country": rng.choice(["DE", "FR", "PL"], SITES)},
    )


def columns(tasks: int, nodes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(2)
    task = {
        "origin": rng.integers(0, SITES // 10, tasks) * 10,
        "demand": {"memory_gb": rng.choice(MEMORY_GB, tasks)},
        "weight": rng.choice([1.0, 2.0], tasks),
        "priority": rng.integers(0, 3, tasks),
        "bandwidth_mbps": np.full(tasks, 0.5, np.float32),
        "max_rtt_ms": rng.choice([2.0, 4.0, 20.0], tasks),
        "duration_s": rng.choice([0, 3600], tasks),
        "require": {"tee": rng.random(tasks) < 0.2},
        "transit_forbid": {"country=PL": rng.random(tasks) < 0.2},
    }
    node = {
        "site": rng.integers(0, SITES, nodes),
        "capacity": {"memory_gb": rng.choice([4.0, 8.0, 16.0], nodes)},
        "price": {"memory_gb": rng.choice([0.01, 0.02, 0.05], nodes)},
        "labels": {"tee": rng.random(nodes) < 0.2},
        "access_rtt_ms": rng.choice([3, 15], nodes).astype(np.int8),
        "available_s": rng.choice([600.0, 7200.0], nodes),
        "link_up_mbps": rng.choice([2.0, 10.0], nodes),
    }
    return task, node


def place(network: gf.Network, task: dict[str, Any], node: dict[str, Any], **options: Any) -> gf.Plan:
    return gf.place(gf.Tasks(network, **task), gf.Nodes(network, **node), **options)


def test_threads_and_processors_do_not_change_the_plan(network):
    task, node = columns(60_000, 20_000)
    plans = [place(network, task, node, threads=threads) for threads in (1, 2, 8)]
    processors = os.sched_getaffinity(0)
    try:  # tables are folded on as many threads as there are processors to use
        os.sched_setaffinity(0, {min(processors)})
        plans.append(place(network, task, node))
    finally:
        os.sched_setaffinity(0, processors)
    assert len({plan.digest for plan in plans}) == 1
    assert len({plan.cost for plan in plans}) == 1
    assert set(np.unique(plans[0].reason)) >= {Reason.PLACED, Reason.RTT, Reason.LINK, Reason.CAPACITY}
    plans[0].verify()


@pytest.mark.parametrize(("least", "apart"), [(1, 1e-12), (0, 5e-3)])
def test_rows_or_counts_are_the_same_problem(network, least, apart):
    """Rows of count 0 change the order of classes and pools, so searches break ties in other ways."""
    task, node = columns(3_000, 1_000)
    rng = np.random.default_rng(3)
    task_count, node_count = rng.integers(least, 40, 3_000), rng.integers(least, 40, 1_000)
    by_count = place(network, task | {"count": task_count}, node | {"count": node_count})
    by_row = place(network, repeated(task, task_count), repeated(node, node_count))
    for plan in (by_count, by_row):
        plan.verify()
    assert 0.3 < by_row.placed_tasks / task_count.sum() < 0.95
    assert by_row.placed_weight == pytest.approx(by_count.placed_weight, rel=apart)
    assert by_row.cost == pytest.approx(by_count.cost, rel=apart)


def repeated(columns: dict[str, Any], count: np.ndarray) -> dict[str, Any]:
    """Every row as often as its count says."""
    rows = np.repeat(np.arange(len(count)), count)
    pick = lambda value: {k: v[rows] for k, v in value.items()} if isinstance(value, dict) else value[rows]  # noqa: E731
    return {name: pick(value) for name, value in columns.items()}
