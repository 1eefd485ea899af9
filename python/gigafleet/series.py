"""A series of plans, each started from the one before: what each hour brings and moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import Frame, grid

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes
    from gigafleet.plan import Plan
    from gigafleet.tables import Table
    from gigafleet.tasks import Tasks

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
        head = [{"cost": "EUR/h", "move_cost": "for moves"}.get(name, name) for name in columns]
        cells = [
            [f"{value:,.2f}" if column.dtype.kind == "f" else f"{value:,}" for value in column]
            for column in columns.values()
        ]
        return grid(head, cells, ())

    def __repr__(self) -> str:
        return f"Series({len(self)} hours, {int(self.moved.sum()):,} moves, {self.cost.sum():,.6g} EUR)"


@dataclass(frozen=True)
class Tally:
    """Members of one hour beside those of the hour before."""

    started: int
    ended: int
    dropped: int
    stranded: int


def tally(before: Plan | None, plan: Plan, tasks: Tasks, nodes: Nodes) -> Tally:
    """Compare a plan of these tables with an earlier one, by id. O(rows + runs), with a sort of the ids."""
    placed = plan.placed_count
    if before is None:
        return Tally(int(placed.sum()), 0, 0, 0)
    was = before.placed_count
    row = rows_of(before._task_ids(np.arange(was.size)), tasks)
    here = row >= 0
    count = _counts(tasks)[row[here]]
    now, ran = placed[row[here]], was[here]
    fresh = int(placed.sum() - now.sum() + np.maximum(now - ran, 0).sum())
    ended = int(was[~here].sum() + np.maximum(ran - count, 0).sum())
    dropped = int(np.maximum(np.minimum(ran, count) - now, 0).sum())
    _, node, first, instances, each = before.assignments()
    row = rows_of(node, nodes)
    there = np.where(row >= 0, _counts(nodes)[np.maximum(row, 0)] if nodes.rows else 0, 0)
    gone = instances - np.clip(there - first, 0, instances)
    return Tally(fresh, ended, dropped, int((gone * each).sum()))


def rows_of(ids: Ints, table: Table) -> Ints:
    """Row of the table with each id, -1 where none has it; int64."""
    if table.columns["id"] is None:
        return np.where(ids < table.rows, ids, -1)
    known = table.ids(np.arange(table.rows))
    order = np.argsort(known, kind="stable")
    at = np.searchsorted(known[order], ids)
    row = order[np.minimum(at, max(table.rows - 1, 0))] if table.rows else np.zeros(ids.size, np.int64)
    found = known[row] == ids if table.rows else np.zeros(ids.size, np.bool_)
    return np.where(found, row, -1).astype(np.int64)


def _counts(table: Table) -> Ints:
    return np.asarray(table.columns["count"].to_numpy(table.rows), np.int64)
