"""Network: what it reads, refuses and calls sites. Graphs: test_exchange.py. Routes: test_routes.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas
import polars
import pyarrow
import pytest

import gigafleet as gf
from gigafleet.errors import InputError, InputTypeError
from networks import same, small

# arrays


def test_attributes_are_quantised_frozen_copies() -> None:
    latency = np.array([1.0, 1e-6 * 2.4])
    net = gf.Network(sites=3, links=([0, 1], [1, 2]), latency_ms=latency, price_per_mbps=-1)
    latency[:] = 9
    assert (net.site_count, net.link_count, net.arc_count, net.directed) == (3, 2, 4, False)
    assert net.sites == (0, 1, 2)
    assert net.latency_ns.tolist() == [1_000_000, 2]
    assert net.latency_ns.dtype == np.int64
    assert net.link_tail.dtype == net.link_head.dtype == np.int32
    assert net.capacity_mbps.tolist() == [np.inf] * 2
    assert net.price_per_mbps.tolist() == [-1, -1]
    assert net.access_up_mbps.tolist() == net.access_down_mbps.tolist() == [np.inf] * 3
    assert net.lat is None
    assert net.domains == {}
    for array in (net.link_tail, net.latency_ns, net.capacity_mbps, net.site_labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    kept = net.latency_ns
    del net
    assert kept.tolist() == [1_000_000, 2]  # keeps the core's memory


def test_repr_says_how_large_it_is() -> None:
    assert repr(small()) == "Network(4 sites; 3 links)"
    net = gf.Network(
        sites=2, links=([0], [1]), latency_ms=1, directed=True, labels=("eu",), domains={"country": "DE"}
    )
    assert repr(net) == "Network(2 sites; 1 one-way links; labels eu; 1 of level country)"


def test_labels_in_every_form() -> None:
    def masks(labels: Any, **more: Any) -> tuple[list[int], tuple[str, ...]]:
        net = gf.Network(sites=3, links=([], []), latency_ms=[], labels=labels, **more)
        return net.site_labels.tolist(), net.label_vocabulary

    assert masks(()) == ([0, 0, 0], ())
    assert masks(("x", "y")) == ([3, 3, 3], ("x", "y"))
    assert masks("x, y") == ([3, 3, 3], ("x", "y"))
    assert masks({"x": np.array([True, False, True]), "y": True}) == ([3, 2, 3], ("x", "y"))
    assert masks(np.array([1, 2, 0], np.uint64), vocabulary=["x", "y"]) == ([1, 2, 0], ("x", "y"))
    assert masks([{"y", "x"}, None, "y"]) == ([3, 0, 2], ("x", "y"))
    assert masks([[], ("b",), "a,b"]) == ([0, 2, 3], ("a", "b"))
    many = {f"l{i}": np.array([i % 2 == 0, True, False]) for i in range(64)}
    assert masks(many)[0] == [0x5555555555555555, 2**64 - 1, 0]


def test_domains_in_every_form() -> None:
    net = gf.Network(
        sites=4,
        links=([], []),
        latency_ms=[],
        domains={"country": ["DE", None, "FR", float("nan")], "rack": ([0, -1, 1, -1], ["r", 7])},
    )
    assert [codes.tolist() for codes, _ in net.domains.values()] == [[0, -1, 1, -1]] * 2
    assert [names for _, names in net.domains.values()] == [("DE", "FR"), ("r", "7")]


LINK = {"sites": 2, "links": ([0], [1]), "latency_ms": 1.0}
ERRORS = [
    (
        {"latency_ms": [np.nan]},
        r"latency_ms\[row 0\]: got nan for link \(0, 1\), wanted a finite number >= 0",
    ),
    ({"latency_ms": [-1]}, r"latency_ms\[row 0\]: got -1.0 for link \(0, 1\)"),
    ({"latency_ms": [np.inf]}, r"latency_ms\[row 0\]: got inf for link \(0, 1\)"),
    ({"latency_ms": [1e18]}, r"latency_ms\[row 0\]: got 1e\+18, wanted at most 73 years"),
    ({"capacity_mbps": -1}, r"capacity_mbps\[row 0\]: got -1.0 for link \(0, 1\)"),
    ({"capacity_mbps": 1e30}, r"capacity_mbps\[row 0\]: got 1e\+30, wanted at most"),
    ({"price_per_mbps": np.inf}, r"price_per_mbps\[row 0\]: got inf for link \(0, 1\)"),
    ({"access_up_mbps": [1, -1]}, r"access_up_mbps\[row 1\]: got -1, wanted a number >= 0"),
    ({"access_down_mbps": np.nan}, r"access_down_mbps\[row 0\]: got nan"),
    ({"sites": -1}, r"sites: got -1, wanted a number >= 0"),
    ({"sites": ["a", "b", "a"]}, r"sites\[row 2\]: got 'a' as in row 0, wanted names that differ"),
    ({"links": ([0], [2])}, r"links\[row 0\]: got site 2, wanted a site from 0 to 1"),
    ({"links": ([-1], [1])}, r"links\[row 0\]: got site -1"),
    ({"sites": ["a", "b"], "links": (["a", "a"], ["b", "c"])}, r"links\[row 1\]: got 'c', wanted a site"),
    ({"sites": ["a", "b"], "links": (["a"], [None])}, r"links\[row 0\]: got None, wanted a site"),
    ({"labels": [None, "a=b"]}, r"labels: got 'a=b', wanted a name without '='"),
    ({"labels": {f"l{i}": True for i in range(65)}}, r"labels: got 65 different labels, wanted at most 64"),
    ({"labels": np.array([4, 0], np.uint64), "vocabulary": ["x"]}, r"labels\[row 0\]: got a mask with bits"),
    ({"domains": {"street": ["a", "b"]}}, r"domains: got 'street', wanted one of country, region"),
    ({"domains": {"rack": ([0, 1], ["a"])}}, r"domains\['rack'\]\[row 1\]: got 1"),
    (
        {"domains": {"rack": ["r", "r"], "country": ["DE", "FR"]}},
        r"domains\['rack'\]\[row 1\]: got 'r' in country 'FR' and in 'DE', wanted each rack inside one",
    ),
    ({"domains": {"campus": ["c", "c"], "region": ["x", None]}}, r"'c' in region none and in 'x'"),
]
TYPE_ERRORS = [
    ({"latency_ms": ["fast"]}, r"latency_ms: got <U4 of shape \(1,\), wanted numbers of shape \(1,\)"),
    ({"latency_ms": [1.0, 2.0]}, r"latency_ms: got float64 of shape \(2,\), wanted numbers of shape \(1,\)"),
    ({"sites": "ab"}, r"sites: got 'ab', wanted names, or how many"),
    ({"sites": [[1], "b"]}, r"sites\[row 0\]: got \[1\], wanted a hashable name"),
    ({"links": ([0.0], [1.0])}, r"links: got float64 of shape \(1,\), wanted names or positions of sites"),
    ({"links": ([0], [1, 1])}, r"links: got 1 and 2 ends, wanted two columns of one length"),
    ({"links": 3}, r"links: got int, wanted a pair of columns"),
    ({"links": ("a", "b")}, r"links: got <U1 of shape \(\), wanted names or positions of sites"),
    ({"labels": {"x": np.array([1, 0])}}, r"labels\['x'\]: got int64 of shape \(2,\), wanted booleans"),
    ({"labels": [None, 3]}, r"labels\[row 1\]: got 3, wanted names of labels"),
    ({"labels": [None]}, r"labels: got 1 rows, wanted 2"),
    ({"labels": np.array([1.0, 0]), "vocabulary": ["x"]}, r"labels: got float64 .* wanted a uint64 mask"),
    ({"domains": {"rack": ["a"]}}, r"domains\['rack'\]: got 1 rows, wanted 2"),
    ({"domains": {"rack": ([0.5, 1], ["a"])}}, r"domains\['rack'\]: got float64"),
]


@pytest.mark.parametrize(("change", "text"), ERRORS)
def test_bad_values(change: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text) as caught:
        gf.Network(**{**LINK, **change})
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, TypeError)


@pytest.mark.parametrize(("change", "text"), TYPE_ERRORS)
def test_bad_types(change: dict[str, Any], text: str) -> None:
    with pytest.raises(InputTypeError, match=text) as caught:
        gf.Network(**{**LINK, **change})
    assert isinstance(caught.value, TypeError)


def test_the_binding_is_strict() -> None:
    from gigafleet import _core

    ends = np.zeros(1, np.int64)
    with pytest.raises(TypeError):
        _core.Network(**dict.fromkeys(("sites", "tail", "head"), ends))
    with pytest.raises(InputTypeError, match="allowed: got 3 flags, wanted 4"):
        _core.Routes(small()._core, np.ones(3, np.uint8))
    routes = _core.Routes(small()._core)
    with pytest.raises(InputError, match=r"to\[row 0\]: got 4, wanted a site from 0 to 3"):
        routes.rtt_ns(np.zeros(1, np.int32), np.full(1, 4, np.int32))
    with pytest.raises(InputTypeError, match="to: got 2 rows, wanted 1"):
        routes.rtt_ns(np.zeros(1, np.int32), np.zeros(2, np.int32))


# valid oddities


def test_self_loops_are_dropped_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="2 self-loops dropped, the first at 'b'"):
        net = gf.Network(
            sites=["a", "b"], links=([1, 0, 0], [1, 1, 0]), latency_ms=[1, 2, 3], capacity_mbps=[4, 5, 6]
        )
    assert (net.link_tail.tolist(), net.link_head.tolist()) == ([0], [1])
    assert (net.latency_ms.tolist(), net.capacity_mbps.tolist()) == ([2], [5])
    graph = nx.MultiGraph([("x", "x"), ("x", "y"), ("y", "y"), ("y", "y")])
    with pytest.warns(UserWarning, match="3 self-loops dropped, the first at 'x'") as caught:
        net = gf.Network.from_networkx(graph, default_latency_ms=1)
    assert net.link_count == 1
    assert caught[0].filename == __file__


def test_links_name_their_ends() -> None:
    wanted = [0, 2], [1, 0]
    for tail, head in (
        (["a", "c"], ["b", "a"]),
        (np.array(["a", "c"]), [1, 0]),
        (pandas.Series(["a", "c"]), pyarrow.array(["b", "a"])),
        (polars.Series(["a", "c"]), polars.Series([1, 0])),
    ):
        net = gf.Network(sites=["a", "b", "c"], links=(tail, head), latency_ms=1)
        assert (net.link_tail.tolist(), net.link_head.tolist()) == wanted
    by_number = gf.Network(sites=[7, 8, 9], links=([0, 2], [1, 0]), latency_ms=1)
    assert (by_number.link_tail.tolist(), by_number.link_head.tolist()) == wanted
    pairs = gf.Network(sites=[("x", 1), ("x", 2)], links=([("x", 2)], [("x", 1)]), latency_ms=1)
    assert pairs.link_tail.tolist() == [1]


def test_parallel_links_are_separate_and_the_fastest_serves() -> None:
    net = small()
    assert net.link_count == 3
    route = net.route("a", "c")
    assert route is not None
    assert route.tolist() == [0, 4]
    assert net.rtt_ms("a", "c") == 6
    graph = net.to_networkx()
    assert isinstance(graph, nx.MultiGraph)
    same(gf.Network.from_networkx(graph), net)


def test_no_sites_and_one_site() -> None:
    for net in (
        gf.Network(sites=0, links=([], []), latency_ms=[]),
        gf.Network.from_networkx(nx.DiGraph()),
    ):
        assert (net.site_count, net.link_count) == (0, 0)
        assert net.positions([]).tolist() == []
        with pytest.raises(InputError, match="none: the network is empty"):
            net.index(0)
    one = nx.Graph()
    one.add_node("here")
    net = gf.Network.from_networkx(one)
    assert net.rtt_ms("here", "here") == 0
    route = net.route("here", "here")
    assert route is not None
    assert route.size == 0


def test_disconnected_sites_have_no_route() -> None:
    net = small()
    assert net.rtt_ms("a", "d") == np.inf
    assert net.route("a", "d") is None
    assert net.rtt_ms(["a", "d"], "d").tolist() == [np.inf, 0]


# names and positions


def test_positions_of_names() -> None:
    net = small()
    wanted = [2, 0, 3]
    for column in (
        ["c", "a", "d"],
        ("c", "a", "d"),
        np.array(["c", "a", "d"]),
        np.array(["c", "a", "d"], object),
    ):
        assert net.positions(column).tolist() == wanted
        assert net.positions(column).dtype == np.int32
    for dtype in (np.int8, np.uint16, np.int64, np.uint64):
        assert net.positions(np.array(wanted, dtype)).tolist() == wanted
    assert net.positions([2, 0, 3]).tolist() == wanted
    own = np.array(wanted, np.int32)
    assert net.positions(own) is own
    assert net.index("c") == net.index(2) == net.index(np.int64(2)) == net.index(np.str_("c")) == 2


def test_positions_that_are_not_there() -> None:
    net = small()
    for column, text in (
        (["a", "Pariss"], r"origin\[row 1\]: got 'Pariss', wanted a site of the network"),
        (np.array(["a"] * 70_000 + ["x"]), r"origin\[row 70000\]: got 'x'"),
        ([0, 4], r"origin\[row 1\]: got 4, wanted a position from 0 to 3"),
        (np.array([0, 1, -1]), r"origin\[row 2\]: got -1"),
        (["a", None], r"origin\[row 1\]: got None"),
        ([0.5], r"origin\[row 0\]: got 0.5"),
        ([["a"]], r"origin\[row 0\]: got \['a'\], wanted a hashable name"),
        (np.zeros((2, 2), int), r"origin: got int64 of shape \(2, 2\), wanted a column of one dimension"),
    ):
        with pytest.raises(InputError, match=text):
            net.positions(column, "origin")
    for site in ("x", 4, -1, None, [1]):
        with pytest.raises(InputError, match="site: got "):
            net.index(site)


def test_integers_are_names_where_vertices_are_integers() -> None:
    graph = nx.path_graph(4)  # named as placed: either reading is the same
    net = gf.Network.from_networkx(graph, default_latency_ms=1)
    assert net.positions([3, 0]).tolist() == [3, 0]
    for names in ([10, 20, -5], [2, 0, 1], [0, 10**12, 5], [10**30, 1, 2]):
        net = gf.Network(sites=names, links=([], []), latency_ms=[])
        assert net.positions(names).tolist() == [0, 1, 2]
        if max(names) < 2**63:
            assert net.positions(np.array(names)[::-1]).tolist() == [2, 1, 0]
        assert net.index(names[1]) == 1
        for wrong in (99, -99, 2**63 - 1):
            with pytest.raises(
                InputError, match=rf"site\[row 1\]: got {wrong}, wanted a site of the network"
            ):
                net.positions(np.array([names[2], wrong]))
            with pytest.raises(InputError, match="site: got"):
                net.index(wrong)
    mixed = gf.Network(sites=["x", 0, ("y", 1)], links=([], []), latency_ms=[])
    assert mixed.positions([0]).tolist() == [1]
    assert mixed.positions([("y", 1), "x", 0]).tolist() == [2, 0, 1]
    with pytest.raises(InputError, match="got 1, wanted a site of the network"):
        mixed.index(1)


def test_any_hashable_is_a_vertex() -> None:
    names = [("cell", 1), frozenset({2}), 3.5, "s", None.__class__, True]
    net = gf.Network(sites=names, links=([0, 1], [1, 2]), latency_ms=1)
    assert [net.index(name) for name in names] == [0, 1, 2, 3, 4, 5]
    assert net.positions(names[::-1]).tolist() == [5, 4, 3, 2, 1, 0]
    graph = nx.DiGraph()
    graph.add_edge(names[0], names[1], latency_ms=2)
    assert gf.Network.from_networkx(graph).sites == tuple(names[:2])


# transit policies


def test_routes_inside_a_policy() -> None:
    net = gf.Network(
        sites=["a", "b", "c", "d"],
        links=([0, 1, 0, 2], [1, 3, 2, 3]),
        latency_ms=[1, 1, 5, 5],
        labels=[None, "slow", None, "eu"],
        domains={"country": ["DE", "FR", "DE", "DE"]},
    )
    assert net.rtt_ms("a", "d") == 4
    for policy in (
        {"transit_require": ["country=DE"]},
        {"transit_forbid": "slow"},
        {"transit_forbid": ["country=FR"]},
    ):
        assert net.rtt_ms("a", "d", **policy) == 20
        assert net.route("a", "d", **policy).tolist() == [4, 6]
        assert net.route("a", "b", **policy) is None  # ends included
        assert net.rtt_ms("b", "b", **policy) == np.inf
    assert net.rtt_ms("d", "d", transit_require=["eu", "country=DE"]) == 0
    assert net.rtt_ms("a", "d", transit_require=["nobody has it"]) == np.inf
    assert net.rtt_ms("a", "d", transit_require=["country=PL"]) == np.inf
    assert net.rtt_ms("a", "d", transit_forbid=["rack=r"]) == 4
    with pytest.raises(InputError, match=r"transit_forbid: got 'planet=x', wanted a label, or LEVEL=NAME"):
        net.rtt_ms("a", "d", transit_forbid=["planet=x"])
    with pytest.raises(InputTypeError, match="transit_require: got 3"):
        net.rtt_ms("a", "d", transit_require=[3])


DOCS = Path(__file__).parents[1] / "docs" / "network.md"


@pytest.mark.skipif(not DOCS.exists(), reason="docs are not part of the wheel")
def test_the_blocks_of_the_docs_run(capsys: pytest.CaptureFixture[str]) -> None:
    """And print what their comments say."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL))
    exec(compile(code, str(DOCS), "exec"), {})
    said = re.findall(r"^print\(.*\)\s+# ([^:\n]*)", code, re.MULTILINE)
    assert [line.strip() for line in said] == capsys.readouterr().out.splitlines()
