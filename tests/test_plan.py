"""A plan: ids, runs, loads, summary, files, verify; on the oracle's first fit, without the engine."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest

import gigafleet as gf
from fake_core import FakeCore, first_fit_plan
from gigafleet.errors import EngineError, GigafleetError, InputError, VerifyError
from gigafleet.plan import Plan
from gigafleet.summary import Summary, Usage
from plain import tables
from problem import Link, Node, Objective, Problem, Site, Task
from strategies import make


def problem(**changed: Any) -> Problem:
    """Two nodes of 10 GB at s1 and s2; task 2 is too big, task 3 too far from s2 and s1 is full."""
    sites = (Site(), Site(access_up_mbps=8.0, access_down_mbps=40.0), Site())
    nodes = (
        Node(1, {"memory_gb": 10.0}, price={"memory_gb": 0.5}),
        Node(2, {"memory_gb": 10.0}, price={"memory_gb": 0.75}, access_rtt_ms=1.0),
    )
    tasks = (
        Task(0, {"memory_gb": 6.0}, uplink_mbps=1.0, downlink_mbps=2.0, weight=2.0),
        Task(0, {"memory_gb": 5.0}, uplink_mbps=3.0, downlink_mbps=4.0),
        Task(0, {"memory_gb": 11.0}),
        Task(0, {"memory_gb": 5.0}, max_rtt_ms=4.0),
    )
    whole = Problem(sites, (Link(0, 1, 2.0, 10.0), Link(2, 1, 3.0)), nodes, tasks)
    return replace(whole, **changed)


def counted() -> Problem:
    one = problem()
    return replace(
        one,
        nodes=(replace(one.nodes[0], count=2), one.nodes[1]),
        tasks=(replace(one.tasks[0], count=4), replace(one.tasks[1], count=0)),
    )


# -- the answer --------------------------------------------------------------------------------------------


def test_nodes_instances_and_reasons_by_row() -> None:
    plan = first_fit_plan(problem())
    assert plan.node.tolist() == [0, 1, -1, -1]
    assert plan.instance.tolist() == [0, 0, -1, -1]
    assert [gf.Reason(r) for r in plan.reason] == [0, 0, gf.Reason.TOO_BIG, gf.Reason.CAPACITY]
    assert plan.placed_count.tolist() == [1, 1, 0, 0]
    assert (plan.node.dtype, plan.reason.dtype, plan.placed_count.dtype) == (np.int64, np.uint8, np.int64)
    assert (plan.placed_tasks, plan.placed_weight, plan.status) == (2, 3.0, "COMPLETE")
    assert plan.cost == pytest.approx(6 * 0.5 + 5 * 0.75 + 1e-5 * (4 + 11))
    assert plan.digest == "c0ffee"
    assert plan.timings == {"fold": 0.25, "pack": 0.5}
    assert plan.objective == Objective()
    assert repr(plan) == "Plan(2 tasks placed, 6.75 EUR/h, COMPLETE)"
    assert gf.Plan is Plan


def test_ids_of_the_tables() -> None:
    plan = first_fit_plan(problem(), ids=True)
    assert plan.node.tolist() == [900, 893, -1, -1]
    assert plan.assignments().task.tolist() == [100, 103]
    assert plan.assignments().node.tolist() == [900, 893]
    assert plan.runs.task.tolist() == [0, 1]
    assert plan.runs.node.tolist() == [0, 1]


def test_arrays_cannot_be_written() -> None:
    plan = first_fit_plan(problem())
    columns = [*plan.assignments(), plan.node, plan.instance, plan.reason, plan.placed_count]
    for array in [*columns, plan.link_load_mbps, plan.access_load_mbps]:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_counts_need_assignments() -> None:
    plan = first_fit_plan(counted())
    assert plan.assignments().columns() == {
        "task": pytest.approx([0, 0, 0]),
        "node": pytest.approx([0, 0, 1]),
        "first_instance": pytest.approx([0, 1, 0]),
        "instances": pytest.approx([1, 1, 1]),
        "per_instance": pytest.approx([1, 1, 1]),
    }
    for name in ("node", "instance"):
        with pytest.raises(InputError, match=rf"plan.{name}\[row 0\].* count 4.*plan.assignments\(\)"):
            getattr(plan, name)
    assert plan.placed_count.tolist() == [3, 0]
    assert [gf.Reason(r).name for r in plan.reason] == ["CAPACITY", "PLACED"]


def test_assignments_as_tables() -> None:
    found = first_fit_plan(problem(), ids=True).assignments()
    wanted = {name: values.tolist() for name, values in found.columns().items()}
    assert len(found) == 2
    assert found.members.tolist() == [1, 1]
    assert list(wanted) == ["task", "node", "first_instance", "instances", "per_instance"]
    assert repr(found) == "Assignments(2 runs, 2 members placed)"
    task, node, *_ = found
    assert (task.tolist(), node.tolist()) == (wanted["task"], wanted["node"])
    assert pyarrow.table(found).to_pydict() == wanted
    assert found.to_arrow().schema.types == [pyarrow.int64()] * 5
    assert polars.DataFrame(found).to_dict(as_series=False) == wanted
    assert found.to_pandas().to_dict("list") == wanted
    assert isinstance(found.to_pandas(), pandas.DataFrame)


def test_tables_name_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = first_fit_plan(problem()).assignments()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(EngineError, match=r"pyarrow.*gigafleet\[arrow\]"):
        found.__arrow_c_stream__()
    with pytest.raises(EngineError, match="pandas"):
        found.to_pandas()


# -- what it takes -----------------------------------------------------------------------------------------


def test_loads() -> None:
    plan = first_fit_plan(problem())
    assert plan.link_load_mbps.tolist() == [[4.0, 6.0], [4.0, 3.0]]
    assert plan.access_load_mbps.tolist() == [[4.0, 6.0], [2.0, 1.0], [4.0, 3.0]]
    links = (Link(0, 1, 2.0), Link(1, 2, 3.0), Link(2, 0, 9.0), Link(1, 0, 1.0))
    plan = first_fit_plan(problem(directed=True, links=links))
    assert plan.link_load_mbps.tolist() == [4.0, 3.0, 4.0, 2.0]


def test_used_and_capacity() -> None:
    plan = first_fit_plan(problem())
    assert (plan.used("memory_gb"), plan.capacity("memory_gb")) == (11.0, 20.0)
    with pytest.raises(InputError, match="resource: got 'gpu', wanted one of 'memory_gb'"):
        plan.used("gpu")
    plan = first_fit_plan(counted())
    assert (plan.used("memory_gb"), plan.capacity("memory_gb")) == (18.0, 30.0)


def test_summary() -> None:
    summary = first_fit_plan(problem()).summary()
    assert (summary.tasks, summary.placed, summary.share) == (4, 2, 0.5)
    assert (summary.weight, summary.placed_weight) == (5.0, 3.0)
    assert summary.reasons == {"TOO_BIG": 1, "CAPACITY": 1}
    assert summary.resources == (Usage("memory_gb", 11.0, 20.0),)
    assert summary.links == (Usage("s1 -> s0", 6.0, 10.0), Usage("s0 -> s1", 4.0, 10.0))
    assert summary.access_up == (Usage("s1", 2.0, 8.0),)
    assert summary.access_down == (Usage("s1", 1.0, 40.0),)
    assert (summary.full_links, summary.full_access) == (0, 0)
    assert (summary.classes, summary.pools) == (3, 2)
    assert summary.peak_memory_mb is None or summary.peak_memory_mb > 10
    text = str(summary)
    for part in (
        "2 of 4 tasks (50.00 %)",
        "TOO_BIG 1",
        "memory_gb: 11 of 20 (55.00 %)",
        "s1 -> s0: 6 of 10 Mbps",
    ):
        assert part in text
    again = Summary.from_dict(json.loads(json.dumps(summary.to_dict(), allow_nan=False)))
    assert again == summary


def test_summary_finds_what_is_full() -> None:
    links = (Link(0, 1, 2.0, 6.0), Link(2, 1, 3.0, 4.0))
    summary = first_fit_plan(problem(links=links)).summary(top=1)
    assert summary.full_links == 2
    assert summary.links == (Usage("s1 -> s0", 6.0, 6.0),)


def test_unlimited_capacity_in_a_summary() -> None:
    summary = first_fit_plan(problem(nodes=(Node(1, {"memory_gb": float("inf")}),))).summary()
    assert summary.resources[0].share == 0.0
    assert summary.to_dict()["resources"][0]["capacity"] is None
    assert Summary.from_dict(summary.to_dict()) == summary


def test_empty_plan() -> None:
    plan = first_fit_plan(problem(nodes=(), tasks=()))
    plan.verify()
    assert len(plan.assignments()) == 0
    assert plan.node.shape == (0,)
    assert plan.summary().share == 1.0
    assert str(plan.summary())


# -- verify ------------------------------------------------------------------------------------------------


def test_verify_raises_on_a_breach() -> None:
    plan = first_fit_plan(problem())
    plan.verify()
    plan.verify(sample=1, seed=3)
    core: Any = plan._core
    crowded = core.runs._replace(node=np.array([0, 0]))
    broken = Plan(replace(core, runs=crowded), *plan._tables, plan.objective)  # type: ignore[misc]
    with pytest.raises(VerifyError, match="capacity: node 0"):
        broken.verify()
    dear = Plan(replace(core, said=replace(core.said, cost=7.0)), *plan._tables, plan.objective)  # type: ignore[misc]
    with pytest.raises(VerifyError, match="load: cost is 7"):
        dear.verify()


def test_plans_of_the_oracle_are_clean() -> None:
    placed = 0
    for seed in range(160):
        plan = first_fit_plan(make(seed, sites=6, nodes=6, tasks=8, count=3), ids=seed % 2 == 0)
        plan.verify()
        placed += plan.placed_tasks
    assert placed > 300


# -- files -------------------------------------------------------------------------------------------------


def same(one: Plan, two: Plan) -> None:
    for a, b in zip(one.assignments(), two.assignments(), strict=True):
        assert a.dtype == b.dtype == np.int64
        assert np.array_equal(a, b)
    for name in ("reason", "placed_count", "link_load_mbps", "access_load_mbps"):
        a, b = getattr(one, name), getattr(two, name)
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)
    for name in ("placed_tasks", "placed_weight", "cost", "status", "digest", "timings", "classes", "pools"):
        assert getattr(one, name) == getattr(two, name)
    assert isinstance(two.objective, gf.Objective)
    assert asdict(two.objective) == asdict(Objective())


@pytest.mark.parametrize("ids", [False, True])
def test_saved_plans_need_no_tables(ids: bool, tmp_path: Path) -> None:
    plan = first_fit_plan(problem(), ids=ids)
    path = tmp_path / "plan.any"
    plan.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["plan.any"]
    loaded = Plan.load(path)
    same(plan, loaded)
    assert np.array_equal(loaded.node, plan.node)
    assert np.array_equal(loaded.instance, plan.instance)
    assert loaded.used("memory_gb") == 11.0
    assert loaded.summary(top=1).links == plan.summary().links[:1]
    assert replace(loaded.summary(), peak_memory_mb=0.0) == replace(plan.summary(), peak_memory_mb=0.0)
    with pytest.raises(InputError, match=r"plan.verify.*Plan.load\(path, tasks, nodes\)"):
        loaded.verify()
    loaded.save(tmp_path / "again")
    same(plan, Plan.load(tmp_path / "again"))


def test_saved_counts_still_need_assignments(tmp_path: Path) -> None:
    first_fit_plan(counted()).save(tmp_path / "plan.npz")
    with pytest.raises(InputError, match=r"plan.node.*row 0.* count 4"):
        _ = Plan.load(tmp_path / "plan.npz").node


@pytest.mark.parametrize("ids", [False, True])
def test_saved_plans_verify_with_their_tables(ids: bool, tmp_path: Path) -> None:
    plan = first_fit_plan(problem(), ids=ids)
    plan.save(tmp_path / "plan.npz")
    loaded = Plan.load(tmp_path / "plan.npz", *tables(problem(), ids=ids))
    loaded.verify()
    same(plan, loaded)
    smaller = problem(nodes=tuple(replace(node, capacity={"memory_gb": 5.5}) for node in problem().nodes))
    with pytest.raises(VerifyError, match="capacity"):
        Plan.load(tmp_path / "plan.npz", *tables(smaller, ids=ids)).verify()


def test_tables_of_another_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.npz"
    first_fit_plan(problem(), ids=True).save(path)
    base = problem()
    for what, other, ids in (
        ("tasks: got rows 3", replace(base, tasks=base.tasks[:3]), True),
        ("nodes: got rows 1", replace(base, nodes=base.nodes[:1]), True),
        ("tasks.network: got sites 4", replace(base, sites=(*base.sites, Site())), True),
        ("tasks.network: got arcs 2", replace(base, links=base.links[:1]), True),
        (r"tasks.id\[row 0\]: got 0, wanted 100", base, False),
    ):
        with pytest.raises(InputError, match=what):
            Plan.load(path, *tables(other, ids=ids))
    tasks, nodes = tables(base, ids=True)
    nodes.columns["id"].values[1] = 5  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"nodes.id\[row 1\]: got 5, wanted 893"):
        Plan.load(path, tasks, nodes)
    with pytest.raises(InputError, match="nodes: got None, wanted both tables or neither"):
        Plan.load(path, tasks)
    base = replace(base, tasks=base.tasks[:2])  # as many as nodes
    first_fit_plan(base).save(path)
    tasks, nodes = tables(base)
    for wrong, message in (
        ((nodes, tasks), f"tasks: got {type(nodes).__name__}, wanted the Tasks of the saved plan"),
        ((3, nodes), "tasks: got int, wanted the Tasks of the saved plan"),
        ((tasks, tasks), f"nodes: got {type(tasks).__name__}, wanted the Nodes of the saved plan"),
    ):
        with pytest.raises(InputError, match=message):
            Plan.load(path, *wrong)  # type: ignore[arg-type]


def test_files_that_are_no_plan(tmp_path: Path) -> None:
    text, other, old = (tmp_path / name for name in ("text", "other.npz", "old.npz"))
    text.write_text("no plan")
    np.savez(other, x=np.zeros(3))
    about = np.frombuffer(json.dumps({"format": 99}).encode(), np.uint8)
    np.savez(old, about=about)
    for path in (text, other, old):
        with pytest.raises(InputError, match="path: got") as caught:
            Plan.load(path)
        assert "pickle" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        Plan.load(tmp_path / "missing")
    assert issubclass(InputError, GigafleetError)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = first_fit_plan(problem())
    path = tmp_path / "plan.npz"
    plan.save(path)

    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space left"):
        plan.save(path)
    monkeypatch.undo()
    same(plan, Plan.load(path))
    assert len(list(tmp_path.iterdir())) == 1


def test_large_numbers_are_kept(tmp_path: Path) -> None:
    plan = first_fit_plan(problem())
    core: Any = plan._core
    assert isinstance(core, FakeCore)
    core.said = replace(core.said, arc_load=np.array([0, -1, 1 << 40, (1 << 62) + 1]))
    plan.save(tmp_path / "plan.npz")
    assert Plan.load(tmp_path / "plan.npz")._core.arc_load().tolist() == [0, -1, 1 << 40, (1 << 62) + 1]
