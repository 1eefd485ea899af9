"""The columns of a Europe scenario as plain arrays, for the tests of their generators."""

from __future__ import annotations

from functools import cache

import numpy as np

from gigafleet.scenarios import factories
from gigafleet.scenarios.campuses import offered_chips
from gigafleet.scenarios.campuses import racks as racks_of
from gigafleet.scenarios.demand import TaskColumns, task_columns
from gigafleet.scenarios.fleet import NODE_LABELS, NodeColumns, node_columns
from gigafleet.scenarios.network import NetworkArrays, network_arrays
from gigafleet.scenarios.presets import load_preset

CAMPUSES = [(one, "gigafactory") for one in factories.GIGAFACTORIES]
VEHICLE = np.uint64(1 << NODE_LABELS.index("vehicle"))


def columns(
    vehicles: int = 20_000,
    tasks: int = 20_000,
    seed: int = 0,
    hour: int = 19,
    preset: str = "today",
    load: float = 0.9,
    racks: bool = True,
) -> tuple[NetworkArrays, NodeColumns, TaskColumns]:
    """The three tables, with the gigafactories only."""
    figures = load_preset(preset)
    offered = offered_chips(figures.factories, CAMPUSES, tasks)
    racked = racks_of(figures.factories, offered) if racks else None
    network = network_arrays(figures.network, tasks=tasks, campuses=offered, racks=racked)
    rng = np.random.default_rng(seed)
    nodes = node_columns(
        figures, network, offered, racked, vehicles=vehicles, hour=hour, day="weekdays", rng=rng
    )
    chips = sum(count for _, _, count in offered)
    jobs = task_columns(
        figures.tasks, network, nodes, tasks=tasks, chips=chips, hour=hour, load=load, rng=rng
    )[0]
    return network, nodes, jobs


@cache
def usual() -> tuple[NetworkArrays, NodeColumns, TaskColumns]:
    """The tables by default, made once; not to be written to."""
    return columns()


def flat(table: NodeColumns | TaskColumns) -> list[np.ndarray]:
    """Every column of a table."""
    parts = (getattr(table, name) for name in table.__dataclass_fields__)
    return [one for part in parts for one in (part.values() if isinstance(part, dict) else [part])]
