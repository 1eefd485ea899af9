"""Shadow prices: the identity that they stand for, on random problems; units, shapes, files, errors."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gigafleet as gf
from bridge import place, to_gigafleet
from fake_core import first_fit_plan
from gigafleet.errors import InputError, InputTypeError
from gigafleet.prices import CapacityPrices, resolutions
from problem import INF, Problem
from strategies import examples, problems
from test_plan import problem as plain_problem
from test_plan_engine import tables


def with_more(problem: Problem, seed: int) -> tuple[Problem, dict[str, Any]]:
    """Wider links and accesses, more nodes; and the change as `worth` takes it."""
    rng = Random(seed)
    links = [link for link in problem.links if link.tail != link.head]
    more = {
        "capacity_mbps": [0 if link.capacity_mbps == INF else rng.choice((0, 0.5, 3)) for link in links],
        "access_up_mbps": [0 if s.access_up_mbps == INF else rng.choice((0, 1)) for s in problem.sites],
        "access_down_mbps": [0 if s.access_down_mbps == INF else rng.choice((0, 1)) for s in problem.sites],
        "count": [0 if node.count == 0 else rng.choice((0, 0, 1, 2)) for node in problem.nodes],
    }
    replace = dataclasses.replace
    changed = replace(
        problem,
        links=tuple(
            replace(link, capacity_mbps=link.capacity_mbps + by)
            for link, by in zip(links, more["capacity_mbps"], strict=True)
        ),
        sites=tuple(
            replace(s, access_up_mbps=s.access_up_mbps + up, access_down_mbps=s.access_down_mbps + down)
            for s, up, down in zip(
                problem.sites, more["access_up_mbps"], more["access_down_mbps"], strict=True
            )
        ),
        nodes=tuple(
            replace(node, count=node.count + by)
            for node, by in zip(problem.nodes, more["count"], strict=True)
        ),
    )
    return changed, more


def in_core(prices: CapacityPrices, nodes: gf.Nodes) -> tuple[np.ndarray, np.ndarray]:
    """As the core takes them, for other tables whose node rows are alike."""
    _, row, _, _ = nodes._core.pool_columns()
    units = resolutions(nodes)
    names = (*nodes.resources, "link_down_mbps", "link_up_mbps")
    by_row = [prices.node(name) * unit for name, unit in zip(names, units, strict=True)]
    # A pool that has no nodes: whatever.
    pool = np.column_stack([np.where(row < 0, 0, column[row]) for column in by_row]).ravel()
    carrier = np.concatenate([prices.link.ravel(), prices.access.T.ravel()]) * 1e-6
    return pool, carrier


@examples(120)
@given(problems(), st.integers(0, 2**32))
def test_a_price_is_what_the_bound_moves_by(problem, seed):
    plan = place(problem)
    prices, placed = plan.prices(), plan.certificate.placed_by_level
    changed, more = with_more(problem, seed)
    later = place(changed)
    assert later._tables is not None
    of_cost, *of_weight = (in_core(each, later._tables[1]) for each in (prices.cost, *prices.by_level))
    cost, weights = later._core.bounds_at(of_cost, of_weight, list(placed))
    size = 1e-5 * (1 + abs(plan.certificate.terms))
    assert cost == pytest.approx(prices.cost.bound - prices.cost.worth(**more), rel=1e-6, abs=size)
    for weight, each in zip(weights, prices.by_level, strict=True):
        assert weight == pytest.approx(each.bound + each.worth(**more), rel=1e-6, abs=1e-5)
    # So what is placed then is within it, as long as no less is at the levels above.
    for level, each in enumerate(prices.by_level):
        reached = later.certificate.placed_by_level
        if all(now >= before for now, before in zip(reached[:level], placed[:level], strict=True)):
            assert reached[level] <= each.bound + each.worth(**more) + 1e-5
    if all(now >= before for now, before in zip(later.certificate.placed_by_level, placed, strict=True)):
        assert later.cost >= prices.cost.bound - prices.cost.worth(**more) - size


def test_these_problems_have_prices():
    """Of all kinds, or the test above says nothing."""
    from strategies import sample

    priced = np.zeros(5, int)
    for problem in sample(problems(), 60):
        prices = place(problem).prices()
        for each in (prices.cost, *prices.by_level):
            nodes = (
                each._pool.reshape(-1, len(problem.resources) + 2) if each._pool.size else np.zeros((1, 3))
            )
            kinds = (each.link, each.access, nodes[:, :-2], nodes[:, -2:])
            priced += [bool(np.any(kind)) for kind in kinds] + [
                prices.cost is not each and bool(each.link.any())
            ]
    assert (priced >= 4).all(), priced


def network(capacity_mbps: float = np.inf, access_mbps: float = np.inf) -> gf.Network:
    return gf.Network(
        sites=["Berlin", "Jülich"],
        links=([0], [1]),
        latency_ms=3.0,
        capacity_mbps=capacity_mbps,
        access_up_mbps=[access_mbps, np.inf],
    )


def sessions(net: gf.Network, **columns: Any) -> gf.Tasks:
    """300 in Berlin, of 6 GB each; 2 Mbps down."""
    given = {"origin": ["Berlin"], "demand": {"memory_gb": 6.0}, "count": [300], "downlink_mbps": 2.0}
    return gf.Tasks(net, **(given | columns))


def test_a_link_and_a_node_by_hand():
    net = network(capacity_mbps=200)
    nodes = gf.Nodes(
        net, site=["Berlin", "Jülich", "Berlin"], capacity={"memory_gb": [12, 1e4, 12]}, count=[10, 9, 0]
    )
    plan = gf.place(sessions(net), nodes)
    prices = plan.prices().weight
    assert plan.placed_tasks == 20 + 100
    assert (prices.found, prices.unit, prices.reached) == (True, "weight", 120)
    assert prices.bound == pytest.approx(120, rel=1e-3)
    assert prices.link.shape == (1, 2)
    np.testing.assert_allclose(prices.link, [[0, 1 / 2]], rtol=1e-3)  # the way back is what is full
    np.testing.assert_allclose(prices.node("memory_gb"), [1 / 6, 0, np.nan], rtol=1e-3)
    assert prices.node("memory_gb").dtype == np.float64
    assert prices.access.shape == (2, 2)
    assert not prices.access.any()
    # 10 Gb/s more: the most that it can bring, and, as it is large, more than it does bring.
    assert prices.worth(capacity_mbps=10_000) == pytest.approx(5_000, rel=1e-3)
    assert prices.worth(capacity_mbps=[-20]) == pytest.approx(-10, rel=1e-3)
    assert prices.worth(capacity={"memory_gb": [6, 0, 0]}) == pytest.approx(10, rel=1e-3)  # of each of ten
    assert prices.worth(count=[1, 1, 0]) == pytest.approx(2, rel=1e-3)
    assert prices.worth() == 0


def test_what_room_saves_has_a_price_of_cost():
    net = network()
    nodes = gf.Nodes(net, site="Berlin", capacity={"memory_gb": [60, 6e3]}, price={"memory_gb": [0.5, 0.75]})
    prices = gf.place(sessions(net), nodes).prices()
    np.testing.assert_allclose(prices.cost.node("memory_gb"), [0.25, 0], rtol=1e-3, atol=1e-6)
    assert prices.cost.unit == "EUR/h"
    assert not prices.weight.node("memory_gb").any()


def test_arcs_and_accesses_have_their_own_prices():
    directed = gf.Network(
        sites=2, links=([0, 1], [1, 0]), latency_ms=1.0, capacity_mbps=[np.inf, 40], directed=True
    )
    nodes = gf.Nodes(directed, site=[1], capacity={"memory_gb": np.inf})
    prices = gf.place(sessions(directed, origin=[0]), nodes).prices().weight
    assert prices.link.shape == (2,)
    np.testing.assert_allclose(prices.link, [0, 0.5], rtol=1e-3)
    net = network(access_mbps=30)  # where both ends are one site, its air is charged twice
    nodes = gf.Nodes(net, site="Jülich", capacity={"memory_gb": np.inf}, link_up_mbps=50, count=9)
    prices = gf.place(sessions(net, uplink_mbps=1, downlink_mbps=0), nodes).prices().weight
    np.testing.assert_allclose(prices.access, [[1, 0], [0, 0]], rtol=1e-3)
    assert prices.worth(access_up_mbps=[5, 0]) == pytest.approx(5, rel=1e-3)


def test_a_line_has_a_price():
    net = network()
    nodes = gf.Nodes(net, site="Berlin", capacity={"memory_gb": 1e6}, link_up_mbps=40, count=[3])
    prices = gf.place(sessions(net), nodes).prices().weight
    np.testing.assert_allclose(prices.node("link_up_mbps"), [0.5], rtol=1e-3)
    assert not prices.node("link_down_mbps").any()
    assert prices.worth(link_up_mbps=10) == pytest.approx(15, rel=1e-3)


def test_nothing_binds_and_nothing_is_limited():
    net = network(capacity_mbps=1e6)
    for memory in (1e6, np.inf):
        nodes = gf.Nodes(net, site=["Berlin", "Jülich"], capacity={"memory_gb": memory}, link_up_mbps=1e6)
        prices = gf.place(sessions(net), nodes).prices()
        for each in (prices.cost, prices.weight):
            assert each.found
            assert not each.link.any()
            assert not each.access.any()
            assert not each.node("memory_gb").any()
            assert len(each.table()) == 0
        assert prices.weight.bound == prices.weight.reached == 300


def test_levels_have_prices_of_their_own():
    net = network()
    nodes = gf.Nodes(net, site="Berlin", capacity={"memory_gb": 36})
    tasks = sessions(net, origin=["Berlin"] * 3, count=[2, 300, 300], priority=[7, 5, 0], weight=[1, 2, 9])
    prices = gf.place(tasks, nodes).prices()
    high, middle, low = prices.by_level
    assert prices.weight is low
    assert not high.node("memory_gb").any()
    np.testing.assert_allclose(middle.node("memory_gb"), [2 / 6], rtol=1e-3)
    # The middle one has first claim to more; a bound of the low one asks of it no more than it has. With less
    # it would not have that: so any price from 9 / 6 on would do.
    np.testing.assert_allclose(low.node("memory_gb"), [9 / 6], rtol=1e-2)
    assert (high.bound, low.reached) == (2, 0)


def test_the_resolution_of_a_resource_does_not_matter():
    net = network(capacity_mbps=200)
    found = []
    for resolution in (1e-6, 1e-3, 1.0):
        nodes = gf.Nodes(
            net, site="Berlin", capacity={"memory_gb": [12, 60]}, resolution={"memory_gb": resolution}
        )
        found.append(gf.place(sessions(net), nodes).prices().weight.node("memory_gb"))
    assert found[0].all()
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-9)


@pytest.mark.parametrize("rows", [400, 4000])
def test_threads_do_not_change_prices(rows: int):
    tasks, nodes = tables(rows, counts=True)
    one, two = (gf.place(tasks, nodes, threads=threads).prices() for threads in (1, 2))
    assert np.any(one.weight.link)
    for a, b in zip((one.cost, *one.by_level), (two.cost, *two.by_level), strict=True):
        assert (a.bound, a.found) == (b.bound, b.found)
        np.testing.assert_array_equal(a.link, b.link)
        np.testing.assert_array_equal(a.access, b.access)
        for resource in (*nodes.resources, "link_up_mbps"):
            np.testing.assert_array_equal(a.node(resource), b.node(resource))


def test_prices_are_found_once_with_the_certificate():
    tasks, nodes = tables()
    plan = gf.place(tasks, nodes)
    prices = plan.prices()
    assert plan.prices() is prices
    seconds = plan.certificate.seconds
    assert plan._core.bounds()[-1] == seconds  # not worked out again
    assert prices.weight.bound >= plan.bound_placed
    assert prices.cost.bound == plan.bound_cost


@pytest.mark.parametrize("directed", [False, True])
def test_files_keep_prices(directed: bool, tmp_path: Path):
    tasks, nodes = tables(directed=directed, counts=True)
    plan = gf.place(tasks, nodes)
    plan.save(tmp_path / "plan.npz")
    prices, alone = plan.prices(), gf.Plan.load(tmp_path / "plan.npz").prices()
    whole = gf.Plan.load(tmp_path / "plan.npz", tasks, nodes).prices()
    assert repr(alone) == repr(prices)
    for saved in (alone, whole):
        for a, b in zip((prices.cost, *prices.by_level), (saved.cost, *saved.by_level), strict=True):
            assert (a.bound, a.reached, a.found) == (b.bound, b.reached, b.found)
            np.testing.assert_array_equal(a.link, b.link)
            np.testing.assert_array_equal(a.access, b.access)
    assert alone.weight.worth(capacity_mbps=1) == prices.weight.worth(capacity_mbps=1)
    np.testing.assert_array_equal(whole.weight.node("energy_wh"), prices.weight.node("energy_wh"))
    assert str(whole.weight.table()) == str(prices.weight.table())
    for asks in (
        lambda: alone.cost.node("energy_wh"),
        lambda: alone.cost.table(),
        lambda: alone.cost.worth(count=1),
    ):
        with pytest.raises(InputError, match=r"got a plan without its tables, wanted Plan.load\(path, tasks"):
            asks()


def test_other_tables_than_those_of_the_file_are_refused(tmp_path: Path):
    net = network(capacity_mbps=200)
    nodes = gf.Nodes(net, site="Berlin", capacity={"memory_gb": [12.0] * 4})
    gf.place(sessions(net), nodes).save(tmp_path / "plan.npz")
    other = gf.Nodes(net, site="Berlin", capacity={"memory_gb": [12.0, 12.0, 13.0, 13.0]})
    prices = gf.Plan.load(tmp_path / "plan.npz", sessions(net), other).prices()
    with pytest.raises(InputError, match="nodes: got 2 pools, wanted 1 pools, as in the saved plan"):
        prices.weight.node("memory_gb")


def test_where_none_are_found_they_say_so(tmp_path: Path):
    plan = first_fit_plan(plain_problem())  # whose core finds none
    plan.save(tmp_path / "plan.npz")
    for prices in (plan.prices(), gf.Plan.load(tmp_path / "plan.npz").prices()):
        assert not prices.weight.found
        assert not prices.weight.link.any()
        assert "weight: none found; bound 5, plan 3" in repr(prices)
        assert prices.weight.worth(capacity_mbps=5) == 0  # and the bound holds for any capacities


def test_empty_tables():
    net = network()
    nodes = gf.Nodes(net, site=np.zeros(0, np.int32), capacity={"memory_gb": []})
    plans = [gf.place(sessions(net), nodes), gf.place(sessions(net, count=[0]), nodes)]
    none = gf.Tasks(net, origin=np.zeros(0, np.int32), demand={"memory_gb": []})
    plans += [gf.place(none, nodes), gf.place(none, gf.Nodes(net, site=[0, 1], capacity={"memory_gb": 1}))]
    for plan in plans:
        prices = plan.prices()
        for each in (prices.cost, prices.weight):
            assert (each.found, each.bound, each.reached) == (True, 0, 0)
            assert not each.node("memory_gb").any()
            assert len(each.table()) == 0
            assert str(each.table()).strip().startswith("used")
    assert plans[2].prices().by_level == ()


def test_arrays_are_read_only():
    tasks, nodes = tables()
    prices = gf.place(tasks, nodes).prices().cost
    for array in (prices.link, prices.access, prices.node("energy_wh")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_errors_name_what_came_and_what_was_wanted():
    net = network(capacity_mbps=200)
    nodes = gf.Nodes(net, site=["Berlin", "Jülich"], capacity={"memory_gb": 12}, count=[10, 0])
    prices = gf.place(sessions(net), nodes).prices().weight
    with pytest.raises(InputError, match="resource: got 'vram', wanted one of 'memory_gb', 'link_down_mbps'"):
        prices.node("vram")
    with pytest.raises(InputError, match="resource: got 'vram'"):
        prices.worth(capacity={"vram": 1})
    with pytest.raises(
        InputTypeError, match=r"capacity_mbps: got float64 of shape \(2,\), wanted numbers of"
    ):
        prices.worth(capacity_mbps=[1.0, 2.0])
    with pytest.raises(InputError, match=r"access_up_mbps\[row 0\]: got inf, wanted a finite number"):
        prices.worth(access_up_mbps=np.inf)
    with pytest.raises(
        InputError, match=r"count\[row 1\]: got 1.0, wanted a finite number, 0 where a row has"
    ):
        prices.worth(count=[0, 1])
    with pytest.raises(InputError, match="top: got -1, wanted a whole number >= 0"):
        prices.table(top=-1)
    with pytest.raises(InputError, match="share: got 0, wanted a finite number > 0"):
        prices.table(share=0)


def test_problems_of_the_oracle_go_through_too():
    """Self-loops are no links, so shapes are those of the network."""
    from strategies import make

    for seed in range(20):
        problem = make(seed, sites=5, nodes=5, tasks=6, count=2)
        net, nodes, _ = to_gigafleet(problem)
        prices = place(problem).prices().cost
        assert prices.link.shape == ((net.arc_count,) if problem.directed else (net.link_count, 2))
        assert prices.node(nodes.resources[0]).shape == (nodes.rows,)
