"""A plan added up for people: by kind of node and country, by reason, by what binds. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gigafleet._verify.context import Context, Reported
from gigafleet._verify.values import offered
from gigafleet.reasons import Reason

__all__ = ["FULL", "Report", "report", "share", "spell", "top"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FULL: Final = 0.99  #: used this much counts as full
KINDS: Final = ("vehicle", "factory", "gigafactory")  #: labels that name a kind of node; the rightmost wins
ELSEWHERE: Final = "elsewhere"


@dataclass(frozen=True)
class Report:
    """Sums over a plan. Axes are named in the order of the fields ``kinds``, ``countries``, ``resources``.

    Attributes
    ----------
    kinds, countries, resources : tuple of str
        A node's kind is its label ``vehicle``, ``factory`` or ``gigafactory`` (also a factory where the
        scenario's ``site_kind`` says so), else ``node``; sites of no country are the last entry. Resources
        are those of the nodes' schema, ``devices`` and ``device.NAME`` among them.
    tasks, placed : int
        Members asked and placed.
    nodes, placed_by : int64 (kinds, countries)
        Instances of nodes, and tasks placed on them.
    used, capacity : float64 (kinds, countries, resources)
        In the units of the resource; shares are ``used / capacity``.
    placed_at : int64 (kinds, sites)
        Tasks placed at each site.
    used_at, capacity_at : float64 (kinds, sites)
        The first resource at each site.
    reasons : tuple of (Reason, int)
        Tasks not placed, most frequent first.
    link_use : float64 (links, 2)
        Load over capacity as given and the way back (of a DiGraph the latter is 0); 0 for unlimited links.
    access_use : float64 (sites, 2)
        The same of each site's own access, up and down.
    """

    kinds: tuple[str, ...]
    countries: tuple[str, ...]
    resources: tuple[str, ...]
    tasks: int
    placed: int
    nodes: Ints
    placed_by: Ints
    used: Floats
    capacity: Floats
    placed_at: Ints
    used_at: Floats
    capacity_at: Floats
    reasons: tuple[tuple[Reason, int], ...]
    link_use: Floats
    access_use: Floats


def share(part: Any, whole: Any) -> Floats:
    """Divide, with 0 where the whole is 0 or unlimited."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    fine = (whole > 0) & np.isfinite(whole)
    out: Floats = np.zeros(np.broadcast_shapes(part.shape, whole.shape))
    np.divide(part, whole, out=out, where=fine)
    return out


def spell(count: float) -> str:
    """Shorten a count for people: 950, 12.3 k, 1.05 M."""
    for least, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * least:
            return f"{count / least:.3g} {letter}"
    return f"{count:.0f}"


def top(use: Floats, most: int) -> npt.NDArray[np.intp]:
    """Positions of the ``most`` largest values above 0, largest first, ties by position."""
    order = np.argsort(-use, kind="stable")[:most]
    return order[use[order] > 0]


