"""The oracle against cases worked out by hand: each rule, each reason, ties, costs."""

from __future__ import annotations

import ast
from pathlib import Path as FilePath

import pytest

from oracle import RULES, Oracle, Reason, from_runs, has, quantise
from problem import INF, Link, Node, Problem, Site, Task

MBPS = 10**6  # multiples in one Mbps, and in one unit of any resource


def problem(sites=3, links=((0, 1, 1.0), (1, 2, 2.0)), nodes=(), tasks=(), **more) -> Problem:
    """Sites 0 - 1 - 2 in a row, 1 ms and 2 ms apart, unless told otherwise."""
    return Problem(
        tuple(Site() for _ in range(sites)) if isinstance(sites, int) else tuple(sites),
        tuple(link if isinstance(link, Link) else Link(*link) for link in links),
        tuple(nodes),
        tuple(tasks),
        **more,
    )


def tops(amount: float) -> dict[str, float]:
    return {"compute_tops": amount}


def breaches(oracle: Oracle, plan: dict[tuple[int, int, int], int]) -> set[str]:
    return {rule for rule, _ in oracle.check(plan)}


# Quantities


@pytest.mark.parametrize(
    ("value", "up", "down"),
    [
        (0.1 + 0.2, 300000, 300000),  # 0.30000000000000004 is 0.3
        (1 / 3, 333334, 333333),
        (0, 0, 0),
        (1e-12, 1, 0),  # the least demand is one multiple
        (1.0000005, 1000001, 1000000),
        (16e3, 16 * 10**9, 16 * 10**9),
        (0.10000000149011612, 100001, 100000),  # 0.1 as a 32-bit float is 1.5e-8 too much: not a multiple
        (1234.5678900000001, 1234567890, 1234567890),
        (INF, INF, INF),
    ],
)
def test_demand_rounds_up_and_capacity_down(value, up, down):
    assert quantise(value, "1e-6", up=True) == up
    assert quantise(value, "1e-6", up=False) == down


def test_three_thirds_do_not_fit_in_one():
    oracle = Oracle(problem(nodes=[Node(0, tops(1))], tasks=[Task(0, tops(1 / 3), count=3)]))
    assert breaches(oracle, {(0, 0, 0): 2}) == set()
    assert breaches(oracle, {(0, 0, 0): 3}) == {"CAPACITY"}


def test_resolution_is_per_resource():
    oracle = Oracle(
        problem(nodes=[Node(0, tops(2.9))], tasks=[Task(0, tops(1.2))], resolution={"compute_tops": 1.0})
    )
    assert oracle.demand(0) == {"compute_tops": 2}
    assert oracle.limit(("CAPACITY", 0, 0, "compute_tops")) == 2


# Routes


def test_route_takes_the_least_latency_then_fewer_links():
    square = problem(4, [(0, 1, 1), (1, 3, 1), (0, 2, 1.5), (2, 3, 0.4), (0, 3, 2)])
    assert Oracle(square).route(0, 3) == (4, 6)  # 1.9 ms
    even = problem(4, [(0, 1, 1), (1, 3, 1), (0, 2, 1), (2, 3, 1), (0, 3, 2)])
    assert Oracle(even).route(0, 3) == (8,)


def test_route_ties_go_to_the_smaller_arc_at_each_site_from_the_far_end():
    # 0 -> 1 -> 3 and 0 -> 2 -> 3 alike: at 3 the arc from 2 comes first.
    oracle = Oracle(problem(4, [(0, 1, 1), (2, 3, 1), (1, 3, 1), (0, 2, 1)]))
    assert oracle.route(0, 3) == (6, 2)
    # From 3 the tie is broken again, at 0, by arcs 1 (1 -> 0) and 7 (2 -> 0): not the mirror of the way out.
    assert oracle.route(3, 0) == (5, 1)


