"""What the tables of nodes and tasks have in common: sites, ids, resources, reading a whole table."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet.columns import ArrowColumn, Column, HasCore, arrow_column, column, common_rows
from gigafleet.errors import InputError, InputTypeError, check_kind
from gigafleet.labels import LabelColumn
from gigafleet.network import Network

__all__ = ["MAX_RESOURCES", "Table"]

MAX_RESOURCES = 8
_BITMAP_BYTES_PER_ROW = 8
_BLOCK_ROWS = 1 << 20


class Table(HasCore):
    """Rows of nodes or of tasks, column by column. Not changed once made.

    Attributes
    ----------
    network : Network
        Whose sites the rows name.
    rows : int
        Number of rows; a row with a count stands for several members.
    resources : tuple of str
        Names of the resources, in the order given.
    schema : tuple of str
        The same, and where devices are in play ``devices`` and ``device.NAME`` for each of their resources:
        what amounts are counted of, as ``plan.used`` calls it.
    columns : dict of str to Column
        Every column under its parameter's name (``"capacity.memory_gb"`` for a resource), sites as positions;
        ``"id"`` is None where the ids are the row positions.
    labels : dict of str to LabelColumn
        Every label column under its parameter's name.
    """

    network: Network
    rows: int
    resources: tuple[str, ...]
    schema: tuple[str, ...]
    columns: dict[str, Any]
    labels: dict[str, LabelColumn]
    _core: Any

    def ids(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the ids of `rows` (positions). O(len(rows))."""
        own: Column | None = self.columns["id"]
        return np.asarray(rows if own is None else own.take(rows), np.int64)

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        kind, what = type(self).__name__, ", ".join(self.schema)
        return f"{kind}({rows} of {what}, on a network of {self.network.site_count:,} sites)"

    def _finish(self, columns: dict[str, Column], ids: Any, copy: bool) -> None:
        """Set `rows` and `columns` once `labels` is set; then fold and check the values in the core."""
        own = None if ids is None else column("id", ids, kind="integer")
        labels = (one.codes for one in self.labels.values())
        self.rows = common_rows([*columns.values(), *labels, *([] if own is None else [own])])
        if own is not None:
            check_ids(own, self.rows)
        self.columns = {**columns, "id": own}
        if copy:
            self._own()
        _ = self._core

    def _own(self) -> None:
        """Copy every column, for `copy=True`."""
        self.columns = {key: one.copied() if one is not None else None for key, one in self.columns.items()}
        self.labels = {key: one.copied() for key, one in self.labels.items()}


def resource_columns(argument: str, given: Any, known: Collection[str] | None = None) -> dict[str, Column]:
    """The columns of a dict of resource -> column; where `known` is given, of some of these."""
    check_kind(argument, given, Mapping, "a dict of resource -> column")
    for name in given:
        if not isinstance(name, str) or not name:
            raise InputTypeError.at(argument, f"the resource {name!r}", "a name")
        if known is not None and name not in known:
            raise InputError.at(argument, f"the resource {name!r}", f"one of {', '.join(known)}")
    return {name: column(f"{argument}[{name!r}]", value) for name, value in given.items()}


def site_column(argument: str, network: Network, value: Any) -> Column:
    """Site positions out of names or positions; positions are not copied."""
    check_kind("network", network, Network, "a Network")
    names = network._names
    arrow = arrow_column(argument, value)
    if arrow is not None and arrow.kind == "text":
        codes, words = arrow.texts(argument)
        return Column(argument, (_of_words(argument, network, codes, words)[codes],), False)
    if isinstance(value, (array, memoryview, range)):
        value = np.asarray(value)
    if arrow is not None or (getattr(value, "ndim", 0) > 0 and value.dtype.kind not in "OUST"):
        positions = column(argument, value if arrow is None else arrow, kind="site")
        if not names.integers:
            return positions
        return column(argument, names.map(positions.to_numpy(), argument))
    if getattr(value, "ndim", 0) > 0 or (isinstance(value, (list, tuple)) and not _is_name(network, value)):
        return column(argument, names.map(value, argument))
    return column(argument, names.position(value, argument))


def _is_name(network: Network, value: Any) -> bool:
    try:
        return value in network._names.positions
    except TypeError:  # a list, or what holds one
        return False


def _of_words(
    argument: str, network: Network, codes: NDArray[np.int32], words: list[str]
) -> NDArray[np.int32]:
    """Position of each word; an unknown one is reported at the first row that has it."""
    known = network._names.positions
    lost = next((code for code, word in enumerate(words) if word not in known), None)
    if lost is not None:
        row = int(np.argmax(codes == lost))
        raise InputError.at(argument, repr(words[lost]), "a site of the network", row)
    return network._names.map(words, argument)


