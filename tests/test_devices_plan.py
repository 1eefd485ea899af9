"""Plans of tasks on devices: masks, tables, files, sums, verify; on the oracle's first fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace as Stub
from typing import Any

import numpy as np
import polars
import pyarrow
import pytest

from fake_core import FakeCore, first_fit_plan
from gigafleet.errors import InputError, VerifyError
from gigafleet.plan import Plan
from gigafleet.report import report
from gigafleet.summary import Usage
from plain import tables
from problem import Link, Node, Objective, Problem, Site, Task
from strategies import make


def problem(**changed: Any) -> Problem:
    """Two hosts of two devices, and one of none; the last task finds no device that is empty."""
    nodes = (
        Node(0, {"disk_gb": 10}, {"devices": 2}, devices=2, device_capacity={"memory_gb": 80}, count=2),
        Node(1, {"disk_gb": 90}, {"disk_gb": 0.1}),
    )
    tasks = (
        Task(0, {"disk_gb": 1}, devices=0.6, device_demand={"memory_gb": 30}, count=2),
        Task(0, {"disk_gb": 1}, devices=2, device_demand={"memory_gb": 80}),
        Task(0, {"disk_gb": 20}, device_demand={"memory_gb": 999}),
        Task(0, {"disk_gb": 1}, devices=0.25),
        Task(0, {}, devices=1),
    )
    whole = Problem((Site(), Site()), (Link(0, 1, 1.0),), nodes, tasks, objective=Objective(rtt_price=0))
    return replace(whole, **changed)


def test_masks_by_run() -> None:
    plan = first_fit_plan(problem())
    assert plan.runs.task.tolist() == [0, 0, 1, 2, 3]
    assert plan.runs.first_instance.tolist() == [0, 0, 1, 0, 0]
    assert sorted(plan.devices[:2].tolist()) == [1, 2]
    assert plan.devices[2:].tolist() == [3, 0, 1]
    assert (plan.devices.dtype, plan.devices.shape) == (np.uint64, plan.runs.task.shape)
    with pytest.raises(ValueError, match="read-only"):
        plan.devices[0] = 0
    assert plan.placed_count.tolist() == [2, 1, 1, 1, 0]
    plan.verify()


@pytest.mark.parametrize("masks", [None, np.zeros(0, np.uint64), np.zeros(1, np.uint64)])
def test_plans_of_cores_that_name_no_devices(masks: Any) -> None:
    plan = first_fit_plan(problem(tasks=problem().tasks[2:3]))
    core: Any = plan._core
    plan = Plan(replace(core, said=replace(core.said, devices=masks)), *plan._tables, plan.objective)  # type: ignore[misc]
    assert plan.devices.tolist() == [0]
    assert not plan.devices.flags.writeable
    plan.verify()


def test_plans_without_devices_do_not_ask_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = first_fit_plan(problem(tasks=(Task(0, {"disk_gb": 1}),), nodes=problem().nodes[1:]))
    assert "devices" not in plan._tables[0].schema  # type: ignore[index]
    monkeypatch.setattr(FakeCore, "devices", None)
    assert plan.devices.tolist() == [0]
    plan.verify()


def test_assignments_have_a_column_where_there_are_any() -> None:
    plan = first_fit_plan(problem(), ids=True)
    found = plan.assignments()
    assert list(found.columns()) == ["task", "node", "first_instance", "instances", "per_instance", "devices"]
    assert pyarrow.table(found).schema.field("devices").type == pyarrow.uint64()
    assert polars.DataFrame(found)["devices"].to_list() == plan.devices.tolist()
    assert len(list(found)) == 5
    assert found.members.tolist() == [1] * 5
    without = first_fit_plan(problem(tasks=problem().tasks[2:3])).assignments()
    assert without.devices is None
    assert list(without.columns()) == ["task", "node", "first_instance", "instances", "per_instance"]


def test_used_and_capacity() -> None:
    plan = first_fit_plan(problem())
    assert plan.used("devices") == pytest.approx(0.6 + 0.6 + 2 + 0.25)
    assert plan.capacity("devices") == 4
    assert plan.used("device.memory_gb") == pytest.approx(30 + 30 + 160)
    assert plan.capacity("device.memory_gb") == 320
    assert (plan.used("disk_gb"), plan.capacity("disk_gb")) == (24, 110)
    names = ["disk_gb", "devices", "device.memory_gb"]
    assert [usage.name for usage in plan.summary().resources] == names
    assert plan.summary().resources[1] == Usage("devices", pytest.approx(3.45), 4)
    assert "devices: 3.45 of 4 (86.25 %)" in str(plan.summary())
    with pytest.raises(InputError, match=r"'gpu', wanted one of 'disk_gb', 'devices', 'device.memory_gb'"):
        plan.used("gpu")


def test_unlimited_memory_of_no_devices_is_none() -> None:
    nodes = tuple(replace(node, device_capacity={"memory_gb": float("inf")}) for node in problem().nodes)
    assert first_fit_plan(problem(nodes=nodes[1:])).capacity("device.memory_gb") == 0
    assert first_fit_plan(problem(nodes=nodes)).capacity("device.memory_gb") == float("inf")


def test_a_report_counts_devices_as_resources() -> None:
    plan = first_fit_plan(problem())
    tasks, nodes = plan._tables  # type: ignore[misc]
    for table in (tasks, nodes):
        for column in table.columns.values():
            if column is not None:
                column.to_numpy = lambda rows, column=column: column.take(np.arange(rows))
        for labels in table.labels.values():
            labels.codes.to_numpy = lambda rows, codes=labels.codes: codes.take(np.arange(rows))
    found = report(plan, Stub(network=tasks.network, nodes=nodes, tasks=tasks))
    assert found.resources == ("disk_gb", "devices", "device.memory_gb")
    np.testing.assert_allclose(found.used.sum(axis=(0, 1)), [24, 3.45, 220])
    assert found.capacity.sum(axis=(0, 1)).tolist() == [110, 4, 320]


def test_verify_looks_at_the_plans_masks() -> None:
    plan = first_fit_plan(problem())
    core: Any = plan._core
    crowded = core.said.devices.copy()
    crowded[1] = crowded[0]
    broken = Plan(replace(core, said=replace(core.said, devices=crowded)), *plan._tables, plan.objective)  # type: ignore[misc]
    with pytest.raises(
        VerifyError, match=r"devices: node 0 instance 0: device \d: shares: 1\.\d+ in use, limit 1"
    ):
        broken.verify()
    with pytest.raises(VerifyError, match=r"^devices: "):
        broken.verify(sample=0)


def test_random_plans_are_clean() -> None:
    asked = 0
    for seed in range(40):
        plan = first_fit_plan(make(seed, sites=4, nodes=5, tasks=6, count=3, devices=1), ids=seed % 2 == 0)
        plan.verify()
        asked += np.count_nonzero(plan.devices)
    assert asked > 100


@pytest.mark.parametrize("ids", [False, True])
def test_files_keep_masks(ids: bool, tmp_path: Path) -> None:
    plan = first_fit_plan(problem(), ids=ids)
    assert isinstance(plan._core, FakeCore)
    plan.save(tmp_path / "plan.npz")
    again = Plan.load(tmp_path / "plan.npz", *tables(problem(), ids=ids))
    again.verify()
    alone = Plan.load(tmp_path / "plan.npz")
    for loaded in (again, alone):
        assert loaded.devices.dtype == np.uint64
        assert loaded.devices.tolist() == plan.devices.tolist()
        assert loaded.assignments().devices.tolist() == plan.devices.tolist()  # type: ignore[union-attr]
        assert loaded.used("devices") == plan.used("devices")
    alone.save(tmp_path / "again.npz")
    assert Plan.load(tmp_path / "again.npz").devices.tolist() == plan.devices.tolist()


def test_files_keep_all_sixty_four(tmp_path: Path) -> None:
    tasks = (Task(0, {}, devices=64), Task(0, {}, devices=1))
    nodes = (Node(0, {}, devices=64, count=2),)
    plan = first_fit_plan(problem(nodes=nodes, tasks=tasks))
    assert plan.devices.tolist() == [2**64 - 1, 1]
    plan.save(tmp_path / "plan.npz")
    assert Plan.load(tmp_path / "plan.npz").devices.tolist() == [2**64 - 1, 1]


def test_files_of_plans_without_devices(tmp_path: Path) -> None:
    plan = first_fit_plan(problem(tasks=problem().tasks[2:3]))
    plan.save(tmp_path / "plan.npz")
    with np.load(tmp_path / "plan.npz") as file:
        assert "devices" not in file.files
    loaded = Plan.load(tmp_path / "plan.npz")
    assert loaded.devices.tolist() == [0]
    assert loaded.assignments().devices is None
