"""What a plan says of tasks that ran before and have no place now."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.values import ids_of
from gigafleet.errors import InputError
from gigafleet.plan_rows import Ints, Rows, frozen
from gigafleet.reasons import Reason

if TYPE_CHECKING:
    from gigafleet.displaced import Displaced

__all__ = ["Displacing"]


class Displacing(Rows):
    """The part of :class:`gigafleet.Plan` that needs to know where tasks ran before."""

    @cached_property
    def reason(self) -> NDArray[np.uint8]:
        """:class:`gigafleet.Reason` of each task row, of the members not placed; uint8 (rows,)."""
        reason = self._core.reason
        if self._tables is not None and self._saved is None and self.evicted_tasks:
            displaced = self._displaced[1]
            full = np.isin(reason[displaced], (Reason.LINK, Reason.CAPACITY, Reason.FAIRNESS))
            reason = reason.copy()
            reason[displaced[full]] = Reason.DISPLACED
        return frozen(reason)

    @property
    def evicted_tasks(self) -> int:
        """Members that ran in the ``previous`` plan, are asked for still and have no place; 0 without one."""
        return int(self._core.evicted_tasks)

    def displaced(self) -> Displaced:
        """Who of the ``previous`` plan has no place now, and for whom of a higher level.

        A row for each instance that a task has lost a place on and each task of a higher ``priority`` that
        has more members there than before and takes something that the place lacks now; where that is only a
        link or an access on the way, a row for the task that took the most of it. Tasks in it have the reason
        ``DISPLACED``; who is evicted because its node, its link or the time was lost is not in it.

        Returns
        -------
        Displaced
            Empty without a ``previous`` plan. O(runs · log), and O(ways of new tasks) where links lack room.

        Raises
        ------
        InputError
            The plan was loaded without its tables.
        """
        if self._tables is None:
            raise InputError.at(
                "plan.displaced", "a plan without its tables", "Plan.load(path, tasks, nodes)"
            )
        found = self._displaced[0]
        tasks, nodes = self._tables
        by = ids_of(tasks, found.by_task)
        return replace(found, task=ids_of(tasks, found.task), node=ids_of(nodes, found.node), by_task=by)

    @cached_property
    def _displaced(self) -> tuple[Displaced, Ints]:
        """By row positions, and the task rows in it."""
        from gigafleet._verify.context import Reported
        from gigafleet.displaced import find_displaced

        assert self._tables is not None
        loads = self._core.arc_load(), *self._core.access_load()
        said = Reported(earlier=self._earlier, objective=self._objective, models=self._need_models())
        return find_displaced(self.runs, self._tables, said, loads)
