"""Where data goes, site by site, held against what is allowed. Imports no extension module."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet._frame import SHOWN, Frame, grid, words
from gigafleet._verify.context import BLOCK, Context, Reported
from gigafleet._verify.nodes import check_identity
from gigafleet._verify.pairs import Pairs, Policies, keys_of, pairs_of
from gigafleet._verify.paths import check_loads, label_breaches
from gigafleet._verify.routes import UNREACHABLE, Router
from gigafleet._verify.runs import Runs
from gigafleet._verify.values import (
    Bools,
    Ints,
    NetworkLike,
    NodesLike,
    TasksLike,
    always_empty,
    ids_of,
    integers,
    named,
    rows_of,
    sites_with,
)
from gigafleet._verify.watch import BOTH, Watch
from gigafleet.errors import InputError, InputTypeError

__all__ = ["Audit", "audit"]

Strings = NDArray[np.object_]
TRANSIT = ("transit_require", "transit_forbid")
PLACES = ("", "out", "back", "both", "origin", "node")  #: by way, then the ends
ORIGIN, NODE = 4, 5
NO_ROUTE = "no route"
NAMED = 10  #: names in print


@dataclass(frozen=True, eq=False, repr=False)
class Audit(Frame):
    """What a plan does that is not allowed: a row for each run, site and rule; no rows where all is.

    Any library that reads the Arrow C stream interface takes this as a table (``polars.DataFrame(a)``,
    ``pyarrow.table(a)``; needs ``gigafleet[arrow]``); ``print`` shows its first rows and what was checked.

    Attributes
    ----------
    task, node : int64 (rows,)
        Ids.
    first_instance, instances, per_instance : int64 (rows,)
        Of the run, as in ``plan.assignments()``.
    where : str (rows,)
        What the site is to the run: ``"origin"`` of the task, ``"node"`` (where it runs; also where that is
        the origin), or on the way ``"out"``, ``"back"`` or ``"both"``.
    site : str (rows,)
        Name of the site.
    domain : str (rows,)
        What it belongs to at `level`; empty where nothing.
    rule : str (rows,)
        What is broken: ``"transit_forbid third"``, ``"require country=DE"``, ``"any_of"``; ``"allowed"``
        where the audit was given what is; ``"no route"`` where not even all sites leave a way out and back.
    level : str
        ``"country"``, ``"region"``, ``"campus"`` or ``"rack"``.
    against : str
        What the runs were held against, in words.
    tasks, runs, routes : int
        What was checked: members placed, their runs, and the routes these take, each by transit policy,
        origin and site of the node.
    """

    task: Ints
    node: Ints
    first_instance: Ints
    instances: Ints
    per_instance: Ints
    where: Strings
    site: Strings
    domain: Strings
    rule: Strings
    level: str
    against: str
    tasks: int
    runs: int
    routes: int

    @property
    def members(self) -> Ints:
        """Tasks that each row speaks of, int64."""
        return self.instances * self.per_instance

    def __str__(self) -> str:
        checked = f"{self._checked()}, held against {self.against}"
        if not len(self):
            return f"nothing found: {checked}"
        head = ("rule", "where", "site", self.level, "task", "node", "instance", "tasks")
        texts = (self.rule, self.where, self.site, self.domain)
        numbers = (self.task, self.node, self._instances(), self.members)
        cells = [list(map(str, column[:SHOWN].tolist())) for column in (*texts, *numbers)]
        table = grid(head, cells, range(4))
        more = f"\nand {len(self) - SHOWN:,} more" if len(self) > SHOWN else ""
        return f"{_many(len(self), 'finding')}: {checked}\n{table}{more}"

    def __repr__(self) -> str:
        return f"Audit({_many(len(self), 'finding')}, {self._checked()})"

    def _instances(self) -> Strings:
        """One a row, or the first and the last."""
        first, last = self.first_instance, self.first_instance + self.instances - 1
        texts = [
            f"{a}" if a == b else f"{a} to {b}" for a, b in zip(first[:SHOWN], last[:SHOWN], strict=True)
        ]
        return np.array(texts, np.object_)

    def _checked(self) -> str:
        return f"{_many(self.tasks, 'task')} over {_many(self.routes, 'route')}"


class _Passed(NamedTuple):
    """Sites that routes should not pass, by pair."""

    pair: Ints
    site: Ints
    way: Ints  #: 0 where there is no way at all; then the site is the node's


class _Rows(NamedTuple):
    """Findings: run, site, way, and number of the rule."""

    run: Ints
    site: Ints
    way: Ints
    rule: Ints


def audit(
    runs: Runs,
    tasks: TasksLike,
    nodes: NodesLike,
    arc_load: Ints | None = None,
    *,
    allowed: Collection[str] | None = None,
    level: str = "country",
    only: ArrayLike | None = None,
) -> Audit:
    """Hold runs (by row position) against their tasks' rules, or against `allowed`.

    Parameters and errors are those of :meth:`gigafleet.Plan.audit`, `only` its `tasks`; `arc_load` is what
    the plan reserves on each arc, 1e-6 Mbps.
    """
    network = tasks.network
    outside = _outside(network, level, allowed)
    c = Context(runs, tasks, nodes, Reported(arc_load=arc_load))
    check_identity(c)
    if only is not None:
        chosen = _chosen(tasks, only)[c.runs.task]
        c.runs, c.members = Runs(*(part[chosen] for part in c.runs)), c.members[chosen]
        c.reported = Reported()
    count = c.runs.task.size
    blocks = [np.arange(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
    policies, load = Policies(c), [0] * network.arc_count
    pairs = Pairs.of_blocks(pairs_of(c, policies, block) for block in blocks)
    passed = _passed(c, policies, pairs, outside, load)
    rules: dict[str, int] = {}
    parts = [_Rows(*np.zeros((4, 0), np.int64))]
    for block in blocks:
        parts += _of_routes(c, policies, pairs, passed, block, rules, own=outside is None)
        parts += _of_labels(c, block, rules) if outside is None else ()
    found = _Rows(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    if not found.run.size:
        check_loads(c, load)
    against = "their own rules" if allowed is None else f"{level} {_some(sorted(allowed))}"
    return _table(c, found, list(rules), level, against, routes=pairs.key.size)


def _outside(network: NetworkLike, level: str, allowed: Collection[str] | None) -> Bools | None:
    """Sites that do not belong to what is allowed; None where nothing is said."""
    if level not in network.domains and (allowed is not None or level != "country"):
        wanted = "one of the network's levels: " + (", ".join(network.domains) or "it has none")
        raise InputError.at("level", repr(level), wanted)
    if allowed is None:
        return None
    is_many = isinstance(allowed, Collection) and not isinstance(allowed, str)
    if not is_many or not all(isinstance(name, str) for name in allowed):
        raise InputTypeError.at("allowed", repr(allowed), "a collection of names")
    codes, names = network.domains[level]
    out = [name not in allowed for name in (*names, "")]  # code -1, of none, reads the last
    return np.array(out, np.bool_)[codes]


def _chosen(tasks: TasksLike, only: ArrayLike) -> Bools:
    """Task rows of a mask or of ids."""
    given = np.atleast_1d(np.asarray(only))
    if given.dtype == np.bool_ and given.shape == (tasks.rows,):
        return given
    rows = np.zeros(tasks.rows, np.bool_)
    if not given.size:
        return rows
    if given.dtype.kind not in "iu" or given.ndim != 1:
        got = f"{given.dtype} of shape {given.shape}"
        raise InputTypeError.at("tasks", got, f"ids, or booleans of shape ({tasks.rows},)")
    ids = given.astype(np.int64)
    row = np.where(ids < 0, -1, rows_of(tasks, ids))
    if (row < 0).any():
        i = int(np.argmin(row))
        raise InputError.at("tasks", int(given[i]), "the id of a task", row=i)
    rows[row] = True
    return rows


def _passed(c: Context, policies: Policies, pairs: Pairs, outside: Bools | None, load: list[int]) -> _Passed:
    """Sites that the routes pass and should not, in the order of the pairs; adds up what arcs carry."""
    parts = [_Passed(*np.zeros((3, 0), np.int64))]
    sites = c.network.site_count
    for policy, allowed in enumerate(policies.allowed):
        watched = outside
        if watched is None:
            watched = np.zeros(sites, np.bool_) if allowed is None else ~allowed
        lost = _walk(c, pairs, pairs.under(policy, sites), allowed, watched, load, parts)
        if lost.size and allowed is not None:  # traffic that goes all the same would go the shortest way
            lost = _walk(c, pairs, lost, None, watched, load, parts)
        parts.append(_Passed(lost, pairs.ends(lost, sites)[1], np.zeros(lost.shape, np.int64)))
    passed = _Passed(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    order = np.argsort(passed.pair, kind="stable")
    return _Passed(*(column[order] for column in passed))


def _walk(
    c: Context,
    pairs: Pairs,
    which: Ints,
    allowed: Bools | None,
    watched: Bools,
    load: list[int],
    parts: list[_Passed],
) -> Ints:
    """Route some pairs through the sites `allowed`; returns those without a route."""
    watch = Watch(watched) if watched.any() else None
    router = Router(c.network, allowed, load, watch)
    origin, site = pairs.ends(which, c.network.site_count)
    lost = [np.zeros(0, np.int64)]
    for part in router.parts(origin, BLOCK):
        some = which[part]
        reached = router.route(origin[part], site[part], pairs.up[some], pairs.down[some]) < UNREACHABLE
        lost.append(some[~reached])
        if watch is not None:
            pair, passes, way = watch.taken(reached)
            parts.append(_Passed(some[pair], passes, way))
    return np.concatenate(lost)


def _of_routes(
    c: Context,
    policies: Policies,
    pairs: Pairs,
    passed: _Passed,
    runs: Ints,
    rules: dict[str, int],
    *,
    own: bool,
) -> Iterator[_Rows]:
    """Findings on the routes of some runs; by the tasks' own rules, or all of them as they are."""
    if not passed.pair.size:
        return
    pair = np.searchsorted(pairs.key, keys_of(c, policies, runs))
    first, end = (np.searchsorted(passed.pair, pair, side=side) for side in ("left", "right"))
    each = end - first
    run = np.repeat(runs, each)
    entry = np.repeat(end - np.cumsum(each), each) + np.arange(run.size)
    site, way = passed.site[entry], passed.way[entry]

    def rows(where: Bools, rule: str) -> _Rows:
        number = rules.setdefault(rule, len(rules))
        return _Rows(run[where], site[where], way[where], np.full(np.count_nonzero(where), number))

    yield rows(way == 0, NO_ROUTE)
    if not own:
        yield rows(way > 0, "allowed")
        return
    for rule in TRANSIT:
        column = c.tasks.labels.get(rule)
        if column is None or always_empty(column):
            continue
        for name, asked in named(column, c.runs.task[run]):
            has = sites_with(c.network, name)[site]
            yield rows(asked & (way > 0) & (has if rule == "transit_forbid" else ~has), f"{rule} {name}")


