"""The part of an explanation's definition (gates.py) that knows about gangs and spread groups.

Of a gang that runs: one more member has to be where it is. One that is left out is asked for as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import device_gates
from bonds import ALONE
from devices import Seats
from reason import Reason

if TYPE_CHECKING:
    from oracle import Oracle

LEVELS = ("node", "site", "rack", "campus", "region", "country")
LABELS = ("require", "any_of", "forbid", "transit_require", "transit_forbid")
Meter = tuple[object, ...]
Misses = dict[Reason, dict[Meter, tuple[int, int]]]


def missed(oracle: Oracle, t: int, spot: tuple[int, int], loads: Any, held: Seats) -> Misses:
    """Gates GANG and SPREAD, where the instance does not pass them; no amounts where it is in no domain.

    Of a gang that is left out, CAPACITY too.
    """
    bonds = oracle.bonds
    if is_left_out(oracle, t, held):
        return missed_by_whole(oracle, t, spot, loads)
    found: Misses = {}
    if bonds.gang(t) >= 0:
        level, runs = oracle.problem.tasks[t].gang_level, runs_at(oracle, t, held)
        where = bonds.where(level, *spot)
        if where is None or (runs is not None and where != bonds.where(level, *runs)):
            found[Reason.GANG] = {}
    if bonds.spread(t) >= 0:
        meter = bonds.meter(t, *spot)
        there, most = int(loads.get(meter, 0)), bonds.most(bonds.spread(t), meter[2])
        if there + 1 > most:
            found[Reason.SPREAD] = {} if meter[2] is None else {meter: (there + 1, most)}
    return found


def runs_at(oracle: Oracle, t: int, held: Seats) -> tuple[int, int] | None:
    """An instance where a member of the gang of row `t` runs."""
    rows = set(oracle.bonds.rows(oracle.bonds.gang(t)))
    return next((spot for spot, members in held.items() if rows & {row for row, _ in members}), None)


def wider_level(oracle: Oracle, t: int, spot: tuple[int, int], held: Seats) -> tuple[int, str] | None:
    """The next level at which the gang's domain takes in the instance, and by how many levels it is wider."""
    level, runs = LEVELS.index(oracle.problem.tasks[t].gang_level), runs_at(oracle, t, held)
    if runs is None:
        return None
    for wider in range(level + 1, len(LEVELS)):
        where = oracle.bonds.where(LEVELS[wider], *spot)
        if where is not None and where == oracle.bonds.where(LEVELS[wider], *runs):
            return wider - level, LEVELS[wider]
    return None


def finer_level(oracle: Oracle, t: int, spot: tuple[int, int], held: Seats) -> tuple[int, str] | None:
    """The next narrower level at which the group of row `t` keeps apart with one more on the instance."""
    bonds, tasks = oracle.bonds, oracle.problem.tasks
    level = LEVELS.index(tasks[t].spread_level)
    group = [at for at, members in held.items() for row, _ in members if bonds.spread(row) == bonds.spread(t)]
    for finer in range(level - 1, -1, -1):
        domains = [bonds.where(LEVELS[finer], *at) for at in (*group, spot)]
        if None not in domains and domains.count(domains[-1]) <= tasks[t].spread_max:
            return level - finer, LEVELS[finer]
    return None


# a gang that is left out


def is_left_out(oracle: Oracle, t: int, held: Seats) -> bool:
    gang = oracle.bonds.gang(t)
    return gang >= 0 and bool(oracle.bonds.rows(gang)) and runs_at(oracle, t, held) is None


def missed_by_whole(oracle: Oracle, t: int, spot: tuple[int, int], loads: Any) -> Misses:
    bonds, found = oracle.bonds, {}
    where = bonds.where(oracle.problem.tasks[t].gang_level, *spot)
    spreads = {m: q for m, q in loads.items() if m[0] == "SPREAD"}
    for gate, beside, rules in (
        (Reason.GANG, {}, ALONE),
        (Reason.SPREAD, spreads, (*ALONE, "SPREAD")),
        (Reason.CAPACITY, loads, ()),
    ):
        if where is None or bonds.find(bonds.gang(t), where, beside, *rules) is None:
            found[gate] = {("WHOLE",): (1, 0)}
    return found


def is_held(oracle: Oracle, gang: int, loads: Any) -> bool:
    """Some domain holds the whole of it as things are."""
    bonds = oracle.bonds
    return any(bonds.find(gang, domain, loads) is not None for domain in bonds.domains(gang))


def with_rows(oracle: Oracle, t: int, counts: Sequence[int] | None = None, **columns: Any) -> Oracle:
    """The same with other columns of all rows of the gang, or other counts of them."""
    gang, tasks = oracle.problem.tasks[t].gang, list(oracle.problem.tasks)
    rows = [row for row, task in enumerate(tasks) if task.gang == gang]
    for at, row in enumerate(rows):
        tasks[row] = replace(tasks[row], **columns)
        if counts is not None:
            tasks[row] = replace(tasks[row], count=counts[at])
    return type(oracle)(replace(oracle.problem, tasks=tuple(tasks)))


