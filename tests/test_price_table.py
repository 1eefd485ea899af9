"""The dearest capacities as a table."""

from __future__ import annotations

import numpy as np
import pandas
import polars
import pyarrow
import pytest

import gigafleet as gf
from bridge import assignment, place
from gigafleet.price_table import PriceTable
from oracle import Oracle
from relaxed import draw

NET = gf.Network(
    sites=["Berlin", "Jülich", "Paris"],
    links=([0, 1], [1, 2]),
    latency_ms=3.0,
    capacity_mbps=[200, 300],
    access_down_mbps=[np.inf, np.inf, 100],
)


def small_plan() -> gf.Plan:
    """Two links, an air and some memory, all of them full."""
    nodes = gf.Nodes(
        NET,
        site=["Berlin", "Jülich", "Berlin", "Berlin"],
        capacity={"memory_gb": [12, 1e4, 12, 12]},
        link_up_mbps=[50, np.inf, 50, 50],
        count=[100, 9, 50, 0],
    )
    tasks = gf.Tasks(
        NET,
        origin=["Berlin", "Paris"],
        demand={"memory_gb": 6.0},
        count=[900, 400],
        downlink_mbps=[2.0, 0.5],
        uplink_mbps=[1.0, 0.0],
    )
    return gf.place(tasks, nodes)


def by_column(table: PriceTable) -> dict[tuple[str, str, str], dict[str, float]]:
    keys = zip(table.what.tolist(), table.column.tolist(), table.site.tolist(), strict=True)
    return {
        key: {
            name: getattr(table, name)[i] for name in ("row", "nodes", "capacity", "used", "price", "worth")
        }
        for i, key in enumerate(keys)
    }


def test_rows_name_the_column_that_could_grow() -> None:
    prices = small_plan().prices().weight
    table = prices.table()
    found = by_column(table)
    assert set(found) == {
        ("link", "capacity_mbps", "Berlin"),
        ("node", "memory_gb", "Berlin"),
        ("access", "access_down_mbps", "Paris"),
    }
    link = found["link", "capacity_mbps", "Berlin"]
    assert (link["row"], link["nodes"], link["capacity"], link["used"]) == (0, 0, 200, 200)
    assert link["price"] == pytest.approx(0.5, rel=1e-3)
    assert link["price"] == pytest.approx(prices.link[0].sum())
    node = found["node", "memory_gb", "Berlin"]
    assert (node["nodes"], node["capacity"], node["used"]) == (150, 1800, 1800)
    assert node["row"] in (0, 2)
    assert node["price"] == prices.node("memory_gb")[0]
    air = found["access", "access_down_mbps", "Paris"]
    assert (air["row"], air["capacity"], air["used"]) == (2, 100, 100)
    assert air["price"] == pytest.approx(2, rel=1e-3)
    np.testing.assert_allclose(table.worth, 0.05 * table.price * table.capacity)
    assert (np.diff(table.worth) <= 0).all()
    assert table.to.tolist() == ["Jülich" if what == "link" else "" for what in table.what]


def test_top_and_share() -> None:
    prices = small_plan().prices().weight
    whole = prices.table(share=0.1)
    first = prices.table(top=1, share=0.1)
    assert (len(whole), len(first), len(prices.table(top=0))) == (3, 1, 0)
    assert first.worth[0] == whole.worth[0] == 2 * prices.table().worth[0]


def test_text() -> None:
    lines = str(small_plan().prices().weight.table()).splitlines()
    assert [line.split() for line in lines] == [
        ["used", "capacity", "weight", "per", "unit", "for", "5", "%", "more"],
        ["150", "x", "node", "at", "Berlin", "memory_gb", "1,800", "1,800", "0.166667", "15"],
        ["access", "of", "Paris", "access_down_mbps", "100", "100", "2", "10"],
        ["link", "Berlin", "to", "Jülich", "capacity_mbps", "200", "200", "0.5", "5"],
    ]


