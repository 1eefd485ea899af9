"""Rules of models: weights in memory once a node, held or loaded in time, within the window of the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import Context
from gigafleet._verify.values import (
    MBPS,
    NS_PER_S,
    SAFE,
    UNLIMITED,
    Bools,
    Floats,
    Ints,
    Totals,
    having,
    integers,
    quantise,
    quantities,
)
from gigafleet.errors import VerifyError

__all__ = ["ModelsLike", "check_models"]

GB = 1e-6  #: resolution of weights, as far as they are loaded
MEGABITS = 8000  #: a GB has so many
NS = 10**9


class ModelsLike(Protocol):
    """What is read of :class:`gigafleet.Models`."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def weights_gb(self) -> Floats: ...
    @property
    def resource(self) -> str: ...
    def positions(self, tasks: Any) -> Ints: ...


@dataclass(frozen=True)
class _Stays:
    """Instances [first, last) of a node on which a model is in use, as long as they go; and by whom."""

    node: Ints
    model: Ints
    first: Ints
    last: Ints
    run: Ints  #: runs that use a model, stay by stay
    begin: Ints  #: where those of a stay begin in `run`


def check_models(c: Context) -> float:
    """Raise unless memory holds weights beside demands, and what is not held may be loaded.

    Returns what the loads cost, EUR per hour.
    """
    models = c.reported.models
    if models is None or not c.runs.task.size:
        return 0.0
    model = _model_of(c, models)
    runs = np.flatnonzero(model >= 0)
    stays = _stays(c, runs, model[runs])
    _check_memory(c, models, stays)
    held = _held(c, models, stays.node, stays.model)
    _check_wait(c, models, runs, model[runs])
    _check_window(c, models, stays, ~held)
    _check_reported(c, models, stays, ~held)
    return _cost(c, models, stays, ~held)


def _model_of(c: Context, models: ModelsLike) -> Ints:
    """The model of each run, -1 where it has none."""
    known = np.append(models.positions(c.tasks), -1)  # the last one is what -1 reads
    return known[np.maximum(integers(c.tasks, "model", c.runs.task), -1)]


def _stays(c: Context, runs: Ints, model: Ints) -> _Stays:
    node, first = c.runs.node[runs], c.runs.first_instance[runs]
    last = first + c.runs.instances[runs]
    order = np.lexsort((first, model, node))
    node, model, first, last = node[order], model[order], first[order], last[order]
    fresh = np.ones(node.size, np.bool_)
    fresh[1:] = (np.diff(node) != 0) | (np.diff(model) != 0)
    group = np.cumsum(fresh) - 1
    wide = int(last.max(initial=0)) + 1
    offset: NDArray[Any] = (
        group * wide if wide * (group[-1:].sum() + 1) < SAFE else group.astype(object) * wide
    )
    reach = np.maximum.accumulate(last + offset) if last.size else last
    fresh[1:] |= (first + offset)[1:] > reach[:-1]
    begin = np.flatnonzero(fresh)
    end = np.maximum.reduceat(last, begin) if begin.size else last
    return _Stays(node[begin], model[begin], first[begin], end, runs[order], begin)


def _check_memory(c: Context, models: ModelsLike, stays: _Stays) -> None:
    name, unit = models.resource, c.resolution(models.resource)
    weights = quantise(np.asarray(models.weights_gb), unit, up=True)[stays.model]
    runs = np.flatnonzero(np.isin(c.runs.node, stays.node))
    asked: NDArray[Any] = np.zeros(runs.size, np.int64)
    if name in c.tasks.resources:
        asked = c.demand(f"demand.{name}", unit, runs)
    per = c.runs.per_instance[runs]
    if float(np.dot(asked.astype(np.float64), per.astype(np.float64))) + float(weights.sum()) >= SAFE:
        asked = asked.astype(object)
    amount = np.concatenate([asked * per, weights])
    node = np.concatenate([c.runs.node[runs], stays.node])
    first = np.concatenate([c.runs.first_instance[runs], stays.first])
    last = np.concatenate([c.runs.first_instance[runs] + c.runs.instances[runs], stays.last])
    node, edge = np.concatenate([node, node]), np.concatenate([first, last])
    order = np.lexsort((edge, node))
    node, edge = node[order], edge[order]
    load = np.cumsum(np.concatenate([amount, -amount])[order])
    ends = np.ones(node.size, np.bool_)  # of the edges at one place
    ends[:-1] = (np.diff(node) != 0) | (np.diff(edge) != 0)
    limit = quantities(c.nodes, f"capacity.{name}", node[ends], unit, up=False)
    over = (load[ends] > limit) & (limit != UNLIMITED)
    if over.any():
        i = int(np.argmax(over))
        what = f"{int(load[ends][i]) * unit:.12g} with weights, limit {int(limit[i]) * unit:.12g}"
        where = f"{c.node(node[ends][i])} instance {int(edge[ends][i])}"
        raise VerifyError(f"model: {where}: {name}: {what}")


def _held(c: Context, models: ModelsLike, nodes: Ints, model: Ints) -> Bools:
    """Whether each of the nodes holds that model at the start."""
    held = np.zeros(nodes.shape, np.bool_)
    for m in np.unique(model).tolist():
        own = model == m
        held[own] = having(c.nodes.labels["models"], models.names[m], nodes[own])
    return held


def _loaded(models: ModelsLike) -> Ints:
    """What loading each model takes, in 1e-6 Mb."""
    return quantise(np.asarray(models.weights_gb), GB, up=True) * MEGABITS


