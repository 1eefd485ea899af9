"""The definition of an explanation: what keeps one more member of a task out, and which change would do.

Plain Python like the oracle, which it builds on. Amounts are multiples, as in the oracle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType

import bond_gates
import device_gates
import model_gates
from devices import Seats
from oracle import INF, MS, Meter, Number, Oracle, Reason, S, has, quantise

GATES = (
    Reason.LABEL, Reason.TOO_BIG, Reason.TIME, Reason.MODEL, Reason.ROUTE, Reason.RTT, Reason.GANG,
    Reason.SPREAD, Reason.LINK, Reason.CAPACITY,
)  # fmt: skip
NOT_ROOM = {Reason.LABEL, Reason.ROUTE, Reason.GANG, Reason.SPREAD}  #: and no amount is short
ON_LOADS = ("WAIT", "LOADS", "WINDOW")  #: to load a model
ON_DEVICES = ("DEVICES", "DEVICE")  #: what is short is of devices
Loads = Mapping[Meter, Number]
Misses = Mapping[Reason, Mapping[Meter, tuple[int, int]]]
Spot = tuple[int, int]  #: node row and instance
Key = tuple[object, ...]  #: whose column, and which


@dataclass(frozen=True)
class Least:
    """The smallest change of a column that will do: its size, the value it takes, by how much it changes."""

    size: Fraction
    to: object
    by: int = 0

    @property
    def rank(self) -> tuple[Fraction, int]:
        return self.size, self.by


@dataclass
class Explained:
    """Nodes by the first gate that keeps them out; the nearest miss of each gate; changes by column."""

    counts: Counter[Reason] = field(default_factory=Counter)
    open: int = 0
    nearest: dict[Reason, Fraction] = field(default_factory=dict)
    task: dict[Key, Least] = field(default_factory=dict)
    fleet: dict[Key, Least] = field(default_factory=dict)


def explain(
    oracle: Oracle, t: int, loads: Loads, one_bandwidth: bool = False, held: Seats = MappingProxyType({})
) -> Explained:
    """Of one more member of row `t` beside `loads`; `one_bandwidth`: up and down are one column.

    `held`: the members on each instance, with the devices that they use.
    """
    found = Explained()
    is_left_out = bond_gates.is_left_out(oracle, t, held)
    for n, node in enumerate(oracle.problem.nodes):
        for spot in ((n, i) for i in range(node.count)):
            misses = missed(oracle, t, spot, loads, held)
            if not misses:
                found.open += 1
                continue
            found.counts[min(misses)] += 1
            if is_left_out:  # one member alone would not do
                continue
            gate = only(misses)
            if gate is not None and misses[gate]:
                size = max(Fraction(needed - there, needed) for needed, there in misses[gate].values())
                found.nearest[gate] = min(size, found.nearest.get(gate, size))
    if found.open:
        return found
    if is_left_out:
        for key, before, after in bond_gates.changes_of_gang(oracle, t, loads):
            if key == ("gang_level",):
                found.task[key] = Least(Fraction(after - before), bond_gates.LEVELS[after])
            elif key[0] in bond_gates.LABELS:
                found.task[key] = Least(Fraction(before - after), before - after)
            else:
                found.task[key] = least(before, after)
        return found
    for n, node in enumerate(oracle.problem.nodes):
        for spot in ((n, i) for i in range(node.count)):
            for changes, those in (
                (found.task, changes_of_task(oracle, t, spot, loads, one_bandwidth, held)),
                (found.fleet, changes_of_fleet(oracle, t, spot, loads, held)),
            ):
                for key, change in those:
                    if key not in changes or change.rank < changes[key].rank:
                        changes[key] = change
    return found


def missed(
    oracle: Oracle, t: int, spot: Spot, loads: Loads, held: Seats = MappingProxyType({})
) -> dict[Reason, dict[Meter, tuple[int, int]]]:
    """Every gate that the instance does not pass, with what is needed and what there is."""
    n, instance = spot
    task, node, path = oracle.problem.tasks[t], oracle.problem.nodes[n], oracle.path_of(t, n)
    use = oracle.use(t, n, instance)
    found: dict[Reason, dict[Meter, tuple[int, int]]] = {}

    def short(gate: Reason, rules: tuple[str, ...], loads: Loads, held: Seats | None = None) -> None:
        asked = {m: q for m, q in use.items() if m[0] in rules and m[-1] not in oracle.of_devices}
        room = {m: (q, oracle.limit(m) - loads.get(m, 0)) for m, q in asked.items()}
        if gate == Reason.CAPACITY and oracle.models.rows:
            in_use, more = model_gates.weights(oracle, t, spot, loads)
            memory = ("CAPACITY", *spot, oracle.models.resource)
            left = oracle.limit(memory) - loads.get(memory, 0) - in_use
            room[memory] = oracle.models.demand(t) + more, left
        lacks = {m: (int(q), int(left)) for m, (q, left) in room.items() if q > left}
        if gate == Reason.CAPACITY:
            lacks |= model_gates.window(oracle, t, spot, loads)
        if held is not None:
            lacks |= device_gates.lacks(oracle.devices, t, n, held.get(spot, []))
        if lacks:
            found[gate] = lacks

    if not oracle.label_ok(t, n):
        found[Reason.LABEL] = {}
    short(Reason.TOO_BIG, ("CAPACITY", "LINE"), {}, {})
    if not oracle.time_ok(t, n):
        stay = quantise(task.duration_s, S, up=True), quantise(node.available_s, S, up=False)
        found[Reason.TIME] = {("TIME", n): (int(stay[0]), int(stay[1]))}
    if lacks := model_gates.lacks(oracle, t, spot):
        found[Reason.MODEL] = lacks
    if path is None:
        found[Reason.ROUTE] = {}
    else:
        if not oracle.rtt_ok(t, n):
            limit = quantise(task.max_rtt_ms, MS, up=False)
            found[Reason.RTT] = {("LATENCY",): (int(oracle.rtt_ns(t, n)), int(limit))}
        short(Reason.LINK, ("LINK", "ACCESS"), loads)
    short(Reason.CAPACITY, ("CAPACITY", "LINE"), loads, held)
    for gate, of_bonds in bond_gates.missed(oracle, t, spot, loads, held).items():
        found[gate] = found.get(gate, {}) | of_bonds
    return found


def only(misses: Misses) -> Reason | None:
    """The gate that alone keeps a node out; one that is too small even if empty is full as well."""
    too_small = any(meter[0] in ("CAPACITY", "WINDOW") for meter in misses.get(Reason.MODEL, ()))
    gates = set(misses) - ({Reason.CAPACITY} if Reason.TOO_BIG in misses or too_small else set())
    return gates.pop() if len(gates) == 1 else None


def in_the_way(misses: Misses) -> tuple[set[Reason], dict[Meter, tuple[int, int]]]:
    """Gates that have nothing to do with the node's room, and what it lacks: each thing once."""
    lacks = dict(misses.get(Reason.CAPACITY, {}))
    lacks |= {m: q for m, q in misses.get(Reason.MODEL, {}).items() if m[0] in ("WAIT", "LOADS")}
    return set(misses) - {Reason.TOO_BIG, Reason.MODEL, Reason.CAPACITY}, lacks


