"""What if: more tasks of a kind. Starts from a plan that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from gigafleet import _core
from gigafleet.columns import column
from gigafleet.errors import InputError, InputTypeError
from gigafleet.headroom import Headroom, headroom
from gigafleet.plan import Plan
from gigafleet.tasks import Tasks

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes
    from gigafleet.placing import Progress

__all__ = ["capacity"]


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
        A row a profile: a task as it might come, with its origin. Its ``count``, ``weight`` and ``priority``
        do not matter.
    plan : Plan
        Of the same network; one that was loaded needs its tables, ``Plan.load(path, tasks, nodes)``.
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
        Another network, a resource that no node has, a plan without its tables, `threads` not positive.

    Notes
    -----
    The cheapest nodes are filled first, those at the origin itself last: a task there takes of the site's
    access twice. No other choice has more members fit where the network is a Graph: the ways from one origin
    are a tree then, so that limits are nested in one another. In a DiGraph the ways back are another tree,
    and ``bound`` tells how many more there could be at most.

    O(runs of the plan + nodes + pools · links of a way) a row: the plan is not made anew.

    Examples
    --------
    >>> chats = gf.Tasks(net, origin=["Berlin"], demand={"memory_gb": 6}, max_rtt_ms=60)   # doctest: +SKIP
    >>> print(gf.capacity(chats, plan))                                                    # doctest: +SKIP
    """
    if not isinstance(profile, Tasks):
        raise InputTypeError.at("profile", type(profile).__name__, "a Tasks table")
    if not isinstance(plan, Plan):
        raise InputTypeError.at("plan", type(plan).__name__, "a Plan")
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise InputError.at("threads", repr(threads), "a whole number >= 1")
    engine = plan._engine("plan")
    nodes = cast("Nodes", cast("Any", plan._tables)[1])
    if profile.network is not nodes.network:
        raise InputError.at("profile", "tasks of another network", "tasks of the network of the plan")
    one = profile._folded(column("count", 1, kind="integer"))
    found = _core.headroom(engine, one, together=bool(together), threads=threads or 0, progress=progress)
    return headroom(profile, nodes, found)
