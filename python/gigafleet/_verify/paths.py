"""Rules of each run and of its route: labels, time, transit, latency, links; and the cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import BLOCK, Context, mbps
from gigafleet._verify.moves import move_term
from gigafleet._verify.routes import UNREACHABLE, Router
from gigafleet._verify.values import (
    MBPS,
    NS_PER_MS,
    NS_PER_S,
    SAFE,
    UNLIMITED,
    Bools,
    Ints,
    LabelsLike,
    always_empty,
    distinct,
    domain,
    floats,
    having,
    integers,
    named,
    quantise,
    quantities,
    sites_with,
)
from gigafleet.errors import VerifyError

__all__ = ["check_cost", "check_links", "check_paths"]


@dataclass
class _Pairs:
    """(policy, origin, site) in use: members and Mbps between, and the least that latency limits leave."""

    key: Ints
    members: Ints
    up: NDArray[Any]
    down: NDArray[Any]
    slack: Ints  # ns


def check_paths(c: Context, chosen: Ints | None) -> tuple[list[int], float]:
    """Labels, time, transit and latency of the runs `chosen` (None: all).

    Returns the load of each arc (1e-6 Mbps; 0 where runs are chosen) and the sum of round trips (ns, links).
    """
    policies = _Policies(c)
    count = c.runs.task.size if chosen is None else chosen.size
    parts: list[_Pairs] = []
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        block = rows if chosen is None else chosen[rows]
        _check_labels(c, block)
        _check_time(c, block)
        parts.append(_pairs(c, policies, block))
        if sum(part.key.size for part in parts[1:]) > max(4 * BLOCK, parts[0].key.size):
            parts = [_merge(parts)]
    load, total_ns = [0] * c.network.arc_count, 0.0
    pairs = _merge(parts) if parts else None
    for policy, allowed in enumerate(policies.allowed):
        assert pairs is not None
        square = c.network.site_count**2
        router = Router(c.network, allowed, load)
        inside = np.flatnonzero(pairs.key // square == policy)
        origin, site = np.divmod(pairs.key[inside] % square, c.network.site_count)
        for part in router.parts(origin, BLOCK):
            some = inside[part]
            # The loads that a sample of runs makes are of no use.
            up, down = (
                (pairs.up[some], pairs.down[some]) if chosen is None else np.zeros((2, some.size), np.int64)
            )
            rtt = router.route(origin[part], site[part], up, down)
            late = rtt > pairs.slack[some]
            if late.any():
                first = int(np.argmax(late))
                _late(c, policies, chosen, int(pairs.key[some[first]]), int(rtt[first]))
            total_ns += float(np.dot(rtt.astype(np.float64), pairs.members[some].astype(np.float64)))
    return load, total_ns


# -- labels and time ---------------------------------------------------------------------------------------


def _check_labels(c: Context, runs: Ints) -> None:
    for rule in ("require", "any_of", "forbid"):
        column = c.tasks.labels.get(rule)
        if column is None or always_empty(column):
            continue
        asks, offers = np.zeros(runs.shape, np.bool_), np.zeros(runs.shape, np.bool_)
        for name, asked in named(column, c.runs.task[runs]):
            some = np.flatnonzero(asked)
            has = _nodes_with(c, name, c.runs.node[runs[some]])
            if rule == "any_of":
                asks[some] = True
                offers[some] |= has
            elif (has if rule == "forbid" else ~has).any():
                run = runs[some[np.argmax(has if rule == "forbid" else ~has)]]
                found = "it has" if rule == "forbid" else "it lacks"
                raise VerifyError(f"label: {c.who(run)}: {rule} names {name!r}, which {found}")
        if (asks & ~offers).any():
            run = runs[np.argmax(asks & ~offers)]
            raise VerifyError(f"label: {c.who(run)}: it has none of any_of")


def _nodes_with(c: Context, name: str, rows: Ints) -> Bools:
    inside = domain(c.network, name)
    if inside is not None:
        return inside[integers(c.nodes, "site", rows)]
    return having(c.nodes.labels["labels"], name, rows)


def _check_time(c: Context, runs: Ints) -> None:
    duration = quantities(c.tasks, "duration_s", c.runs.task[runs], NS_PER_S, up=True)
    available = quantities(c.nodes, "available_s", c.runs.node[runs], NS_PER_S, up=False)
    over = (duration > 0) & (duration > available)
    if over.any():
        i = int(np.argmax(over))
        amount = f"duration {duration[i] * NS_PER_S:.12g} s, available {available[i] * NS_PER_S:.12g} s"
        raise VerifyError(f"time: {c.who(runs[i])}: {amount}")


# -- transit and latency -----------------------------------------------------------------------------------


class _Policies:
    """The transit policies in use: `allowed` sites (None: all) by policy number."""

    def __init__(self, c: Context) -> None:
        self._context = c
        self._number: dict[bytes, int] = {}
        self.allowed: list[Bools | None] = []

    def of(self, tasks: Ints) -> Ints:
        """The policy of each task row."""
        require, forbid = (self._context.tasks.labels.get(f"transit_{x}") for x in ("require", "forbid"))
        required, by_require = _sets(require, tasks)
        forbidden, by_forbid = _sets(forbid, tasks)
        both, position = np.unique(by_require * len(forbidden) + by_forbid, return_inverse=True)
        number = [
            self._add(required[pair // len(forbidden)], forbidden[pair % len(forbidden)])
            for pair in both.tolist()
        ]
        return np.array(number, dtype=np.int64)[position]

    def _add(self, require: tuple[str, ...], forbid: tuple[str, ...]) -> int:
        network = self._context.network
        allowed = np.ones(network.site_count, np.bool_)
        for name in require:
            allowed &= sites_with(network, name)
        for name in forbid:
            allowed &= ~sites_with(network, name)
        key = allowed.tobytes()
        if key not in self._number:
            self._number[key] = len(self.allowed)
            self.allowed.append(None if allowed.all() else allowed)
        return self._number[key]


def _sets(column: LabelsLike | None, rows: Ints) -> tuple[list[tuple[str, ...]], Ints]:
    if column is None or always_empty(column):
        return [()], np.zeros(rows.shape, np.int64)
    return distinct(column, rows)


def _slack(c: Context, runs: Ints) -> Ints:
    """ns that a round trip over links may take; a way must exist even where it may take any time."""
    access = quantities(c.nodes, "access_rtt_ms", c.runs.node[runs], NS_PER_MS, up=True)
    limit = quantities(c.tasks, "max_rtt_ms", c.runs.task[runs], NS_PER_MS, up=False)
    return np.where(limit == UNLIMITED, UNREACHABLE - 1, limit - access)


def _keys(c: Context, policies: _Policies, runs: Ints) -> Ints:
    origin = integers(c.tasks, "origin", c.runs.task[runs])
    site = integers(c.nodes, "site", c.runs.node[runs])
    return (policies.of(c.runs.task[runs]) * c.network.site_count + origin) * c.network.site_count + site


def _pairs(c: Context, policies: _Policies, runs: Ints) -> _Pairs:
    members = c.members[runs]
    flows: list[NDArray[Any]] = []
    for name in ("uplink_mbps", "downlink_mbps"):
        amount: NDArray[Any] = c.demand(name, MBPS, runs)
        if float(np.dot(amount.astype(np.float64), members.astype(np.float64))) >= SAFE:
            amount = amount.astype(object)
        flows.append(amount * members)
    return _merge([_Pairs(_keys(c, policies, runs), members, flows[0], flows[1], _slack(c, runs))])


def _merge(parts: list[_Pairs]) -> _Pairs:
    key = np.concatenate([part.key for part in parts])
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate([np.ones(min(key.size, 1), np.bool_), np.diff(key) != 0]))

    def gather(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])[order]

    def total(name: str) -> NDArray[Any]:
        values = gather(name)
        if values.dtype != object and float(values.sum(dtype=np.float64)) >= SAFE:
            values = values.astype(object)
        return np.add.reduceat(values, first)

    slack = np.minimum.reduceat(gather("slack"), first)
    return _Pairs(key[first], total("members"), total("up"), total("down"), slack)


def _late(c: Context, policies: _Policies, chosen: Ints | None, key: int, rtt: int) -> None:
    """Find a run of that pair that its latency limit forbids, and raise."""
    count = c.runs.task.size if chosen is None else chosen.size
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        runs = rows if chosen is None else chosen[rows]
        late = (_keys(c, policies, runs) == key) & (_slack(c, runs) < rtt)
        if not late.any():
            continue
        run = runs[[int(np.argmax(late))]]
        who, square = c.who(run[0]), c.network.site_count**2
        ends = " to ".join(c.site(end) for end in divmod(key % square, c.network.site_count))
        if rtt == UNREACHABLE:
            origin, site = (np.array([end]) for end in divmod(key % square, c.network.site_count))
            router, nothing = Router(c.network, None, [0] * c.network.arc_count), np.zeros(1, np.int64)
            if router.route(origin, site, nothing, nothing)[0] == UNREACHABLE:
                raise VerifyError(f"latency: {who}: no route from {ends} and back")
            raise VerifyError(f"transit: {who}: no route from {ends} and back through the sites allowed")
        access = int(quantities(c.nodes, "access_rtt_ms", c.runs.node[run], NS_PER_MS, up=True)[0])
        limit = int(quantities(c.tasks, "max_rtt_ms", c.runs.task[run], NS_PER_MS, up=False)[0])
        amount = f"round trip {(rtt + access) * NS_PER_MS:.12g} ms, limit {limit * NS_PER_MS:.12g} ms"
        raise VerifyError(f"latency: {who}: from {ends}: {amount}")


# -- links and cost ----------------------------------------------------------------------------------------


def check_links(c: Context, load: list[int], *, recomputed: bool) -> None:
    """The load of each arc (1e-6 Mbps) fits; if recomputed, the reported load is the same."""
    repeat = 1 if c.network.directed else 2
    limits = np.repeat(quantise(c.network.capacity_mbps, MBPS, up=False), repeat).tolist()
    for arc, (amount, limit) in enumerate(zip(load, limits, strict=True)):
        if amount > limit != UNLIMITED:
            raise VerifyError(f"link: {c.link(arc)}: {mbps(amount)} in use, limit {mbps(limit)}")
    said = c.reported.arc_load
    if recomputed and said is not None:
        for arc, (amount, claim) in enumerate(zip(load, np.asarray(said).tolist(), strict=True)):
            if amount != claim:
                what = f"reported {mbps(claim)}, recomputed {mbps(amount)}"
                raise VerifyError(f"load: {c.link(arc)}: {what}")


def check_cost(c: Context, load: list[int], total_ns: float) -> None:
    """The reported cost is the sum of its terms, within 1e-9 of the sum of their sizes."""
    objective = c.reported.objective
    if c.reported.cost is None or objective is None:
        return
    repeat = 1 if c.network.directed else 2
    price = np.repeat(np.asarray(c.network.price_per_mbps, dtype=np.float64), repeat).tolist()
    terms = [amount * MBPS * each for amount, each in zip(load, price, strict=True) if amount]
    sizes = [abs(term) for term in terms]
    terms.append(objective.rtt_price * total_ns * NS_PER_MS)
    horizon_ns = quantise(np.array([objective.horizon_s]), NS_PER_S, up=True)[0]
    for block in c.blocks():
        tasks, nodes = c.runs.task[block], c.runs.node[block]
        members = c.members[block].astype(np.float64)
        access = quantities(c.nodes, "access_rtt_ms", nodes, NS_PER_MS, up=True)
        terms.append(objective.rtt_price * NS_PER_MS * float(np.dot(access.astype(np.float64), members)))
        duration_ns = quantities(c.tasks, "duration_s", tasks, NS_PER_S, up=True)
        available_ns = quantities(c.nodes, "available_s", nodes, NS_PER_S, up=False)
        risk = (duration_ns == 0) & (available_ns < horizon_ns)
        terms.append(objective.risk_price * float(members[risk].sum()))
        for resource in c.tasks.schema:
            if f"price.{resource}" not in c.nodes.columns:
                continue
            amount = c.takes(resource, block) * c.resolution(resource) * members
            each = amount * floats(c.nodes, f"price.{resource}", nodes)
            if resource in c.nodes.consumable:
                each *= 3600e9 / np.maximum(duration_ns, 1)  # open-ended tasks book none
            terms.append(float(each.sum()))
            sizes.append(float(np.abs(each).sum()))
    terms.append(move_term(c))
    size = math.fsum(sizes) + math.fsum(abs(term) for term in terms)
    c.close("cost", c.reported.cost, math.fsum(terms), size)
