"""Problems of the oracle as gigafleet's tables, and plans of gigafleet as the oracle's assignments."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import gigafleet as gf
from devices import masks_from_runs
from gigafleet import _core
from oracle import Oracle, from_runs
from problem import Node, Problem, Task

LABEL_COLUMNS = ("require", "any_of", "forbid", "transit_require", "transit_forbid")
TASK_NUMBERS = ("weight", "priority", "uplink_mbps", "downlink_mbps", "max_rtt_ms", "duration_s", "count")
NODE_NUMBERS = ("access_rtt_ms", "link_up_mbps", "link_down_mbps", "available_s", "count")
INTEGERS = {"priority", "count", "gang", "spread", "spread_max"}


def to_gigafleet(problem: Problem) -> tuple[gf.Network, gf.Nodes, gf.Tasks]:
    """The three tables, through arrays."""
    network = to_network(problem)
    return network, to_nodes(problem, network), to_tasks(problem, network)


def to_network(problem: Problem) -> gf.Network:
    levels = sorted({level for site in problem.sites for level in site.domains})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*self-loop")
        return gf.Network(
            sites=len(problem.sites),
            links=(_column(problem.links, "tail", np.int64), _column(problem.links, "head", np.int64)),
            latency_ms=_column(problem.links, "latency_ms"),
            capacity_mbps=_column(problem.links, "capacity_mbps"),
            price_per_mbps=_column(problem.links, "price_per_mbps"),
            directed=problem.directed,
            labels=_flags(site.labels for site in problem.sites),
            access_up_mbps=_column(problem.sites, "access_up_mbps"),
            access_down_mbps=_column(problem.sites, "access_down_mbps"),
            domains={level: np.array([s.domains.get(level, "") for s in problem.sites]) for level in levels},
        )


def to_nodes(problem: Problem, network: gf.Network, **columns: Any) -> gf.Nodes:
    rows: Sequence[Node] = problem.nodes
    resources = sorted({r for node in rows for r in node.capacity}) or problem.resources or ["compute_tops"]
    given = {
        "site": _column(rows, "site", np.int64),
        "capacity": {r: np.array([n.capacity.get(r, 0) for n in rows], np.float64) for r in resources},
        "price": {r: np.array([n.price.get(r, 0) for n in rows], np.float64) for r in resources},
        "labels": _flags(node.labels for node in rows),
        "consumable": tuple(r for r in problem.consumable if r in resources),
        "resolution": {r: v for r, v in problem.resolution.items() if r in resources},
    }
    if problem.models:
        given["models"] = _flags(node.models for node in rows)
    if problem.has_devices:
        given |= _devices(rows, "device_capacity", problem.device_resources)
        priced = [r for r in problem.schema if r not in problem.resources]
        given["price"] |= {r: np.array([n.price.get(r, 0) for n in rows], np.float64) for r in priced}
        given["resolution"] |= {r: v for r, v in problem.resolution.items() if r in priced}
    return gf.Nodes(network, **(given | _numbers(rows, NODE_NUMBERS) | columns))


def to_tasks(problem: Problem, network: gf.Network, **columns: Any) -> gf.Tasks:
    rows: Sequence[Task] = problem.tasks
    resources = sorted({r for task in rows for r in task.demand}) or problem.resources or ["compute_tops"]
    given = {
        "origin": _column(rows, "origin", np.int64),
        "demand": {r: np.array([t.demand.get(r, 0) for t in rows], np.float64) for r in resources},
    }
    if problem.models:
        given["model"] = np.array([task.model for task in rows], np.str_)
        given["max_wait_s"] = _column(rows, "max_wait_s")
    if problem.has_devices:
        given |= _devices(rows, "device_demand", problem.device_resources)
    if problem.has_bonds:
        given |= _numbers(rows, ("gang", "spread", "spread_max"))
        given |= {name: [getattr(t, name) for t in rows] for name in ("gang_level", "spread_level")}
    if problem.tenants:
        given["tenant"] = [task.tenant for task in rows] or None
    given |= {name: _flags(getattr(task, name) for task in rows) for name in LABEL_COLUMNS}
    return gf.Tasks(network, **(given | _numbers(rows, TASK_NUMBERS) | columns))


def to_tenants(problem: Problem) -> gf.Tenants | None:
    if not problem.tenants:
        return None
    rows = problem.tenants
    resources = sorted({r for tenant in rows for r in tenant.quota})
    return gf.Tenants(
        name=[tenant.name for tenant in rows],
        weight=_column(rows, "weight"),
        quota={r: [tenant.quota.get(r, np.inf) for tenant in rows] for r in resources},
        max_priority=_column(rows, "max_priority", np.int64),
    )


def to_objective(problem: Problem) -> gf.Objective:
    return gf.Objective(**dataclasses.asdict(problem.objective))


def to_models(problem: Problem) -> gf.Models | None:
    rows = problem.models
    if not rows:
        return None
    weights = _column(rows, "weights_gb")
    return gf.Models([row.name for row in rows], weights, resource=problem.model_resource)


def place(problem: Problem, **options: Any) -> gf.Plan:
    _, nodes, tasks = to_gigafleet(problem)
    options = {"models": to_models(problem), "tenants": to_tenants(problem)} | options
    return gf.place(tasks, nodes, objective=to_objective(problem), **options)


def place_without(rule: str | None, problem: Problem) -> gf.Plan:
    """A plan by an engine that does not know one of the rules."""
    _, nodes, tasks = to_gigafleet(problem)
    objective, models, tenants = to_objective(problem), to_models(problem), to_tenants(problem)
    core = _core.place(
        tasks.network._core,
        nodes._core,
        tasks._core,
        rtt_price=objective.rtt_price,
        horizon_s=objective.horizon_s,
        risk_price=objective.risk_price,
        disabled_rules=0 if rule is None else _core.RULES[rule],
        models=None if models is None else models._for_core(tasks, nodes, objective),
        tenants=None if tenants is None else tenants._in_core(tasks),
    )
    return gf.Plan(core, tasks=tasks, nodes=nodes, objective=objective, models=models, tenants=tenants)


def assignment(plan: gf.Plan) -> dict[tuple[int, int, int], int]:
    """What the plan places, by rows; only for tables whose ids are their rows."""
    return from_runs(*(column.tolist() for column in plan.assignments()))


def masks(plan: gf.Plan) -> dict[tuple[int, int, int], list[int]]:
    """Which devices its members use, by rows."""
    return masks_from_runs(*(column.tolist() for column in (*plan.runs, plan.devices)))


def expanded(problem: Problem) -> Problem:
    """The same problem with a row per member and per instance."""
    single = lambda rows: tuple(dataclasses.replace(row, count=1) for row in rows for _ in range(row.count))  # noqa: E731
    return dataclasses.replace(problem, nodes=single(problem.nodes), tasks=single(problem.tasks))


def terms(oracle: Oracle, plan: dict[tuple[int, int, int], int]) -> float:
    """What to measure errors of the cost against: the costs of the members, without their signs."""
    return float(sum(abs(oracle.pair_cost(t, n)) * k for (t, n, _), k in plan.items()))


def _devices(rows: Sequence[Any], each: str, resources: Sequence[str]) -> dict[str, Any]:
    """The columns of devices; `each` is what their amounts are called."""
    amounts = {r: np.array([getattr(row, each).get(r, 0) for row in rows], np.float64) for r in resources}
    whole = all(isinstance(row.devices, int) for row in rows)
    return {"devices": _column(rows, "devices", np.int64 if whole else np.float64), each: amounts}


def _column(rows: Sequence[Any], name: str, dtype: Any = np.float64) -> np.ndarray:
    return np.array([getattr(row, name) for row in rows], dtype)


def _numbers(rows: Sequence[Any], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {name: _column(rows, name, np.int64 if name in INTEGERS else np.float64) for name in names}


def _flags(sets: Iterable[tuple[str, ...]]) -> Any:
    """A dict of name -> whether each row has it; () where there is no name."""
    rows = list(sets)
    names = sorted({name for row in rows for name in row})
    return {name: np.array([name in row for row in rows]) for name in names} or ()
