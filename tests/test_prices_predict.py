"""Prices tell what more of the dearest capacities brings: in 20 networks, ten are raised by 5 %."""

from __future__ import annotations

from typing import Any

import numpy as np

import gigafleet as gf

SEEDS, DEAREST, MORE = 20, 10, 0.05
Columns = dict[str, Any]
Raise = tuple[str, str, int, float]  #: what, column, row, by how much in all


def draw(seed: int) -> tuple[Columns, Columns, Columns]:
    """Columns of a network, its nodes and tasks: too much is asked of nodes, links and accesses."""
    rng = np.random.default_rng(seed)
    sites, nodes, tasks = 16, 12, 60
    tail = np.array([*(rng.integers(0, v) for v in range(1, sites)), 1, 2, 4])
    head = np.array([*range(1, sites), 8, 12, 14])
    network = {
        "sites": sites,
        "links": (tail, head),
        "latency_ms": rng.choice([0.5, 1.0, 2.0], tail.size),
        "capacity_mbps": rng.choice([100.0, 400.0, 1500.0], tail.size),
        "access_down_mbps": rng.choice([200.0, 500.0, 1e4], sites),
    }
    fleet = {
        "site": rng.integers(0, sites, nodes),
        "capacity": {
            "compute_tops": rng.choice([200.0, 400.0, 800.0], nodes),
            "memory_gb": rng.choice([32.0, 64.0, 128.0], nodes),
        },
        "count": rng.integers(5, 25, nodes),
    }
    asked = {
        "origin": rng.integers(0, sites, tasks),
        "demand": {
            "compute_tops": rng.choice([30.0, 60.0, 100.0], tasks),
            "memory_gb": rng.choice([4.0, 8.0, 12.0], tasks),
        },
        "weight": rng.choice([1.0, 2.0], tasks),
        "uplink_mbps": rng.choice([0.5, 1.0], tasks),
        "downlink_mbps": rng.choice([1.0, 2.0, 4.0], tasks),
        "max_rtt_ms": rng.choice([8.0, 16.0, np.inf], tasks),
        "count": rng.integers(5, 40, tasks),
    }
    return network, fleet, asked


def place(network: Columns, fleet: Columns, asked: Columns, previous: gf.Plan | None = None) -> gf.Plan:
    net = gf.Network(**network)
    return gf.place(gf.Tasks(net, **asked), gf.Nodes(net, **fleet), previous=previous)


def changes(plan: gf.Plan, network: Columns, fleet: Columns, raises: list[Raise]) -> Columns:
    """The same as `CapacityPrices.worth` takes them."""
    assert plan._tables is not None
    nodes = plan._tables[1]._core
    pool = nodes.by_row(np.arange(nodes.pools, dtype=np.float64))
    change: Columns = {
        "capacity_mbps": np.zeros(network["capacity_mbps"].size),
        "access_down_mbps": np.zeros(network["sites"]),
        "capacity": {name: np.zeros(pool.size) for name in fleet["capacity"]},
    }
    for what, column, row, by in raises:
        if what == "node":  # alike for all nodes of the pool
            rows = pool == pool[row]
            change["capacity"][column][rows] += by / fleet["count"][rows].sum()
        else:
            change[column][row] += by
    return change


def gain(plan: gf.Plan, drawn: tuple[Columns, Columns, Columns], change: Columns) -> float:
    """Weight that is placed besides, from where the plan left off; within the bound that is told."""
    network, fleet, asked = drawn
    wider = {name: network[name] + change[name] for name in ("capacity_mbps", "access_down_mbps")}
    larger = {name: each + change["capacity"][name] for name, each in fleet["capacity"].items()}
    later = place(network | wider, fleet | {"capacity": larger}, asked, plan)
    prices = plan.prices().weight
    assert plan.placed_weight <= later.placed_weight <= prices.bound + prices.worth(**change) + 1e-6
    return later.placed_weight - plan.placed_weight


def others(plan: gf.Plan, seed: int, dearest: list[Raise]) -> list[Raise]:
    """As much of the same kind, drawn from what has no price."""
    prices, rng, found = plan.prices().weight, np.random.default_rng(seed), []
    for what, column, _, by in dearest:
        price = {"link": prices.link.sum(axis=1), "access": prices.access[:, 1]}.get(what)
        free = np.flatnonzero((prices.node(column) if price is None else price) == 0)
        found += [(what, column, int(rng.choice(free)), by)] if free.size else []
    return found


def test_the_dearest_capacities_bring_what_their_prices_say() -> None:
    told, gained, free_gained, better = 0.0, 0.0, 0.0, 0
    for seed in range(SEEDS):
        drawn = draw(seed)
        plan = place(*drawn)
        prices = plan.prices().weight
        table = prices.table(top=DEAREST, share=MORE)
        kinds = zip(table.what.tolist(), table.column.tolist(), table.row.tolist(), strict=True)
        dearest = [(*kind, MORE * has) for kind, has in zip(kinds, table.capacity.tolist(), strict=True)]
        change = changes(plan, *drawn[:2], dearest)
        worth = prices.worth(**change)
        np.testing.assert_allclose(worth, table.worth.sum(), rtol=1e-9)
        more = gain(plan, drawn, change)
        free = changes(plan, *drawn[:2], others(plan, seed, dearest))
        assert prices.worth(**free) == 0
        free_more = gain(plan, drawn, free)
        told, gained, free_gained = told + worth, gained + more, free_gained + free_more
        better += (more > free_more) - (more < free_more)
    print(f"told {told:.0f}, gained {gained:.0f}; of what has no price {free_gained:.0f}; better in {better}")
    assert 0.5 * told < gained < 2 * told
    assert gained > 2 * free_gained
    assert better > SEEDS / 2
