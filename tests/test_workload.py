"""The benchmarks' workload: shapes, dtypes, shares, repeatability; at a size that takes no time."""

from __future__ import annotations

import numpy as np
import pytest

import workload

ROWS = 50_000


@pytest.fixture(scope="module")
def arrays() -> dict[str, dict[str, np.ndarray]]:
    return workload.make(ROWS, ROWS, seed=3)


def test_same_seed_same_arrays(arrays: dict[str, dict[str, np.ndarray]]) -> None:
    again, other = workload.make(ROWS, ROWS, seed=3), workload.make(ROWS, ROWS, seed=4)
    for table in arrays:
        for name, column in arrays[table].items():
            assert np.array_equal(column, again[table][name]), name
    assert not np.array_equal(arrays["tasks"]["origin"], other["tasks"]["origin"])


@pytest.mark.parametrize("load", [0.9, 1.1, 1.3])
def test_load_is_what_it_says(load: float) -> None:
    arrays = workload.make(ROWS, ROWS, seed=0, load=load)
    demand = arrays["tasks"]["compute_tops"]
    assert demand[demand < 1e6].sum() / arrays["nodes"]["compute_tops"].sum() == pytest.approx(load, rel=0.02)


def test_columns_are_narrow_and_drawn_on_their_own(arrays: dict[str, dict[str, np.ndarray]]) -> None:
    tasks = arrays["tasks"]
    assert {tasks[name].dtype.name for name in ("origin", "memory_gb", "duration_s")} == {
        "uint16",
        "float32",
        "int32",
    }
    compute, memory = tasks["compute_tops"] > 30, tasks["memory_gb"] > 4
    assert abs(np.corrcoef(compute, memory)[0, 1]) < 0.02
    assert abs(np.corrcoef(tasks["origin"], np.arange(ROWS))[0, 1]) < 0.02


def test_no_two_alike_means_it() -> None:
    nodes = workload.make(10, ROWS, seed=0, alike=False)["nodes"]
    vehicles = np.isfinite(nodes["energy_wh"])
    pairs = np.stack([nodes["energy_wh"], nodes["available_s"]], axis=1)[vehicles]
    assert len(np.unique(pairs, axis=0)) >= 0.999 * len(pairs)


def test_hot_spot_sends_two_percent() -> None:
    origin = workload.make(ROWS, 1000, seed=0, hot_spot=True)["tasks"]["origin"]
    assert np.bincount(origin).max() / ROWS == pytest.approx(0.02, rel=0.15)


def test_network_hangs_together(arrays: dict[str, dict[str, np.ndarray]]) -> None:
    """One piece and the cells cut off, by halving the distance to a common root."""
    sites = arrays["sites"]
    root = np.arange(len(sites["country"]))
    for _ in range(40):
        low = np.minimum(root[sites["tail"]], root[sites["head"]])
        np.minimum.at(root, sites["tail"], low)
        np.minimum.at(root, sites["head"], low)
        root = root[root]
    assert len(np.unique(root)) == 1 + workload.CUT_OFF
    assert (sites["latency_ms"] > 0).all()
