"""Errors through the public interface: each names the argument, the row, what came and what was wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from test_oddities import INF, line, nodes_at, tasks_at


def raises(kind: type[Exception], *parts: str) -> Any:
    return pytest.raises(kind, match="(?s)" + ".*".join(parts))


NAN = float("nan")
TASK_ERRORS = [
    ({"demand": {"memory_gb": [1.0, NAN]}}, ValueError, (r"demand\['memory_gb'\]", "row 1", "nan")),
    ({"demand": {"memory_gb": [1.0, -1.0]}}, ValueError, (r"demand\['memory_gb'\]", "row 1", "-1")),
    ({"demand": {"memory_gb": [INF, 1.0]}}, ValueError, (r"demand\['memory_gb'\]", "row 0", "inf")),
    ({"demand": {"memory_gb": [1.0, 1e300]}}, ValueError, (r"demand\['memory_gb'\]", "row 1", "at most")),
    ({"demand": {"memory_gb": ["one", "two"]}}, TypeError, (r"demand\['memory_gb'\]",)),
    ({"demand": {"memory_gb": [[1.0, 1.0]]}}, ValueError, (r"demand\['memory_gb'\]",)),
    ({"demand": {"memory_gb": [1.0, 1.0, 1.0]}}, ValueError, ("3", "2")),
    ({"demand": {f"r{i}": 1.0 for i in range(9)}}, ValueError, ("9 resources", "8")),
    ({"demand": {}}, ValueError, ("0 resources",)),
    ({"weight": [1.0, 0.0]}, ValueError, ("weight", "row 1", "0", "> 0")),
    ({"weight": [NAN, 1.0]}, ValueError, ("weight", "row 0", "nan", "a number > 0")),
    ({"weight": -1.5}, ValueError, ("weight: got -1.5, wanted a number > 0",)),
    ({"max_wait_s": [1.0, -1.0]}, ValueError, ("max_wait_s", "row 1", "-1", ">= 0")),
    ({"max_wait_s": NAN}, ValueError, ("max_wait_s: got nan, wanted a number >= 0",)),
    ({"priority": [0.5, 1.0]}, TypeError, ("priority",)),
    ({"count": [1, -1]}, ValueError, ("count", "row 1", "-1")),
    ({"uplink_mbps": [-1.0, 0.0]}, ValueError, ("uplink_mbps", "row 0", "-1")),
    ({"downlink_mbps": [0.0, INF]}, ValueError, ("downlink_mbps", "row 1", "inf")),
    ({"bandwidth_mbps": 1.0, "uplink_mbps": 1.0}, ValueError, ("bandwidth_mbps|uplink_mbps",)),
    ({"max_rtt_ms": [1.0, NAN]}, ValueError, ("max_rtt_ms", "row 1", "nan")),
    ({"duration_s": [1.0, INF]}, ValueError, ("duration_s", "row 1", "inf")),
    ({"origin": ["a", "z"]}, ValueError, ("origin|site", "row 1", "z")),
    ({"origin": [0, 3]}, ValueError, ("origin|site", "row 1", "3")),
    ({"origin": [0, -1]}, ValueError, ("origin|site", "row 1", "-1")),
    ({"id": [4, 4]}, ValueError, ("id", "row 1", "4")),
    ({"id": [4, -1]}, ValueError, ("id", "row 1", "-1")),
    ({"require": ("planet=Mars",)}, ValueError, ("require", "planet=Mars", "country")),
    ({"require": np.array([1, 2], np.uint64)}, ValueError, ("require", "vocabulary")),
    ({"require": tuple(f"l{i}" for i in range(65))}, ValueError, ("require", "65", "64")),
    ({"forbid": {"gpu": np.array([True])}}, ValueError, ("forbid|gpu", "1", "2")),
]


@pytest.mark.parametrize(("wrong", "kind", "parts"), TASK_ERRORS)
def test_bad_tasks(wrong, kind, parts):
    with raises(kind, *parts) as raised:
        gf.Tasks(line(), **({"origin": ["a", "b"], "demand": {"memory_gb": [1.0, 1.0]}} | wrong))
    assert isinstance(raised.value, gf.GigafleetError)


NODE_ERRORS = [
    ({"capacity": {"memory_gb": [1.0, NAN]}}, ValueError, (r"capacity\['memory_gb'\]", "row 1", "nan")),
    ({"capacity": {"memory_gb": [-1.0, 1.0]}}, ValueError, (r"capacity\['memory_gb'\]", "row 0", "-1")),
    ({"price": {"memory_gb": [1.0, INF]}}, ValueError, (r"price\['memory_gb'\]", "row 1", "inf")),
    ({"price": {"compute_tops": 1.0}}, ValueError, ("price", "compute_tops", "memory_gb")),
    ({"site": ["a", "z"]}, ValueError, ("site", "row 1", "z")),
    ({"labels": ("country=DE",)}, ValueError, ("labels", "country=DE")),
    ({"labels": tuple(f"l{i}" for i in range(65))}, ValueError, ("labels", "65", "64")),
    ({"access_rtt_ms": [0.0, INF]}, ValueError, ("access_rtt_ms", "row 1", "inf")),
    ({"link_up_mbps": [0.0, -1.0]}, ValueError, ("link_up_mbps", "row 1", "-1")),
    ({"link_down_mbps": [NAN, 1.0]}, ValueError, ("link_down_mbps", "row 0", "nan")),
    ({"available_s": [NAN, 1.0]}, ValueError, ("available_s", "row 0", "nan")),
    ({"count": [1, -2]}, ValueError, ("count", "row 1", "-2")),
    ({"count": [1.0, 2.5]}, TypeError, ("count",)),
    ({"id": [7, 7]}, ValueError, ("id", "row 1", "7")),
    ({"resolution": {"memory_gb": 0.0}}, ValueError, ("resolution", "0", "a power of ten")),
    ({"resolution": {"memory_gb": 0.25}}, ValueError, ("resolution", "0.25", "a power of ten")),
    ({"consumable": ("petrol",)}, ValueError, ("consumable", "petrol")),
    ({"consumable": 3}, TypeError, ("consumable", "3", "a tuple of resources")),
    ({"resolution": 1}, TypeError, ("resolution", "int", "a dict")),
    ({"resolution": 0}, TypeError, ("resolution", "int", "a dict")),
    ({"resolution": {"memory_gb": "1"}}, TypeError, ("resolution", "'1'", "a power of ten")),
    ({"price": 0}, TypeError, ("price", "int", "a dict of resource -> column")),
    ({"device_capacity": 0}, TypeError, ("device_capacity", "int", "a dict of resource -> column")),
]


@pytest.mark.parametrize(("wrong", "kind", "parts"), NODE_ERRORS)
def test_bad_nodes(wrong, kind, parts):
    with raises(kind, *parts) as raised:
        gf.Nodes(line(), **({"site": ["a", "b"], "capacity": {"memory_gb": [1.0, 1.0]}} | wrong))
    assert isinstance(raised.value, gf.GigafleetError)


NETWORK_ERRORS = [
    ({"latency_ms": [1.0, NAN]}, ValueError, ("latency_ms", "row 1", "nan")),
    ({"latency_ms": [-1.0, 1.0]}, ValueError, ("latency_ms", "row 0", "-1")),
    ({"latency_ms": [INF, 1.0]}, ValueError, ("latency_ms", "row 0", "inf")),
    ({"capacity_mbps": [1.0, -1.0]}, ValueError, ("capacity_mbps", "row 1", "-1")),
    ({"price_per_mbps": [1.0, INF]}, ValueError, ("price_per_mbps", "row 1", "inf")),
    ({"access_up_mbps": [1.0, 1.0, -1.0]}, ValueError, ("access_up_mbps", "row 2", "-1")),
    ({"links": ([0, 1], [1, 3])}, ValueError, ("links", "row 1", "3")),
    ({"links": ([0, 1], [1])}, ValueError, ("links",)),
    ({"latency_ms": [1.0, 2.0, 3.0]}, ValueError, ("latency_ms", "3", "2")),
    ({"sites": ["a", "b", "a"]}, ValueError, ("sites", "a")),
    ({"domains": {"planet": ["x", "x", "y"]}}, ValueError, ("domains", "planet", "country")),
    ({"labels": tuple(f"l{i}" for i in range(65))}, ValueError, ("labels", "65", "64")),
]


@pytest.mark.parametrize(("wrong", "kind", "parts"), NETWORK_ERRORS)
def test_bad_networks(wrong, kind, parts):
    with raises(kind, *parts) as raised:
        line(**wrong)
    assert isinstance(raised.value, gf.GigafleetError)


PLACE_ERRORS = [
    ({"time_limit_s": 0}, ValueError, ("time_limit_s", "0", "> 0")),
    ({"time_limit_s": -1.0}, ValueError, ("time_limit_s", "-1", "> 0")),
    ({"time_limit_s": NAN}, ValueError, ("time_limit_s", "nan", "> 0")),
    ({"threads": 0}, ValueError, ("threads", "0", ">= 1")),
    ({"effort": "heroic"}, ValueError, ("effort", "heroic", "balanced")),
    ({"objective": 1.0}, TypeError, ("objective", "float", "Objective")),
    ({"seed": "x"}, TypeError, ("seed",)),
    ({"time_limit_s": "1"}, TypeError, ("time_limit_s", "'1'", "a number > 0")),
    ({"threads": 1.5}, TypeError, ("threads", "1.5", "a whole number >= 1")),
    ({"progress": 3}, TypeError, ("progress", "int", "a function")),
    ({"tasks": None}, TypeError, ("tasks", "NoneType", "a Tasks table")),
    ({"nodes": 3}, TypeError, ("nodes", "int", "a Nodes table")),
]


@pytest.mark.parametrize(("wrong", "kind", "parts"), PLACE_ERRORS)
def test_bad_calls(wrong, kind, parts):
    network = line()
    with raises(kind, *parts) as raised:
        gf.place(**{"tasks": tasks_at(network), "nodes": nodes_at(network), **wrong})
    assert isinstance(raised.value, gf.GigafleetError)


def test_tables_that_are_swapped_or_have_no_network():
    network = line()
    with raises(gf.GigafleetError, "tasks: got Nodes, wanted a Tasks table"):
        gf.place(nodes_at(network), tasks_at(network))
    for wrong in ("net", None):
        for make in (tasks_at, nodes_at):
            with raises(gf.GigafleetError, f"network: got {type(wrong).__name__}, wanted a Network"):
                make(wrong)


def test_verify_of_a_sample_that_is_no_number():
    network = line()
    plan = gf.place(tasks_at(network), nodes_at(network))
    for wrong in ({"sample": "x"}, {"sample": -1}, {"seed": 0.5}):
        name, value = next(iter(wrong.items()))
        with raises(gf.GigafleetError, f"{name}: got {value!r}, wanted a whole number >= 0"):
            plan.verify(**wrong)


def test_bad_objective():
    for wrong in ({"rtt_price": NAN}, {"horizon_s": 0}, {"risk_price": INF}):
        with raises(gf.GigafleetError, next(iter(wrong))):
            gf.Objective(**wrong)


def test_tables_of_another_network():
    with raises(ValueError, "network"):
        gf.place(tasks_at(line()), nodes_at(line()))


def test_a_resource_that_no_node_offers():
    network = line()
    with raises(ValueError, "compute_tops") as raised:
        gf.place(tasks_at(network, demand={"compute_tops": 1.0}), nodes_at(network))
    assert isinstance(raised.value, gf.GigafleetError)


def test_more_than_16_priorities():
    network = line()
    many = tasks_at(network, ["a"] * 17, demand={"memory_gb": 1.0}, priority=[*range(16), 3])
    assert gf.place(many, nodes_at(network)).placed_tasks == 8
    with raises(ValueError, "priority", "17", "16") as raised:
        tasks = tasks_at(network, ["a"] * 17, demand={"memory_gb": 1.0}, priority=list(range(17)))
        gf.place(tasks, nodes_at(network))
    assert isinstance(raised.value, gf.GigafleetError)


@pytest.mark.parametrize(
    ("more", "parts"),
    [
        ({"count": 2**62}, ("count", "row 1", "4611686018427387904", "2\\^63")),
        ({"bandwidth_mbps": 2e12}, ("uplink_mbps", "row 0", "over all tasks")),
    ],
)
def test_totals_that_overflow(more, parts):
    network = line()
    with raises(ValueError, *parts) as raised:
        tasks = tasks_at(network, ["a", "a"], demand={"memory_gb": 1.0}, **more)
        gf.place(tasks, nodes_at(network))
    assert isinstance(raised.value, gf.GigafleetError)
