"""Results that are tables: columns of one length, for anything that reads Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet.errors import EngineError

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["Frame", "grid", "words"]


class Frame:
    """Base of dataclasses with a field a column: arrays of one length. Other fields are no columns.

    A column of dtype object holds strings.
    """

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns().values())))

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name, not copied."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

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
