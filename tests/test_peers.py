"""`bench/peers`: its instances are the ones that published figures speak of, and its judge is strict."""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
from pathlib import Path
from types import ModuleType

import networkx as nx
import numpy as np
import pytest

from peers import bounds, runner, summary
from peers.check import BrokenRuleError, evaluate
from peers.folded import Folded
from peers.instance import LIMITS_MS, Instance, make
from peers.registry import BY_NAME
from peers.solvers import fleet, greedy_numpy

REFERENCE = Path(__file__).parents[2] / "shared" / "peers" / "instance.py"  # where the figures were made


def reference() -> ModuleType:
    if not REFERENCE.exists():
        pytest.skip("no reference beside this checkout")
    spec = importlib.util.spec_from_file_location("peers_reference", REFERENCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        pytest.skip(f"the reference needs {error.name}")
    return module


@pytest.mark.parametrize(("jitter", "load"), [(0.0, 0.9), (0.1, 0.9), (0.0, 1.1)])
@pytest.mark.parametrize(("size", "seed"), [("A", 0), ("A", 7), ("B", 1), ("C", 0)])
def test_same_instance_as_the_reference(size: str, seed: int, jitter: float, load: float) -> None:
    theirs = reference().make(size, seed, jitter, load)
    ours = make(size, seed, jitter, load)
    names = {"demand": "dem", "origin": "origin", "max_rtt_ms": "slo", "model": "ttype"}
    names |= {"capacity": "cap", "site": "site", "price": "price", "kind": "ntype"}
    for name, other in names.items():
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, other), name)
    np.testing.assert_array_equal(ours.links, theirs.edges[:2])
    np.testing.assert_allclose(ours.latency_ns / 1e6, theirs.edges[2], atol=1e-6)
    np.testing.assert_allclose(ours.rtt_ms, theirs.rtt, atol=1e-4)
    for limit in LIMITS_MS:
        np.testing.assert_array_equal(ours.rtt_ms <= limit, theirs.rtt <= limit)


def digest(instance: Instance) -> str:
    """Of what is whole numbers: demands, origins, models, capacities, sites."""
    columns = (instance.demand, instance.origin, instance.model, instance.capacity, instance.site)
    return hashlib.sha256(b"".join(np.ascontiguousarray(c, "<i4").tobytes() for c in columns)).hexdigest()[
        :16
    ]


def test_instances_are_frozen() -> None:
    frozen = ["7c463cf71ba7ac60", "ec49d92d7f20d92c", "183d552c41308592"]
    assert [digest(make(size, seed)) for size, seed in [("A", 0), ("A", 1), ("B", 0)]] == frozen


@pytest.mark.parametrize("weight", ["tasks", "compute"])
@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
def test_plans_pass_the_judge(effort: str, weight: str) -> None:
    for seed in range(3):
        instance = make("A", seed)
        plan = fleet.plan(instance, fleet.network(instance), effort, weight)
        score = evaluate(instance, plan.node)
        assert score.placed == plan.placed_tasks
        assert score.cost == pytest.approx(plan.cost, rel=1e-9)
        assert plan.placed_weight == {"tasks": score.placed, "compute": score.compute}[weight]
        plan.verify()


def test_the_judge_objects() -> None:
    instance = make("A", 0)
    net = fleet.network(instance)
    node = fleet.plan(instance, net, "fast").node
    rtt = instance.rtt_ms[instance.origin][:, instance.site]
    task, far = np.argwhere(rtt > instance.max_rtt_ms[:, None])[0]
    for message, broken in {
        "latency": np.where(np.arange(len(node)) == task, far, -1),
        "compute_mc used": np.where(rtt[:, 0] <= instance.max_rtt_ms, 0, -1),
        "does not exist": np.where(node == node.max(), instance.nodes, node),
        "another length": node[1:],
    }.items():
        with pytest.raises(BrokenRuleError, match=message):
            evaluate(instance, broken)


