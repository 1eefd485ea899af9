"""Columns of devices: what tables hold and hand to the core, whole tables, and every error.

The core's part is stood in for: what it is handed is looked at, not what it does with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gigafleet as gf
from gigafleet import _core
from gigafleet.errors import InputError, InputTypeError
from table_cases import NET

HANDED: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def handed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the last table handed to the core."""

    def fleet(
        network: Any,
        rows: int,
        resources: Any,
        capacity: Any,
        price: Any,
        named: Any,
        labels: Any,
        **more: Any,
    ) -> None:
        HANDED.update(resources=resources, capacity=capacity, price=price, named=named, more=more)

    def workload(network: Any, rows: int, resources: Any, demand: Any, named: Any, labels: Any) -> None:
        HANDED.update(resources=resources, demand=demand, named=named)

    HANDED.clear()
    monkeypatch.setattr(_core, "Fleet", fleet)
    monkeypatch.setattr(_core, "Workload", workload)
    return HANDED


def nodes(**changes: Any) -> gf.Nodes:
    given = {
        "site": [0, 1],
        "capacity": {"memory_gb": 512},
        "devices": [8, 4],
        "device_capacity": {"memory_gb": 80},
    }
    return gf.Nodes(NET, **(given | changes))


def tasks(**changes: Any) -> gf.Tasks:
    given = {
        "origin": [0, 1],
        "demand": {"memory_gb": 16},
        "devices": [0.25, 2],
        "device_demand": {"memory_gb": 20},
    }
    return gf.Tasks(NET, **(given | changes))


def names(columns: Any) -> list[str]:
    return [one.name for one in columns]


# What a table holds, and hands over


def test_nodes_hold_and_hand_over_devices(handed: dict[str, Any]) -> None:
    made = nodes(
        device_capacity={"memory_gb": [80, 40], "tops": 900},
        price={"devices": 2.5, "device.tops": [1, 2]},
        resolution={"device.memory_gb": 1e-3},
    )
    assert made.resources == ("memory_gb",)
    assert made.schema == ("memory_gb", "devices", "device.memory_gb", "device.tops")
    assert [name for name in made.columns if "device" in name] == [
        "price.devices",
        "price.device.memory_gb",
        "price.device.tops",
        "devices",
        "device_capacity.memory_gb",
        "device_capacity.tops",
    ]
    assert made.columns["devices"].to_numpy().tolist() == [8, 4]
    assert made.columns["price.device.memory_gb"].take(np.array([0])).tolist() == [0]
    assert repr(made) == (
        "Nodes(2 rows of memory_gb, devices, device.memory_gb, device.tops, on a network of 3 sites)"
    )
    assert handed["resources"] == [
        ("memory_gb", 1e-6, False),
        ("devices", 1e-3, False),
        ("device.memory_gb", 1e-3, False),
        ("device.tops", 1e-6, False),
    ]
    assert names(handed["capacity"]) == [
        "capacity['memory_gb']",
        "devices",
        "device_capacity['memory_gb']",
        "device_capacity['tops']",
    ]
    assert names(handed["price"]) == [f"price[{name!r}]" for name in made.schema]
    assert handed["more"] == {"devices": 1}
    assert "devices" not in handed["named"]
    assert made.resolution == {name: unit for name, unit, _ in handed["resources"]}


@pytest.mark.parametrize("none", [{}, {"devices": 0}, {"devices": np.int8(0), "device_capacity": {}}])
def test_nodes_without_devices_hand_over_nothing_of_them(
    none: dict[str, Any], handed: dict[str, Any]
) -> None:
    made = gf.Nodes(NET, site=[0, 1], capacity={"memory_gb": 512}, **none)
    assert (made.schema, handed["more"]) == (("memory_gb",), {})
    assert handed["resources"] == [("memory_gb", 1e-6, False)]
    assert made.columns["devices"].take(np.array([0])).tolist() == [0]


@pytest.mark.parametrize(
    ("some", "schema"),
    [
        ({"devices": [0, 0], "device_capacity": {}}, ("memory_gb", "devices")),
        ({"devices": 0}, ("memory_gb", "devices", "device.memory_gb")),
        ({"devices": 8, "capacity": {}}, ("devices", "device.memory_gb")),
    ],
)
def test_nodes_with_some_hand_over_all(some: Any, schema: tuple[str, ...], handed: dict[str, Any]) -> None:
    assert nodes(**some).schema == schema
    assert [name for name, _, _ in handed["resources"]] == list(schema)
    assert handed["more"] == {"devices": schema.index("devices")}


