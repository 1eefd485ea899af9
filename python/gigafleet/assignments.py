"""Who runs where: the whole answer of a plan, in runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import Frame

__all__ = ["Assignments"]

Ints = NDArray[np.int64]
UInts = NDArray[np.uint64]


@dataclass(frozen=True, eq=False, repr=False)
class Assignments(Frame):
    """Runs of members alike: five int64 columns of one length, in the order of the task rows; and devices.

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
    devices : uint64 (runs,), or None
        Bit i is device i of the node: which ones the members use, each the same. None, and no column, where
        no task of the plan uses any.
    """

    task: Ints
    node: Ints
    first_instance: Ints
    instances: Ints
    per_instance: Ints
    devices: UInts | None = None

    def __iter__(self) -> Iterator[Ints]:
        """The five columns, so that ``task, node, first, instances, each = plan.assignments()``."""
        return iter((self.task, self.node, self.first_instance, self.instances, self.per_instance))

    @property
    def members(self) -> Ints:
        """Members placed by each run, int64."""
        placed: Ints = self.instances * self.per_instance
        return placed

    def __repr__(self) -> str:
        return f"Assignments({len(self)} runs, {int(self.members.sum())} members placed)"
