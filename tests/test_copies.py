"""Networks and tables can be copied and pickled; what the core holds is made anew."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import polars
import pytest

import gigafleet as gf

Tables = tuple[gf.Network, gf.Nodes, gf.Tasks]


def made() -> Tables:
    net = gf.Network(
        sites=["A", "B", ("C", 3)],
        links=([0, 1], [1, 2]),
        latency_ms=[1, 2],
        directed=True,
        labels=[["eu"], [], ["eu", "x"]],
        domains={"country": ["DE", None, "FR"]},
        lat=[1, 2, np.nan],
    )
    net.rtt_ms("A", "B")
    nodes = gf.Nodes(
        net,
        site="B",
        capacity={"m": polars.Series([4.0, 8.0])},
        labels=[["ev"], []],
        owner=["x", ""],
        models=[["a"], []],
    )
    tasks = gf.Tasks(
        net,
        origin="B",
        demand={"m": [1, 2, 5]},
        require=["ev", "", ""],
        bandwidth_mbps=1,
        model=["a", "", "a"],
        id=[5, 6, 7],
        count=[2, 3, 4],
    )
    return net, nodes, tasks


@pytest.mark.parametrize(
    "again",
    [copy.deepcopy, lambda tables: pickle.loads(pickle.dumps(tables))],
    ids=["deepcopy", "pickle"],
)
def test_a_copy_is_placed_alike(again: Callable[[Tables], Tables]) -> None:
    mine = made()
    models = again(gf.Models(["a"], [1], "m"))  # type: ignore[arg-type]
    net, nodes, tasks = again(mine)
    assert (repr(net), repr(nodes), repr(tasks)) == tuple(map(repr, mine))
    assert net.sites == mine[0].sites
    assert net.rtt_ms(["A", "B"], "B").tolist() == mine[0].rtt_ms(["A", "B"], "B").tolist()
    assert net.latency_ns.tolist() == mine[0].latency_ns.tolist()
    assert nodes.network is tasks.network is net
    plan = gf.place(tasks, nodes, models=models)  # type: ignore[arg-type]
    plan.verify()
    assert plan.digest == gf.place(mine[2], mine[1], models=gf.Models(["a"], [1], "m")).digest


def test_other_tables_are_copied_too() -> None:
    for table in (gf.Owners(["a"], 0.3), gf.Tenants(["a"], quota={"m": 3}), gf.Models(["a"], 4)):
        assert repr(pickle.loads(pickle.dumps(table))) == repr(table)
