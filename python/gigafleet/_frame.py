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

__all__ = ["Frame", "aligned", "words"]


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


def words(names: Sequence[object], codes: NDArray[np.integer[Any]]) -> NDArray[np.object_]:
    """A column of strings, ``names[code]`` in each row; a name takes memory once."""
    known: NDArray[np.object_] = np.empty(len(names), np.object_)
    known[:] = [str(name) for name in names]
    return np.take(known, codes)


def aligned(columns: Sequence[Sequence[str]], texts: int) -> str:
    """A table as text, each column with its head first; the first `texts` columns are flush left."""
    wide = [max(map(len, column)) for column in columns]
    lines = (
        "  ".join(
            cell.ljust(w) if k < texts else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, wide, strict=True))
        )
        for row in zip(*columns, strict=True)
    )
    return "\n".join(line.rstrip() for line in lines)
