"""Nodes and Tasks: columns by name, rows that agree, ids, sites, whole tables, and every error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gigafleet as gf
from gigafleet.errors import InputError
from table_cases import NET, network, nodes, sets, tasks


def test_nodes_hold_every_column_with_its_default() -> None:
    made = nodes(price={"memory_gb": 0.5})
    assert (made.rows, len(made), made.resources, made.network) == (2, 2, ("memory_gb",), NET)
    assert list(made.columns) == [
        "site",
        "capacity.memory_gb",
        "price.memory_gb",
        "access_rtt_ms",
        "link_up_mbps",
        "link_down_mbps",
        "available_s",
        "count",
        "owner",
        "devices",
        "id",
    ]
    first = np.array([0])
    values = {name: one.take(first)[0] for name, one in made.columns.items() if one is not None}
    assert values == {
        "site": 0,
        "capacity.memory_gb": 16,
        "price.memory_gb": 0.5,
        "access_rtt_ms": 0,
        "link_up_mbps": math.inf,
        "link_down_mbps": math.inf,
        "available_s": math.inf,
        "count": 1,
        "owner": -1,
        "devices": 0,
    }
    assert made.columns["id"] is None
    assert made.owner_names == ()
    assert (made.consumable, made.resolution) == (frozenset(), {"memory_gb": 1e-6})
    assert [sets(made.labels[name], 2) for name in ("labels", "models")] == [[set(), set()]] * 2
    assert repr(made) == "Nodes(2 rows of memory_gb, on a network of 3 sites)"
    assert (made._core.rows, made._core.members, made._core.pools) == (2, 2, 2)


def test_tasks_hold_every_column_with_its_default() -> None:
    made = tasks()
    assert list(made.columns) == [
        "origin",
        "demand.memory_gb",
        "weight",
        "priority",
        "uplink_mbps",
        "downlink_mbps",
        "max_rtt_ms",
        "duration_s",
        "count",
        "devices",
        "gang",
        "gang_level",
        "spread",
        "spread_level",
        "spread_max",
        "model",
        "max_wait_s",
        "tenant",
        "id",
    ]
    first = np.array([0])
    values = [one.take(first)[0] for one in made.columns.values() if one is not None]
    assert values == [0, 4, 1, 0, 0, 0, math.inf, 0, 1, 0, -1, 2, -1, 0, 1, -1, math.inf, -1]
    assert list(made.labels) == ["require", "any_of", "forbid", "transit_require", "transit_forbid"]
    assert repr(made) == "Tasks(2 rows of memory_gb, on a network of 3 sites)"
    assert (made._core.rows, made._core.members, made._core.classes) == (2, 2, 2)


def test_scalars_alone_are_one_row() -> None:
    made = gf.Nodes(NET, site="Bonn", capacity={"a": 1, "b": 2}, count=1000)
    assert (made.rows, made._core.members, made.resources) == (1, 1000, ("a", "b"))
    assert repr(made) == "Nodes(1 row of a, b, on a network of 3 sites)"
    assert gf.Tasks(NET, origin="Bonn", demand={"a": 1}, count=0)._core.members == 0


def test_empty_tables() -> None:
    for empty in ([], np.zeros(0, np.int16), pl.Series([], dtype=pl.Int32)):
        assert (
            len(nodes(site=empty, capacity={"a": empty})),
            len(tasks(origin=empty, demand={"a": empty})),
        ) == (0, 0)


def test_arrays_are_borrowed_unless_copied() -> None:
    site, memory = np.array([0, 1, 2], np.uint16), np.array([1, 2, 3], np.float32)
    masks = np.array([1, 0, 1], np.uint8)
    for copy in (False, True):
        made = nodes(site=site, capacity={"a": memory}, labels=masks, vocabulary=("ev",), copy=copy)
        held = (made.columns["site"], made.columns["capacity.a"], made.labels["labels"].codes)
        shared = [
            np.shares_memory(one.chunks[0], given)
            for one, given in zip(held, (site, memory, masks), strict=True)
        ]
        assert shared == [not copy] * 3
    copied = tasks(origin=site, demand={"a": memory}, id=np.array([5, 7, 9]), copy=True)
    assert not np.shares_memory(copied.columns["demand.a"].chunks[0], memory)
    assert copied.ids(np.array([2, 0])).tolist() == [9, 5]


def test_inputs_are_never_written_to() -> None:
    given = {
        name: np.array([1, 2], dtype)
        for name, dtype in (("weight", "f4"), ("priority", "i1"), ("count", "u2"))
    }
    before = {name: one.copy() for name, one in given.items()}
    tasks(**given, require={"ev": np.array([True, False])})
    for name, one in given.items():
        assert one.flags.writeable
        assert np.array_equal(one, before[name])


# Sites


@pytest.mark.parametrize(
    "site",
    [
        ["Celle", "Aachen"],
        ("Celle", "Aachen"),
        np.array(["Celle", "Aachen"]),
        np.array(["Celle", "Aachen"], object),
        [2, 0],
        np.array([2, 0], np.uint8),
        np.array([0, 2])[::-1],
        pl.Series(["Celle", "Aachen"]),
        pl.Series([2, 0]),
        pd.Series(["Celle", "Aachen"]),
        pd.Series(["Celle", "Aachen"], dtype="category"),
        pd.Series([2, 0]),
        pa.array(["Celle", "Aachen"]).dictionary_encode(),
        pa.chunked_array([["Celle"], ["Aachen"]]),
        pa.chunked_array([[2], [0]]),
    ],
    ids=lambda site: type(site).__name__,
)
def test_sites_by_name_or_position(site: Any) -> None:
    assert nodes(site=site).columns["site"].to_numpy().tolist() == [2, 0]
    assert tasks(origin=site).columns["origin"].to_numpy().tolist() == [2, 0]


def test_positions_are_read_in_place() -> None:
    site = np.array([2, 0], np.int32)
    assert np.shares_memory(nodes(site=site).columns["site"].chunks[0], site)


@pytest.mark.parametrize("site", ["Celle", 2, np.int16(2)])
def test_one_site_for_all_rows(site: Any) -> None:
    column = nodes(site=site).columns["site"]
    assert (column.scalar, column.take(np.array([1])).tolist()) == (True, [2])


@pytest.mark.parametrize(
    "site", [[30, 10], np.array([30, 10], np.uint8), pa.chunked_array([[30], [10]]), pl.Series([30, 10])]
)
def test_integers_are_names_where_vertices_are_named_so(site: Any) -> None:
    made = gf.Nodes(network((10, 20, 30)), site=site, capacity={"a": 1})
    assert made.columns["site"].to_numpy().tolist() == [2, 0]
    assert gf.Nodes(network((10, 20, 30)), site=30, capacity={"a": 1}).columns["site"].to_numpy() == [2]


def test_any_hashable_names_a_site() -> None:
    grid = network(((0, 0), (0, 1), (1, 0)))
    assert gf.Nodes(grid, site=(1, 0), capacity={"a": 1}).columns["site"].to_numpy().tolist() == [2]
    assert gf.Nodes(grid, site=[(1, 0), (0, 0)], capacity={"a": 1}).columns["site"].to_numpy().tolist() == [
        2,
        0,
    ]


@pytest.mark.parametrize(
    ("site", "text"),
    [
        ("Dresden", "site: got 'Dresden', wanted a site of the network"),
        (["Bonn", "Dresden"], "site[row 1]: got 'Dresden', wanted a site of the network"),
        (np.array(["Bonn", "Dresden"]), "site[row 1]: got 'Dresden', wanted a site of the network"),
        (pl.Series(["Bonn", "Dresden"]), "site[row 1]: got 'Dresden', wanted a site of the network"),
        (
            pa.chunked_array([["Bonn"], ["Dresden"]]),
            "site[row 1]: got 'Dresden', wanted a site of the network",
        ),
        (pa.array(["Bonn", None]), "site[row 1]: got null, wanted a string"),
        (3, "site: got 3, wanted a position from 0 to 2"),
        ([0, 3], "site[row 1]: got 3, wanted a position from 0 to 2"),
        (np.array([0, 3], np.int8), "site[row 1]: got 3, wanted a site position from 0 to 2"),
        (np.array([0, -1]), "site[row 1]: got -1, wanted a site position from 0 to 2"),
        (np.array([0.0, 1.0]), "site: got dtype float64, wanted site names or an integer dtype"),
        (1.0, "site: got 1.0, wanted a site of the network"),
        (pa.array([["Bonn"]]), "site: got lists of strings, wanted site names or an integer dtype"),
        (np.array([[0], [1]]), "site: got an array of shape (2, 1), wanted one dimension"),
        (None, "site: got None, wanted a site of the network"),
        ({}, "site: got {}, wanted a hashable name"),
    ],
)
def test_unknown_sites(site: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        nodes(site=site)
    assert str(caught.value) == text


# Ids


@pytest.mark.parametrize(
    "ids",
    [
        [7, 3],
        np.array([7, 3], np.uint8),
        np.array([2**63 - 1, 0]),
        np.array([5, 9], np.uint64),
        pl.Series([2, 1]),
    ],
)
def test_ids(ids: Any) -> None:
    assert nodes(id=ids).ids(np.array([1, 0, 1])).tolist() == [ids[1], ids[0], ids[1]]
    assert nodes().ids(np.array([1, 0])).tolist() == [1, 0]
    assert nodes().ids(np.array([1, 0])).dtype == np.int64


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([3, 3], "id[row 1]: got 3 again, wanted ids that differ"),
        ([9, 2, 2**62, 2, 9], "id[row 3]: got 2 again, wanted ids that differ"),
        (pa.chunked_array([[1, 2], [], [3, 1]]), "id[row 3]: got 1 again, wanted ids that differ"),
        ([0, -1], "id[row 1]: got -1, wanted an integer from 0 to 2^63 - 1"),
        (np.array([1, 2**63], np.uint64), f"id[row 1]: got {2**63}, wanted an integer from 0 to 2^63 - 1"),
        (pa.chunked_array([[1, 2], [3, -4]]), "id[row 3]: got -4, wanted an integer from 0 to 2^63 - 1"),
        ([1.0, 2.0], "id: got dtype float64, wanted an integer dtype"),
    ],
)
def test_bad_ids(ids: Any, text: str) -> None:
    rows = len(ids)
    with pytest.raises(InputError) as caught:
        gf.Tasks(NET, origin=[0] * rows, demand={"a": 1}, id=ids)
    assert str(caught.value) == text


def test_one_id_for_all_rows() -> None:
    assert gf.Tasks(NET, origin=0, demand={"a": 1}, id=5).ids(np.array([0])).tolist() == [5]
    with pytest.raises(InputError, match="id: got one id for all rows, wanted 2 ids that differ"):
        nodes(id=5)


@pytest.mark.parametrize("spread", [1, 5, 10**6])
def test_many_ids_in_any_order(spread: int) -> None:
    rows = (1 << 20) + 3
    ids = np.random.default_rng(0).permutation(rows) * spread
    gf.Nodes(NET, site=np.zeros(rows, np.int8), capacity={"a": 1}, id=ids)
    ids[7] = ids[-1]
    with pytest.raises(InputError, match=rf"id\[row {rows - 1}\]: got {ids[-1]} again"):
        gf.Nodes(NET, site=np.zeros(rows, np.int8), capacity={"a": 1}, id=ids)


# Resources, bandwidth, labels


def test_bandwidth_is_both_ways() -> None:
    made = tasks(bandwidth_mbps=[1, 2])
    assert made.columns["uplink_mbps"] is made.columns["downlink_mbps"]
    assert made.columns["uplink_mbps"].take(np.array([1])).tolist() == [2]
    made = tasks(uplink_mbps=3)
    assert [made.columns[f"{way}link_mbps"].take(np.array([0]))[0] for way in ("up", "down")] == [3, 0]


def test_energy_is_consumable_unless_said_otherwise() -> None:
    capacity = {"energy_wh": 1, "water_l": 2}
    assert nodes(capacity=capacity).consumable == {"energy_wh"}
    assert nodes(capacity=capacity, consumable=["water_l"]).consumable == {"water_l"}
    assert nodes(capacity=capacity, consumable=()).consumable == frozenset()
    assert nodes(capacity=capacity, resolution={"water_l": 0.1}).resolution == {
        "energy_wh": 1e-6,
        "water_l": 0.1,
    }


def test_one_vocabulary_serves_every_mask() -> None:
    made = tasks(require=np.array([1, 2], np.uint8), forbid=4, any_of=("x",), vocabulary=("a", "b", "c"))
    assert [sets(made.labels[name], 2) for name in ("require", "forbid", "any_of")] == [
        [{"a"}, {"b"}],
        [{"c"}, {"c"}],
        [{"x"}, {"x"}],
    ]


def test_sixty_four_labels_are_the_most() -> None:
    lists = [[f"l{i}" for i in range(32)], [f"l{i}" for i in range(32, 64)]]
    assert len(nodes(labels=pa.array(lists)).labels["labels"].distinct_names()) == 64
    with pytest.raises(InputError, match="labels: got 65 labels, wanted at most 64"):
        nodes(labels=pa.array([[*lists[0], "one more"], lists[1]]))
    tasks(require=pa.array([[*lists[0], "one more"], lists[1]]))  # tasks may ask for what nobody has


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"capacity": {}}, "capacity: got 0 resources, wanted 1 to 8"),
        ({"capacity": {f"r{i}": 1 for i in range(9)}}, "capacity: got 9 resources, wanted 1 to 8"),
        ({"capacity": 3}, "capacity: got int, wanted a dict of resource -> column"),
        ({"capacity": {3: 1}}, "capacity: got the resource 3, wanted a name"),
        ({"capacity": {"": 1}}, "capacity: got the resource '', wanted a name"),
        ({"capacity": {"a": [1, 2, 3]}}, "capacity['a']: got 3 rows, wanted 2, as site has"),
        ({"capacity": {"a": "big"}}, "capacity['a']: got str, wanted a number, a list, an array or a series"),
        ({"price": {"b": 1}}, "price: got the resource 'b', wanted one of memory_gb"),
        ({"price": [1]}, "price: got list, wanted a dict of resource -> column"),
        ({"labels": ("country=DE",)}, "labels: got the domain 'country=DE', wanted labels; domains"),
        ({"labels": {"ev": [True]}}, "labels: got 1 rows, wanted 2, as site has"),
        ({"count": 1.0}, "count: got dtype float64, wanted an integer dtype"),
        ({"count": [1, -1]}, "count[row 1]: got -1, wanted a whole number from 0 to 2^63 - 1"),
        ({"count": 2**63}, "count: got 9223372036854775808, wanted a whole number from 0 to 2^63 - 1"),
        ({"count": [1, None]}, "count[row 1]: got None, wanted a value"),
        ({"capacity": {"a": [16, None]}}, "capacity['a'][row 1]: got None, wanted a value"),
        ({"available_s": np.array([None, 3])}, "available_s[row 0]: got None, wanted a value"),
        ({"id": [1]}, "id: got 1 rows, wanted 2, as site has"),
        ({"consumable": "memory_gb"}, "consumable: got 'memory_gb', wanted a tuple of resources"),
        ({"consumable": ("water_l",)}, "consumable: got the resource 'water_l', wanted one of memory_gb"),
        ({"resolution": {"b": 1}}, "resolution: got the resource 'b', wanted one of memory_gb"),
        ({"resolution": {"memory_gb": 0}}, "resolution['memory_gb']: got 0, wanted a power of ten"),
        ({"resolution": {"memory_gb": "1"}}, "resolution['memory_gb']: got '1', wanted a power of ten"),
        ({"capacity": {"a": [1, math.nan]}}, "capacity['a'][row 1]: got nan"),
        ({"access_rtt_ms": [0, -1]}, "access_rtt_ms[row 1]: got -1"),
        ({"available_s": -1}, "available_s"),
    ],
)  # fmt: skip
def test_bad_nodes(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError) as caught:
        nodes(**changes)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"demand": {}}, "demand: got 0 resources, wanted 1 to 8"),
        ({"demand": {"a": [1, math.inf]}}, "demand['a'][row 1]: got inf, wanted a finite number"),
        ({"demand": {"a": [1, 2, 3]}}, "demand['a']: got 3 rows, wanted 2, as origin has"),
        ({"bandwidth_mbps": 1, "uplink_mbps": 1}, "bandwidth_mbps: got a value beside uplink_mbps"),
        ({"bandwidth_mbps": 1, "downlink_mbps": 1}, "bandwidth_mbps: got a value beside downlink_mbps"),
        ({"bandwidth_mbps": [1, -1]}, "bandwidth_mbps[row 1]: got -1"),
        ({"weight": [1, 0]}, "weight[row 1]: got 0, wanted a number > 0"),
        ({"priority": [0.5, 1]}, "priority: got dtype float64, wanted an integer dtype"),
        ({"priority": np.arange(2) * 0.0}, "priority: got dtype float64, wanted an integer dtype"),
        ({"require": ("planet=X",)}, "require: got 'planet=X', wanted one of the levels country, region"),
        ({"transit_forbid": ("planet=X",)}, "transit_forbid: got 'planet=X', wanted one of the levels"),
        ({"forbid": np.array([1, 1], np.uint8)}, "forbid: got masks without vocabulary="),
        ({"forbid": np.array([1, 2], np.uint8), "vocabulary": "a"}, "vocabulary: got the string 'a'"),
        ({"forbid": np.array([1, 2], "u1"), "vocabulary": ("a",)}, "forbid[row 1]: got a mask with bit 1"),
        ({"max_rtt_ms": [1, math.nan]}, "max_rtt_ms[row 1]: got nan"),
        ({"duration_s": math.inf}, "duration_s"),
    ],
)  # fmt: skip
def test_bad_tasks(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError) as caught:
        tasks(**changes)
    assert str(caught.value).startswith(text)


def test_at_most_sixteen_priorities() -> None:
    gf.Tasks(NET, origin=0, demand={"a": 1}, priority=np.arange(16) - 8)
    with pytest.raises(InputError, match=r"priority\[row 16\]"):
        gf.Tasks(NET, origin=0, demand={"a": 1}, priority=np.arange(17))
