"""`plan.n_minus_1`: what drops when a part of the network is lost, against tables made without it."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import gigafleet as gf
from bridge import assignment, place, to_gigafleet, to_objective
from exhaustion import optimum
from oracle import Oracle
from problem import INF, Link, Problem
from strategies import make
from test_plan_engine import tables


def without(problem: Problem, plan: gf.Plan, sites: set[int], links: set[int]) -> Problem:
    """What is asked still, and what is left: of tasks the members placed, none from lost sites."""
    placed = Oracle(problem).placed_count(assignment(plan))
    network = without_loops(problem)
    return dataclasses.replace(
        problem,
        tasks=tuple(
            dataclasses.replace(task, count=0 if task.origin in sites else members)
            for task, members in zip(problem.tasks, placed, strict=True)
        ),
        nodes=tuple(dataclasses.replace(n, count=0) if n.site in sites else n for n in problem.nodes),
        links=tuple(
            link for i, link in enumerate(network) if i not in links and not {link.tail, link.head} & sites
        ),
    )


def without_loops(problem: Problem) -> list[Link]:
    """As gigafleet numbers them."""
    return [link for link in problem.links if link.tail != link.head]


def ample(problem: Problem) -> Problem:
    """Room for everybody, on nodes and links; rules that have nothing to do with room stay."""
    big = dict.fromkeys(problem.resources, 1e6)
    return dataclasses.replace(
        problem,
        sites=tuple(dataclasses.replace(s, access_up_mbps=INF, access_down_mbps=INF) for s in problem.sites),
        links=tuple(dataclasses.replace(link, capacity_mbps=INF) for link in problem.links),
        nodes=tuple(
            dataclasses.replace(n, capacity=big, link_up_mbps=INF, link_down_mbps=INF) for n in problem.nodes
        ),
    )


def losses_of(plan: gf.Plan, level: str) -> dict[int, dict[str, Any]]:
    """Every row by the position of what was lost."""
    table = plan.n_minus_1(level, top=None)
    assert len(table) == table.tried
    names = table.columns()
    rows = {
        int(row): {name: column[i] for name, column in names.items()} | {"levels": table.by_level[i]}
        for i, row in enumerate(table.row)
    }
    for row in rows.values():
        assert row["carried"] == sum(row[name] for name in ("cut_off", "rerouted", "moved", "dropped")) > 0
    return rows


def columns(table: Any) -> dict[str, Any]:
    """But for how long it took."""
    return {name: column for name, column in table.columns().items() if name != "seconds"}


SIZES = {"sites": 5, "nodes": 6, "tasks": 8, "count": 3}


@pytest.mark.parametrize("models", [0, 1])
@pytest.mark.parametrize("level", ["site", "link"])
def test_with_ample_room_who_drops_has_no_way_to_any_node(level: str, models: float) -> None:
    """Then nothing depends on who goes where: placed anew, as many are left over."""
    tried = dropped = 0
    for seed in range(120):
        problem = ample(make(seed, **SIZES, models=models))
        plan = place(problem, effort="fast")
        for lost, row in losses_of(plan, level).items():
            rest = without(problem, plan, *(({lost}, set()) if level == "site" else (set(), {lost})))
            again = place(rest, effort="fast", previous=None if models else plan)
            again.verify()
            asked = sum(task.count for task in rest.tasks)
            assert row["dropped"] == asked - again.placed_tasks
            weight = sum(task.weight * task.count for task in rest.tasks)
            assert row["dropped_weight"] == pytest.approx(weight - again.placed_weight, abs=1e-5)
            assert row["cut_off"] == plan.placed_tasks - asked
            tried, dropped = tried + 1, dropped + (row["dropped"] > 0)
    assert tried > 200
    assert dropped > 20


@pytest.mark.parametrize("models", [0, 1])
@pytest.mark.parametrize("level", ["site", "link"])
def test_no_less_drops_than_the_best_plan_would(level: str, models: float) -> None:
    """Of tiny problems, by trying all; level by level of priority."""
    tried = best = 0
    for seed in range(150):
        problem = make(seed, sites=4, nodes=4, tasks=5, count=2, models=models, devices=models / 2)
        plan = place(problem, effort="fast")
        for lost, row in losses_of(plan, level).items():
            rest = without(problem, plan, *(({lost}, set()) if level == "site" else (set(), {lost})))
            oracle = Oracle(rest)
            asked = level_weights(rest)
            most = [float(weight) for weight in optimum(oracle).weight]
            kept = [a - d for a, d in zip(asked, row["levels"], strict=True)]
            assert [round(k, 5) for k in kept] <= [round(m, 5) for m in most]
            tried += 1
            best += kept == pytest.approx(most, abs=1e-5)
    assert tried > 80
    assert best > 0.9 * tried  # greedy, and nobody makes room: but seldom worse


def level_weights(problem: Problem) -> list[float]:
    levels = sorted({-task.priority for task in problem.tasks})
    return [sum(float(Oracle(problem).weight(t)) * task.count for t, task in enumerate(problem.tasks)
                if -task.priority == level) for level in levels]  # fmt: skip


def test_where_nothing_has_room_all_drop_that_lose_node_or_way() -> None:
    """Every node is full: who loses it drops, the others stay."""
    net = gf.Network(sites=3, links=([0, 1], [1, 2]), latency_ms=1.0)
    nodes = gf.Nodes(net, site=[0, 1, 2], capacity={"memory_gb": 8}, count=[2, 3, 4])
    tasks = gf.Tasks(net, origin=[0, 1, 2], demand={"memory_gb": 8}, count=[4, 1, 4])
    plan = gf.place(tasks, nodes)
    assert plan.placed_tasks == 9
    at = np.bincount(nodes.columns["site"].take(plan.runs.node), plan.runs.instances, 3)
    lost = losses_of(plan, "site")
    for site in range(3):
        row = lost[site]
        assert row["moved"] == 0
        assert row["dropped"] + row["cut_off"] >= at[site]
    middle = lost[1]  # then the others are cut off from each other, and each keeps what it has at home
    assert middle["cut_off"] == 1
    assert middle["dropped"] == 2
    links = losses_of(plan, "link")
    assert {row: one["dropped"] for row, one in links.items()} == {0: 2}


def test_a_lost_link_changes_routes_as_networkx_says() -> None:
    rng = np.random.default_rng(5)
    graph = nx.random_regular_graph(3, 14, seed=2)
    for u, v in graph.edges:
        graph.edges[u, v]["latency_ms"] = float(rng.uniform(1, 3))
    net = gf.Network.from_networkx(graph)
    nodes = gf.Nodes(net, site=[0], capacity={"memory_gb": 1e6})
    limit_ms = 13.0
    tasks = gf.Tasks(net, origin=list(range(14)), demand={"memory_gb": 1}, max_rtt_ms=limit_ms,
                     count=np.arange(1, 15))  # fmt: skip
    plan = gf.place(tasks, nodes)
    placed = plan.placed_count
    lost = losses_of(plan, "link")
    ends = list(zip(net.link_tail.tolist(), net.link_head.tolist(), strict=True))
    seen = dropped = 0
    for number, (u, v) in enumerate(ends):
        rest = graph.copy()
        rest.remove_edge(u, v)
        expected = {"rerouted": 0, "dropped": 0}
        for origin in range(14):
            path = nx.shortest_path(graph, origin, 0, "latency_ms")
            if not placed[origin] or not {(u, v), (v, u)} & set(itertools.pairwise(path)):
                continue
            far = 2 * nx.shortest_path_length(rest, origin, 0, "latency_ms") > limit_ms
            expected["dropped" if far else "rerouted"] += int(placed[origin])
        assert {name: int(lost[number][name]) if number in lost else 0 for name in expected} == expected
        seen += expected["rerouted"] > 0
        dropped += expected["dropped"] > 0
    assert seen > 3
    assert dropped > 3


def test_rerouted_tasks_keep_within_the_links_that_are_left() -> None:
    """The detour has room for two of three; the heavier level of priority has it first."""
    net = gf.Network(sites=["a", "b", "c"], links=([0, 1, 0], [1, 2, 2]), latency_ms=[1, 1, 1],
                     capacity_mbps=[10, 10, 2])  # fmt: skip
    nodes = gf.Nodes(net, site=["b"], capacity={"memory_gb": 100})
    tasks = gf.Tasks(net, origin="a", demand={"memory_gb": 1}, uplink_mbps=1, priority=[0, 1, 0],
                     weight=[2, 1, 3])  # fmt: skip
    plan = gf.place(tasks, nodes)
    table = plan.n_minus_1("link")
    assert table.row.tolist() == [0]
    assert (table.rerouted[0], table.moved[0], table.dropped[0]) == (2, 0, 1)
    assert table.by_level.tolist() in ([[0.0, 2.0]], [[0.0, 3.0]])
    assert str(table).splitlines()[1].startswith("link a to b")


def test_weights_that_leave_make_way_for_others() -> None:
    """A cell that may load once; who uses that load is lost, and then it is another's."""
    net = gf.Network(
        sites=["cell", "factory", "a", "b"],
        links=([0, 0, 0], [1, 2, 3]),
        latency_ms=1.0,
        access_down_mbps=[100, np.inf, np.inf, np.inf],
        domains={"country": ["X", "Y", "Y", "X"]},
    )
    nodes = gf.Nodes(
        net,
        site=["cell", "factory"],
        count=[2, 1],
        capacity={"memory_gb": [8, 8]},
        price={"memory_gb": [0.1, 1]},
        models={"one": [False, False], "two": [False, True]},
    )
    models = gf.Models(["one", "two"], [4, 4])
    tasks = gf.Tasks(net, origin=["a", "b"], demand={"memory_gb": 4}, model=["one", "two"], priority=[1, 0])
    plan = gf.place(tasks, nodes, models=models, objective=gf.Objective(load_window_s=640))  # 32,000 Mb: 4 GB
    plan.verify()
    assert plan.node.tolist() == [0, 1]
    sites = losses_of(plan, "site")
    assert (sites[1]["carried"], sites[1]["moved"], sites[1]["dropped"]) == (1, 0, 1)
    (country,) = losses_of_names(plan, "country", "Y")
    assert [country[name] for name in ("carried", "cut_off", "moved", "dropped")] == [2, 1, 1, 0]


