"""The dearest capacities of a plan, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import Frame, grid, number
from gigafleet._verify.context import Context, Reported
from gigafleet._verify.runs import Runs
from gigafleet.prices import LINES, MBPS, resolutions

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes
    from gigafleet.prices import Priced
    from gigafleet.tasks import Tasks

__all__ = ["PriceTable", "dearest"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Strings = NDArray[np.str_]
ACCESS = ("access_up_mbps", "access_down_mbps")
DEMAND_OF = {"link_down_mbps": "uplink_mbps", "link_up_mbps": "downlink_mbps"}  #: what a task takes of a line


@dataclass(frozen=True, eq=False, repr=False)
class PriceTable(Frame):
    """Capacities by what a little more of each would be worth, the dearest first; ``print`` shows them.

    Any library that reads the Arrow C stream interface takes this as a table (``polars.DataFrame(t)``,
    ``pyarrow.table(t)``; needs ``gigafleet[arrow]``).

    Attributes
    ----------
    what : str (rows,)
        ``"link"``, ``"access"`` (of a site) or ``"node"``: a pool, which is all nodes alike at one site.
    column : str (rows,)
        What it is a capacity of, called as the column of :class:`Network` or :class:`Nodes` that holds it:
        ``capacity_mbps``, ``access_up_mbps``, a resource (``devices`` and ``device.NAME`` among them),
        ``link_down_mbps``.
    site, to : str (rows,)
        Where; `to` is the other end of a link, else empty.
    row : int64 (rows,)
        Number of the link, position of the site, or one row of the pool's nodes.
    nodes : int64 (rows,)
        How many nodes the pool is; 0 of links and accesses.
    capacity : float64 (rows,)
        In Mbps or the resource's unit; all nodes of a pool together. A link of a Graph has it each way.
    used : float64 (rows,)
        Of it, by the plan; the busier way of a link of a Graph.
    price : float64 (rows,)
        EUR/h, or weight, for one unit more; for both ways of a link of a Graph.
    worth : float64 (rows,)
        EUR/h, or weight, that `share` more of it could bring at most.
    """

    what: Strings
    column: Strings
    site: Strings
    to: Strings
    row: Ints
    nodes: Ints
    capacity: Floats
    used: Floats
    price: Floats
    worth: Floats
    unit: str
    share: float

    def __str__(self) -> str:
        head = ["", "", "used", "capacity", f"{self.unit} per unit", f"for {100 * self.share:.3g} % more"]
        numbers = [self.used, self.capacity, self.price, self.worth]
        cells = [[number(value) for value in column] for column in numbers]
        return grid(head, [[self._name(i) for i in range(len(self))], self.column.tolist(), *cells], (0, 1))

    def __repr__(self) -> str:
        return f"PriceTable({len(self)} capacities, {self.unit})"

    def _name(self, i: int) -> str:
        site, to, nodes = self.site[i], self.to[i], self.nodes[i]
        names = {"link": f"link {site} to {to}", "access": f"access of {site}"}
        return names.get(str(self.what[i]), f"{nodes:,} x node at {site}")


class _Part(NamedTuple):
    """Capacities of one column of a table."""

    what: str
    column: str
    site: NDArray[Any]  #: positions
    row: NDArray[Any]
    nodes: NDArray[Any]
    capacity: Floats
    price: Floats


def dearest(
    of: Priced, link: Floats, access: Floats, pools: Floats, unit: str, top: int, share: float
) -> PriceTable:
    """The `top` capacities by price x capacity; prices a unit by link, (sites, 2), (pools, dimensions)."""
    tasks, nodes = of.need("prices.table")
    parts = list(_parts(nodes, link, access, pools))
    price, capacity = np.concatenate([p.price for p in parts]), np.concatenate([p.capacity for p in parts])
    worth = np.multiply(price, capacity, out=np.zeros(price.size), where=price > 0)
    order = np.lexsort((-price, -worth))[:top]  # of equals the dearer
    order = order[price[order] > 0]
    first = np.cumsum([0, *(p.price.size for p in parts)])
    part = np.searchsorted(first, order, side="right") - 1
    inside = order - first[part]
    chosen = [(parts[p], int(i)) for p, i in zip(part, inside, strict=True)]
    network = nodes.network
    to = [str(network.sites[network.link_head[i]]) if p.what == "link" else "" for p, i in chosen]
    return PriceTable(
        what=np.array([p.what for p, _ in chosen], np.str_),
        column=np.array([p.column for p, _ in chosen], np.str_),
        site=np.array([str(network.sites[p.site[i]]) for p, i in chosen], np.str_),
        to=np.array(to, np.str_),
        row=np.array([p.row[i] for p, i in chosen], np.int64),
        nodes=np.array([p.nodes[i] for p, i in chosen], np.int64),
        capacity=capacity[order],
        used=_used(of, tasks, nodes, [(p.what, p.column, i) for p, i in chosen]),
        price=price[order],
        worth=share * worth[order],
        unit=unit,
        share=share,
    )


def _parts(nodes: Nodes, link: Floats, access: Floats, pools: Floats) -> Iterator[_Part]:
    network = nodes.network
    links, sites = np.arange(network.link_count), np.arange(network.site_count)
    none = np.zeros(max(links.size, sites.size), np.int64)
    yield _Part("link", "capacity_mbps", network.link_tail, links, none, network.capacity_mbps, link)
    for way, limit in enumerate((network.access_up_mbps, network.access_down_mbps)):
        yield _Part("access", ACCESS[way], sites, sites, none, limit, access[:, way])
    site, row, count, has = nodes._core.pool_columns()
    for d, (name, unit) in enumerate(zip((*nodes.schema, *LINES), resolutions(nodes), strict=True)):
        yield _Part("node", name, site, row, count, has[:, d] * unit, pools[:, d])


def _used(of: Priced, tasks: Tasks, nodes: Nodes, chosen: list[tuple[str, str, int]]) -> Floats:
    """What the plan takes of each, in its unit; O(node rows + runs) where pools are among them."""
    load = of.core.arc_load() * MBPS
    by_link = load if of.directed else load.reshape(-1, 2).max(axis=1, initial=0)
    access = dict(zip(ACCESS, of.core.access_load(), strict=True))
    pools = sorted({i for what, _, i in chosen if what == "node"})
    by_pool = _used_of_pools(of, tasks, nodes, pools, {c for what, c, _ in chosen if what == "node"})
    used = np.zeros(len(chosen))
    for k, (what, column, i) in enumerate(chosen):
        if what == "node":
            used[k] = by_pool[column][pools.index(i)]
        else:
            used[k] = by_link[i] if what == "link" else access[column][i] * MBPS
    return used


def _used_of_pools(
    of: Priced, tasks: Tasks, nodes: Nodes, pools: list[int], columns: set[str]
) -> dict[str, Floats]:
    if not pools:
        return {}
    number = np.full(nodes._core.pools, np.nan)
    number[pools] = np.arange(len(pools))
    pool_of_row = nodes._core.by_row(number)
    runs = Runs(*of.core.assignments())
    context = Context(runs, tasks, nodes, Reported())
    used = {name: np.zeros(len(pools)) for name in columns}
    for block in context.blocks():
        pool = pool_of_row[runs.node[block]]
        here = np.flatnonzero(~np.isnan(pool)) + block.start
        members = runs.instances[here] * runs.per_instance[here]
        pool = pool[here - block.start].astype(np.int64)
        for name in columns:
            line, unit = DEMAND_OF.get(name), nodes.resolution.get(name, MBPS)
            each = context.takes(name, here) if line is None else context.demand(line, unit, here)
            used[name] += np.bincount(pool, each * (members * unit), len(pools))
    return used