def test_routes_are_the_judges() -> None:
    """The table of round trips that peers get is what gigafleet's routes give."""
    instance = make((10, 5, 40), 3)
    graph = fleet.network(instance).to_networkx()
    lengths = dict(nx.all_pairs_dijkstra_path_length(graph, weight="latency_ms"))
    sites = range(instance.sites)
    round_trip = [[2 * lengths[a][b] + 0.5 for b in sites] for a in sites]
    np.testing.assert_allclose(instance.rtt_ms, round_trip, atol=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_bounds_are_not_beaten(seed: int) -> None:
    instance = make("A", seed)
    for answer in (greedy_numpy.task_by_task(instance, 60), greedy_numpy.in_batches(instance, 60)):
        assert answer.node is not None
        score = evaluate(instance, answer.node)
        for weight, placed in (("tasks", score.placed), ("compute", score.compute)):
            bound = bounds.of("A", seed, weight)
            assert bound is not None
            assert placed <= bound.most
            assert 0 < bound.cost_of(placed) <= score.cost


def test_tangents_lie_below_each_other() -> None:
    """At the point of each, no other of the same curve is higher: the curve is convex."""
    for seed in range(10):
        known = bounds.of("B", seed, "tasks")
        assert known is not None
        for tangent in known.tangents:
            assert tangent.slope >= 0
            assert known.cost_of(tangent.at) == pytest.approx(tangent.cost, rel=1e-5)


def test_prices_give_nearly_the_bound_of_the_relaxation() -> None:
    pytest.importorskip("numba")
    from peers import bounds_dual

    for seed in (1, 3):  # all tasks can be placed
        known = bounds.of("A", seed, "tasks")
        assert known is not None
        folded = Folded(make("A", seed))
        ones = np.ones(len(folded.groups.count))
        value, _ = bounds_dual.ascend(folded, 1000, np.inf * ones)
        assert 0.97 * known.cost_of(1000) < value <= known.cost_of(1000) * (1 + 1e-7)
        for reward, tangent in itertools.product((3.0, 2.0, 1.0), known.tangents):
            value, _ = bounds_dual.ascend(folded, 300, reward * ones)
            assert value - reward * (1000 - tangent.at) <= tangent.cost * (1 + 1e-7)


def test_folded_pairs_are_the_admissible_ones() -> None:
    instance = make((40, 15, 12), 5)
    folded = Folded(instance)
    near = instance.rtt_ms[instance.origin][:, instance.site] <= instance.max_rtt_ms[:, None]
    fits = (instance.demand[:, None] <= instance.capacity).all(axis=2)
    mine = np.zeros((len(folded.groups.count), len(folded.pools.count)), bool)
    mine[folded.group, folded.pool] = True
    np.testing.assert_array_equal(mine[folded.groups.of][:, folded.pools.of], near & fits)
    assert folded.groups.count.sum() == 40
    assert (np.diff(folded.cost)[np.diff(folded.group) == 0] >= 0).all()


def test_a_run_is_kept_and_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "folder" / "results.csv"
    peers = [BY_NAME["gigafleet-fast"]]
    for _ in range(2):
        runner.run_all(results, runner.cases(peers, "A", range(1), 1), 30)
    rows = runner.read(results)
    assert len(rows) == 1
    assert capsys.readouterr().out.count("placed") == 1
    instance = make("A", 0)
    score = evaluate(instance, fleet.plan(instance, fleet.network(instance), "fast").node)
    (cell,) = summary.cells(rows)
    assert (cell.tasks_share, cell.cost) == (score.placed / 1000, score.cost)
    assert 0 <= cell.tasks_missing < 1
    assert cell.cost_gap >= 0


def test_what_cannot_run_says_why() -> None:
    assert BY_NAME["rebalancer-greedy"].missing((3, 11)) == "needs Python 3.12 or newer"
    assert BY_NAME["gigafleet-best"].missing() == ""
