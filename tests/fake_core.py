"""A stand-in for the core's plan, put together from the oracle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from devices import Assignment, Masks
from exhaustion import first_fit
from gigafleet.plan import Plan
from gigafleet.verify import Reported, Runs
from oracle import Oracle, from_runs
from plain import tables
from problem import Problem


def reported(
    oracle: Oracle, plan: dict[tuple[int, int, int], int], devices: np.ndarray | None = None
) -> Reported:
    """What a plan would say of itself, by the oracle; `devices` are masks by run."""
    problem, loads, placed = oracle.problem, oracle.loads(plan), oracle.placed_count(plan)
    sites = range(len(problem.sites))
    return Reported(
        placed_count=np.array(placed, dtype=np.int64),
        devices=devices,
        reason=np.array([11 if r is None else r for r in oracle.reasons(plan)], dtype=np.uint8),
        arc_load=np.array([loads["LINK", arc] for arc in range(len(oracle.arcs))], dtype=np.int64),
        access_up=np.array([loads["ACCESS", s, "up"] for s in sites], dtype=np.int64),
        access_down=np.array([loads["ACCESS", s, "down"] for s in sites], dtype=np.int64),
        placed_tasks=sum(placed),
        placed_weight=float(sum(oracle.placed_weight(plan))),
        cost=float(oracle.total_cost(plan)),
        objective=problem.objective,
        moved_tasks=0,
        evicted_tasks=0,
    )


@dataclass
class FakeCore:
    """What `_core.Plan` offers, for runs by row position."""

    oracle: Oracle
    runs: Runs
    said: Reported
    status: str = "COMPLETE"
    classes: int = 3
    pools: int = 2
    timings: dict[str, float] = field(default_factory=lambda: {"fold": 0.25, "pack": 0.5})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.said, name)

    def assignments(self) -> Runs:
        return self.runs

    def devices(self) -> np.ndarray | None:
        return self.said.devices

    def models_in_use(self) -> tuple[np.ndarray, ...]:
        return self.model_loads()

    def model_loads(self) -> tuple[np.ndarray, ...]:
        return (*(np.zeros(0, np.int64) for _ in range(4)), np.zeros(0))

    def seats(self) -> tuple[np.ndarray, np.ndarray]:
        return self.node(), self.instance()

    def node(self) -> np.ndarray:
        return self._by_task(self.runs.node)

    def instance(self) -> np.ndarray:
        return self._by_task(self.runs.first_instance)

    def _by_task(self, values: np.ndarray) -> np.ndarray:
        rows = np.full(len(self.oracle.problem.tasks), -1, np.int64)
        rows[self.runs.task] = values
        return rows

    def arc_load(self) -> np.ndarray:
        return self.said.arc_load

    def access_load(self) -> tuple[np.ndarray, np.ndarray]:
        return self.said.access_up, self.said.access_down

    def bounds(self) -> tuple[list[float], list[float], float, float, float]:
        """As trivial as can be: all weight, and no cost where prices are not negative."""
        weight = [float(w) for w in self.oracle.placed_weight(from_runs(*self.runs))]
        most = dict.fromkeys(sorted(-task.priority for task in self.oracle.problem.tasks), 0.0)
        for t, task in enumerate(self.oracle.problem.tasks):
            most[-task.priority] += float(self.oracle.weight(t)) * task.count
        return weight, list(most.values()), 0.0, abs(self.said.cost), 0.125

    def prices(self) -> list[tuple[np.ndarray, np.ndarray, float, bool]]:
        """None found, of the cost and of each level."""
        none = np.zeros(0)
        _, bounds, cost, _, _ = self.bounds()
        return [(none, none, bound, False) for bound in (cost, *bounds)]

    def made_from(self) -> tuple[int, str]:
        return 2**63 + 1, "fast"

    def digest(self, task_ids: Any = None, node_ids: Any = None) -> str:
        return "c0ffee"


def first_fit_plan(problem: Problem, *, ids: bool = False, **changed: Any) -> Plan:
    """A plan of the first fit of each member."""
    oracle = Oracle(problem)
    found = first_fit(oracle)
    runs, masks = plain_runs(found), None
    if problem.has_devices:
        runs, masks = device_runs(found, oracle.devices.masks(found))
    tasks, nodes = tables(problem, ids=ids)
    said = reported(oracle, found, masks)
    return Plan(FakeCore(oracle, runs, said, **changed), tasks, nodes, problem.objective)


def plain_runs(plan: Assignment) -> Runs:
    """A run for all members of a row on an instance."""
    rows = [(t, n, instance, 1, each) for (t, n, instance), each in sorted(plan.items())]
    return Runs(*(np.array([row[k] for row in rows], dtype=np.int64) for k in range(5)))


def device_runs(plan: Assignment, masks: Masks) -> tuple[Runs, np.ndarray]:
    """A run for each member, and their masks."""
    rows = [(*spot, 1, 1, mask) for spot in sorted(plan) for mask in masks[spot]]
    runs = Runs(*(np.array([row[k] for row in rows], dtype=np.int64) for k in range(5)))
    return runs, np.array([row[5] for row in rows], dtype=np.uint64)
