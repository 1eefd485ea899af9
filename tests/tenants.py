"""The rules of tenants, by the definition: quotas, shares, who takes whose place, why tasks are left over.

Plain Python like the oracle, which builds on it. Amounts are multiples, shares are fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

from problem import Problem, Tenant
from quantities import INF, Number, quantise
from reason import Reason

Assignment = Mapping[tuple[int, int, int], int]
NOBODY = Tenant("", max_priority=2**62)  #: whose tasks are of no tenant: weight 1, no quota
EQUAL = Fraction(1, 10**9)  #: shares that differ by less, relative, are the same


class TenantRules:
    """Of one problem. `oracle` tells what tasks ask, and of what there is how much."""

    def __init__(self, oracle: Any) -> None:
        self.oracle = oracle
        self.problem: Problem = oracle.problem
        self.names = {tenant.name: tenant for tenant in self.problem.tenants}

    def tenant(self, t: int) -> Tenant:
        return self.names.get(self.problem.tasks[t].tenant, NOBODY)

    def asks(self, t: int) -> Counter[str]:
        """What one member takes of the resources of the schema."""
        return Counter(self.oracle.demand(t)) + Counter(self.oracle.devices.takes(t))

    def total(self, resource: str) -> Number:
        """What all nodes have."""
        return sum(
            (
                self.oracle.limit(("CAPACITY", n, 0, resource)) * node.count
                for n, node in enumerate(self.problem.nodes)
                if node.count
            ),
            0,
        )

    def held(self, assignment: Assignment, priority: float = -INF) -> dict[str, Counter[str]]:
        """By tenant, what its members from that priority on take."""
        held: dict[str, Counter[str]] = {name: Counter() for name in (*self.names, "")}
        for (t, _, _), members in assignment.items():
            if self.problem.tasks[t].priority >= priority:
                for resource, quantity in self.asks(t).items():
                    held[self.tenant(t).name][resource] += quantity * members
        return held

    # quotas

    def quota(self, tenant: Tenant, resource: str) -> Number:
        resolution = 1e-3 if resource == "devices" else self.oracle.resolution(resource)
        return quantise(tenant.quota.get(resource, INF), resolution, up=False)

    def over_quota(self, assignment: Assignment) -> list[str]:
        held = self.held(assignment)
        return [
            f"{name}: {resource}: {quantity}"
            for name, tenant in self.names.items()
            for resource, quantity in held[name].items()
            if quantity > self.quota(tenant, resource)
        ]

    def quota_holds(self, t: int, assignment: Assignment) -> bool:
        """One member more of row `t`, or all of its gang, is within the quotas of their tenants."""
        more, held = {self.tenant(t).name: self.asks(t)}, self.held(assignment)
        if (gang := self.oracle.bonds.gang(t)) >= 0:
            more = {}
            for u, task in enumerate(self.problem.tasks):
                if self.oracle.bonds.gang(u) == gang:
                    asked = more.setdefault(self.tenant(u).name, Counter())
                    for resource, quantity in self.asks(u).items():
                        asked[resource] += quantity * task.count
        return all(
            held[name][r] + q <= self.quota(self.names.get(name, NOBODY), r)
            for name, asked in more.items()
            for r, q in asked.items()
        )

    # shares

    def share(self, name: str, amounts: Mapping[str, Number]) -> Fraction:
        """The largest share of what all nodes have, over the tenant's weight; of what has no limit, none."""
        weight = Fraction(self.names.get(name, NOBODY).weight)
        shares = [Fraction(0)]
        for resource, quantity in amounts.items():
            total = self.total(resource)
            if 0 < total < INF:
                shares.append(Fraction(quantity) / Fraction(total) / weight)
        return max(shares)

    def shares(self, assignment: Assignment, priority: float = -INF) -> dict[str, Fraction]:
        """By tenant, with what it holds above that priority."""
        return {name: self.share(name, held) for name, held in self.held(assignment, priority).items()}

    def reason(self, t: int, reason: Reason | None, assignment: Assignment) -> Reason | None:
        """Why a member is left over, which is `reason` if there were no tenants."""
        if not self.problem.tenants or reason not in (None, Reason.LINK, Reason.CAPACITY):
            return reason
        if not self.quota_holds(t, assignment):
            return Reason.QUOTA
        if reason != Reason.CAPACITY:
            return reason
        name, priority = self.tenant(t).name, self.problem.tasks[t].priority
        held = self.held(assignment, priority)[name]
        then = self.share(name, held + self.asks(t)) * (1 + EQUAL)
        share = self.shares(assignment, priority)
        return (
            Reason.FAIRNESS
            if any(share[other] <= then for other in self.run_at(priority, assignment) - {name})
            else reason
        )

    def run_at(self, priority: int, assignment: Assignment) -> set[str]:
        """Tenants that hold something of a resource at that level."""
        return {
            self.tenant(t).name
            for (t, _, _), members in assignment.items()
            if members and self.problem.tasks[t].priority == priority and any(self.asks(t).values())
        }

    def unfair(self, assignment: Assignment, most: int = 4) -> Iterator[str]:
        """Members left over that could take the place of others on one node, whose tenants have more.

        Those others, `most` at most, are of the same priority and of tenants whose weighted shares without
        them are still at least that of the newcomer's tenant with it.
        """
        loads = self.oracle.loads(assignment)
        placed = self.oracle.placed_count(assignment)
        for t, task in enumerate(self.problem.tasks):
            if placed[t] == task.count or not self.quota_holds(t, assignment):
                continue
            name = self.tenant(t).name
            held = self.held(assignment, task.priority)
            then = self.share(name, held[name] + self.asks(t))
            if then <= self.share(name, held[name]):
                continue
            for n in self.oracle.gates(t)[Reason.RTT]:
                for i in range(self.problem.nodes[n].count):
                    if self.exchange(t, n, i, then, held, assignment, loads, most):
                        yield f"task row {t} of {name!r} on node row {n} instance {i}"

    def exchange(
        self,
        t: int,
        n: int,
        i: int,
        then: Fraction,
        held: dict[str, Counter[str]],
        assignment: Assignment,
        loads: Counter[Any],
        most: int,
    ) -> bool:
        priority, name = self.problem.tasks[t].priority, self.tenant(t).name
        others = [
            other
            for (other, row, instance), members in assignment.items()
            if (row, instance) == (n, i)
            and self.problem.tasks[other].priority == priority
            and self.tenant(other).name != name
            for _ in range(members)
        ]
        for number in range(1, most + 1):
            for gone in set(combinations(sorted(others), number)):
                less = {key: Counter(amounts) for key, amounts in held.items()}
                room = Counter(loads)
                for other in gone:
                    less[self.tenant(other).name].subtract(self.asks(other))
                    room.subtract(self.oracle.use(other, n, i))
                giving = {self.tenant(other).name for other in gone}
                if any(self.share(who, less[who]) < then for who in giving):
                    continue
                if self.oracle.fits(t, n, i, room):
                    return True
        return False
