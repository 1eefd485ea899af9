"""The definition: which plans are allowed, why a task stays out, what a plan costs, what the best plan is.

Plain Python on purpose: it imports neither gigafleet nor NumPy, counts in integers and fractions, and is
written to be read. The engine, ``Plan.verify`` and docs/semantics.md agree with it, not the other way round.

A *member* is one of the ``count`` identical tasks of a task row, an *instance* one of the ``count`` identical
machines of a node row. An assignment maps (task row, node row, instance) to how many members sit there. Which
devices they use comes beside it (devices.py); where that is left open, what matters is that they can.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from bonds import Bonds
from changes import Changes
from devices import Devices, Masks, Seats, seats
from models import Models
from problem import Link, Problem, Site, Task
from quantities import INF, Number, quantise
from reason import Reason
from tenants import TenantRules

RULES = ("CAPACITY", "LATENCY", "LINK", "ACCESS", "LINE", "LABEL", "TRANSIT", "TIME")
Assignment = Mapping[tuple[int, int, int], int]
Meter = tuple[object, ...]  #: what a capacity is of; the first entry is the rule that guards it


@dataclass(frozen=True)
class Path:
    """The way from an origin to a site and back, as arcs."""

    out: tuple[int, ...]
    back: tuple[int, ...]
    ns: int


MBPS, WEIGHT, MS, S = "1e-6", "1e-6", "1e-6", "1e-9"  # the last two are one ns


class Oracle(Changes):
    """One problem, with every rule on, or some switched ``off`` (to ask whether a rule matters)."""

    def __init__(self, problem: Problem, off: Iterable[str] = ()) -> None:
        self.problem = problem
        self.off = frozenset(off)
        assert self.off <= {*RULES, "DEVICES", "GANG", "SPREAD", "MODEL", "QUOTA"}, off
        self.devices, self.bonds = Devices(problem, on="DEVICES" not in self.off), Bonds(self)
        self.models = Models(problem, self, on="MODEL" not in self.off)
        self.tenants = TenantRules(self)
        self.of_devices = set(problem.schema) - set(problem.resources)
        # Arcs as (tail, head, ns): link l of a graph is arcs 2l, 2l + 1, of a digraph arc l. No self-loops.
        self.links = [link for link in problem.links if link.tail != link.head]
        self.arcs: list[tuple[int, int, int]] = []
        for link in self.links:
            ns = math.floor(Fraction(link.latency_ms) * 10**6 + Fraction(1, 2))  # latency: to the nearest ns
            self.arcs.append((link.tail, link.head, ns))
            if not problem.directed:
                self.arcs.append((link.head, link.tail, ns))
        # Without these caches the oracle means the same.
        for name in ("tree", "allowed", "path", "demand", "gates", "use", "limit", "pair_cost"):
            setattr(self, name, cache(getattr(self, name)))

    # quantities

    def resolution(self, resource: str) -> float:
        return self.problem.resolution.get(resource, 1e-6)

    def demand(self, t: int) -> dict[str, Number]:
        """What one member asks of a node. A task that lasts until further notice books nothing consumable."""
        task = self.problem.tasks[t]
        skip = self.problem.consumable if task.duration_s == 0 else ()
        return {r: quantise(v, self.resolution(r), up=True) for r, v in task.demand.items() if r not in skip}

    def bandwidth(self, t: int) -> tuple[Number, Number]:
        task = self.problem.tasks[t]
        return quantise(task.uplink_mbps, MBPS, up=True), quantise(task.downlink_mbps, MBPS, up=True)

    def weight(self, t: int) -> Fraction:
        return Fraction(quantise(self.problem.tasks[t].weight, WEIGHT, up=True), 10**6)

    def link_of(self, arc: int) -> Link:
        return self.links[arc if self.problem.directed else arc // 2]

    def limit(self, meter: Meter) -> Number:
        """The capacity behind a meter, in its multiples."""
        match meter:
            case ("DEVICES" | "MODEL", *_):
                return INF
            case ("SPREAD", int(spread), where):
                return self.bonds.most(spread, where)
            case ("CAPACITY", int(n), _, str(r)) if r in self.of_devices:
                return self.devices.total(n, r)
            case ("CAPACITY", int(n), _, str(r)):
                return quantise(self.problem.nodes[n].capacity.get(r, 0), self.resolution(r), up=False)
            case ("LINE", int(n), _, way):
                node = self.problem.nodes[n]
                return quantise(node.link_up_mbps if way == "up" else node.link_down_mbps, MBPS, up=False)
            case ("ACCESS", int(s), way):
                site = self.problem.sites[s]
                return quantise(site.access_up_mbps if way == "up" else site.access_down_mbps, MBPS, up=False)
            case ("LINK", int(arc)):
                return quantise(self.link_of(arc).capacity_mbps, MBPS, up=False)
        raise ValueError(meter)

    # routes

    def tree(self, start: int, allowed: frozenset[int]) -> dict[int, int | None]:
        """Per site reached from `start` inside `allowed`, the arc by which the route enters it.

        Least latency; then fewer links; then, at each site from the far end on, the smaller arc.
        """
        best: dict[int, tuple[int, int]] = {}
        queue = [(0, 0, start)] if start in allowed else []
        while queue:
            ns, hops, site = heapq.heappop(queue)
            if site in best:
                continue
            best[site] = ns, hops
            for tail, head, arc_ns in self.arcs:
                if tail == site and head in allowed:
                    heapq.heappush(queue, (ns + arc_ns, hops + 1, head))
        entry: dict[int, int | None] = dict.fromkeys(best)
        for arc, (tail, head, ns) in enumerate(self.arcs):
            if tail in best and head in best and entry[head] is None:
                ends_route = (best[tail][0] + ns, best[tail][1] + 1) == best[head]
                entry[head] = arc if ends_route else None
        return entry

    def route(self, start: int, end: int, allowed: frozenset[int] | None = None) -> tuple[int, ...] | None:
        """Arcs of the one route from `start` to `end`; None where there is none."""
        entry = self.tree(start, self.everywhere() if allowed is None else allowed)
        if end not in entry:
            return None
        arcs: list[int] = []
        while (arc := entry[end]) is not None:
            arcs.append(arc)
            end = self.arcs[arc][0]
        return tuple(reversed(arcs))

    def everywhere(self) -> frozenset[int]:
        return frozenset(range(len(self.problem.sites)))

    def allowed(self, t: int) -> frozenset[int]:
        return self.everywhere() if "TRANSIT" in self.off else self.allowed_by(self.problem.tasks[t])

    def allowed_by(self, task: Task) -> frozenset[int]:
        """The sites that the task's transit policy lets a route touch, endpoints included."""
        return frozenset(
            s
            for s, site in enumerate(self.problem.sites)
            if all(has(name, site.labels, site) for name in task.transit_require)
            and not any(has(name, site.labels, site) for name in task.transit_forbid)
        )

    def path(self, origin: int, site: int, allowed: frozenset[int]) -> Path | None:
        """Out by the route; back by its mirror, or in a digraph by the route the other way."""
        out = self.route(origin, site, allowed)
        if self.problem.directed:
            back = self.route(site, origin, allowed)
        else:
            back = None if out is None else tuple(arc ^ 1 for arc in reversed(out))
        if out is None or back is None:
            return None
        return Path(out, back, sum(self.arcs[arc][2] for arc in out + back))

    def path_of(self, t: int, n: int) -> Path | None:
        return self.path(self.problem.tasks[t].origin, self.problem.nodes[n].site, self.allowed(t))

    def rtt_ns(self, t: int, n: int) -> Number:
        path = self.path_of(t, n)
        access = quantise(self.problem.nodes[n].access_rtt_ms, MS, up=True)
        return INF if path is None else path.ns + access

    # gates that look at the pair alone

    def label_ok(self, t: int, n: int) -> bool:
        task, node = self.problem.tasks[t], self.problem.nodes[n]
        holds = [has(name, node.labels, self.problem.sites[node.site]) for name in task.require]
        any_of = [has(name, node.labels, self.problem.sites[node.site]) for name in task.any_of]
        forbid = [has(name, node.labels, self.problem.sites[node.site]) for name in task.forbid]
        return "LABEL" in self.off or (all(holds) and (any(any_of) or not any_of) and not any(forbid))

    def size_ok(self, t: int, n: int) -> bool:
        """The empty node, with its own line, could hold one member."""
        fits = all(q <= self.limit(m) for m, q in self.use(t, n, 0).items() if m[0] in ("CAPACITY", "LINE"))
        return fits and self.devices.has_room(t, n, [])

    def time_ok(self, t: int, n: int) -> bool:
        duration = quantise(self.problem.tasks[t].duration_s, S, up=True)
        available = quantise(self.problem.nodes[n].available_s, S, up=False)
        return "TIME" in self.off or duration == 0 or duration <= available

    def rtt_ok(self, t: int, n: int) -> bool:
        return "LATENCY" in self.off or self.rtt_ns(t, n) <= quantise(
            self.problem.tasks[t].max_rtt_ms, MS, up=False
        )

    def gates(self, t: int) -> dict[Reason, list[int]]:
        """Node rows (with instances) left after each gate."""
        left = [n for n, node in enumerate(self.problem.nodes) if node.count > 0]
        after: dict[Reason, list[int]] = {}
        after[Reason.LABEL] = left = [n for n in left if self.label_ok(t, n)]
        after[Reason.TOO_BIG] = left = [n for n in left if self.size_ok(t, n)]
        after[Reason.TIME] = left = [n for n in left if self.time_ok(t, n)]
        after[Reason.MODEL] = left = [n for n in left if self.models.passes(t, n)]
        after[Reason.ROUTE] = left = [n for n in left if self.path_of(t, n) is not None]
        after[Reason.RTT] = left = [n for n in left if self.rtt_ok(t, n)]
        return after

    # capacities

    def use(self, t: int, n: int, instance: int) -> dict[Meter, Number]:
        """What one member of row `t` takes of every capacity when it sits on that instance."""
        task, node = self.problem.tasks[t], self.problem.nodes[n]
        up, down = self.bandwidth(t)  # up: request, origin to node; down: reply, node to origin
        use: Counter[Meter] = Counter()
        for resource, quantity in self.demand(t).items():
            use["CAPACITY", n, instance, resource] += quantity
        for resource, quantity in self.devices.takes(t).items():
            use["CAPACITY", n, instance, resource] += quantity
        use["DEVICES", n, instance, t] += min(self.devices.ask(t), 1)  # counts members that use any
        use[self.bonds.meter(t, n, instance)] += int(self.bonds.spread(t) >= 0)
        use["MODEL", n, instance, t] += self.models.model(t) is not None  # counts members that use one
        use["LINE", n, instance, "down"] += up
        use["LINE", n, instance, "up"] += down
        use["ACCESS", task.origin, "up"] += up
        use["ACCESS", task.origin, "down"] += down
        use["ACCESS", node.site, "down"] += up
        use["ACCESS", node.site, "up"] += down
        path = self.path_of(t, n) or Path((), (), 0)
        for arc in path.out:
            use["LINK", arc] += up
        for arc in path.back:
            use["LINK", arc] += down
        return {meter: q for meter, q in use.items() if q > 0 and meter[0] not in self.off}

    def loads(self, assignment: Assignment) -> Counter[Meter]:
        total: Counter[Meter] = Counter()
        for (t, n, instance), members in assignment.items():
            for meter, quantity in self.use(t, n, instance).items():
                total[meter] += quantity * members
        return total

    def fits(self, t: int, n: int, instance: int, loads: Mapping[Meter, Number], *rules: str) -> bool:
        """One more member fits there in every capacity (or in those of `rules`) beside `loads`."""
        room = all(
            loads.get(meter, 0) + quantity <= self.limit(meter)
            for meter, quantity in self.use(t, n, instance).items()
            if not rules or meter[0] in rules
        )
        if rules or not room:
            return room
        return self.models.has_room(t, (n, instance), loads) and self.can_arrange(t, n, instance, loads)

    def can_arrange(self, t: int, n: int, instance: int, loads: Mapping[Meter, Number]) -> bool:
        """The devices there have room for one more, if need be with all members on other devices."""
        if not self.devices.ask(t):
            return True
        count = [loads.get(("DEVICES", n, instance, other), 0) for other in range(len(self.problem.tasks))]
        members = [other for other, number in enumerate(count) for _ in range(int(number))]
        return self.devices.arrange(n, [*members, t]) is not None

    # a plan

    def check(self, assignment: Assignment, masks: Masks | None = None) -> list[tuple[str, str]]:
        """Every breach of a hard rule, as (rule, what)."""
        problem, breaches = self.problem, []
        members: Counter[int] = Counter()
        for (t, n, instance), number in assignment.items():
            pair = f"task row {t} on node row {n} instance {instance}"
            members[t] += number
            if number < 0 or not 0 <= instance < problem.nodes[n].count:
                breaches.append(("IDENTITY", pair))
            if not self.label_ok(t, n):
                breaches.append(("LABEL", pair))
            if not self.time_ok(t, n):
                breaches.append(("TIME", pair))
            if self.path_of(t, n) is None:
                anyway = self.path(problem.tasks[t].origin, problem.nodes[n].site, self.everywhere())
                breaches.append(("LATENCY" if anyway is None else "TRANSIT", pair))
            elif not self.rtt_ok(t, n):
                breaches.append(("LATENCY", pair))
        breaches += [("IDENTITY", f"task row {t}") for t, k in members.items() if k > problem.tasks[t].count]
        breaches += [("DEVICES", what) for what in self.devices.check(assignment, masks)]
        breaches += self.bonds.check(assignment)
        if "QUOTA" not in self.off:
            breaches += [("QUOTA", what) for what in self.tenants.over_quota(assignment)]
        loads = self.loads(assignment)
        breaches += [("MODEL", what) for what in self.models.check(loads)]
        over = {m: q for m, q in loads.items() if q > self.limit(m)}
        return breaches + [(str(meter[0]), f"{meter[1:]}: {quantity}") for meter, quantity in over.items()]

    def reason(self, t: int, loads: Mapping[Meter, Number], held: Seats | None = None) -> Reason | None:
        """Why a member of row `t` is not placed when the plan is done; None if it still could be."""
        for gate, left in self.gates(t).items():
            if not left:
                return gate
        if (narrowed := self.bonds.narrow(t, left, loads))[0] is not None:
            return narrowed[0]
        left = [n for n in narrowed[1] if self.fits(t, n, 0, loads, "LINK", "ACCESS")]
        if not left:
            return Reason.LINK
        if self.bonds.gang(t) >= 0:
            return self.bonds.whole(t, loads)
        return None if any(list(self.places(t, n, loads, held)) for n in left) else Reason.CAPACITY

    def places(
        self, t: int, n: int, loads: Mapping[Meter, Number], held: Seats | None = None
    ) -> Iterator[int]:
        """Instances of row `n` with room for one more member; with `held`, on devices as they are."""
        return (
            i
            for i in range(self.problem.nodes[n].count)
            if self.fits(t, n, i, loads)
            and (held is None or self.devices.has_room(t, n, held.get((n, i), [])))
        )

    def reasons(self, assignment: Assignment, masks: Masks | None = None) -> list[Reason | None]:
        """Per task row, of the members not placed; PLACED where there are none."""
        loads, placed = self.loads(assignment), self.placed_count(assignment)
        held = None if masks is None else seats(assignment, masks)
        return [
            Reason.PLACED
            if placed[t] == task.count
            else self.tenants.reason(t, self.reason(t, loads, held), assignment)
            for t, task in enumerate(self.problem.tasks)
        ]

    def is_maximal(self, assignment: Assignment, masks: Masks | None = None) -> bool:
        return None not in self.reasons(assignment, masks)

    def placed_count(self, assignment: Assignment) -> list[int]:
        placed: Counter[int] = Counter()
        for (t, _, _), members in assignment.items():
            placed[t] += members
        return [placed[t] for t in range(len(self.problem.tasks))]

    # the objective

    def placed_weight(self, assignment: Assignment) -> tuple[Fraction, ...]:
        """Placed weight per level of priority, the highest first."""
        levels = sorted({-task.priority for task in self.problem.tasks})
        weight = dict.fromkeys(levels, Fraction(0))
        for (t, _, _), members in assignment.items():
            task = self.problem.tasks[t]
            weight[-task.priority] += self.weight(t) * members
        return tuple(weight.values())

    def pair_cost(self, t: int, n: int) -> Fraction:
        """EUR per hour of one member of row `t` on row `n`."""
        task, node, objective = self.problem.tasks[t], self.problem.nodes[n], self.problem.objective
        path, up_down = self.path_of(t, n), self.bandwidth(t)
        assert path is not None, "no route, no cost"
        cost = Fraction(objective.rtt_price) * self.rtt_ns(t, n) / 10**6
        duration = quantise(task.duration_s, S, up=True)
        horizon = quantise(objective.horizon_s, S, up=True)
        for resource, quantity in self.demand(t).items():
            amount = quantity * Fraction(str(self.resolution(resource)))
            per_hour = Fraction(3600 * 10**9, duration) if resource in self.problem.consumable else 1
            cost += Fraction(node.price.get(resource, 0)) * amount * per_hour
        for arcs, mbps in zip((path.out, path.back), up_down, strict=True):
            cost += sum(Fraction(self.link_of(arc).price_per_mbps) * mbps / 10**6 for arc in arcs)
        cost += self.devices.cost(t, n)
        if duration == 0 and quantise(node.available_s, S, up=False) < horizon:
            cost += Fraction(objective.risk_price)
        return cost


def has(name: str, labels: tuple[str, ...], site: Site) -> bool:
    """A name is a label, or ``level=value`` of the site's domains."""
    level, equals, value = name.partition("=")
    return site.domains.get(level) == value if equals else name in labels


def from_runs(*runs: Iterable[int]) -> dict[tuple[int, int, int], int]:
    """An assignment from columns task, node, first_instance, instances, per_instance (rows, not ids)."""
    total: Counter[tuple[int, int, int]] = Counter()
    for t, n, first, instances, each in zip(*runs, strict=True):
        for instance in range(int(first), int(first) + int(instances)):
            total[int(t), int(n), instance] += int(each)
    return dict(total)
