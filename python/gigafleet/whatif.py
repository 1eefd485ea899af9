"""What if: more tasks of a kind, a day hour by hour. Each starts from a plan that is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gigafleet import _core, _devices
from gigafleet._verify.values import every_id
from gigafleet.columns import Column, column
from gigafleet.errors import InputError, InputTypeError, check_kind, check_whole
from gigafleet.nodes import Nodes
from gigafleet.objective import Objective
from gigafleet.placing import place
from gigafleet.plan import Plan
from gigafleet.tasks import Tasks

if TYPE_CHECKING:  # the rest loads on use: `import gigafleet` stays light
    from gigafleet.headroom import Headroom
    from gigafleet.models import Models
    from gigafleet.objective import Objective
    from gigafleet.owners import Owners
    from gigafleet.placing import Effort, Progress
    from gigafleet.series import Series
    from gigafleet.tenants import Tenants

__all__ = ["capacity", "place_series"]

HOURS = 24  #: of a day, where a function makes the hours


def capacity(
    profile: Tasks,
    plan: Plan,
    *,
    together: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Headroom:
    """How many more tasks of a profile fit on what `plan` leaves, where, and what keeps the next one out.

    All that the plan placed stays where it is. Tasks that it left over are not there.

    Parameters
    ----------
    profile : Tasks
        A row a profile: a task as it might come, with its origin. Its ``weight`` and ``priority`` do not
        matter, nor does its ``count``, unless it is in a gang: rows of one `gang` are asked for together, as
        whole gangs of so many members. Gangs and spread groups are none of the plan's, whatever their
        numbers; a spread group is that of its row, or in a gang of each gang by itself.
    plan : Plan
        Of the same network; one that was loaded needs its tables, ``Plan.load(path, tasks, nodes)``, and
        the table of models where it was made with one.
    together : bool, default False
        False asks for each row by itself. True takes one row after the other, each on what the rows before it
        leave: the sum is what fits at once, and the first rows have the best of it.
    threads : int, optional
        Default: the CPUs this process may use. The answer is the same on any number.
    progress : callable, optional
        ``progress(stage, done, total)``, called on this thread some times a second. An exception in it, like
        Ctrl-C, stops the work.

    Returns
    -------
    Headroom
        A table of counts, with ``assignments()``, ``by_site()``, ``gates()`` and ``binds()``.

    Raises
    ------
    InputTypeError
        A `profile` that is no Tasks, a `plan` that is no Plan.
    InputError
        Another network, a resource that no node has, a plan without its tables or with others, `threads` not
        positive; a model that the plan does not know.

    Notes
    -----
    The cheapest nodes are filled first, those at the origin itself last: a task there takes of the site's
    access twice. No other choice has more members fit where the network is a Graph: the ways from one origin
    are a tree then, so that limits are nested in one another. In a DiGraph the ways back are another tree,
    and ``bound`` tells how many more there could be at most.

    Where a profile asks for devices, members of the plan may change to others of their node; a mix of shares
    that fits in theory may be missed where packing them is hard.

    Where it names a model of the plan's table, members go where that is in use or held, or is loaded within
    ``max_wait_s`` and what the plan leaves of the site's window: of nodes that load it those that hold the
    most, so that no other choice has more fit here either.

    Gangs go to the domain of the cheapest node, as many as it holds, then to the next. Members that differ
    are packed as :func:`gigafleet.place` packs them, which may miss one that would fit, and so are members
    with models where the window of a site binds; ``bound`` is what each kind of member by itself would allow,
    as it is for tasks spread over domains above sites. What members that share a node load is loaded once.

    O(runs of the plan + nodes + pools · links of a way) a row, and for gangs within a node O(nodes that take
    some) more: the plan is not made anew.

    Examples
    --------
    >>> chats = gf.Tasks(net, origin=["Berlin"], demand={"memory_gb": 6}, max_rtt_ms=60)   # doctest: +SKIP
    >>> print(gf.capacity(chats, plan))                                                    # doctest: +SKIP
    """
    from gigafleet.headroom import headroom

    check_kind("profile", profile, Tasks, "a Tasks table")
    check_kind("plan", plan, Plan, "a Plan")
    if threads is not None:
        check_whole("threads", threads, 1)
    engine = plan._engine("plan")
    nodes = cast("Nodes", cast("Any", plan._tables)[1])
    if profile.network is not nodes.network:
        raise InputError.at("profile", "tasks of another network", "tasks of the network of the plan")
    _devices.check_offered(profile, nodes)
    models = plan._models
    if profile.uses_models and models is None:
        raise InputError.at("profile", "tasks that use models", "a plan made with models=")
    found = _core.headroom(
        engine,
        profile._folded(_counts(profile)),
        together=bool(together),
        models=None
        if models is None
        else models._for_core(profile, nodes, plan.objective or Objective(), plan._earlier, every_id(nodes)),
        threads=threads or 0,
        progress=progress,
    )
    return headroom(profile, nodes, found)


def _counts(profile: Tasks) -> Column:
    """1 of each row, of those in a gang as many as the table says."""
    rows = np.arange(profile.rows)
    is_gang = profile.columns["gang"].take(rows) >= 0
    if not is_gang.any():
        return column("count", 1, kind="integer")
    count = np.where(is_gang, profile.columns["count"].take(rows), 1).astype(np.int64)
    if (count < 1).any():
        row = int(np.argmin(count))
        raise InputError.at("profile.count", int(count[row]), "at least 1 where the row is in a gang", row)
    return column("count", count, kind="integer")


def place_series(
    hours: Iterable[Any] | Callable[[int], Any],
    *,
    objective: Objective | None = None,
    models: Models | None = None,
    tenants: Tenants | None = None,
    owners: Owners | None = None,
    previous: Plan | None = None,
    effort: Effort = "balanced",
    seed: int = 0,
    threads: int | None = None,
    time_limit_s: float | None = None,
    each: Callable[[int, Plan], object] | None = None,
    keep: bool = True,
    progress: Progress | None = None,
) -> Series:
    """Place hour after hour, each plan started from the one before: a day, and what moves in it.

    Parameters
    ----------
    hours : iterable or callable
        For each hour a pair ``(tasks, nodes)``, or a scenario. A callable is asked for hours 0 to 23. Tables
        are matched by ``id``, row positions where they have none: give ids where rows come and go. Networks
        may differ.
    objective : Objective, optional
        Of every hour; ``move_cost`` tells what a move has to save.
    models : Models, optional
        Of every hour; what was in use in the hour before, nodes hold.
    tenants : Tenants, optional
        Of every hour; see :func:`gigafleet.place`.
    owners : Owners, optional
        Of every hour, for ``plan.ledger()`` of its plan.
    previous : Plan, optional
        What the first hour starts from.
    effort, seed, threads
        As in :func:`gigafleet.place`.
    time_limit_s : float, optional
        Of each hour; ``plan.status`` tells where it cut off work.
    each : callable, optional
        ``each(hour, plan)``, called when an hour is placed.
    keep : bool, default True
        Keep every plan in ``plans``; False keeps the last one only, for days of millions of rows.
    progress : callable, optional
        ``progress(stage, done, total)`` as in :func:`gigafleet.place`; the stage begins with the hour,
        ``"7: place"``.

    Returns
    -------
    Series
        A table of hours, and the plans.

    Raises
    ------
    InputTypeError
        `hours` or an hour of another kind.
    InputError
        Whatever :func:`gigafleet.place` raises.

    Notes
    -----
    The time of :func:`gigafleet.place` with ``previous`` an hour, and O(rows + runs) to compare two hours.

    Examples
    --------
    >>> day = gf.place_series(lambda hour: (sessions(hour), parked(hour)))          # doctest: +SKIP
    >>> print(day)                                                                  # doctest: +SKIP
    """
    from gigafleet.series import Series, tally

    rows: list[dict[str, float]] = []
    plans: list[Plan] = []
    before = previous
    for hour, (tasks, nodes) in enumerate(_hours(hours)):
        start = time.perf_counter()
        plan = place(
            tasks,
            nodes,
            objective=objective,
            models=models,
            tenants=tenants,
            owners=owners,
            previous=before,
            effort=effort,
            seed=seed,
            threads=threads,
            time_limit_s=time_limit_s,
            progress=_in_hour(hour, progress),
        )
        seconds = time.perf_counter() - start
        rows.append(
            {
                "hour": hour,
                "asked": tasks._core.members,
                "placed": plan.placed_tasks,
                **asdict(tally(before, plan)),
                "moved": plan.moved_tasks,
                "cost": plan.cost,
                "move_cost": cast("_core.Plan", plan._core).moves_cost,
                "seconds": seconds,
            }
        )
        plans = [*plans, plan] if keep else [plan]
        before = plan
        if each is not None:
            each(hour, plan)
    return Series.of(rows, tuple(plans))


def _hours(hours: Iterable[Any] | Callable[[int], Any]) -> Iterator[tuple[Tasks, Nodes]]:
    """Tasks and nodes of each hour."""
    if not callable(hours) and not isinstance(hours, Iterable):
        raise InputTypeError.at("hours", type(hours).__name__, "pairs (tasks, nodes), or a function")
    each = map(hours, range(HOURS)) if callable(hours) else hours
    for row, hour in enumerate(each):
        parts = tuple(hour) if isinstance(hour, (tuple, list)) else ()
        tables = parts[:0:-1] if len(parts) == 3 else parts  # a scenario is network, nodes, tasks
        if len(tables) != 2 or not isinstance(tables[0], Tasks) or not isinstance(tables[1], Nodes):
            raise InputTypeError.at("hours", type(hour).__name__, "a pair (tasks, nodes), or a scenario", row)
        yield tables[0], tables[1]


def _in_hour(hour: int, progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{hour}: {stage}", done, total)
