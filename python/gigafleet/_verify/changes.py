"""What has changed since an earlier plan: members of a task on instances of a node, before and now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gigafleet._verify.context import Context
from gigafleet._verify.values import Bools, Ints, rows_of

__all__ = ["Change", "change_of", "swept"]


@dataclass(frozen=True)
class Change:
    """Runs of instances [first, first + instances) that hold alike, `before` and `now`, by row position."""

    task: Ints
    node: Ints
    first: Ints
    instances: Ints
    before: Ints
    now: Ints

    def some(self, which: Any) -> Change:
        parts = (self.task, self.node, self.first, self.instances, self.before, self.now)
        return Change(*(part[which] for part in parts))

    def new(self) -> Change:
        """Where there are more than before."""
        return self.some(self.now > self.before)


def change_of(c: Context, chosen: Bools) -> Change:
    """Of the task rows `chosen`; nodes that are gone are left out. O(runs · log)."""
    sides = []
    for runs in (_before(c), c.runs):
        own = (runs[0] >= 0) & (runs[1] >= 0)
        own[own] = chosen[runs[0][own]]
        sides.append(tuple(part[own] for part in runs))
    return swept(*sides)


def swept(before: tuple[Ints, ...], now: tuple[Ints, ...]) -> Change:
    """Of runs before and now: their tasks, nodes, first instances, instances, and members on each."""
    task, node, edge, step = [], [], [], []
    for side, (t, n, first, instances, per) in enumerate((before, now)):
        change = np.zeros((2 * t.size, 2), np.int64)
        change[:, side] = np.concatenate([per, -per])
        task.append(np.tile(t, 2))
        node.append(np.tile(n, 2))
        edge.append(np.concatenate([first, first + instances]))
        step.append(change)
    t, n, e = np.concatenate(task), np.concatenate(node), np.concatenate(edge)
    order = np.lexsort((e, n, t))
    t, n, e = t[order], n[order], e[order]
    members = np.cumsum(np.concatenate(step)[order], axis=0)
    length = np.diff(e, append=e[-1:])  # where a pair ends nobody is left, whatever the length
    some = np.flatnonzero(members.any(axis=1) & (length > 0))
    return Change(t[some], n[some], e[some], length[some], members[some, 0], members[some, 1])


def _before(c: Context) -> tuple[Ints, ...]:
    assert c.reported.earlier is not None
    task, node, *rest = c.reported.earlier.runs()
    return rows_of(c.tasks, task), rows_of(c.nodes, node), *rest
