"""A series of plans, each started from the one before: what each hour brings and moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import Frame, amount, decimals, grid, number

if TYPE_CHECKING:
    from gigafleet import _core
    from gigafleet.plan import Plan

__all__ = ["Series", "Tally", "tally"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Series(Frame):
    """Hours in order, a row an hour; ``print`` shows them. Counts are of members of task rows.

    ``placed`` is that of the hour before, less `ended` and `dropped`, plus `started`.

    Attributes
    ----------
    hour : int64 (hours,)
        From 0.
    asked, placed : int64 (hours,)
        In the table of the hour; of these, placed.
    started : int64 (hours,)
        Placed now and not in the hour before.
    ended : int64 (hours,)
        Placed in the hour before and not asked any more.
    dropped : int64 (hours,)
        Placed in the hour before, asked still, and not placed now.
    stranded : int64 (hours,)
        Placed in the hour before on instances of nodes that are gone now.
    moved : int64 (hours,)
        Placed in both hours, on another instance: ``plan.moved_tasks``.
    cost : float64 (hours,)
        EUR/h, moves included.
    move_cost : float64 (hours,)
        EUR/h of it for moves, and for those `dropped`.
    seconds : float64 (hours,)
        What it took to place.
    plans : tuple of Plan
        Hour by hour; the last one alone where they were not to be kept. Not a column.
    """

    hour: Ints
    asked: Ints
    placed: Ints
    started: Ints
    ended: Ints
    dropped: Ints
    stranded: Ints
    moved: Ints
    cost: Floats
    move_cost: Floats
    seconds: Floats
    plans: tuple[Plan, ...]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, float]], plans: tuple[Plan, ...]) -> Series:
        """Put together hours."""
        real = ("cost", "move_cost", "seconds")
        names = [field.name for field in fields(cls) if field.name != "plans"]
        columns: dict[str, Any] = {
            name: np.array([row[name] for row in rows], np.float64 if name in real else np.int64)
            for name in names
        }
        return cls(plans=plans, **columns)

    def __str__(self) -> str:
        columns = self.columns()
        del columns["seconds"]
        places = decimals([self.cost, self.move_cost])
        head = [{"cost": "EUR/h", "move_cost": "for moves"}.get(name, name) for name in columns]
        cells = [
            [amount(value, places) if column.dtype.kind == "f" else f"{value:,}" for value in column]
            for column in columns.values()
        ]
        return grid(head, cells, ())

    def __repr__(self) -> str:
        return f"Series({len(self)} hours, {int(self.moved.sum()):,} moves, {number(self.cost.sum())} EUR)"


@dataclass(frozen=True)
class Tally:
    """Members of one hour beside those of the hour before."""

    started: int
    ended: int
    dropped: int
    stranded: int


def tally(before: Plan | None, plan: Plan) -> Tally:
    """Compare a plan with the one that it was started from. O(classes)."""
    core = cast("_core.Plan", plan._core)
    ran, dropped = core.ran_tasks, core.evicted_tasks
    return Tally(
        started=plan.placed_tasks - (ran - dropped),
        ended=(0 if before is None else before.placed_tasks) - ran,
        dropped=dropped,
        stranded=core.stranded_tasks,
    )