def losses_of_names(plan: gf.Plan, level: str, *names: str) -> list[dict[str, Any]]:
    table = plan.n_minus_1(level, of=list(names), top=None)
    return [{name: column[i] for name, column in table.columns().items()} for i in range(len(table))]


# -- what can be asked ---------------------------------------------------------------------------------------


def test_levels_of_domains_and_some_of_them() -> None:
    tasks, nodes = tables(counts=True)
    plan = gf.place(tasks, nodes, effort="fast")
    sites = plan.n_minus_1(top=None)
    assert sites.what.tolist() == ["site"] * len(sites)
    assert (np.diff(sites.dropped_weight) <= 1e-9).all()
    countries = plan.n_minus_1("country")
    assert set(countries.name) == {"DE", "FR"}
    assert countries.carried.min() > sites.carried.max()
    assert plan.n_minus_1("country", of=["FR"]).name.tolist() == ["FR"]
    assert plan.n_minus_1("country", of="DE").name.tolist() == ["DE"]
    with pytest.raises(gf.GigafleetError, match="level: got 'rack', wanted one of 'site', 'link', 'country'"):
        plan.n_minus_1("rack")
    some = plan.n_minus_1(of=["pop1", "cell2"], top=None)
    assert set(some.name) == {"pop1", "cell2"}
    pops = np.array([name.startswith("pop") for name in nodes.network.sites])
    assert set(plan.n_minus_1(of=pops).name) <= {f"pop{i}" for i in range(5)}
    by_name = {name: i for i, name in enumerate(sites.name)}
    for i, name in enumerate(some.name):
        for column, values in columns(some).items():
            assert values[i] == getattr(sites, column)[by_name[name]], column
    links = plan.n_minus_1("link", of=[0, 7], top=None)
    assert set(links.row) == {0, 7}
    every = plan.n_minus_1(of=np.arange(nodes.network.site_count), top=None)
    assert every.tried == len(every) == nodes.network.site_count
    assert every.name[: len(sites)].tolist() == sites.name.tolist()
    assert (every.carried[len(sites) :] == 0).all()
    assert every.by_level.shape == (len(every), sites.by_level.shape[1])
    assert len(plan.n_minus_1("link", of=np.zeros(0, int))) == 0


