"""Routes of verify against NetworkX, and against the tie rule walked link by link."""

from __future__ import annotations

import random
from typing import Any

import networkx as nx
import numpy as np
import pytest

from gigafleet._verify.routes import UNREACHABLE, Router
from plain import Net


def random_net(seed: int, *, directed: bool) -> Net:
    """Trees hanging off a small meshed core, parallel links, latencies of 0 to 3 ns that often tie."""
    draw = random.Random(seed)
    sites = draw.randint(1, 14)
    links = []
    for v in range(1, sites):
        if draw.random() < 0.9:
            u = draw.randrange(v)
            links.append((u, v) if draw.random() < 0.5 else (v, u))
            if directed and draw.random() < 0.8:
                links.append(links[-1][::-1])
    some = range(min(sites, draw.choice([3, 6, 14])))
    extra = draw.randint(0, sites) if sites > 1 else 0
    links += [(u, v) for u, v in (draw.sample(some, 2) for _ in range(extra))]
    draw.shuffle(links)
    return Net(sites, [(u, v, draw.choice([0, 1, 1, 2, 3]) * 1e-6) for u, v in links], directed=directed)


def arcs_of(net: Net) -> list[tuple[int, int, int]]:
    """(tail, head, ns) by arc."""
    found = []
    for u, v, ns in zip(net.link_tail.tolist(), net.link_head.tolist(), net.latency_ns.tolist(), strict=True):
        found += [(u, v, ns)] if net.directed else [(u, v, ns), (v, u, ns)]
    return found


def tree_from(net: Net, start: int, allowed: np.ndarray) -> tuple[dict[int, int], dict[int, int]]:
    """ns and predecessor arc by site, by relaxing (ns, links) until nothing changes."""
    arcs = arcs_of(net)
    best: dict[int, tuple[int, int]] = {start: (0, 0)} if allowed[start] else {}
    changed = True
    while changed:
        changed = False
        for tail, head, ns in arcs:
            if tail in best and allowed[head]:
                reach = (best[tail][0] + ns, best[tail][1] + 1)
                if reach < best.get(head, (1 << 62, 0)):
                    best[head], changed = reach, True
    into: dict[int, int] = {}
    for arc, (tail, head, ns) in enumerate(arcs):
        if tail in best and head != start and (best[tail][0] + ns, best[tail][1] + 1) == best.get(head):
            into.setdefault(head, arc)
    return {v: ns for v, (ns, _) in best.items()}, into


def way(net: Net, into: dict[int, int], start: int, end: int) -> list[int]:
    arcs, found = arcs_of(net), []
    while end != start:
        found.append(into[end])
        end = arcs[found[-1]][0]
    return found


def expected(net: Net, allowed: np.ndarray, pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Round trips, and loads where pair i sends 1 << 2i out and 2 << 2i back."""
    trees = [tree_from(net, v, allowed) for v in range(net.site_count)]
    rtt, load = [], [0] * net.arc_count
    for i, (o, s) in enumerate(pairs):
        if s not in trees[o][0] or o not in trees[s][0]:
            rtt.append(UNREACHABLE)
            continue
        rtt.append(trees[o][0][s] + trees[s][0][o])
        out = way(net, trees[o][1], o, s)
        back = way(net, trees[s][1], s, o) if net.directed else [arc ^ 1 for arc in out]
        for arcs, amount in ((out, 1 << 2 * i), (back, 2 << 2 * i)):
            for arc in arcs:
                load[arc] += amount
    return rtt, load


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("limited", [False, True])
def test_routes_and_loads_follow_the_tie_rule(directed: bool, limited: bool) -> None:
    turned, parallel = 0, 0
    for seed in range(250):
        net = random_net(seed, directed=directed)
        sites = net.site_count
        allowed = np.ones(sites, bool)
        if limited:
            allowed = np.random.default_rng(seed).random(sites) < 0.8
        every = [(o, s) for o in range(sites) for s in range(sites)]
        for chunk in range(0, len(every), 29):  # two bits a pair, below 2^60
            pairs = every[chunk : chunk + 29]
            rtt, load = expected(net, allowed, pairs)
            if directed:  # one way alone is a breach; what it loads does not matter
                pairs = [p for p, ns in zip(pairs, rtt, strict=True) if ns < UNREACHABLE]
                rtt, load = expected(net, allowed, pairs)
            got: list[int] = [0] * net.arc_count
            router = Router(net, allowed if limited else None, got)
            up = np.array([1 << 2 * i for i in range(len(pairs))], dtype=np.int64)
            origin, site = (np.array([p[k] for p in pairs], dtype=np.int64) for k in (0, 1))
            assert router.route(origin, site, up, 2 * up).tolist() == rtt
            assert got == load, seed
            turned += int((router._depth > 1).any())
        ends = [tuple(sorted(arc[:2])) for arc in arcs_of(net)]
        parallel += len(set(ends)) < len(ends) // (1 if directed else 2)
    assert turned > 50
    assert parallel > 20


@pytest.mark.parametrize("directed", [False, True])
def test_one_way_only_is_no_route(directed: bool) -> None:
    net = Net(3, [(0, 1, 1.0), (1, 2, 1.0)], directed=directed)
    load = [0] * net.arc_count
    one = np.array([1])
    rtt = Router(net, None, load).route(np.array([0]), np.array([2]), one, one)
    assert rtt[0] == (UNREACHABLE if directed else 4_000_000)


def test_flows_beyond_int64_stay_exact() -> None:
    net = Net(5, [(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0), (1, 3, 1.0), (3, 4, 1.0)])
    load = [0] * net.arc_count
    huge = np.array([1 << 70], dtype=object)
    Router(net, None, load).route(np.array([0]), np.array([4]), huge, huge)
    assert [load[arc] for arc in (0, 1, 6, 7, 8, 9)] == [1 << 70] * 6
    assert sum(load) == 6 << 70


@pytest.mark.parametrize("name", ["internet", "grid", "barbell", "lollipop", "cycle", "path"])
def test_distances_are_those_of_networkx(name: str) -> None:
    draw = random.Random(name)
    graph: Any = {
        "internet": lambda: nx.random_internet_as_graph(150, seed=1),
        "grid": lambda: nx.convert_node_labels_to_integers(nx.grid_2d_graph(9, 11)),
        "barbell": lambda: nx.barbell_graph(8, 12),
        "lollipop": lambda: nx.lollipop_graph(10, 30),
        "cycle": lambda: nx.cycle_graph(31),
        "path": lambda: nx.path_graph(60),
    }[name]()
    for _, _, data in graph.edges(data=True):
        data["ns"] = draw.randint(0, 5_000_000)
    net = Net(len(graph), [(u, v, data["ns"] * 1e-6) for u, v, data in graph.edges(data=True)])
    sites = len(graph)
    origin, site = (part.ravel() for part in np.meshgrid(np.arange(sites), np.arange(sites), indexing="ij"))
    nothing = np.zeros(origin.shape, np.int64)
    rtt = Router(net, None, [0] * net.arc_count).route(origin, site, nothing, nothing)
    wanted = np.empty((sites, sites), np.int64)
    for v, lengths in nx.all_pairs_dijkstra_path_length(graph, weight="ns"):
        for u, ns in lengths.items():
            wanted[v, u] = 2 * ns
    assert np.array_equal(rtt.reshape(sites, sites), wanted)
