"""What a summary prints: of which level a bound is, who was evicted, what weights take, which gaps."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import gigafleet as gf

NET = gf.Network(sites=["A"], links=([], []), latency_ms=[])


def nodes(count: int, **columns: object) -> gf.Nodes:
    return gf.Nodes(NET, site="A", capacity={"m": 4}, count=count, **columns)  # type: ignore[arg-type]


def tasks(**columns: object) -> gf.Tasks:
    return gf.Tasks(NET, origin="A", demand={"m": 1}, **columns)  # type: ignore[arg-type]


def test_bounds_name_their_level() -> None:
    plan = gf.place(tasks(priority=[2, 1, 0], count=[3, 4, 9], weight=[1, 1, 2]), nodes(2))
    summary = plan.summary()
    assert summary.levels == 3
    assert "weight        9 of 25" in str(summary)
    text = "proven        weight of the lowest of 3 priorities at most 2, placed 2 (gap 0.00 %)"
    assert text in str(summary)
    one = gf.place(tasks(count=9), nodes(2)).summary()
    assert "proven        weight at most 8 (gap 0.00 %)" in str(one)


def test_who_was_evicted_is_shown_and_no_gap_without_meaning(tmp_path: Path) -> None:
    first = gf.place(tasks(id=[0], count=8), nodes(2))
    urgent = tasks(id=[0, 1], priority=[0, 1], count=[8, 3])
    plan = gf.place(urgent, nodes(2), previous=first, objective=gf.Objective(evict_cost=1))
    assert (plan.evicted_tasks, plan.summary().evicted_tasks) == (3, 3)
    text = str(plan.summary())
    assert "evicted       3 tasks" in text
    assert "cost at least 0.00 EUR/h (far below: near 0 the gap says nothing)" in text
    assert plan.gap_cost == math.inf
    plan.save(tmp_path / "plan.npz")
    assert "evicted       3 tasks" in str(gf.Plan.load(tmp_path / "plan.npz").summary())


def test_nothing_placed_has_no_gap() -> None:
    text = str(gf.place(tasks(count=1), nodes(0)).summary())
    assert "cost at least 0.00 EUR/h\n" in text


def test_weights_in_use_are_shown(tmp_path: Path) -> None:
    models = gf.Models(["a", "b", "c"], [2, 3, 1], "m")
    asked = tasks(model=["a", "b"], count=[2, 1])
    fleet = nodes(2, models=[["a", "b", "c"]])
    plan = gf.place(asked, fleet, models=models)
    assert plan.summary().weights_gb == 5
    assert "weights       5 GB of models in use, beside what tasks take" in str(plan.summary())
    plan.save(tmp_path / "plan.npz")
    loaded = (
        gf.Plan.load(tmp_path / "plan.npz"),
        gf.Plan.load(tmp_path / "plan.npz", asked, fleet),
        gf.Plan.load(tmp_path / "plan.npz", asked, fleet, models),
    )
    assert [each.summary().weights_gb for each in loaded] == [5, 5, 5]


def test_large_numbers_have_no_exponent() -> None:
    summary = replace(gf.place(tasks(count=1), nodes(1)).summary(), weight=52_302_300.0)
    assert "of 52,302,300" in str(summary)
