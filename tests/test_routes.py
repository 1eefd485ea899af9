"""Every pair of sites against NetworkX: the latency, and the links of the route under the tie rule."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
import topohub

import gigafleet as gf
from gigafleet import _core

UNREACHABLE = np.iinfo(np.int64).max
FIBRE_MS_PER_KM = 0.0049


def topology(name: str) -> nx.Graph:
    graph = nx.node_link_graph(topohub.get(name), edges="edges")
    for _, _, data in graph.edges(data=True):
        data["latency_ms"] = FIBRE_MS_PER_KM * data["dist"]
    return graph


class Expected:
    """Routes as NetworkX finds them. One weight holds both time and links: ns * MORE + 1."""

    MORE = 1 << 20  # than any route has links

    def __init__(self, graph: Any) -> None:
        self.names = list(graph)
        self.arcs: dict[tuple[Any, Any], list[tuple[int, int]]] = {}  # ends -> (weight, arc) of parallel ones
        loops_left_out = (edge for edge in graph.edges(data=True) if edge[0] != edge[1])
        for link, (u, v, data) in enumerate(loops_left_out):
            ns = int(Fraction(data["latency_ms"]) * 10**6 + Fraction(1, 2))
            weight = ns * self.MORE + 1
            if graph.is_directed():
                self.arcs.setdefault((u, v), []).append((weight, link))
            else:
                self.arcs.setdefault((u, v), []).append((weight, 2 * link))
                self.arcs.setdefault((v, u), []).append((weight, 2 * link + 1))
        self.graph = nx.DiGraph()
        self.graph.add_nodes_from(graph)
        self.graph.add_edges_from((u, v, {"weight": min(found)[0]}) for (u, v), found in self.arcs.items())

    def ns(self, start: Any) -> list[int]:
        found = nx.single_source_dijkstra_path_length(self.graph, start)
        return [found[name] // self.MORE if name in found else UNREACHABLE for name in self.names]

    def routes(self, start: Any) -> list[list[int] | None]:
        """Arcs from `start` to every site. Of equal ways into a site, the one over the smallest arc."""
        before, length = nx.dijkstra_predecessor_and_distance(self.graph, start)
        routes: dict[Any, list[int] | None] = dict.fromkeys(self.names)
        for name in sorted(length, key=length.__getitem__):
            ways = [
                (min(a for w, a in self.arcs[u, name] if w == min(self.arcs[u, name])[0]), u)
                for u in before[name]
            ]
            arc, u = min(ways, key=lambda way: way[0], default=(None, None))
            routes[name] = [] if arc is None else [*(routes[u] or ()), arc]
        return [routes[name] for name in self.names]


def matrix(net: gf.Network) -> np.ndarray[Any, Any]:
    sites = np.arange(net.site_count, dtype=np.int32)
    return _core.Routes(net._core).rtt_matrix(sites, sites)


def check(graph: Any, starts: list[int] | None = None) -> gf.Network:
    """Latency of every pair; arcs of every route from `starts` (positions; default all)."""
    net, expected = gf.Network.from_networkx(graph), Expected(graph)
    one_way = [expected.ns(name) for name in expected.names]
    out = np.array(one_way, np.int64).reshape(net.site_count, net.site_count)
    back = out.T
    rtt = np.where((out == UNREACHABLE) | (back == UNREACHABLE), UNREACHABLE, out + back)
    np.testing.assert_array_equal(matrix(net), rtt)
    core = _core.Routes(net._core)
    for start in range(net.site_count) if starts is None else starts:
        got = [core.route(start, end) for end in range(net.site_count)]
        wanted = expected.routes(expected.names[start])
        assert [None if route is None else route.tolist() for route in got] == wanted
        for end, route in enumerate(got):
            returned = core.back_route(start, end).tolist()
            if not net.directed and route is not None:
                assert sorted(returned) == sorted((route ^ 1).tolist())
    return net


@pytest.mark.parametrize(
    "name", ["sndlib/germany50", "sndlib/nobel-eu", "topozoo/Abilene", "topozoo/Dfn", "topozoo/Ulaknet"]
)
def test_real_topologies(name: str) -> None:
    net = check(topology(name))
    assert net.link_count > 10


def test_the_backbone_of_europe() -> None:
    graph = topology("backbone/europe")
    net = check(graph, starts=list(range(0, 852, 40)))
    assert (net.site_count, net.link_count) == (852, 1287)
    hub = net.index(net.sites[100])  # the public face agrees with the core's
    assert net.rtt_ms(net.sites[0], net.sites[100]) == pytest.approx(matrix(net)[0, hub] * 1e-6)


def test_the_backbone_with_hops_for_latency() -> None:
    """Ties everywhere: every link takes a millisecond."""
    graph = topology("backbone/europe")
    nx.set_edge_attributes(graph, 1.0, "latency_ms")
    check(graph, starts=[0, 399, 851])


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
@pytest.mark.parametrize("seed", range(25))
def test_random_graphs(kind: Any, seed: int) -> None:
    """Few latencies, zero among them; trees, parts apart, parallel links, vertices that are tuples."""
    rng = random.Random(seed)
    graph = kind()
    vertices = [("v", i) for i in range(rng.randint(1, 30))]
    graph.add_nodes_from(vertices)
    knots = vertices[: rng.randint(1, len(vertices))]
    for _ in range(rng.randint(0, 3 * len(knots))):
        u, v = rng.choice(knots), rng.choice(knots)
        if u != v:
            graph.add_edge(u, v, latency_ms=rng.choice([0, 0.5, 1, 1, 2]))
    for i in range(len(knots), len(vertices)):
        u, v = vertices[i], vertices[rng.randrange(i)]
        for a, b in [(u, v), (v, u)][rng.randint(0, 1) :][: rng.randint(0, 2)]:
            graph.add_edge(a, b, latency_ms=rng.choice([0, 1, 2]))
    check(graph)


def test_a_policy_is_a_subgraph() -> None:
    graph = topology("sndlib/germany50")
    names = list(graph)
    labels = dict.fromkeys(names[::5], "closed")
    nx.set_node_attributes(graph, labels, "labels")
    net = gf.Network.from_networkx(graph)
    open_sites = [name for name in names if name not in labels]
    inside = nx.Graph()
    inside.add_nodes_from(open_sites)
    inside.add_edges_from(edge for edge in graph.edges(data=True) if not {edge[0], edge[1]} & labels.keys())
    expected = Expected(inside)
    for name in open_sites[:10]:
        wanted = [ns * 2e-6 if ns < UNREACHABLE else np.inf for ns in expected.ns(name)]
        got = net.rtt_ms(name, open_sites, transit_forbid=["closed"])
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
    assert net.rtt_ms(open_sites[0], names[0], transit_forbid=["closed"]) == np.inf


def test_many_threads_share_one_network() -> None:
    import threading

    graph = topology("sndlib/germany50")
    net = gf.Network.from_networkx(graph)
    wanted = matrix(net)
    sites = np.arange(net.site_count, dtype=np.int32)
    routes = _core.Routes(net._core, None, 2)
    got: list[np.ndarray[Any, Any]] = []
    threads = [threading.Thread(target=lambda: got.append(routes.rtt_matrix(sites, sites))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    for each in got:
        np.testing.assert_array_equal(each, wanted)
