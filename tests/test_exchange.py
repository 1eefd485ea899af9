"""Networks from NetworkX graphs and to them, node-link data and GraphML among them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import gigafleet as gf
from gigafleet import _graph
from gigafleet.errors import InputError, InputTypeError
from networks import same


def rich_graph(kind: Callable[[], Any]) -> Any:
    graph = kind()
    graph.add_node("a", labels="eu,metro", country="DE", region="r1", lat=52.5, lon=13.4)
    graph.add_node("b", labels="eu", country="DE", access_up_mbps=10.5, access_down_mbps=500.0)
    graph.add_node("c", lat=1.0, lon=2.0)
    graph.add_edge("a", "b", latency_ms=1.25, capacity_mbps=1000.0)
    graph.add_edge("b", "c", latency_ms=0.1, price_per_mbps=-0.5)
    graph.add_edge("c", "a", latency_ms=3.0)
    return graph


KINDS = [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_there_and_back(kind: Callable[[], Any], tmp_path: Path) -> None:
    graph = rich_graph(kind)
    net = gf.Network.from_networkx(graph)
    assert net.label_vocabulary == ("eu", "metro")
    assert net.domains["region"][0].tolist() == [0, -1, -1]
    back = net.to_networkx()
    assert type(back) is type(graph)
    assert nx.utils.graphs_equal(back, graph)
    same(gf.Network.from_networkx(back), net)

    path = tmp_path / "net.graphml"
    nx.write_graphml(back, path)
    same(gf.Network.from_networkx(nx.read_graphml(path)), net)
    for edges in ("edges", "links"):
        text = json.dumps(nx.node_link_data(back, edges=edges))
        same(gf.Network.from_networkx(nx.node_link_graph(json.loads(text), edges=edges)), net)


def test_attribute_names_are_parameters() -> None:
    graph = nx.Graph()
    graph.add_node(1, tags=["x"], cc="DE", up=5, down=6, y=7, x=8)
    graph.add_node(2)
    graph.add_edge(1, 2, ms=2, bw=3, eur=4)
    names = {"latency": "ms", "capacity": "bw", "price": "eur", "labels": "tags", "lat": "y", "lon": "x"}
    net = gf.Network.from_networkx(
        graph, **names, access_up="up", access_down="down", domains={"country": "cc"}
    )
    assert net.latency_ns.tolist() == [2_000_000]
    assert (net.capacity_mbps[0], net.price_per_mbps[0]) == (3, 4)
    assert (net.label_vocabulary, net.domains["country"][1]) == (("x",), ("DE",))
    assert (net.access_up_mbps[0], net.access_down_mbps[0]) == (5, 6)
    assert net.lat is not None
    assert net.lon is not None
    assert (net.lat[0], net.lon[0], np.isnan(net.lat[1])) == (7, 8, True)
    assert gf.Network.from_networkx(graph, latency="ms").domains == {}


def test_numbers_of_any_type() -> None:
    values = [1, 1.5, True, np.float32(0.5), np.int8(3), np.float64(2.5), 2**70]
    graph = nx.MultiGraph()
    for value in values[:-1]:
        graph.add_edge("a", "b", latency_ms=value)
    graph.add_edge("a", "b", latency_ms=1, capacity_mbps=values[-1] / 2**60)
    net = gf.Network.from_networkx(graph)
    assert net.latency_ms.tolist() == [1, 1.5, 1, 0.5, 3, 2.5, 1]
    assert net.capacity_mbps[-1] == 1024


def test_bad_attributes_name_the_link_or_vertex() -> None:
    for value, text in (
        ("fast", r"latency_ms of link \('a', 'b'\): got 'fast', wanted a number"),
        (None, r"latency_ms of link \('a', 'b'\): got None, wanted a number"),
        (float("nan"), r"latency_ms\[row 0\]: got nan for link \('a', 'b'\)"),
        (-1, r"latency_ms\[row 0\]: got -1.0 for link \('a', 'b'\)"),
        (2**2000, r"latency_ms\[row 0\]: got inf for link \('a', 'b'\)"),
    ):
        graph = nx.Graph([("a", "b", {"latency_ms": value})])
        with pytest.raises(InputError, match=text):
            gf.Network.from_networkx(graph)
    graph = nx.Graph([("a", ("b", 1))])
    with pytest.raises(
        InputError, match=r"latency_ms of link \('a', \('b', 1\)\): got no value, wanted a number"
    ):
        gf.Network.from_networkx(graph)
    graph.add_node("a", access_up_mbps="wide")
    with pytest.raises(InputTypeError, match=r"access_up_mbps of vertex 'a': got 'wide', wanted a number"):
        gf.Network.from_networkx(graph, default_latency_ms=1)
    with pytest.raises(InputTypeError, match="graph: got dict, wanted a networkx graph"):
        gf.Network.from_networkx({})


@pytest.mark.parametrize("kind", KINDS)
def test_views_are_graphs_too(kind: Callable[[], Any]) -> None:
    graph = rich_graph(kind)
    view = graph.subgraph(["a", "b", "c"])
    same(gf.Network.from_networkx(view), gf.Network.from_networkx(copy.deepcopy(view)))
    part = gf.Network.from_networkx(graph.subgraph(["a", "c"]))
    assert (part.sites, part.link_count) == (("a", "c"), 1)
    if graph.is_directed():
        turned = gf.Network.from_networkx(graph.reverse(copy=False))
        same(turned, gf.Network.from_networkx(graph.reverse(copy=True)))
    hidden = nx.restricted_view(graph, ["c"], [])
    assert gf.Network.from_networkx(hidden).link_count == 1


def test_links_come_in_the_order_of_edges() -> None:
    random = np.random.default_rng(3)
    for kind in KINDS:
        graph = kind()
        graph.add_nodes_from("hgfedcba")
        ends = random.choice(list("abcdefgh"), (40, 2))
        graph.add_edges_from(
            (str(u), str(v), {"latency_ms": float(i)}) for i, (u, v) in enumerate(ends) if u != v
        )
        net = gf.Network.from_networkx(graph)
        wanted = [(u, v, d["latency_ms"]) for u, v, d in graph.edges(data=True)]
        tails, heads = ([net.sites[i] for i in end.tolist()] for end in (net.link_tail, net.link_head))
        assert list(zip(tails, heads, net.latency_ms.tolist(), strict=True)) == wanted


class Slow:
    """A vertex whose hash and equality are Python code."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return hash(self.number % 50)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slow) and self.number == other.number


