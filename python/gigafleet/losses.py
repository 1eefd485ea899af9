"""Plans as the core has them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gigafleet.errors import InputError
from gigafleet.objective import Objective

if TYPE_CHECKING:
    from gigafleet import _core
    from gigafleet._verify.values import NodesLike, TasksLike

__all__ = ["Losing"]


class Losing:
    """A plan that the core can start from, also where it comes from a file."""

    _core: Any
    _saved: Any
    _tables: tuple[TasksLike, NodesLike] | None
    _objective: Objective | None

    def _engine(self, what: str) -> _core.Plan:
        """The plan in the core. Raises InputError naming `what` where the tables are not there."""
        if self._tables is None:
            raise InputError.at(what, "a plan without its tables", "Plan.load(path, tasks, nodes)")
        return self._in_core

    @cached_property
    def _in_core(self) -> _core.Plan:
        if self._saved is None:
            return cast("_core.Plan", self._core)
        from gigafleet import _core

        tasks, nodes = cast("tuple[Any, Any]", self._tables)
        objective = self._objective or Objective()
        runs = tuple(np.ascontiguousarray(part, np.int64) for part in self._core.assignments())
        return _core.adopt(
            tasks.network._core,
            nodes._core,
            tasks._core,
            cast("Any", runs),
            rtt_price=objective.rtt_price,
            horizon_s=objective.horizon_s,
            risk_price=objective.risk_price,
            move_cost=objective.move_cost,
        )
