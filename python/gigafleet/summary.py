"""A plan in a few figures: what was placed, what was not and why, what binds."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import amount, number
from gigafleet._verify.context import BLOCK, Context, Reported
from gigafleet._verify.runs import Runs
from gigafleet._verify.values import WEIGHT, NodesLike, TasksLike, integers, offered, quantities
from gigafleet.certificate import Certificate
from gigafleet.models import Loads
from gigafleet.reasons import Reason

__all__ = ["Summary", "Usage", "summarise"]

FULL = 0.99  #: used this much counts as full


@dataclass(frozen=True)
class Usage:
    """How much of a capacity a plan takes.

    Attributes
    ----------
    name : str
        A resource, a link with its direction (``a -> b``) or a site.
    used, capacity : float
        In the resource's unit, or Mbps.
    """

    name: str
    used: float
    capacity: float

    @property
    def share(self) -> float:
        """Used part, 0 to 1; 0 where the capacity is infinite or 0."""
        return self.used / self.capacity if 0 < self.capacity < math.inf else 0.0


@dataclass(frozen=True)
class Summary:
    """What :meth:`gigafleet.Plan.summary` returns; ``print`` shows it as a table, `to_dict` suits JSON.

    Attributes
    ----------
    tasks, placed : int
        Members asked and placed.
    weight, placed_weight : float
        The same by weight.
    cost : float
        EUR per hour, moves included.
    moved_tasks : int
        Members that run elsewhere than in the plan this one started from.
    bound_placed, gap_placed, bound_cost, gap_cost : float
        What is proven, as in :class:`gigafleet.Plan`; `gap_cost` is NaN where nothing is placed.
    status : str
        ``COMPLETE`` or ``TIME_LIMIT``.
    reasons : dict
        Members not placed, by name of the reason, most frequent first.
    resources : tuple of Usage
        Each resource over all nodes; also ``devices``, and ``device.NAME`` of what they have.
    links, access_up, access_down : tuple of Usage
        The most used directions of links, and accesses of sites, in Mbps: the fullest first, unlimited ones
        left out.
    full_links, full_access : int
        How many directions of links, and accesses of sites (each way), are at least 99 % used.
    classes, pools : int
        Kinds of task at an origin, and of node at a site, that the rows fold into.
    timings_s : dict
        Seconds by stage of ``place``.
    peak_memory_mb : float or None
        Largest resident memory of the process up to now, in 10^6 bytes; None where the system does not say.
    digest : str
        Of the plan.
    loads : int
        Times that a node loads a model's weights, which count among no resource's use.
    evicted_tasks : int
        Members that ran in the plan this one started from, are asked for still and have no place.
    weights_gb : float
        Memory that weights of models take on nodes whose tasks use them, GB, which no resource's use has.
    levels : int
        Levels of priority; `bound_placed` and `gap_placed` are of the lowest.
    """

    tasks: int
    placed: int
    weight: float
    placed_weight: float
    cost: float
    moved_tasks: int
    bound_placed: float
    gap_placed: float
    bound_cost: float
    gap_cost: float
    status: str
    reasons: dict[str, int]
    resources: tuple[Usage, ...]
    links: tuple[Usage, ...]
    access_up: tuple[Usage, ...]
    access_down: tuple[Usage, ...]
    full_links: int
    full_access: int
    classes: int
    pools: int
    timings_s: dict[str, float]
    peak_memory_mb: float | None
    digest: str
    loads: int = 0
    evicted_tasks: int = 0
    weights_gb: float = 0.0
    levels: int = 1

    @property
    def share(self) -> float:
        """Placed part of the members, 0 to 1; 1 where there are none."""
        return self.placed / self.tasks if self.tasks else 1.0

    def top(self, most: int) -> Summary:
        """The same with at most that many links and accesses."""
        return replace(self, **{name: getattr(self, name)[:most] for name in _FULLEST})

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and finite numbers: an infinite capacity, a gap of nothing are None."""
        plain = asdict(self)
        plain["gap_cost"] = self.gap_cost if math.isfinite(self.gap_cost) else None
        for name in ("resources", *_FULLEST):
            plain[name] = [
                asdict(usage) | {"capacity": usage.capacity if math.isfinite(usage.capacity) else None}
                for usage in getattr(self, name)
            ]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Summary:
        """What :meth:`to_dict` gave."""
        usages = {
            name: tuple(
                Usage(each["name"], each["used"], math.inf if each["capacity"] is None else each["capacity"])
                for each in plain[name]
            )
            for name in ("resources", *_FULLEST)
        }
        gap = math.nan if plain["gap_cost"] is None else plain["gap_cost"]
        return cls(**{**plain, **usages, "gap_cost": gap})

    def __str__(self) -> str:
        rows = [
            ("placed", f"{self.placed:,} of {self.tasks:,} tasks ({_percent(self.share)})"),
            ("weight", f"{number(self.placed_weight)} of {number(self.weight)}"),
            ("cost", f"{amount(self.cost)} EUR/h"),
            ("proven", f"weight {self._most_placed()}{_gap(self.gap_placed)}"),
            ("proven", f"cost at least {amount(self.bound_cost)} EUR/h{_gap(self.gap_cost)}"),
            ("status", self.status),
        ]
        if self.moved_tasks:
            rows.append(("moved", f"{self.moved_tasks:,} tasks"))
        if self.evicted_tasks:
            rows.append(("evicted", f"{self.evicted_tasks:,} tasks"))
        if self.loads:
            rows.append(("loads", f"{self.loads:,} of models"))
        rows += [("not placed", f"{reason} {count:,}") for reason, count in self.reasons.items()]
        rows += [("resource", _line(usage)) for usage in self.resources]
        if self.weights_gb:
            rows.append(("weights", f"{number(self.weights_gb)} GB of models in use, beside what tasks take"))
        rows += [("link", _line(usage, "Mbps")) for usage in self.links]
        rows += [("access up", _line(usage, "Mbps")) for usage in self.access_up]
        rows += [("access down", _line(usage, "Mbps")) for usage in self.access_down]
        rows.append(("full", f"{self.full_links:,} links, {self.full_access:,} accesses at 99 % or more"))
        rows.append(("folded to", f"{self.classes:,} classes, {self.pools:,} pools"))
        if self.timings_s:
            stages = ", ".join(f"{stage} {seconds:.3g} s" for stage, seconds in self.timings_s.items())
            rows.append(("time", stages))
        if self.peak_memory_mb is not None:
            rows.append(("peak memory", f"{self.peak_memory_mb:,.0f} MB"))
        rows.append(("digest", self.digest))
        heads = [head if i == 0 or rows[i - 1][0] != head else "" for i, (head, _) in enumerate(rows)]
        return "\n".join(f"{head:<12}  {text}" for head, (_, text) in zip(heads, rows, strict=True))

    def _most_placed(self) -> str:
        """The bound; where there are several levels which one it is of, and what is placed there."""
        most = f"at most {number(self.bound_placed)}"
        if self.levels < 2:
            return most
        placed = self.bound_placed - self.gap_placed * max(self.bound_placed, 1)
        return f"of the lowest of {self.levels} priorities {most}, placed {number(placed)}"


