"""Who made way for whom: tasks that ran before and have no place, and those of a higher level in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import Frame
from gigafleet._verify.changes import Change, change_of
from gigafleet._verify.context import Context, Reported
from gigafleet._verify.held import may_have_model, model_of
from gigafleet._verify.moves import evicted_by_task
from gigafleet._verify.runs import Runs
from gigafleet._verify.values import MBPS, UNLIMITED, Ints, integers, quantise, quantities
from gigafleet.displaced_ways import Ways

if TYPE_CHECKING:
    from gigafleet._verify.values import NodesLike, TasksLike

__all__ = ["Displaced", "find_displaced"]

Strings = NDArray[np.str_]
Bools = NDArray[np.bool_]
LINES = (("link_down_mbps", "uplink_mbps"), ("link_up_mbps", "downlink_mbps"))


@dataclass(frozen=True, eq=False, repr=False)
class Displaced(Frame):
    """Places that tasks have lost to tasks of a higher level, by the ids of their tables; ``print`` it.

    Attributes
    ----------
    task, node : int64 (rows,)
        Who ran where in the ``previous`` plan and has no place now, in part or at all.
    instance : int64 (rows,)
        Of the node.
    members : int64 (rows,)
        That ran there and do not now.
    by_task : int64 (rows,)
        A task of a higher level that has more members there than before, and of what the lost place lacks.
    by_members : int64 (rows,)
        How many more.
    where : str (rows,)
        ``"node"``: the place lacks something of the node. ``"way"``: only a link or access on the way to it;
        `by_task` is then the one of those who took it that has the most new members.
    """

    task: Ints
    node: Ints
    instance: Ints
    members: Ints
    by_task: Ints
    by_members: Ints
    where: Strings


@dataclass(frozen=True)
class _Places:
    """What evicted tasks have lost, by row position and instance."""

    task: Ints
    node: Ints
    instance: Ints
    members: Ints

    def some(self, which: Any) -> _Places:
        return _Places(*(part[which] for part in self.columns()))

    def columns(self) -> tuple[Ints, ...]:
        return self.task, self.node, self.instance, self.members


def find_displaced(
    runs: Runs,
    tables: tuple[TasksLike, NodesLike],
    said: Reported,
    loads: tuple[Ints, Ints, Ints],
) -> tuple[Displaced, Ints]:
    """The table, by row positions; and the task rows in it.

    Parameters
    ----------
    runs : Runs
        The plan.
    tables : tasks and nodes
        It is of.
    said : Reported
        Where tasks ran before (`earlier`), the objective and the models.
    loads : three int64 arrays
        Of arcs, of the accesses of sites up and down; 1e-6 Mbps.
    """
    c = Context(runs, *tables, said)
    c.members = runs.instances * runs.per_instance
    evicted = evicted_by_task(c)
    none = np.zeros(0, np.int64)
    if not evicted.any():
        return _table((none,) * 4, (none,) * 2, np.zeros(0, np.str_)), none
    places = _lost(change_of(c, evicted > 0), c)
    ways = Ways(c, loads)
    places = places.some(np.flatnonzero(ways.are_open(places.task, places.node) & _are_large(c, places)))
    priority = integers(c.tasks, "priority", np.arange(c.tasks.rows))
    above = priority > priority[evicted > 0].min()
    new = change_of(c, above).new()
    on_node = _on_nodes(c, places, new, priority)
    rest = places.some(np.setdiff1d(np.arange(places.task.size), on_node[0]))
    by_way = ways.takers(rest.task, rest.node, new, priority)
    lost = zip(places.some(on_node[0]).columns(), rest.some(by_way[0]).columns(), strict=True)
    by = zip(on_node[1:], by_way[1:], strict=True)
    where = np.repeat(["node", "way"], [on_node[0].size, by_way[0].size])
    table = _table(tuple(map(np.concatenate, lost)), tuple(map(np.concatenate, by)), where)
    return table, np.unique(table.task)


def _table(lost: tuple[Ints, ...], by: tuple[Ints, ...], where: Strings) -> Displaced:
    task, node, instance, members = lost
    order = np.lexsort((by[0], instance, node, task))
    task, node, instance, members = (part[order] for part in lost)
    return Displaced(task, node, instance, members, by[0][order], by[1][order], where[order])


def _lost(change: Change, c: Context) -> _Places:
    lost = change.some(change.before > change.now)
    there = np.minimum(lost.instances, integers(c.nodes, "count", lost.node) - lost.first)
    kept = np.flatnonzero(there > 0)
    number = there[kept]
    instance = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    task, node, first, members = (
        np.repeat(part[kept], number) for part in (lost.task, lost.node, lost.first, lost.before - lost.now)
    )
    return _Places(task, node, first + instance, members)


def _asks(c: Context, task: Ints, node: Ints) -> list[tuple[Ints, Ints]]:
    """Of each resource and line: what a member of each task takes, and what each node has of it; weights of
    models aside."""
    one = Context(Runs(task, node, task * 0, task * 0 + 1, task * 0 + 1), c.tasks, c.nodes, Reported())
    every = slice(0, task.size)
    devices = integers(c.nodes, "devices", node) if "devices" in c.nodes.columns else np.zeros_like(node)
    asks = []
    for name in c.tasks.schema:
        resolution = c.resolution(name)
        if name == "devices":
            has = devices * 1000
        elif name.startswith("device."):
            column = f"device_capacity.{name.removeprefix('device.')}"
            has = _has(c, column, node, resolution)
            has = np.where(has == UNLIMITED, UNLIMITED, has * devices)
        else:
            has = _has(c, f"capacity.{name}", node, resolution)
        asks.append((one.takes(name, every), has))
    for line, demand in LINES:
        asks.append((one.demand(demand, MBPS, every), _has(c, line, node, MBPS)))
    return asks


def _has(c: Context, column: str, node: Ints, resolution: float) -> Ints:
    if column not in c.nodes.columns:
        return np.zeros_like(node)
    return quantities(c.nodes, column, node, resolution, up=False)


def _are_large(c: Context, places: _Places) -> Bools:
    """Whether the empty node could hold one member."""
    ok = np.ones(places.task.shape, np.bool_)
    weights = _Weights(c)
    for name, (ask, has) in zip(weights.names, _asks(c, places.task, places.node), strict=True):
        whole = ask + weights.of(places.task) if name == weights.resource else ask
        ok &= (whole <= has) | (has == UNLIMITED)
    if c.reported.models is not None:
        ok &= may_have_model(c, c.reported.models, places.task, places.node)
    return ok


class _Weights:
    """What models take of nodes, each once where it is in use."""

    def __init__(self, c: Context) -> None:
        models = self._models = c.reported.models
        self._c, self.names = c, (*c.tasks.schema, "", "")
        self.resource = None if models is None else models.resource
        if models is not None:
            self._weight = np.append(
                quantise(np.asarray(models.weights_gb), c.resolution(models.resource), up=True), 0
            )

    def _model(self, task: Ints) -> Ints:
        assert self._models is not None
        return model_of(self._c, self._models, task)

    def of(self, task: Ints) -> Ints:
        """Of the model of each task; 0 where it has none."""
        return self._weight[self._model(task)]

    def beside(self, at: _Keys, task: Ints, used: Ints, key: Ints) -> tuple[Ints, Ints]:
        """By key the weights in use, by `used` tasks on each `key`; and what the own one of each `task`, on
        its key, takes more."""
        number = self._weight.size
        pairs = np.unique(key * number + self._model(used))
        load = np.zeros(at.size, np.int64)
        np.add.at(load, pairs // number, self._weight[pairs % number])
        model = self._model(task)
        return load, np.where(np.isin(at.of * number + model, pairs), 0, self._weight[model])


def _on_nodes(c: Context, places: _Places, new: Change, priority: Ints) -> tuple[Ints, Ints, Ints]:
    """Place, task and members of those of a higher level that are new where a place lacks what they take."""
    none = np.zeros(0, np.int64)
    if not places.task.size:
        return none, none, none
    at = _Keys(places.node, places.instance)
    holds = c.runs
    run, key = at.under(holds.node, holds.first_instance, holds.instances)
    lacks: list[Bools] = []
    used = _asks(c, holds.task[run], holds.node[run])
    weights = _Weights(c)
    asks = _asks(c, places.task, places.node)
    for name, (ask, has), (takes, _) in zip(weights.names, asks, used, strict=True):
        load = np.zeros(at.size, np.int64)
        np.add.at(load, key, takes * holds.per_instance[run])
        if name == weights.resource:
            in_use, own = weights.beside(at, places.task, holds.task[run], key)
            load, ask = load + in_use, ask + own
        lacks.append((ask > 0) & (has != UNLIMITED) & (load[at.of] + ask > has))
    arrival, key = at.under(new.node, new.first, new.instances)
    place, which = _join(at.of, key)
    arrival = arrival[which]
    above = np.flatnonzero(priority[new.task[arrival]] > priority[places.task[place]])
    place, arrival = place[above], arrival[above]
    takes_it = np.zeros(place.shape, np.bool_)
    for name, lack, (takes, _) in zip(
        weights.names, lacks, _asks(c, new.task[arrival], new.node[arrival]), strict=True
    ):
        if name == weights.resource:
            takes = takes + weights.of(new.task[arrival])
        if name == "devices":  # whether they are free does not show in sums
            own = _asks(c, places.task[place], places.node[place])[c.tasks.schema.index(name)][0]
            takes_it |= (own > 0) & (takes > 0)
        takes_it |= lack[place] & (takes > 0)
    place, arrival = place[takes_it], arrival[takes_it]
    return place, new.task[arrival], (new.now - new.before)[arrival]


class _Keys:
    """Instances of nodes, each once, in order; `of`: which one each place is on."""

    def __init__(self, node: Ints, instance: Ints) -> None:
        self._nodes, rank = np.unique(node, return_inverse=True)
        self._stride = int(instance.max()) + 1
        self._key, self.of = np.unique(rank * self._stride + instance, return_inverse=True)
        self.size = self._key.size

    def under(self, node: Ints, first: Ints, instances: Ints) -> tuple[Ints, Ints]:
        """Which interval of instances and which of the keys lie over each other."""
        rank = np.minimum(np.searchsorted(self._nodes, node), self._nodes.size - 1)
        some = np.flatnonzero((self._nodes[rank] == node) & (first < self._stride))
        begin = rank[some] * self._stride + first[some]
        end = begin + np.minimum(instances[some], self._stride - first[some])
        low, high = np.searchsorted(self._key, begin), np.searchsorted(self._key, end)
        number = high - low
        key = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        return np.repeat(some, number), key + np.repeat(low, number)


def _join(of: Ints, key: Ints) -> tuple[Ints, Ints]:
    """All pairs of places and positions in `key` that are on one key."""
    order = np.argsort(key, kind="stable")
    low, high = (np.searchsorted(key[order], of, side=side) for side in ("left", "right"))
    number = high - low
    at = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    return np.repeat(np.arange(of.size), number), order[at + np.repeat(low, number)]