def check_ids(ids: Column, rows: int) -> None:
    """Raise unless the ids are from 0 to 2^63 - 1 and none comes twice.

    O(rows) where the ids ascend or lie in a range of at most eight times the rows; otherwise they are sorted.
    """
    if ids.scalar and rows > 1:
        raise InputError.at("id", "one id for all rows", f"{rows} ids that differ")
    low, high, ascending = 0, -1, True
    last = -1
    for part in blocks_of(ids):
        smallest, largest = int(part.min()), int(part.max())
        low, high = (min(low, smallest), max(high, largest)) if high >= 0 else (smallest, largest)
        ascending = ascending and int(part[0]) > last and bool(np.all(part[1:] > part[:-1]))
        last = int(part[-1])
    if low < 0 or high > np.iinfo(np.int64).max:
        row = _first_row(ids, lambda part: part < 0 if low < 0 else part > np.iinfo(np.int64).max)
        raise InputError.at("id", int(ids.take(np.array([row]))[0]), "an integer from 0 to 2^63 - 1", row)
    if not ascending and not _all_differ(ids, low, high):
        values = ids.to_numpy()
        order = np.argsort(values, kind="stable")
        again = order[1:][values[order[1:]] == values[order[:-1]]]
        row = int(again.min())
        raise InputError.at("id", f"{values[row]} again", "ids that differ", row)


def blocks_of(values: Column) -> Iterable[NDArray[Any]]:
    """The values of a column in their order, some at a time."""
    for chunk in values.chunks:
        for first in range(0, len(chunk), _BLOCK_ROWS):
            yield chunk[first : first + _BLOCK_ROWS]


def check_values(values: Column, is_right: Callable[[NDArray[Any]], NDArray[np.bool_]], wanted: str) -> None:
    """Raise InputError at the first row whose value is not right. O(rows)."""
    row = 0
    for part in blocks_of(values):
        right = is_right(part)
        if not right.all():
            i = int(np.argmin(right))
            raise InputError.at(values.name, part[i].item(), wanted, None if values.scalar else row + i)
        row += len(part)


def _first_row(ids: Column, bad: Any) -> int:
    row = 0
    for part in blocks_of(ids):
        found = np.flatnonzero(bad(part))
        if found.size:
            return row + int(found[0])
        row += len(part)
    raise AssertionError("no such row")


def _all_differ(ids: Column, low: int, high: int) -> bool:
    rows = sum(map(len, ids.chunks))
    if high - low < _BITMAP_BYTES_PER_ROW * rows:
        seen = np.zeros(high - low + 1, np.bool_)
        for part in blocks_of(ids):
            seen[part - part.dtype.type(low)] = True
        return int(np.count_nonzero(seen)) == rows
    values = np.sort(ids.to_numpy())
    return bool(np.all(values[1:] != values[:-1]))


@dataclass(frozen=True)
class Parameters:
    """Which parameters of a table take a column, and which a dict of resource -> column."""

    columns: tuple[str, ...]
    resources: tuple[str, ...]


def arguments_of(
    table: Any, parameters: Parameters, overrides: dict[str, Any], *, ignore_columns: bool
) -> dict[str, Any]:
    """Keyword arguments for a constructor out of a whole table and what the caller names apart from it."""
    source = _columns_of(table)
    used: set[str] = set()
    out = dict(overrides)

    def named(parameter: str, name: str) -> Any:
        if name not in source:
            raise InputError.at(parameter, f"the column {name!r}", f"one of the table's: {', '.join(source)}")
        used.add(name)
        return source[name]

    for parameter in parameters.columns:
        if isinstance(overrides.get(parameter), str):
            out[parameter] = named(parameter, overrides[parameter])
        elif parameter not in overrides and parameter in source:
            out[parameter] = named(parameter, parameter)
    for parameter in parameters.resources:
        given = overrides.get(parameter)
        if given is None:
            prefix = parameter + "."
            given = {name.removeprefix(prefix): name for name in source if name.startswith(prefix)}
        elif isinstance(given, (list, tuple)):
            given = {name: name for name in given}
        if isinstance(given, Mapping):
            out[parameter] = {
                resource: named(f"{parameter}[{resource!r}]", value) if isinstance(value, str) else value
                for resource, value in given.items()
            }
    site = parameters.columns[0]
    if site not in out:
        wanted = f"a column of that name, or {site}=, a value or one of {', '.join(source)}"
        raise InputTypeError.at(site, "nothing", wanted)
    unused = [repr(name) for name in source if name not in used and name not in overrides]
    if unused and not ignore_columns:
        names = [*parameters.columns, *(f"{resource}.NAME" for resource in parameters.resources)]
        wanted = f"columns named {', '.join(names)}, ones that a parameter names, or ignore_columns=True"
        raise InputError.at("table", f"the unused columns {', '.join(unused)}", wanted)
    return out


def _columns_of(table: Any) -> dict[str, Any]:
    if hasattr(table, "items") and not hasattr(table, "dtype"):  # a dict of arrays, a pandas table
        pairs = [(str(name), value) for name, value in table.items()]
    else:
        from gigafleet._core import ArrowData

        data = ArrowData(table)
        if not data.table:
            raise InputTypeError.at("table", f"{type(table).__name__}, one column", "a table")
        pairs = [(name, ArrowColumn(data, i)) for i, name in enumerate(data.names)]
    columns = dict(pairs)
    if len(columns) != len(pairs):
        twice = next(name for i, (name, _) in enumerate(pairs) if name in [n for n, _ in pairs[:i]])
        raise InputError.at("table", f"two columns {twice!r}", "names that differ")
    return columns
