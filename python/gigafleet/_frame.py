"""Results that are tables: columns of one length, for anything that reads Arrow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet.errors import EngineError, InputError

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["SHOWN", "Frame", "amount", "decimals", "grid", "number", "words"]


SHOWN = 20  #: rows in print


class Frame:
    """Base of dataclasses with a field a column: arrays of one length. Other fields are no columns.

    A column of dtype object holds strings. ``table["name"]`` is a column, and iteration gives all of them in
    order: ``task, node, *rest = table``.
    """

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns().values())))

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name, not copied."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The column of that name, not copied. Raises InputError where there is none."""
        columns = self.columns()
        if name not in list(columns):
            raise InputError.at("column", repr(name), f"one of {', '.join(columns)}")
        return columns[name]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """The columns, in order."""
        return iter(self.columns().values())

    def __str__(self) -> str:
        columns = self.columns()
        head = [name.replace("_", " ") for name in columns]
        cells = [[_cell(value) for value in column[:SHOWN].tolist()] for column in columns.values()]
        texts = [k for k, column in enumerate(columns.values()) if column.dtype.kind in "OU"]
        table = grid(head, cells, texts)
        return table if len(self) <= SHOWN else f"{table}\n... {len(self) - SHOWN:,} more"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} rows)"

    def to_arrow(self) -> pyarrow.Table:
        """A ``pyarrow.Table``; numbers are not copied. Raises EngineError where pyarrow is missing."""
        try:
            import pyarrow
        except ImportError as missing:
            raise EngineError("Arrow output needs pyarrow: pip install 'gigafleet[arrow]'") from missing
        columns = self.columns()
        texts = {k: pyarrow.array(v, pyarrow.string()) for k, v in columns.items() if v.dtype == object}
        return pyarrow.table({**columns, **texts})

    def to_pandas(self) -> pandas.DataFrame:
        """A ``pandas.DataFrame``. Raises EngineError where pandas is missing."""
        try:
            import pandas
        except ImportError as missing:
            raise EngineError("a DataFrame needs pandas: pip install pandas") from missing
        return pandas.DataFrame(self.columns(), copy=False)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def _cell(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)


def number(value: float) -> str:
    """Six digits; whole ones all, without an exponent."""
    return f"{value + 0.0:,.0f}" if 1e5 <= abs(value) < 1e15 else f"{value + 0.0:,.6g}"


def decimals(values: ArrayLike) -> int:
    """Places after the point for sums side by side: 2, and where all are small three digits of the largest.

    At most 9: what is smaller is rounding.
    """
    sizes = np.abs(np.asarray(values, np.float64))
    largest = sizes.max(initial=0.0, where=np.isfinite(sizes))
    return 2 if largest >= 1 or largest == 0 else min(9, 2 - math.floor(math.log10(largest)))


def amount(value: float, places: int | None = None) -> str:
    """With so many places after the point, by default as many as it needs; ``"-"`` of NaN."""
    places = decimals(value) if places is None else places
    return "-" if math.isnan(value) else f"{round(value, places) + 0.0:,.{places}f}"


def grid(head: Sequence[str], columns: Sequence[Sequence[str]], left: Sequence[int]) -> str:
    """Lines of text: the cells under their heads, aligned to the right, or to the `left` in those columns."""
    aligned = []
    for k, (title, cells) in enumerate(zip(head, columns, strict=True)):
        wide = max(map(len, (title, *cells)))
        aligned.append([cell.ljust(wide) if k in left else cell.rjust(wide) for cell in (title, *cells)])
    return "\n".join("  ".join(row).rstrip() for row in zip(*aligned, strict=True))


def words(names: Sequence[object], codes: NDArray[np.integer[Any]]) -> NDArray[np.object_]:
    """A column of strings, ``names[code]`` in each row; a name takes memory once."""
    known: NDArray[np.object_] = np.empty(len(names), np.object_)
    known[:] = [str(name) for name in names]
    return np.take(known, codes)