def _check_wait(c: Context, models: ModelsLike, runs: Ints, model: Ints) -> None:
    """Nobody waits longer for a load than the task can."""
    wait = quantities(c.tasks, "max_wait_s", c.runs.task[runs], NS_PER_S, up=False)
    line = quantities(c.nodes, "link_down_mbps", c.runs.node[runs], MBPS, up=False)
    amount = _loaded(models)[model]
    free = (amount == 0) | (line == UNLIMITED) | ((wait == UNLIMITED) & (line > 0))
    free |= _held(c, models, c.runs.node[runs], model)
    for i in np.flatnonzero(~free).tolist():
        if line[i] == 0 or int(amount[i]) * NS > int(wait[i]) * int(line[i]):
            took = f"{int(amount[i]) / int(line[i]):.6g} s" if line[i] else "no line"
            what = f"loading {models.names[model[i]]!r} takes {took}, it waits {wait[i] * NS_PER_S:.6g} s"
            raise VerifyError(f"model: {c.who(runs[i])}: {what}")


def _check_window(c: Context, models: ModelsLike, stays: _Stays, load: Bools) -> None:
    """What the nodes of a site load fits the part of its access that they may use."""
    objective = c.reported.objective
    if objective is None:
        return
    access = quantise(c.network.access_down_mbps, MBPS, up=False)
    window = int(quantise(np.array([objective.load_window_s * objective.load_share]), NS_PER_S, up=False)[0])
    site = integers(c.nodes, "site", stays.node)
    amount = _loaded(models)[stays.model]
    total = Totals(access.size)
    total.add(site[load], amount[load], (stays.last - stays.first)[load])
    for at in np.flatnonzero((total.values > 0) & (access != UNLIMITED)).tolist():
        megabits, limit = int(total.values[at]), window * int(access[at])
        if megabits * NS > limit:
            most = f"limit {limit / NS * MBPS:.12g} Mb"
            raise VerifyError(f"model: {c.site(at)}: {megabits * MBPS:.12g} Mb to load, {most}")


def _check_reported(c: Context, models: ModelsLike, stays: _Stays, load: Bools) -> None:
    """The plan lists these loads, and no others."""
    if c.reported.loads is None:
        return
    node, first, instances, model, seconds = (np.asarray(part) for part in c.reported.loads)
    line = quantities(c.nodes, "link_down_mbps", node, MBPS, up=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.where(line == UNLIMITED, 0.0, _loaded(models)[model] / line.astype(np.float64))
    wanted[_loaded(models)[model] == 0] = 0.0
    if not np.allclose(seconds, wanted, rtol=1e-9, atol=0):
        raise VerifyError("load: seconds of a load differ from those recomputed")
    said = _joined(node, model, first, first + instances)
    found = _joined(stays.node[load], stays.model[load], stays.first[load], stays.last[load])
    if not np.array_equal(said, found):
        rows = [set(map(tuple, each.T.tolist())) for each in (said, found)]
        odd = min(rows[0] ^ rows[1])
        what = "is listed, but no such task needs it" if odd in rows[0] else "is not listed"
        instances_of = f"{c.node(odd[0])} instances {odd[2]} to {odd[3] - 1}"
        raise VerifyError(f"load: {instances_of}: {models.names[odd[1]]!r} {what}")


def _joined(node: Ints, model: Ints, first: Ints, last: Ints) -> Ints:
    """Columns of node, model, first, last: intervals in order, neighbours as one."""
    order = np.lexsort((first, model, node))
    node, model, first, last = (part[order] for part in (node, model, first, last))
    fresh = np.ones(node.size, np.bool_)
    fresh[1:] = (np.diff(node) != 0) | (np.diff(model) != 0) | (first[1:] != last[:-1])
    begin = np.flatnonzero(fresh)
    end = np.append(begin[1:], node.size) - 1 if begin.size else begin
    return np.array([node[begin], model[begin], first[begin], last[end]], np.int64)


def _cost(c: Context, models: ModelsLike, stays: _Stays, load: Bools) -> float:
    """Each load once, over the longest that a task which uses it lasts there."""
    objective = c.reported.objective
    if objective is None or not load.any():
        return 0.0
    duration = quantities(c.tasks, "duration_s", c.runs.task[stays.run], NS_PER_S, up=True)
    lasts = np.where(duration > 0, duration * NS_PER_S, objective.horizon_s)
    longest, shortest = (f.reduceat(lasts, stays.begin) for f in (np.maximum, np.minimum))
    times = (stays.last - stays.first) * 3600 / longest
    ends = np.append(stays.begin[1:], stays.run.size)
    for i in np.flatnonzero(load & (longest != shortest)).tolist():
        runs = slice(int(stays.begin[i]), int(ends[i]))
        times[i] = _times(c, stays.run[runs], lasts[runs])
    each = quantise(np.asarray(models.weights_gb), GB, up=True)[stays.model] * GB
    return float((times * each)[load].sum()) * objective.load_eur_per_gb


def _times(c: Context, runs: Ints, lasts: Floats) -> float:
    """The sum over instances of 3600 / the longest there."""
    first = c.runs.first_instance[runs]
    last = first + c.runs.instances[runs]
    edges = np.unique(np.concatenate([first, last]))
    total = 0.0
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        here = (first <= a) & (last >= b)
        if here.any():
            total += (b - a) * 3600 / float(lasts[here].max())
    return total
