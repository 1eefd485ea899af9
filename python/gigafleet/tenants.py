"""The table of tenants: who tasks belong to, how much each may hold, and what a fair share is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet._arrays import as_array, floats, frozen, kind_of
from gigafleet._whose import check_names, positions_in
from gigafleet.columns import Column
from gigafleet.errors import InputError, InputTypeError, check_kind

if TYPE_CHECKING:
    from gigafleet._verify.tenants import TenantsGiven
    from gigafleet._verify.values import TasksLike
    from gigafleet.tasks import Tasks

__all__ = ["Tenants", "fair_tasks"]

Floats = NDArray[np.float64]


class Tenants:
    """Who tasks belong to: companies, departments, a public service.

    ``gf.Tasks(tenant=...)`` names them, ``gf.place(tenants=...)`` keeps their rules, and ``plan.shares()``
    says what each got.

    Parameters
    ----------
    name : iterable of str, or Arrow column
        All different, not empty.
    weight : float or (tenants,) array, default 1
        What the tenant's share counts: twice the weight is entitled to twice the share. Finite, > 0.
    quota : dict of str to float or (tenants,) array, default none
        Of a resource, the most that the tenant's tasks may ask together where they are placed, >= 0, in the
        resource's unit; inf is no limit. Also of ``"devices"`` and ``"device.NAME"``.
    max_priority : int or (tenants,) array, default 0
        The highest `priority` that a task of the tenant may have.

    Attributes
    ----------
    names : tuple of str
    weight : (tenants,) float64
    quota : dict of str to (tenants,) float64
    max_priority : (tenants,) int64
        Read-only.

    Raises
    ------
    InputError
        A name that is empty or comes twice, a number out of its range; the message names the row.
    InputTypeError
        Names that are no strings, a wrong dtype or shape.

    Examples
    --------
    >>> tenants = gf.Tenants(name=["clinic", "giant"], weight=[1, 3], quota={"memory_gb": [np.inf, 4e6]})
    >>> tasks = gf.Tasks(net, origin="Berlin", demand={"memory_gb": 4}, count=[100, 900],
    ...                  tenant=["clinic", "giant"])  # doctest: +SKIP
    """

    def __init__(
        self,
        name: Iterable[str],
        weight: ArrayLike = 1.0,
        quota: Mapping[str, ArrayLike] | None = None,
        max_priority: ArrayLike = 0,
    ) -> None:
        self.names = check_names(name)
        rows = len(self.names)
        self.weight: Floats = floats("weight", weight, rows)
        _check("weight", self.weight, "a finite number > 0", (self.weight > 0) & np.isfinite(self.weight))
        check_kind("quota", quota, (Mapping, NoneType), "a dict of resource -> amounts")
        self.quota: dict[str, Floats] = {}
        for resource, amounts in (quota or {}).items():
            if not isinstance(resource, str) or not resource:
                raise InputTypeError.at("quota", f"the resource {resource!r}", "a name")
            argument = f"quota[{resource!r}]"
            self.quota[resource] = floats(argument, amounts, rows)
            _check(argument, self.quota[resource], "a number >= 0, or inf", self.quota[resource] >= 0)
        priority = as_array("max_priority", max_priority)
        if priority.size == 0:
            priority = priority.astype(np.int64)
        if priority.dtype.kind not in "iu" or priority.shape not in ((), (rows,)):
            raise InputTypeError.at("max_priority", kind_of(priority), f"integers of shape ({rows},)")
        self.max_priority: NDArray[np.int64] = frozen(np.array(np.broadcast_to(priority, (rows,)), np.int64))

    def positions(self, tasks: Tasks) -> Column:
        """The tenant of each task row, by position in `names`; -1 is none. O(rows) where they are names.

        Raises InputError where a row names a tenant that is not here, or the table names none.
        """
        codes: Column = tasks.columns["tenant"]
        words = tasks.tenant_names
        if codes.scalar and words == ():
            raise InputError.at("tasks.tenant", "none", "Tasks(tenant=...), names or positions in tenants")
        return positions_in("tasks.tenant", codes, words, self.names, "tenants")

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Tenants({len(self.names):,} rows)"

    def _given(self, tasks: TasksLike) -> TenantsGiven:
        """For ``verify``."""
        from gigafleet._verify.tenants import TenantsGiven

        position = self.positions(cast("Tasks", tasks))
        return TenantsGiven(self.names, self.weight, self.quota, self.max_priority, position)

    def _in_core(self, tasks: Tasks) -> tuple[Any, list[float], list[int], list[tuple[str, list[float]]]]:
        quota = [(resource, amounts.tolist()) for resource, amounts in self.quota.items()]
        return self.positions(tasks)._core, self.weight.tolist(), self.max_priority.tolist(), quota


def _check(argument: str, values: Floats, wanted: str, good: NDArray[np.bool_]) -> None:
    if not good.all():
        row = int(np.argmin(good))
        raise InputError.at(argument, values[row], wanted, row)


def fair_tasks(
    demand: ArrayLike, capacity: ArrayLike, *, weight: ArrayLike = 1.0, wanted: ArrayLike = np.inf
) -> Floats:
    """Tasks of each tenant under weighted dominant-resource fairness, were tasks divisible, in one pool.

    What :func:`gigafleet.place` comes to, up to one task of each of two tenants compared, where every node
    can run every task and whole tasks fill nodes. All tenants' dominant shares, the largest of their shares
    in any one resource over their weight, rise together; a tenant stops where it has all it wanted, or a
    resource that it needs is full.

    Parameters
    ----------
    demand : (tenants, resources) array
        What one task of each tenant asks, finite, >= 0.
    capacity : (resources,) array
        Of the pool, >= 0; inf is no limit.
    weight : float or (tenants,) array, default 1
        Finite, > 0.
    wanted : float or (tenants,) array, default inf
        Tasks that each tenant has, >= 0. A tenant whose tasks take nothing that is limited must say.

    Returns
    -------
    (tenants,) float64
        Within 1e-9 relative of the exact figures.

    Raises
    ------
    InputError, InputTypeError
        Numbers out of range; shapes that do not fit.

    Notes
    -----
    Ghodsi et al., "Dominant Resource Fairness" (NSDI 2011), progressive filling, extended by weights, by
    demands of 0 and by a limit of tasks (Parkes, Procaccia, Shah, "Beyond dominant resource fairness", EC
    2012). The shares then have these properties: sharing incentive (nobody has less than a part of the pool
    by weight would give), envy-freeness, Pareto efficiency, strategy-proofness.
    O(tenants x resources x (tenants + resources)).

    Examples
    --------
    >>> gf.fair_tasks([[1, 4], [3, 1]], [9, 18]).tolist()   # of the paper: 3 tasks, 2 tasks
    [3.0, 2.0]
    """
    given = as_array("demand", demand)
    if given.dtype.kind not in "iuf" or given.ndim != 2:
        raise InputTypeError.at("demand", kind_of(given), "numbers of shape (tenants, resources)")
    asks = given.astype(np.float64)
    tenants, resources = asks.shape
    room, weights = floats("capacity", capacity, resources), floats("weight", weight, tenants)
    limit = floats("wanted", wanted, tenants)
    if not (np.isfinite(asks) & (asks >= 0)).all():
        raise InputError.at("demand", asks[~(np.isfinite(asks) & (asks >= 0))][0], "finite numbers >= 0")
    _check("capacity", room, "a number >= 0", room >= 0)
    _check("weight", weights, "a finite number > 0", (weights > 0) & np.isfinite(weights))
    _check("wanted", limit, "a number >= 0", limit >= 0)
    # Share of each resource that a task takes; of what there is none of, and it is asked for, all.
    share = np.divide(asks, room, out=np.where(asks > 0, np.inf, 0.0), where=room > 0)
    dominant = share.max(axis=1, initial=0.0)
    free = dominant == 0
    _check("wanted", limit, "a finite number, since its tasks take nothing", ~free | np.isfinite(limit))
    tasks = np.where(free, limit, 0.0)
    rising = ~free & np.isfinite(dominant) & (limit > 0)
    left = np.ones(resources)
    while rising.any():
        rate = np.where(rising, weights / np.where(rising, dominant, 1.0), 0.0)  # tasks by unit of share
        used = rate @ np.where(rising[:, None], share, 0.0)
        to_full = np.divide(left, used, out=np.full(resources, np.inf), where=used > 0)
        to_all = np.where(rising, (limit - tasks) / np.where(rising, rate, 1.0), np.inf)
        step = min(to_full.min(initial=np.inf), to_all.min(initial=np.inf))
        tasks += rate * step
        left = np.maximum(left - used * step, 0.0)
        left[to_full <= step] = 0.0
        done = rising & (to_all <= step)
        tasks[done] = limit[done]
        rising &= ~done & ~(share[:, left <= 1e-12] > 0).any(axis=1)
    return tasks
