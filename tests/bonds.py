"""The definition of gangs and spread groups: tasks that are placed with regard to each other.

The rows of a gang are placed whole in one domain of its level, or not at all; of a spread group at most so
many members are in one domain of its level. A domain of level node is an instance, of level site a site, of
another level what the site's domain of that level is called; a site without one is in none and takes no such
member. Plain Python, as the oracle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from reason import Reason

if TYPE_CHECKING:
    from oracle import Oracle

Spot = tuple[int, int]  #: node row, instance
ALONE = ("CAPACITY", "LINE")  #: rules of nodes, devices and weights aside


class Bonds:
    """The gangs and spread groups of one problem, with a rule or both switched off."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle, self.problem = oracle, oracle.problem
        self.arrange = cache(self._arrange)
        same_in = {"gang": ("gang_level", "priority"), "spread": ("spread_level", "spread_max")}
        for column, same in same_in.items():
            for row in self.problem.tasks:
                alike = [r for r in self.problem.tasks if getattr(r, column) == getattr(row, column) >= 0]
                for name in same:
                    assert len({getattr(r, name) for r in alike}) <= 1, f"rows of a {column} differ in {name}"

    def gang(self, t: int) -> int:
        return -1 if "GANG" in self.oracle.off else self.problem.tasks[t].gang

    def spread(self, t: int) -> int:
        return -1 if "SPREAD" in self.oracle.off else self.problem.tasks[t].spread

    def where(self, level: str, n: int, instance: int) -> Any:
        """The domain of an instance; None where it is in none."""
        site = self.problem.nodes[n].site
        if level in ("node", "site"):
            return (n, instance) if level == "node" else site
        return self.problem.sites[site].domains.get(level)

    def meter(self, t: int, n: int, instance: int) -> tuple[Any, ...]:
        """What a member of a spread group counts against."""
        return "SPREAD", self.spread(t), self.where(self.problem.tasks[t].spread_level, n, instance)

    def most(self, spread: int, where: Any) -> int:
        """How many members of a group a domain may hold."""
        return 0 if where is None else next(r.spread_max for r in self.problem.tasks if r.spread == spread)

    def rows(self, gang: int) -> list[int]:
        """Of a gang, those that have members."""
        return [t for t, row in enumerate(self.problem.tasks) if self.gang(t) == gang and row.count]

    def check(self, assignment: Mapping[tuple[int, int, int], int]) -> list[tuple[str, str]]:
        """Gangs that are placed in part, or not in one domain."""
        breaches = []
        for gang in sorted({self.gang(t) for t, _, _ in assignment} - {-1}):
            rows = self.rows(gang)
            level = self.problem.tasks[rows[0]].gang_level
            own = {spot: k for spot, k in assignment.items() if spot[0] in rows and k}
            if own and sum(own.values()) != sum(self.problem.tasks[t].count for t in rows):
                breaches.append(("GANG", f"gang {gang} is not whole"))
            domains = {self.where(level, n, i) for _, n, i in own}
            if len(domains) > 1 or None in domains:
                breaches.append(("GANG", f"gang {gang} is not in one {level}"))
        return breaches

    def domains(self, gang: int) -> list[Any]:
        level = self.problem.tasks[self.rows(gang)[0]].gang_level
        found = {self.where(level, n, i): None for n, i in self._instances()}
        return [domain for domain in found if domain is not None]

    def _instances(self) -> Iterator[Spot]:
        return ((n, i) for n, node in enumerate(self.problem.nodes) for i in range(node.count))

    def find(self, gang: int, domain: Any, loads: Mapping[Any, Any], *rules: str) -> Any:
        """Places in the domain for all members beside `loads`, by all rules or some of them; or None."""
        return self.arrange(gang, domain, tuple(sorted(loads.items(), key=repr)), rules)

    def _arrange(
        self, gang: int, domain: Any, loads: Any, rules: tuple[str, ...]
    ) -> list[tuple[int, int, int]] | None:
        level = self.problem.tasks[self.rows(gang)[0]].gang_level
        spots = [spot for spot in self._instances() if self.where(level, *spot) == domain]
        members = [t for t in self.rows(gang) for _ in range(self.problem.tasks[t].count)]
        open_to = {t: set(self.oracle.gates(t)[Reason.RTT]) for t in members}
        total, placed = Counter(dict(loads)), []

        def fits(t: int, n: int, i: int) -> bool:
            if not rules:
                return self.oracle.fits(t, n, i, total)
            alone = self.oracle.can_arrange(t, n, i, total) and self.oracle.models.has_room(t, (n, i), total)
            return alone and self.oracle.fits(t, n, i, total, *rules)

        def search(k: int) -> bool:
            if k == len(members):
                return True
            t = members[k]
            first = placed[-1][1] if k and members[k - 1] == t else 0
            for at in range(first, len(spots)):
                n, i = spots[at]
                if n not in open_to[t] or not fits(t, n, i):
                    continue
                use = self.oracle.use(t, n, i)
                total.update(use)
                placed.append((t, at))
                if search(k + 1):
                    return True
                placed.pop()
                total.subtract(use)
            return False

        return [(t, *spots[at]) for t, at in placed] if search(0) else None

    def narrow(self, t: int, left: list[int], loads: Mapping[Any, Any]) -> tuple[Reason | None, list[int]]:
        """The gates GANG and SPREAD: of the node rows left, those that pass; the gate if none does."""
        gang, spreads = self.gang(t), {m: q for m, q in loads.items() if m[0] == "SPREAD"}
        if gang < 0:
            passes = lambda n, i: self.oracle.fits(t, n, i, loads, "SPREAD")  # noqa: E731
            left = [n for n in left if any(passes(n, i) for i in range(self.problem.nodes[n].count))]
            return (None if left else Reason.SPREAD), left
        level = self.problem.tasks[t].gang_level
        for gate, beside, rules in ((Reason.GANG, {}, ALONE), (Reason.SPREAD, spreads, (*ALONE, "SPREAD"))):
            hold = {d for d in self.domains(gang) if self.find(gang, d, beside, *rules) is not None}
            inside = lambda n, hold=hold: any(  # noqa: E731
                self.where(level, n, i) in hold for i in range(self.problem.nodes[n].count)
            )
            left = [n for n in left if inside(n)]
            if not left:
                return gate, left
        return None, left

    def whole(self, t: int, loads: Mapping[Any, Any]) -> Reason | None:
        """CAPACITY unless some domain holds the gang of row `t` beside `loads`."""
        gang = self.gang(t)
        held = any(self.find(gang, domain, loads) is not None for domain in self.domains(gang))
        return None if held else Reason.CAPACITY