def test_tasks_hold_and_hand_over_devices(handed: dict[str, Any]) -> None:
    made = tasks()
    assert (made.resources, made.schema) == (("memory_gb",), ("memory_gb", "devices", "device.memory_gb"))
    assert made.columns["devices"].to_numpy().tolist() == [0.25, 2]
    assert handed["resources"] == ["memory_gb", "devices", "device.memory_gb"]
    assert names(handed["demand"]) == ["demand['memory_gb']", "devices", "device_demand['memory_gb']"]
    assert "devices" not in handed["named"]
    assert tasks(demand={}).schema == ("devices", "device.memory_gb")
    assert tasks(device_demand={}).schema == ("memory_gb", "devices")


def test_tasks_that_ask_for_none_hand_over_nothing_of_them(handed: dict[str, Any]) -> None:
    for devices in (0, 0.0, np.float32(0), [0, 0]):
        assert tasks(devices=devices).schema == ("memory_gb",)
        assert handed["resources"] == ["memory_gb"]


@pytest.mark.parametrize(
    "devices",
    [np.array([8, 4], np.uint8), np.array([0, 64]), pl.Series([1, 2]), pa.chunked_array([[64], [0]])],
)
def test_columns_of_nodes_are_integers_of_any_kind(devices: Any) -> None:
    assert nodes(devices=devices).columns["devices"].to_numpy().tolist() == list(np.asarray(devices))


@pytest.mark.parametrize(
    "devices",
    [
        np.array([0, 64], np.int8),
        np.array([0.001, 7.0], np.float32),
        [True, False],
        [1 + 1e-10, 3 - 1e-9],
        [0.9999, 0],
        pl.Series([0.1, 100]),
        pd.Series([1, 2]),
        1e-9,
    ],
)
def test_columns_of_tasks_are_shares_and_whole_numbers(devices: Any) -> None:
    assert tasks(devices=devices).schema == ("memory_gb", "devices", "device.memory_gb")


def test_arrays_are_borrowed_unless_copied() -> None:
    devices, memory = np.array([8, 4], np.uint8), np.array([80, 40], np.float32)
    for copy in (False, True):
        made = nodes(devices=devices, device_capacity={"memory_gb": memory}, copy=copy)
        held = (made.columns["devices"], made.columns["device_capacity.memory_gb"])
        for one, given in zip(held, (devices, memory), strict=True):
            assert np.shares_memory(one.chunks[0], given) != copy


# Whole tables


def test_whole_tables() -> None:
    frame = pl.DataFrame(
        {
            "site": ["Bonn", "Celle"],
            "capacity.memory_gb": [512, 64],
            "devices": [8, 0],
            "device_capacity.memory_gb": [80.0, 0.0],
            "price.devices": [2.5, 0.0],
            "price.device.memory_gb": [0.0, 0.01],
        }
    )
    made = gf.Nodes.from_table(NET, frame)
    assert made.schema == ("memory_gb", "devices", "device.memory_gb")
    assert made.columns["device_capacity.memory_gb"].to_numpy().tolist() == [80, 0]
    assert made.columns["price.devices"].to_numpy().tolist() == [2.5, 0]
    assert made.columns["price.device.memory_gb"].to_numpy().tolist() == [0, 0.01]
    jobs = pd.DataFrame(
        {"origin": ["Bonn"], "gpu": [0.5], "vram": [20], "demand.memory_gb": [1], "device_demand.tops": [9]}
    )
    asked = gf.Tasks.from_table(
        NET, jobs, devices="gpu", device_demand={"memory_gb": "vram"}, ignore_columns=True
    )
    assert asked.schema == ("memory_gb", "devices", "device.memory_gb")
    assert asked.columns["device_demand.memory_gb"].to_numpy().tolist() == [20]
    asked = gf.Tasks.from_table(NET, jobs, devices="gpu", ignore_columns=True)
    assert asked.schema == ("memory_gb", "devices", "device.tops")
    with pytest.raises(InputError, match="the unused columns 'gpu', 'vram'"):
        gf.Tasks.from_table(NET, jobs)
    plain = gf.Nodes.from_table(NET, {"site": [0], "capacity.memory_gb": [1]})
    assert plain.schema == ("memory_gb",)


# Errors

