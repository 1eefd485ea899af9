"""`verify` on devices: each of their rules broken in turn, and random plans against the definition."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from devices import masks_from_runs
from fake_core import device_runs, plain_runs, reported
from gigafleet.errors import VerifyError
from gigafleet.verify import Reported, Runs, verify
from oracle import Oracle, from_runs
from plain import INF, Net, Nodes, Tasks, tables
from problem import Node, Objective, Problem, Site, Task
from verify_cases import breaks, runs, two_rows_a_block

NET = Net(1, [])


def tasks(*devices: float, memory_gb: Any = 0.0, **given: Any) -> Tasks:
    own = {"devices": list(devices), "device_demand": {"memory_gb": memory_gb}}
    return Tasks(NET, len(devices), {}, **(own | given))


def nodes(devices: Any = 4, memory_gb: Any = 80.0, rows: int = 1, **given: Any) -> Nodes:
    return Nodes(NET, rows, {}, **({"devices": devices, "device_capacity": {"memory_gb": memory_gb}} | given))


def check(rows: Runs, asked: Tasks, hosts: Nodes, *masks: int, **options: Any) -> None:
    verify(rows, asked, hosts, Reported(devices=np.array(masks, np.uint64)), **options)


# How many, and which


def test_as_many_devices_as_asked() -> None:
    three = runs((0, 0), (1, 0), (2, 0))
    check(three, tasks(0.5, 2, 0), nodes(), 0b001, 0b110, 0)
    for wrong, said in (
        ((0b011, 0b1100, 0), "task 0 on node 0: it asks for 0.5 devices and uses those of mask 0b11"),
        ((0, 0b110, 0), "task 0 on node 0: it asks for 0.5 devices and uses those of mask 0b0"),
        ((0b001, 0b010, 0), "task 1 on node 0: it asks for 2 devices and uses those of mask 0b10"),
        ((0b001, 0b1110, 0), "task 1 on node 0: it asks for 2 devices and uses those of mask 0b1110"),
        ((0b001, 0b110, 0b1000), "task 2 on node 0: it asks for 0 devices and uses those of mask 0b1000"),
    ):
        with breaks("devices", said):
            check(three, tasks(0.5, 2, 0), nodes(), *wrong)


@pytest.mark.parametrize("count", [1, 5])
def test_of_those_that_the_node_has(count: int) -> None:
    hosts = nodes([4, 64, 0], rows=3, count=count, id=[70, 71, 72])
    check(runs((0, 0), (1, 1), (2, 2)), tasks(2, 1, 0), hosts, 0b1100, 1 << 63, 0)
    with breaks("devices", "task 0 on node 70", "4 devices, it uses those of mask 0b11000"):
        check(runs((0, 0), (1, 1)), tasks(2, 1), hosts, 0b11000, 1)
    with breaks("devices", "63 devices, it uses those of mask 0b1000"):
        check(runs((0, 0)), tasks(1), nodes(63, count=count), 1 << 63)
    with breaks("devices", "task 1 on node 72", "0 devices, it uses those of mask 0b1"):
        check(runs((0, 0), (1, 2)), tasks(2, 1), hosts, 0b1100, 1)


def test_without_masks_nothing_may_be_asked() -> None:
    for none in (None, Reported(), Reported(devices=np.zeros(0, np.uint64))):
        verify(runs((0, 0)), tasks(0), nodes(), none)
        verify(runs((0, 0)), Tasks(NET, 1, {}), nodes(), none)
        verify(runs((0, 0)), tasks(0, 1), nodes(), none)  # it is not placed
        with breaks("devices", "task 1 on node 0: it asks for 1 devices and uses those of mask 0b0"):
            verify(runs((0, 0), (1, 0)), tasks(0, 1), nodes(), none)
    with breaks("devices", "task 0 on node 0: it asks for 0 devices"):
        check(runs((0, 0)), Tasks(NET, 1, {}), nodes(), 1)
    with breaks("devices", r"an array of shape \(2,\) for 1 runs"):
        check(runs((0, 0)), tasks(1), nodes(), 1, 1)


def test_nodes_without_devices() -> None:
    plain = Nodes(NET, 1, {"disk_gb": 5.0})
    check(runs((0, 0)), tasks(0, 0.5), plain, 0)
    with breaks("devices", "its node has 0 devices"):
        check(runs((1, 0)), tasks(0, 0.5), plain, 1)


def test_one_and_a_half() -> None:
    with breaks("devices", "it asks for 1.5 devices, neither a share nor whole"):
        check(runs((0, 0)), tasks(1.5), nodes(), 0b11)


# What is on a device


@pytest.mark.parametrize("count", [1, 3])
def test_shares_of_a_device(count: int) -> None:
    hosts, asked = nodes(count=count), tasks(0.5, 0.5, 0.001)
    check(runs((0, 0), (1, 0), (2, 0)), asked, hosts, 0b0100, 0b0100, 0b1000)
    with breaks("devices", "node 0 instance 0: device 2: shares: 1.001 in use, limit 1"):
        check(runs((0, 0), (1, 0), (2, 0)), asked, hosts, 0b0100, 0b0100, 0b0100)


def test_thirds_round_up() -> None:
    three = runs((0, 0), (1, 0), (2, 0))
    check(three, tasks(0.333, 1 / 3, 0.333), nodes(), 1, 1, 1)
    with breaks("devices", "device 0: shares: 1.002 in use"):
        check(three, tasks(1 / 3, 1 / 3, 1 / 3), nodes(), 1, 1, 1)
    with breaks("devices", "device 0: shares: 1.001 in use"):  # 0.9999 is a whole one
        check(runs((0, 0), (1, 0)), tasks(0.9999, 0.0001), nodes(), 1, 1)


@pytest.mark.parametrize("count", [1, 3])
def test_whole_devices_hold_nothing_else(count: int) -> None:
    asked, hosts = tasks(2, 0.001, 1), nodes(count=count)
    check(runs((0, 0), (1, 0), (2, 0)), asked, hosts, 0b0011, 0b0100, 0b1000)
    with breaks("devices", "device 1: shares: 1.001 in use, limit 1"):
        check(runs((0, 0), (1, 0), (2, 0)), asked, hosts, 0b0011, 0b0010, 0b1000)
    with breaks("devices", "device 1: shares: 2 in use, limit 1"):
        check(runs((0, 0), (2, 0)), asked, hosts, 0b0011, 0b0010)


@pytest.mark.parametrize("count", [1, 3])
def test_what_each_device_has(count: int) -> None:
    hosts = nodes(memory_gb=[80.0], count=count)
    asked = tasks(0.1, 0.1, 2, memory_gb=[50.0, 30.0, 80.0])
    check(runs((0, 0), (1, 0), (2, 0)), asked, hosts, 0b0001, 0b0001, 0b0110)
    with breaks("devices", "node 0 instance 0: device 3: memory_gb: 100 in use, limit 80"):
        check(runs((0, 0), (0, 0)), replace_count(asked, 2), hosts, 0b1000, 0b1000)
    with breaks("devices", "device 1: memory_gb: 80 in use, limit 79.5"):
        check(runs((2, 0)), asked, nodes(memory_gb=79.5, count=count), 0b0110)
    check(runs((2, 0)), asked, nodes(memory_gb=INF, count=count), 0b0110)


def replace_count(asked: Tasks, count: int) -> Tasks:
    asked.columns["count"].values[:] = count  # type: ignore[union-attr]
    return asked


def test_demand_without_devices_is_of_no_account() -> None:
    check(runs((0, 0), (1, 0)), tasks(0, 1, memory_gb=[999.0, 80.0]), nodes(), 0, 1)


def test_a_resource_that_no_device_has() -> None:
    bare = Nodes(NET, 1, {}, devices=4)
    check(runs((0, 0)), tasks(1, memory_gb=0.0), bare, 1)
    with breaks("devices", "memory_gb: 1 in use, limit 0"):
        check(runs((0, 0)), tasks(1, memory_gb=1.0), bare, 1)


def test_device_and_node_resources_are_apart() -> None:
    asked = tasks(0.5, 0.5, memory_gb=40.0)
    hosts = Nodes(NET, 1, {"memory_gb": 1.0}, devices=1, device_capacity={"memory_gb": 80.0})
    check(runs((0, 0), (1, 0)), asked, hosts, 1, 1)
    both = Tasks(NET, 1, {"memory_gb": 2.0}, devices=1, device_demand={"memory_gb": 2.0})
    with breaks("capacity", "memory_gb: 2 in use, limit 1"):
        check(runs((0, 0)), both, hosts, 1)


def test_resolution_and_amounts_beyond_int64() -> None:
    coarse = nodes(memory_gb=1.99, resolution={"device.memory_gb": 1.0})
    with breaks("devices", "memory_gb: 2 in use, limit 1"):
        check(runs((0, 0)), tasks(1, memory_gb=1.01), coarse, 1)
    large = float(1 << 60) * 1e-6
    nine = runs(*((t, 0) for t in range(9)))
    with breaks("devices", "memory_gb: 1"):
        check(nine, tasks(*[0.1] * 9, memory_gb=large), nodes(memory_gb=[large]), *[1] * 9)
    check(nine, tasks(*[0.1] * 9, memory_gb=large), nodes(memory_gb=INF), *[1] * 9)


# Instances


def test_each_instance_has_devices_of_its_own() -> None:
    asked = tasks(0.6, 1, count=[10, 5], memory_gb=0.0)
    hosts = nodes(2, count=10)
    check(runs((0, 0, 0, 10, 1), (1, 0, 3, 5, 1)), asked, hosts, 0b01, 0b10)
    with breaks("devices", "node 0 instance 3: device 0: shares: 1.6 in use"):
        check(runs((0, 0, 0, 10, 1), (1, 0, 3, 5, 1)), asked, hosts, 0b01, 0b01)
    check(runs((0, 0, 0, 3, 1), (1, 0, 3, 5, 1), (0, 0, 8, 2, 1)), asked, hosts, 0b01, 0b01, 0b01)
    with breaks("devices", "node 0 instance 7: device 0: shares: 1.6 in use"):
        check(runs((0, 0, 0, 3, 1), (1, 0, 3, 5, 1), (0, 0, 7, 3, 1)), asked, hosts, 0b01, 0b01, 0b01)


def test_members_of_a_run_share_its_devices() -> None:
    check(runs((0, 0, 0, 1, 2)), tasks(0.5, count=2), nodes(), 1)
    with breaks("devices", "shares: 1.2 in use"):
        check(runs((0, 0, 0, 1, 2)), tasks(0.6, count=2), nodes(), 1)


def test_a_sample_checks_them_all() -> None:
    rows = runs(*((t, 0) for t in range(4)))
    check(rows, tasks(1, 1, 1, 1), nodes(), 1, 2, 4, 8, sample=1)
    for seed in range(8):
        with breaks("devices", "device 2: shares: 2 in use"):
            check(rows, tasks(1, 1, 1, 1), nodes(), 1, 2, 4, 4, sample=1, seed=seed)


def test_blocks_agree_with_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    two_rows_a_block(monkeypatch)
    test_as_many_devices_as_asked()
    test_thirds_round_up()
    test_each_instance_has_devices_of_its_own()


# Against the definition


def random_problem(draw: random.Random) -> Problem:
    """One site, generous, so that most plans break one rule or none."""
    price = {"devices": draw.choice([2.5, -1]), "device.memory_gb": 0.125}
    hosts = tuple(
        Node(
            0,
            {"disk_gb": draw.choice([1.0, 9.0, 9.0])},
            price=price,
            devices=draw.choice([0, 2, 3, 64]),
            device_capacity={"memory_gb": draw.choice([1.0, 2.0, 9.0, INF])},
            count=draw.choice([1, 1, 3]),
        )
        for _ in range(2)
    )
    rows = tuple(
        Task(
            0,
            {"disk_gb": draw.choice([0, 0.4])},
            devices=draw.choice([0, 0.25, 1 / 3, 0.5, 0.9999, 1, 2]),
            device_demand={"memory_gb": draw.choice([0, 0.5, 1 / 3, 1])},
            count=draw.choice([1, 2, 3]),
        )
        for _ in range(4)
    )
    resolution = {"device.memory_gb": draw.choice([1e-6, 1e-3])}
    return Problem((Site(),), (), hosts, rows, resolution=resolution, objective=Objective(rtt_price=0))


def random_masks(draw: random.Random, oracle: Oracle, plan: dict[Any, int]) -> dict[Any, list[int]]:
    """Seats taken one after the other, now and then a wrong one."""
    masks: dict[Any, list[int]] = {}
    held: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (t, n, i), each in sorted(plan.items()):
        for _ in range(each):
            there = held.setdefault((n, i), [])
            free = list(oracle.devices.ways(t, n, there))
            wild = draw.random() < 0.08 or not free
            mask = draw.choice([0, 1, 2, 3, 6, 8]) if wild else draw.choice(free)
            masks.setdefault((t, n, i), []).append(mask)
            there.append((t, mask))
    return masks


@pytest.mark.parametrize("block", [False, True])
def test_verify_says_what_the_oracle_says(block: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if block:
        two_rows_a_block(monkeypatch)
    found: Counter[str] = Counter()
    for seed in range(300):
        draw = random.Random(seed)
        problem = random_problem(draw)
        oracle = Oracle(problem)
        plan = {}
        for t, task in enumerate(problem.tasks):
            n = draw.randrange(2)
            plan[t, n, draw.randrange(problem.nodes[n].count)] = draw.randint(1, task.count)
        asked, hosts = tables(problem)
        rows, masks = device_runs(plan, random_masks(draw, oracle, plan))
        by_member = masks_from_runs(*(part.tolist() for part in (*rows, masks)))
        assert from_runs(*rows) == plan
        breaches = {rule.lower() for rule, _ in oracle.check(plan, by_member)}
        said = reported(oracle, plan, masks)
        if breaches:
            with pytest.raises(VerifyError) as raised:
                verify(rows, asked, hosts, said)
            rule = str(raised.value).split(":")[0]
            assert rule in breaches, (seed, str(raised.value), breaches)
            found[rule] += 1
            continue
        verify(rows, asked, hosts, said)
        found["fine"] += 1
        with pytest.raises(VerifyError, match="load: cost"):
            verify(rows, asked, hosts, replace(said, cost=said.cost + 0.1))
    assert min(found[rule] for rule in ("devices", "capacity", "fine")) > 25, found


def test_costs_of_devices_are_part_of_the_cost() -> None:
    problem = Problem(
        (Site(),),
        (),
        (
            Node(
                0, {}, {"devices": 2.0, "device.memory_gb": 0.5}, devices=4, device_capacity={"memory_gb": 8}
            ),
        ),
        (Task(0, {}, devices=0.25, device_demand={"memory_gb": 3}), Task(0, {}, devices=2)),
        objective=Objective(rtt_price=0),
    )
    oracle, plan = Oracle(problem), {(0, 0, 0): 1, (1, 0, 0): 1}
    rows, masks = device_runs(plan, oracle.devices.masks(plan))
    said = reported(oracle, plan, masks)
    assert said.cost == 0.25 * 2 + 3 * 0.5 + 2 * 2
    verify(rows, *tables(problem), said)


def test_many_runs() -> None:
    """As many as a block holds and more, of which the last is wrong."""
    number = 40_000
    hosts = nodes(8, rows=number // 8)
    rows = plain_runs({})._replace(
        task=np.arange(number),
        node=np.arange(number) // 8,
        first_instance=np.zeros(number, np.int64),
        instances=np.ones(number, np.int64),
        per_instance=np.ones(number, np.int64),
    )
    masks = np.uint64(1) << (np.arange(number) % 8).astype(np.uint64)
    asked = Tasks(NET, number, {}, devices=1, device_demand={"memory_gb": 70.0})
    verify(rows, asked, hosts, Reported(devices=masks))
    masks[-1] = 1
    with breaks("devices", f"node {number // 8 - 1} instance 0: device 0: shares: 2 in use"):
        verify(rows, asked, hosts, Reported(devices=masks))