@pytest.mark.parametrize("name", [int, str, float, Slow, lambda i: ("cell", i), lambda i: i << 40])
@pytest.mark.parametrize("kind", KINDS)
def test_large_graphs_in_every_way(kind: Callable[[], Any], name: Callable[[int], Any]) -> None:
    """Enough links for several blocks of the walk, vertices that are equal but not the same objects."""
    random = np.random.default_rng(5)
    graph = kind()
    graph.add_nodes_from(name(i) for i in range(300))
    values: list[Any] = [1.5, 2, True, np.float32(3), np.int16(4)]
    for u, v in random.integers(0, 300, (3000, 2)).tolist():
        data = {"latency_ms": values[(u + v) % 5]}
        if u % 3:
            data["capacity_mbps"] = v
        graph.add_edge(name(u), name(v), **data)
    loops = nx.number_of_selfloops(graph)
    positions, tail, head, (latency, capacity), found, first = _graph.walk(
        graph._adj, graph.is_directed(), graph.is_multigraph(), ("latency_ms", "capacity_mbps"), (None, 7.0)
    )
    names = list(graph)
    assert positions == {vertex: i for i, vertex in enumerate(names)}
    edges = [(u, v, d) for u, v, d in graph.edges(data=True) if u != v]
    assert [(names[u], names[v]) for u, v in zip(tail.tolist(), head.tolist(), strict=True)] == [
        (u, v) for u, v, _ in edges
    ]
    assert latency.tolist() == [float(d["latency_ms"]) for _, _, d in edges]
    assert capacity.tolist() == [float(d.get("capacity_mbps", 7)) for _, _, d in edges]
    assert found == loops
    assert first == next((u for u in graph if graph.has_edge(u, u)), None)


def test_the_walk_releases_what_it_held() -> None:
    import sys

    vertices = [Slow(i) for i in range(1000)]
    graph = nx.Graph()
    graph.add_edges_from((u, v, {"latency_ms": 1.0}) for u, v in pairwise(vertices))
    before = [sys.getrefcount(vertex) for vertex in vertices]
    _graph.walk(graph._adj, False, False, ("latency_ms",), (None,))
    with pytest.raises(InputError, match="nowhere of link"):
        _graph.walk(graph._adj, False, False, ("nowhere",), (None,))
    assert [sys.getrefcount(vertex) for vertex in vertices] == before


def test_odd_adjacencies() -> None:
    with pytest.raises(InputError, match="graph: got a neighbour 2 that is no vertex"):
        _graph.walk({1: {2: {}}}, True, False, (), ())
    with pytest.raises(InputTypeError, match=r"link \(1, 2\): got None, wanted a dict"):
        _graph.walk({1: {2: None}, 2: {}}, True, False, (), ())
    with pytest.raises(TypeError):
        _graph.walk({1: 3}, True, False, (), ())
    with pytest.raises(InputError, match="graph: got a neighbour 5"):
        _graph.walk({i: {i + 1: {}} for i in range(5)}, True, False, (), ())