def test_graph_comes_back_by_the_mirror_digraph_by_its_own_route():
    links = [(0, 1, 1), (2, 3, 1), (1, 3, 1), (0, 2, 1)]
    graph = Oracle(problem(4, links))
    path = graph.path(0, 3, graph.everywhere())
    assert (path.out, path.back, path.ns) == ((6, 2), (3, 7), 4 * 10**6)
    back = [(3, 0, 5)]
    digraph = Oracle(problem(4, links + back, directed=True))
    path = digraph.path(0, 3, digraph.everywhere())
    assert (path.out, path.back, path.ns) == ((3, 1), (4,), 7 * 10**6)


def test_of_parallel_links_the_fastest_then_the_first():
    oracle = Oracle(problem(2, [(0, 1, 2), (1, 0, 1), (0, 1, 1)]))
    assert oracle.route(0, 1) == (3,)
    assert oracle.route(1, 0) == (2,)


def test_latency_rounds_to_the_nearest_ns_and_loops_drop_out():
    oracle = Oracle(problem(2, [(0, 0, 1), (0, 1, 1e-6 * 0.4), (0, 1, 1e-6 * 0.6)]))
    assert oracle.arcs == [(0, 1, 0), (1, 0, 0), (0, 1, 1), (1, 0, 1)]
    assert oracle.route(0, 1) == (0,)


def test_links_of_no_latency_do_not_lengthen_the_route():
    oracle = Oracle(problem(3, [(0, 1, 0), (1, 2, 0), (0, 2, 0)]))
    assert oracle.route(0, 2) == (4,)


# Latency


def test_round_trip_is_out_and_back_and_the_nodes_access():
    nodes = [Node(2, tops(1), access_rtt_ms=10), Node(0, tops(1), access_rtt_ms=10)]
    oracle = Oracle(
        problem(nodes=nodes, tasks=[Task(0, tops(1), max_rtt_ms=16), Task(0, tops(1), max_rtt_ms=15.9)])
    )
    assert [oracle.rtt_ns(0, n) for n in (0, 1)] == [16 * 10**6, 10 * 10**6]
    assert breaches(oracle, {(0, 0, 0): 1}) == set()
    assert breaches(oracle, {(1, 0, 0): 1}) == {"LATENCY"}
    assert oracle.gates(1)[Reason.RTT] == [1]


def test_access_rounds_up_and_the_limit_down():
    task = Task(0, tops(1), max_rtt_ms=1.0000009)
    exact = Oracle(problem(nodes=[Node(0, tops(1), access_rtt_ms=1.0)], tasks=[task]))
    over = Oracle(problem(nodes=[Node(0, tops(1), access_rtt_ms=1.0000001)], tasks=[task]))
    assert exact.gates(0)[Reason.RTT] == [0]
    assert over.reasons({}) == [Reason.RTT]


# Links, access, lines


def test_request_and_reply_load_each_way_of_each_link():
    oracle = Oracle(
        problem(nodes=[Node(2, tops(9))], tasks=[Task(0, tops(1), uplink_mbps=3, downlink_mbps=5)])
    )
    loads = oracle.loads({(0, 0, 0): 2})
    assert [loads["LINK", arc] for arc in range(4)] == [6 * MBPS, 10 * MBPS, 6 * MBPS, 10 * MBPS]
    assert (loads["LINE", 0, 0, "down"], loads["LINE", 0, 0, "up"]) == (6 * MBPS, 10 * MBPS)
    assert (loads["ACCESS", 0, "up"], loads["ACCESS", 0, "down"]) == (6 * MBPS, 10 * MBPS)
    assert (loads["ACCESS", 2, "up"], loads["ACCESS", 2, "down"]) == (10 * MBPS, 6 * MBPS)
    assert loads["ACCESS", 1, "up"] == 0


def test_within_a_site_access_is_charged_at_both_ends_and_no_link():
    oracle = Oracle(
        problem(nodes=[Node(1, tops(9))], tasks=[Task(1, tops(1), uplink_mbps=3, downlink_mbps=5)])
    )
    loads = oracle.loads({(0, 0, 0): 1})
    assert (loads["ACCESS", 1, "up"], loads["ACCESS", 1, "down"]) == (8 * MBPS, 8 * MBPS)
    assert (loads["LINE", 0, 0, "down"], loads["LINE", 0, 0, "up"]) == (3 * MBPS, 5 * MBPS)
    assert not any(meter[0] == "LINK" for meter in loads)


