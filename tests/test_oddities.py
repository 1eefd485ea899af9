"""Valid oddities through the public interface, each with its result."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

import gigafleet as gf
from gigafleet import Reason

INF = np.inf


def line(**more: Any) -> gf.Network:
    """Sites a - b - c, 1 ms and 2 ms apart."""
    given: dict[str, Any] = {"sites": ["a", "b", "c"], "links": ([0, 1], [1, 2]), "latency_ms": [1.0, 2.0]}
    return gf.Network(**(given | more))


def nodes_at(network: gf.Network, site: Any = "c", **more: Any) -> gf.Nodes:
    return gf.Nodes(network, **({"site": site, "capacity": {"memory_gb": [8.0]}} | more))


def tasks_at(network: gf.Network, origin: Any = "a", **more: Any) -> gf.Tasks:
    return gf.Tasks(network, **({"origin": origin, "demand": {"memory_gb": [1.0]}} | more))


def reasons(plan: gf.Plan) -> list[Reason]:
    plan.verify()
    return [Reason(int(reason)) for reason in plan.reason]


# Valid


def test_no_tasks():
    network = line()
    plan = gf.place(tasks_at(network, [], demand={"memory_gb": []}), nodes_at(network))
    assert (len(plan.assignments()), plan.placed_tasks, plan.cost, plan.placed_weight) == (0, 0, 0, 0)
    assert [len(column) for column in (plan.node, plan.instance, plan.reason, plan.placed_count)] == [0] * 4
    assert reasons(plan) == []


def test_no_nodes():
    network = line()
    plan = gf.place(tasks_at(network), nodes_at(network, [], capacity={"memory_gb": []}))
    assert plan.node.tolist() == [-1]
    assert reasons(plan) == [Reason.LABEL]


def test_no_tasks_and_no_nodes_and_no_sites():
    network = gf.Network(sites=0, links=([], []), latency_ms=[])
    none: dict[str, Any] = {"memory_gb": []}
    plan = gf.place(tasks_at(network, [], demand=none), nodes_at(network, [], capacity=none))
    assert (plan.placed_tasks, plan.status, plan.link_load_mbps.shape) == (0, "COMPLETE", (0, 2))


def test_a_drained_node_holds_only_what_asks_nothing():
    network = line()
    tasks = tasks_at(network, ["a", "a"], demand={"memory_gb": [1.0, 0.0]})
    plan = gf.place(tasks, nodes_at(network, capacity={"memory_gb": 0.0}))
    assert reasons(plan) == [Reason.TOO_BIG, Reason.PLACED]


def test_count_0_is_none():
    network = line()
    tasks = tasks_at(network, ["a", "a"], count=[0, 2], demand={"memory_gb": 1.0})
    nodes = nodes_at(network, ["c", "b"], count=[0, 1], capacity={"memory_gb": 8.0})
    plan = gf.place(tasks, nodes)
    assert plan.placed_count.tolist() == [0, 2]
    assert plan.assignments().node.tolist() == [1]
    assert reasons(plan) == [Reason.PLACED, Reason.PLACED]
    nobody = gf.place(tasks, nodes_at(network, count=0))
    assert reasons(nobody) == [Reason.PLACED, Reason.LABEL]


def test_counts_other_than_1_have_runs_but_no_node():
    network = line()
    plan = gf.place(tasks_at(network, count=3), nodes_at(network))
    for name in ("node", "instance"):
        with pytest.raises(gf.GigafleetError, match=r"assignments\(\)"):
            getattr(plan, name)
    task, node, first, instances, each = plan.assignments()
    assert int((instances * each).sum()) == 3
    assert set(task.tolist()) == set(node.tolist()) == {0}
    assert first.tolist() == [0]


def test_parallel_links_are_separate_and_the_fastest_serves():
    network = line(links=([0, 0, 1], [1, 1, 2]), latency_ms=[5.0, 1.0, 2.0], capacity_mbps=[100.0, 2.0, INF])
    plan = gf.place(
        tasks_at(network, ["a"] * 3, demand={"memory_gb": 1.0}, bandwidth_mbps=1), nodes_at(network)
    )
    assert plan.placed_tasks == 2  # the slower link is free, but there is no rerouting
    np.testing.assert_allclose(plan.link_load_mbps, [[0, 0], [2, 2], [2, 2]])
    assert sorted(reasons(plan)) == [Reason.PLACED, Reason.PLACED, Reason.LINK]


def test_disconnected_sites_have_no_route():
    network = line(links=([0], [1]), latency_ms=1.0)
    plan = gf.place(tasks_at(network, ["a", "c"], demand={"memory_gb": 1.0}), nodes_at(network))
    assert reasons(plan) == [Reason.ROUTE, Reason.PLACED]


def test_a_digraph_needs_a_way_back():
    network = line(directed=True)
    plan = gf.place(tasks_at(network), nodes_at(network))
    assert reasons(plan) == [Reason.ROUTE]
    assert plan.link_load_mbps.shape == (2,)


def test_self_loops_are_dropped_with_a_warning():
    with pytest.warns(UserWarning, match="self-loop"):
        network = line(links=([1, 0, 1], [1, 1, 2]), latency_ms=[9.0, 1.0, 2.0])
    assert network.link_count == 2
    plan = gf.place(tasks_at(network, bandwidth_mbps=3), nodes_at(network))
    np.testing.assert_allclose(plan.link_load_mbps, [[3, 3], [3, 3]])


@pytest.mark.parametrize(
    "vertices",
    [(7, 3, 5), (("DE", 1), frozenset({2}), b"c"), ("x", 4, 2.5)],
    ids=["int", "any", "mixed"],
)
def test_vertices_of_any_hashable(vertices):
    graph = nx.Graph()
    graph.add_edge(vertices[0], vertices[1], latency_ms=1.0)
    graph.add_edge(vertices[1], vertices[2], latency_ms=2.0)
    network = gf.Network.from_networkx(graph)
    tasks, nodes = tasks_at(network, [vertices[0]]), nodes_at(network, [vertices[2]])
    plan = gf.place(tasks, nodes, objective=gf.Objective(rtt_price=1))
    assert plan.cost == pytest.approx(6)


def test_infinite_limits():
    network = line(capacity_mbps=INF, access_up_mbps=INF, access_down_mbps=INF)
    nodes = nodes_at(network, capacity={"memory_gb": INF}, link_up_mbps=INF, available_s=INF)
    tasks = tasks_at(network, count=10**9, bandwidth_mbps=1e3, max_rtt_ms=INF, duration_s=1e6)
    plan = gf.place(tasks, nodes)
    assert plan.placed_tasks == 10**9
    assert reasons(plan) == [Reason.PLACED]
    np.testing.assert_allclose(plan.link_load_mbps, 1e12)


def test_open_ended_tasks_book_no_energy():
    network = line()
    nodes = nodes_at(network, capacity={"energy_wh": [5.0]}, available_s=1)
    tasks = tasks_at(network, ["a"] * 3, demand={"energy_wh": [9.0, 5.0, 5.0]}, duration_s=[0, 1, 1])
    plan = gf.place(tasks, nodes)
    assert plan.placed_tasks == 2
    assert sorted(reasons(plan)) == [Reason.PLACED, Reason.PLACED, Reason.CAPACITY]


def test_prices_may_be_negative():
    network = line()
    nodes = nodes_at(network, ["c", "a"], capacity={"memory_gb": 1.0}, price={"memory_gb": [-2.0, 0.0]})
    plan = gf.place(tasks_at(network), nodes, objective=gf.Objective(rtt_price=0))
    assert (plan.cost, plan.node.tolist()) == (-2, [0])


def test_labels_that_nobody_has():
    network = line(domains={"country": ["DE", "DE", "FR"]})
    for wish, reason in (
        ({"require": ("nobody",)}, Reason.LABEL),
        ({"require": ("country=XX",)}, Reason.LABEL),
        ({"forbid": ("nobody", "country=XX")}, Reason.PLACED),
        ({"any_of": ()}, Reason.PLACED),
        ({"transit_require": ("nobody",)}, Reason.ROUTE),
        ({"transit_forbid": ("country=XX",)}, Reason.PLACED),
        ({"require": ("country=FR",), "transit_forbid": ("country=FR",)}, Reason.ROUTE),
    ):
        assert reasons(gf.place(tasks_at(network, **wish), nodes_at(network))) == [reason], wish


def test_inputs_are_not_written_to():
    network = line()
    demand, weight = np.array([1.0, 2.0], np.float32), np.array([1, 2], np.int8)
    before = demand.copy(), weight.copy()
    for column in (demand, weight):
        column.flags.writeable = False
    plan = gf.place(
        tasks_at(network, ["a", "b"], demand={"memory_gb": demand}, weight=weight), nodes_at(network)
    )
    assert plan.placed_weight == 3
    np.testing.assert_array_equal(demand, before[0])
    np.testing.assert_array_equal(weight, before[1])


def test_a_column_of_no_devices_goes_with_nodes_without():
    network = line()
    one, many = (tasks_at(network, ["a", "b"], demand={"memory_gb": 1}, devices=d) for d in (0, [0, 0]))
    nodes = nodes_at(network)
    assert gf.place(many, nodes).digest == gf.place(one, nodes).digest
