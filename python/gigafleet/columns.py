"""Columns: one value a row, held as the caller's own arrays wherever their dtype allows it.

A column is read from a Python number (which then stands for all rows), a list, a NumPy array of any integer
or float dtype and stride, a pandas or polars series, or anything with the Arrow C data interface. Integers
and floats of 8 to 64 bits are not copied; bool, half floats, foreign byte orders and lists are converted.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gigafleet.errors import InputError, InputTypeError

if TYPE_CHECKING:
    from gigafleet import _core

__all__ = ["Column", "HasCore", "Kind", "column", "common_rows"]

Kind = Literal["number", "integer", "flag", "mask", "site"]
_WANTED: dict[Kind, str] = {
    "number": "numbers of at most 64 bits",
    "integer": "an integer dtype",
    "flag": "dtype bool",
    "mask": "an unsigned integer dtype",
    "site": "site names or an integer dtype",
}
_KINDS: dict[Kind, str] = {"number": "iufb", "integer": "iub", "flag": "b", "mask": "u", "site": "iu"}
_INT64_MAX = 2**63 - 1
_UINT64_MAX = 2**64 - 1


class HasCore:
    """What has a `_core` made of its other attributes, which copies and pickles make anew."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_core"}


@dataclass(frozen=True, eq=False, repr=False)
class Column(HasCore):
    """One value for each row, or one for all rows.

    Attributes
    ----------
    name : str
        As messages call it, e.g. ``demand['memory_gb']``.
    chunks : tuple of np.ndarray
        One or more arrays of one dimension and one native dtype (int8 to uint64, float32 or float64),
        read-only views of the caller's memory where no conversion was needed. Their rows follow each other.
    scalar : bool
        True where one value stands for all rows; then there is one chunk of one row.
    """

    name: str
    chunks: tuple[NDArray[Any], ...]
    scalar: bool

    @property
    def rows(self) -> int | None:
        """Number of rows; None where one value stands for all."""
        return None if self.scalar else sum(map(len, self.chunks))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of every chunk."""
        dtype: np.dtype[Any] = self.chunks[0].dtype
        return dtype

    def take(self, rows: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Return the values of `rows` (positions), as a new array. O(len(rows))."""
        rows = np.asarray(rows)
        if self.scalar:
            return np.full(rows.shape, self.chunks[0][0])
        if len(self.chunks) == 1:
            return np.asarray(self.chunks[0][rows])
        ends = np.cumsum([len(chunk) for chunk in self.chunks])
        of_chunk = np.searchsorted(ends, rows, side="right")
        out = np.empty(rows.shape, self.dtype)
        for c in np.unique(of_chunk):
            here = of_chunk == c
            out[here] = self.chunks[c][rows[here] - (ends[c - 1] if c else 0)]
        return out

    def to_numpy(self, rows: int | None = None) -> NDArray[Any]:
        """Return all values as one array: the chunk itself where there is one, else a copy.

        Parameters
        ----------
        rows : int, optional
            How many rows a scalar shall fill (without taking memory for them); default 1.
        """
        if self.scalar:
            return np.broadcast_to(self.chunks[0], (1 if rows is None else rows,))
        return self.chunks[0] if len(self.chunks) == 1 else np.concatenate(self.chunks)

    def copied(self) -> Column:
        """Return the same column in memory of its own."""
        return Column(self.name, tuple(_read_only(chunk.copy()) for chunk in self.chunks), self.scalar)

    @cached_property
    def _core(self) -> _core.Column:
        from gigafleet import _core

        return _core.Column(self.name, list(self.chunks), self.scalar)

    def __repr__(self) -> str:
        rows = "scalar" if self.scalar else f"{self.rows} rows"
        return f"Column({self.name!r}, {rows}, {self.dtype})"


class ArrowColumn:
    """One column of what a producer handed over through the Arrow C interface."""

    def __init__(self, data: _core.ArrowData, index: int) -> None:
        self.data = data
        self.index = index
        self.kind = data.kind(index)  #: "number", "bool", "text", "texts", or a description of anything else

    def numbers(self, name: str) -> list[NDArray[Any]]:
        """Chunks, without a copy (bool is unpacked). A null is an error that names `name` and the row."""
        return self.data.numbers(self.index, name)

    def texts(self, name: str) -> tuple[NDArray[np.int32], list[str]]:
        """For each row a number, and the string of each number, in order of first appearance."""
        return self.data.texts(self.index, name)

    def sets(self, name: str) -> tuple[NDArray[np.int32], list[list[str]]]:
        """For each row a number, and the strings of each number's list, none twice."""
        return self.data.sets(self.index, name)


