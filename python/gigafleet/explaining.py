"""What the core says of one task of a plan, in the names and ids of the tables."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from gigafleet._bonds import LEVELS
from gigafleet._devices import demand_of, offer_of
from gigafleet._verify.tenants import within_quotas
from gigafleet._verify.values import distinct
from gigafleet.assignments import Assignments
from gigafleet.columns import Column
from gigafleet.errors import InputError, InputTypeError
from gigafleet.explanation import Change, Explanation, Gang, Miss, Shortfall
from gigafleet.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gigafleet import _core
    from gigafleet.labels import LabelColumn
    from gigafleet.network import Network
    from gigafleet.nodes import Nodes
    from gigafleet.plan import Plan
    from gigafleet.tasks import Tasks

__all__ = ["explain"]

#: Gates in use, in the order of the core.
GATES = (
    Reason.LABEL, Reason.TOO_BIG, Reason.TIME, Reason.MODEL, Reason.ROUTE, Reason.RTT, Reason.GANG,
    Reason.SPREAD, Reason.LINK, Reason.CAPACITY,
)  # fmt: skip
LINES = ("link_down_mbps", "link_up_mbps")  #: after the resources, in the order of the core
LABELS = ("require", "any_of", "forbid", "transit_require", "transit_forbid")


def explain(plan: Plan, task: int) -> Explanation:
    """As :meth:`gigafleet.Plan.explain`."""
    engine = plan._engine("plan.explain")
    tasks, nodes = cast("tuple[Tasks, Nodes]", plan._tables)
    row = _row_of(tasks, task)
    if plan._explainer is None:
        plan._explainer = engine.explainer()
    core: _core.Explainer = plan._explainer
    found = core.explain(row, tasks.columns["uplink_mbps"].name == "bandwidth_mbps")
    names = _Names(tasks, nodes, row, int(task), plan._model_names())
    counts = dict(zip(GATES, found[0], strict=True))
    count = int(tasks.columns["count"].take(np.array([row]))[0])
    runs = _runs_of(plan, row)
    members = runs.members
    placed = int(members.sum())
    reason = _reason(plan, core, row, count - placed, counts, found[1])
    of_task, of_fleet = [names.of_task(*change) for change in found[3]], found[4]
    if reason is Reason.QUOTA:  # the rest of the fleet would be of no use
        of_task, of_fleet = [change for change in of_task if _fits_quotas(plan, row, change)], []
    return Explanation(
        task=int(task),
        reason=reason,
        count=count,
        placed=placed,
        counts=counts,
        open=found[1],
        nearest=[names.miss(*miss) for miss in found[2]],
        relaxations=of_task,
        fleet_relaxations=[names.of_fleet(*change) for change in of_fleet],
        runs=replace(runs, task=tasks.ids(runs.task), node=nodes.ids(runs.node)),
        cost=core.cost(row, runs.node, members),
        gang=None if found[5] is None else names.gang(*found[5]),
    )


def _runs_of(plan: Plan, row: int) -> Assignments:
    """Of one task row, whatever devices its members use; tasks and nodes by row."""
    if not plan.placed_count[row]:
        none = np.zeros(0, np.int64)
        return Assignments(none, none, none, none, none)
    first, last = (int(np.searchsorted(plan.runs.task, row, side)) for side in ("left", "right"))
    task, node, instance, instances, each = (column[first:last] for column in plan.runs)
    where, first_of, run = np.unique(
        np.column_stack((node, instance, instances)), axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first_of)
    members = np.zeros(len(where), np.int64)
    np.add.at(members, run.ravel(), each)
    node, instance, instances = np.ascontiguousarray(where[order].T)
    return Assignments(task[: len(where)].copy(), node, instance, instances, members[order])


def _row_of(tasks: Tasks, task: int) -> int:
    if isinstance(task, bool) or not isinstance(task, (int, np.integer)):
        raise InputTypeError.at(
            "task", f"{task!r}, of type {type(task).__name__}", "the id of a task, an int"
        )
    ids = tasks.columns["id"]
    if ids is None:
        if 0 <= task < tasks.rows:
            return int(task)
        wanted = f"an id from 0 to {tasks.rows - 1}" if tasks.rows else "an id, but there are no tasks"
        raise InputError.at("task", task, wanted)
    first = 0
    for chunk in ids.chunks:
        found = np.flatnonzero(chunk == task)
        if found.size:
            return first + int(found[0])
        first += len(chunk)
    raise InputError.at("task", task, "an id of the table of tasks")


def _reason(
    plan: Plan, core: _core.Explainer, row: int, left: int, counts: dict[Reason, int], is_open: int
) -> Reason:
    """The last gate that keeps any node out is the first that leaves none."""
    if plan._saved is not None or plan._tenants is not None or plan.evicted_tasks:
        return Reason(int(plan.reason[row]))
    if left == 0:
        return Reason.PLACED
    if not core.was_tried(row):
        return Reason.NOT_TRIED
    if is_open:  # a time limit came between
        return Reason.CAPACITY
    return max((gate for gate, nodes in counts.items() if nodes), default=Reason.LABEL)


def _fits_quotas(plan: Plan, row: int, change: Change) -> bool:
    """Whether one more member has room in the quotas of its tenant with the change; of gangs never said."""
    tasks, nodes = cast("tuple[Tasks, Nodes]", plan._tables)
    if tasks.columns["gang"].take(np.array([row]))[0] >= 0:
        return False
    assert plan._tenants is not None
    changed = copy(tasks)
    if change.column in tasks.columns:
        value = np.array([change.after])
        changed.columns = {**tasks.columns, change.column: Column(change.column, (value,), True)}
    used = {name: amounts for name, amounts, _ in plan._found_shares()[2]}
    return within_quotas(changed, nodes, plan._tenants._given(tasks), used, row)


class _Names:
    """Puts the names and ids of the tables to what the core says."""

    def __init__(self, tasks: Tasks, nodes: Nodes, row: int, task: int, models: Sequence[str]) -> None:
        self.tasks, self.nodes, self.row, self.task, self.models = tasks, nodes, row, task, models
        self.dimensions = [*map(offer_of, nodes.schema), *LINES]

    def miss(
        self,
        gate: int,
        size: float,
        node: int,
        instance: int,
        shortfalls: list[tuple[str, int, float, float, int]],
    ) -> Miss:
        short = tuple(self.shortfall(*each, node=node) for each in shortfalls)
        return Miss(Reason(gate), self.node_id(node), instance, size, short)

    def shortfall(
        self, of: str, at: int, needed: float, available: float, device: int, node: int
    ) -> Shortfall:
        network, where = self.nodes.network, ""
        if of == "capacity":
            of, where = self.dimensions[at], "" if device < 0 else f"device {device}"
        elif of == "capacity_mbps":
            link, back = (at, False) if network.directed else (at // 2, bool(at % 2))
            where = " -> ".join(_ends(network, link)[:: -1 if back else 1])
        elif of == "spread_max":
            where = self.domain(at, node)
        elif of.startswith(("access", "window")):
            where = str(network.sites[at])
        return Shortfall(of, where, needed, available)

    def of_task(
        self, column: str, at: int, before: float, after: float, gone: list[str], size: float, *node: int
    ) -> Change:
        where = self.node_id(node[0]), node[1]
        if column in LABELS:
            names = _names_in(self.tasks.labels[column], self.row)
            left = tuple(name for name in names if name not in gone)
            return Change("task", self.task, "", column, names, left, size, *where)
        if column in ("gang_level", "spread_level"):
            return Change(
                "task", self.task, "", column, LEVELS[int(before)], LEVELS[int(after)], size, *where
            )
        if column == "demand":
            column = demand_of(self.nodes.schema[at])
        return Change("task", self.task, "", column, before, after, size, *where)

    def of_fleet(
        self, column: str, at: int, before: float, after: float, _: list[str], size: float, *node: int
    ) -> Change:
        network, where = self.nodes.network, (self.node_id(node[0]), node[1])
        of, row, name = "node", where[0], ""
        if column == "capacity_mbps":
            of, row, name = "link", at, (" -> " if network.directed else " -- ").join(_ends(network, at))
        elif column.startswith("access"):
            of, row, name = "site", at, str(network.sites[at])
        elif column == "capacity":
            column = self.dimensions[at]
        elif column == "models":
            held = _names_in(self.nodes.labels[column], node[0])
            return Change(of, row, name, column, held, (*held, self.models[at]), size, *where)
        return Change(of, row, name, column, before, after, size, *where)

    def gang(self, level: int, members: int, placed: int, fits: int, node: int, instance: int) -> Gang:
        column = self.tasks.columns["gang"]
        number = int(column.take(np.array([self.row]))[0])
        rows = np.flatnonzero(column.take(np.arange(self.tasks.rows)) == number)
        domain = ""
        if node >= 0:
            domain = self.domain(level, node) or f"node {self.node_id(node)}, instance {instance}"
        ids = tuple(self.tasks.ids(rows).tolist())
        return Gang(number, LEVELS[level], ids, members, placed, domain, fits)

    def domain(self, level: int, node: int) -> str:
        """What a node is in, in words; empty for itself."""
        network, name = self.nodes.network, LEVELS[level]
        site = int(self.nodes.columns["site"].take(np.array([node]))[0])
        if name in ("node", "site"):
            return "" if name == "node" else f"site {network.sites[site]}"
        codes, values = network.domains[name]
        return f"{name} {values[int(codes[site])]}"

    def node_id(self, row: int) -> int:
        return int(self.nodes.ids(np.array([row]))[0])


def _names_in(column: LabelColumn, row: int) -> tuple[str, ...]:
    sets, position = distinct(column, np.array([row]))
    return sets[int(position[0])]


def _ends(network: Network, link: int) -> list[str]:
    ends = network.link_tail[link], network.link_head[link]
    return [str(network.sites[int(end)]) for end in ends]