def least(before: int, after: int) -> Least:
    """A change of an amount."""
    return Least(Fraction(abs(before - after), max(before, after)), after, abs(before - after))


def changes_of_task(
    oracle: Oracle, t: int, spot: Spot, loads: Loads, one_bandwidth: bool, held: Seats
) -> Iterator[tuple[Key, Least]]:
    """For each column of the task, the least that it takes for the instance to take one more member."""
    task, node = oracle.problem.tasks[t], oracle.problem.nodes[spot[0]]
    misses = missed(oracle, t, spot, loads, held)
    gate = only(misses)
    if gate == Reason.RTT:
        ((rtt, limit),) = misses[gate].values()
        yield ("max_rtt_ms",), least(limit, rtt)
    if gate == Reason.TIME:
        ((duration, stay),) = misses[gate].values()
        if stay > 0:  # a task of no duration is open-ended
            yield ("duration_s",), least(duration, stay)
    others, lacks = in_the_way(misses)
    if lacks and not others:
        if all(meter[0] in ON_DEVICES for meter in lacks):
            for key, before, after in device_gates.changes_of_task(
                oracle.problem, t, spot[0], held.get(spot, [])
            ):
                yield key, least(before, after)
        elif len(lacks) == 1:
            ((meter, (asked, left)),) = lacks.items()
            if meter[0] == "WAIT":
                yield ("max_wait_s",), least(left, asked)
            if meter[0] == "CAPACITY":
                more = asked - int(oracle.demand(t).get(meter[3], 0))  # weights
                if left >= more:
                    yield ("demand", meter[3]), least(asked - more, left - more)
    if gate == Reason.SPREAD:
        for there, most in misses[gate].values():
            yield ("spread_max",), least(most, there)
        if (finer := bond_gates.finer_level(oracle, t, spot, held)) is not None:
            yield ("spread_level",), Least(Fraction(finer[0]), finer[1])
    if gate == Reason.GANG and (wider := bond_gates.wider_level(oracle, t, spot, held)) is not None:
        yield ("gang_level",), Least(Fraction(wider[0]), wider[1])
    if gate == Reason.LABEL:
        site = oracle.problem.sites[node.site]
        gone = {
            "require": [name for name in task.require if not has(name, node.labels, site)],
            "any_of": [] if any(has(name, node.labels, site) for name in task.any_of) else [*task.any_of],
            "forbid": [name for name in task.forbid if has(name, node.labels, site)],
        }
        columns = [column for column, names in gone.items() if names]
        if len(columns) == 1:
            yield (columns[0],), Least(Fraction(len(gone[columns[0]])), len(gone[columns[0]]))
    for column in ("transit_require", "transit_forbid"):
        names = getattr(task, column)
        if names:
            tasks = (*oracle.problem.tasks[:t], replace(task, **{column: ()}), *oracle.problem.tasks[t + 1 :])
            if not missed(Oracle(replace(oracle.problem, tasks=tasks)), t, spot, loads, held):
                yield (column,), Least(Fraction(len(names)), len(names))
    meters = {meter[0] for gate in misses for meter in misses[gate]}
    if meters <= {"LINK", "ACCESS", "LINE"} and not NOT_ROOM & set(misses):
        yield from changes_of_bandwidth(oracle, t, spot, loads, one_bandwidth)


