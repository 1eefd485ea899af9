"""Why a task of a plan is not placed, gate by gate, and how little would change that."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from gigafleet._frame import amount
from gigafleet.assignments import Assignments
from gigafleet.reasons import Reason

__all__ = ["Change", "Explanation", "Gang", "Miss", "Shortfall"]

SHOWN = 5  #: runs printed


@dataclass(frozen=True)
class Shortfall:
    """What one more member needs more of than there is.

    Attributes
    ----------
    column : str
        Of the node: ``capacity.memory_gb``, ``link_down_mbps``, ``available_s``; ``devices`` (empty ones, or
        what is left of one) and ``device_capacity.memory_gb``. On the way: ``capacity_mbps`` of a link,
        ``access_up_mbps``, ``access_down_mbps`` of a site, and ``window_gb``: what the nodes of a site may
        load. Of the task: ``max_rtt_ms``, ``max_wait_s``, ``spread_max``.
    where : str
        The link with its direction (``a -> b``), the site, or which device of the node (``device 3``) a share
        comes nearest to fit on; empty for the others.
    needed, available : float
        In the column's unit: what the member takes and what is left (what an empty node has, of gate
        ``TOO_BIG``); of ``max_rtt_ms`` and ``max_wait_s`` the round trip, the time of the load; the limit.
    """

    column: str
    where: str
    needed: float
    available: float

    @property
    def short(self) -> float:
        """By how much."""
        return self.needed - self.available

    def __str__(self) -> str:
        where = f" of {self.where}" if self.where else ""
        if self.column == "max_rtt_ms":
            return f"round trip {_number(self.needed)} ms, limit {_number(self.available)} ms"
        if self.column == "max_wait_s":
            return f"load of the model {_number(self.needed)} s, limit {_number(self.available)} s"
        amounts = f"{_number(self.needed)} needed, {_number(self.available)} there"
        column = "share" if self.column == "devices" and where else self.column
        return f"{column}{where} {amounts} ({self.short:.6g} short)"


@dataclass(frozen=True)
class Miss:
    """The node that comes nearest among those that one gate alone keeps out.

    Attributes
    ----------
    reason : Reason
        The gate: ``TOO_BIG``, ``TIME``, ``MODEL``, ``RTT``, ``SPREAD``, ``LINK`` or ``CAPACITY``.
    node, instance : int
        Id of the node, and which of its instances.
    size : float
        The largest ``short / needed`` of the shortfalls.
    shortfalls : tuple of Shortfall
        All that is short there.
    """

    reason: Reason
    node: int
    instance: int
    size: float
    shortfalls: tuple[Shortfall, ...]

    def __str__(self) -> str:
        return f"{self.reason.name} {_node(self)}: {'; '.join(map(str, self.shortfalls))}"


@dataclass(frozen=True)
class Change:
    """One column of one row changed, all else as it is, so that one more member finds a place.

    Attributes
    ----------
    of : str
        ``"task"``, ``"node"``, ``"link"`` or ``"site"``: whose column.
    row : int
        Id of the task or node, number of the link, position of the site.
    name : str
        The link (``a -- b``) or site; empty for tasks and nodes.
    column : str
        As in :class:`Shortfall`, and ``demand.memory_gb``, ``device_demand.memory_gb``, ``uplink_mbps``,
        ``downlink_mbps``, ``bandwidth_mbps`` (where the table was made with it), ``duration_s``; of labels
        ``require``, ``any_of``, ``forbid``, ``transit_require``, ``transit_forbid``; ``models`` that a node
        holds; ``spread_max`` and ``spread_level`` of all rows of a spread group, ``gang_level`` of all rows
        of a gang, ``count`` of a row whose gang is left out.
    before, after : float, str or tuple of str
        Values of the column. `after` is the least change that will do, to the last multiple.
    size : float
        ``|before - after|`` over the larger of the two: 0 to 1. Of labels and models, how many names go or
        come; of a level, by how many it is wider or narrower.
    node, instance : int
        Id and instance of the node that takes the member then, or is in the domain that takes the gang.
    """

    of: str
    row: int
    name: str
    column: str
    before: float | str | tuple[str, ...]
    after: float | str | tuple[str, ...]
    size: float
    node: int
    instance: int

    @property
    def asks_for_nothing(self) -> bool:
        """Whether only a task without the demand at all would run: true, but not worth printing."""
        return self.of == "task" and self.after == 0

    def __str__(self) -> str:
        if isinstance(self.before, tuple) and isinstance(self.after, tuple):
            if self.of == "node":
                return f"{self.column} of node {self.row} with {self.after[-1]!r}"
            gone = ", ".join(repr(name) for name in self.before if name not in self.after)
            return f"{self.column} without {gone}, on {_node(self)}"
        if isinstance(self.after, str):
            return f"{self.column} {self.after} instead of {self.before}, on {_node(self)}"
        assert isinstance(self.before, float)
        assert isinstance(self.after, float)
        values = f"{_number(self.after)} instead of {_number(self.before)}"
        if self.of == "node":
            return f"{self.column} of node {self.row} {values}"
        of = f" of {self.of} {self.name}" if self.name else ""
        return f"{self.column}{of} {values}, on {_node(self)}"


@dataclass(frozen=True)
class Gang:
    """The gang that the task is in: placed whole or not at all.

    Attributes
    ----------
    gang : int
        As in the column of that name.
    level : str
        Of its domain.
    tasks : tuple of int
        Ids of its rows.
    members, placed : int
        Of all its rows; none are placed, or all.
    domain : str
        Where it runs; of a gang that is left out the one that most of its members would fit into, on what the
        plan leaves, the small ones first. Empty where there is none.
    fits : int
        How many these are; of one that runs all.
    """

    gang: int
    level: str
    tasks: tuple[int, ...]
    members: int
    placed: int
    domain: str
    fits: int

    def __str__(self) -> str:
        size = f"{self.members:,} members in one {self.level}"
        if self.placed == self.members:
            return f"{size}: all in {self.domain}" if self.members else "no members"
        if not self.domain:
            return f"{size}, or none: not one would find a place"
        return f"{size}, or none: {self.fits:,} at most would find a place, in {self.domain}"


@dataclass(frozen=True)
class Explanation:
    """What :meth:`gigafleet.Plan.explain` returns; ``print`` shows it, :meth:`to_dict` suits JSON.

    Printed is all but changes to a demand of 0.

    All but `reason`, `placed` and `runs` speaks of one more member of the row, on what the plan leaves. What
    each number means exactly stands in docs/semantics.md, "Explanations".

    Attributes
    ----------
    task : int
        Id.
    reason : Reason
        Of the members not placed; ``PLACED`` where there are none.
    count, placed : int
        Members of the row, and how many of them run.
    counts : dict of Reason to int
        Nodes (instances of rows) by the first gate that keeps each out, in the order of the gates.
    open : int
        Nodes that would take one more member; 0 for a task that a complete plan leaves out.
    nearest : list of Miss
        At most one a gate, the nearest first.
    relaxations, fleet_relaxations : list of Change
        For each column of the task (of nodes, links and sites) the smallest change by which one more member
        finds a place, the smallest first; those of labels last. Empty where no single change does, and where
        some node is open; for the reason ``QUOTA`` only changes of the task that the quotas have room for.
    runs : Assignments
        Where the members placed run.
    cost : float
        EUR per hour of these, moves and loads of models aside.
    gang : Gang or None
        What it is in. Where that is left out, `counts`, `open` and `relaxations` speak of the whole of it,
        `nearest` of the next member of the row where a domain has the others and as many of the row as it
        holds, and `fleet_relaxations`, where that is the last one, of what would let it in there.
    """

    task: int
    reason: Reason
    count: int
    placed: int
    counts: dict[Reason, int]
    open: int
    nearest: list[Miss]
    relaxations: list[Change]
    fleet_relaxations: list[Change]
    runs: Assignments
    cost: float
    gang: Gang | None = None

    @property
    def relaxation(self) -> Change | None:
        """The smallest change of the task; None where none will do or none is needed."""
        return self.relaxations[0] if self.relaxations else None

    @property
    def fleet_relaxation(self) -> Change | None:
        """The smallest change of a node, link or site."""
        return self.fleet_relaxations[0] if self.fleet_relaxations else None

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = {
            name: getattr(self, name) for name in ("task", "count", "placed", "open", "cost")
        }
        plain["reason"] = self.reason.name
        plain["counts"] = {reason.name: nodes for reason, nodes in self.counts.items()}
        plain["nearest"] = [asdict(miss) | {"reason": miss.reason.name} for miss in self.nearest]
        for miss in plain["nearest"]:
            miss["shortfalls"] = list(miss["shortfalls"])
        for name in ("relaxations", "fleet_relaxations"):
            plain[name] = [_plain(change) for change in getattr(self, name)]
        plain["gang"] = None if self.gang is None else asdict(self.gang) | {"tasks": list(self.gang.tasks)}
        plain["runs"] = {name: column.tolist() for name, column in self.runs.columns().items()}
        return plain

    def __str__(self) -> str:
        rows = [(f"task {self.task}", f"{self.placed:,} of {self.count:,} placed")]
        if self.reason is not Reason.PLACED:
            rows.append(("", f"{self.reason.name}: {self.reason.describe}"))
        rows += [("runs on", text) for text in self._places()]
        if self.gang is not None:
            rows.append((f"gang {self.gang.gang}", str(self.gang)))
        rows += [("keeps out", f"{gate.name:<8}  {_nodes(n)}") for gate, n in self.counts.items() if n]
        if self.open:
            but = " but for the quota" if self.reason is Reason.QUOTA else ""
            rows.append(("one more", f"would find a place{but}: {_nodes(self.open)} with room"))
        rows += [("nearest", str(miss)) for miss in self.nearest]
        then = "one more" if self.reason is Reason.PLACED else "would run"
        rows += [(then, f"with {change}") for change in self.relaxations if not change.asks_for_nothing]
        rows += [("or", f"with {change}") for change in self.fleet_relaxations]
        heads = [head if i == 0 or rows[i - 1][0] != head else "" for i, (head, _) in enumerate(rows)]
        wide = max(map(len, heads))
        return "\n".join(f"{head:<{wide}}  {text}" for head, (_, text) in zip(heads, rows, strict=True))

    def _places(self) -> list[str]:
        texts = []
        for _, node, first, instances, each in zip(*(c[:SHOWN].tolist() for c in self.runs), strict=True):
            where = f"instance {first}: {each:,}"
            if instances > 1:
                where = f"instances {first} to {first + instances - 1}: {each:,} on each"
            texts.append(f"node {node}, {where}")
        more = len(self.runs) - SHOWN
        if more > 0:
            texts.append(f"and {more:,} runs more")
        if texts:
            texts.append(f"for {amount(self.cost)} EUR/h")
        return texts


def _node(at: Miss | Change) -> str:
    return f"node {at.node}" + (f", instance {at.instance}" if at.instance else "")


def _nodes(number: int) -> str:
    return "1 node" if number == 1 else f"{number:,} nodes"


def _number(value: float) -> str:
    """To the last digit: what is printed can be set."""
    return f"{value:.0f}" if math.isinf(value) or value == int(value) else repr(value)


def _plain(change: Change) -> dict[str, Any]:
    plain = asdict(change)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
