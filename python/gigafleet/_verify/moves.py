"""Tasks that moved, placed before and now, but elsewhere; and tasks evicted, placed before only."""

from __future__ import annotations

import numpy as np

from gigafleet._verify.changes import swept
from gigafleet._verify.context import Context
from gigafleet._verify.earlier import Earlier
from gigafleet._verify.values import NS_PER_S, Bools, Ints, integers, quantities, rows_of
from gigafleet.errors import VerifyError

__all__ = ["check_moves", "evicted_by_task", "move_term", "moved_by_task"]


def moved_by_task(c: Context) -> Ints:
    """Members of each task row that moved: min(ran, run) less those that have a place they had before."""
    earlier = c.reported.earlier
    moved: Ints = np.zeros(c.tasks.rows, np.int64)
    if earlier is None:
        return moved
    task, node, first, instances, per = _before(c, earlier)
    node = rows_of(c.nodes, node)
    ran, run = _ran_and_run(c, task, instances * per)
    both = (node >= 0) & (run[task] > 0)
    sides = [(task[both], node[both], first[both], instances[both], per[both]), _of_tasks(c, ran > 0)]
    moved[:] = np.minimum(ran, run) - _kept(c.tasks.rows, sides)
    return moved


def evicted_by_task(c: Context) -> Ints:
    """Members of each task row that ran before, are asked for still and have no place."""
    earlier = c.reported.earlier
    evicted: Ints = np.zeros(c.tasks.rows, np.int64)
    if earlier is None:
        return evicted
    task, _, _, instances, per = _before(c, earlier)
    ran, run = _ran_and_run(c, task, instances * per)
    some = np.flatnonzero(ran > run)
    evicted[some] = np.maximum(np.minimum(ran[some], integers(c.tasks, "count", some)) - run[some], 0)
    return evicted


def _before(c: Context, earlier: Earlier) -> tuple[Ints, ...]:
    """Runs of tasks that are there still: their rows, then as they were given."""
    task, *rest = earlier.runs()
    task = rows_of(c.tasks, task)
    there = task >= 0
    return task[there], *(part[there] for part in rest)


def _ran_and_run(c: Context, task: Ints, members: Ints) -> tuple[Ints, Ints]:
    """Members by task row, before (`members` of the rows `task`) and now."""
    ran, run = np.zeros(c.tasks.rows, np.int64), np.zeros(c.tasks.rows, np.int64)
    np.add.at(ran, task, members)
    np.add.at(run, c.runs.task, c.members)
    return ran, run


def _of_tasks(c: Context, chosen: Bools) -> tuple[Ints, ...]:
    own = chosen[c.runs.task]
    return tuple(part[own] for part in c.runs)


def _kept(rows: int, sides: list[tuple[Ints, ...]]) -> Ints:
    """By task row, the sum over instances of the lesser of two numbers of members."""
    # Rows of one run on each side, nearly all, need no sorting.
    single = np.all([np.bincount(side[0], minlength=rows) == 1 for side in sides], axis=0)
    kept = _kept_of_many(rows, [tuple(part[~single[side[0]]] for part in side) for side in sides])
    at = np.zeros(rows, np.int64)
    ones = []
    for side in sides:
        at[side[0]] = np.arange(side[0].size)
        ones.append([part[at[single]] for part in side[1:]])
    kept[single] = _kept_of_one(*ones)
    return kept


def _kept_of_one(before: list[Ints], now: list[Ints]) -> Ints:
    """The same for rows of one run on each side."""
    (node, first, instances, per), (node_now, first_now, instances_now, per_now) = before, now
    common = np.minimum(first + instances, first_now + instances_now) - np.maximum(first, first_now)
    kept: Ints = np.where(node == node_now, np.maximum(common, 0) * np.minimum(per, per_now), 0)
    return kept


def _kept_of_many(rows: int, sides: list[tuple[Ints, ...]]) -> Ints:
    """The same for rows of any number of runs."""
    kept, change = np.zeros(rows, np.int64), swept(*sides)
    np.add.at(kept, change.task, np.minimum(change.before, change.now) * change.instances)
    return kept


def check_moves(c: Context) -> None:
    """The reported numbers of moves and evictions are those recomputed."""
    for name, by_task in (("moved_tasks", moved_by_task), ("evicted_tasks", evicted_by_task)):
        said = getattr(c.reported, name)
        if said is not None and said != (found := int(by_task(c).sum())):
            raise VerifyError(f"load: {name} is {said}, recomputed {found}")


def move_term(c: Context) -> float:
    """EUR per hour of all moves and evictions."""
    objective = c.reported.objective
    if c.reported.earlier is None or objective is None:
        return 0.0
    once = objective.move_cost * moved_by_task(c) + objective.evict_cost * evicted_by_task(c)
    rows = np.flatnonzero(once)
    duration_ns = quantities(c.tasks, "duration_s", rows, NS_PER_S, up=True)
    lasts_s = np.where(duration_ns > 0, duration_ns * NS_PER_S, objective.horizon_s)
    return float((once[rows] * (3600.0 / lasts_s)).sum())
