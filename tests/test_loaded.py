"""What a plan from a file gives back, and for what it needs its tables: the table in docs/plans.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import gigafleet as gf
from gigafleet.errors import VerifyError

NET = gf.Network(sites=["A", "B"], links=([0], [1]), latency_ms=[1], capacity_mbps=10)
MODELS = gf.Models(["a"], 1, "m")
NODES = gf.Nodes(NET, site="A", capacity={"m": 4}, count=3)
TASKS = gf.Tasks(NET, origin="B", demand={"m": 1}, count=4, model="a", bandwidth_mbps=1)
MORE = gf.Tasks(NET, origin="A", demand={"m": 1})

ALONE: list[Callable[[gf.Plan], object]] = [
    lambda plan: (plan.reason, plan.placed_count, plan.devices, plan.runs, plan.link_load_mbps, plan.digest),
    lambda plan: (plan.assignments(), str(plan.loads), str(plan.summary()), plan.used("m"), plan.gap_cost),
    lambda plan: (plan.prices().weight.link, plan.prices().cost.access),
    lambda plan: plan.prices().weight.worth(capacity_mbps=1),
    lambda plan: gf.place(TASKS, NODES, models=MODELS, previous=plan),
]
WITH_TABLES: list[Callable[[gf.Plan], object]] = [
    lambda plan: plan.audit(),
    lambda plan: plan.ledger(),
    lambda plan: plan.prices().weight.node("m"),
    lambda plan: plan.prices().weight.worth(count=1),
    lambda plan: plan.prices().weight.table(),
]
WITH_MODELS: list[Callable[[gf.Plan], object]] = [
    lambda plan: plan.verify(),
    lambda plan: plan.explain(0),
    lambda plan: plan.displaced(),
    lambda plan: plan.n_minus_1(),
    lambda plan: gf.capacity(MORE, plan),
    lambda plan: gf.gap_by_rule(plan),
]


@pytest.mark.parametrize("ask", [*ALONE, *WITH_TABLES, *WITH_MODELS])
def test_what_needs_the_tables(ask: Callable[[gf.Plan], object], tmp_path: Path) -> None:
    path = tmp_path / "plan.npz"
    gf.place(TASKS, NODES, models=MODELS).save(path)
    needs = 0 if ask in ALONE else 2 if ask in WITH_TABLES else 3
    tables = (TASKS, NODES, MODELS)
    for given in (0, 2, 3):
        plan = gf.Plan.load(path, *tables[:given])
        if given >= needs:
            ask(plan)
        else:
            with pytest.raises(gf.GigafleetError, match=r"Plan\.load\(path, tasks, nodes"):
                ask(plan)


def test_what_verify_raises_has_a_public_name() -> None:
    assert gf.VerifyError is VerifyError
    assert "VerifyError" in dir(gf)
