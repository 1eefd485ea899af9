"""Random small problems of tenants: who asks for more than there is, or than a quota, often."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from problem import Node, Problem, Site, Task, Tenant
from strategies import problems

NAMES = ("clinic", "giant", "lab")


def with_tenants(problem: Problem, seed: int) -> Problem:
    """The same problem, its tasks of tenants: some of none, some tenants with a quota."""
    rng = Random(f"{seed} tenants")
    names = NAMES[: rng.choice((2, 2, 3))]
    resources = problem.schema
    tenants = tuple(
        Tenant(
            name,
            weight=rng.choice((1, 1, 2, 0.5)),
            quota={r: rng.choice((0, 1, 1.5, 2, 3)) for r in resources if rng.random() < 0.25},
            max_priority=1,
        )
        for name in names
    )
    whose = [
        Random(f"{seed} tenant of task {row}").choice((*names, *names, ""))
        for row in range(len(problem.tasks))
    ]
    tasks = tuple(replace(task, tenant=name) for task, name in zip(problem.tasks, whose, strict=True))
    return replace(problem, tasks=tasks, tenants=tenants)


@st.composite
def tenant_problems(draw: st.DrawFn, **sizes: float) -> Problem:
    """Problems of :func:`strategies.problems` with tenants."""
    return with_tenants(draw(problems(**sizes)), draw(st.integers(0, 2**32)))  # type: ignore[arg-type]


@st.composite
def crowded(draw: st.DrawFn) -> Problem:
    """A few nodes at one site, and tenants that ask for far more than these have, without quotas."""
    rng = Random(f"{draw(st.integers(0, 2**32))} crowded")
    resources = ("compute_tops", "memory_gb")
    names = NAMES[: draw(st.integers(2, 3))]
    nodes = tuple(
        Node(0, {r: rng.choice((3, 4, 6)) for r in resources}, count=rng.choice((1, 1, 2)))
        for _ in range(draw(st.integers(1, 3)))
    )
    tasks = tuple(
        Task(
            0,
            {r: rng.choice((0.5, 1, 1, 2)) for r in resources},
            weight=rng.choice((1, 1, 3)),
            priority=rng.choice((0, 0, 0, 1)),
            count=rng.choice((1, 3, 12)),
            tenant=rng.choice(names),
        )
        for _ in range(draw(st.integers(2, 6)))
    )
    tenants = tuple(Tenant(name, weight=rng.choice((1, 1, 2)), max_priority=1) for name in names)
    return Problem((Site(),), (), nodes, tasks, tenants=tenants)
