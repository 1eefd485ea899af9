"""What one unit more of each capacity could bring: the shadow prices of a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet import _core
from gigafleet._arrays import floats, frozen
from gigafleet._devices import DEVICES
from gigafleet._verify.values import offered
from gigafleet.errors import InputError, check_number, check_whole
from gigafleet.tables import MAX_RESOURCES

if TYPE_CHECKING:
    from gigafleet._verify.values import NodesLike, TasksLike
    from gigafleet.nodes import Nodes
    from gigafleet.plan_file import CorePlan, FoundPrices
    from gigafleet.price_table import PriceTable
    from gigafleet.tasks import Tasks

__all__ = ["CapacityPrices", "Priced", "Prices"]

Floats = NDArray[np.float64]
MBPS = 1e-6  #: of the core's bandwidths
LINES = ("link_down_mbps", "link_up_mbps")  #: after the resources, in the order of the core


@dataclass(frozen=True, eq=False)
class Priced:
    """The plan whose capacities have prices, without its Python side."""

    core: CorePlan
    tables: tuple[TasksLike, NodesLike] | None
    directed: bool

    def need(self, what: str) -> tuple[Tasks, Nodes]:
        """The tables. Raises InputError naming `what` where there are none."""
        if self.tables is None:
            raise InputError.at(what, "a plan without its tables", "Plan.load(path, tasks, nodes)")
        return cast("tuple[Tasks, Nodes]", self.tables)  # the core's part of them is needed too


class CapacityPrices:
    """Prices of every capacity, all >= 0, for one aim: the least cost, or the most weight at a level.

    With ``change`` more of the capacities (or less, where negative), no placement with at least the plan's
    weight at every level costs less than ``bound - worth(change)`` (:attr:`Prices.cost`); and none with at
    least the plan's weight at every higher level places more at its level than ``bound + worth(change)``
    (:attr:`Prices.weight`). This holds for changes of any size, unless a node grows to hold tasks that would
    not fit it alone before; see docs/semantics.md. So a price is the most that a unit can bring, and the
    nearer `bound` is to `reached`, the nearer it comes to what a unit does bring. What has no limit has
    price 0.

    Attributes
    ----------
    unit : str
        Of what the prices are in, for each unit of capacity: ``"EUR/h"`` or ``"weight"``.
    bound : float
        What these prices alone prove: a limit on the cost or the weight. ``plan.bound_cost`` and
        ``bound_placed`` are no looser.
    reached : float
        Cost or weight of the plan.
    found : bool
        False where the engine found no prices that prove more than none do, and more there must be: the
        problem is too large, or the search for prices was not done soon enough. All are 0, and say nothing.
    """

    def __init__(self, of: Priced, found: FoundPrices, reached: float, unit: str) -> None:
        pool, carrier, bound, was_found = found
        self._of, self._pool, self._carrier = of, pool, carrier
        self.bound, self.reached, self.unit = float(bound), reached, unit
        self.found = bool(was_found) or math.isclose(self.bound, reached, rel_tol=1e-6)  # 0 is right then

    @cached_property
    def link(self) -> Floats:
        """Per Mbps; float64 (links, 2) for a Graph, as given and the way back; (arcs,) for a DiGraph.

        As ``plan.link_load_mbps``. Raising ``capacity_mbps`` of a Graph raises both ways: their sum counts.
        """
        price = self._carriers[: self._arcs]
        return frozen(price if self._of.directed else price.reshape(-1, 2))

    @cached_property
    def access(self) -> Floats:
        """Per Mbps of each site's own access, up and down; float64 (sites, 2)."""
        return frozen(np.ascontiguousarray(self._carriers[self._arcs :].reshape(2, -1).T))

    def node(self, resource: str) -> Floats:
        """Per unit of one resource, of each node row; float64 (node rows,). O(node rows), made anew.

        Parameters
        ----------
        resource : str
            One of the nodes' resources, ``"devices"`` or ``"device.NAME"`` of all devices of a node together,
            or ``"link_up_mbps"``, ``"link_down_mbps"``: the node's own line.

        Returns
        -------
        float64 (node rows,)
            Nodes of a pool (alike, at one site) share a price. NaN where a row has count 0.

        Raises
        ------
        InputError
            An unknown resource; a plan loaded without its tables.
        """
        _, nodes = self._of.need("prices.node")
        names = [*nodes.schema, *LINES]
        if resource not in names:
            raise InputError.at("resource", repr(resource), "one of " + ", ".join(map(repr, names)))
        return frozen(nodes._core.by_row(np.ascontiguousarray(self._pools(nodes)[:, names.index(resource)])))

    def worth(
        self,
        *,
        capacity_mbps: ArrayLike = 0,
        access_up_mbps: ArrayLike = 0,
        access_down_mbps: ArrayLike = 0,
        capacity: Mapping[str, ArrayLike] | None = None,
        link_up_mbps: ArrayLike = 0,
        link_down_mbps: ArrayLike = 0,
        count: ArrayLike = 0,
    ) -> float:
        """The most that a change of capacities could bring: what it moves the bound by.

        Each argument is called as the column of :class:`Network` or :class:`Nodes` that changes, and says by
        how much, row by row or one number for all rows: finite, negative where it shrinks.

        Parameters
        ----------
        capacity_mbps : float or (links,) array
            Of links; both ways of a Graph.
        access_up_mbps, access_down_mbps : float or (sites,) array
            Of sites.
        capacity : dict of resource -> float or (node rows,) array
            Of each node of a row.
        link_up_mbps, link_down_mbps : float or (node rows,) array
            Of each node's own line.
        count : float or (node rows,) array
            Nodes more of the kind of each row, in rows that have any.

        Returns
        -------
        float
            In :attr:`unit`. O(rows of what changes).

        Raises
        ------
        InputError, InputTypeError
            A wrong length, a number that is not finite, an unknown resource, more nodes of a row that has
            none; a plan loaded without its tables, where nodes change.
        """
        price = self._arcs_by_link().sum(axis=1)
        total = _value("capacity_mbps", price, capacity_mbps)
        total += _value("access_up_mbps", self.access[:, 0], access_up_mbps)
        total += _value("access_down_mbps", self.access[:, 1], access_down_mbps)
        grows = {**(capacity or {}), "link_up_mbps": link_up_mbps, "link_down_mbps": link_down_mbps}
        for name, more in grows.items():
            if np.any(more):
                _, nodes = self._of.need("prices.worth")
                total += _value(name, np.nan_to_num(self.node(name)) * _column(nodes, "count"), more)
        if np.any(count):
            total += _value("count", self._of_a_node(), count)
        return total

    def table(self, top: int = 20, share: float = 0.05) -> PriceTable:
        """The capacities of which `share` more would be worth the most, the dearest first.

        Parameters
        ----------
        top : int, default 20
            At most so many; those of price 0 are left out.
        share : float, default 0.05
            How much more, of each by itself: 0.05 is 5 %.

        Returns
        -------
        PriceTable
            ``print`` it, or give it to pandas, polars or pyarrow. O(node rows + runs of the plan + links).

        Raises
        ------
        InputError
            A `top` or `share` that is less; a plan loaded without its tables.
        """
        from gigafleet.price_table import dearest

        check_whole("top", top, 0)
        check_number("share", share, "a finite number > 0", lambda part: 0 < part < np.inf)
        _, nodes = self._of.need("prices.table")
        links = self._arcs_by_link().sum(axis=1)
        return dearest(self._of, links, self.access, self._pools(nodes), self.unit, top, share)

    def __repr__(self) -> str:
        priced = f"{np.count_nonzero(self.link)} ways of links, {np.count_nonzero(self.access)} accesses"
        priced += f" and {np.count_nonzero(self._pool)} capacities of pools have a price"
        said = priced if self.found else "none found"
        return f"CapacityPrices({self.unit}: {said}; bound {self.bound:.6g}, plan {self.reached:.6g})"

    @property
    def _arcs(self) -> int:
        return self._of.core.arc_load().size

    @cached_property
    def _carriers(self) -> Floats:
        sites = self._of.core.access_load()[0].size
        return self._carrier / MBPS if self._carrier.size else np.zeros(self._arcs + 2 * sites)

    def _arcs_by_link(self) -> Floats:
        return self.link.reshape(-1, 1) if self._of.directed else self.link

    def _pools(self, nodes: Nodes) -> Floats:
        """Per unit; float64 (pools, resources and lines)."""
        pools, resolution = nodes._core.pools, resolutions(nodes)
        # What shares weigh is the last dimension, where there are devices and 8 resources do not take all.
        weighed = DEVICES in nodes.schema and len(nodes.schema) < MAX_RESOURCES
        width = resolution.size + weighed
        if self._pool.size not in (0, pools * width):
            was = self._pool.size // width
            raise InputError.at("nodes", f"{pools} pools", f"{was} pools, as in the saved plan")
        flat = (self._pool if self._pool.size else np.zeros(pools * width)).reshape(-1, width)
        priced: Floats = flat[:, : resolution.size] / resolution
        if weighed:  # one device more holds so much more weight
            priced[:, nodes.schema.index(DEVICES)] += flat[:, -1] * _core.DEVICE_WEIGHT
        return priced

    def _of_a_node(self) -> Floats:
        """All that one more node like those of each row brings; NaN where the row has none."""
        _, nodes = self._of.need("prices.worth")
        total, rows = np.zeros(nodes.rows), np.arange(nodes.rows)
        for name in (*nodes.schema, *LINES):
            price = self.node(name)
            has = _column(nodes, name) if name in LINES else offered(nodes, name, rows)
            total += np.multiply(price, has, out=np.zeros(nodes.rows), where=price != 0)
        return total


