"""What the definition says about plans of the engine: for tests on random problems."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import gigafleet as gf
from bridge import assignment, masks, place, terms
from oracle import Oracle, Reason
from problem import Problem

EFFORTS = ("fast", "balanced", "best")
#: By reason of a plan, what reasons are the definition's if more domains hold a gang.
LATER: dict[Reason | None, tuple[Reason | None, ...]] = {
    Reason.GANG: (Reason.SPREAD, Reason.LINK, Reason.CAPACITY, Reason.DISPLACED, None),
    Reason.SPREAD: (Reason.LINK, Reason.CAPACITY, Reason.DISPLACED, None),
    Reason.LINK: (Reason.CAPACITY, None),
    Reason.CAPACITY: (None,),
    Reason.DISPLACED: (None,),
}


def check_plan(problem: Problem, plan: gf.Plan) -> None:
    """All that the definition says about any plan, on the devices where it put members; and it verifies."""
    oracle, placed, seated = Oracle(problem), assignment(plan), masks(plan)
    assert plan.status == "COMPLETE"
    assert oracle.check(placed, seated) == []
    assert plan.placed_count.tolist() == oracle.placed_count(placed)
    assert plan.placed_tasks == sum(placed.values())
    assert told(plan) == names(as_packed(problem, plan, oracle.reasons(placed, seated)))
    assert math.isclose(plan.placed_weight, sum(oracle.placed_weight(placed)), rel_tol=1e-12)
    tolerance = 1e-9 * terms(oracle, placed) + 1e-12
    assert math.isclose(plan.cost, oracle.total_cost(placed), rel_tol=1e-9, abs_tol=tolerance)
    loaded = oracle.models.loaded(oracle.models.in_use(oracle.loads(placed)))
    assert model_loads(plan) == sorted(loaded)
    for node, name, seconds in zip(plan.loads.node, plan.loads.model, plan.loads.seconds, strict=True):
        assert math.isclose(seconds, oracle.models.seconds(int(node), name), rel_tol=1e-12)
    plan.verify()


def is_alike_gang(problem: Problem, t: int) -> bool:
    """Whether all rows of the task's gang ask for the same from one origin: then packing is exact."""
    own = [task for task in problem.tasks if task.gang == problem.tasks[t].gang >= 0 and task.count]
    return len({repr(replace(task, count=1, weight=1)) for task in own}) <= 1


def as_packed(problem: Problem, plan: gf.Plan, reasons: Sequence[Reason | None]) -> list[Reason | None]:
    """The definition's reasons; of a gang that differs or loads the plan's, where fewer domains explain it.

    The definition tries all ways to pack one into a domain, the engine a few orders (docs/semantics.md).
    """
    own: list[Reason | None] = []
    for t, (reason, due) in enumerate(zip(map(Reason, plan.reason.tolist()), reasons, strict=True)):
        is_exact = is_alike_gang(problem, t) and not (problem.tasks[t].gang >= 0 and problem.tasks[t].model)
        missed = due in LATER.get(reason, ()) and not is_exact
        own.append(reason if missed else due)
    return own


def check_threads(problem: Problem, **options: Any) -> None:
    """However many there are, they find one plan."""
    plans = [place(problem, threads=threads, **options) for threads in (1, 2, 8, 1)]
    assert len({(plan.digest, plan.cost) for plan in plans}) == 1
    for found in (assignment, masks, model_loads):
        assert all(found(plan) == found(plans[0]) for plan in plans)


def names(reasons: Iterable[Reason | None]) -> list[str]:
    """Of reasons that the definition gives; none where something could be placed yet."""
    return ["could be placed" if reason is None else reason.name for reason in reasons]


def told(plan: gf.Plan) -> list[str]:
    """The names of the reasons that a plan gives."""
    return [gf.Reason(int(reason)).name for reason in plan.reason]


def model_loads(plan: gf.Plan) -> list[tuple[int, int, str]]:
    """Node row, instance, name of the model."""
    rows = zip(
        plan.loads.node, plan.loads.first_instance, plan.loads.instances, plan.loads.model, strict=True
    )
    return sorted((int(n), int(a) + i, name) for n, a, number, name in rows for i in range(int(number)))
