"""Columns: what they are read from, that nothing is copied or written to, and every error."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gigafleet import _core
from gigafleet.columns import Column, column, common_rows
from gigafleet.errors import InputError, InputTypeError

DTYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"]


def addresses(read: Column) -> list[int]:
    return [chunk.__array_interface__["data"][0] for chunk in read.chunks]


def rows_in_core(read: Column) -> list[Any]:
    """What the core reads of each row."""
    return [read._core.item(row) for row in range(read._core.rows)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1, 2, -1, -3])
def test_arrays_of_any_width_and_stride_are_read_in_place(dtype: str, step: int) -> None:
    base = np.arange(20, dtype=dtype)
    given = base[::step]
    read = column("weight", given)
    assert np.shares_memory(read.chunks[0], base)
    assert addresses(read) == [given.__array_interface__["data"][0]]
    assert read.dtype == given.dtype
    assert (read.rows, read.scalar) == (len(given), False)
    assert rows_in_core(read) == given.tolist()
    assert read.take(np.array([2, 0, 2])).tolist() == given[[2, 0, 2]].tolist()


def test_arrays_are_read_only_to_us_and_writeable_to_the_caller() -> None:
    given = np.arange(3.0)
    read = column("weight", given)
    with pytest.raises(ValueError, match="read-only"):
        read.chunks[0][0] = 7
    given[0] = 7
    assert read._core.item(0) == 7


def test_read_only_arrays_are_read() -> None:
    given = np.arange(3)
    given.flags.writeable = False
    assert rows_in_core(column("count", given, kind="integer")) == [0, 1, 2]


def test_a_field_of_a_record_array_is_read_in_place() -> None:
    records = np.zeros(4, dtype=[("flag", "i1"), ("memory_gb", "f8")])
    records["memory_gb"] = [0.1, 0.2, 0.3, 0.4]
    read = column("demand", records["memory_gb"])
    assert np.shares_memory(read.chunks[0], records)
    assert rows_in_core(read) == [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (np.array([1.5, 2.5], np.float16), "float32"),
        (np.array([True, False]), "uint8"),
        (np.array([1, 2], ">i4"), "int32"),
        (np.array([1, 2], ">f8"), "float64"),
        ([1, 2], "int64"),
        ([1, 2.5], "float64"),
        ((1, 2), "int64"),
        ([True, False], "uint8"),
        (range(2), "int64"),
        ([], "float64"),
        (np.zeros(0, np.int8), "int8"),
        (array.array("f", [1, 2]), "float32"),
        (memoryview(array.array("H", [1, 2])), "uint16"),
    ],
)
def test_the_rest_is_converted(given: Any, dtype: str) -> None:
    read = column("weight", given)
    assert read._core.dtype == dtype
    assert rows_in_core(read) == list(given)


def test_a_buffer_is_read_in_place() -> None:
    given = array.array("d", [1, 2])
    assert np.shares_memory(column("weight", given).chunks[0], np.asarray(given))


@pytest.mark.parametrize(
    ("given", "dtype", "value"),
    [
        (3, "int64", 3),
        (-3, "int64", -3),
        (2**63, "uint64", 2**63),
        (2.5, "float64", 2.5),
        (float("inf"), "float64", float("inf")),
        (True, "uint8", 1),
        (np.float32(0.5), "float32", 0.5),
        (np.uint16(7), "uint16", 7),
        (np.array(7, np.int8), "int8", 7),
    ],
)
def test_a_number_stands_for_all_rows(given: Any, dtype: str, value: float) -> None:
    read = column("weight", given)
    assert (read.scalar, read.rows) == (True, None)
    assert (read._core.dtype, read._core.item(10**12)) == (dtype, value)
    assert read.take(np.array([5, 6])).tolist() == [value, value]
    assert read.to_numpy(3).tolist() == [value] * 3


def test_an_integer_column_of_an_empty_list() -> None:
    assert column("count", [], kind="integer").dtype == np.int64


@pytest.mark.parametrize("dtype", DTYPES)
def test_polars_series_are_read_in_place(dtype: str) -> None:
    base = np.arange(10, dtype=dtype)
    series = pl.Series(base)
    read = column("weight", series[2:])
    assert addresses(read) == [series.to_numpy(allow_copy=False)[2:].__array_interface__["data"][0]]
    assert rows_in_core(read) == base[2:].tolist()


@pytest.mark.parametrize("dtype", DTYPES)
def test_pandas_series_are_read_in_place(dtype: str) -> None:
    series = pd.Series(np.arange(10, dtype=dtype))
    read = column("weight", series[::2])
    assert np.shares_memory(read.chunks[0], series.to_numpy())
    assert rows_in_core(read) == list(range(0, 10, 2))


def test_a_pandas_series_with_nan_keeps_its_nan() -> None:
    read = column("weight", pd.Series([1.0, np.nan]))
    assert np.isnan(read.take(np.array([1])))[0]


def test_pandas_extension_dtypes() -> None:
    assert rows_in_core(column("count", pd.Series([1, 2], dtype="Int16"), kind="integer")) == [1, 2]
    assert rows_in_core(column("count", pd.Series([1, 2], dtype="int8[pyarrow]"), kind="integer")) == [1, 2]
    with pytest.raises(InputError, match=r"weight\[row 1\]: got null"):
        column("weight", pd.Series([1, None], dtype="Int16"))


class Pandas2:
    """A series that speaks Arrow as a table alone."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def to_frame(self, name: str) -> Any:
        return pa.table({name: self.values})


