"""Nodes and Tasks from whole tables: pandas, polars, pyarrow, dicts of columns, and every error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gigafleet as gf
from gigafleet.errors import InputError, InputTypeError
from table_cases import NET, sets

FRAME = {
    "city": ["Celle", "Aachen"],
    "memory_gb": np.array([16, 80], np.int16),
    "eur": [0.5, 0.25],
    "labels": [["ev", "home"], []],
    "count": [10, 20],
}
TABLES = [FRAME, pa.table(FRAME), pl.DataFrame(FRAME), pd.DataFrame(FRAME), pa.RecordBatch.from_pydict(FRAME)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: type(table).__name__)
def test_nodes_from_a_table(table: Any) -> None:
    if isinstance(table, dict):
        table = table | {"labels": pa.array(table["labels"])}
    made = gf.Nodes.from_table(
        NET, table, site="city", capacity=["memory_gb"], price={"memory_gb": "eur"}, access_rtt_ms=5
    )
    assert (made.rows, made._core.members, made.resources) == (2, 30, ("memory_gb",))
    assert made.columns["site"].to_numpy().tolist() == [2, 0]
    assert made.columns["capacity.memory_gb"].to_numpy().tolist() == [16, 80]
    assert made.columns["price.memory_gb"].to_numpy().tolist() == [0.5, 0.25]
    assert made.columns["access_rtt_ms"].scalar
    assert sets(made.labels["labels"], 2) == [{"ev", "home"}, set()]


@pytest.mark.parametrize("kind", [pa.table, pl.DataFrame, pd.DataFrame, dict])
def test_tasks_from_a_table(kind: Any) -> None:
    columns = {
        "origin": ["Bonn", "Bonn", "Celle"],
        "demand.memory_gb": np.array([1.5, 2.5, 3.5], np.float32),
        "demand.energy_wh": np.array([1, 2, 3], np.uint8),
        "where": ["country=DE", "", "country=FR"],
        "bandwidth_mbps": np.array([1.0, 2.0, 3.0]),
        "id": np.array([30, 20, 10]),
    }
    if kind is dict:
        columns["where"] = np.array(columns["where"])
    made = gf.Tasks.from_table(NET, kind(columns), require="where", forbid=("ev",), priority=3)
    assert made.resources == ("memory_gb", "energy_wh")
    assert made.columns["origin"].to_numpy().tolist() == [1, 1, 2]
    assert made.columns["demand.memory_gb"].dtype == np.float32
    assert made.columns["uplink_mbps"].to_numpy().tolist() == [1, 2, 3]
    assert made.ids(np.arange(3)).tolist() == [30, 20, 10]
    assert sets(made.labels["require"], 3) == [{"country=DE"}, set(), {"country=FR"}]
    assert made.labels["forbid"].codes.scalar


def test_columns_of_a_table_are_read_in_place() -> None:
    origin, memory = np.array([0, 1], np.int32), np.array([1.0, 2.0], np.float32)
    for table in (
        pa.table({"origin": origin, "memory_gb": memory}),
        pl.DataFrame({"origin": origin, "memory_gb": memory}),
    ):
        made = gf.Tasks.from_table(NET, table, demand=["memory_gb"])
        held = made.columns["demand.memory_gb"].chunks[0]
        given = table["memory_gb"].to_numpy()
        assert held.__array_interface__["data"] == (given.__array_interface__["data"][0], True)
    frame = pd.DataFrame({"origin": origin, "memory_gb": memory})
    made = gf.Tasks.from_table(NET, frame, demand=["memory_gb"])
    assert np.shares_memory(made.columns["demand.memory_gb"].chunks[0], frame["memory_gb"].to_numpy())


def test_overrides_replace_a_column_of_the_table() -> None:
    made = gf.Tasks.from_table(
        NET,
        pl.DataFrame(FRAME),
        origin="city",
        demand={"memory_gb": 1.0},
        count=2,
        require=(),
        ignore_columns=True,
    )
    assert made.columns["count"].scalar
    assert made.columns["demand.memory_gb"].scalar


@pytest.mark.parametrize("kind", [pa.table, pl.DataFrame, pd.DataFrame, dict])
@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        ({"site": "town"}, "site: got the column 'town', wanted one of the table's: city, memory_gb, note"),
        ({"site": "city", "capacity": ["ram"]}, "capacity['ram']: got the column 'ram', wanted one of"),
        ({"site": "city", "capacity": {"ram": "gb"}}, "capacity['ram']: got the column 'gb', wanted one of"),
        ({"site": "city", "capacity": ["memory_gb"], "labels": "ev"}, "labels: got the column 'ev'"),
        ({"site": "city", "capacity": ["memory_gb"]}, "table: got the unused columns 'note'"),
        ({"site": "city"}, "capacity: got 0 resources, wanted 1 to 8"),
    ],
)  # fmt: skip
def test_bad_tables(kind: Any, overrides: dict[str, Any], text: str) -> None:
    table = kind({"city": ["Bonn"], "memory_gb": [1], "note": ["x"]})
    with pytest.raises(InputError) as caught:
        gf.Nodes.from_table(NET, table, ignore_columns="0 resources" in text, **overrides)
    assert str(caught.value).startswith(text)


def test_what_is_no_table() -> None:
    with pytest.raises(InputTypeError, match="table: got ChunkedArray, one column, wanted a table"):
        gf.Nodes.from_table(NET, pa.chunked_array([[1]]), capacity=["a"])
    with pytest.raises(
        InputTypeError, match="table: got <class 'int'>, wanted an object with __arrow_c_stream__"
    ):
        gf.Nodes.from_table(NET, 3, capacity=["a"])
    twice = pa.Table.from_arrays([pa.array([0]), pa.array([1])], names=["site", "site"])
    with pytest.raises(InputError, match="table: got two columns 'site', wanted names that differ"):
        gf.Nodes.from_table(NET, twice)
    with pytest.raises(TypeError, match="speed"):
        gf.Nodes.from_table(NET, pa.table({"site": [0]}), capacity={"a": 1}, speed=3)
    typo = pa.table({"origin": [0], "demand.a": [1], "prioritty": [1]})
    with pytest.raises(InputError) as caught:
        gf.Tasks.from_table(NET, typo)
    assert "the unused columns 'prioritty', wanted columns named origin, weight" in str(caught.value)
    assert "id, demand.NAME, device_demand.NAME, ones that a parameter names" in str(caught.value)
    with pytest.raises(InputTypeError, match="origin: got nothing, wanted a column of that name"):
        gf.Tasks.from_table(NET, pa.table({"demand.a": [1]}))


def test_errors_of_a_table_name_column_and_row() -> None:
    table = pa.table({"site": [0, 1], "capacity.memory_gb": [1, None]})
    with pytest.raises(InputError, match=r"capacity\['memory_gb'\]\[row 1\]: got null, wanted a value"):
        gf.Nodes.from_table(NET, table)
