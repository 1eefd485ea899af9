"""Rules of gangs and spread groups: whole in one domain or not at all; at most so many in one domain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import BLOCK, Context
from gigafleet._verify.values import Ints, Totals, integers, scalar
from gigafleet.errors import VerifyError

__all__ = ["check_bonds"]

LEVELS = ("node", "site", "rack", "campus", "region", "country")  #: as the columns of levels count
NODE, SITE = 0, 1


def check_bonds(c: Context) -> None:
    """Gangs are whole and in one domain; no domain holds too many of a spread group."""
    if "gang" not in c.tasks.columns:
        return
    if scalar(c.tasks, "gang") != -1:
        _check_gangs(c)
    if scalar(c.tasks, "spread") != -1:
        _check_spreads(c)


def _bound(c: Context, column: str) -> tuple[Ints, Ints]:
    """The runs of rows that have a gang (a spread group), and its id."""
    found = [np.zeros((2, 0), np.int64)]
    for block in c.blocks():
        ids = integers(c.tasks, column, c.runs.task[block])
        here = np.flatnonzero(ids >= 0)
        found.append(np.stack([here + block.start, ids[here]]))
    runs, ids = np.concatenate(found, axis=1)
    return runs, ids


def _domains(c: Context, level: Ints, node: Ints) -> Ints:
    """The domain of each node row at a level from site on; -1 for none."""
    site = integers(c.nodes, "site", node)
    domain = site.copy()
    for number, name in enumerate(LEVELS):
        here = level == number
        if number > SITE and here.any():
            codes = c.network.domains[name][0] if name in c.network.domains else None
            domain[here] = -1 if codes is None else codes[site[here]]
    return domain


def _check_gangs(c: Context) -> None:
    runs, ids = _bound(c, "gang")
    if not runs.size:
        return
    gangs, gang = np.unique(ids, return_inverse=True)
    placed = _sums(gang, c.members[runs], gangs.size)
    wanted = Totals(gangs.size)
    for start in range(0, c.tasks.rows, BLOCK):
        rows = np.arange(start, min(start + BLOCK, c.tasks.rows))
        own = integers(c.tasks, "gang", rows)
        at = np.minimum(np.searchsorted(gangs, own), gangs.size - 1)
        here = np.flatnonzero(gangs[at] == own)
        wanted.add(at[here], integers(c.tasks, "count", rows[here]), np.ones(here.shape, np.int64))
    if (placed != wanted.values).any():
        i = int(np.argmax(placed != wanted.values))
        raise VerifyError(f"gang: gang {gangs[i]}: {placed[i]} of {wanted.values[i]} members placed")
    task, node, first, instances, _ = (part[runs] for part in c.runs)
    level = integers(c.tasks, "gang_level", task)
    domain = np.where(level == NODE, node, _domains(c, level, node))
    slot = np.where(level == NODE, first, 0)
    one = np.zeros(gangs.size, np.int64)
    one[gang[::-1]] = np.arange(gang.size)[::-1]  # the first run of each
    alike = (domain == domain[one[gang]]) & (slot == slot[one[gang]]) & (domain >= 0)
    alike &= (level != NODE) | (instances == 1)
    if not alike.all():
        i = int(np.argmin(alike))
        what = "in none" if domain[i] < 0 else "not the one of the others"
        raise VerifyError(f"gang: {c.who(runs[i])}: gang {ids[i]}: a {LEVELS[level[i]]}, {what}")


def _check_spreads(c: Context) -> None:
    runs, ids = _bound(c, "spread")
    level = integers(c.tasks, "spread_level", c.runs.task[runs])
    for check, here in ((_check_wide, level != NODE), (_check_nodes, level == NODE)):
        if here.any():
            check(c, runs[here], ids[here], level[here])


def _check_wide(c: Context, runs: Ints, ids: Ints, level: Ints) -> None:
    """Levels from site on: members by group and domain."""
    domain = _domains(c, level, c.runs.node[runs])
    if (domain < 0).any():
        i = int(np.argmin(domain))
        raise VerifyError(f"spread: {c.who(runs[i])}: spread group {ids[i]}: in no {LEVELS[level[i]]}")
    pairs, at = np.unique(np.stack([ids, domain]), axis=1, return_inverse=True)
    members = _sums(at.ravel(), c.members[runs], pairs.shape[1])
    _ensure(c, runs, ids, members[at.ravel()])


def _check_nodes(c: Context, runs: Ints, ids: Ints, _: Ints) -> None:
    """Intervals of instances, swept in order."""
    _, node, first, instances, per = (part[runs] for part in c.runs)
    edges = np.stack([np.tile(ids, 2), np.tile(node, 2), np.concatenate([first, first + instances])])
    order = np.lexsort(edges[::-1])
    last = np.ones(order.size, np.bool_)  # of the edges at one place
    last[:-1] = np.any(np.diff(edges[:, order]) != 0, axis=0)
    members = np.cumsum(np.concatenate([per, -per])[order])[last]
    run = (order % runs.size)[last]
    _ensure(c, runs[run], ids[run], members)


def _ensure(c: Context, runs: Ints, ids: Ints, members: NDArray[Any]) -> None:
    most = integers(c.tasks, "spread_max", c.runs.task[runs])
    over = members > most
    if over.any():
        i = int(np.argmax(over))
        said = f"{members[i]} members in one domain, limit {most[i]}"
        raise VerifyError(f"spread: {c.who(runs[i])}: spread group {ids[i]}: {said}")


def _sums(group: Ints, members: Ints, size: int) -> NDArray[Any]:
    """By group, exact."""
    total = Totals(size)
    total.add(group, members, np.ones(members.shape, np.int64))
    return total.values
