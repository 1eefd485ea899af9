"""The table of tenants, the column that names them, fair shares in one pool, and the table of shares."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gigafleet as gf
from gigafleet.errors import InputError, InputTypeError, VerifyError
from strategies import examples

NET = gf.Network(sites=["Berlin", "Paris"], links=([0], [1]), latency_ms=5.0)
NODES = gf.Nodes(NET, site="Berlin", capacity={"c": 10, "m": 100}, count=10)
TENANTS = gf.Tenants(name=["small", "big"])


def tasks(tenant: Any, rows: int = 3, **columns: Any) -> gf.Tasks:
    columns = {"demand": {"c": 1, "m": 1}, "origin": np.zeros(rows, np.int32)} | columns
    return gf.Tasks(NET, tenant=tenant, **columns)


def test_columns_and_their_defaults() -> None:
    tenants = gf.Tenants(name=["a", "b"], weight=[1, 2], quota={"m": [3, math.inf]})
    assert (tenants.names, len(tenants), repr(tenants)) == (("a", "b"), 2, "Tenants(2 rows)")
    assert tenants.max_priority.tolist() == [0, 0]
    assert tenants.quota["m"].tolist() == [3, math.inf]
    with pytest.raises(ValueError, match="read-only"):
        tenants.weight[0] = 1
    assert len(gf.Tenants(name=[])) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "a"}, "name: got 'a', wanted a list of names"),
        ({"name": ["a", "a"]}, r"name\[row 1\]: got 'a' again, wanted names that differ"),
        ({"weight": [1, 0]}, r"weight\[row 1\]: got 0.0, wanted a finite number > 0"),
        ({"weight": math.inf}, r"weight\[row 0\]: got inf, wanted a finite number > 0"),
        ({"quota": [1, 2]}, "quota: got list, wanted a dict of resource -> amounts"),
        ({"quota": {"m": [1, -1]}}, r"quota\['m'\]\[row 1\]: got -1.0, wanted a number >= 0, or inf"),
        ({"quota": {"m": [1, math.nan]}}, r"quota\['m'\]\[row 1\]: got nan"),
        ({"quota": {"m": [1, 2, 3]}}, r"quota\['m'\]: got int64 of shape \(3,\)"),
        ({"max_priority": [1.5, 2]}, r"max_priority: got float64 of shape \(2,\), wanted integers"),
    ],
)
def test_bad_columns_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        gf.Tenants(**{"name": ["a", "b"], **arguments})


@pytest.mark.parametrize(
    "column",
    [
        ["small", "", "big"],
        np.array(["small", "", "big"]),
        pyarrow.array(["small", "", "big"]),
        pyarrow.array(["small", "", "big"]).dictionary_encode(),
        [0, -1, 1],
        np.array([0, -1, 1], np.int8),
        np.array([0, -1, 1], np.int16)[::1],
        np.array([0, 9, -1, 9, 1, 9], np.int32)[::2],
        pyarrow.chunked_array([[0], [-1, 1]]),
    ],
)
def test_tenants_are_names_or_positions(column: Any) -> None:
    plan = gf.place(tasks(column), NODES, tenants=TENANTS)
    shares = plan.shares()
    assert shares.tenant.tolist() == ["small", "big", ""]
    assert shares.tasks.tolist() == shares.placed.tolist() == [1, 1, 1]
    plan.verify()


@pytest.mark.parametrize(
    ("tenant", "columns", "message"),
    [
        (None, {}, r"tasks.tenant: got none, wanted Tasks\(tenant=...\)"),
        (["small", "who", "big"], {}, r"tasks.tenant\[row 1\]: got 'who', wanted a name of tenants"),
        ([0, 1, 2], {}, r"tasks.tenant\[row 2\]: got 2, wanted a tenant from 0 to 1, or -1"),
        ([0, -2, 1], {}, r"tasks.tenant\[row 1\]: got -2, wanted a tenant from 0 to 1, or -1"),
        (7, {}, "tasks.tenant: got 7, wanted a tenant from 0 to 1, or -1"),
        ([0, 0, 1], {"priority": [0, -1, 1]}, r"tasks.priority\[row 2\]: got 1, wanted at most 0"),
    ],
)
def test_bad_rows_are_named(tenant: Any, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        gf.place(tasks(tenant, **columns), NODES, tenants=TENANTS)
    with pytest.raises(InputError, match=r"tasks.tenant: got 0, wanted -1: the table is empty"):
        gf.place(tasks(0), NODES, tenants=gf.Tenants(name=[]))


def test_other_errors_name_the_argument() -> None:
    named = tasks(["small", "big", "big"])
    with pytest.raises(InputTypeError, match="tenant: got"):
        tasks([0.5, 1.0, 1.0])
    with pytest.raises(InputTypeError, match="tenants: got list, wanted a Tenants table"):
        gf.place(named, NODES, tenants=[1])  # type: ignore[arg-type]
    quota = gf.Tenants(name=["small", "big"], quota={"x": 1})
    with pytest.raises(InputError, match=r"tenants.quota\['x'\]: got a resource that no node has"):
        gf.place(named, NODES, tenants=quota)
    plan = gf.place(named, NODES)
    with pytest.raises(InputError, match=r"plan\.shares: got a plan without tenants"):
        plan.shares()
    assert plan.placed_tasks == 3  # without a table of tenants the column is of no account


def crowd(**options: Any) -> gf.Plan:
    asked = tasks(["small", "big", ""], count=[30, 500, 20], **options)
    return gf.place(asked, NODES, tenants=gf.Tenants(name=["small", "big"], quota={"m": [12, math.inf]}))


def test_shares_as_a_table() -> None:
    shares = crowd().shares()
    assert shares.placed.tolist() == [12, 68, 20]
    assert shares.left_quota.tolist() == [18, 0, 0]
    assert shares.left_fairness.tolist() == [0, 432, 0]
    assert shares.left_other.tolist() == [0, 0, 0]
    assert shares.used["c"].tolist() == [12, 68, 20]
    assert shares.weighted_share.tolist() == pytest.approx([0.12, 0.68, 0.2])
    assert shares.share["m"].tolist() == pytest.approx([0.012, 0.068, 0.02])
    assert pyarrow.table(shares).column_names[-4:] == ["used.c", "used.m", "share.c", "share.m"]
    assert "(none)" in str(shares)
    assert repr(shares) == "Shares(3 rows, 100 of 550 tasks placed)"


def test_plans_of_tenants_survive_files(tmp_path: Path) -> None:
    plan = crowd()
    plan.save(tmp_path / "plan.npz")
    again = gf.Plan.load(tmp_path / "plan.npz", *plan._tables)  # type: ignore[misc]
    again.verify()
    assert str(again.shares()) == str(plan.shares())
    alone = gf.Plan.load(tmp_path / "plan.npz")
    assert alone.shares().placed.tolist() == plan.shares().placed.tolist()


def test_without_tenants_a_plan_of_theirs_is_only_a_start() -> None:
    plan = crowd()
    free = gf.place(plan._tables[0], NODES, previous=plan)  # type: ignore[index, arg-type]
    assert free.placed_tasks == 100
    free.verify()


def test_an_hour_later_nobody_moves_and_who_ran_is_admitted_first() -> None:
    quota = gf.Tenants(name=["small", "big"], quota={"m": [12, math.inf]})
    before = crowd()
    again = gf.place(before._tables[0], NODES, tenants=quota, previous=before)  # type: ignore[index, arg-type]
    assert (again.moved_tasks, again.digest) == (0, before.digest)
    # Row 1 asks for more weight for its part of the quota, but row 0 ran.
    first = gf.Tasks(NET, origin="Berlin", demand={"c": 1, "m": 1}, tenant="small", count=12, id=[5])
    ran = gf.place(first, NODES, tenants=quota)
    both = gf.Tasks(
        NET, origin="Berlin", demand={"c": 1, "m": 1}, tenant="small", count=12, weight=[9, 1], id=[7, 5]
    )
    assert gf.place(both, NODES, tenants=quota).placed_count.tolist() == [12, 0]
    later = gf.place(both, NODES, tenants=quota, previous=ran)
    assert (later.placed_count.tolist(), later.moved_tasks) == ([0, 12], 0)
    later.verify()


def test_an_explanation_says_it_is_the_tenant() -> None:
    plan = crowd()
    assert plan.explain(0).reason == gf.Reason.QUOTA
    assert "QUOTA: a tenant's quota has no room for it, or for the whole of its gang" in str(plan.explain(0))
    free = gf.place(
        tasks("small", count=[5, 5, 5]), NODES, tenants=gf.Tenants(name=["small"], quota={"m": 12})
    )
    assert "would find a place but for the quota: 9 nodes with room" in str(free.explain(2))
    assert plan.explain(1).reason == gf.Reason.FAIRNESS


@pytest.mark.parametrize(
    ("reason", "to", "message"),
    [
        ("QUOTA", "CAPACITY", "quota: task 0: its reason is not CAPACITY"),
        ("FAIRNESS", "QUOTA", "quota: task 1: its reason is not QUOTA"),
        ("FAIRNESS", "CAPACITY", "quota: task 1: its reason is not CAPACITY"),
    ],
)
def test_verify_knows_the_reasons_of_tenants(reason: str, to: str, message: str) -> None:
    plan = crowd()
    wrong = plan.reason.copy()
    wrong[wrong == gf.Reason[reason]] = gf.Reason[to]
    plan.__dict__["reason"] = wrong
    with pytest.raises(VerifyError, match=message):
        plan.verify()


@pytest.mark.parametrize(
    ("tenants", "message"),
    [
        (gf.Tenants(name=["small", "big"], quota={"m": [11, 99]}), "quota: tenant 'small': m: 12 in use"),
        (gf.Tenants(name=["small", "big"], max_priority=-1), "quota: task 0 of tenant 'small': priority 0"),
    ],
)
def test_verify_recomputes_quotas(tenants: gf.Tenants, message: str) -> None:
    plan = crowd()
    plan._tenants = tenants
    with pytest.raises(VerifyError, match=message):
        plan.verify()


def test_a_time_limit_keeps_quotas() -> None:
    many = tasks(np.arange(3000) % 2, 3000, demand={"c": np.linspace(0.01, 0.02, 3000), "m": 0.1})
    quota = gf.Tenants(name=["small", "big"], quota={"m": [3, math.inf]})
    plan = gf.place(many, NODES, tenants=quota, time_limit_s=1e-9)
    assert plan.status == "TIME_LIMIT"
    assert plan.shares().used["m"][0] <= 3 + 1e-9


# -- shares of divisible tasks in one pool ------------------------------------------------------------------


@st.composite
def pools(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    tenants, resources = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    demand = rng.uniform(0.1, 4, (tenants, resources)) * (rng.random((tenants, resources)) > 0.2)
    demand[np.arange(tenants), rng.integers(0, resources, tenants)] = rng.uniform(0.5, 4, tenants)
    return demand, rng.uniform(5, 50, resources), rng.choice([1, 1, 2, 0.5], tenants)


def run(demand: np.ndarray, bundle: np.ndarray) -> np.ndarray:
    """Tasks of each demand that a bundle of resources can run."""
    bundle, demand = np.broadcast_arrays(bundle, demand)
    return np.min(np.divide(bundle, demand, out=np.full(demand.shape, np.inf), where=demand > 0), axis=-1)


@examples(300)
@given(pools())
def test_fair_shares_have_the_proved_properties(pool):
    demand, capacity, weight = pool
    fair = gf.fair_tasks(demand, capacity, weight=weight)
    bundles = fair[:, None] * demand
    used = bundles.sum(axis=0)
    assert (used <= capacity * (1 + 1e-9)).all()
    # Sharing incentive: as many tasks as a part of the pool by weight would run.
    alone = run(demand, capacity * (weight / weight.sum())[:, None])
    assert (fair >= alone * (1 - 1e-6)).all()
    # Envy-freeness: another's bundle, by the ratio of weights, runs no more of the own tasks.
    for i in range(len(weight)):
        others = bundles * (weight[i] / weight)[:, None]
        assert (run(demand[i], others) <= fair[i] * (1 + 1e-6)).all()
    # Pareto efficiency: each needs something of which nothing is left.
    full = used >= capacity * (1 - 1e-6)
    assert (demand[:, full] > 0).any(axis=1).all()
    # Strategy-proofness: no other demand brings more tasks.
    rng = np.random.default_rng(len(weight))
    for _ in range(5):
        i = int(rng.integers(len(weight)))
        lie = demand.copy()
        lie[i] *= rng.uniform(0.5, 2, lie.shape[1])
        lie[i] += rng.uniform(0, 1, lie.shape[1]) * (rng.random(lie.shape[1]) < 0.3)
        told = gf.fair_tasks(lie, capacity, weight=weight)
        assert run(demand[i], told[i] * lie[i]) <= fair[i] * (1 + 1e-6)


def test_fair_shares_by_hand() -> None:
    assert gf.fair_tasks([[1, 4], [3, 1]], [9, 18]).tolist() == pytest.approx([3, 2])
    assert gf.fair_tasks([[1.0]] * 3, [12], wanted=[1, math.inf, 9]).tolist() == pytest.approx([1, 5.5, 5.5])
    assert gf.fair_tasks([[1.0], [1.0]], [12], weight=[1, 3]).tolist() == pytest.approx([3, 9])
    assert gf.fair_tasks([[1, 0], [0, 1]], [4, math.inf], wanted=[math.inf, 7]).tolist() == [4, 7]
    assert gf.fair_tasks([[1.0], [0.0]], [0], wanted=[math.inf, 2]).tolist() == [0, 2]
    assert gf.fair_tasks(np.zeros((0, 2)), [1, 1]).tolist() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [1, 1]), r"demand: got int64 of shape \(2,\)"),
        (("x", [1]), r"demand: got <U1 of shape \(\), wanted numbers of shape"),
        (([[1], [1, 2]], [1]), "demand: got a list that is no array"),
        (([[1, -1]], [1, 1]), "demand: got -1.0, wanted finite numbers >= 0"),
        (([[1, 1]], [1]), r"capacity: got int64 of shape \(1,\)"),
        (
            ([[0, 0]], [1, 1]),
            r"wanted\[row 0\]: got inf, wanted a finite number, since its tasks take nothing",
        ),
    ],
)
def test_bad_pools_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gf.fair_tasks(*arguments)


@examples(60)
@given(st.integers(0, 2**32))
def test_whole_tasks_in_one_pool_come_to_the_fair_shares(seed):
    rng = np.random.default_rng(seed)
    tenants = int(rng.integers(2, 5))
    demand = rng.choice([1.0, 2.0, 4.0], (tenants, 2))
    capacity, weight = rng.choice([64.0, 96.0, 128.0], 2), rng.choice([1.0, 2.0], tenants)
    pool = gf.Nodes(NET, site="Berlin", capacity={"c": capacity[0], "m": capacity[1]})
    wanted = rng.integers(1, 200, tenants)
    asked = gf.Tasks(
        NET, origin="Berlin", demand={"c": demand[:, 0], "m": demand[:, 1]}, count=wanted,
        tenant=np.arange(tenants),
    )  # fmt: skip
    names = gf.Tenants(name=[f"t{i}" for i in range(tenants)], weight=weight)
    plan = gf.place(asked, pool, tenants=names)
    fair = gf.fair_tasks(demand, capacity, weight=weight, wanted=wanted)
    one_task = (demand / capacity).max(axis=1) / weight
    share = plan.shares().weighted_share
    # At most one task of its own, and of whoever it would have to displace.
    assert (share >= fair * one_task - one_task - one_task.max() - 1e-9).all()