def changes_of_gang(oracle: Oracle, t: int, loads: Any) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """What would do of columns that are no amounts, or of devices, with what they are and would be.

    Fewer members of the row, the next wider level (as a number), fewer names (how many), fewer devices.
    """
    tasks, gang = oracle.problem.tasks, oracle.bonds.gang(t)
    rows = [row for row, task in enumerate(tasks) if task.gang == gang]
    for count in range(tasks[t].count - 1, 0, -1):
        fewer = with_rows(oracle, t, [count if row == t else tasks[row].count for row in rows])
        if is_held(fewer, gang, loads):
            yield ("count",), tasks[t].count, count
            break
    level = LEVELS.index(tasks[t].gang_level)
    for wider in range(level + 1, len(LEVELS)):
        if is_held(with_rows(oracle, t, gang_level=LEVELS[wider]), gang, loads):
            yield ("gang_level",), level, wider
            break
    for column in LABELS:
        names = getattr(tasks[t], column)
        sizes = range(len(names)) if column in ("require", "forbid") else (0,) * bool(names)
        for size in reversed(sizes):
            kept = combinations(names, size)
            if any(is_held(with_row(oracle, t, **{column: own}), gang, loads) for own in kept):
                yield (column,), len(names), size
                break
    if oracle.devices.ask(t):
        yield from device_gates.less_asked(
            oracle.problem,
            t,
            lambda task: is_held(
                with_row(oracle, t, devices=task.devices, device_demand=task.device_demand), gang, loads
            ),
        )


def amounts(oracle: Oracle, t: int) -> Iterator[tuple[str, float, float, float]]:
    """Amounts of a row that a change could be of: column, before, the furthest that it can go, a multiple."""
    task, problem = oracle.problem.tasks[t], oracle.problem
    for resource, asked in task.demand.items():
        if oracle.demand(t).get(resource, 0) > 0:
            yield f"demand.{resource}", asked, 0, problem.resolution.get(resource, 1e-6)
    yield from (("uplink_mbps", task.uplink_mbps, 0, 1e-6), ("downlink_mbps", task.downlink_mbps, 0, 1e-6))
    yield "duration_s", task.duration_s, 1e-9, 1e-9
    yield "max_rtt_ms", task.max_rtt_ms, 1e9, 1e-6
    if task.model:
        yield "max_wait_s", task.max_wait_s, 1e6, 1e-9


def with_row(oracle: Oracle, t: int, **columns: Any) -> Oracle:
    """The same with other columns of one row."""
    tasks = list(oracle.problem.tasks)
    tasks[t] = replace(tasks[t], **columns)
    return type(oracle)(replace(oracle.problem, tasks=tuple(tasks)))


def with_amount(oracle: Oracle, t: int, column: str, value: float) -> Oracle:
    name, _, resource = column.partition(".")
    after = {**oracle.problem.tasks[t].demand, resource: value} if resource else value
    return with_row(oracle, t, **{name: after})


def nearly_placed(
    oracle: Oracle, t: int, number: int, loads: Any
) -> Iterator[tuple[list[tuple[int, int]], Any, list[tuple[int, int]]]]:
    """All ways to have so many members of a gang of one row in one domain: its instances, loads, where."""
    bonds, level = oracle.bonds, oracle.problem.tasks[t].gang_level
    spots = [(n, i) for n, node in enumerate(oracle.problem.nodes) for i in range(node.count)]
    domains = {bonds.where(level, *spot) for spot in spots} - {None}
    open_to = set(oracle.gates(t)[Reason.RTT])

    def seat(inside: list[tuple[int, int]], first: int, left: int, loads: Any) -> Iterator[Any]:
        if left == 0:
            yield loads, []
            return
        for at in range(first, len(inside)):
            if inside[at][0] in open_to and oracle.fits(t, *inside[at], loads):
                after = loads + Counter(oracle.use(t, *inside[at]))
                for whole, places in seat(inside, at, left - 1, after):
                    yield whole, [inside[at], *places]

    if number == 0:
        yield [spot for spot in spots if bonds.where(level, *spot) is not None], loads, []
        return
    for domain in domains:
        inside = [spot for spot in spots if bonds.where(level, *spot) == domain]
        yield from ((inside, after, own) for after, own in seat(inside, 0, number, Counter(loads)))


def most_that_fit(oracle: Oracle, t: int, loads: Any) -> int:
    """How many members some domain holds as things are, of a gang of rows that ask for the same."""
    tasks, gang = oracle.problem.tasks, oracle.bonds.gang(t)
    counts = [task.count for task in tasks if task.gang == gang]
    for number in range(sum(counts), 0, -1):
        some, left = [], number
        for count in counts:
            some.append(min(count, left))
            left -= some[-1]
        if is_held(with_rows(oracle, t, some), gang, loads):
            return number
    return 0