def arrow_column(name: str, value: Any) -> ArrowColumn | None:
    """`value` read through the Arrow C interface, or None where it offers none or is an array underneath."""
    if isinstance(value, ArrowColumn):
        return value
    dtype = getattr(value, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "biufc":
        return None  # pandas: its Arrow export would turn NaN into null
    if not hasattr(value, "__arrow_c_stream__") and not hasattr(value, "__arrow_c_array__"):
        if not hasattr(value, "to_frame"):
            return None
        value = value.to_frame("column")  # pandas 2: only tables speak Arrow
        return _first(name, value)
    return _first(name, value, may_be_table=False)


def _first(name: str, value: Any, *, may_be_table: bool = True) -> ArrowColumn:
    from gigafleet._core import ArrowData

    data = ArrowData(value)
    if data.table and not may_be_table:
        raise InputTypeError.at(name, f"a table of {len(data.names)} columns", "one column")
    return ArrowColumn(data, 0)


def column(name: str, value: Any, *, kind: Kind = "number") -> Column:
    """Read a column of numbers.

    Parameters
    ----------
    name : str
        As messages shall call it.
    value : number, list, array or series
        What the caller gave: a number or array without dimensions for all rows, or one value a row. It is
        never written to, and not copied where its dtype is int8 to uint64, float32 or float64.
    kind : {"number", "integer", "flag", "mask", "site"}, default "number"
        What dtypes fit: any number; integers (bool counts as one); bool alone; unsigned integers alone;
        integers without bool.

    Returns
    -------
    Column
        Half floats become float32, bool uint8, other byte orders the native one. Values are not looked at.

    Raises
    ------
    InputTypeError
        A dtype or shape that does not fit; a None (the message names its row).
    InputError
        A null of an Arrow column (the message names its row), a masked value, an integer beyond 64 bits.
    """
    if isinstance(value, (bool, int, float)):
        return _number(name, value, kind)
    arrow = arrow_column(name, value)
    if arrow is not None:
        if arrow.kind not in ("number", "bool"):
            raise InputTypeError.at(name, _arrow_kind(arrow.kind), _WANTED[kind])
        chunks = arrow.numbers(name)
        return Column(name, tuple(_fit(name, chunk, kind) for chunk in chunks), False)
    given = _as_array(name, value)
    if given.ndim == 0:
        return Column(name, (_fit(name, given.reshape(1), kind),), True)
    if given.ndim != 1:
        raise InputTypeError.at(name, f"an array of shape {given.shape}", "one dimension")
    if given.dtype == object:
        empty = next((row for row, each in enumerate(given.tolist()) if each is None), None)
        if empty is not None:
            raise InputTypeError.at(name, "None", "a value", empty)
    if given.size == 0 and isinstance(value, (list, tuple)):
        given = given.astype({"integer": np.int64, "flag": np.bool_, "mask": np.uint64}.get(kind, np.float64))
    return Column(name, (_fit(name, given, kind),), False)


def _number(name: str, value: bool | int | float, kind: Kind) -> Column:
    if isinstance(value, bool) or not isinstance(value, int):
        return Column(name, (_fit(name, np.array([value]), kind),), True)
    if (kind == "mask" and value >= 0) or value > _INT64_MAX:
        if value > _UINT64_MAX:
            raise InputError.at(name, value, "at most 64 bits")
        return Column(name, (_fit(name, np.array([value], np.uint64), kind),), True)
    if value < -_INT64_MAX - 1:
        raise InputError.at(name, value, "at most 64 bits")
    return Column(name, (_fit(name, np.array([value], np.int64), kind),), True)


def _as_array(name: str, value: Any) -> NDArray[Any]:
    """`value` as an array, without a copy where it is one or has a buffer; dtype and shape are unchecked."""
    if hasattr(value, "mask") and isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        row = int(np.flatnonzero(np.ma.getmaskarray(value))[0])
        raise InputError.at(name, "a masked value", "a number", row)
    if not isinstance(value, (list, tuple, range, array, memoryview)) and not hasattr(value, "__array__"):
        raise InputTypeError.at(name, type(value).__name__, "a number, a list, an array or a series")
    try:
        return np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise InputTypeError.at(name, f"a list that is no array ({error})", "one number a row") from None


def _fit(name: str, given: NDArray[Any], kind: Kind) -> NDArray[Any]:
    """The array in a dtype that the core reads, the same memory where possible, read-only."""
    dtype = given.dtype
    if dtype.kind not in _KINDS[kind] or dtype.itemsize > 8:
        raise InputTypeError.at(name, _dtype_text(dtype), _WANTED[kind])
    if dtype.kind == "b":
        given = given.view(np.uint8)
    elif dtype == np.float16:
        given = given.astype(np.float32)
    elif not dtype.isnative:
        given = given.astype(dtype.newbyteorder("="))
    return _read_only(given)


def _read_only(given: NDArray[Any]) -> NDArray[Any]:
    view = given.view(np.ndarray)
    view.flags.writeable = False
    return view


def _dtype_text(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "O":
        return "dtype object (values of several kinds, or none that NumPy knows)"
    return "strings" if dtype.kind in "UST" else f"dtype {dtype}"


def _arrow_kind(kind: str) -> str:
    return {"text": "strings", "texts": "lists of strings"}.get(kind, kind)


def common_rows(columns: Iterable[Column]) -> int:
    """Return the number of rows that all columns have; 1 where each is one value for all rows.

    Raises
    ------
    InputError
        Two columns differ.
    """
    first: Column | None = None
    for one in columns:
        if one.scalar:
            continue
        if first is None:
            first = one
        elif one.rows != first.rows:
            raise InputError.at(one.name, f"{one.rows} rows", f"{first.rows}, as {first.name} has")
    return 1 if first is None or first.rows is None else first.rows
