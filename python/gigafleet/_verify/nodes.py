"""Rules that need no route: identity, capacity of nodes and of their lines, access of sites."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import BLOCK, Context, mbps
from gigafleet._verify.values import (
    MBPS,
    SAFE,
    UNLIMITED,
    WEIGHT,
    Bools,
    Ints,
    Totals,
    integers,
    quantise,
    quantities,
    scalar,
)
from gigafleet.errors import VerifyError

__all__ = ["check_access", "check_access_loads", "check_capacity", "check_identity"]


def check_identity(c: Context) -> None:
    """Rows and instances exist; members are placed at most once; counts and reasons fit. Fills `members`."""
    if c.nodes.network is not c.network:
        raise VerifyError("identity: tasks and nodes belong to different networks")
    shapes = [part.shape for part in c.runs]
    if len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise VerifyError(f"identity: assignments of shapes {shapes}")
    c.members = np.empty(c.runs.task.shape, np.int64)
    placed = Totals(c.tasks.rows)
    for block in c.blocks():
        task, node, first, instances, per = (part[block] for part in c.runs)
        _each(c, block, (task >= 0) & (task < c.tasks.rows), f"the table has {c.tasks.rows} task rows")
        _each(c, block, (node >= 0) & (node < c.nodes.rows), f"the table has {c.nodes.rows} node rows")
        _each(c, block, (instances > 0) & (per > 0) & (first >= 0), "it has no members, or instance < 0")
        hosts, wanted = integers(c.nodes, "count", node), integers(c.tasks, "count", task)
        _each(c, block, (first < hosts) & (instances <= hosts - first), "its node has fewer instances")
        _each(c, block, per <= wanted // instances, "its task has fewer members")
        c.members[block] = instances * per
        placed.add(task, instances, per)
    for start in range(0, c.tasks.rows, BLOCK):
        rows = np.arange(start, min(start + BLOCK, c.tasks.rows))
        _counts(c, rows, placed.values[rows], integers(c.tasks, "count", rows))
    said = c.reported
    if said.placed_tasks is not None and placed.total() != said.placed_tasks:
        raise VerifyError(f"identity: placed_tasks is {said.placed_tasks}, recomputed {placed.total()}")
    if said.placed_weight is not None:
        weight = 0
        for block in c.blocks():
            each = quantities(c.tasks, "weight", c.runs.task[block], WEIGHT, up=True)
            total = Totals(1)
            total.add(np.zeros(each.shape, np.int64), each, c.members[block])
            weight += total.total()
        c.close("placed_weight", said.placed_weight, weight * WEIGHT, 0.0)


def _each(c: Context, block: slice, ok: Bools, why: str) -> None:
    if not ok.all():
        run = block.start + int(np.argmin(ok))
        values = ", ".join(
            f"{name} {int(part[run])}" for name, part in zip(c.runs._fields, c.runs, strict=True)
        )
        raise VerifyError(f"identity: run {run} (row positions: {values}): {why}")


def _counts(c: Context, rows: Ints, placed: NDArray[Any], wanted: Ints) -> None:
    def ensure(ok: NDArray[Any], what: str) -> None:
        if not ok.all():
            i = int(np.argmin(ok))
            raise VerifyError(f"identity: {c.task(rows[i])}: {placed[i]} of {wanted[i]} placed, {what}")

    ensure(placed <= wanted, "more than it has")
    if c.reported.placed_count is not None:
        ensure(placed == np.asarray(c.reported.placed_count)[rows], "its placed_count says otherwise")
    if c.reported.reason is not None:
        ensure((np.asarray(c.reported.reason)[rows] == 0) == (placed == wanted), "its reason says otherwise")


def check_capacity(c: Context) -> None:
    """Demands on each instance of each node, and on its own line, fit."""
    alone = np.zeros(c.runs.task.shape, np.bool_)
    for block in c.blocks():
        alone[block] = integers(c.nodes, "count", c.runs.node[block]) == 1
    single, many = np.flatnonzero(alone), np.flatnonzero(~alone)
    sweep = _Sweep(c, many) if many.size else None
    named = [(f"capacity.{r}", f"demand.{r}", c.resolution(r)) for r in c.tasks.resources]
    lines = [("link_down_mbps", "uplink_mbps", MBPS), ("link_up_mbps", "downlink_mbps", MBPS)]
    for supply, demand, resolution in named + lines:
        if scalar(c.tasks, demand) == 0 or (
            supply in c.nodes.columns and scalar(c.nodes, supply) == math.inf
        ):
            continue
        totals = Totals(c.nodes.rows)
        for start in range(0, single.size, BLOCK):
            runs = single[start : start + BLOCK]
            totals.add(c.runs.node[runs], c.demand(demand, resolution, runs), c.runs.per_instance[runs])
        busy = np.flatnonzero(totals.values)
        for start in range(0, busy.size, BLOCK):
            rows = busy[start : start + BLOCK]
            _fits(c, supply, resolution, rows, np.zeros_like(rows), totals.values[rows])
        if sweep is not None:
            _fits(c, supply, resolution, *sweep.loads(c.demand(demand, resolution, many)))


class _Sweep:
    """Loads on the instances of nodes with counts: each run is an interval of instances, swept in order."""

    def __init__(self, c: Context, runs: Ints) -> None:
        node, first = c.runs.node[runs], c.runs.first_instance[runs]
        self._per = c.runs.per_instance[runs]
        node = np.concatenate([node, node])
        edge = np.concatenate([first, first + c.runs.instances[runs]])
        self._order = np.lexsort((edge, node))
        node, edge = node[self._order], edge[self._order]
        last = np.ones(node.size, np.bool_)  # of the edges at one place
        last[:-1] = (np.diff(node) != 0) | (np.diff(edge) != 0)
        self._last = np.flatnonzero(last)
        self._node, self._instance = node[self._last], edge[self._last]

    def loads(self, demand: Ints) -> tuple[Ints, Ints, NDArray[Any]]:
        """(node row, first instance, load) of each stretch of instances that are loaded alike."""
        exact: NDArray[Any] = demand
        if float(np.dot(demand.astype(np.float64), self._per.astype(np.float64))) >= SAFE:
            exact = demand.astype(object)
        amount = exact * self._per
        load = np.cumsum(np.concatenate([amount, -amount])[self._order])[self._last]
        return self._node, self._instance, load


def _fits(c: Context, supply: str, resolution: float, rows: Ints, instance: Ints, load: NDArray[Any]) -> None:
    limit = np.zeros_like(rows)  # of a resource that no node has
    if supply in c.nodes.columns:
        limit = quantities(c.nodes, supply, rows, resolution, up=False)
    over = (load > limit) & (limit != UNLIMITED)
    if over.any():
        i = int(np.argmax(over))
        rule = "capacity" if supply.startswith("capacity.") else "line"
        amount = f"{int(load[i]) * resolution:.12g} in use, limit {int(limit[i]) * resolution:.12g}"
        what = supply.removeprefix("capacity.")
        raise VerifyError(f"{rule}: {c.node(rows[i])} instance {int(instance[i])}: {what}: {amount}")


def check_access(c: Context) -> tuple[NDArray[Any], NDArray[Any]]:
    """A site's requests go up and replies come down; a node's site receives requests and sends replies.

    Returns the loads up and down of each site, in 1e-6 Mbps.
    """
    up, down = Totals(c.network.site_count), Totals(c.network.site_count)
    for block in c.blocks():
        origin = integers(c.tasks, "origin", c.runs.task[block])
        site = integers(c.nodes, "site", c.runs.node[block])
        request, reply = (c.demand(name, MBPS, block) for name in ("uplink_mbps", "downlink_mbps"))
        for total, end, amount in (
            (up, origin, request),
            (up, site, reply),
            (down, origin, reply),
            (down, site, request),
        ):
            total.add(end, amount, c.members[block])
    limits = {"access_up_mbps": c.network.access_up_mbps, "access_down_mbps": c.network.access_down_mbps}
    for total, (name, values) in zip((up, down), limits.items(), strict=True):
        limit = quantise(values, MBPS, up=False)
        over = (total.values > limit) & (limit != UNLIMITED)
        if over.any():
            i = int(np.argmax(over))
            what = f"{mbps(total.values[i])} in use, limit {mbps(limit[i])}"
            raise VerifyError(f"access: {c.site(i)}: {name}: {what}")
    return up.values, down.values


def check_access_loads(c: Context, up: NDArray[Any], down: NDArray[Any]) -> None:
    """The reported loads of accesses are those recomputed."""
    for name, total, said in (
        ("access_up_mbps", up, c.reported.access_up),
        ("access_down_mbps", down, c.reported.access_down),
    ):
        if said is not None and not np.array_equal(total, said):
            i = int(np.argmax(total != np.asarray(said)))
            what = f"reported {mbps(said[i])}, recomputed {mbps(total[i])}"
            raise VerifyError(f"load: {c.site(i)}: {name}: {what}")
