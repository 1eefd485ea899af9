"""The definition of devices, worked out by hand."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest

from devices import Devices, masks_from_runs
from exhaustion import first_fit, optimum
from oracle import Oracle, Reason
from problem import Node, Objective, Problem, Site, Task
from strategies import problems, sample


def problem(nodes: list[Node], tasks: list[Task], **given: Any) -> Problem:
    return Problem((Site(),), (), tuple(nodes), tuple(tasks), objective=Objective(rtt_price=0), **given)


def host(devices: int, memory_gb: float = 80, **given: Any) -> Node:
    return Node(0, {}, devices=devices, device_capacity={"memory_gb": memory_gb}, **given)


def task(devices: float, memory_gb: float = 0, **given: Any) -> Task:
    return Task(0, {}, devices=devices, device_demand={"memory_gb": memory_gb}, **given)


def of(*shares: float, devices: int = 2, memory_gb: float = 0) -> Devices:
    return Devices(problem([host(devices)], [task(share, memory_gb) for share in shares]))


# What is asked


@pytest.mark.parametrize(
    ("devices", "thousandths", "number"),
    [
        (0, 0, 0),
        (1e-9, 1, 1),
        (1 / 3, 334, 1),
        (0.25, 250, 1),
        (0.1 + 0.2, 300, 1),
        (0.999, 999, 1),
        (0.9999, 1000, 1),
        (1, 1000, 1),
        (1 + 1e-10, 1000, 1),
        (3 - 1e-9, 3000, 3),
        (64, 64000, 64),
        (65, 65000, 65),
    ],
)
def test_shares_are_thousandths_and_more_is_whole(devices: float, thousandths: int, number: int) -> None:
    rule = of(devices)
    assert (rule.ask(0), rule.number(0)) == (thousandths, number)


@pytest.mark.parametrize("devices", [1.5, 1.0001, 2.9999])
def test_one_and_a_half_is_nothing(devices: float) -> None:
    with pytest.raises(AssertionError, match="task row 0 asks for"):
        of(devices).ask(0)


def test_what_a_member_takes_of_its_node() -> None:
    rule = of(0, 0.25, 1, 3, memory_gb=20)
    million = 10**6
    assert [rule.takes(t) for t in range(4)] == [
        {"devices": 0},
        {"devices": 250, "device.memory_gb": 20 * million},
        {"devices": 1000, "device.memory_gb": 20 * million},
        {"devices": 3000, "device.memory_gb": 60 * million},
    ]
    assert rule.total(0, "devices") == 2000
    assert rule.total(0, "device.memory_gb") == 160 * million
    assert Devices(problem([host(0, float("inf"))], [task(1)])).total(0, "device.memory_gb") == 0


# Which devices


def test_a_share_stays_on_one_device() -> None:
    rule = of(0.6, 0.6, 0.6, 0.4)
    assert rule.arrange(0, [0, 1]) is not None
    assert rule.arrange(0, [0, 1, 2]) is None  # 1.8 of 2, and yet no way
    assert sorted(rule.arrange(0, [0, 1, 3]) or []) == [(0, 1), (1, 2), (3, 1)]


def test_a_whole_one_holds_nothing_else() -> None:
    rule = of(1, 0.001, 2, devices=3)
    assert rule.breaches(0, [(0, 0b001), (1, 0b010)]) == []
    assert rule.breaches(0, [(0, 0b001), (1, 0b001)]) == ["device 0: 1001 of devices"]
    assert rule.breaches(0, [(0, 0b100), (2, 0b011)]) == []
    assert rule.arrange(0, [0, 1, 2]) is None
    assert rule.has_room(0, 0, [(2, 0b101)])
    assert list(rule.ways(2, 0, [(1, 0b010)])) == [0b101]


def test_each_device_has_its_own_memory() -> None:
    rule = Devices(problem([host(2, 80)], [task(0.25, 50), task(0.25, 30), task(2, 80), task(2, 81)]))
    assert rule.breaches(0, [(0, 1), (1, 1)]) == []
    assert rule.breaches(0, [(0, 1), (0, 1)]) == ["device 0: 100000000 of memory_gb"]
    assert rule.arrange(0, [0, 0]) is not None
    assert rule.arrange(0, [0, 0, 0]) is None
    assert rule.arrange(0, [0, 0, 1, 1]) is not None
    assert rule.arrange(0, [2]) is not None
    assert rule.arrange(0, [3]) is None


def test_masks_are_of_the_right_number_and_of_devices_that_exist() -> None:
    rule = of(0.5, 2, 0, devices=2)
    assert rule.breaches(0, [(0, 0b11)]) == ["task row 0 uses devices 11 for 500 thousandths"]
    assert rule.breaches(0, [(1, 0b01)]) == ["task row 1 uses devices 1 for 2000 thousandths"]
    assert rule.breaches(0, [(2, 0b01)]) == ["task row 2 uses devices 1 for 0 thousandths"]
    assert rule.breaches(0, [(0, 0b100)]) == ["task row 0 uses devices 100 of 2"]
    assert rule.breaches(0, [(2, 0)]) == []
    assert Devices(rule.problem, on=False).breaches(0, [(0, 0b100)]) == []


def test_sixty_four_devices() -> None:
    rule = of(0.5, 64, devices=64)
    assert rule.arrange(0, [1]) == [(1, 2**64 - 1)]
    assert rule.breaches(0, [(0, 1 << 63)]) == []
    assert rule.arrange(0, [0] * 128) is not None


def test_arranging_is_trying_all_masks() -> None:
    """Against every mask for every member, on two or three devices."""
    rng, possible = Random(5), 0
    for _ in range(150):
        count = rng.choice((2, 3))
        shares = [rng.choice((0.25, 0.4, 0.5, 0.6, 1, 1, 2)) for _ in range(rng.randint(2, 5))]
        tasks = [task(share, rng.choice((0, 1, 2, 3))) for share in shares]
        rule = Devices(problem([host(count, 4)], tasks))
        members = range(len(tasks))
        masks = [[m for m in range(1 << count) if m.bit_count() == rule.number(t)] for t in members]
        exists = any(not rule.breaches(0, list(zip(members, some, strict=True))) for some in product(*masks))
        found = rule.arrange(0, members)
        assert (found is not None) == exists
        assert found is None or rule.breaches(0, found) == []
        possible += exists
    assert 40 < possible < 110


# Plans


def test_check_with_masks_and_without() -> None:
    oracle = Oracle(problem([host(2)], [task(0.6, count=3), task(1)]))
    plan = {(0, 0, 0): 2}
    assert oracle.check(plan) == []
    assert oracle.check(plan, {(0, 0, 0): [1, 2]}) == []
    assert [rule for rule, _ in oracle.check(plan, {(0, 0, 0): [1, 1]})] == ["DEVICES"]
    assert [rule for rule, _ in oracle.check(plan, {(0, 0, 0): [1]})] == ["DEVICES"]  # one has none
    assert [rule for rule, _ in oracle.check({(0, 0, 0): 3})] == ["DEVICES"]
    assert {rule for rule, _ in oracle.check({(0, 0, 0): 2, (1, 0, 0): 1})} == {"DEVICES", "CAPACITY"}
    assert Oracle(oracle.problem, off=["DEVICES"]).check({(0, 0, 0): 3}) == []
    assert oracle.loads(plan)["CAPACITY", 0, 0, "devices"] == 1200


def test_reasons() -> None:
    tasks = [task(0.6, 10), task(0.5, 90), task(3), task(2, 10), task(0.1)]
    oracle = Oracle(problem([host(2), Node(0, {"disk_gb": 5})], tasks))
    plan, masks = {(0, 0, 0): 1}, {(0, 0, 0): [1]}
    wanted = [Reason.PLACED, Reason.TOO_BIG, Reason.TOO_BIG, Reason.CAPACITY, None]
    assert oracle.reasons(plan, masks) == oracle.reasons(plan) == wanted
    assert not oracle.is_maximal(plan, masks)


def test_room_is_what_there_is_as_things_stand() -> None:
    oracle = Oracle(problem([host(2)], [task(0.5, count=2), task(1)]))
    plan = {(0, 0, 0): 2}
    apart, together = {(0, 0, 0): [1, 2]}, {(0, 0, 0): [2, 2]}
    assert oracle.reasons(plan, apart)[1] == Reason.CAPACITY
    assert oracle.reasons(plan, together)[1] is None
    assert oracle.reasons(plan)[1] is None  # there is a way to have room


def test_cost_by_hand() -> None:
    price = {"devices": 2.5, "device.memory_gb": 0.01, "compute_tops": 0.1}
    node = Node(0, {"compute_tops": 9}, price, devices=8, device_capacity={"memory_gb": 80})
    demand = {"compute_tops": 3}
    tasks = [Task(0, demand, devices=devices, device_demand={"memory_gb": 20}) for devices in (0, 0.25, 1, 3)]
    oracle = Oracle(problem([node], tasks))
    costs = [float(oracle.pair_cost(t, 0)) for t in range(4)]
    assert costs == pytest.approx([0.3, 0.3 + 0.625 + 0.2, 0.3 + 2.5 + 0.2, 0.3 + 7.5 + 0.6], rel=1e-12)


def test_optimum_and_first_fit_keep_the_rule() -> None:
    tasks = [task(0.6, weight=1, count=2), task(1, weight=1.4), task(0.4, weight=0.5, count=2)]
    oracle = Oracle(problem([host(2)], tasks))
    best = optimum(oracle)
    assert float(best.weight[0]) == 3  # 0.6 + 0.4 on each
    assert best.plan == {(0, 0, 0): 2, (2, 0, 0): 2}
    found = first_fit(oracle)
    assert found == {(0, 0, 0): 2, (2, 0, 0): 2}
    assert oracle.check(found, oracle.devices.masks(found)) == []


def test_no_plan_of_whole_devices_needs_node_resources() -> None:
    plan = first_fit(Oracle(problem([host(8, count=3)], [task(4, count=9)])))
    assert sum(plan.values()) == 6


def test_random_plans_can_be_seated() -> None:
    seated = 0
    for drawn in sample(problems(devices=1), 60):
        oracle = Oracle(drawn)
        plan = first_fit(oracle)
        masks = oracle.devices.masks(plan)
        assert oracle.check(plan, masks) == []
        assert oracle.is_maximal(plan, masks)
        seated += sum(mask > 0 for own in masks.values() for mask in own)
    assert seated > 100


def test_masks_of_runs() -> None:
    masks = masks_from_runs([0, 1], [2, 2], [0, 1], [2, 1], [1, 2], [3, 4])
    assert masks == {(0, 2, 0): [3], (0, 2, 1): [3], (1, 2, 1): [4, 4]}
