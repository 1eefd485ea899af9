"""A plan checked against its inputs, without the engine.

:func:`verify` recomputes every hard rule from the raw columns in NumPy, and the routes in plain Python.
Neither this module nor its parts import an extension module, so a mistake in the core cannot hide itself.
Quantities are rounded as in docs/semantics.md and added up exactly, in integers.
"""

from __future__ import annotations

import numpy as np

from gigafleet._verify.bonds import check_bonds
from gigafleet._verify.context import Context, ObjectiveLike, Reported
from gigafleet._verify.devices import check_devices
from gigafleet._verify.earlier import Earlier
from gigafleet._verify.models import check_models
from gigafleet._verify.moves import check_moves
from gigafleet._verify.nodes import check_access, check_access_loads, check_capacity, check_identity
from gigafleet._verify.paths import check_cost, check_links, check_loads, check_paths
from gigafleet._verify.runs import Runs
from gigafleet._verify.tenants import TenantsGiven, check_tenants
from gigafleet._verify.values import NodesLike, TasksLike
from gigafleet.errors import check_whole

__all__ = ["Earlier", "ObjectiveLike", "Reported", "Runs", "TenantsGiven", "verify"]


def verify(
    runs: Runs,
    tasks: TasksLike,
    nodes: NodesLike,
    reported: Reported | None = None,
    *,
    sample: int | None = None,
    seed: int = 0,
) -> None:
    """Raise if an assignment breaks a hard rule, or if a plan misstates what it reserves.

    Parameters
    ----------
    runs
        The assignments, by row position (``Plan.verify`` turns ids into positions).
    tasks, nodes
        The tables that they speak of.
    reported
        Figures of the plan to compare: counts, moves and loads exactly, cost and weight within 1e-9 relative.
    sample
        None checks everything. A number checks labels, time, transit and latency on that many runs drawn at
        random; then the reported loads of links are held against the capacities but not recomputed, and the
        cost is not. Identity, moves, node capacities, devices, models, gangs, spread groups, lines and the
        access of sites are always checked in full.
    seed
        Of the sample.

    Raises
    ------
    InputError
        A `sample` or `seed` that is no whole number >= 0.
    VerifyError
        The message begins with the rule that is broken (``identity``, ``access``, ``capacity``, ``devices``,
        ``gang``, ``spread``, ``line``, ``model``, ``quota``, ``label``, ``time``, ``transit``, ``latency``,
        ``link``; ``load`` for misstated figures) and names the task and node, the site or the link, the
        amount and the limit.

    Notes
    -----
    Time grows with runs times (resources + labels in use + devices of a node), and with core sites that
    routes start from times links. Memory beyond the inputs: 8 bytes a run and a node, 40 bytes a pair
    (origin, site) in use, 120 bytes a run on devices, and a block of work.
    """
    if sample is not None:
        check_whole("sample", sample, 0)
    check_whole("seed", seed, 0)
    columns = (np.asarray(part, dtype=np.int64) for part in runs)
    context = Context(Runs(*columns), tasks, nodes, reported or Reported())
    check_identity(context)
    check_moves(context)
    check_tenants(context)
    up, down = check_access(context)
    check_capacity(context)
    check_devices(context)
    check_bonds(context)
    context.load_cost = check_models(context)
    count = context.runs.task.size
    if sample is None or sample >= count:
        load, total_ns = check_paths(context, None)
        check_links(context, load)
        check_loads(context, load)
        check_access_loads(context, up, down)
        check_cost(context, load, total_ns)
        return
    check_paths(context, np.sort(np.random.default_rng(seed).choice(count, sample, replace=False)))
    if context.reported.arc_load is not None:
        check_links(context, np.asarray(context.reported.arc_load).tolist())
    check_access_loads(context, up, down)