WHOLE = "wanted a whole number from 0 to 64"
SHARE = "wanted a share of one device, or a whole number of them"
EIGHT = {f"r{i}": 1 for i in range(8)}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"devices": [8, 65]}, f"devices[row 1]: got 65, {WHOLE}"),
        ({"devices": [-1, 8]}, f"devices[row 0]: got -1, {WHOLE}"),
        ({"devices": 65}, f"devices: got 65, {WHOLE}"),
        ({"devices": np.array([1, 2**63], np.uint64)}, f"devices[row 1]: got {2**63}, {WHOLE}"),
        ({"devices": pa.chunked_array([[1], [99]])}, f"devices[row 1]: got 99, {WHOLE}"),
        ({"devices": [8.0, 4.0]}, "devices: got dtype float64, wanted an integer dtype"),
        ({"devices": [1, 2, 3]}, "devices: got 3 rows, wanted 2, as site has"),
        ({"devices": "many"}, "devices: got str, wanted a number, a list, an array or a series"),
        ({"device_capacity": 80}, "device_capacity: got int, wanted a dict of resource -> column"),
        ({"device_capacity": {3: 1}}, "device_capacity: got the resource 3, wanted a name"),
        ({"device_capacity": {"a": [1, 2, 3]}}, "device_capacity['a']: got 3 rows, wanted 2, as site has"),
        ({"price": {"device.tops": 1}}, "price: got the resource 'device.tops', wanted one of"),
        ({"devices": 0, "device_capacity": {}, "price": {"devices": 1}}, "price: got the resource 'devices'"),
        ({"resolution": {"devices": 1}}, "resolution: got the resource 'devices', wanted one of"),
        ({"resolution": {"device.memory_gb": 0.2}}, "resolution['device.memory_gb']: got 0.2, wanted"),
        ({"consumable": ("device.memory_gb",)}, "consumable: got the resource 'device.memory_gb'"),
        ({"capacity": {"devices": 8}}, "capacity: got the resource 'devices', wanted another name"),
        ({"capacity": {"device.a": 8}}, "capacity: got the resource 'device.a', wanted another name"),
        ({"capacity": EIGHT}, "capacity: got 10 resources, 2 of devices, wanted 1 to 8"),
        ({"device_capacity": EIGHT}, "capacity: got 10 resources, 9 of devices, wanted 1 to 8"),
        ({"capacity": {}, "devices": 0, "device_capacity": {}}, "capacity: got 0 resources, wanted 1 to 8"),
    ],
)  # fmt: skip
def test_bad_nodes(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError) as caught:
        nodes(**changes)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"devices": [0.5, 1.5]}, f"devices[row 1]: got 1.5, {SHARE}"),
        ({"devices": [1.0001, 1]}, f"devices[row 0]: got 1.0001, {SHARE}"),
        ({"devices": [1, 2.9999]}, f"devices[row 1]: got 2.9999, {SHARE}"),
        ({"devices": 1.5}, f"devices: got 1.5, {SHARE}"),
        ({"devices": [1, -0.5]}, f"devices[row 1]: got -0.5, {SHARE}"),
        ({"devices": np.array([0, -1], np.int8)}, f"devices[row 1]: got -1, {SHARE}"),
        ({"devices": [math.nan, 1]}, f"devices[row 0]: got nan, {SHARE}"),
        ({"devices": [1, math.inf]}, f"devices[row 1]: got inf, {SHARE}"),
        ({"devices": pa.chunked_array([[1.0], [2.0, 2.5]])}, f"devices[row 2]: got 2.5, {SHARE}"),
        ({"devices": pl.Series([1, None])}, "devices[row 1]: got null"),
        ({"devices": [1, 2, 3]}, "devices: got 3 rows, wanted 2, as origin has"),
        ({"devices": ["a", "b"]}, "devices: got strings, wanted numbers"),
        ({"device_demand": [1]}, "device_demand: got list, wanted a dict of resource -> column"),
        ({"device_demand": {"": 1}}, "device_demand: got the resource '', wanted a name"),
        ({"device_demand": {"a": [1, 2, 3]}}, "device_demand['a']: got 3 rows, wanted 2, as origin has"),
        ({"demand": {"devices": 1}}, "demand: got the resource 'devices', wanted another name"),
        ({"demand": {"device.memory_gb": 1}}, "demand: got the resource 'device.memory_gb', wanted another"),
        ({"demand": EIGHT}, "demand: got 10 resources, 2 of devices, wanted 1 to 8"),
        ({"demand": {}, "devices": 0}, "demand: got 0 resources, wanted 1 to 8"),
    ],
)  # fmt: skip
def test_bad_tasks(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError) as caught:
        tasks(**changes)
    assert str(caught.value).startswith(text)


def test_wrong_kinds_are_type_errors() -> None:
    for wrong in ({"devices": [8.0, 4.0]}, {"device_capacity": 80}):
        with pytest.raises(InputTypeError):
            nodes(**wrong)
        with pytest.raises(TypeError):
            nodes(**wrong)


def test_seven_and_devices_are_eight() -> None:
    seven = {f"r{i}": 1 for i in range(7)}
    assert len(nodes(capacity=seven, device_capacity={}).schema) == 8
    assert len(tasks(demand={}, device_demand=seven).schema) == 8


def test_devices_that_no_node_has() -> None:
    without = gf.Nodes(NET, site=[0, 1], capacity={"memory_gb": 512})
    with pytest.raises(
        InputError, match=r"^devices: got a resource that no node has, wanted devices= or device_cap"
    ):
        gf.place(tasks(), without)
    text = r"^device_demand\['tops'\]: got a resource that no node has"
    with pytest.raises(InputError, match=text):
        gf.place(tasks(device_demand={"tops": 1}), nodes())
