"""Accelerators inside nodes: what their columns may hold, and what the core counts them as."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet.columns import Column, column
from gigafleet.errors import InputError
from gigafleet.tables import MAX_RESOURCES, blocks_of, check_values, resource_columns

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes
    from gigafleet.tasks import Tasks

__all__ = ["DEVICES", "MAX_DEVICES", "PREFIX", "RESOLUTION", "asked_columns", "check_offered", "check_schema"]
__all__ += ["asks_none", "demand_of", "is_none", "names", "offer_of", "offered_columns"]

DEVICES = "devices"  #: the column, and the resource of the schema that counts them
PREFIX = "device."  #: of the resources that each device has
RESOLUTION = 1e-3  #: shares of a device are counted in thousandths
MAX_DEVICES = 64  #: in a node


def names(resources: Collection[str]) -> tuple[str, ...]:
    """What the schema calls devices and their `resources`, in its order."""
    return (DEVICES, *(PREFIX + name for name in resources))


def offer_of(resource: str) -> str:
    """The column of nodes that holds a resource of the schema."""
    if resource.startswith(PREFIX):
        return f"device_capacity.{resource.removeprefix(PREFIX)}"
    return resource if resource == DEVICES else f"capacity.{resource}"


def demand_of(resource: str) -> str:
    """The column of tasks that asks for a resource of the schema."""
    if resource.startswith(PREFIX):
        return f"device_demand.{resource.removeprefix(PREFIX)}"
    return resource if resource == DEVICES else f"demand.{resource}"


def is_none(devices: Column) -> bool:
    """Whether one 0 stands for all rows."""
    return devices.scalar and bool(devices.chunks[0][0] == 0)


def asks_none(devices: Column) -> bool:
    """Whether all rows are 0. O(rows)."""
    return not any(part.any() for part in blocks_of(devices))


def check_schema(argument: str, resources: Collection[str], schema: Collection[str]) -> None:
    """Raise unless there are 1 to 8 resources in all, of which none is called as only devices may be."""
    for name in resources:
        if name == DEVICES or name.startswith(PREFIX):
            wanted = "another name: devices have columns of their own"
            raise InputError.at(argument, f"the resource {name!r}", wanted)
    if not 1 <= len(schema) <= MAX_RESOURCES:
        of_devices = f", {len(schema) - len(resources)} of devices" if len(schema) > len(resources) else ""
        raise InputError.at(argument, f"{len(schema)} resources{of_devices}", f"1 to {MAX_RESOURCES}")


def offered_columns(devices: Any, capacity: Any) -> tuple[Column, dict[str, Column]]:
    """The columns of nodes: how many devices, and what each has of each resource. O(rows)."""

    def is_right(part: NDArray[Any]) -> NDArray[np.bool_]:
        return (part >= 0) & (part <= MAX_DEVICES)

    count = column(DEVICES, devices, kind="integer")
    check_values(count, is_right, f"a whole number from 0 to {MAX_DEVICES}")
    return count, resource_columns("device_capacity", {} if capacity is None else capacity)


def asked_columns(devices: Any, demand: Any) -> tuple[Column, dict[str, Column]]:
    """The columns of tasks: how many devices, and what is asked of each that is used. O(rows)."""

    def is_right(part: NDArray[Any]) -> NDArray[np.bool_]:
        value = part.astype(np.float64)
        finite = np.where(np.isfinite(value), value, -1.0)
        whole: NDArray[np.bool_] = np.abs(finite - np.rint(finite)) <= 1e-9 * finite
        return (finite >= 0) & ((finite <= 1) | whole)

    count = column(DEVICES, devices)
    check_values(count, is_right, "a share of one device, or a whole number of them")
    return count, resource_columns("device_demand", {} if demand is None else demand)


def check_offered(tasks: Tasks, nodes: Nodes) -> None:
    """Raise where tasks ask for what no devices of nodes have."""
    for name in tasks.schema[len(tasks.resources) :]:
        if name not in nodes.schema:
            asked, wanted = tasks.columns[demand_of(name)].name, "devices= or device_capacity= of nodes"
            raise InputError.at(asked, "a resource that no node has", wanted)