def test_top_is_the_worst_and_threads_do_not_show() -> None:
    tasks, nodes = tables(directed=True)
    plan = gf.place(tasks, nodes, effort="fast")
    every = plan.n_minus_1("link", top=None, threads=1)
    for top in (0, 1, 3):
        some = plan.n_minus_1("link", top=top, threads=3)
        assert some.tried == every.tried == len(every)
        for name, column in columns(some).items():
            assert column.tolist() == getattr(every, name)[:top].tolist()
    assert repr(some) == f"Losses(3 of {len(every)} parts of the network)"
    assert len(str(some).splitlines()) == 4
    assert some.to_arrow().num_rows == 3


def test_a_plan_from_a_file_loses_the_same(tmp_path: Path) -> None:
    tasks, nodes = tables(ids=True, counts=True)
    plan = gf.place(tasks, nodes, effort="fast")
    plan.save(tmp_path / "plan.npz")
    here = plan.n_minus_1(top=None)
    there = gf.Plan.load(tmp_path / "plan.npz", tasks, nodes).n_minus_1(top=None)
    for name, column in columns(here).items():
        assert column.tolist() == getattr(there, name).tolist()
    with pytest.raises(gf.GigafleetError, match=r"plan.n_minus_1: got a plan without its tables"):
        gf.Plan.load(tmp_path / "plan.npz").n_minus_1()


