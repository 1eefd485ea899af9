"""What a plan says of the bounds: by hand, in summaries, in files."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import gigafleet as gf
from fake_core import first_fit_plan
from gigafleet.certificate import Certificate
from gigafleet.summary import Summary
from test_plan import problem


def small_plan() -> gf.Plan:
    """One node of 4, for three tasks of 2 at 0.5 a unit; one task more at a higher priority."""
    network = gf.Network(sites=1, links=([], []), latency_ms=[])
    nodes = gf.Nodes(network, site=[0], capacity={"tops": [4.0]}, price={"tops": 0.5})
    tasks = gf.Tasks(network, origin=0, demand={"tops": [2.0, 1.0]}, count=[3, 1], priority=[0, 5])
    return gf.place(tasks, nodes, objective=gf.Objective(rtt_price=0))


def test_scalars_speak_of_the_lowest_level() -> None:
    plan = small_plan()
    assert plan.certificate.placed_by_level == (1.0, 1.0)
    assert plan.certificate.bound_by_level == (1.0, 1.0)  # beside the first, 3 of 4 are left: one of 2
    assert (plan.bound_placed, plan.gap_placed) == (1.0, 0.0)
    assert plan.bound_cost == pytest.approx(1.5, rel=1e-12)
    assert plan.bound_cost <= plan.cost
    assert plan.gap_cost == pytest.approx(0, abs=1e-12)
    assert plan.certificate.seconds > 0


def test_gaps_by_hand() -> None:
    certificate = Certificate((5.0, 3.0), (5.0, 4.0), cost=11.0, bound_cost=10.0, terms=12.0, seconds=0)
    assert (certificate.bound_placed, certificate.gap_placed) == (4.0, 0.25)
    assert certificate.gap_cost == pytest.approx(0.1)
    small = Certificate((0.5,), (0.6,), cost=1.0, bound_cost=0.0, terms=2.0, seconds=0)
    assert small.gap_placed == pytest.approx(0.1)  # of 1, not of 0.6
    assert small.gap_cost == pytest.approx(1 / 2e-6)
    paid = Certificate((1.0,), (1.0,), cost=-9.0, bound_cost=-10.0, terms=10.0, seconds=0)
    assert paid.gap_cost == pytest.approx(0.1)
    free = Certificate((1.0,), (1.0,), cost=0.0, bound_cost=0.0, terms=0.0, seconds=0)
    assert free.gap_cost == 0


def test_nothing_placed_has_no_gap_of_cost() -> None:
    network = gf.Network(sites=1, links=([], []), latency_ms=[])
    nodes = gf.Nodes(network, site=[0], capacity={"tops": [1.0]})
    for count in (0, 2):
        tasks = gf.Tasks(network, origin=[0], demand={"tops": [2.0]}, count=count)
        plan = gf.place(tasks, nodes)
        assert math.isnan(plan.gap_cost)
        assert (plan.bound_placed, plan.gap_placed, plan.bound_cost) == (0, 0, 0)
        again = Summary.from_dict(json.loads(json.dumps(plan.summary().to_dict(), allow_nan=False)))
        assert math.isnan(again.gap_cost)


def test_no_tasks_at_all() -> None:
    network = gf.Network(sites=1, links=([], []), latency_ms=[])
    nodes = gf.Nodes(network, site=[0], capacity={"tops": [1.0]})
    plan = gf.place(gf.Tasks(network, origin=np.zeros(0, np.int32), demand={"tops": []}), nodes)
    assert plan.certificate.bound_by_level == ()
    assert (plan.bound_placed, plan.gap_placed, plan.bound_cost) == (0, 0, 0)


def test_summaries_say_what_is_proven() -> None:
    summary = first_fit_plan(problem()).summary()
    assert (summary.bound_placed, summary.gap_placed) == (5.0, 0.4)
    assert summary.bound_cost == 0
    assert "proven        weight at most 5 (gap 40.00 %)" in str(summary)
    assert "              cost at least 0.00 EUR/h (far below" in str(summary)


def test_certificates_survive_save_and_load(tmp_path: Path) -> None:
    plan = small_plan()
    plan.save(tmp_path / "plan.npz")
    loaded = gf.Plan.load(tmp_path / "plan.npz")
    assert loaded.certificate == plan.certificate
    assert loaded.bound_placed == plan.bound_placed
    assert loaded.gap_cost == plan.gap_cost
