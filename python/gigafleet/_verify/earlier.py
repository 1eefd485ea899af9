"""Where tasks ran before, by id: what a plan with a ``previous`` is held against."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gigafleet._verify.runs import Runs
from gigafleet._verify.values import Ints

__all__ = ["Earlier", "InUse"]


class InUse(NamedTuple):
    """Models in use on instances, by id of the node; `model` points into `names`."""

    node: Ints
    first_instance: Ints
    instances: Ints
    model: Ints
    names: tuple[str, ...]


class Earlier(NamedTuple):
    """Runs by id, as in ``plan.assignments()``; short forms where every task is one.

    `task` None: the positions. `node` -1: not placed. `instances`, `per_instance` None: 1.
    """

    task: Ints | None
    node: Ints
    first_instance: Ints
    instances: Ints | None
    per_instance: Ints | None
    in_use: InUse | None = None  #: which models; None: none

    def runs(self) -> Runs:
        """The long form."""
        placed = np.flatnonzero(self.node >= 0)
        ones = np.ones(placed.size, np.int64)
        task = placed if self.task is None else self.task[placed]
        instances = ones if self.instances is None else self.instances[placed]
        per_instance = ones if self.per_instance is None else self.per_instance[placed]
        return Runs(task, self.node[placed], self.first_instance[placed], instances, per_instance)
