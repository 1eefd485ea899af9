"""Models through the engine, against the definition."""

from __future__ import annotations

import dataclasses
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gigafleet as gf
from beside_best import check_beside_best, weigh_beside_best
from bridge import assignment, expanded, place, place_without, to_gigafleet, to_models
from by_definition import EFFORTS, check_plan, check_threads, model_loads
from gigafleet import _core
from gigafleet.errors import InputError, VerifyError
from oracle import Oracle
from problem import Link, Model, Node, Problem, Site, Task
from strategies import examples, problems, sample, tiny_problems
from test_all_different import place_in_cells

EXAMPLE = Path(__file__).parent.parent / "examples" / "models.py"


# The rule, on random problems


@pytest.mark.parametrize("effort", EFFORTS)
@examples(200)
@given(problem=problems(models=1))
def test_every_plan_is_allowed_maximal_and_explained(effort, problem):
    check_plan(problem, place(problem, effort=effort))


@examples(100)
@given(tiny_problems(models=1))
def test_no_plan_beats_the_best_and_bounds_hold(problem):
    check_beside_best(problem)


def test_nearly_as_much_is_placed_as_can_be():
    """Of the weight that the best plans place, over all: by trying all, on tiny problems."""
    drawn = [problem for problem in sample(tiny_problems(models=1), 120) if problem.models]
    placed, possible, short = weigh_beside_best(drawn)
    assert placed >= 0.98 * possible
    assert short <= len(drawn) // 10


@examples(40)
@given(problems(models=1))
def test_threads_do_not_change_the_plan(problem):
    check_threads(problem)


@examples(60)
@given(problems(models=1))
def test_rows_or_counts_are_the_same_problem(problem):
    by_count, by_row = place(problem), place(expanded(problem))
    check_plan(expanded(problem), by_row)
    assert by_row.placed_weight == pytest.approx(by_count.placed_weight, rel=0.05)


@examples(40)
@given(problem=problems(models=1))
def test_files(tmp_path_factory, problem):
    plan = place(problem)
    path = tmp_path_factory.mktemp("plan") / "plan.npz"
    plan.save(path)
    again = gf.Plan.load(path)
    assert model_loads(again) == model_loads(plan)
    assert again.loads.to_arrow().equals(plan.loads.to_arrow())
    tables = plan._tables
    gf.Plan.load(path, *tables, models=to_models(problem)).verify()
    with pytest.raises(
        InputError, match=r"models: got None, wanted Plan\.load\(path, tasks, nodes, models\)"
    ):
        gf.Plan.load(path, *tables).verify()


def test_a_file_knows_its_models(tmp_path: Path) -> None:
    network = gf.Network(sites=["A"], links=([], []), latency_ms=[])
    tasks = gf.Tasks(network, origin="A", demand={"memory_gb": 3}, model=["m", "n"])
    nodes = gf.Nodes(network, site="A", capacity={"memory_gb": 16}, count=[3])
    gf.place(tasks, nodes, models=gf.Models(["m", "n"], [4, 5])).save(tmp_path / "plan.npz")
    gf.Plan.load(tmp_path / "plan.npz").save(tmp_path / "again.npz")
    with np.load(tmp_path / "plan.npz") as file:
        arrays = dict(file)
    about = json.loads(arrays.pop("about").tobytes())
    del about["model_weights_gb"], about["model_resource"]
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(tmp_path / "old.npz", about=text, **arrays)
    other = gf.Models(["m", "n"], [4, 9])
    gf.Plan.load(tmp_path / "old.npz", tasks, nodes, other)  # from before weights were in files
    for name in ("plan.npz", "again.npz"):
        path = tmp_path / name
        gf.Plan.load(path, tasks, nodes, gf.Models(["m", "n"], [4, 5])).verify()
        for models, message in (
            (["m", "n"], "models: got list, wanted a Models table"),
            (other, r"models.weights_gb: got \[4.0, 9.0\], wanted \[4.0, 5.0\] as in the saved plan"),
            (gf.Models(["m", "o"], [4, 5]), r"models.name: got \['m', 'o'\], wanted \['m', 'n'\]"),
            (gf.Models(["m", "n"], [4, 5], resource="x"), "models.resource: got 'x', wanted 'memory_gb'"),
        ):
            with pytest.raises(InputError, match=message):
                gf.Plan.load(path, tasks, nodes, models)  # type: ignore[arg-type]


