"""The batch call: decide what runs where, all at once, now."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import NoneType
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from gigafleet import _core, _devices
from gigafleet.errors import InputError, InputTypeError, check_kind, check_number, check_whole
from gigafleet.objective import Objective

if TYPE_CHECKING:
    from gigafleet._verify.earlier import Earlier
    from gigafleet.models import Models
    from gigafleet.nodes import Nodes
    from gigafleet.owners import Owners
    from gigafleet.plan import Plan
    from gigafleet.tasks import Tasks
    from gigafleet.tenants import Tenants

__all__ = ["Effort", "Progress", "Question", "place", "solve"]

Effort = Literal["fast", "balanced", "best"]
Progress = Callable[[str, int, int], object]


def place(
    tasks: Tasks,
    nodes: Nodes,
    *,
    objective: Objective | None = None,
    models: Models | None = None,
    tenants: Tenants | None = None,
    owners: Owners | None = None,
    previous: Plan | None = None,
    seed: int = 0,
    threads: int | None = None,
    time_limit_s: float | None = None,
    effort: Effort = "balanced",
    progress: Progress | None = None,
) -> Plan:
    """Place tasks on nodes, within every hard rule.

    These are capacity, latency, links, labels, time, devices, gangs and spread groups, quotas and fair shares
    of tenants, and the weights of models. Higher ``priority`` first; then as much ``weight`` as it can; then
    cheap. The plan is maximal: a task is left over only where no node could hold it, and ``plan.reason`` says
    which gate shut the last one out.

    Parameters
    ----------
    tasks : Tasks
        What is to run.
    nodes : Nodes
        Where it may run; of the same network.
    objective : Objective, optional
        Prices of latency, risk and moves.
    models : Models, optional
        The models that tasks name, and their weights; needed where they name any. Weights take memory once on
        each node that a task of the model runs on; where the node does not hold them it loads them, if that
        is done within the task's ``max_wait_s``, and what the nodes of a site load stays within
        ``objective.load_share`` of its access over ``objective.load_window_s``. ``plan.loads`` lists it. With
        a `previous` plan nodes also hold what was in use on them there.
    tenants : Tenants, optional
        Who the tasks belong to (their column `tenant`): no tenant gets more than its quota, and what there is
        is shared out by weighted dominant-resource fairness, level by level of `priority`; see
        ``plan.shares()``.
    owners : Owners, optional
        Who the nodes belong to, for ``plan.ledger()``; changes nothing in the plan.
    previous : Plan, optional
        An earlier plan to start from, also of other tables, or loaded from a file. Tasks and nodes are
        matched by ``id`` (row positions where the tables have none). Tasks stay where they ran as far as the
        new tables allow, unless a move saves more than ``objective.move_cost`` or lets more be placed. A
        task of a higher level takes what it needs from those of lower ones, which move, or are evicted
        (``plan.displaced()``); tasks that ran are never left out for those of their own level that did not.
        Nothing need still be true of it: nodes and tasks may have gone or come, and all about them may have
        changed. Where nothing has, and no higher `effort` is asked for, nothing moves.
    seed : int, default 0
        Of whatever an algorithm draws. Nothing does yet but local search, which always starts alike.
    threads : int, optional
        Default: the CPUs this process may use. The plan is the same on any number.
    time_limit_s : float, optional
        Stop after about this many seconds with the best placement by then, with `previous` at the least with
        what can stay where it ran: ``plan.status`` is then
        ``"TIME_LIMIT"``, and tasks not reached, if the first way tried was cut off, have the reason
        ``NOT_TRIED``.
    effort : {"fast", "balanced", "best"}, default "balanced"
        Budget of work, never of seconds: what is tried; the placement with the most weight, then the
        cheapest, is kept. ``"fast"`` streams: what fits near its origin, then the cheapest nodes left.
        ``"balanced"`` finds prices for what is scarce by a dual ascent, sends tasks where they cost the
        least at these prices, packs nodes by patterns, and moves single tasks for a little while; where tasks
        are left over, or the problem is too large for prices (see Notes), it tries the streaming way with
        large, dense and tight tasks first. ``"best"`` tries more prices, moves tasks as long as it pays, and
        also places by cost alone.
    progress : callable, optional
        ``progress(stage, done, total)``, called on this thread some times a second. An exception in it, like
        Ctrl-C, stops the work; nothing is left half done.

    Returns
    -------
    Plan

    Raises
    ------
    InputTypeError
        An argument of another type, such as a `previous` that is no plan.
    InputError
        Tables of another network, a demand for a resource that no node has, an unknown domain level, an owner
        that is not among `owners`, a tenant that is not among `tenants`, a task above its tenant's
        ``max_priority``, a quota for a resource that no node has,
        ``time_limit_s`` or ``threads`` not positive.

    Notes
    -----
    Tasks fold into classes (alike in everything), nodes into pools. Shapes of tasks are placed one after the
    other, each class on its cheapest pools with room; no table of classes and pools is made. Time grows with
    shapes x pools + classes x (core sites + pools tried) + rows.

    Prices need tables of origins x places of nodes and of shapes x pools: up to 8 and 4 million entries, some
    thousand sites. A round of the ascent costs shapes x origins x places; 90 rounds are made. The smoothed
    dual and its kernels follow Cuturi, "Sinkhorn distances" (NIPS 2013); ejection chains with growing weights
    Voudouris and Tsang, "Guided local search" (EJOR 1999).

    With `tenants` tasks fold and are planned as without; what is placed of a class is dealt to its tenants,
    and where shares are still uneven tasks change places; see docs/tenants.md.

    A `previous` plan costs some sorts of its runs, by class and by node, beside the time of what is tried;
    where nobody who ran is asked for any more, ``"fast"`` gives the plan from scratch.

    Gangs and spread groups are placed before the other tasks of their priority and then stay where they are;
    a gang is asked once of each domain that does not hold one like it. Bounds do not know these rules.
    """
    from gigafleet.models import Models
    from gigafleet.nodes import Nodes
    from gigafleet.owners import Owners
    from gigafleet.plan import Plan
    from gigafleet.tasks import Tasks
    from gigafleet.tenants import Tenants

    check_kind("tasks", tasks, Tasks, "a Tasks table")
    check_kind("nodes", nodes, Nodes, "a Nodes table")
    check_kind("previous", previous, (Plan, NoneType), "a Plan")
    check_kind("models", models, (Models, NoneType), "a Models table")
    check_kind("objective", objective, (Objective, NoneType), "an Objective")
    check_kind("owners", owners, (Owners, NoneType), "an Owners table")
    check_kind("tenants", tenants, (Tenants, NoneType), "a Tenants table")
    check_kind("seed", seed, int, "an int")
    if tasks.network is not nodes.network:
        raise InputError.at("nodes", "nodes of another network", "nodes of the network of the tasks")
    _devices.check_offered(tasks, nodes)
    if models is None and tasks.uses_models:
        raise InputError.at("models", "None", "a Models table: tasks use models")
    objective = objective if objective is not None else Objective()
    if owners is not None:
        owners.positions(nodes)
    if effort not in get_args(Effort):
        raise InputError.at("effort", repr(effort), "'fast', 'balanced' or 'best'")
    if threads is not None:
        check_whole("threads", threads, 1)
    if time_limit_s is not None:
        check_number("time_limit_s", time_limit_s, "a number > 0", lambda limit: limit > 0)
    if progress is not None and not callable(progress):
        raise InputTypeError.at("progress", type(progress).__name__, "a function of (stage, done, total)")
    start, made_from = (None, None) if previous is None else previous._as_earlier()
    core = solve(
        Question(tasks, nodes, objective, models, tenants, start),
        effort,
        made_from=made_from,
        threads=threads,
        time_limit_s=time_limit_s,
        progress=progress,
    )
    return Plan(
        core,
        tasks=tasks,
        nodes=nodes,
        objective=objective,
        earlier=start,
        owners=owners,
        models=models,
        tenants=tenants,
    )


class Question(NamedTuple):
    """What the core is asked to place."""

    tasks: Tasks
    nodes: Nodes
    objective: Objective
    models: Models | None = None
    tenants: Tenants | None = None
    earlier: Earlier | None = None  #: where tasks ran before


def solve(
    asked: Question,
    effort: Effort,
    *,
    made_from: tuple[int, str] | None = None,
    threads: int | None = None,
    time_limit_s: float | None = None,
    progress: Progress | None = None,
    disabled_rules: int = 0,
) -> _core.Plan:
    """The core's plan. `made_from`: of the earlier one; `disabled_rules`: of ``_core.RULES``, left out."""
    from gigafleet._verify.values import every_id

    tasks, nodes, objective, models, tenants, start = asked
    ids = (None, None) if start is None else (every_id(tasks), every_id(nodes))
    return _core.place(
        tasks.network._core,
        nodes._core,
        tasks._core,
        rtt_price=objective.rtt_price,
        horizon_s=objective.horizon_s,
        risk_price=objective.risk_price,
        move_cost=objective.move_cost,
        evict_cost=objective.evict_cost,
        effort=effort,
        threads=threads or 0,
        time_limit_s=math.inf if time_limit_s is None else time_limit_s,
        progress=progress,
        disabled_rules=disabled_rules,
        previous=None if start is None else (start[:5], made_from, *ids),
        models=None if models is None else models._for_core(tasks, nodes, objective, start, ids[1]),
        tenants=None if tenants is None else tenants._in_core(tasks),
    )
