"""What a plan costs and which is best, worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from exhaustion import first_fit, optimum
from oracle import Oracle
from problem import INF, Link, Node, Objective, Task
from test_oracle import problem, tops


def test_cost_by_hand():
    links = [Link(0, 1, 1, price_per_mbps=0.5), Link(1, 2, 2, price_per_mbps=0.25)]
    nodes = [
        Node(
            2,
            {"compute_tops": 9, "energy_wh": 99},
            price={"compute_tops": 0.01, "energy_wh": 0.0003},
            access_rtt_ms=10,
        )
    ]
    task = Task(0, {"compute_tops": 4, "energy_wh": 20}, uplink_mbps=2, downlink_mbps=6, duration_s=1800)
    oracle = Oracle(problem(links=links, nodes=nodes, tasks=[task], objective=Objective(rtt_price=0.001)))
    rent = 4 * 0.01
    latency = 16 * 0.001
    transport = (2 + 6) * (0.5 + 0.25)
    energy = 20 * 0.0003 * 2  # in half an hour, so twice as much an hour
    assert float(oracle.pair_cost(0, 0)) == pytest.approx(rent + latency + transport + energy, rel=1e-12)
    assert oracle.total_cost({(0, 0, 0): 3}) == 3 * oracle.pair_cost(0, 0)


def test_risk_is_of_open_ended_tasks_on_nodes_that_leave_within_the_horizon():
    nodes = [Node(0, tops(1), available_s=s) for s in (3599, 3600, INF)]
    tasks = [Task(0, tops(1)), Task(0, tops(1), duration_s=60)]
    oracle = Oracle(problem(nodes=nodes, tasks=tasks, objective=Objective(rtt_price=0, risk_price=0.5)))
    assert [float(oracle.pair_cost(0, n)) for n in range(3)] == [0.5, 0, 0]
    assert [float(oracle.pair_cost(1, n)) for n in range(3)] == [0, 0, 0]


def test_open_ended_tasks_pay_no_energy_and_prices_may_be_negative():
    node = Node(0, {"energy_wh": 9, "power_w": 9}, price={"energy_wh": 1, "power_w": -2})
    tasks = [Task(0, {"energy_wh": 3, "power_w": 4})]
    oracle = Oracle(problem(nodes=[node], tasks=tasks, objective=Objective(rtt_price=0)))
    assert float(oracle.pair_cost(0, 0)) == -8


def test_optimum_serves_the_higher_priority_then_weight_then_cost():
    nodes = [Node(0, tops(3), price={"compute_tops": 2}), Node(0, tops(2), price={"compute_tops": 1})]
    tasks = [
        Task(0, tops(3), priority=1, weight=0.1),
        Task(0, tops(2), weight=1),
        Task(0, tops(1), weight=0.6, count=2),
    ]
    oracle = Oracle(problem(nodes=nodes, tasks=tasks, objective=Objective(rtt_price=0)))
    best = optimum(oracle)
    assert [float(w) for w in best.weight] == [0.1, 1.2]
    assert best.plan == {(0, 0, 0): 1, (2, 1, 0): 2}
    assert best.cost == 3 * 2 + 2 * 1
    assert oracle.check(best.plan) == []


def test_optimum_among_equals_is_the_cheapest():
    nodes = [Node(0, tops(2), price={"compute_tops": p}) for p in (3, 1, 2)]
    oracle = Oracle(problem(nodes=nodes, tasks=[Task(0, tops(1), count=4)], objective=Objective(rtt_price=0)))
    assert optimum(oracle).cost == 2 * 1 + 2 * 2


def test_first_fit_is_allowed_and_maximal_but_not_best():
    nodes = [Node(0, tops(4))]
    tasks = [Task(0, tops(3)), Task(0, tops(2), count=2)]
    oracle = Oracle(problem(nodes=nodes, tasks=tasks))
    plan = first_fit(oracle)
    assert plan == {(0, 0, 0): 1}
    assert oracle.check(plan) == []
    assert oracle.is_maximal(plan)
    assert (oracle.placed_weight(plan), optimum(oracle).weight) == ((Fraction(1),), (Fraction(2),))


def test_nothing_to_place():
    best = optimum(Oracle(problem(0, [])))
    assert (best.weight, best.cost, best.plan) == ((), 0, {})
