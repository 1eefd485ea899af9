"""Results that are tables: columns by name and in order, and what is printed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from gigafleet._frame import Frame, amount, decimals, number
from gigafleet.headroom import Binding, SiteRoom


@dataclass(frozen=True, eq=False, repr=False)
class Small(Frame):
    first_id: Any
    site: Any
    share: Any
    note: str = "no column"


def small(rows: int) -> Small:
    return Small(np.arange(rows) + 998, np.array(["a", "bcd"])[np.arange(rows) % 2], np.arange(rows) / 4)


def test_columns_by_name_and_in_order() -> None:
    table = small(3)
    assert table["first_id"] is table.first_id
    assert [id(column) for column in table] == [id(table.first_id), id(table.site), id(table.share)]
    for name in ("note", "id", 0, ["site"]):
        with pytest.raises(gf.GigafleetError, match=r"column: got .*, wanted one of first_id, site, share"):
            table[name]  # type: ignore[index]


def test_print_shows_the_columns() -> None:
    assert str(small(2)).splitlines() == [
        "first id  site  share",
        "     998  a         0",
        "     999  bcd    0.25",
    ]
    assert str(small(23)).splitlines()[-2:] == ["    1017  bcd    4.75", "... 3 more"]
    assert repr(small(1234)) == "Small(1,234 rows)"


def test_every_table_prints() -> None:
    net = gf.Network(sites=["A", "B"], links=([0], [1]), latency_ms=1)
    nodes = gf.Nodes(net, site="B", capacity={"m": 1}, count=3)
    plan = gf.place(gf.Tasks(net, origin="A", demand={"m": 1}, count=2), nodes)
    room = gf.capacity(gf.Tasks(net, origin="A", demand={"m": 1}), plan)
    assert (repr(room.by_site()), repr(room.binds())) == ("SiteRoom(1 rows)", "Binding(1 rows)")
    assert str(room.by_site()).splitlines() == ["profile  site  nodes  tasks", "      0  B         1      1"]
    assert isinstance(room.by_site(), SiteRoom)
    assert isinstance(room.binds(), Binding)
    assert str(plan.assignments()).split()[:4] == ["task", "node", "first", "instance"]
    assert "seconds" in str(plan.loads)
    assert "dropped weight" in str(plan.n_minus_1())


def test_numbers_have_no_exponent() -> None:
    values = [0, -0.0, 0.1666666667, 97_664, 1_234.5678, 52_302_301.7, math.inf]
    assert list(map(number, values)) == ["0", "0", "0.166667", "97,664", "1,234.57", "52,302,302", "inf"]


def test_amounts_have_the_digits_that_count() -> None:
    assert [amount(v) for v in (0.0, -0.0, 1234.567, 0.1, -0.000123456, 1e-12, math.nan)] == [
        "0.00",
        "0.00",
        "1,234.57",
        "0.100",
        "-0.000123",
        "0.000000000",
        "-",
    ]
    assert decimals([0.5, -20.0, math.inf, math.nan]) == 2
    assert amount(-1e-9, decimals([0.0321, -1e-9])) == "0.0000"


def test_money_of_one_task() -> None:
    net = gf.Network(sites=["A"], links=([], []), latency_ms=[])
    owners = gf.Owners(["o"], eur_per_kwh=0.3)
    nodes = gf.Nodes(net, site="A", capacity={"power_w": 9}, price={"power_w": 0.0003}, owner="o")
    plan = gf.place(gf.Tasks(net, origin="A", demand={"power_w": 1}), nodes, owners=owners)
    last = str(plan.ledger()).splitlines()[2].split()
    assert last[-5:] == ["0.00", "0.000300", "0.000000", "0.000300", "0.000000"]
    assert "0.000300" in str(gf.place_series([(plan._tables[0], nodes)]))  # type: ignore[index]
