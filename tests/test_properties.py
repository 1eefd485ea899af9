"""The engine against the definition, on random small problems in which every rule binds often."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

import gigafleet as gf
from beside_best import check_beside_best
from bridge import assignment, expanded, place, terms, to_gigafleet, to_nodes, to_objective, to_tasks
from by_definition import check_plan, check_threads
from oracle import Oracle
from strategies import examples, problems, tiny_problems


@examples(300)
@given(problems())
def test_every_plan_is_allowed_maximal_and_explained(problem):
    check_plan(problem, place(problem))


@examples(100)
@given(problems())
def test_loads_are_the_sums_of_what_members_take(problem):
    plan, oracle = place(problem), Oracle(problem)
    loads = oracle.loads(assignment(plan))
    arcs = np.array([loads["LINK", arc] for arc in range(len(oracle.arcs))]) * 1e-6
    shape = (-1,) if problem.directed else (-1, 2)
    np.testing.assert_allclose(plan.link_load_mbps, arcs.reshape(shape), rtol=1e-12)
    access = [[loads["ACCESS", site, way] for way in ("up", "down")] for site in range(len(problem.sites))]
    np.testing.assert_allclose(plan.access_load_mbps, np.array(access) * 1e-6, rtol=1e-12)
    used = {meter[3]: 0 for meter in loads if meter[0] == "CAPACITY"}
    for meter, quantity in loads.items():
        if meter[0] == "CAPACITY":
            used[meter[3]] += quantity
    for resource, quantity in used.items():
        assert plan.used(resource) == pytest.approx(quantity * 1e-6, rel=1e-12)


@examples(200)
@given(tiny_problems())
def test_no_plan_beats_the_best_and_bounds_hold(problem):
    check_beside_best(problem)


@examples(60)
@given(problems())
def test_threads_do_not_change_the_plan(problem):
    check_threads(problem)


@examples(100)
@given(problems())
def test_rows_or_counts_are_the_same_problem(problem):
    by_count, by_row = place(problem), place(expanded(problem))
    check_plan(expanded(problem), by_row)
    assert by_row.placed_weight == pytest.approx(by_count.placed_weight, rel=1e-3)
    oracle = Oracle(problem)
    tolerance = 1e-3 * terms(oracle, assignment(by_count))
    assert math.isclose(by_row.cost, by_count.cost, rel_tol=0, abs_tol=tolerance)


@examples(40)
@given(problems())
def test_ids_name_rows_and_change_nothing_else(problem):
    _, nodes, tasks = to_gigafleet(problem)
    plain = gf.place(tasks, nodes, objective=to_objective(problem))
    task_id, node_id = np.arange(len(tasks))[::-1] * 7 + 3, np.arange(len(nodes)) + 100
    nodes = to_nodes(problem, nodes.network, id=node_id)
    tasks = to_tasks(problem, nodes.network, id=task_id)
    named = gf.place(tasks, nodes, objective=to_objective(problem))
    task, node, *rest = plain.assignments()
    expected = [task_id[task], node_id[node], *rest]
    for column, wanted in zip(named.assignments(), expected, strict=True):
        np.testing.assert_array_equal(column, wanted)
    np.testing.assert_array_equal(named.reason, plain.reason)
    assert (named.digest == plain.digest) == (not plain.placed_tasks)
    named.verify()


@examples(40)
@given(problem=problems())
def test_plans_survive_save_and_load(tmp_path_factory, problem):
    _, nodes, tasks = to_gigafleet(problem)
    plan = gf.place(tasks, nodes, objective=to_objective(problem))
    path = tmp_path_factory.mktemp("plan") / "plan.npz"
    plan.save(path)
    again = gf.Plan.load(path, tasks=tasks, nodes=nodes)
    assert assignment(again) == assignment(plan)
    np.testing.assert_array_equal(again.reason, plan.reason)
    np.testing.assert_array_equal(again.placed_count, plan.placed_count)
    np.testing.assert_array_equal(again.link_load_mbps, plan.link_load_mbps)
    assert (again.cost, again.placed_weight, again.digest) == (plan.cost, plan.placed_weight, plan.digest)
    again.verify()