def changes_of_bandwidth(
    oracle: Oracle, t: int, spot: Spot, loads: Loads, one_bandwidth: bool
) -> Iterator[tuple[Key, Least]]:
    """Where nothing but bandwidth is in the way."""
    n, instance = spot
    task, node, path = oracle.problem.tasks[t], oracle.problem.nodes[n], oracle.path_of(t, n)
    asked = oracle.bandwidth(t)
    assert path is not None
    times: dict[Meter, list[int]] = {}  # how often each carries the request, and the reply
    for way, arcs in enumerate((path.out, path.back)):
        line = ("LINE", n, instance, ("down", "up")[way])
        ends = ("ACCESS", task.origin, ("up", "down")[way]), ("ACCESS", node.site, ("down", "up")[way])
        for meter in (line, *ends, *(("LINK", arc) for arc in arcs)):
            times.setdefault(meter, [0, 0])[way] += 1
    columns = {"uplink_mbps": (1, 0), "downlink_mbps": (0, 1)}
    for column, changes in {"bandwidth_mbps": (1, 1)}.items() if one_bandwidth else columns.items():
        most: Number = INF
        for meter, (ups, downs) in times.items():
            left = oracle.limit(meter) - loads.get(meter, 0)
            left -= sum(q * k for q, k, c in zip(asked, (ups, downs), changes, strict=True) if not c)
            divisor = sum(k for k, c in zip((ups, downs), changes, strict=True) if c)
            if divisor and left != INF:
                most = min(most, left // divisor)
            elif left < 0:
                most = -1
        before = int(asked[0] if changes[0] else asked[1])
        if 0 <= most < before:
            yield (column,), least(before, int(most))


def changes_of_fleet(
    oracle: Oracle, t: int, spot: Spot, loads: Loads, held: Seats
) -> Iterator[tuple[Key, Least]]:
    """For each column of nodes, links and sites, the least for the instance to take one more member."""
    misses = missed(oracle, t, spot, loads, held)
    gate = only(misses)
    if gate == Reason.TIME:
        ((duration, stay),) = misses[gate].values()
        yield ("available_s",), least(stay, duration)
    others, lacks = in_the_way(misses)
    if others - {Reason.LINK}:
        return
    if not others and lacks and all(meter[0] in ON_DEVICES for meter in lacks):
        for key, before, after in device_gates.changes_of_node(
            oracle.problem, t, spot[0], held.get(spot, [])
        ):
            yield key, least(before, after)
    if not others and lacks and all(meter[0] in ON_LOADS for meter in lacks):
        yield ("models",), Least(Fraction(1), 1)  # the node holds the model
    lacks |= misses.get(Reason.LINK, {})
    wanted: dict[Key, int] = {}  # by column and row; a link has its capacity each way
    limit: dict[Key, int] = {}
    for meter, (needed, left) in lacks.items():
        if meter[0] in ON_DEVICES:
            return
        key, of = column_of(oracle, spot, meter)
        limit[key] = int(oracle.limit(of))
        enough = limit[key] + needed - left
        if meter[0] in ("WAIT", "LOADS"):
            enough = model_gates.least_line(oracle, t)
        if meter[0] == "WINDOW":
            enough = model_gates.least_access(oracle, t, oracle.problem.nodes[spot[0]].site, loads)
        wanted[key] = max(wanted.get(key, 0), enough)
    if len(wanted) == 1 and model_gates.NEVER not in wanted.values():
        ((key, enough),) = wanted.items()
        yield key[:-1], least(limit[key], enough)


def column_of(oracle: Oracle, spot: Spot, meter: Meter) -> tuple[Key, Meter]:
    """The column that holds the capacity and its row, and the capacity."""
    match meter:
        case ("CAPACITY", int(n), _, str(resource)):
            return ("capacity", resource, n), meter
        case ("LINE", int(n), _, way):
            return (f"link_{way}_mbps", n), meter
        case ("WAIT" | "LOADS", int(n)):
            return ("link_down_mbps", n), ("LINE", *spot, "down")
        case ("WINDOW", int(site)):
            return ("access_down_mbps", site), ("ACCESS", site, "down")
        case ("ACCESS", int(site), way):
            return (f"access_{way}_mbps", site), meter
        case ("LINK", int(arc)):
            return ("capacity_mbps", arc if oracle.problem.directed else arc // 2), meter
    raise ValueError(meter)