def _of_labels(c: Context, runs: Ints, rules: dict[str, int]) -> Iterator[_Rows]:
    """Findings on the nodes of some runs, by the tasks' own rules."""
    for rule, name, where in label_breaches(c, runs):
        number = rules.setdefault(f"{rule} {name}".rstrip(), len(rules))
        site = integers(c.nodes, "site", c.runs.node[runs[where]])
        yield _Rows(runs[where], site, np.full(where.shape, BOTH), np.full(where.shape, number))


def _table(c: Context, found: _Rows, rules: list[str], level: str, against: str, routes: int) -> Audit:
    run, site, way, rule = (column[np.lexsort((found.rule, found.site, found.run))] for column in found)
    task, node = c.runs.task[run], c.runs.node[run]
    origin, host = integers(c.tasks, "origin", task), integers(c.nodes, "site", node)
    codes, names = c.network.domains.get(level, (np.full(c.network.site_count, -1), ()))
    return Audit(
        task=ids_of(c.tasks, task),
        node=ids_of(c.nodes, node),
        first_instance=c.runs.first_instance[run],
        instances=c.runs.instances[run],
        per_instance=c.runs.per_instance[run],
        where=words(PLACES, np.where(site == host, NODE, np.where(site == origin, ORIGIN, way))),
        site=words(c.network.sites, site) if site.size else words((), site),
        domain=words((*names, ""), codes[site]),
        rule=words(rules, rule),
        level=level,
        against=against,
        tasks=int(c.members.sum()),
        runs=int(c.runs.task.size),
        routes=routes,
    )


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _some(names: list[str]) -> str:
    """At most a line of them."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED + 1 else ""
    return ", ".join(name or "none" for name in (names[:NAMED] if more else names)) + more