def test_any_library_reads_it() -> None:
    table = small_plan().prices().weight.table()
    names = ["what", "column", "site", "to", "row", "nodes", "capacity", "used", "price", "worth"]
    arrow = pyarrow.table(table)
    assert arrow.column_names == names
    assert arrow.schema.types == [pyarrow.string()] * 4 + [pyarrow.int64()] * 2 + [pyarrow.float64()] * 4
    assert polars.DataFrame(table)["site"].to_list() == ["Berlin", "Paris", "Berlin"]
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.sort_values("price").what.tolist() == ["node", "link", "access"]
    empty = small_plan().prices().weight.table(top=0)
    assert pyarrow.table(empty).schema == arrow.schema
    assert repr(table) == "PriceTable(3 capacities, weight)"


@pytest.mark.parametrize("directed", [False, True])
def test_what_is_used_is_what_the_definition_says(directed: bool) -> None:
    for seed in range(6):
        problem = draw(seed, directed)
        oracle, plan = Oracle(problem), place(problem)
        load = oracle.loads(assignment(plan))
        table = plan.prices().weight.table(top=1000)
        pool = plan._tables[1]._core.by_row(np.arange(plan.pools, dtype=np.float64))
        assert len(table) > 5
        for what, column, row, used, has in zip(
            table.what, table.column, table.row.tolist(), table.used, table.capacity, strict=True
        ):
            if what == "link":
                arcs = [row] if directed else [2 * row, 2 * row + 1]
                expected = max(load["LINK", arc] for arc in arcs)
            elif what == "access":
                expected = load["ACCESS", row, column.split("_")[1]]
            else:
                rows = np.flatnonzero(pool == pool[row]).tolist()
                expected = sum(load["CAPACITY", n, 0, column] for n in rows)
                kinds = sum(problem.nodes[n].capacity[column] for n in rows)
                assert has == pytest.approx(kinds)
            assert used == pytest.approx(float(expected) * 1e-6, abs=1e-9)
            assert used <= has * (1 + 1e-9)


def test_lines_are_used_by_what_runs_on_their_nodes() -> None:
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site=0, capacity={"memory_gb": 1e6}, link_up_mbps=[40, 40], link_down_mbps=9.0)
    tasks = gf.Tasks(net, origin=0, demand={"memory_gb": 1}, uplink_mbps=0.5, downlink_mbps=4, count=[50])
    table = gf.place(tasks, nodes).prices().weight.table()
    assert (table.column.tolist(), table.used.tolist(), table.capacity.tolist()) == (
        ["link_up_mbps"],
        [80],
        [80],
    )
    narrow = gf.Nodes(net, site=0, capacity={"memory_gb": 1e6}, link_up_mbps=[400, 400], link_down_mbps=9.0)
    table = gf.place(tasks, narrow).prices().weight.table()
    assert (table.column.tolist(), table.used.tolist()) == (["link_down_mbps"], [18])


def test_what_is_used_of_many_bytes_is_exact() -> None:
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    nodes = gf.Nodes(net, site=0, capacity={"memory_bytes": 16e9}, count=[1000])
    plan = gf.place(gf.Tasks(net, origin=0, demand={"memory_bytes": 4e9}, count=[10_000]), nodes)
    table = plan.prices().weight.table()
    assert table.used.tolist() == table.capacity.tolist() == [1.6e13] == [plan.used("memory_bytes")]


def test_names_of_sites_may_be_anything() -> None:
    net = gf.Network(sites=[("x", 1), 7], links=([0, 1], [1, 0]), latency_ms=1.0, capacity_mbps=[1, 99])
    nodes = gf.Nodes(net, site=np.array([7]), capacity={"memory_gb": np.inf})
    tasks = gf.Tasks(net, origin=[("x", 1)], demand={"memory_gb": 1}, uplink_mbps=0.5, count=[9])
    table = gf.place(tasks, nodes).prices().weight.table()
    assert (table.site.tolist(), table.to.tolist()) == (["('x', 1)"], ["7"])
