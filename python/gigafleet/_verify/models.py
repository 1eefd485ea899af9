"""Rules of models: weights in memory once a node, held or loaded in time, within the window of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import Context, ModelsLike
from gigafleet._verify.held import (
    GB,
    NS,
    Pieces,
    loads_in_time,
    megabits,
    model_of,
    not_held,
    window_ns,
)
from gigafleet._verify.values import (
    MBPS,
    NS_PER_S,
    SAFE,
    UNLIMITED,
    Floats,
    Ints,
    Totals,
    integers,
    quantise,
    quantities,
)
from gigafleet.errors import VerifyError

__all__ = ["check_models"]


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
    model = model_of(c, models, c.runs.task)
    runs = np.flatnonzero(model >= 0)
    stays = _stays(c, runs, model[runs])
    _check_memory(c, models, stays)
    loads = not_held(c, models, stays.node, stays.model, stays.first, stays.last)
    _check_wait(c, models, stays, loads)
    _check_window(c, models, stays, loads)
    _check_reported(c, models, stays, loads)
    return _cost(c, models, stays, loads)


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


def _check_wait(c: Context, models: ModelsLike, stays: _Stays, loads: Pieces) -> None:
    """Nobody waits longer for a load than the task can."""
    runs = stays.run
    stay = np.repeat(np.arange(stays.begin.size), np.diff(np.append(stays.begin, runs.size)))
    model, first = stays.model[stay], c.runs.first_instance[runs]
    some = np.flatnonzero(loads.under(stay, first, first + c.runs.instances[runs]))
    runs, model = runs[some], model[some]
    late = np.flatnonzero(~loads_in_time(c, models, c.runs.task[runs], c.runs.node[runs], model))
    if late.size:
        run, name = int(runs[late[0]]), models.names[model[late[0]]]
        line = int(quantities(c.nodes, "link_down_mbps", c.runs.node[[run]], MBPS, up=False)[0])
        wait = int(quantities(c.tasks, "max_wait_s", c.runs.task[[run]], NS_PER_S, up=False)[0])
        took = f"{int(megabits(models)[model[late[0]]]) / line:.6g} s" if line else "no line"
        raise VerifyError(
            f"model: {c.who(run)}: loading {name!r} takes {took}, it waits {wait * NS_PER_S:.6g} s"
        )


def _check_window(c: Context, models: ModelsLike, stays: _Stays, loads: Pieces) -> None:
    """What the nodes of a site load fits the part of its access that they may use."""
    if c.reported.objective is None:
        return
    access = quantise(c.network.access_down_mbps, MBPS, up=False)
    window = window_ns(c)
    site = integers(c.nodes, "site", stays.node)
    amount = megabits(models)[stays.model]
    total = Totals(access.size)
    total.add(site[loads.stay], amount[loads.stay], loads.last - loads.first)
    for at in np.flatnonzero((total.values > 0) & (access != UNLIMITED)).tolist():
        loaded, limit = int(total.values[at]), window * int(access[at])
        if loaded * NS > limit:
            most = f"limit {limit / NS * MBPS:.12g} Mb"
            raise VerifyError(f"model: {c.site(at)}: {loaded * MBPS:.12g} Mb to load, {most}")


def _check_reported(c: Context, models: ModelsLike, stays: _Stays, loads: Pieces) -> None:
    """The plan lists these loads, and these models as in use, and no others."""
    said = c.reported.loads
    if said is not None:
        node, _, _, model, seconds = (np.asarray(part) for part in said)
        line = quantities(c.nodes, "link_down_mbps", node, MBPS, up=False)
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = np.where(line == UNLIMITED, 0.0, megabits(models)[model] / line.astype(np.float64))
        wanted[megabits(models)[model] == 0] = 0.0
        if not np.allclose(seconds, wanted, rtol=1e-9, atol=0):
            raise VerifyError("load: seconds of a load differ from those recomputed")
        found = _joined(stays.node[loads.stay], stays.model[loads.stay], loads.first, loads.last)
        _compare(c, models, "load", said, found)
    if c.reported.in_use is not None:
        found = _joined(stays.node, stays.model, stays.first, stays.last)
        _compare(c, models, "in use", c.reported.in_use, found)


def _compare(
    c: Context, models: ModelsLike, what: str, listed: tuple[NDArray[Any], ...], found: Ints
) -> None:
    node, first, instances, model = (np.asarray(part) for part in listed[:4])
    said = _joined(node, model, first, first + instances)
    if np.array_equal(said, found):
        return
    rows = [set(map(tuple, each.T.tolist())) for each in (said, found)]
    odd = min(rows[0] ^ rows[1])
    how = "is listed, but no such task needs it" if odd in rows[0] else "is not listed"
    instances_of = f"{c.node(odd[0])} instances {odd[2]} to {odd[3] - 1}"
    raise VerifyError(f"{what}: {instances_of}: {models.names[odd[1]]!r} {how}")


def _joined(node: Ints, model: Ints, first: Ints, last: Ints) -> Ints:
    """Columns of node, model, first, last: intervals in order, neighbours as one."""
    order = np.lexsort((first, model, node))
    node, model, first, last = (part[order] for part in (node, model, first, last))
    fresh = np.ones(node.size, np.bool_)
    fresh[1:] = (np.diff(node) != 0) | (np.diff(model) != 0) | (first[1:] != last[:-1])
    begin = np.flatnonzero(fresh)
    end = np.append(begin[1:], node.size) - 1 if begin.size else begin
    return np.array([node[begin], model[begin], first[begin], last[end]], np.int64)


def _cost(c: Context, models: ModelsLike, stays: _Stays, loads: Pieces) -> float:
    """Each load once, over the longest that a task which uses it lasts there."""
    objective = c.reported.objective
    if objective is None or not loads.stay.size:
        return 0.0
    duration = quantities(c.tasks, "duration_s", c.runs.task[stays.run], NS_PER_S, up=True)
    lasts = np.where(duration > 0, duration * NS_PER_S, objective.horizon_s)
    longest, shortest = (f.reduceat(lasts, stays.begin)[loads.stay] for f in (np.maximum, np.minimum))
    times = (loads.last - loads.first) * 3600 / longest
    ends = np.append(stays.begin[1:], stays.run.size)
    for i in np.flatnonzero(longest != shortest).tolist():
        runs = slice(int(stays.begin[loads.stay[i]]), int(ends[loads.stay[i]]))
        times[i] = _times(c, stays.run[runs], lasts[runs], int(loads.first[i]), int(loads.last[i]))
    each = quantise(np.asarray(models.weights_gb), GB, up=True)[stays.model[loads.stay]] * GB
    return float((times * each).sum()) * objective.load_eur_per_gb


def _times(c: Context, runs: Ints, lasts: Floats, begin: int, end: int) -> float:
    """The sum over instances [begin, end) of 3600 / the longest there."""
    first = np.clip(c.runs.first_instance[runs], begin, end)
    last = np.clip(c.runs.first_instance[runs] + c.runs.instances[runs], begin, end)
    edges = np.unique(np.concatenate([first, last]))
    total = 0.0
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        here = (first <= a) & (last >= b)
        if here.any():
            total += (b - a) * 3600 / float(lasts[here].max())
    return total