def test_an_arc_on_the_way_out_and_back_carries_both():
    # Out 0 1 2 3, back 3 1 2 0: arc 1 -> 2 twice.
    arcs = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 1, 1), (2, 0, 1)]
    task = Task(0, tops(1), uplink_mbps=3, downlink_mbps=5)
    oracle = Oracle(problem(4, arcs, nodes=[Node(3, tops(9))], tasks=[task], directed=True))
    loads = oracle.loads({(0, 0, 0): 1})
    assert [loads["LINK", arc] / MBPS for arc in range(5)] == [3, 8, 3, 5, 5]


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("LINK", {"links": [Link(0, 1, 1, capacity_mbps=9.9)]}),
        ("ACCESS", {"sites": [Site(access_up_mbps=5.9), Site()]}),
        ("ACCESS", {"sites": [Site(access_down_mbps=9.9), Site()]}),
        ("ACCESS", {"sites": [Site(), Site(access_up_mbps=9.9)]}),
        ("ACCESS", {"sites": [Site(), Site(access_down_mbps=5.9)]}),
        ("LINE", {"nodes": [Node(1, tops(9), link_up_mbps=9.9)]}),
        ("LINE", {"nodes": [Node(1, tops(9), link_down_mbps=5.9)]}),
        ("CAPACITY", {"nodes": [Node(1, tops(1.9))]}),
    ],
)
def test_two_members_exceed_one_capacity(rule, changed):
    task = Task(0, tops(1), uplink_mbps=3, downlink_mbps=5, count=2)
    given = {"sites": 2, "links": [Link(0, 1, 1)], "nodes": [Node(1, tops(9))], "tasks": [task]}
    oracle = Oracle(problem(**(given | changed)))
    assert breaches(oracle, {(0, 0, 0): 1}) == set()
    assert breaches(oracle, {(0, 0, 0): 2}) == {rule}
    assert breaches(Oracle(oracle.problem, off=[rule]), {(0, 0, 0): 2}) == set()


def test_what_asks_nothing_passes_a_full_link_and_an_empty_node():
    oracle = Oracle(problem(2, [Link(0, 1, 1, capacity_mbps=0)], [Node(1, {})], [Task(0, {}, count=5)]))
    assert oracle.check({(0, 0, 0): 5}) == []


# Labels, transit, time


def test_labels_are_the_nodes_and_domains_its_sites():
    site = Site(labels=("carrier",), domains={"country": "DE"})
    assert has("country=DE", (), site)
    assert not has("country=FR", (), site)
    assert not has("region=BY", (), site)
    assert not has("carrier", ("gpu",), site)
    assert has("gpu", ("gpu",), site)


@pytest.mark.parametrize(
    ("want", "left"),
    [
        ({}, [0, 1, 2]),
        ({"require": ("gpu",)}, [0, 1]),
        ({"require": ("gpu", "eu")}, [1]),
        ({"any_of": ("eu", "country=FR")}, [1, 2]),
        ({"forbid": ("gpu",)}, [2]),
        ({"require": ("country=DE",), "forbid": ("eu",)}, [0]),
        ({"require": ("nobody",)}, []),
        ({"forbid": ("nobody",)}, [0, 1, 2]),
    ],
)
def test_label_gate(want, left):
    sites = [Site(domains={"country": "DE"}), Site(domains={"country": "FR"}), Site()]
    nodes = [Node(0, tops(1), labels=("gpu",)), Node(0, tops(1), labels=("gpu", "eu")), Node(1, tops(1))]
    oracle = Oracle(problem(sites, nodes=nodes, tasks=[Task(0, tops(1), **want)]))
    assert oracle.gates(0)[Reason.LABEL] == left
    assert breaches(oracle, {(0, 0, 0): 1}) == (set() if 0 in left else {"LABEL"})


