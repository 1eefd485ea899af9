"""Rules of tenants: quotas, priorities, and what is said of tasks left over for a tenant's sake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import BLOCK, Context, Reported
from gigafleet._verify.runs import Runs
from gigafleet._verify.values import (
    DEVICES,
    UNLIMITED,
    Bools,
    Floats,
    Ints,
    NodesLike,
    TasksLike,
    Totals,
    ValuesLike,
    integers,
    offered,
    quantise,
    quantities,
)
from gigafleet.errors import VerifyError

__all__ = ["TenantsGiven", "check_tenants", "within_quotas"]

QUOTA, LINK, CAPACITY, FAIRNESS = 7, 10, 11, 12  #: reasons
NAMES = {QUOTA: "QUOTA", LINK: "LINK", CAPACITY: "CAPACITY", FAIRNESS: "FAIRNESS"}
NEAR = 1e-9  #: weighted shares that differ by less, relative, are the same


@dataclass(frozen=True)
class TenantsGiven:
    """The table of tenants, and whose each task row is: a row of it, or -1."""

    names: Sequence[str]
    weight: Floats
    quota: Mapping[str, Floats]
    max_priority: Ints
    position: ValuesLike


def check_tenants(c: Context) -> None:
    """No tenant takes more than its quota; reasons QUOTA and FAIRNESS are true, and those beside them."""
    given = c.reported.tenants
    if given is None:
        return
    size = len(given.names)
    for rows in _blocks(c.tasks.rows):
        _check_rows(c, given, rows)
    used: dict[str, NDArray[Any]] = {}
    for resource in c.tasks.schema:
        totals = Totals(size + 1)
        for block in c.blocks():
            totals.add(_whose(given, c.runs.task[block]), c.takes(resource, block), c.members[block])
        used[resource] = totals.values
    for resource, amounts in given.quota.items():
        if resource not in used:
            continue
        resolution = _resolution(c, resource)
        limit = quantise(amounts, resolution, up=False)
        over = (used[resource][:size] > limit) & (limit != UNLIMITED)
        if over.any():
            i = int(np.argmax(over))
            amount = f"{int(used[resource][i]) * resolution:.12g} in use, quota {amounts[i]:.12g}"
            raise VerifyError(f"quota: tenant {given.names[i]!r}: {resource}: {amount}")
    if c.reported.reason is not None:
        _check_reasons(c, given, used)


def within_quotas(
    tasks: TasksLike, nodes: NodesLike, given: TenantsGiven, used: Mapping[str, Floats], row: int
) -> bool:
    """Whether a tenant's quotas have room for one more member of its task row, beside what is `used`."""
    none = np.zeros(0, np.int64)
    c, rows = Context(Runs(none, none, none, none, none), tasks, nodes, Reported()), np.array([row])
    whose = int(_whose(given, rows)[0])
    for resource, amounts in given.quota.items():
        if resource in used and whose < len(given.names):
            resolution = _resolution(c, resource)
            limit = int(quantise(amounts[[whose]], resolution, up=False)[0])
            held = int(quantise(used[resource][[whose]], resolution, up=False)[0])
            if limit != UNLIMITED and held + int(_asks(c, resource, rows)[0]) > limit:
                return False
    return True


def _check_rows(c: Context, given: TenantsGiven, rows: Ints) -> None:
    position = given.position.take(rows).astype(np.int64)
    wrong = (position < -1) | (position >= len(given.names))
    if wrong.any():
        i = int(np.argmax(wrong))
        raise VerifyError(f"identity: {c.task(rows[i])}: tenant {position[i]} of {len(given.names)}")
    most = np.append(given.max_priority, np.iinfo(np.int64).max)[position]
    priority = integers(c.tasks, "priority", rows)
    if (priority > most).any():
        i = int(np.argmax(priority > most))
        what = f"priority {priority[i]}, max_priority {most[i]}"
        raise VerifyError(f"quota: {c.task(rows[i])} of tenant {given.names[position[i]]!r}: {what}")


def _check_reasons(c: Context, given: TenantsGiven, used: Mapping[str, NDArray[Any]]) -> None:
    said = np.asarray(c.reported.reason)
    left = np.flatnonzero(np.isin(said, [QUOTA, LINK, CAPACITY, FAIRNESS]))
    standing = None
    gangs: dict[str, Ints] = {}  #: over quota, by resource; found when first asked for
    for start in range(0, left.size, BLOCK):
        rows = left[start : start + BLOCK]
        over = np.zeros(rows.shape, np.bool_)
        for resource, amounts in given.quota.items():
            if resource in used:
                limit = np.append(quantise(amounts, _resolution(c, resource), up=False), UNLIMITED)
                whose = _whose(given, rows)
                more = used[resource][whose] + _asks(c, resource, rows)
                full = (limit[whose] != UNLIMITED) & (more > limit[whose])
                gang = integers(c.tasks, "gang", rows)
                some = np.flatnonzero(gang >= 0)
                if some.size:
                    if resource not in gangs:
                        gangs[resource] = _gangs_over(c, given, resource, used[resource], limit)
                    full[some] = np.isin(gang[some], gangs[resource])
                over |= full
        _ensure(c, rows, over == (said[rows] == QUOTA), said)
        full = rows[~over & (said[rows] != LINK)]
        if full.size:
            standing = standing or _Standing(c, given)
            least, then = standing.compare(full)
            fair = said[full] == FAIRNESS
            _ensure(c, full, np.where(fair, least <= then * (1 + 2 * NEAR), least > then), said)


