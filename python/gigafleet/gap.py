"""Which rule owns which part of a plan's gap: what is placed without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from gigafleet import _core
from gigafleet._bonds import is_bound
from gigafleet._frame import Frame, grid, number, words
from gigafleet._verify.values import integers, quantities
from gigafleet.errors import InputError, check_kind
from gigafleet.placing import Effort, Progress, Question, solve
from gigafleet.plan import Plan

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes
    from gigafleet.objective import Objective
    from gigafleet.tasks import Tasks

__all__ = ["GapByRule", "gap_by_rule"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WEIGHT = 1e-6  #: resolution of weights
RULES = _core.RULES


@dataclass(frozen=True, eq=False, repr=False)
class GapByRule(Frame):
    """A row for each rule and level of priority; ``print`` shows them.

    The parts of a level add up to its gap, ``(bound - placed) / max(bound, 1)``. A part below 0: without the
    rule less is placed there, for the sake of a higher level, or by the luck of the search.

    Attributes
    ----------
    rule : str (rows,)
        ``"previous"`` (that tasks ran before; not with models, since nodes hold weights since then),
        ``"gang"`` (gangs and spread groups), ``"tenant"`` (quotas and fairness), ``"model"`` (weights), each
        where the plan has it, in this order; then ``"rest"``: what the search misses, and what the bound is
        too high.
    level : int64 (rows,)
        From 0, the highest priority.
    placed : float64 (rows,)
        Weight placed without this rule and those before it; of ``"rest"``, the bound.
    part : float64 (rows,)
        Of the bound: how much more that is than with this rule.
    """

    rule: NDArray[np.object_]
    level: Ints
    placed: Floats
    part: Floats

    def __str__(self) -> str:
        cells = [
            self.rule.tolist(),
            [str(level) for level in self.level.tolist()],
            [number(placed) for placed in self.placed],
            [f"{100 * part:.3g} %" for part in self.part],
        ]
        return grid(["without", "level", "placed", "part of gap"], cells, [0])


def gap_by_rule(
    plan: Plan,
    *,
    effort: Effort | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> GapByRule:
    """Tell which part of a plan's gap belongs to which of the rules that its bound leaves out.

    Bounds know capacity, links, latency, labels, time and devices. Gangs, tenants, models and an earlier plan
    they leave out, so they are valid, but the gap is as wide as what these rules cost. This drops one after
    the other, places again, and lists what each lets in.

    Parameters
    ----------
    plan : Plan
        With its tables.
    effort : {"fast", "balanced", "best"}, optional
        Default: that of the plan.
    threads, progress
        As in :func:`gigafleet.place`.

    Returns
    -------
    GapByRule
        A table; a plan without such rules has ``"rest"`` alone.

    Raises
    ------
    InputTypeError
        No plan.
    InputError
        A plan loaded without its tables.

    Notes
    -----
    The time of the bound and of :func:`gigafleet.place` once a rule that the plan has.

    Examples
    --------
    >>> print(gf.gap_by_rule(plan))                  # doctest: +SKIP
    without  level  placed  part of gap
    tenant       0   9,700        0.2 %
    model        0   9,950        2.5 %
    rest         0  10,000        0.5 %
    """
    check_kind("plan", plan, Plan, "a Plan")
    if plan._tables is None:
        raise InputError.at("plan", "a plan without its tables", "Plan.load(path, tasks, nodes)")
    how_hard = effort if effort is not None else cast("Effort", plan._core.made_from()[1])
    tasks, nodes = cast("tuple[Tasks, Nodes]", plan._tables)
    bound = np.asarray(plan.certificate.bound_by_level, np.float64)
    level, weight = _levels(tasks)
    names, placed = [], [_by_level(level, weight, plan.placed_count, bound.size)]
    for name, asked, off in _relaxed(plan, tasks, nodes):
        core = solve(asked, how_hard, threads=threads, progress=progress, disabled_rules=off)
        names.append(name)
        placed.append(_by_level(level, weight, core.placed_count, bound.size))
    names.append("rest")
    placed.append(bound)
    parts = np.diff(placed, axis=0) / np.maximum(bound, 1)
    rows = np.repeat(np.arange(len(names)), bound.size)
    levels = np.tile(np.arange(bound.size), len(names))
    return GapByRule(words(names, rows), levels, np.concatenate(placed[1:]), parts.ravel())


def _relaxed(plan: Plan, tasks: Tasks, nodes: Nodes) -> Iterator[tuple[str, Question, int]]:
    """One rule less each time: its name, the question, and the rules that are off."""
    objective = cast("Objective", plan._objective)
    asked = Question(tasks, nodes, objective, plan._need_models(), plan._tenants, plan._earlier)
    off = 0
    if plan._earlier is not None and asked.models is None:  # else nodes hold what was in use then
        asked = asked._replace(earlier=None)
        yield "previous", asked, off
    if is_bound(tasks.columns):
        off |= RULES["GANG"] | RULES["SPREAD"]
        yield "gang", asked, off
    if asked.tenants is not None:
        asked = asked._replace(tenants=None)
        yield "tenant", asked, off
    if asked.models is not None:
        off |= RULES["MODEL"]
        yield "model", asked, off


def _levels(tasks: Tasks) -> tuple[Ints, Floats]:
    """The level of each task row, 0 is the highest, and the weight of one member."""
    rows = np.arange(tasks.rows)
    _, level = np.unique(-integers(tasks, "priority", rows), return_inverse=True)
    weight = quantities(tasks, "weight", rows, WEIGHT, up=True).astype(np.float64) * WEIGHT
    return level.astype(np.int64), weight


def _by_level(level: Ints, weight: Floats, members: Ints, levels: int) -> Floats:
    return np.bincount(level, weight * members, levels).astype(np.float64)