def test_transit_policy_bends_the_route_and_may_cut_it():
    # 0 - 1 - 3 is the fast way, but 1 is foreign; 0 - 2 - 3 is slower; 4 hangs on 1.
    home, foreign = Site(("home",), {"country": "DE"}), Site((), {"country": "XX"})
    sites = [home, foreign, home, home, home]
    links = [(0, 1, 1), (1, 3, 1), (0, 2, 2), (2, 3, 2), (1, 4, 1)]
    for want in ({"transit_require": ("home",)}, {"transit_forbid": ("country=XX",)}):
        nodes = [Node(3, tops(1)), Node(4, tops(1))]
        oracle = Oracle(problem(sites, links, nodes, [Task(0, tops(1), **want), Task(1, tops(1), **want)]))
        assert oracle.path_of(0, 0).out == (4, 6)
        assert breaches(oracle, {(0, 0, 0): 1}) == set()
        assert breaches(oracle, {(0, 1, 0): 1}) == {"TRANSIT"}
        assert oracle.reasons({}) == [None, Reason.ROUTE]  # from a site that is itself not allowed: nowhere


def test_transit_policy_holds_at_the_end_and_for_the_own_site():
    sites = [Site(("home",)), Site()]
    want = {"transit_require": ("home",)}
    oracle = Oracle(
        problem(sites, [(0, 1, 1)], [Node(1, tops(1))], [Task(0, tops(1), **want), Task(1, tops(1), **want)])
    )
    assert oracle.reasons({}) == [Reason.ROUTE, Reason.ROUTE]
    assert breaches(oracle, {(1, 0, 0): 1}) == {"TRANSIT"}


def test_time_gate_and_open_ended_tasks():
    nodes = [Node(0, tops(9), available_s=60)]
    tasks = [Task(0, tops(1), duration_s=d) for d in (60, 60.1, 0)]
    oracle = Oracle(problem(nodes=nodes, tasks=tasks))
    assert oracle.reasons({}) == [None, Reason.TIME, None]
    assert breaches(oracle, {(1, 0, 0): 1}) == {"TIME"}


def test_consumables_add_up_but_open_ended_tasks_book_none():
    energy = {"energy_wh": 4}
    tasks = [
        Task(0, energy, duration_s=9, count=3),
        Task(0, energy),
        Task(0, {"energy_wh": 11}, duration_s=9),
    ]
    oracle = Oracle(problem(nodes=[Node(0, {"energy_wh": 10})], tasks=tasks))
    assert breaches(oracle, {(0, 0, 0): 2, (1, 0, 0): 1}) == set()
    assert breaches(oracle, {(0, 0, 0): 3}) == {"CAPACITY"}
    assert oracle.reasons({(0, 0, 0): 2, (1, 0, 0): 1}) == [Reason.CAPACITY, Reason.PLACED, Reason.TOO_BIG]


# Reasons


def reasons_of(task: Task, **given) -> Reason | None:
    return Oracle(problem(**({"nodes": [Node(2, tops(4))]} | given), tasks=[task])).reasons({})[0]


def test_each_reason_on_an_empty_fleet():
    assert reasons_of(Task(0, tops(4))) is None
    assert reasons_of(Task(0, tops(4)), nodes=[]) == Reason.LABEL
    assert reasons_of(Task(0, tops(4)), nodes=[Node(2, tops(4), count=0)]) == Reason.LABEL
    assert reasons_of(Task(0, tops(4), require=("gpu",))) == Reason.LABEL
    assert reasons_of(Task(0, tops(4.1))) == Reason.TOO_BIG
    assert (
        reasons_of(Task(0, tops(4), uplink_mbps=2), nodes=[Node(2, tops(4), link_down_mbps=1)])
        == Reason.TOO_BIG
    )
    assert reasons_of(Task(0, tops(4), duration_s=2), nodes=[Node(2, tops(4), available_s=1)]) == Reason.TIME
    assert reasons_of(Task(0, tops(4)), links=[(0, 1, 1.0)]) == Reason.ROUTE
    assert (
        reasons_of(Task(0, tops(4)), links=[(0, 1, 1.0), (1, 2, 1)], directed=True) == Reason.ROUTE
    )  # no way back
    assert reasons_of(Task(0, tops(4), max_rtt_ms=5.9)) == Reason.RTT
    assert reasons_of(Task(0, tops(4), uplink_mbps=2), links=[(0, 1, 1), (1, 2, 1, 1.9)]) == Reason.LINK
    assert reasons_of(Task(0, tops(4), count=0), nodes=[]) == Reason.PLACED