def test_a_series_that_speaks_arrow_as_a_table_alone() -> None:
    assert rows_in_core(column("count", Pandas2(pa.array([1, 2])), kind="integer")) == [1, 2]


def test_chunks_stay_chunks() -> None:
    parts = [np.arange(3, dtype=np.int32), np.arange(0, dtype=np.int32), np.arange(10, 14, dtype=np.int32)]
    read = column("weight", pa.chunked_array([pa.array(part) for part in parts]))
    assert addresses(read) == [p.__array_interface__["data"][0] for p in parts if len(p)]
    assert rows_in_core(read) == [0, 1, 2, 10, 11, 12, 13]
    assert read.take(np.array([[6, 0], [3, 2]])).tolist() == [[13, 0], [10, 2]]
    assert read.to_numpy().tolist() == [0, 1, 2, 10, 11, 12, 13]
    assert read.to_numpy().dtype == np.int32


def test_a_copy_shares_nothing() -> None:
    base = np.arange(4.0)
    copied = column("weight", base).copied()
    base[:] = 9
    assert not np.shares_memory(copied.chunks[0], base)
    assert rows_in_core(copied) == [0, 1, 2, 3]


def test_the_core_keeps_the_arrays_alive() -> None:
    in_core = column("weight", np.arange(1000) * 1.5)._core  # the array has no other owner
    _ = [np.zeros(1000) for _ in range(10)]
    assert [in_core.item(row) for row in range(1000)] == [row * 1.5 for row in range(1000)]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, "weight: got NoneType, wanted a number, a list, an array or a series"),
        ("high", "weight: got str, wanted a number, a list, an array or a series"),
        ({1, 2}, "weight: got set, wanted a number, a list, an array or a series"),
        (1j, "weight: got complex, wanted a number"),
        (np.zeros((2, 2)), "weight: got an array of shape (2, 2), wanted one dimension"),
        ([[1, 2], [3, 4]], "weight: got an array of shape (2, 2), wanted one dimension"),
        ([[1, 2], [3]], "weight: got a list that is no array"),
        ([1, None], "weight[row 1]: got None, wanted a value"),
        ([10**30], "weight: got dtype object"),
        (np.array([1, 2], object), "weight: got dtype object"),
        (["a", "b"], "weight: got strings, wanted numbers of at most 64 bits"),
        (np.array(["a"], "S1"), "weight: got strings, wanted numbers"),
        (np.array([1 + 2j]), "weight: got dtype complex128, wanted numbers"),
        (np.array([1], "M8[s]"), "weight: got dtype datetime64[s], wanted numbers"),
        (np.zeros(2, np.longdouble), "weight: got dtype float128, wanted numbers of at most 64 bits"),
        (pa.array(["a"]), "weight: got strings, wanted numbers"),
        (pa.array([["a"]]), "weight: got lists of strings, wanted numbers"),
        (pa.array([1], pa.date32()), "weight: got Arrow format 'tdD', wanted numbers"),
        (pa.array([1, 1]).dictionary_encode(), "weight: got Arrow format 'i' (a dictionary of"),
        (pa.table({"a": [1]}), "weight: got a table of 1 columns, wanted one column"),
        (pl.DataFrame({"a": [1], "b": [2]}), "weight: got a table of 2 columns, wanted one column"),
        (pl.Series([None, None]), "weight: got Arrow format 'n', wanted numbers"),
    ],
)
def test_wrong_kinds_are_refused(given: Any, text: str) -> None:
    with pytest.raises(InputTypeError) as caught:
        column("weight", given)
    assert str(caught.value).startswith(text)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("given", [2.0, [1.0, 2.0], np.zeros(2, np.float32), pl.Series([1.0])])