def _gangs_over(c: Context, given: TenantsGiven, resource: str, used: NDArray[Any], limit: Ints) -> Ints:
    """Gangs all of whose members some tenant's quota has no room for, beside what is used; of those left."""
    over = [np.zeros(0, np.int64)]
    size = len(given.names) + 1
    for rows in _blocks(c.tasks.rows):  # rows of a gang may lie in several
        gang = integers(c.tasks, "gang", rows)
        over.append(np.unique(gang[gang >= 0]))
    gangs = np.unique(np.concatenate(over))
    asked: NDArray[Any] = np.zeros(gangs.size * size, object)
    for rows in _blocks(c.tasks.rows):
        own = rows[integers(c.tasks, "gang", rows) >= 0]
        at = np.searchsorted(gangs, integers(c.tasks, "gang", own)) * size + _whose(given, own)
        np.add.at(asked, at, _asks(c, resource, own).astype(object) * integers(c.tasks, "count", own))
    then = asked.reshape(gangs.size, size) + used
    found: Ints = gangs[((limit != UNLIMITED) & (then > limit)).any(axis=1)]
    return found


def _ensure(c: Context, rows: Ints, ok: Bools, said: NDArray[Any]) -> None:
    if not ok.all():
        row = rows[int(np.argmin(ok))]
        raise VerifyError(f"quota: {c.task(row)}: its reason is not {NAMES[int(said[row])]}")


class _Standing:
    """Weighted shares by level of priority, levels above included."""

    def __init__(self, c: Context, given: TenantsGiven) -> None:
        self._c, self._given = c, given
        size = len(given.names) + 1
        self._weight = np.append(given.weight, 1.0)
        self._total = {resource: _total(c, resource) for resource in c.tasks.schema}
        self._levels = -np.unique(
            np.concatenate(
                [-np.unique(integers(c.tasks, "priority", rows)) for rows in _blocks(c.tasks.rows)]
            )
        )
        own = {r: np.zeros((self._levels.size, size)) for r in c.tasks.schema}
        for block in c.blocks():
            rows = c.runs.task[block]
            level = self._level(integers(c.tasks, "priority", rows))
            for resource in c.tasks.schema:
                amount = c.takes(resource, block).astype(np.float64) * c.members[block]
                np.add.at(own[resource], (level, _whose(given, rows)), amount)
        runs = np.any([amounts > 0 for amounts in own.values()], axis=0)
        self._held = {r: np.cumsum(amounts, axis=0) for r, amounts in own.items()}
        share = np.zeros((self._levels.size, size))
        for resource, amounts in self._held.items():
            if self._total[resource]:
                share = np.maximum(share, amounts / self._total[resource])
        self._share = np.where(runs, share / self._weight, np.inf)
        order = np.argsort(self._share, axis=1, kind="stable")
        self._first = order[:, 0]
        self._least, self._second = (
            np.take_along_axis(self._share, order[:, [k]], 1)[:, 0] for k in (0, min(1, size - 1))
        )
        if size == 1:
            self._second = np.full(self._levels.size, np.inf)

    def _level(self, priority: Ints) -> Ints:
        return np.searchsorted(-self._levels, -priority)

    def compare(self, rows: Ints) -> tuple[Floats, Floats]:
        """The least share of other tenants that run tasks of the row's level; the own with one more."""
        whose, level = _whose(self._given, rows), self._level(integers(self._c.tasks, "priority", rows))
        then = np.zeros(rows.shape)
        for resource, held in self._held.items():
            if self._total[resource]:
                more = held[level, whose] + _asks(self._c, resource, rows)
                then = np.maximum(then, more / self._total[resource])
        least = np.where(self._first[level] == whose, self._second[level], self._least[level])
        return least, then / self._weight[whose]


def _whose(given: TenantsGiven, rows: Ints) -> Ints:
    """By task row; those of nobody come last."""
    position = given.position.take(rows).astype(np.int64)
    return np.where(position < 0, len(given.names), position)


def _asks(c: Context, resource: str, rows: Ints) -> Ints:
    """What one member of each task row takes of a resource of the schema."""
    return Context(c.runs._replace(task=rows), c.tasks, c.nodes, c.reported).takes(resource, slice(None))


def _resolution(c: Context, resource: str) -> float:
    return 1e-3 if resource == DEVICES else c.resolution(resource)


def _total(c: Context, resource: str) -> float:
    """What all nodes have; 0 where that has no limit."""
    total = 0.0
    for rows in _blocks(c.nodes.rows):
        count = integers(c.nodes, "count", rows)
        if resource in c.nodes.resources:
            each = quantities(c.nodes, f"capacity.{resource}", rows, c.resolution(resource), up=False)
        else:
            each = quantise(offered(c.nodes, resource, rows), _resolution(c, resource), up=False)
        if ((each == UNLIMITED) & (count > 0)).any():
            return 0.0
        total += float(np.dot(np.where(count > 0, each, 0).astype(np.float64), count.astype(np.float64)))
    return total


def _blocks(rows: int) -> Iterator[Ints]:
    for start in range(0, rows, BLOCK):
        yield np.arange(start, min(start + BLOCK, rows))
