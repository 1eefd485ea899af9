"""Rules of devices: shares of one, whole ones that hold nothing else, what each device has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import Context
from gigafleet._verify.values import (
    DEVICE,
    DEVICES,
    SAFE,
    UNLIMITED,
    Bools,
    Ints,
    integers,
    quantities,
    scalar,
)
from gigafleet.errors import VerifyError

__all__ = ["check_devices"]

WHOLE = 1000  #: thousandths

UInts = NDArray[np.uint64]


def check_devices(c: Context) -> None:
    """Members use as many devices of their node as they ask; what is on a device fits it."""
    masks = c.reported.devices
    if masks is None or not np.size(masks):
        masks = np.broadcast_to(np.zeros(1, np.uint64), c.runs.task.shape)
        if scalar(c.tasks, DEVICES) == 0:
            return
    masks = np.asarray(masks, np.uint64)
    if masks.shape != c.runs.task.shape:
        raise VerifyError(f"devices: an array of shape {masks.shape} for {c.runs.task.size} runs")
    for block in c.blocks():
        _check_masks(c, block, masks[block])
    runs = np.flatnonzero(masks)
    if not runs.size:
        return
    on = _OnDevices(c, runs, masks[runs])
    amount = np.minimum(c.devices(runs), WHOLE)  # whole ones leave no room for anything
    on.check(amount, None)
    for name in c.tasks.schema:
        if name.startswith(DEVICE):
            own = name.removeprefix(DEVICE)
            on.check(c.demand(f"device_demand.{own}", c.resolution(name), runs), own)


def _check_masks(c: Context, block: slice, masks: UInts) -> None:
    """The right number of devices, of those that the node has."""
    asked, have = c.devices(block), integers(c.nodes, DEVICES, c.runs.node[block])

    def ensure(ok: Bools, what: str) -> None:
        if not ok.all():
            i = int(np.argmin(ok))
            said = what.format(asked=asked[i] / WHOLE, have=have[i], mask=int(masks[i]))
            raise VerifyError(f"devices: {c.who(block.start + i)}: {said}")

    ensure(
        (asked <= WHOLE) | (asked % WHOLE == 0), "it asks for {asked:g} devices, neither a share nor whole"
    )
    number = np.bitwise_count(masks).astype(np.int64)
    ensure(number == -(-asked // WHOLE), "it asks for {asked:g} devices and uses those of mask {mask:#b}")
    beyond = masks >> np.minimum(have, 63).astype(np.uint64)
    ensure((beyond == 0) | (have > 63), "its node has {have} devices, it uses those of mask {mask:#b}")


class _OnDevices:
    """Runs that use devices: intervals of the instances of their nodes, swept in order device by device."""

    def __init__(self, c: Context, runs: Ints, masks: UInts) -> None:
        self._c, self._runs = c, runs
        self._used = int(np.bitwise_or.reduce(masks))
        node, first = c.runs.node[runs], c.runs.first_instance[runs]
        edge = np.concatenate([first, first + c.runs.instances[runs]])
        order = np.lexsort((edge, np.concatenate([node, node])))
        self._run = order % runs.size  # whose edge it is
        self._sign = np.where(order < runs.size, 1, -1)
        self._node, self._edge, self._mask = node[self._run], edge[order], masks[self._run]

    def _devices(self) -> Iterator[tuple[int, Ints]]:
        """Each device that is used, with its edges in order."""
        for device in range(64):
            if self._used >> device & 1:
                yield device, np.flatnonzero(self._mask >> np.uint64(device) & np.uint64(1))

    def check(self, demand: Ints, resource: str | None) -> None:
        """What members ask of each device they use fits it: of itself (None), or of a resource."""
        c = self._c
        per = c.runs.per_instance[self._runs]
        exact: NDArray[Any] = demand
        if float(np.dot(demand.astype(np.float64), per.astype(np.float64))) >= SAFE:
            exact = demand.astype(object)
        amount = (exact * per)[self._run] * self._sign
        for device, edges in self._devices():
            node, instance = self._node[edges], self._edge[edges]
            last = np.ones(edges.size, np.bool_)  # of the edges at one place
            last[:-1] = (np.diff(node) != 0) | (np.diff(instance) != 0)
            load = np.cumsum(amount[edges])[last]
            limit = self._limit(resource, node[last])
            over = (load > limit) & (limit != UNLIMITED)
            if over.any():
                i = int(np.argmax(over))
                unit = 1 / WHOLE if resource is None else c.resolution(DEVICE + resource)
                where = f"{c.node(node[last][i])} instance {int(instance[last][i])}: device {device}"
                what = f"{int(load[i]) * unit:.12g} in use, limit {int(limit[i]) * unit:.12g}"
                raise VerifyError(f"devices: {where}: {resource or 'shares'}: {what}")

    def _limit(self, resource: str | None, rows: Ints) -> Ints:
        if resource is None:
            return np.full(rows.shape, WHOLE, np.int64)
        if f"device_capacity.{resource}" not in self._c.nodes.columns:
            return np.zeros(rows.shape, np.int64)
        unit = self._c.resolution(DEVICE + resource)
        return quantities(self._c.nodes, f"device_capacity.{resource}", rows, unit, up=False)
