"""The definition of devices: accelerators of a node, all alike, of which tasks use a share or whole ones.

A task asks for thousandths of a device: none; up to 999 of one; or k whole devices. A share stays on one
device. Shares on a device sum to at most 1, and what they ask of it to at most what it has; a whole one has
its devices to itself. Which devices a member uses is a mask, bit i for device i. Plain Python, as the oracle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache

from problem import Problem
from quantities import Number, quantise

WHOLE = 1000  #: thousandths
Held = Sequence[tuple[int, int]]  #: members on an instance, as (task row, mask)
Assignment = Mapping[tuple[int, int, int], int]
Masks = Mapping[tuple[int, int, int], Sequence[int]]  #: by (task row, node row, instance), one a member
Seats = Mapping[tuple[int, int], Held]  #: by (node row, instance)


class Devices:
    """The devices of one problem; `on` False: those of a node are one lot, of which only the sums count."""

    def __init__(self, problem: Problem, on: bool = True) -> None:
        self.problem, self.on = problem, on
        for name in ("ask", "each", "has", "_arrange"):  # the same without these caches
            setattr(self, name, cache(getattr(self, name)))

    # one member, one device

    def ask(self, t: int) -> int:
        """Thousandths of a device: at most 1000, or whole devices."""
        value = self.problem.tasks[t].devices
        if value <= 1:
            return int(quantise(value, "1e-3", up=True))
        whole = quantise(value, 1, up=True)
        assert whole == quantise(value, 1, up=False), f"task row {t} asks for {value} devices"
        return int(whole) * WHOLE

    def number(self, t: int) -> int:
        """How many devices a member uses."""
        return -(-self.ask(t) // WHOLE)

    def each(self, t: int) -> dict[str, Number]:
        """What a member takes of each device that it uses."""
        demand = self.problem.tasks[t].device_demand if self.ask(t) else {}
        own = {r: quantise(q, self.resolution(r), up=True) for r, q in demand.items()}
        return {"devices": min(self.ask(t), WHOLE)} | own

    def has(self, n: int) -> dict[str, Number]:
        """What each device of a node has."""
        capacity = self.problem.nodes[n].device_capacity
        own = {r: quantise(q, self.resolution(r), up=False) for r, q in capacity.items()}
        return dict.fromkeys(self.problem.device_resources, 0) | {"devices": WHOLE} | own

    def resolution(self, resource: str) -> float:
        return self.problem.resolution.get(f"device.{resource}", 1e-6)

    # sums over the devices of a node

    def takes(self, t: int) -> dict[str, Number]:
        """What a member takes of a node's devices in all, by the names of the schema."""
        each = self.each(t)
        return {name(r): q * self.number(t) for r, q in each.items()} | {"devices": self.ask(t)}

    def total(self, n: int, resource: str) -> Number:
        """What a node's devices have in all of a resource of the schema."""
        count, each = self.problem.nodes[n].devices, self.has(n)[resource.removeprefix("device.")]
        return count * each if count else 0

    def cost(self, t: int, n: int) -> Fraction:
        """EUR per hour of what a member takes of the devices of a node."""
        price, cost = self.problem.nodes[n].price, Fraction(0)
        for resource, quantity in self.takes(t).items():
            own = resource.removeprefix("device.")
            unit = Fraction(1, 1000) if own == resource else Fraction(str(self.resolution(own)))
            cost += Fraction(price.get(resource, 0)) * quantity * unit
        return cost

    # members on one instance

    def loads(self, n: int, held: Held) -> list[dict[str, Number]]:
        """What is taken of each device."""
        count = self.problem.nodes[n].devices
        loads: list[dict[str, Number]] = [dict.fromkeys(self.has(n), 0) for _ in range(count)]
        for t, mask in held:
            for device, load in enumerate(loads):
                if mask >> device & 1:
                    for r, q in self.each(t).items():
                        load[r] += q
        return loads

    def breaches(self, n: int, held: Held) -> list[str]:
        """What is wrong with these members on these devices."""
        if not self.on:
            return []
        node, found = self.problem.nodes[n], []
        for t, mask in held:
            if mask.bit_count() != self.number(t):
                found.append(f"task row {t} uses devices {mask:b} for {self.ask(t)} thousandths")
            if mask >> node.devices:
                found.append(f"task row {t} uses devices {mask:b} of {node.devices}")
        for device, load in enumerate(self.loads(n, held)):
            found += [f"device {device}: {q} of {r}" for r, q in load.items() if q > self.has(n)[r]]
        return found

    def ways(self, t: int, n: int, held: Held) -> Iterator[int]:
        """Masks with which one more member fits beside `held`, but for devices that are loaded alike."""
        number, each, has = self.number(t), self.each(t), self.has(n)
        loads = self.loads(n, held)
        if number == 0:
            yield 0
            return
        fit = [i for i, load in enumerate(loads) if all(load[r] + q <= has[r] for r, q in each.items())]
        if each["devices"] == WHOLE:  # what holds nothing is all alike
            if len(fit) >= number:
                yield sum(1 << i for i in fit[:number])
            return
        seen: list[dict[str, Number]] = []
        for i in fit:
            if loads[i] not in seen:
                seen.append(loads[i])
                yield 1 << i

    def has_room(self, t: int, n: int, held: Held) -> bool:
        """One more member fits, with those that are there where they are."""
        return not self.on or next(self.ways(t, n, held), None) is not None

    def arrange(self, n: int, members: Iterable[int]) -> list[tuple[int, int]] | None:
        """Masks for members (task rows) of an instance, found by trying; None where there are none."""
        order = sorted(members, key=lambda t: (-self.ask(t), t))
        if not self.on:
            return [(t, 0) for t in order]
        found = self._arrange(n, tuple(t for t in order if self.ask(t) > 0))
        return None if found is None else found + [(t, 0) for t in order if self.ask(t) == 0]

    def _arrange(self, n: int, members: tuple[int, ...]) -> list[tuple[int, int]] | None:
        def search(held: list[tuple[int, int]]) -> list[tuple[int, int]] | None:
            if len(held) == len(members):
                return held
            t = members[len(held)]
            tries = (search([*held, (t, mask)]) for mask in self.ways(t, n, held))
            return next((found for found in tries if found is not None), None)

        return search([])

    # a plan

    def masks(self, assignment: Assignment) -> dict[tuple[int, int, int], list[int]]:
        """Masks for all members of a plan that can have them."""
        found: dict[tuple[int, int, int], list[int]] = {}
        for (n, instance), held in seats(assignment, {}).items():
            seated = self.arrange(n, (t for t, _ in held))
            assert seated is not None, f"node row {n} instance {instance} cannot hold {held}"
            for t, mask in seated:
                found.setdefault((t, n, instance), []).append(mask)
        return found

    def check(self, assignment: Assignment, masks: Masks | None) -> list[str]:
        """What is wrong with a plan; without `masks`, whether there are any with which nothing is."""
        found = []
        for (n, instance), held in seats(assignment, masks or {}).items():
            where, members = f"node row {n} instance {instance}", [t for t, _ in held]
            if masks is not None:
                found += [f"{where}: {what}" for what in self.breaches(n, held)]
            elif self.arrange(n, members) is None:
                found.append(f"{where}: no way to put {members} on its devices")
        return found


def name(resource: str) -> str:
    """What the schema calls a resource of devices."""
    return resource if resource == "devices" else f"device.{resource}"


def seats(assignment: Assignment, masks: Masks) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """The members on each instance that holds any, mask 0 where `masks` has none."""
    held: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (t, n, instance), number in assignment.items():
        own = [*masks.get((t, n, instance), ()), *[0] * number][: max(number, 0)]
        held.setdefault((n, instance), []).extend((t, mask) for mask in own)
    return held


def masks_from_runs(
    task: Iterable[int],
    node: Iterable[int],
    first: Iterable[int],
    instances: Iterable[int],
    per: Iterable[int],
    masks: Iterable[int],
) -> dict[tuple[int, int, int], list[int]]:
    """Masks by member from runs by row (as :func:`oracle.from_runs`) and the mask of each run."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for t, n, start, number, each, mask in zip(task, node, first, instances, per, masks, strict=True):
        for instance in range(int(start), int(start) + int(number)):
            found.setdefault((int(t), int(n), instance), []).extend([int(mask)] * int(each))
    return found
