"""What instances hold of models: as their table says, and what an earlier plan had in use on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import Context, ModelsLike
from gigafleet._verify.values import (
    MBPS,
    NS_PER_S,
    SAFE,
    UNLIMITED,
    Bools,
    Ints,
    having,
    integers,
    quantise,
    quantities,
    rows_of,
)

__all__ = [
    "GB",
    "MEGABITS",
    "NS",
    "Pieces",
    "held_by_nodes",
    "in_use_before",
    "loads_in_time",
    "may_have_model",
    "megabits",
    "model_of",
    "not_held",
    "window_ns",
]

GB = 1e-6  #: resolution of weights, as far as they are loaded
MEGABITS = 8000  #: a GB has so many
NS = 10**9


@dataclass(frozen=True)
class Pieces:
    """Instances [first, last) of stays, in the order of these."""

    stay: Ints
    first: Ints
    last: Ints

    def under(self, stay: Ints, first: Ints, last: Ints) -> Bools:
        """Whether some piece of that stay lies over [first, last)."""
        if not self.stay.size:
            return np.zeros(stay.shape, np.bool_)
        wide = int(max(self.last.max(), last.max(initial=0))) + 1
        own, asked = self.stay.astype(object), stay.astype(object)
        if (int(max(self.stay.max(), stay.max(initial=0))) + 1) * wide < SAFE:
            own, asked = self.stay, stay
        at = np.searchsorted(own * wide + self.last, asked * wide + first, side="right")
        at = np.minimum(at, self.stay.size - 1)
        found: Bools = (self.stay[at] == stay) & (self.first[at] < last) & (self.last[at] > first)
        return found


def model_of(c: Context, models: ModelsLike, task: Ints) -> Ints:
    """The model of each of these task rows, -1 where it has none."""
    known = np.append(models.positions(c.tasks), -1)  # the last one is what -1 reads
    return known[np.maximum(integers(c.tasks, "model", task), -1)]


def megabits(models: ModelsLike) -> Ints:
    """What loading each model takes, in 1e-6 Mb."""
    return quantise(np.asarray(models.weights_gb), GB, up=True) * MEGABITS


def window_ns(c: Context) -> int:
    """How long a site's whole access may load; c.reported.objective says."""
    assert c.reported.objective is not None
    seconds = c.reported.objective.load_window_s * c.reported.objective.load_share
    return int(quantise(np.array([seconds]), NS_PER_S, up=False)[0])


def loads_in_time(c: Context, models: ModelsLike, task: Ints, node: Ints, model: Ints) -> Bools:
    """Whether the node could load the model before the task has waited too long."""
    wait = quantities(c.tasks, "max_wait_s", task, NS_PER_S, up=False)
    line = quantities(c.nodes, "link_down_mbps", node, MBPS, up=False)
    amount = megabits(models)[model]
    ok: Bools = (amount == 0) | (line == UNLIMITED) | ((wait == UNLIMITED) & (line > 0))
    for i in np.flatnonzero(~ok & (line > 0)).tolist():
        ok[i] = int(amount[i]) * NS <= int(wait[i]) * int(line[i])
    return ok


def may_have_model(c: Context, models: ModelsLike, task: Ints, node: Ints) -> Bools:
    """Whether some instance of the node holds the task's model, or may load it alone and in time."""
    model = model_of(c, models, task)
    ok = model < 0
    some = np.flatnonzero(~ok)
    task, node, model = task[some], node[some], model[some]
    access = quantise(c.network.access_down_mbps, MBPS, up=False)[integers(c.nodes, "site", node)]
    loads, window = loads_in_time(c, models, task, node, model), window_ns(c)
    amount = megabits(models)[model]
    for i in np.flatnonzero(loads & (access != UNLIMITED)).tolist():
        loads[i] = int(amount[i]) * NS <= window * int(access[i])
    held = held_by_nodes(c, models, node, model)
    before = in_use_before(c, models)
    if before is not None:
        held |= np.isin(node * len(models.names) + model, before[0] * len(models.names) + before[1])
    ok[some] = held | loads
    return ok


def held_by_nodes(c: Context, models: ModelsLike, nodes: Ints, model: Ints) -> Bools:
    """Whether each of the nodes holds that model at the start, whatever was in use before."""
    held = np.zeros(nodes.shape, np.bool_)
    for m in np.unique(model).tolist():
        own = model == m
        held[own] = having(c.nodes.labels["models"], models.names[m], nodes[own])
    return held


def in_use_before(c: Context, models: ModelsLike) -> tuple[Ints, Ints, Ints, Ints] | None:
    """Node row, model, first and last instance of each piece that the earlier plan had in use."""
    earlier = c.reported.earlier
    if earlier is None or earlier.in_use is None:
        return None
    before = earlier.in_use
    position = {name: m for m, name in enumerate(models.names)}
    known = np.array([position.get(name, -1) for name in before.names] or [-1], np.int64)
    node, model = rows_of(c.nodes, before.node), known[before.model]
    there = (node >= 0) & (model >= 0)
    first = before.first_instance[there]
    return node[there], model[there], first, first + before.instances[there]


def not_held(c: Context, models: ModelsLike, node: Ints, model: Ints, first: Ints, last: Ints) -> Pieces:
    """Of stays, which do not overlap within a node and model, the instances that do not hold the model."""
    stay = np.flatnonzero(~held_by_nodes(c, models, node, model))
    before = in_use_before(c, models)
    if before is None or not stay.size or not before[0].size:
        return Pieces(stay, first[stay], last[stay])
    parts: list[NDArray[Any]] = [
        np.concatenate([mine[stay], mine[stay], theirs, theirs])
        for mine, theirs in zip((node, model), before[:2], strict=True)
    ]
    at = np.concatenate([first[stay], last[stay], before[2], before[3]])
    number, other = stay.size, before[0].size
    step = np.repeat([1, -1, 0, 0], [number, number, other, other])
    covered = np.repeat([0, 0, 1, -1], [number, number, other, other])
    which = np.concatenate([stay, np.full(number + 2 * other, -1)])
    order = np.lexsort((at, parts[1], parts[0]))
    node, model, at, which = (part[order] for part in (*parts, at, which))
    inside, hidden = np.cumsum(step[order]), np.cumsum(covered[order])
    begins = np.maximum.accumulate(np.where(which >= 0, np.arange(which.size), -1))
    same = (np.diff(node) == 0) & (np.diff(model) == 0) & (np.diff(at) > 0)
    piece = np.flatnonzero(same & (inside[:-1] > 0) & (hidden[:-1] == 0))
    owner = which[begins[piece]]
    order = np.lexsort((at[piece], owner))
    return Pieces(owner[order], at[piece][order], at[piece + 1][order])
