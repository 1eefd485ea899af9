"""The part of an explanation's definition (gates.py) that knows about devices.

Members stay on the devices that they use. What would do is found by trying values, all that there are between
the one that will not do and the one that asks for nothing: more of a capacity, or less asked, never hurts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from devices import WHOLE, Devices, Held
from problem import Problem, Task
from quantities import Number

MOST = 64  #: devices of a node
Lacks = dict[tuple[object, ...], tuple[int, int]]  #: by what, and on which device: needed, there
Edge = tuple[tuple[str, ...], int, int]  #: a column, its value, and the nearest one that will do


def lacks(devices: Devices, t: int, n: int, held: Held) -> Lacks:
    """What one more member lacks beside `held`; nothing where it fits."""
    if devices.has_room(t, n, held):
        return {}
    ask, loads, has, each = devices.ask(t), devices.loads(n, held), devices.has(n), devices.each(t)
    if not loads:
        return {("DEVICES",): (ask, 0)}

    def short(free: Number, left: Callable[[str], Number], *device: int) -> Lacks:
        found: Lacks = {("DEVICES", *device): (ask, int(free))} if free < ask else {}
        for r, q in each.items():
            if r != "devices" and left(r) < q:
                found["DEVICE", r, *device] = int(q), int(left(r))
        return found

    if ask >= WHOLE:
        empty = sum(load["devices"] == 0 for load in loads)
        return short(WHOLE * empty, lambda r: has[r])
    by_device = [
        short(WHOLE - load["devices"], lambda r, load=load: has[r] - load[r], i)  # type: ignore[misc]
        for i, load in enumerate(loads)
    ]
    return min(by_device, key=size)


def size(lacks: Lacks) -> Fraction:
    """The largest part of what is needed that is short."""
    return max(Fraction(needed - there, needed) for needed, there in lacks.values())


def changes_of_task(problem: Problem, t: int, n: int, held: Held) -> Iterator[Edge]:
    """What a member asks of devices and the most that would fit, where only they are in the way."""

    def fits(changed: Task) -> bool:
        rows = (*problem.tasks, replace(changed, count=1))
        return Devices(replace(problem, tasks=rows)).has_room(len(problem.tasks), n, held)

    yield from less_asked(problem, t, fits)


def less_asked(problem: Problem, t: int, fits: Callable[[Task], bool]) -> Iterator[Edge]:
    """What a row asks of devices and the most with which `fits` holds of it."""
    task, devices = problem.tasks[t], Devices(problem)
    ask = devices.ask(t)
    values = [*range(WHOLE), *range(WHOLE, ask, WHOLE)][: ask if ask < WHOLE else None]
    most = last(values, lambda v: fits(replace(task, devices=v / WHOLE)))
    if most is not None:
        yield ("devices",), ask, most
    for r, q in devices.each(t).items():
        if r == "devices":
            continue
        own = task.device_demand
        most = last(
            range(int(q)), lambda v, r=r, own=own: fits(replace(task, device_demand={**own, r: v / 10**6}))
        )
        if most is not None:
            yield ("device_demand", r), int(q), most


def changes_of_node(problem: Problem, t: int, n: int, held: Held) -> Iterator[Edge]:
    """The same of a node's devices: what they would have if there were none is nobody's guess."""
    node, devices = problem.nodes[n], Devices(problem)
    if not node.devices:
        return

    def fits(**changed: object) -> bool:
        rows = [*problem.nodes[:n], replace(node, **changed), *problem.nodes[n + 1 :]]  # type: ignore[arg-type]
        return Devices(replace(problem, nodes=tuple(rows))).has_room(t, n, held)

    least = first(range(node.devices + 1, MOST + 1), lambda v: fits(devices=v))
    if least is not None:
        yield ("devices",), node.devices * WHOLE, least * WHOLE
    for r, has in devices.has(n).items():
        if r == "devices" or has == float("inf"):
            continue
        asked = sum(int(devices.each(other).get(r, 0)) for other, _ in held) + int(devices.each(t).get(r, 0))
        own = node.device_capacity
        values = range(int(has) + 1, asked + 1)
        least = first(values, lambda v, r=r, own=own: fits(device_capacity={**own, r: v / 10**6}))
        if least is not None:
            yield ("device_capacity", r), int(has), least


def last(values: Sequence[int], does: Callable[[int], bool]) -> int | None:
    """Of ascending values of which the first will do, if any does: the last one that does."""
    end = bisect_left(values, True, key=lambda v: not does(v))
    return values[end - 1] if end else None


def first(values: Sequence[int], does: Callable[[int], bool]) -> int | None:
    """Of ascending values of which the last will do, if any does: the first one that does."""
    at = bisect_left(values, True, key=does)
    return values[at] if at < len(values) else None
