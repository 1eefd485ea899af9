"""The table of owners, and the column of nodes that names them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest

import gigafleet as gf
from gigafleet.errors import InputError, InputTypeError

NET = gf.Network(sites=["Berlin", "Paris"], links=([0], [1]), latency_ms=5.0)


def nodes(owner: Any, rows: int = 3, **columns: Any) -> gf.Nodes:
    return gf.Nodes(NET, site=np.zeros(rows, np.int32), capacity={"power_w": 1_000}, owner=owner, **columns)


def test_columns_and_their_defaults() -> None:
    owners = gf.Owners(name=["a", "b"], eur_per_kwh=[0.3, 0.1])
    assert (owners.names, len(owners), repr(owners)) == (("a", "b"), 2, "Owners(2 rows)")
    assert owners.carbon_g_per_kwh.tolist() == owners.standby_eur_per_h.tolist() == [0, 0]
    assert owners.overhead.tolist() == [1, 1]
    assert owners.price_eur_per_wh.tolist() == pytest.approx([0.3e-3, 0.1e-3])
    priced = gf.Owners(name=["a"], eur_per_kwh=0.1, carbon_g_per_kwh=500, carbon_eur_per_t=80, overhead=1.5)
    assert priced.price_eur_per_wh.tolist() == pytest.approx([0.21e-3])
    with pytest.raises(ValueError, match="read-only"):
        owners.eur_per_kwh[0] = 1
    assert len(gf.Owners(name=[])) == 0


@pytest.mark.parametrize("table", [gf.Owners, gf.Tenants, lambda name: gf.Models(name, 4)])
def test_names_are_any_column_of_strings(table: Any) -> None:
    for name in (
        np.array(["a", "b"]),
        pandas.Series(["a", "b"]),
        polars.Series(["a", "b"]),
        pyarrow.array(["a", "b"]),
        pyarrow.chunked_array([["a"], ["b"]]),
        pyarrow.array(["a", "b"]).dictionary_encode(),
    ):
        assert table(name).names == ("a", "b")
    with pytest.raises(InputError, match=r"name\[row 1\]: got null"):
        table(pyarrow.array(["a", None]))
    with pytest.raises(InputError, match=r"name\[row 1\]: got 'a' again"):
        table(pyarrow.array(["a", "a"]))


def test_arguments_by_position_or_name() -> None:
    assert gf.Owners(["a"], 0.3, 50).carbon_g_per_kwh.tolist() == [50]
    assert gf.Tenants(["a"], 2, {"m": 5}, 1).max_priority.tolist() == [1]
    assert gf.Models(["a"], 4, "ram").resource == gf.Models(name=["a"], weights_gb=4, resource="ram").resource


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "a"}, "name: got 'a', wanted a list of names"),
        ({"name": ["a", "b", "a"]}, r"name\[row 2\]: got 'a' again, wanted names that differ"),
        ({"name": ["a", ""]}, r"name\[row 1\]: got '', wanted a name that is not empty"),
        ({"name": ["a", 7]}, r"name\[row 1\]: got 7, wanted a name"),
        ({"eur_per_kwh": [1, math.nan]}, r"eur_per_kwh\[row 1\]: got nan, wanted a finite number"),
        (
            {"eur_per_kwh": [1, 2, 3]},
            r"eur_per_kwh: got int64 of shape \(3,\), wanted numbers of shape \(2,\)",
        ),
        ({"carbon_g_per_kwh": -1}, r"carbon_g_per_kwh\[row 0\]: got -1.0, wanted a finite number >= 0"),
        ({"carbon_eur_per_t": -1}, r"carbon_eur_per_t\[row 0\]: got -1.0"),
        ({"overhead": 0}, r"overhead\[row 0\]: got 0.0, wanted a finite number > 0"),
        ({"standby_eur_per_h": math.inf}, r"standby_eur_per_h\[row 0\]: got inf"),
    ],
)
def test_bad_columns_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        gf.Owners(**{"name": ["a", "b"], **arguments})


@pytest.mark.parametrize(
    "column",
    [
        ["b", "a", ""],
        np.array(["b", "a", ""]),
        pyarrow.array(["b", "a", ""]),
        pyarrow.array(["b", "a", ""]).dictionary_encode(),
        polars.Series(["b", "a", ""], dtype=polars.Categorical),
        [1, 0, -1],
        np.array([1, 0, -1], np.int8),
        polars.Series([1, 0, -1]),
    ],
)
def test_names_and_positions(column: Any) -> None:
    table = nodes(column)
    owners = gf.Owners(name=["a", "b", "c"])
    assert owners.positions(table).take(np.arange(3)).tolist() == [1, 0, -1]
    assert table._core.pools == 1  # nodes alike stay alike, whoever owns them


def test_one_owner_for_all() -> None:
    owners = gf.Owners(name=["a", "b"])
    for column in ("b", 1):
        table = nodes(column)
        assert table.columns["owner"].scalar
        assert owners.positions(table).take(np.arange(3)).tolist() == [1, 1, 1]
    whole = gf.Nodes.from_table(
        NET, {"site": ["Berlin", "Paris"], "capacity.power_w": [1, 2], "owner": ["b", "a"]}
    )
    assert owners.positions(whole).to_numpy().tolist() == [1, 0]


def test_a_copy_is_its_own() -> None:
    memory = np.array([0, 1, 1])
    copied = nodes(memory, copy=True)
    memory[:] = 7
    assert copied.columns["owner"].to_numpy().tolist() == [0, 1, 1]
    assert np.shares_memory(nodes(memory).columns["owner"].chunks[0], memory)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["a", "z", "z"], r"nodes.owner\[row 1\]: got 'z', wanted a name of owners"),
        ("z", r"nodes.owner: got 'z', wanted a name of owners"),
        ([0, 2, 1], r"nodes.owner\[row 1\]: got 2, wanted an owner from 0 to 1, or -1"),
        ([0, 1, -2], r"nodes.owner\[row 2\]: got -2"),
        (2, r"nodes.owner: got 2, wanted an owner from 0 to 1"),
        (None, r"nodes.owner: got none, wanted Nodes\(owner=...\)"),
        ("", r"nodes.owner: got none"),
    ],
)
def test_owners_that_are_not_there(column: Any, message: str) -> None:
    tasks = gf.Tasks(NET, origin=0, demand={"power_w": 1})
    with pytest.raises(InputError, match=message):
        gf.place(tasks, nodes(column), owners=gf.Owners(name=["a", "b"]))
    with pytest.raises(InputError, match=r"nodes.owner: got 0, wanted -1: the table is empty"):
        gf.place(tasks, nodes(0), owners=gf.Owners(name=[]))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([0.0, 1.0, 2.0], "owner: got dtype float64, wanted an integer dtype"),
        (["a", 1, "b"], r"owner\[row 1\]: got 1, wanted a name"),
        (["a", None, "b"], r"owner\[row 1\]: got None, wanted a name"),
        (np.array([["a"]]), r"owner: got an array of shape \(1, 1\), wanted one dimension"),
        (["a", "b"], r"owner: got 2 rows, wanted 3"),
    ],
)
def test_columns_that_are_none(column: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        nodes(column)


def test_place_takes_owners_alone() -> None:
    tasks = gf.Tasks(NET, origin=0, demand={"power_w": 1})
    with pytest.raises(InputTypeError, match="owners: got list, wanted an Owners table"):
        gf.place(tasks, nodes("a"), owners=["a"])
    none = gf.place(tasks, nodes(np.zeros(0, np.str_), rows=0), owners=gf.Owners(name=["a"]))
    assert none.ledger().total["nodes"] == 0


def test_owners_change_nothing_in_a_plan() -> None:
    rng = np.random.default_rng(0)
    tasks = gf.Tasks(NET, origin=rng.integers(0, 2, 200), demand={"power_w": rng.choice([200, 300], 200)})
    plain = gf.place(tasks, nodes(None, rows=50))
    owned = gf.place(tasks, nodes(rng.integers(-1, 2, 50), rows=50), owners=gf.Owners(name=["a", "b"]))
    assert owned.digest == plain.digest
    assert owned.pools == plain.pools
