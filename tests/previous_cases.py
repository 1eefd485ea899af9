"""Problems to place, and to place again: shared by the tests of warm starts."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

import gigafleet as gf
from bridge import to_models, to_network, to_nodes, to_objective, to_tasks
from problem import Link, Node, Problem, Site, Task

EFFORTS = ("fast", "balanced", "best")


def some_problem() -> Problem:
    rng = Random(3)
    sites = (Site(), Site())
    nodes = tuple(
        Node(rng.randrange(2), {"memory_gb": rng.choice((4, 8))}, {"memory_gb": rng.choice((0.1, 0.2))})
        for _ in range(40)
    )
    tasks = tuple(Task(rng.randrange(2), {"memory_gb": rng.choice((1, 2, 3))}) for _ in range(60))
    return Problem(sites, (Link(0, 1, 1.0),), nodes, tasks)


def by_id(problem: Problem, task_id: Any, node_id: Any, **options: Any) -> gf.Plan:
    net = to_network(problem)
    nodes = to_nodes(problem, net, id=np.array(list(node_id)) * 10)
    tasks = to_tasks(problem, net, id=np.array(list(task_id)) * 7 + 1)
    return gf.place(tasks, nodes, objective=to_objective(problem), models=to_models(problem), **options)


def seats(plan: gf.Plan) -> set[tuple[int, ...]]:
    return set(zip(*(column.tolist() for column in plan.assignments()), strict=True))
