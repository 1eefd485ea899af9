"""Devices through the engine, against the definition. Needs a core that places on devices."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from beside_best import check_beside_best
from bridge import (
    assignment,
    expanded,
    masks,
    place,
    place_without,
    to_gigafleet,
    to_nodes,
    to_objective,
    to_tasks,
)
from by_definition import EFFORTS, check_plan, check_threads
from gigafleet.errors import VerifyError
from gigafleet.placing import Effort
from oracle import Oracle
from problem import Node, Problem, Site, Task
from strategies import examples, problems, sample, tiny_problems

EXAMPLE = Path(__file__).parent.parent / "examples" / "devices.py"


# The rule, on random problems


@pytest.mark.parametrize("effort", EFFORTS)
@examples(200)
@given(problem=problems(devices=1))
def test_every_plan_is_allowed_maximal_and_explained(effort, problem):
    check_plan(problem, place(problem, effort=effort))


@examples(100)
@given(problems(devices=1))
def test_masks_are_of_runs_of_one_member_an_instance(problem):
    plan, oracle = place(problem), Oracle(problem)
    runs, number = plan.runs, [oracle.devices.number(t) for t in range(len(problem.tasks))]
    wanted = [number[t] for t in runs.task.tolist()]
    assert np.bitwise_count(plan.devices).tolist() == wanted
    assert np.all(runs.per_instance[plan.devices > 0] == 1)


@examples(100)
@given(problems(devices=1))
def test_sums_over_devices(problem):
    plan, oracle = place(problem), Oracle(problem)
    loads, rows = oracle.loads(assignment(plan)), problem.nodes
    for resource in set(problem.schema) - set(problem.resources):
        unit = 1e-3 if resource == "devices" else 1e-6
        used = sum(load for meter, load in loads.items() if meter[0] == "CAPACITY" and meter[3] == resource)
        has = sum(oracle.devices.total(n, resource) * row.count for n, row in enumerate(rows) if row.count)
        assert plan.used(resource) == pytest.approx(used * unit, rel=1e-12)
        assert plan.capacity(resource) == pytest.approx(has * unit, rel=1e-12)


@examples(100)
@given(tiny_problems(devices=1))
def test_no_plan_beats_the_best_and_bounds_hold(problem):
    check_beside_best(problem)


@examples(40)
@given(problems(devices=1))
def test_threads_do_not_change_the_plan(problem):
    check_threads(problem)


@examples(60)
@given(problems(devices=1))
def test_rows_or_counts_are_the_same_problem(problem):
    by_count, by_row = place(problem), place(expanded(problem))
    check_plan(expanded(problem), by_row)
    assert by_row.placed_weight == pytest.approx(by_count.placed_weight, rel=1e-3)


@examples(40)
@given(problem=problems(devices=1))
def test_ids_and_files(tmp_path_factory, problem):
    net, nodes, tasks = to_gigafleet(problem)
    plain = gf.place(tasks, nodes, objective=to_objective(problem))
    nodes = to_nodes(problem, net, id=np.arange(len(nodes)) + 100)
    tasks = to_tasks(problem, net, id=np.arange(len(tasks))[::-1] * 7 + 3)
    named = gf.place(tasks, nodes, objective=to_objective(problem))
    np.testing.assert_array_equal(named.devices, plain.devices)
    path = tmp_path_factory.mktemp("plan") / "plan.npz"
    named.save(path)
    for again in (gf.Plan.load(path), gf.Plan.load(path, tasks=tasks, nodes=nodes)):
        np.testing.assert_array_equal(again.devices, named.devices)
        assert again.digest == named.digest
    again.verify()


@examples(40)
@given(problems(devices=1))
def test_nothing_moves_where_nothing_changed(problem):
    _, nodes, tasks = to_gigafleet(problem)
    first = gf.place(tasks, nodes, objective=to_objective(problem))
    second = gf.place(tasks, nodes, objective=to_objective(problem), previous=first)
    assert (second.moved_tasks, second.digest) == (0, first.digest)
    check_plan(problem, second)


@pytest.mark.parametrize("effort", EFFORTS)
@examples(40)
@given(problem=problems(devices=1))
def test_a_plan_that_starts_from_another_keeps_the_rule(effort, problem):
    """Devices of some nodes have gone since."""
    net, nodes, tasks = to_gigafleet(problem)
    first = gf.place(tasks, nodes)
    fewer = [replace(node, devices=node.devices // 2) for node in problem.nodes]
    later = replace(problem, nodes=tuple(fewer))
    plan = gf.place(tasks, to_nodes(later, net), previous=first, effort=effort)
    assert Oracle(later).check(assignment(plan), masks(plan)) == []
    plan.verify()


# An engine that does not know the rule


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    return sample(problems(devices=1), 60)


def test_an_engine_without_the_rule_breaks_it(drawn):
    caught = 0
    for problem in drawn:
        plan = place_without("DEVICES", problem)
        breaches = {name for name, _ in Oracle(problem).check(assignment(plan))}
        if breaches:
            assert "DEVICES" in breaches
            assert breaches <= {"DEVICES", "CAPACITY"}  # sums over devices are capacities, too
            with pytest.raises(VerifyError, match=r"^devices: "):
                plan.verify()
        caught += bool(breaches)
    assert caught >= len(drawn) // 10


# By hand


def hosts(count: int, devices: int = 8, memory_gb: float = 80, **given: Any) -> Node:
    return Node(0, {}, devices=devices, device_capacity={"memory_gb": memory_gb}, count=count, **given)


def ask(devices: float, count: int = 1, memory_gb: float = 1, **given: Any) -> Task:
    return Task(0, {}, devices=devices, device_demand={"memory_gb": memory_gb}, count=count, **given)


def one_site(nodes: list[Node], tasks: list[Task]) -> Problem:
    return Problem((Site(),), (), tuple(nodes), tuple(tasks))


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize(
    ("tasks", "placed"),
    [
        ([ask(1, 1000)], [800]),
        ([ask(0.5, 2000)], [1600]),
        ([ask(0.6, 2000)], [800]),
        ([ask(1 / 3, 3000)], [1600]),
        ([ask(8, 101)], [100]),
        ([ask(3, 300)], [200]),
        ([ask(0.01, 1000, memory_gb=30)], [1000]),
        ([ask(0.01, 2000, memory_gb=30)], [1600]),
        ([ask(4, 90), ask(1, 180), ask(0.25, 700)], [90, 180, 700]),
        ([ask(9), ask(0.5, 1, memory_gb=81), ask(0)], [0, 0, 1]),
    ],
)
def test_a_hundred_hosts_of_eight(effort: str, tasks: list[Task], placed: list[int]) -> None:
    problem = one_site([hosts(100)], tasks)
    plan = place(problem, effort=effort)
    assert plan.placed_count.tolist() == placed
    check_plan(problem, plan)


def test_sixty_four_devices() -> None:
    plan = place(one_site([hosts(2, 64)], [ask(64), ask(1, 64)]))
    plan.verify()
    assert plan.placed_tasks == 65
    assert 2**64 - 1 in plan.devices.tolist()


def test_node_resources_bind_beside_devices() -> None:
    node = replace(hosts(2), capacity={"memory_gb": 10})
    problem = one_site([node], [replace(ask(1, 16), demand={"memory_gb": 3})])
    plan = place(problem)
    assert plan.placed_tasks == 6
    check_plan(problem, plan)


def test_whole_ones_go_where_devices_are_empty() -> None:
    """Shares are kept together, for there is as much to place as fits."""
    problem = one_site([hosts(4, 2)], [ask(0.5, 8), ask(2, 2)])
    plan = place(problem)
    assert plan.placed_count.tolist() == [8, 2]
    check_plan(problem, plan)


@pytest.mark.parametrize("effort", ["balanced", "best"])
@pytest.mark.parametrize("seed", range(3))
def test_devices_are_full_where_a_tenth_more_is_asked_for(effort: Effort, seed: int) -> None:
    """Cores are scarce on some nodes, devices on others: shares that fill a device are to fill both."""
    rng = np.random.default_rng(seed)
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    devices = np.repeat([8, 8, 2], 20)
    nodes = gf.Nodes(net, site=0, capacity={"cores": np.repeat([64.0, 128.0, 64.0], 20)}, devices=devices)
    sizes = rng.choice([0.11, 0.23, 0.32, 0.47, 0.55, 0.65, 0.81, 1, 1, 1, 2, 4, 8], 20 * devices.size)
    share = sizes[: np.searchsorted(np.cumsum(sizes), 1.1 * devices.sum())]
    cores = rng.choice([2, 4, 8, 12, 16], share.size) * np.maximum(share, 0.4)
    tasks = gf.Tasks(
        net, origin=np.zeros(share.size, int), demand={"cores": cores}, devices=share, weight=share
    )
    plan = gf.place(tasks, nodes, effort=effort)
    plan.verify()
    assert plan.used("devices") >= 0.9975 * devices.sum()


def test_dearer_devices_are_used_last() -> None:
    cheap, dear = ({"devices": price, "device.memory_gb": 0.01} for price in (1, 2))
    plan = place(one_site([hosts(1, price=dear), hosts(1, price=cheap)], [ask(0.5, 16, memory_gb=40)]))
    assert plan.runs.node.tolist() == [1] * 16
    assert plan.cost == pytest.approx(16 * (0.5 + 0.4))


def test_tables_without_rows() -> None:
    for problem in (one_site([], [ask(1)]), one_site([hosts(1)], []), one_site([hosts(0)], [ask(1, 0)])):
        plan = place(problem)
        plan.verify()
        assert plan.devices.shape == (0,)
        assert plan.devices.dtype == np.uint64


def test_devices_that_nobody_asks_for_change_nothing() -> None:
    for problem in sample(problems(), 20):
        plain = place(problem)
        _, _, tasks = to_gigafleet(problem)
        nodes = to_nodes(problem, tasks.network, devices=8, device_capacity={"memory_gb": 80})
        plan = gf.place(tasks, nodes, objective=to_objective(problem))
        assert assignment(plan) == assignment(plain)
        assert not plan.devices.any()
        assert (plan.used("devices"), plan.reason.tolist()) == (0, plain.reason.tolist())
        plan.verify()


def test_prices_are_of_sums_over_devices() -> None:
    plan = place(one_site([hosts(100)], [ask(1, 1000)]))
    prices = plan.prices().weight
    assert prices.node("devices").shape == prices.node("device.memory_gb").shape == (1,)
    assert prices.worth(capacity={"devices": 1}) >= 0
    assert "devices" in str(prices.table())


def test_a_device_more_is_worth_the_share_it_holds() -> None:
    """Of shares beyond a half each takes a device for itself: by what they weigh, not by their sum."""
    plan = place(one_site([hosts(4)], [ask(0.6, 400)]))
    assert plan.placed_tasks == 32
    assert plan.prices().weight.node("devices") == pytest.approx([1], rel=1e-6)


def test_next_to_eight_resources_shares_have_no_weights_and_no_rule_is_lost() -> None:
    """Six of the node, and the two of devices: the core has no dimension left for what shares weigh."""
    names = [f"r{i}" for i in range(6)]
    node = replace(hosts(40), capacity=dict.fromkeys(names, 100.0))
    tasks = [replace(ask(share, 300), demand=dict.fromkeys(names, 0.1)) for share in (0.6, 0.3, 2)]
    problem = one_site([node], tasks)
    assert len(problem.schema) == 8
    plan = place(problem)
    plan.verify()
    assert plan.placed_tasks > 0
    assert plan.bound_placed >= plan.placed_weight
    assert plan.prices().weight.node("devices").shape == (1,)


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    assert said[6].endswith("TOO_BIG")
    full, part, empty = (int(word) for word in said[9].replace(",", "").split() if word.isdigit())
    assert full + part + empty == 400
