"""`plan.explain` beside models: by the definition, and cases worked out by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import gigafleet as gf
from bridge import place
from gigafleet.errors import InputError
from gigafleet.explanation import Change, Explanation
from strategies import examples, problems, sample
from test_explain_definition import check, check_changes, key_of

R = gf.Reason
INF = float("inf")


@examples(200)
@given(problems(models=1))
def test_explanations_are_those_of_the_definition(problem):
    for _ in check(problem, place(problem)):
        pass


@examples(120)
@given(problems(models=1))
def test_each_change_places_one_more_and_a_little_less_does_not(problem):
    check_changes(problem)


def test_every_gate_and_column_of_models_comes_up() -> None:
    seen: Counter[str] = Counter()
    for problem in sample(problems(models=1), 150):
        plan = place(problem)
        for found in (plan.explain(t) for t in range(len(problem.tasks))):
            seen.update({f"keeps out {gate.name}" for gate, n in found.counts.items() if n})
            short = [(miss.reason.name, s) for miss in found.nearest for s in miss.shortfalls]
            seen.update({f"{gate} {s.column.split('.')[0]}" for gate, s in short})
            seen.update({f"{c.of} {key_of(c)[0]}" for c in (*found.relaxations, *found.fleet_relaxations)})
    wanted = [
        "keeps out MODEL",
        "MODEL capacity",
        "MODEL max_wait_s",
        "MODEL window_gb",
        "CAPACITY window_gb",
    ]
    wanted += ["task max_wait_s", "task demand", "node models", "node link_down_mbps", "node capacity"]
    wanted += ["site access_down_mbps"]
    assert {name: seen[name] for name in wanted if seen[name] < 3} == {}


# -- by hand -----------------------------------------------------------------------------------------------

MODELS = gf.Models(name=["small", "large", "huge"], weights_gb=[4, 12, 40])


def plan_of(*rows: dict[str, Any], access: float = 500, **nodes: Any) -> gf.Plan:
    """Cars of 16 GB in a cell that may load 18.75 GB; all rows but the last are of a higher priority."""
    net = gf.Network(sites=["cell"], links=([], []), latency_ms=[], access_down_mbps=[access])
    given = {"link_down_mbps": 80.0, "models": (), "id": [7]} | nodes
    cars = gf.Nodes(net, site="cell", capacity={"memory_gb": 16}, **given)
    tasks = gf.Tasks(
        net,
        origin="cell",
        demand={"memory_gb": [row.get("memory_gb", 1.0) for row in rows]},
        model=[row["model"] for row in rows],
        max_wait_s=[row.get("max_wait_s", INF) for row in rows],
        count=[row.get("count", 1) for row in rows],
        priority=[1] * (len(rows) - 1) + [0],
    )
    plan = gf.place(tasks, cars, models=MODELS)
    plan.verify()
    return plan


def explained(*rows: dict[str, Any], access: float = 500, **nodes: Any) -> Explanation:
    """Of the last row, which is left out; each change, made, places it beside the others."""
    plan = plan_of(*rows, access=access, **nodes)
    asked = [row.get("count", 1) for row in rows]
    assert plan.placed_count.tolist() == [*asked[:-1], 0]
    found = plan.explain(len(rows) - 1)
    for change in (*found.relaxations, *found.fleet_relaxations):
        last, width, fleet = dict(rows[-1]), access, dict(nodes)
        match change.of, change.column:
            case "task", _:
                last[change.column.removeprefix("demand.")] = change.after
            case "site", _:
                width = float(change.after)  # type: ignore[arg-type]
            case "node", "capacity.memory_gb":
                continue
            case _:
                fleet[change.column] = change.after
        again = plan_of(*rows[:-1], last, access=width, **fleet)
        assert again.placed_count.tolist() == asked, change
    return found


def said(changes: list[Change]) -> dict[str, Any]:
    return {change.column: change.after for change in changes}


def test_a_load_that_takes_too_long() -> None:
    found = explained({"model": "large", "max_wait_s": 900})
    assert (found.reason, found.counts[R.MODEL]) == (R.MODEL, 1)
    assert str(found.nearest[0]) == "MODEL node 7: load of the model 1200 s, limit 900 s"
    assert found.nearest[0].size == 0.25
    assert said(found.relaxations) == {"max_wait_s": 1200.0}
    assert str(found.relaxation) == "max_wait_s 1200 instead of 900, on node 7"
    assert [str(change) for change in found.fleet_relaxations] == [
        "link_down_mbps of node 7 106.666667 instead of 80",
        "models of node 7 with 'large'",
    ]


def test_a_line_that_loads_nothing() -> None:
    found = explained({"model": "large", "max_wait_s": 1200}, link_down_mbps=0.0)
    assert str(found.nearest[0]) == "MODEL node 7: link_down_mbps 80 needed, 0 there (80 short)"
    assert found.relaxations == []
    assert said(found.fleet_relaxations) == {"link_down_mbps": 80.0, "models": ("large",)}
    found = explained({"model": "large", "max_wait_s": 0}, link_down_mbps=0.0)
    assert str(found.nearest[0]) == "MODEL node 7: link_down_mbps inf needed, 0 there (inf short)"
    assert said(found.fleet_relaxations) == {"models": ("large",)}


def test_no_memory_beside_the_weights() -> None:
    found = explained({"model": "large", "memory_gb": 6})
    assert str(found.nearest[0]) == "MODEL node 7: capacity.memory_gb 18 needed, 16 there (2 short)"
    assert said(found.relaxations) == {"demand.memory_gb": 4.0}
    assert said(found.fleet_relaxations) == {"capacity.memory_gb": 18.0}
    found = explained({"model": "small", "memory_gb": 6}, {"model": "small", "memory_gb": 8})
    assert str(found.nearest[0]) == "CAPACITY node 7: capacity.memory_gb 8 needed, 6 there (2 short)"
    found = explained({"model": "small", "memory_gb": 6}, {"model": "large", "memory_gb": 1})
    assert found.reason == R.CAPACITY
    assert str(found.nearest[0]) == "CAPACITY node 7: capacity.memory_gb 13 needed, 6 there (7 short)"
    assert found.relaxations == []  # without any demand of its own, too
    assert said(found.fleet_relaxations) == {"capacity.memory_gb": 23.0}


def test_a_window_that_is_used_up() -> None:
    loads = {"model": "small", "memory_gb": 9, "count": 3}  # 12 of 18.75 GB
    found = explained(loads, {"model": "large"}, count=4)
    assert (found.reason, found.counts[R.CAPACITY]) == (R.CAPACITY, 4)
    (miss,) = found.nearest
    assert str(miss) == "CAPACITY node 7, instance 3: window_gb of cell 12 needed, 6.75 there (5.25 short)"
    assert found.relaxations == []
    assert str(found.fleet_relaxation) == (
        "access_down_mbps of site cell 640 instead of 500, on node 7, instance 3"
    )
    assert str(found.fleet_relaxations[1]) == "models of node 7 with 'large'"
    found = explained({"model": "large"}, access=300)  # 11.25 GB, with nothing else to load
    assert str(found.nearest[0]) == "MODEL node 7: window_gb of cell 12 needed, 11.25 there (0.75 short)"
    assert said(found.fleet_relaxations) == {"access_down_mbps": 320.0, "models": ("large",)}


def test_a_task_without_a_model_meets_the_weights_of_others() -> None:
    found = explained({"model": "large", "memory_gb": 2}, {"model": "", "memory_gb": 3})
    assert str(found.nearest[0]) == "CAPACITY node 7: capacity.memory_gb 3 needed, 2 there (1 short)"
    assert said(found.relaxations) == {"demand.memory_gb": 2.0}


def test_a_plan_from_a_file_needs_the_table_of_models(tmp_path: Path) -> None:
    plan = plan_of({"model": "small", "count": 9}, {"model": "large", "max_wait_s": 1}, count=2)
    plan.save(tmp_path / "plan.npz")
    tables = plan._tables
    assert tables is not None
    again = gf.Plan.load(tmp_path / "plan.npz", *tables, models=MODELS)
    for task in (0, 1):
        assert again.explain(task).to_dict() == plan.explain(task).to_dict()
    with pytest.raises(
        InputError, match=r"^models: got None, wanted Plan.load\(path, tasks, nodes, models\)$"
    ):
        gf.Plan.load(tmp_path / "plan.npz", *tables).explain(0)