def test_the_first_gate_that_leaves_nothing_names_the_reason():
    # One node is too small, the other too far: neither gate alone leaves nothing, the later one does.
    nodes = [Node(0, tops(1)), Node(2, tops(4))]
    assert reasons_of(Task(0, tops(2), max_rtt_ms=1), nodes=nodes) == Reason.RTT
    # What TOO_BIG asks is asked of the nodes with the right label only.
    nodes = [Node(0, tops(1), labels=("gpu",)), Node(0, tops(4))]
    assert reasons_of(Task(0, tops(2), require=("gpu",)), nodes=nodes) == Reason.TOO_BIG


def test_link_and_capacity_are_told_apart_on_what_the_plan_leaves():
    links = [(0, 1, 1), Link(1, 2, 1, capacity_mbps=5)]
    nodes = [Node(2, tops(4), count=2)]
    task = Task(0, tops(2), uplink_mbps=2, count=9)
    oracle = Oracle(problem(links=links, nodes=nodes, tasks=[task, Task(2, tops(4), count=9)]))
    assert oracle.reasons({(0, 0, 0): 2}) == [Reason.LINK, None]
    assert oracle.reasons({(0, 0, 0): 2, (1, 0, 1): 1}) == [Reason.LINK, Reason.CAPACITY]
    assert oracle.reasons({(0, 0, 0): 1, (1, 0, 1): 1}) == [None, Reason.CAPACITY]
    # Room on the way to one node, capacity only on the other.
    nodes = [Node(2, tops(4)), Node(0, tops(2))]
    oracle = Oracle(problem(links=links, nodes=nodes, tasks=[task, Task(0, tops(0), uplink_mbps=4)]))
    assert oracle.reasons({(0, 1, 0): 1, (1, 0, 0): 1})[0] == Reason.CAPACITY


def test_a_full_line_is_a_matter_of_the_node():
    nodes = [Node(0, tops(9), link_down_mbps=3)]
    oracle = Oracle(problem(nodes=nodes, tasks=[Task(0, tops(1), uplink_mbps=2, count=2)]))
    assert oracle.reasons({(0, 0, 0): 1}) == [Reason.CAPACITY]


def test_a_plan_places_no_more_than_there_is():
    oracle = Oracle(problem(nodes=[Node(0, tops(9), count=2)], tasks=[Task(0, tops(1), count=2)]))
    assert breaches(oracle, {(0, 0, 0): 1, (0, 0, 1): 1}) == set()
    assert breaches(oracle, {(0, 0, 0): 2, (0, 0, 1): 1}) == {"IDENTITY"}
    assert breaches(oracle, {(0, 0, 2): 1}) == {"IDENTITY"}


def test_runs_add_up():
    assert from_runs([0, 0], [1, 1], [0, 1], [2, 1], [3, 1]) == {(0, 1, 0): 3, (0, 1, 1): 4}


def test_empty_problem():
    oracle = Oracle(problem(0, []))
    assert oracle.check({}) == []
    assert oracle.reasons({}) == []


def test_the_oracle_imports_the_standard_library_alone():
    names = (
        "oracle",
        "problem",
        "exhaustion",
        "bonds",
        "changes",
        "devices",
        "models",
        "quantities",
        "reason",
        "tenants",
    )
    for name in names:
        tree = ast.parse(FilePath(__file__).with_name(f"{name}.py").read_text())
        imported = {
            alias.name for step in ast.walk(tree) if isinstance(step, ast.Import) for alias in step.names
        }
        imported |= {step.module for step in ast.walk(tree) if isinstance(step, ast.ImportFrom)}
        assert {module.partition(".")[0] for module in imported} <= {
            "__future__", "collections", "dataclasses", "enum", "fractions", "functools", "heapq",
            "itertools", "math", "typing",
            "bonds", "changes", "devices", "models", "oracle", "problem", "quantities", "reason", "tenants",
        }  # fmt: skip
    assert len(set(RULES)) == 8
