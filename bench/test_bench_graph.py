"""The walk of a NetworkX adjacency into arrays: Cython against the same walk in Python, in one run."""

from __future__ import annotations

import time
from typing import Any

import networkx as nx
import numpy as np
import pytest

from gigafleet import _graph

ENTRIES = 1_000_000  # of the adjacency: an undirected graph has two a link
ATTRIBUTES = ("latency_ms", "capacity_mbps", "price_per_mbps")
DEFAULTS = (None, float("inf"), 0.0)


def walk_in_python(graph: nx.Graph) -> tuple[Any, ...]:
    """Twin of `_graph.walk` for a Graph, in plain Python as one would write it with care."""
    adjacency = graph._adj
    positions = {vertex: i for i, vertex in enumerate(adjacency)}
    tail: list[int] = []
    head: list[int] = []
    columns: tuple[list[float], ...] = tuple([] for _ in ATTRIBUTES)
    lookups = tuple(zip(columns, ATTRIBUTES, DEFAULTS, strict=True))
    loops = 0
    for i, near in enumerate(adjacency.values()):
        for v, data in near.items():
            j = positions[v]
            if j < i:
                continue
            if j == i:
                loops += 1
                continue
            tail.append(i)
            head.append(j)
            for column, attribute, default in lookups:
                column.append(float(data.get(attribute, default)))
    arrays = tuple(np.array(column, np.float64) for column in columns)
    return positions, np.array(tail, np.int32), np.array(head, np.int32), arrays, loops


def random_graph(entries: int) -> nx.Graph:
    random = np.random.default_rng(0)
    vertices, links = entries // 10, entries // 2
    graph = nx.Graph()
    graph.add_nodes_from(range(vertices))
    ends = random.integers(0, vertices, (2, links * 11 // 10))
    pairs = dict.fromkeys(zip(ends.min(axis=0).tolist(), ends.max(axis=0).tolist(), strict=True))
    pairs = [(u, v) for u, v in pairs if u != v][:links]
    latency, capacity = random.random((2, len(pairs))).tolist()
    graph.add_edges_from(
        (u, v, {"latency_ms": ms, "capacity_mbps": mbps})
        for (u, v), ms, mbps in zip(pairs, latency, capacity, strict=True)
    )
    return graph


@pytest.mark.gate
def test_walk_is_twice_as_fast_as_python(benchmark: Any) -> None:
    graph = random_graph(ENTRIES)

    def walk() -> tuple[Any, ...]:
        return _graph.walk(graph._adj, False, False, ATTRIBUTES, DEFAULTS)

    python_s = []
    cython_s = []
    for _ in range(3):  # by turns, so that a busy machine slows both
        start = time.perf_counter()
        expected = walk_in_python(graph)
        python_s.append(time.perf_counter() - start)
        start = time.perf_counter()
        got = walk()
        cython_s.append(time.perf_counter() - start)
    assert got[0] == expected[0]
    for mine, twin in zip((got[1], got[2], *got[3]), (expected[1], expected[2], *expected[3]), strict=True):
        np.testing.assert_array_equal(mine, twin)
    benchmark.extra_info["entries"] = 2 * len(got[1])
    benchmark.extra_info["python_ms"] = 1e3 * min(python_s)
    benchmark.extra_info["ratio"] = min(python_s) / min(cython_s)
    benchmark.pedantic(walk, rounds=3)
    assert min(python_s) >= 2 * min(cython_s), (min(python_s), min(cython_s))
