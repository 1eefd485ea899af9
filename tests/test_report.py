"""A plan added up, on a plan small enough to add up by hand."""

from __future__ import annotations

from types import SimpleNamespace as Stub
from typing import Any

import numpy as np
import pytest

from gigafleet import report as reports
from gigafleet.reasons import Reason


def column(*values: float) -> Any:
    array = np.array(values)
    return Stub(to_numpy=lambda rows=None: array, take=lambda rows: array[rows], scalar=False)


def world() -> tuple[Any, Any]:
    """Two countries and a site of none; a vehicle row of two, a factory, a gigafactory."""
    network = Stub(
        site_count=3,
        domains={"country": (np.array([0, 1, -1], np.int32), ("DE", "FR"))},
        capacity_mbps=np.array([100.0, np.inf, 50.0]),
        access_up_mbps=np.array([10.0, np.inf, 5.0]),
        access_down_mbps=np.array([20.0, np.inf, np.inf]),
    )
    labels = Stub(codes=column(1, 2, 6), names=("vehicle", "factory", "gigafactory"), sets=None)
    nodes = Stub(
        rows=3,
        schema=("tops", "gb"),
        resolution={"tops": 1e-6, "gb": 1e-6},
        consumable=frozenset(),
        columns={
            "site": column(0, 1, 2), "count": column(2, 1, 1),
            "capacity.tops": column(10, 100, 1000), "capacity.gb": column(4, 40, np.inf),
        },
        labels={"labels": labels},
    )  # fmt: skip
    tasks = Stub(
        rows=3,
        schema=("tops", "gb"),
        network=network,
        columns={"count": column(5, 4, 3), "demand.tops": column(3, 20, 1), "demand.gb": column(1, 1, 1)},
    )
    runs = Stub(
        task=np.array([0, 0, 1]), node=np.array([0, 2, 1]), first_instance=np.array([0, 0, 0]),
        instances=np.array([2, 1, 1]), per_instance=np.array([2, 1, 3]),
    )  # fmt: skip
    plan = Stub(
        runs=runs,
        placed_count=np.array([5, 3, 0]),
        reason=np.array([Reason.PLACED, Reason.CAPACITY, Reason.RTT], np.uint8),
        link_load_mbps=np.array([[99.5, 1.0], [5.0, 5.0], [10.0, 25.0]]),
        access_load_mbps=np.array([[5.0, 20.0], [7.0, 7.0], [1.0, 1.0]]),
    )
    return plan, Stub(network=network, nodes=nodes, tasks=tasks)


def test_sums_by_kind_and_country() -> None:
    found = reports.report(*world())
    assert found.kinds == ("vehicle", "factory", "gigafactory")
    assert found.countries == ("DE", "FR", "elsewhere")
    assert (found.tasks, found.placed) == (12, 8)
    assert found.nodes.tolist() == [[2, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert found.placed_by.tolist() == [[4, 0, 0], [0, 3, 0], [0, 0, 1]]
    assert found.used[:, :, 0].tolist() == [[12, 0, 0], [0, 60, 0], [0, 0, 3]]
    assert found.capacity[:, :, 0].tolist() == [[20, 0, 0], [0, 100, 0], [0, 0, 1000]]
    assert found.used[0, 0, 1] == 4
    assert found.placed_at.tolist() == [[4, 0, 0], [0, 3, 0], [0, 0, 1]]
    assert found.used_at[0, 0] / found.capacity_at[0, 0] == pytest.approx(0.6)


def test_reasons_come_most_frequent_first() -> None:
    assert reports.report(*world()).reasons == ((Reason.RTT, 3), (Reason.CAPACITY, 1))


def test_use_of_links_and_accesses() -> None:
    found = reports.report(*world())
    assert found.link_use.tolist() == [pytest.approx([0.995, 0.01]), [0, 0], pytest.approx([0.2, 0.5])]
    assert found.access_use.tolist() == [pytest.approx([0.5, 1.0]), [0, 0], pytest.approx([0.2, 0.0])]
    assert reports.top(found.link_use.max(axis=1), 5).tolist() == [0, 2]


def test_sets_of_labels_and_nodes_of_no_kind() -> None:
    plan, scenario = world()
    scenario.nodes.labels["labels"] = Stub(
        codes=column(0, 1, 0), sets=(("plugged",), ("factory", "plugged")), names=None
    )
    found = reports.report(plan, scenario)
    assert found.kinds == ("node", "factory")
    assert found.placed_by.sum(axis=1).tolist() == [5, 3]


def test_a_digraph_has_one_load_an_arc() -> None:
    plan, scenario = world()
    plan.link_load_mbps = np.array([50.0, 1.0, 25.0])
    assert reports.report(plan, scenario).link_use.tolist() == [[0.5, 0], [0, 0], [0.5, 0]]


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0"), (999, "999"), (1000, "1 k"), (12_345, "12.3 k"), (999_900, "1 M"), (2.5e9, "2.5 G")],
)
def test_spell(count: float, words: str) -> None:
    assert reports.spell(count) == words
