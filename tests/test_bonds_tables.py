"""The columns of gangs and spread groups: what they may hold, and what messages say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from gigafleet.errors import InputError, InputTypeError

NET = gf.Network(sites=["a", "b"], links=([0], [1]), latency_ms=1, domains={"rack": ["r", ""]})


def tasks(**given: Any) -> gf.Tasks:
    return gf.Tasks(NET, **({"origin": "a", "demand": {"x": 1}} | given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"gang": [0, -2]}, r"gang\[row 1\]: got -2, wanted an integer >= 0, or -1 for none"),
        ({"spread": [-1, 0, -3]}, r"spread\[row 2\]: got -3, wanted an integer >= 0, or -1"),
        ({"gang": -2}, r"gang: got -2, wanted an integer >= 0, or -1 for none"),
        ({"gang": 0, "gang_level": "row"}, r"gang_level: got 'row', wanted one of node, site, rack"),
        ({"gang": 0, "gang_level": ["rack", "shelf"]}, r"gang_level\[row 1\]: got 'shelf'"),
        (
            {"gang": 0, "gang_level": "campus"},
            r"gang_level: got campus, wanted one of the network's levels: node, site, rack$",
        ),
        ({"gang": [0, 0], "gang_level": ["rack", None]}, r"gang_level\[row 1\]: got None, wanted the name"),
        ({"gang": [0, 0], "gang_level": ["rack", "node"]}, r"gang_level\[row 1\].*all rows of gang 0"),
        ({"gang": [4, 4], "priority": [1, 2]}, r"priority\[row 1\]: got 2, wanted the same.*gang 4"),
        ({"spread": 1, "spread_max": [1, 0]}, r"spread_max\[row 1\]: got 0, wanted an integer >= 1"),
        ({"spread": 1, "spread_max": [1, 2]}, r"spread_max\[row 1\]: got 2, wanted.*spread group 1"),
        ({"spread": 1, "spread_level": ["node", "site"]}, r"spread_level\[row 1\].*spread group 1"),
        ({"gang": [0, 1], "origin": [0, 2]}, r"origin\[row 1\]: got 2"),
    ],
)
def test_errors_name_argument_row_and_what_was_wanted(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tasks(**given)


@pytest.mark.parametrize(
    "given",
    [{"gang": 0.5}, {"gang": [0.0, 1.0]}, {"gang_level": 3}, {"gang_level": [1, 2]}, {"spread_max": 1.5}],
)
def test_wrong_dtypes(given: dict[str, Any]) -> None:
    with pytest.raises(InputTypeError, match=next(iter(given))):
        tasks(**given)


def test_what_does_not_matter_may_be_anything() -> None:
    assert len(tasks(gang=[-1, 3], gang_level=["country", "site"], spread_max=[0, 1])) == 2
    assert tasks(gang=-1, gang_level="country")._bound == {}


def test_levels_from_arrays_and_tables() -> None:
    pytest.importorskip("pyarrow")
    import pyarrow as pa

    levels = ["node", "rack", "site"]
    for column in (levels, np.array(levels), np.array(levels, object), pa.array(levels)):
        assert tasks(gang=[0, 1, 2], gang_level=column).columns["gang_level"].to_numpy().tolist() == [0, 2, 1]
    table = {"origin": ["a"], "demand.x": [1], "gang": [3], "unit": ["site"]}
    by_column = gf.Tasks.from_table(NET, table, gang_level="unit")
    by_name = gf.Tasks.from_table(NET, table, gang_level="rack", ignore_columns=True)
    assert [t.columns["gang_level"].take(np.zeros(1, int))[0] for t in (by_column, by_name)] == [1, 2]


def test_rows_fold_within_their_bond_alone() -> None:
    core = tasks(gang=[0, 0, 1, -1, -1], spread=[-1, -1, -1, 2, -1])._core
    assert (core.shapes, core.classes) == (1, 4)
    assert tasks(gang=np.full(5, -1))._core.classes == 1


def test_empty_tables_and_counts_of_none() -> None:
    nodes = gf.Nodes(NET, site="a", capacity={"x": 4})
    assert gf.place(tasks(gang=np.zeros(0, int), origin=np.zeros(0, int)), nodes).placed_tasks == 0
    plan = gf.place(tasks(gang=[0, 0, 1], count=[0, 3, 0]), nodes)
    assert plan.placed_count.tolist() == [0, 3, 0]
    assert [gf.Reason(int(r)).name for r in plan.reason] == ["PLACED"] * 3