def report(plan: Any, scenario: Any) -> Report:
    """Add a plan up.

    Parameters
    ----------
    plan : Plan
        What :func:`gigafleet.place` returned.
    scenario : object with ``network``, ``nodes`` and ``tasks``
        What it was made from.

    Returns
    -------
    Report

    Notes
    -----
    Linear in the rows of both tables, the runs of the plan, sites and links.
    """
    network, nodes, tasks = scenario.network, scenario.nodes, scenario.tasks
    site = _rows(nodes.columns["site"], nodes.rows).astype(np.int64)
    count = _rows(nodes.columns["count"], nodes.rows).astype(np.int64)
    kinds, kind = _kinds(nodes, site, getattr(scenario, "site_kind", None))
    codes, names = network.domains.get("country", (np.full(network.site_count, -1, np.int32), ()))
    countries = (*names, ELSEWHERE)
    country = np.where(codes < 0, len(names), codes)[site].astype(np.int64)
    shape = (len(kinds), len(countries))
    group = kind * shape[1] + country
    cell = kind * network.site_count + site

    _, node, members = _runs(plan)

    def add(keys: Ints, weights: npt.NDArray[Any], size: int) -> Floats:
        return np.bincount(keys, weights=weights, minlength=size).astype(np.float64, copy=False)

    size, cells = shape[0] * shape[1], shape[0] * network.site_count
    used, capacity = np.zeros((size, len(nodes.schema))), np.zeros((size, len(nodes.schema)))
    used_at, capacity_at = np.zeros(cells), np.zeros(cells)
    context = Context(plan.runs, tasks, nodes, Reported())
    for i, resource in enumerate(nodes.schema):
        with np.errstate(invalid="ignore"):  # none of an unlimited capacity is none
            each = np.nan_to_num(
                offered(nodes, resource, np.arange(nodes.rows)) * count.astype(np.float64),
                nan=0.0,
                posinf=np.inf,
            )
        capacity[:, i] = add(group, each, size)
        if i == 0:
            capacity_at = add(cell, each, cells)
        if resource in tasks.schema:
            load = context.takes(resource, slice(None)) * context.resolution(resource) * members
            used[:, i] = add(group[node], load, size)
            if i == 0:
                used_at = add(cell[node], load, cells)
    link_use, access_use = _network_use(plan, network)
    return Report(
        kinds=kinds,
        countries=countries,
        resources=tuple(nodes.schema),
        tasks=int(_rows(tasks.columns["count"], tasks.rows).astype(np.int64).sum()),
        placed=int(members.sum()),
        nodes=add(group, count, size).astype(np.int64).reshape(shape),
        placed_by=add(group[node], members, size).astype(np.int64).reshape(shape),
        used=used.reshape(*shape, -1),
        capacity=capacity.reshape(*shape, -1),
        placed_at=add(cell[node], members, cells).astype(np.int64).reshape(shape[0], -1),
        used_at=used_at.reshape(shape[0], -1),
        capacity_at=capacity_at.reshape(shape[0], -1),
        reasons=_reasons(plan, tasks),
        link_use=link_use,
        access_use=access_use,
    )


def _rows(column: Any, rows: int) -> npt.NDArray[Any]:
    """Read a whole column; a scalar fills it."""
    return np.asarray(column.to_numpy(rows))


def _kinds(nodes: Any, site: Ints, site_kind: Any) -> tuple[tuple[str, ...], Ints]:
    """Kind of each node row, from its labels; a factory at a site of kind gigafactory is one."""
    labels = nodes.labels["labels"]
    codes = _rows(labels.codes, nodes.rows)
    kind = np.zeros(nodes.rows, np.int64)  # 0: a node of no kind that has a name
    for number, name in enumerate(KINDS, start=1):
        if labels.sets is not None:
            has = np.array([name in some for some in labels.sets] or [False])[codes.astype(np.int64)]
        elif name in labels.names:
            has = codes.astype(np.uint64) >> np.uint64(labels.names.index(name)) & np.uint64(1) == 1
        else:
            continue
        kind[has] = number
    if site_kind is not None:
        giga = np.asarray(site_kind) == KINDS[2]
        kind[(kind == 2) & giga[site]] = 3
    present = np.flatnonzero(np.bincount(kind, minlength=len(KINDS) + 1))
    return tuple(("node", *KINDS)[i] for i in present), np.searchsorted(present, kind)


def _runs(plan: Any) -> tuple[Ints, Ints, Ints]:
    """Task row, node row and members of each run."""
    runs = plan.runs
    return runs.task, runs.node, runs.instances * runs.per_instance


def _network_use(plan: Any, network: Any) -> tuple[Floats, Floats]:
    load = np.asarray(plan.link_load_mbps, np.float64)
    if load.ndim == 1:
        load = np.column_stack([load, np.zeros_like(load)])
    limits = np.column_stack([network.access_up_mbps, network.access_down_mbps])
    return share(load, np.asarray(network.capacity_mbps)[:, None]), share(plan.access_load_mbps, limits)


def _reasons(plan: Any, tasks: Any) -> tuple[tuple[Reason, int], ...]:
    left = _rows(tasks.columns["count"], tasks.rows).astype(np.int64) - plan.placed_count
    counts = np.bincount(plan.reason, weights=left, minlength=len(Reason)).astype(np.int64)
    counts[Reason.PLACED] = 0
    return tuple((Reason(int(i)), int(counts[i])) for i in top(counts.astype(np.float64), len(Reason)))