def test_integer_columns_take_integers_alone(given: Any) -> None:
    with pytest.raises(InputTypeError, match=r"count: got dtype float\d\d, wanted an integer dtype"):
        column("count", given, kind="integer")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (np.ma.array([1, 2, 3], mask=[0, 0, 1]), "weight[row 2]: got a masked value, wanted a number"),
        (pa.array([1.0, None]), "weight[row 1]: got null, wanted a value"),
        (pl.Series([1, 2, None])[1:], "weight[row 1]: got null, wanted a value"),
        (2**64, "weight: got 18446744073709551616, wanted at most 64 bits"),
        (-(2**63) - 1, "weight: got -9223372036854775809, wanted at most 64 bits"),
    ],
)
def test_wrong_values_name_their_row(given: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        column("weight", given)
    assert str(caught.value) == text


def test_a_masked_array_without_a_mask_is_an_array() -> None:
    assert rows_in_core(column("weight", np.ma.array([1, 2]))) == [1, 2]


def test_rows_must_agree() -> None:
    three, four, one = column("origin", [1, 2, 3]), column("demand['x']", [1, 2, 3, 4]), column("weight", 1)
    assert common_rows([one, three, one]) == 3
    assert common_rows([one]) == 1
    assert common_rows([column("origin", []), one]) == 0
    with pytest.raises(InputError, match=r"demand\['x'\]: got 4 rows, wanted 3, as origin has"):
        common_rows([one, three, four])


def test_reprs_are_short() -> None:
    assert repr(column("weight", [1, 2])) == "Column('weight', 2 rows, int64)"
    assert repr(column("weight", 1.0)) == "Column('weight', scalar, float64)"


@pytest.mark.parametrize(
    ("chunks", "scalar", "text"),
    [
        ([], False, "x: got no chunk, wanted at least one"),
        ([3], False, "x: got <class 'int'>, wanted NumPy arrays"),
        ([np.zeros((2, 2))], False, "x: got 2 dimensions, wanted 1"),
        ([np.zeros(2, ">i4")], False, "x: got dtype >i4, wanted a native int"),
        ([np.zeros(2, bool)], False, "x: got dtype bool, wanted a native int"),
        ([np.zeros(2), np.zeros(2, np.float32)], False, "x: got chunks of several dtypes, wanted one dtype"),
        ([np.zeros(2)], True, "x: got a scalar of several rows, wanted one chunk of one row"),
    ],
)
def test_the_core_is_strict(chunks: Any, scalar: bool, text: str) -> None:
    with pytest.raises(InputTypeError) as caught:
        _core.Column("x", chunks, scalar)
    assert str(caught.value).startswith(text)


def test_the_core_converts_nothing() -> None:
    with pytest.raises(TypeError):
        _core.Column("x", np.zeros(2), False)  # type: ignore[arg-type]
    with pytest.raises(IndexError):
        column("x", [1, 2])._core.item(2)
