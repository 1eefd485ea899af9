"""What :mod:`gigafleet.verify` reads: quantities and labels out of raw columns, exact totals. NumPy only.

The rules are those of "Quantities" and "Labels" in docs/semantics.md, written a second time: nothing here
comes from the core, so that a mistake there shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gigafleet.errors import VerifyError

__all__ = [
    "DEVICE",
    "DEVICES",
    "LabelsLike",
    "NetworkLike",
    "NodesLike",
    "TasksLike",
    "Totals",
    "ValuesLike",
    "always_empty",
    "distinct",
    "domain",
    "every_id",
    "floats",
    "having",
    "ids_of",
    "integers",
    "named",
    "offered",
    "quantise",
    "quantities",
    "row_id",
    "rows_of",
    "scalar",
    "sites_with",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UNLIMITED = np.iinfo(np.int64).max  #: "no limit", in multiples of any resolution
NS_PER_MS = 1e-6  #: resolution of a column in ms
NS_PER_S = 1e-9  #: resolution of a column in s
MBPS = 1e-6  #: resolution of a bandwidth
WEIGHT = 1e-6  #: resolution of a weight
DEVICES = "devices"  #: what a schema calls devices
DEVICE = "device."  #: before each resource of theirs
SAFE = 2.0**60  #: totals below this are exact in int64, also when a few are added
_FIRST = np.zeros(1, np.int64)


class ValuesLike(Protocol):
    """A column of numbers: :class:`gigafleet.columns.Column`, or what looks like it."""

    @property
    def scalar(self) -> bool: ...
    def take(self, rows: Ints) -> NDArray[Any]: ...


class LabelsLike(Protocol):
    """A column of label sets: :class:`gigafleet.labels.LabelColumn`, or what looks like it."""

    @property
    def codes(self) -> ValuesLike: ...
    @property
    def sets(self) -> Sequence[Sequence[str]] | None: ...
    @property
    def names(self) -> Sequence[str] | None: ...


class NetworkLike(Protocol):
    """What is read of a :class:`gigafleet.Network`."""

    @property
    def site_count(self) -> int: ...
    @property
    def arc_count(self) -> int: ...
    @property
    def directed(self) -> bool: ...
    @property
    def sites(self) -> Sequence[Any]: ...
    @property
    def link_tail(self) -> NDArray[np.int32]: ...
    @property
    def link_head(self) -> NDArray[np.int32]: ...
    @property
    def latency_ns(self) -> Ints: ...
    @property
    def capacity_mbps(self) -> Floats: ...
    @property
    def price_per_mbps(self) -> Floats: ...
    @property
    def access_up_mbps(self) -> Floats: ...
    @property
    def access_down_mbps(self) -> Floats: ...
    @property
    def site_labels(self) -> NDArray[np.uint64]: ...
    @property
    def label_vocabulary(self) -> Sequence[str]: ...
    @property
    def domains(self) -> Mapping[str, tuple[NDArray[np.int32], Sequence[str]]]: ...


class _TableLike(Protocol):
    @property
    def network(self) -> NetworkLike: ...
    @property
    def rows(self) -> int: ...
    @property
    def resources(self) -> Sequence[str]: ...
    @property
    def schema(self) -> Sequence[str]: ...
    @property
    def columns(self) -> Mapping[str, ValuesLike | None]: ...
    @property
    def labels(self) -> Mapping[str, LabelsLike]: ...


class TasksLike(_TableLike, Protocol):
    """What is read of :class:`gigafleet.Tasks`."""


class NodesLike(_TableLike, Protocol):
    """What is read of :class:`gigafleet.Nodes`."""

    @property
    def consumable(self) -> frozenset[str]: ...
    @property
    def resolution(self) -> Mapping[str, float]: ...


def quantise(values: NDArray[Any], resolution: float, *, up: bool) -> Ints:
    """`values` in whole multiples of `resolution`; `inf` is :data:`UNLIMITED`.

    Within 1e-9 relative of a multiple it is that multiple, otherwise it is rounded up (demand) or down
    (capacity).
    """
    value = np.asarray(values, dtype=np.float64)
    limited = np.isfinite(value)
    finite = np.where(limited, value, 0.0)
    multiples = finite * np.floor(1 / resolution + 0.5) if resolution < 1 else finite / resolution
    below = np.floor(multiples)
    nearest = below + (multiples - below >= 0.5)
    near = np.abs(multiples - nearest) <= 1e-9 * np.abs(multiples)
    rounded = np.where(near, nearest, np.ceil(multiples) if up else below)
    return np.where(limited, rounded.astype(np.int64), UNLIMITED)


def floats(table: _TableLike, name: str, rows: Ints) -> Floats:
    """The values of column `name` at `rows`."""
    column = _column(table, name)
    if column.scalar:
        return np.broadcast_to(column.take(_FIRST).astype(np.float64), rows.shape)
    return column.take(rows).astype(np.float64)


def integers(table: _TableLike, name: str, rows: Ints) -> Ints:
    """The whole numbers of column `name` at `rows`."""
    column = _column(table, name)
    if column.scalar:
        return np.broadcast_to(column.take(_FIRST).astype(np.int64), rows.shape)
    return column.take(rows).astype(np.int64)


def quantities(table: _TableLike, name: str, rows: Ints, resolution: float, *, up: bool) -> Ints:
    """The quantised values of column `name` at `rows`."""
    column = _column(table, name)
    if column.scalar:
        return np.broadcast_to(quantise(column.take(_FIRST), resolution, up=up), rows.shape)
    return quantise(column.take(rows), resolution, up=up)


def offered(nodes: NodesLike, resource: str, rows: Ints) -> Floats:
    """What a node of each of `rows` has of a resource of the schema, in its unit, not rounded."""
    if not resource.startswith(DEVICE):
        return floats(nodes, resource if resource == DEVICES else f"capacity.{resource}", rows)
    count = floats(nodes, DEVICES, rows)
    each = floats(nodes, f"device_capacity.{resource.removeprefix(DEVICE)}", rows)
    return np.multiply(count, each, out=np.zeros(rows.shape), where=count > 0)


def scalar(table: _TableLike, name: str) -> float | None:
    """The value of column `name` where one stands for all rows, else None."""
    column = _column(table, name)
    return float(column.take(_FIRST)[0]) if column.scalar else None


def every_id(table: TasksLike | NodesLike) -> Ints | None:
    """The ids of all rows, int64; None where they are the positions."""
    column = table.columns.get("id")
    return None if column is None else column.take(np.arange(table.rows)).astype(np.int64)


def ids_of(table: TasksLike | NodesLike, rows: Ints) -> Ints:
    """The ids of `rows`."""
    column = table.columns.get("id")
    return rows if column is None else column.take(rows).astype(np.int64)


def row_id(table: _TableLike, row: int) -> int:
    """The id of one row; its position where the table has no ids."""
    column = table.columns.get("id")
    return row if column is None else int(column.take(np.array([row]))[0])


def rows_of(table: TasksLike | NodesLike, ids: Ints) -> Ints:
    """The row of each id >= 0; -1 where there is none."""
    own = every_id(table)
    if own is None or not own.size:
        return np.where(ids < table.rows, ids, -1)
    order = np.argsort(own, kind="stable")
    found = order[np.minimum(np.searchsorted(own, ids, sorter=order), own.size - 1)]
    return np.where(own[found] == ids, found, -1)


def _column(table: _TableLike, name: str) -> ValuesLike:
    column = table.columns[name]
    if column is None:
        raise VerifyError(f"identity: column {name} is missing")
    return column


class Totals:
    """Sums of products by index, exact: int64, or Python integers where int64 might overflow."""

    def __init__(self, size: int) -> None:
        self.values: NDArray[Any] = np.zeros(size, np.int64)
        self._bound = 0.0

    def add(self, index: NDArray[Any], amount: Ints, times: Ints) -> None:
        """Add ``amount[i] * times[i]`` (whole numbers >= 0) at ``index[i]``."""
        self._bound += float(np.dot(amount.astype(np.float64), times.astype(np.float64)))
        if self._bound < SAFE:
            np.add.at(self.values, index, amount * times)
        else:
            self.values = self.values.astype(object)
            np.add.at(self.values, index, amount.astype(object) * times.astype(object))

    def total(self) -> int:
        """The sum over all indices."""
        return int(self.values.astype(object).sum()) if self._bound >= SAFE else int(self.values.sum())


def having(column: LabelsLike, name: str, rows: Ints) -> Bools:
    """Which of `rows` have the label `name`."""
    codes = column.codes.take(rows[:1] * 0 if column.codes.scalar else rows)
    if column.sets is not None:
        with_name = np.array([*(name in names for names in column.sets), False], dtype=np.bool_)
        return np.broadcast_to(with_name[codes.astype(np.int64)], rows.shape)  # -1, no set, reads the last
    if name not in (column.names or ()):
        return np.zeros(rows.shape, np.bool_)
    return np.broadcast_to(_bit(codes, list(column.names or ()).index(name)), rows.shape)


def _bit(masks: NDArray[Any], bit: int) -> Bools:
    has: Bools = (masks.astype(np.uint64) >> np.uint64(bit)) & np.uint64(1) != 0
    return has


def named(column: LabelsLike, rows: Ints) -> Iterator[tuple[str, Bools]]:
    """Each name in use in `column`, with which of `rows` have it. Time grows with rows times names in use."""
    codes = column.codes.take(rows[:1] * 0 if column.codes.scalar else rows)
    if column.sets is not None:
        code = codes.astype(np.int64)
        sets = [column.sets[c] if c >= 0 else () for c in np.unique(code).tolist()]
        _, position = np.unique(code, return_inverse=True)
        for name in sorted({name for names in sets for name in names}):
            has = np.array([name in names for names in sets], dtype=np.bool_)[position]
            yield name, np.broadcast_to(has, rows.shape)
        return
    masks = codes.astype(np.uint64)
    used = int(np.bitwise_or.reduce(masks, initial=0)) if masks.size else 0
    for bit, name in enumerate(column.names or ()):
        if used >> bit & 1:
            yield name, np.broadcast_to(_bit(masks, bit), rows.shape)


def distinct(column: LabelsLike, rows: Ints) -> tuple[list[tuple[str, ...]], Ints]:
    """The sets of names in use at `rows`, and which of them each row has."""
    codes = column.codes.take(rows[:1] * 0 if column.codes.scalar else rows)
    unique, position = np.unique(codes, return_inverse=True)
    if column.sets is not None:
        sets = [tuple(column.sets[code]) if code >= 0 else () for code in unique.tolist()]
    else:
        names = list(enumerate(column.names or ()))
        sets = [tuple(name for bit, name in names if int(mask) >> bit & 1) for mask in unique.tolist()]
    return sets, np.broadcast_to(position.astype(np.int64), rows.shape)


def always_empty(column: LabelsLike) -> bool:
    """Whether no row of `column` can name a label (one empty set for all rows)."""
    if column.sets is not None:
        return not any(column.sets)
    return not column.names or (column.codes.scalar and int(column.codes.take(_FIRST)[0]) == 0)


def domain(network: NetworkLike, name: str) -> Bools | None:
    """Per site, whether it lies in the domain `name` (``level=value``); None for a plain label."""
    level, equals, value = name.partition("=")
    if not equals or level not in network.domains:
        return None
    codes, values = network.domains[level]
    code = list(values).index(value) if value in values else -2
    inside: Bools = np.asarray(codes) == code
    return inside


def sites_with(network: NetworkLike, name: str) -> Bools:
    """Per site, whether it has the label or lies in the domain `name`."""
    inside = domain(network, name)
    if inside is not None:
        return inside
    vocabulary = list(network.label_vocabulary)
    if name not in vocabulary:
        return np.zeros(network.site_count, np.bool_)
    return _bit(np.asarray(network.site_labels), vocabulary.index(name))
