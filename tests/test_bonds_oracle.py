"""The definition of gangs and spread groups, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from exhaustion import first_fit, optimum
from oracle import Oracle, Reason
from problem import INF, Link, Node, Objective, Problem, Site, Task

RACKS = (Site(), Site(domains={"rack": "a", "campus": "x"}), Site(domains={"rack": "b", "campus": "x"}))


def problem(nodes: list[Node], tasks: list[Task], mbps: tuple[float, float] = (INF, INF)) -> Problem:
    """A site without domains, and two racks of one campus beside it."""
    links = (Link(0, 1, 1, mbps[0]), Link(0, 2, 1, mbps[1]))
    return Problem(RACKS, links, tuple(nodes), tuple(tasks), objective=Objective(rtt_price=0))


def rack(site: int, size: float, **given: Any) -> Node:
    return Node(site, {"x": size}, **given)


def task(**given: Any) -> Task:
    return Task(0, {"x": given.pop("x", 1)}, **given)


def rules(oracle: Oracle, plan: dict[tuple[int, int, int], int]) -> list[str]:
    return [rule for rule, _ in oracle.check(plan)]


def test_a_gang_is_whole_and_in_one_rack() -> None:
    oracle = Oracle(problem([rack(1, 9, count=2), rack(2, 9)], [task(count=2, gang=4), task(gang=4)]))
    assert rules(oracle, {}) == []
    assert rules(oracle, {(0, 0, 0): 1, (0, 0, 1): 1, (1, 0, 0): 1}) == []
    assert rules(oracle, {(0, 0, 0): 2}) == ["GANG"]
    assert rules(oracle, {(0, 0, 0): 2, (1, 1, 0): 1}) == ["GANG"]
    assert rules(Oracle(oracle.problem, off=["GANG"]), {(0, 0, 0): 2, (1, 1, 0): 1}) == []


def test_levels() -> None:
    plans = {
        "node": {(0, 0, 0): 2},
        "site": {(0, 0, 0): 1, (0, 0, 1): 1},
        "campus": {(0, 0, 0): 1, (0, 1, 0): 1},
    }
    for level, plan in plans.items():
        nodes = [rack(1, 9, count=2), rack(2, 9), rack(0, 9)]
        oracle = Oracle(problem(nodes, [task(count=2, gang=0, gang_level=level)]))
        assert rules(oracle, plan) == []
        for other, worse in plans.items():
            assert bool(rules(oracle, worse)) == (list(plans).index(other) > list(plans).index(level))
    assert rules(oracle, {(0, 2, 0): 2}) == ["GANG"]  # a site in no campus


def test_a_group_is_spread() -> None:
    nodes = [rack(1, 9, count=2), rack(2, 9), rack(0, 9)]
    rows = [
        task(count=3, spread=7, spread_level="rack", spread_max=2),
        task(spread=7, spread_level="rack", spread_max=2),
    ]
    oracle = Oracle(problem(nodes, rows))
    assert rules(oracle, {(0, 0, 0): 1, (0, 0, 1): 1, (1, 1, 0): 1}) == []
    assert rules(oracle, {(0, 0, 0): 2, (1, 0, 1): 1}) == ["SPREAD"]
    assert rules(oracle, {(0, 2, 0): 1}) == ["SPREAD"]
    assert Oracle(oracle.problem, off=["SPREAD"]).check({(0, 2, 0): 3}) == []
    assert oracle.reasons({(0, 0, 0): 2, (0, 1, 0): 1, (1, 1, 0): 1}) == [Reason.PLACED] * 2
    assert oracle.reasons({(0, 0, 0): 2, (0, 1, 0): 1}) == [Reason.PLACED, None]


@pytest.mark.parametrize(
    ("given", "others", "reason"),
    [
        ({"count": 5}, 0, Reason.GANG),  # a rack holds four
        ({"count": 4}, 1, Reason.CAPACITY),
        ({"count": 3}, 1, None),
        ({"count": 2, "x": 3}, 0, Reason.GANG),
        ({"count": 2, "x": 10}, 0, Reason.TOO_BIG),
        ({"count": 3, "uplink_mbps": 2}, 0, Reason.CAPACITY),  # the links hold one, not all
        ({"count": 2, "uplink_mbps": 4}, 0, Reason.LINK),
        ({"count": 2, "spread": 1}, 0, Reason.SPREAD),  # one node in each rack
        ({"count": 1, "spread": 1}, 0, None),
    ],
)
def test_reasons(given: dict[str, Any], others: int, reason: Reason | None) -> None:
    tasks = [task(gang=0, **given), task(count=2, priority=1)]
    oracle = Oracle(problem([rack(1, 4), rack(2, 4), rack(0, 9)], tasks, (3, 3)))
    plan = {(1, 0, 0): 1, (1, 1, 0): 1} if others else {(1, 2, 0): 2}
    assert oracle.reasons(plan) == [reason, Reason.PLACED]


def test_a_gang_is_at_fault_if_one_of_its_rows_is() -> None:
    tasks = [task(gang=0), task(gang=0, require=("nobody",)), task(gang=1, x=9)]
    oracle = Oracle(problem([rack(1, 4)], tasks))
    assert oracle.reasons({}) == [Reason.GANG, Reason.LABEL, Reason.TOO_BIG]


def test_rows_that_disagree_are_no_problem_of_ours() -> None:
    for rows in (
        [task(gang=0), task(gang=0, priority=1)],
        [task(gang=0), task(gang=0, gang_level="site")],
        [task(spread=0), task(spread=0, spread_max=2)],
    ):
        with pytest.raises(AssertionError, match="differ in"):
            Oracle(problem([], rows))


def test_best_plans_and_first_fit() -> None:
    tasks = [task(count=3, gang=0), task(count=3, gang=1, weight=2), task(count=2)]
    oracle = Oracle(problem([rack(1, 2, count=2), rack(2, 2)], tasks))
    best = optimum(oracle)
    assert float(best.weight[0]) == 8  # the heavy gang, and two more beside it
    assert oracle.check(best.plan) == []
    found = first_fit(oracle)
    assert oracle.check(found) == []
    assert oracle.placed_count(found) == [3, 0, 2]
