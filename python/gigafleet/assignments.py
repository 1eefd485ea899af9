"""Who runs where: the whole answer of a plan, in runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet.errors import EngineError

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["Assignments"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Assignments:
    """Runs of members alike: five int64 columns of one length, in the order of the task rows.

    A run places ``instances * per_instance`` members of a task: `per_instance` on each of `instances`
    instances of the node, from `first_instance` on. A task may have several runs, and so may an instance.

    Any library that reads the Arrow C stream interface takes this as a table (``polars.DataFrame(a)``,
    ``pyarrow.table(a)``; needs ``gigafleet[arrow]``).

    Attributes
    ----------
    task : int64 (runs,)
        Task id.
    node : int64 (runs,)
        Node id.
    first_instance : int64 (runs,)
        First instance of the node, from 0.
    instances : int64 (runs,)
        How many instances of the node, at least 1.
    per_instance : int64 (runs,)
        Members on each of them, at least 1.
    """

    task: Ints
    node: Ints
    first_instance: Ints
    instances: Ints
    per_instance: Ints

    def __len__(self) -> int:
        """Number of runs."""
        return len(self.task)

    def __iter__(self) -> Iterator[Ints]:
        """The five columns, so that ``task, node, first, instances, each = plan.assignments()``."""
        return iter(self.columns().values())

    @property
    def members(self) -> Ints:
        """Members placed by each run, int64."""
        placed: Ints = self.instances * self.per_instance
        return placed

    def columns(self) -> dict[str, Ints]:
        """The columns by name, not copied."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to_arrow(self) -> pyarrow.Table:
        """A ``pyarrow.Table``, not copied. Raises EngineError where pyarrow is missing."""
        try:
            import pyarrow
        except ImportError as missing:
            raise EngineError("Arrow output needs pyarrow: pip install 'gigafleet[arrow]'") from missing
        return pyarrow.table(self.columns())

    def to_pandas(self) -> pandas.DataFrame:
        """A ``pandas.DataFrame``. Raises EngineError where pandas is missing."""
        try:
            import pandas
        except ImportError as missing:
            raise EngineError("a DataFrame needs pandas: pip install pandas") from missing
        return pandas.DataFrame(self.columns(), copy=False)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"Assignments({len(self)} runs, {int(self.members.sum())} members placed)"
