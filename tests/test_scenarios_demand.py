"""The tasks of the Europe scenario, and that a seed gives one scenario."""

from __future__ import annotations

import numpy as np
import pytest

from gigafleet.scenarios.countries import EU27
from gigafleet.scenarios.demand import LABEL_COLUMNS, TASK_LABELS
from gigafleet.scenarios.network import SITE_KINDS
from gigafleet.scenarios.presets import PRESETS
from scenario_columns import columns, flat, usual


def test_load_is_reached() -> None:
    for load in (0.7, 0.85):
        _, nodes, tasks = columns(load=load)
        offered = nodes.capacity["compute_tops"].astype(np.float64) @ nodes.count
        assert tasks.demand["compute_tops"].sum(dtype=np.float64) / offered == pytest.approx(load, rel=0.01)


def test_task_columns_hold_what_was_promised() -> None:
    network, _, tasks = usual()
    demand = tasks.demand
    wh = demand["power_w"].astype(np.float64) * tasks.duration_s / 3600
    assert np.abs(demand["energy_wh"] - wh).max() < 0.01 * wh.max()
    assert (np.modf(demand["memory_gb"] * 64)[0] == 0).all()
    kind = network.kind[tasks.origin]
    assert set(np.unique(kind)) == {SITE_KINDS.index("metro"), SITE_KINDS.index("cell")}
    assert set(tasks.labels) == set(LABEL_COLUMNS)
    national = tasks.labels["require"] >> np.uint64(TASK_LABELS.index(f"country={EU27[0]}"))
    some = np.flatnonzero(national)
    code = np.log2(national[some].astype(np.float64)).astype(int)
    assert (np.array(EU27)[code] == network.country[tasks.origin[some]]).all()
    assert 0.1 < len(some) / len(national) < 0.25


def test_hot_spots_draw_more_tasks() -> None:
    network, _, tasks = columns(vehicles=100, tasks=200_000)
    cells = network.of_kind("cell")
    count = np.bincount(tasks.origin, minlength=len(network.names))[cells]
    first = np.array([network.names[cell].endswith("/cell-1") for cell in cells])
    metro = network.metro[cells]
    largest = np.argsort(-network.population[metro[first]], kind="stable")[:8]
    assert count[first][largest].min() > 2 * np.median(count)
    assert (count > 2 * np.median(count)).sum() < 40


def test_a_million_tasks_make_80_000_classes() -> None:
    network, _, tasks = columns(vehicles=1_000, tasks=1_000_000)
    key = tasks.origin.astype(np.int64) * 10_000 + tasks.product
    assert len(np.unique(key)) >= 80_000
    assert len(network.names) > 14_000


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_seed_gives_the_same_columns(preset: str) -> None:
    first, second = columns(2_000, 2_000, preset=preset), columns(2_000, 2_000, preset=preset)
    other = columns(2_000, 2_000, seed=1, preset=preset)
    assert first[0].names == second[0].names
    for part in (1, 2):
        pairs = list(zip(flat(first[part]), flat(second[part]), strict=True))
        assert all(np.array_equal(a, b) for a, b in pairs)
        assert not all(
            np.array_equal(a, b) for a, b in zip(flat(first[part]), flat(other[part]), strict=True)
        )


@pytest.mark.parametrize(("vehicles", "tasks"), [(0, 0), (0, 500), (500, 0), (10_000, 100), (100, 10_000)])
def test_any_ratio_of_vehicles_and_tasks(vehicles: int, tasks: int) -> None:
    network, nodes, jobs = columns(vehicles, tasks)
    assert len(nodes.site) == vehicles + len(network.of_kind("rack"))
    assert len(jobs.origin) == tasks
    assert all((one >= 0).all() for one in flat(nodes) + flat(jobs))
