"""What plan.audit() takes, gives and says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest

import gigafleet as gf
from gigafleet.audit import Audit, audit
from gigafleet.errors import InputError, InputTypeError, VerifyError
from gigafleet.verify import Runs

SITES = ["Milano", "Zürich", "Stuttgart", "Innsbruck", "buoy"]
NET = gf.Network(
    sites=SITES,
    links=([0, 1, 0, 3, 2], [1, 2, 3, 2, 4]),
    latency_ms=[2.0, 1.5, 2.5, 2.5, 1.0],
    labels={"eu": [True, False, True, True, False]},
    domains={"country": ["IT", "CH", "DE", "AT", None]},
)


def placed(require: Any = (), forbid: Any = (), **columns: Any) -> gf.Plan:
    """Tasks from Milano and the buoy to a host in Stuttgart; through Zürich unless they mind."""
    nodes = gf.Nodes(NET, site=["Stuttgart"], capacity={"memory_gb": 100}, id=[70], labels=("gpu",))
    tasks = gf.Tasks(
        NET, origin=["Milano", "Milano", "buoy"], demand={"memory_gb": 2.0}, bandwidth_mbps=1.0,
        transit_require=require, transit_forbid=forbid, **{"count": [3, 1, 2], "id": [10, 11, 12]} | columns,
    )  # fmt: skip
    return gf.place(tasks, nodes)


def lines(table: Audit) -> list[tuple[Any, ...]]:
    return list(zip(*(column.tolist() for column in table.columns().values()), strict=True))


def test_an_empty_table_for_a_plan_that_keeps_the_rules() -> None:
    for rules in ({}, {"forbid": "country=CH"}, {"require": "eu", "count": [3, 1, 0]}):
        plan = placed(**rules)
        plan.verify()
        assert len(plan.audit()) == 0


def test_what_leaves_the_countries_allowed() -> None:
    table = placed().audit(allowed=["DE", "IT"])
    assert lines(table) == [
        (10, 70, 0, 1, 3, "both", "Zürich", "CH", "allowed"),
        (11, 70, 0, 1, 1, "both", "Zürich", "CH", "allowed"),
        (12, 70, 0, 1, 2, "origin", "buoy", "", "allowed"),
    ]
    assert table.members.tolist() == [3, 1, 2]
    assert (table.tasks, table.runs, table.routes) == (6, 3, 2)
    assert lines(placed().audit(allowed={"DE", "IT", "CH", ""})) == []
    assert lines(placed(forbid="country=CH").audit(allowed=["DE", "IT", "AT", ""])) == []
    assert placed(forbid="country=CH").audit(allowed=["DE", "IT", ""]).site.tolist() == ["Innsbruck"] * 2


def test_of_some_tasks() -> None:
    plan = placed()
    for chosen in ([12], np.array([12], np.uint8), 12, [False, False, True]):
        table = plan.audit(allowed=["DE"], tasks=chosen)
        assert table.task.tolist() == [12]
        assert (table.tasks, table.runs, table.routes) == (2, 1, 1)
    for nobody in ([], np.zeros(3, bool)):
        assert plan.audit(allowed=["DE"], tasks=nobody).tasks == 0


def runs(task: int, node: int) -> Runs:
    return Runs(*(np.array([value]) for value in (task, node, 0, 1, 1)))


def test_planted_breaches() -> None:
    nodes = gf.Nodes(
        NET, site=["Stuttgart", "Milano"], capacity={"memory_gb": 9}, labels=np.array(["gpu", "car"])
    )
    tasks = gf.Tasks(
        NET, origin=["Milano", "Zürich", "buoy"], demand={"memory_gb": 1}, require={"gpu": True},
        any_of=("tier-1", "country=DE"), forbid=("car",), transit_forbid=("country=CH", "country=AT"),
        transit_require={"eu": [True, False, False]},
    )  # fmt: skip
    transit = [("both", "Zürich", "transit_forbid country=CH"), ("both", "Zürich", "transit_require eu")]
    found = audit(runs(0, 0), tasks, nodes)
    assert sorted(zip(found.where, found.site, found.rule, strict=True)) == transit
    found = audit(runs(0, 1), tasks, nodes)
    labels = [("node", "Milano", rule) for rule in ("any_of", "forbid car", "require gpu")]
    assert sorted(zip(found.where, found.site, found.rule, strict=True)) == labels
    found = audit(runs(1, 0), tasks, nodes)
    assert list(zip(found.where, found.site, found.rule, strict=True)) == [
        ("origin", "Zürich", "transit_forbid country=CH")
    ]
    assert len(audit(runs(2, 0), tasks, nodes)) == 0


def test_no_route_at_all() -> None:
    net = gf.Network(
        sites=2, links=([0], [1]), latency_ms=1.0, directed=True, domains={"country": ["A", "B"]}
    )
    nodes = gf.Nodes(net, site=1, capacity={"memory_gb": 9})
    tasks = gf.Tasks(net, origin=0, demand={"memory_gb": 1})
    for allowed in (None, ("A", "B")):
        assert lines(audit(runs(0, 0), tasks, nodes, allowed=allowed)) == [
            (0, 0, 0, 1, 1, "node", "1", "B", "no route")
        ]


def test_a_plan_that_reserves_elsewhere_is_no_proof() -> None:
    plan = placed(forbid="country=CH")
    tasks, nodes = plan._tables
    load = plan._core.arc_load().copy()
    assert len(audit(plan.runs, tasks, nodes, load)) == 0
    load[0] += 1
    with pytest.raises(VerifyError, match=r"load: link 0 \('Milano' -> 'Zürich'\)"):
        audit(plan.runs, tasks, nodes, load)
    assert len(audit(plan.runs, tasks, nodes, load, only=[10])) == 0
    with pytest.raises(VerifyError, match="identity"):
        audit(runs(0, 9), tasks, nodes)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"allowed": "DE"}, InputTypeError, r"allowed: got 'DE', wanted a collection of names"),
        ({"allowed": [49]}, InputTypeError, r"allowed: got \[49\], wanted a collection of names"),
        ({"allowed": 3}, InputTypeError, "allowed: got 3, wanted a collection of names"),
        ({"level": "rack"}, InputError, r"level: got 'rack', wanted one of the network's levels: country"),
        ({"tasks": [10, 9]}, InputError, r"tasks\[row 1\]: got 9, wanted the id of a task"),
        ({"tasks": [-1]}, InputError, r"tasks\[row 0\]: got -1, wanted the id of a task"),
        ({"tasks": [True]}, InputTypeError, r"tasks: got bool of shape \(1,\), wanted ids, or booleans"),
        ({"tasks": ["10"]}, InputTypeError, r"tasks: got <U2 of shape \(1,\), wanted ids"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        placed().audit(**arguments)


def test_a_network_without_countries() -> None:
    net = gf.Network(sites=2, links=([0], [1]), latency_ms=1.0)
    plan = gf.place(
        gf.Tasks(net, origin=0, demand={"memory_gb": 1}), gf.Nodes(net, site=1, capacity={"memory_gb": 9})
    )
    assert len(plan.audit()) == 0
    with pytest.raises(
        InputError, match="level: got 'country', wanted one of the network's levels: it has none"
    ):
        plan.audit(allowed=["DE"])


def test_nothing_placed_nothing_found() -> None:
    plan = placed(count=[0, 0, 0])
    assert (len(plan.audit()), len(plan.audit(allowed=[]))) == (0, 0)
    none = gf.place(
        gf.Tasks(NET, origin=np.zeros(0, np.int64), demand={"memory_gb": np.zeros(0)}),
        gf.Nodes(NET, site=np.zeros(0, np.int64), capacity={"memory_gb": np.zeros(0)}),
    )
    assert len(none.audit(allowed=["DE"])) == 0


def test_of_a_plan_from_a_file(tmp_path: Path) -> None:
    plan = placed()
    plan.save(tmp_path / "plan.npz")
    again = gf.Plan.load(tmp_path / "plan.npz", *plan._tables)
    assert lines(again.audit(allowed=["DE", "IT"])) == lines(plan.audit(allowed=["DE", "IT"]))
    with pytest.raises(InputError, match=r"plan.audit: got a plan without its tables"):
        gf.Plan.load(tmp_path / "plan.npz").audit()


def test_any_library_reads_it() -> None:
    table, empty = placed().audit(allowed=["DE", "IT"]), placed().audit()
    arrow = pyarrow.table(table)
    names = ["task", "node", "first_instance", "instances", "per_instance", "where", "site", "domain", "rule"]
    assert arrow.column_names == names
    assert arrow.schema.types == [pyarrow.int64()] * 5 + [pyarrow.string()] * 4
    assert pyarrow.table(empty).schema == arrow.schema
    assert polars.DataFrame(table)["site"].to_list() == ["Zürich", "Zürich", "buoy"]
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.groupby("domain").per_instance.sum().to_dict() == {"CH": 4, "": 2}


def test_text() -> None:
    plan = placed()
    assert str(plan.audit()) == "nothing found: 6 tasks over 2 routes, held against their own rules"
    table = plan.audit(allowed=["IT", "DE", ""], tasks=[10])
    assert str(table).splitlines() == [
        "1 finding: 3 tasks over 1 route, held against country none, DE, IT",
        "rule     where  site    country  task  node  instance  tasks",
        "allowed  both   Zürich  CH         10    70         0      3",
    ]
    assert repr(table) == "Audit(1 finding, 3 tasks over 1 route)"
    net = gf.Network(sites=2, links=([0], [1]), latency_ms=1.0, domains={"country": ["A", "B"]})
    tasks = gf.Tasks(net, origin=np.zeros(30, np.int64), demand={"memory_gb": 1})
    long = gf.place(tasks, gf.Nodes(net, site=1, capacity={"memory_gb": 99})).audit(allowed=["A"])
    assert str(long).endswith("and 10 more")
    assert len(str(long).splitlines()) == 23
    many = gf.Nodes(net, site=1, capacity={"memory_gb": 4}, count=7)
    alike = gf.Tasks(net, origin=0, demand={"memory_gb": 4}, count=3)
    assert " 0 to 2 " in str(gf.place(alike, many).audit(allowed=["A"]))