@examples(100)
@given(problem=problems(models=1), cells=st.integers(1, 8))
def test_tasks_that_hardly_fold(problem, cells):
    check_plan(problem, place_in_cells(problem, cells))


@examples(60)
@given(problem=problems(models=1))
def test_a_time_limit_breaks_no_rule(problem):
    plan = place(problem, time_limit_s=1e-9)
    assert Oracle(problem).check(assignment(plan)) == []
    assert (plan.status == "TIME_LIMIT") or gf.Reason.NOT_TRIED not in plan.reason.tolist()
    plan.verify()


# The rule's mutant


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    return sample(problems(models=1), 60)


def test_the_rule_binds_in_a_fifth_of_the_cases(drawn):
    bound = 0
    for problem in drawn:
        freely = assignment(place_without("MODEL", problem))
        bound += any(rule == "MODEL" for rule, _ in Oracle(problem).check(freely))
    assert bound >= len(drawn) // 5


def test_verify_catches_an_engine_without_the_rule(drawn):
    caught = 0
    for problem in drawn:
        plan = place_without("MODEL", problem)
        breaches = {rule for rule, _ in Oracle(problem).check(assignment(plan))}
        if breaches:
            with pytest.raises(VerifyError) as raised:
                plan.verify()
            assert str(raised.value).partition(":")[0].upper() in breaches | {"LOAD"}
            caught += str(raised.value).startswith("model:")
    assert caught >= len(drawn) // 10


# By hand


def cars(count: int, memory_gb: float = 16, **given: object) -> Node:
    return Node(0, {"compute_tops": 4, "memory_gb": memory_gb}, count=count, link_down_mbps=83, **given)


def of(models: tuple[Model, ...], nodes: list[Node], tasks: list[Task], **given: object) -> Problem:
    return Problem((Site(),), (), tuple(nodes), tuple(tasks), models=models, **given)


def chat(model: str, count: int, **given: object) -> Task:
    return Task(0, {"compute_tops": 1, "memory_gb": 0.5}, model=model, count=count, **given)


def test_a_million_alike_nodes_are_a_handful_of_runs():
    models = (Model("a", 4), Model("b", 8), Model("c", 12))
    tasks = [chat("a", 1_800_000), chat("b", 1_200_000), chat("c", 600_000), chat("", 100_000)]
    plan = place(of(models, [cars(1_000_000)], tasks))
    assert f"{plan.loads.total:,} of models" in str(plan.summary())
    assert plan.placed_tasks == 3_700_000
    assert len(plan.runs.task) < 50
    assert len(plan.loads) < 20
    assert 900_000 <= plan.loads.total <= 1_000_000
    plan.verify()


def test_cars_of_16_gb_at_load_90_are_filled():
    """Models of 4, 8 and 16 GB: of 16 GB one fills the memory, of 4 GB four share it."""
    models = (Model("4", 4), Model("8", 8), Model("16", 16))
    rng = np.random.default_rng(0)
    share = rng.multinomial(7_200, [0.4, 0.4, 0.2])
    tasks = [
        Task(0, {"compute_tops": 1, "memory_gb": 0 if name == "16" else 1}, model=name, count=int(count))
        for name, count in zip(("4", "8", "16"), share, strict=True)
    ]
    plan = place(of(models, [cars(2000)], tasks))
    assert plan.placed_tasks >= 0.999 * 7200