def test_progress_and_stopping() -> None:
    tasks, nodes = tables()
    plan = gf.place(tasks, nodes, effort="fast")
    told: list[tuple[str, int, int]] = []
    plan.n_minus_1(progress=lambda *args: told.append(args), threads=1)
    assert told

    def stop(*_: Any) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        plan.n_minus_1(progress=stop)
    assert len(plan.n_minus_1(top=2)) == 2  # nothing is left half done


def test_nothing_placed_nothing_lost() -> None:
    net = gf.Network(sites=2, links=([0], [1]), latency_ms=1.0, domains={"country": ["DE", "FR"]})
    nodes = gf.Nodes(net, site=[0], capacity={"memory_gb": 1})
    for count in (0, 3):
        plan = gf.place(gf.Tasks(net, origin=[1], demand={"memory_gb": 2}, count=count), nodes)
        for level in ("site", "link", "country"):
            table = plan.n_minus_1(level)
            assert (len(table), table.tried) == (0, 0)
            assert str(table).startswith("lost")
            assert table.by_level.shape[0] == 0
            named = plan.n_minus_1(level, of=["DE"] if level == "country" else [0])
            assert (len(named), named.carried.sum(), named.dropped_weight.sum()) == (1, 0, 0)


def test_errors_name_the_argument() -> None:
    problem = make(3, **SIZES)
    _, nodes, tasks = to_gigafleet(problem)
    plan = gf.place(tasks, nodes, objective=to_objective(problem))
    for options, message in (
        ({"level": "planet"}, "level: got 'planet'"),
        ({"top": -1}, "top: got -1"),
        ({"threads": 0}, "threads: got 0"),
        ({"of": [99]}, "of"),
        ({"of": np.zeros(2, bool)}, "of: got a mask"),
        ({"level": "link", "of": [-1]}, "of"),
        ({"level": "link", "of": [0.5]}, "of: got float64"),
        ({"level": "country", "of": ["Narnia"]}, "of.*'Narnia'"),
    ):
        with pytest.raises(gf.GigafleetError, match=message):
            plan.n_minus_1(**options)
