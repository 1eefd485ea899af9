"""Rules of each run and of its route: labels, time, transit, latency, links; and the cost."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gigafleet._verify.context import BLOCK, Context, mbps
from gigafleet._verify.moves import move_term
from gigafleet._verify.pairs import Pairs, Policies, keys_of, pairs_of, slack_of
from gigafleet._verify.routes import UNREACHABLE, Router
from gigafleet._verify.values import (
    MBPS,
    NS_PER_MS,
    NS_PER_S,
    UNLIMITED,
    Bools,
    Floats,
    Ints,
    always_empty,
    domain,
    floats,
    having,
    integers,
    named,
    quantise,
    quantities,
)
from gigafleet.errors import VerifyError

__all__ = ["check_cost", "check_links", "check_loads", "check_paths", "label_breaches", "node_cost"]


def check_paths(c: Context, chosen: Ints | None) -> tuple[list[int], float]:
    """Labels, time, transit and latency of the runs `chosen` (None: all).

    Returns the load of each arc (1e-6 Mbps; 0 where runs are chosen) and the sum of round trips (ns, links).
    """
    policies, sites = Policies(c), c.network.site_count
    count = c.runs.task.size if chosen is None else chosen.size

    def checked() -> Iterator[Pairs]:
        for start in range(0, count, BLOCK):
            rows = np.arange(start, min(start + BLOCK, count))
            block = rows if chosen is None else chosen[rows]
            _check_labels(c, block)
            _check_time(c, block)
            yield pairs_of(c, policies, block)

    load, total_ns = [0] * c.network.arc_count, 0.0
    pairs = Pairs.of_blocks(checked())
    for policy, allowed in enumerate(policies.allowed):
        router = Router(c.network, allowed, load)
        inside = pairs.under(policy, sites)
        origin, site = pairs.ends(inside, sites)
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


def label_breaches(c: Context, runs: Ints) -> Iterator[tuple[str, str, Ints]]:
    """Which rule is broken, by what name ("" of any_of), and at which positions in `runs`; none empty."""
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
                yield rule, name, some[has if rule == "forbid" else ~has]
        if (asks & ~offers).any():
            yield rule, "", np.flatnonzero(asks & ~offers)


def _check_labels(c: Context, runs: Ints) -> None:
    for rule, name, where in label_breaches(c, runs):
        who, found = c.who(runs[where[0]]), "it has" if rule == "forbid" else "it lacks"
        broken = f"{rule} names {name!r}, which {found}" if name else "it has none of any_of"
        raise VerifyError(f"label: {who}: {broken}")


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


def _late(c: Context, policies: Policies, chosen: Ints | None, key: int, rtt: int) -> None:
    """Find a run of that pair that its latency limit forbids, and raise."""
    count = c.runs.task.size if chosen is None else chosen.size
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        runs = rows if chosen is None else chosen[rows]
        late = (keys_of(c, policies, runs) == key) & (slack_of(c, runs) < rtt)
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


def check_links(c: Context, load: list[int]) -> None:
    """The load of each arc (1e-6 Mbps) fits."""
    repeat = 1 if c.network.directed else 2
    limits = np.repeat(quantise(c.network.capacity_mbps, MBPS, up=False), repeat).tolist()
    for arc, (amount, limit) in enumerate(zip(load, limits, strict=True)):
        if amount > limit != UNLIMITED:
            raise VerifyError(f"link: {c.link(arc)}: {mbps(amount)} in use, limit {mbps(limit)}")


def check_loads(c: Context, load: list[int]) -> None:
    """The reported load of each arc, if there is one, is `load`."""
    if c.reported.arc_load is None:
        return
    for arc, (amount, claim) in enumerate(zip(load, np.asarray(c.reported.arc_load).tolist(), strict=True)):
        if amount != claim:
            what = f"reported {mbps(claim)}, recomputed {mbps(amount)}"
            raise VerifyError(f"load: {c.link(arc)}: {what}")


def node_cost(c: Context, runs: slice) -> Iterator[Floats]:
    """EUR per hour of the members of each run at the prices of their nodes, resource by resource."""
    members = c.members[runs].astype(np.float64)
    for resource in c.tasks.schema:
        if f"price.{resource}" not in c.nodes.columns:
            continue
        amount = c.takes(resource, runs) * c.resolution(resource) * members
        each = amount * floats(c.nodes, f"price.{resource}", c.runs.node[runs])
        if resource in c.nodes.consumable:
            duration_ns = quantities(c.tasks, "duration_s", c.runs.task[runs], NS_PER_S, up=True)
            each *= 3600e9 / np.maximum(duration_ns, 1)  # open-ended tasks book none
        yield each


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
        for each in node_cost(c, block):
            terms.append(float(each.sum()))
            sizes.append(float(np.abs(each).sum()))
    terms += [move_term(c), c.load_cost]
    size = math.fsum(sizes) + math.fsum(abs(term) for term in terms)
    c.close("cost", c.reported.cost, math.fsum(terms), size)
