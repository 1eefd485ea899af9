"""The gap, rule by rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from bridge import place
from problem import Problem
from strategies import examples, problems
from test_all_rules import mixed

MODELS = gf.Models(["m"], [4.0])


def tables(cars: int = 10, **columns: Any) -> tuple[gf.Tasks, gf.Nodes]:
    """Cars of 8 GB, and 16 tasks of 4 GB."""
    net = gf.Network(sites=["cell"], links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site="cell", capacity={"memory_gb": 8.0}, count=cars)
    return gf.Tasks(net, origin="cell", demand={"memory_gb": 4.0}, **{"count": 16, **columns}), nodes


def listed(found: gf.gap.GapByRule) -> list[tuple[str, int, float, float]]:
    return list(zip(*(v.tolist() for v in found.columns().values()), strict=True))


@examples(60)
@given(problems(bonds=0.5, models=0.5))
def test_parts_add_up_to_the_gap(problem: Problem) -> None:
    plan = place(mixed(problem, 0))
    found, certificate = gf.gap_by_rule(plan, effort="fast"), plan.certificate
    for level, (placed, bound) in enumerate(
        zip(certificate.placed_by_level, certificate.bound_by_level, strict=True)
    ):
        own = found.level == level
        assert found.part[own].sum() == pytest.approx((bound - placed) / max(bound, 1), abs=1e-9)
        assert found.placed[own][-1] == bound
        assert (found.placed[own] <= bound * (1 + 1e-9)).all() or level > 0


def test_weights_own_what_they_keep_out() -> None:
    plan = gf.place(*tables(model="m"), models=MODELS)
    assert (plan.placed_tasks, plan.bound_placed) == (10, 16)
    assert listed(gf.gap_by_rule(plan)) == [("model", 0, 16, pytest.approx(6 / 16)), ("rest", 0, 16, 0)]


def test_every_rule_has_its_row() -> None:
    columns = {
        "model": ["m"] * 6 + [""] * 8,
        "gang": [-1] * 6 + [0] * 8,
        "gang_level": "node",
        "tenant": ["a"] * 14,
        "count": 1,
    }
    tasks, nodes = tables(cars=4, **columns)
    tenants = gf.Tenants(name=["a"], quota={"memory_gb": [1000.0]})
    plan = gf.place(tasks, nodes, models=MODELS, tenants=tenants)
    found = gf.gap_by_rule(plan)
    assert [row[0] for row in listed(found)] == ["gang", "tenant", "model", "rest"]
    assert plan.placed_tasks == 4  # no node holds eight, and each has the weights beside one
    assert found.placed.tolist()[-2:] == [8, 8]
    assert "part of gap" in str(found)


def test_what_ran_before_may_own_a_part() -> None:
    tasks, nodes = tables(cars=1, weight=1.0, count=2, id=[1])
    old = gf.place(tasks, nodes)
    plan = gf.place(
        gf.Tasks(
            nodes.network,
            origin="cell",
            demand={"memory_gb": 4.0},
            weight=[1.0, 5.0],
            count=[2, 2],
            id=[1, 2],
        ),
        nodes,
        previous=old,
    )
    assert plan.placed_weight == 2
    assert listed(gf.gap_by_rule(plan)) == [("previous", 0, 10, pytest.approx(0.8)), ("rest", 0, 10, 0)]


def test_wrong_plans(tmp_path: Path) -> None:
    with pytest.raises(gf.GigafleetError, match="plan: got int, wanted a Plan"):
        gf.gap_by_rule(3)  # type: ignore[arg-type]
    tasks, nodes = tables()
    gf.place(tasks, nodes).save(tmp_path / "plan.npz")
    with pytest.raises(gf.GigafleetError, match="plan: got a plan without its tables"):
        gf.gap_by_rule(gf.Plan.load(tmp_path / "plan.npz"))
    whole = gf.Plan.load(tmp_path / "plan.npz", tasks, nodes)
    assert gf.gap_by_rule(whole).rule.tolist() == ["rest"]
    assert np.isfinite(gf.gap_by_rule(whole).part).all()