@dataclass(frozen=True, eq=False)
class Prices:
    """What :meth:`gigafleet.Plan.prices` returns.

    Attributes
    ----------
    cost : CapacityPrices
        EUR/h that a unit more of each capacity could save, with as much placed at every level.
    by_level : tuple of CapacityPrices
        Weight that it could let in, by level of priority from high to low, with as much placed at every
        higher level.
    """

    cost: CapacityPrices
    by_level: tuple[CapacityPrices, ...]
    _nothing: CapacityPrices

    @property
    def weight(self) -> CapacityPrices:
        """Of the lowest level of priority; all 0 where there are no tasks."""
        return self.by_level[-1] if self.by_level else self._nothing

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._views()))

    def _views(self) -> Iterator[CapacityPrices]:
        yield self.cost
        yield from self.by_level or (self._nothing,)


def prices(of: Priced, found: list[FoundPrices], cost: float, placed: tuple[float, ...]) -> Prices:
    """Put together what ``_core.Plan.prices`` gives; `placed` is the weight by level."""
    by_level = zip(found[1:], placed, strict=True)
    none = np.zeros(0)
    return Prices(
        CapacityPrices(of, found[0], cost, "EUR/h"),
        tuple(CapacityPrices(of, each, reached, "weight") for each, reached in by_level),
        CapacityPrices(of, (none, none, 0.0, True), 0.0, "weight"),
    )


def resolutions(nodes: Nodes) -> Floats:
    """Units in a multiple, of each resource and line."""
    return np.array([*(nodes.resolution[name] for name in nodes.schema), MBPS, MBPS])


def _column(nodes: Nodes, name: str) -> NDArray[Any]:
    values: NDArray[Any] = np.asarray(nodes.columns[name].to_numpy(nodes.rows))
    return values


def _value(argument: str, price: Floats, change: ArrayLike) -> float:
    """Sum of price times change, both by row."""
    more = floats(argument, change, price.size)
    wrong = np.flatnonzero(~np.isfinite(more) | (np.isnan(price) & (more != 0)))
    if wrong.size:
        row = int(wrong[0])
        raise InputError.at(argument, more[row], "a finite number, 0 where a row has no nodes", row)
    return float(np.dot(np.nan_to_num(price), more))
