"""What a plan earns and costs those who own its nodes: energy, carbon, money, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import SHOWN, Frame, amount, decimals, grid, number, words
from gigafleet._verify.context import BLOCK, Context, Reported
from gigafleet._verify.nodes import check_identity
from gigafleet._verify.paths import node_cost
from gigafleet._verify.runs import Runs
from gigafleet._verify.values import NS_PER_S, UNLIMITED, Ints, integers, quantities
from gigafleet.errors import InputError, check_kind, check_number
from gigafleet.owners import Owners

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes
    from gigafleet.tasks import Tasks

__all__ = ["Ledger", "ledger"]

Floats = NDArray[np.float64]
AMOUNTS = ("task_hours", "energy_kwh", "carbon_kg", "paid_eur", "carbon_eur", "electricity_eur")
POWER = ("power_w", "energy_wh")  #: the first that tasks ask says what they draw


@dataclass(frozen=True, eq=False, repr=False)
class Ledger(Frame):
    """What nodes do, earn and cost, by owner or by place: per hour, or over a number of hours.

    Any library that reads the Arrow C stream interface takes this as a table (``polars.DataFrame(t)``,
    ``pyarrow.table(t)``; needs ``gigafleet[arrow]``); ``print`` shows those that are paid most, and the sum.

    Attributes
    ----------
    name : str (rows,)
        Owner, site or domain; ``""`` for nodes of nobody, or of no domain.
    nodes, nodes_used : int64 (rows,)
        On offer, and with a task on them.
    tasks : int64 (rows,)
        Placed.
    task_hours : float64 (rows,)
        How long these run: `tasks`, where all is per hour.
    energy_kwh : float64 (rows,)
        Drawn, overhead included; NaN where tasks say neither ``power_w`` nor ``energy_wh``.
    carbon_kg : float64 (rows,)
        Of that energy; NaN where there is no owner who would say.
    paid_eur : float64 (rows,)
        To the owners: what tasks take at the prices of the nodes, but for carbon; and for standing by.
    carbon_eur : float64 (rows,)
        What carbon counts in these prices; nobody gets it.
    electricity_eur : float64 (rows,)
        The owners' bill; NaN where there is no owner.
    left_eur : float64 (rows,)
        `paid_eur` less `electricity_eur`.
    by : str
        ``"owner"``, ``"site"``, or a level of domains.
    hours : float or None
        None: all is per hour.
    """

    name: NDArray[np.object_]
    nodes: Ints
    nodes_used: Ints
    tasks: Ints
    task_hours: Floats
    energy_kwh: Floats
    carbon_kg: Floats
    paid_eur: Floats
    carbon_eur: Floats
    electricity_eur: Floats
    left_eur: Floats
    by: str
    hours: float | None

    @property
    def total(self) -> dict[str, float]:
        """The sum of each column but `name`."""
        return {k: v.sum().item() for k, v in self.columns().items() if k != "name"}

    def __str__(self) -> str:
        order = np.argsort(-self.paid_eur, kind="stable")[:SHOWN].tolist()
        more = len(self) - len(order)
        cells = [[*(str(self.name[i]) for i in order), *[f"and {more:,} more"] * (more > 0), "all"]]
        for name, total in self.total.items():
            values = [*self[name][order].tolist(), total]
            shown = [f"{v:,}" if isinstance(v, int) else amount(v, self._places(name)) for v in values]
            cells.append([*shown[:-1], *[""] * (more > 0), shown[-1]])
        head = [self.by, *(name.replace("_", " ") for name in self.total)]
        span = "per hour" if self.hours is None else f"over {self.hours:g} hours"
        return f"{grid(head, cells, (0,))}\n({span})"

    def __repr__(self) -> str:
        span = "per hour" if self.hours is None else f"over {self.hours:g} hours"
        return f"Ledger({len(self):,} rows by {self.by}, {span}, {number(self.paid_eur.sum())} EUR paid)"

    def _places(self, name: str) -> int:
        """Digits after the point, the same for all columns of a unit."""
        unit = name.rpartition("_")[2]
        return decimals([total for other, total in self.total.items() if other.endswith(unit)])


class _Groups(NamedTuple):
    """What nodes are put together by."""

    names: tuple[str, ...]
    of_row: Ints  #: by node row
    always: int  #: so many come first and are shown with nothing on offer, too


class _Terms:
    """What the owner of each node row says."""

    def __init__(self, nodes: Nodes, owners: Owners | None) -> None:
        self._owners = owners
        self._owner = None if owners is None else owners.positions(nodes)

    def of(self, name: str, nodes: Ints, nobody: float) -> Floats:
        """One of the owners' columns by node row, `nobody` where there is none."""
        if self._owner is None:
            return np.full(nodes.shape, nobody)
        column: Floats = np.append(getattr(self._owners, name), nobody)  # -1, nobody, reads the last
        return np.take(column, self._owner.take(nodes))