_FULLEST = ("links", "access_up", "access_down")
LOOSE = 10  #: a gap above says that the bound is near 0, not how far the plan is from the best


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _gap(share: float) -> str:
    if math.isnan(share):
        return ""
    return f" (gap {_percent(share)})" if share <= LOOSE else " (far below: near 0 the gap says nothing)"


def _line(usage: Usage, unit: str = "") -> str:
    amounts = f"{number(usage.used)} of {number(usage.capacity)} {unit}".rstrip()
    return f"{usage.name}: {amounts} ({_percent(usage.share)})"


class PlanLike(Protocol):
    """What a summary reads of :class:`gigafleet.Plan`."""

    @property
    def runs(self) -> Runs: ...
    @property
    def reason(self) -> NDArray[np.uint8]: ...
    @property
    def placed_count(self) -> NDArray[np.int64]: ...
    @property
    def placed_tasks(self) -> int: ...
    @property
    def placed_weight(self) -> float: ...
    @property
    def cost(self) -> float: ...
    @property
    def moved_tasks(self) -> int: ...
    @property
    def certificate(self) -> Certificate: ...
    @property
    def status(self) -> str: ...
    @property
    def classes(self) -> int: ...
    @property
    def pools(self) -> int: ...
    @property
    def timings(self) -> dict[str, float]: ...
    @property
    def digest(self) -> str: ...
    @property
    def link_load_mbps(self) -> NDArray[np.float64]: ...
    @property
    def access_load_mbps(self) -> NDArray[np.float64]: ...
    @property
    def loads(self) -> Loads: ...
    @property
    def evicted_tasks(self) -> int: ...
    def _weights_gb(self) -> float: ...