def test_tasks_that_cannot_wait_go_where_the_weights_are():
    models = (Model("a", 8),)
    nodes = [cars(10), cars(5, models=("a",))]
    now = place(of(models, nodes, [chat("a", 20, max_wait_s=0), chat("a", 40)]))
    assert now.placed_count.tolist() == [20, 40]
    assert set(model_loads(now)) == {(0, i, "a") for i in range(10)}
    other = place(of(models, nodes, [chat("", 40), chat("a", 20, max_wait_s=0)]))
    assert other.placed_count.tolist() == [40, 20]


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("heavy", [0, 1])
def test_a_slot_too_full_for_the_weights_of_one_is_open_to_another(heavy, effort):
    """From elsewhere, too: both ask for the same but for their models; without these one of them goes in."""
    models = (Model("used", 4), Model("heavy", 12), Model("light", 4))
    sites, links = (Site(),) * 3, (Link(0, 1, 1), Link(1, 2, 1), Link(2, 0, 1))
    node = Node(2, {"compute_tops": 2, "memory_gb": 16}, link_down_mbps=83)
    tasks = [
        Task(origin, {"compute_tops": 1, "memory_gb": 0.5}, model=model, priority=model == "used")
        for origin, model in ((2, "used"), (heavy, "heavy"), (1 - heavy, "light"))
    ]
    plan = place(Problem(sites, links, (node,), tuple(tasks), models=models), effort=effort)
    assert plan.placed_count.tolist() == [1, 0, 1]


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("many", [1, 1000])
def test_lower_levels_leave_room_to_the_weights_of_higher_ones(many, effort):
    # Without weights two of 6 GB fit on a node, and two of 3 GB beside each other on the next.
    net = gf.Network(sites=["a"], links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site="a", capacity={"memory_gb": 12}, count=2 * many, models=("m",))
    tasks = gf.Tasks(
        net, origin="a", demand={"memory_gb": [3, 6]}, count=2 * many, priority=[0, 1], model="m"
    )
    plan = gf.place(tasks, nodes, models=gf.Models(["m"], [4]), effort=effort)
    plan.verify()
    assert plan.placed_count.tolist() == [0, 2 * many]


def test_hardly_a_higher_level_has_less_than_it_would_have_alone():
    drawn = sample(problems(models=1, tasks=12), 150)
    less = asked = 0
    for problem in drawn:
        level = max(task.priority for task in problem.tasks)
        plan = place(problem, effort="fast")
        alone = tuple(
            task if task.priority == level else dataclasses.replace(task, count=0) for task in problem.tasks
        )
        others = place(dataclasses.replace(problem, tasks=alone), effort="fast")
        weight = np.array([float(task.weight) * (task.priority == level) for task in problem.tasks])
        if level > min(task.priority for task in problem.tasks):
            asked += 1
            less += weight @ plan.placed_count < weight @ others.placed_count - 1e-9
    assert asked > 50
    assert less <= asked // 50, (less, asked)


def test_what_does_not_go_with_models_says_so():
    problem = of((Model("a", 4),), [cars(2)], [chat("a", 2)])
    _, nodes, tasks = to_gigafleet(problem)
    with pytest.raises(InputError, match="models: got None, wanted a Models table: tasks use models"):
        gf.place(tasks, nodes)
    profile = {"origin": 0, "demand": {"memory_gb": 1}}
    plain = gf.place(gf.Tasks(nodes.network, **profile), nodes)
    with pytest.raises(InputError, match="profile: got tasks that use models"):
        gf.capacity(gf.Tasks(nodes.network, **profile, model=0), plain)


@pytest.mark.skipif(not EXAMPLE.exists(), reason="examples are not part of the wheel")
def test_the_example(capsys):
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    said = capsys.readouterr().out
    assert "6.4 minutes" in said
    assert "1.8 hours" in said


def test_the_core_knows_the_rule():
    assert "MODEL" in _core.RULES