def ledger(
    runs: Runs, tasks: Tasks, nodes: Nodes, owners: Owners | None, *, by: str, hours: float | None
) -> Ledger:
    """Add runs (by row position) up. Parameters and errors are those of :meth:`gigafleet.Plan.ledger`."""
    if hours is not None:
        check_number("hours", hours, "a finite number >= 0", lambda h: 0 <= h < np.inf)
    check_kind("owners", owners, (Owners, NoneType), "an Owners table")
    groups, terms = _groups(nodes, owners, by), _Terms(nodes, owners)
    size = len(groups.names)
    c = Context(runs, tasks, nodes, Reported())
    check_identity(c)
    placed, offered = np.zeros(size, np.int64), np.zeros(size, np.int64)
    sums = {name: np.zeros(size) for name in AMOUNTS}
    for block in c.blocks():
        group = groups.of_row[c.runs.node[block]]
        np.add.at(placed, group, c.members[block])
        for name, part in zip(AMOUNTS, _amounts(c, block, terms, hours), strict=True):
            sums[name] += np.bincount(group, part, size)
    for start in range(0, nodes.rows, BLOCK):
        rows = np.arange(start, min(start + BLOCK, nodes.rows))
        group, count = groups.of_row[rows], integers(nodes, "count", rows)
        np.add.at(offered, group, count)
        standby = terms.of("standby_eur_per_h", rows, 0.0) * count * _stay_h(c, rows, hours)
        sums["paid_eur"] += np.bincount(group, standby, size)
    shown = np.flatnonzero((offered > 0) | (np.arange(size) < groups.always))
    return Ledger(
        name=words(groups.names, shown),
        nodes=offered[shown],
        nodes_used=_used(c, groups)[shown],
        tasks=placed[shown],
        **{name: values[shown] for name, values in sums.items()},
        left_eur=(sums["paid_eur"] - sums["electricity_eur"])[shown],
        by=by,
        hours=hours,
    )


def _groups(nodes: Nodes, owners: Owners | None, by: str) -> _Groups:
    network, rows = nodes.network, nodes.rows
    if by == "owner":
        column = nodes.columns["owner"] if owners is None else owners.positions(nodes)
        code = column.to_numpy(rows).astype(np.int64)
        names = nodes.owner_names if owners is None else owners.names
        if names is None:  # positions in a table that is not here
            names = tuple(map(str, range(int(code.max(initial=-1)) + 1)))
        return _Groups((*names, ""), np.where(code < 0, len(names), code), len(names))
    site = nodes.columns["site"].to_numpy(rows).astype(np.int64)
    if by == "site":
        return _Groups(tuple(map(str, network.sites)), site, 0)
    if by not in network.domains:
        wanted = ", ".join(map(repr, ("owner", "site", *network.domains)))
        raise InputError.at("by", repr(by), f"one of {wanted}")
    codes, values = network.domains[by]
    return _Groups((*values, ""), np.where(codes < 0, len(values), codes)[site].astype(np.int64), 0)


def _amounts(c: Context, block: slice, terms: _Terms, hours: float | None) -> tuple[Floats, ...]:
    """What each run adds to each of AMOUNTS."""
    node, members = c.runs.node[block], c.members[block].astype(np.float64)
    duration_h = _hours(quantities(c.tasks, "duration_s", c.runs.task[block], NS_PER_S, up=True))
    lasts_h = _stay_h(c, node, hours)
    if hours is not None:
        lasts_h = np.where(duration_h > 0, np.minimum(duration_h, hours), lasts_h)
    drawn_kwh = _watt(c, block, duration_h) / 1e3 * members * lasts_h * terms.of("overhead", node, 1.0)
    carbon_kg = drawn_kwh * terms.of("carbon_g_per_kwh", node, np.nan) / 1e3
    carbon_price = terms.of("carbon_eur_per_t", node, 0.0) / 1e3
    carbon_eur = np.multiply(carbon_kg, carbon_price, out=np.zeros(node.shape), where=carbon_price > 0)
    priced = sum(node_cost(c, block), np.zeros(node.shape)) * lasts_h
    bill = drawn_kwh * terms.of("eur_per_kwh", node, np.nan)
    return members * lasts_h, drawn_kwh, carbon_kg, priced - carbon_eur, carbon_eur, bill


def _stay_h(c: Context, nodes: Ints, hours: float | None) -> Floats:
    """How long nodes are there, of the hours looked at; 1 where all is per hour."""
    if hours is None:
        return np.ones(nodes.shape)
    return np.minimum(_hours(quantities(c.nodes, "available_s", nodes, NS_PER_S, up=False)), hours)


def _hours(ns: Ints) -> Floats:
    return np.where(ns == UNLIMITED, np.inf, ns * (NS_PER_S / 3600))


def _watt(c: Context, block: slice, duration_h: Floats) -> Floats:
    """What a member of each run draws; NaN where tasks do not say."""
    for resource in POWER:
        if resource in c.tasks.resources:
            unit = c.resolution(resource)
            each = c.demand(f"demand.{resource}", unit, block).astype(np.float64) * unit
            if resource == "power_w":
                return each
            watt: Floats = np.divide(each, duration_h, out=np.zeros(each.shape), where=duration_h > 0)
            return watt
    return np.full(duration_h.shape, np.nan)


def _used(c: Context, groups: _Groups) -> Ints:
    """Instances with a task on them, by group."""
    order = np.lexsort((c.runs.first_instance, c.runs.node))
    node, first = c.runs.node[order], c.runs.first_instance[order]
    end = first + c.runs.instances[order]
    # Instances of the n-th node in use are numbered from n * apart; what is below the largest end is counted.
    apart = int(end.max(initial=0))
    start = apart * np.cumsum(np.append(0, np.diff(node) != 0))[: node.size]
    counted = np.append(0, np.maximum.accumulate(start + end))[: node.size]
    used = np.zeros(len(groups.names), np.int64)
    np.add.at(used, groups.of_row[node], np.maximum(start + end - np.maximum(start + first, counted), 0))
    return used