def summarise(plan: PlanLike, tasks: TasksLike, nodes: NodesLike, top: int) -> Summary:
    """Add `plan` up. O(rows + runs x resources + links); no more memory than a block of rows."""
    members, weight, left = 0, 0.0, np.zeros(len(Reason), np.int64)
    for rows in _blocks(tasks.rows):
        count = integers(tasks, "count", rows)
        members += int(count.sum())
        each = quantities(tasks, "weight", rows, WEIGHT, up=True)
        weight += float(np.dot(count.astype(np.float64), each.astype(np.float64))) * WEIGHT
        np.add.at(left, plan.reason[rows], count - plan.placed_count[rows])
    left[Reason.PLACED] = 0
    reasons = Counter({reason.name: int(left[reason]) for reason in Reason if left[reason]})
    network = tasks.network
    limits, load = np.asarray(network.capacity_mbps), np.asarray(plan.link_load_mbps)
    ends = [network.link_tail, network.link_head]
    if not network.directed:
        ends = [np.column_stack(ends).ravel(), np.column_stack(ends[::-1]).ravel()]
        limits, load = np.repeat(limits, 2), load.ravel()

    def link(arc: int) -> str:
        return f"{network.sites[int(ends[0][arc])]} -> {network.sites[int(ends[1][arc])]}"

    def site(position: int) -> str:
        return str(network.sites[position])

    access = np.asarray(plan.access_load_mbps)
    full_links, fullest = _fullest(link, load, limits, top)
    full_up, up = _fullest(site, access[:, 0], np.asarray(network.access_up_mbps), top)
    full_down, down = _fullest(site, access[:, 1], np.asarray(network.access_down_mbps), top)
    return Summary(
        tasks=members,
        placed=plan.placed_tasks,
        weight=weight,
        placed_weight=plan.placed_weight,
        cost=plan.cost,
        moved_tasks=plan.moved_tasks,
        bound_placed=plan.certificate.bound_placed,
        gap_placed=plan.certificate.gap_placed,
        bound_cost=plan.certificate.bound_cost,
        gap_cost=plan.certificate.gap_cost,
        status=plan.status,
        reasons=dict(reasons.most_common()),
        resources=_resources(plan, tasks, nodes),
        links=fullest,
        access_up=up,
        access_down=down,
        full_links=full_links,
        full_access=full_up + full_down,
        classes=plan.classes,
        pools=plan.pools,
        timings_s=plan.timings,
        peak_memory_mb=_peak_memory_mb(),
        digest=plan.digest,
        loads=plan.loads.total,
        evicted_tasks=plan.evicted_tasks,
        weights_gb=plan._weights_gb(),
        levels=len(plan.certificate.bound_by_level),
    )


def _blocks(rows: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, rows, BLOCK):
        yield np.arange(start, min(start + BLOCK, rows))


def _resources(plan: PlanLike, tasks: TasksLike, nodes: NodesLike) -> tuple[Usage, ...]:
    context = Context(plan.runs, tasks, nodes, Reported())
    usages = []
    for resource in nodes.schema:
        used, capacity, resolution = 0.0, 0.0, context.resolution(resource)
        for block in context.blocks() if resource in tasks.schema else ():
            members = plan.runs.instances[block].astype(np.float64) * plan.runs.per_instance[block]
            used += float(np.dot(context.takes(resource, block), members))
        for rows in _blocks(nodes.rows):
            each, count = offered(nodes, resource, rows), integers(nodes, "count", rows)
            capacity += float((each[count > 0] * count[count > 0]).sum())
        usages.append(Usage(resource, used * resolution, capacity))
    return tuple(usages)


def _fullest(
    name: Callable[[int], str], load: NDArray[np.float64], limit: NDArray[np.float64], top: int
) -> tuple[int, tuple[Usage, ...]]:
    """How many are full, and the `top` fullest of those that carry anything and have a limit."""
    share = np.divide(load, limit, out=np.zeros(load.shape), where=np.isfinite(limit) & (limit > 0))
    order = np.lexsort((-load, -share))[: max(top, 0)]  # of equals the larger
    usages = [Usage(name(i), float(load[i]), float(limit[i])) for i in order.tolist() if share[i] > 0]
    return int((share >= FULL).sum()), tuple(usages)


def _peak_memory_mb() -> float | None:
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # not a POSIX system
        return None
    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
