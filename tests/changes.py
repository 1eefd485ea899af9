"""The definition of change: what an earlier plan asks of a later one, and what a change costs.

Mixed into the oracle. `before` is an assignment in the rows of its problem: a node that is gone has a row (or
an instance) of its own, one that no assignment uses.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import chain, combinations, islice, product
from typing import TYPE_CHECKING

from quantities import quantise
from reason import Reason

if TYPE_CHECKING:
    from oracle import Assignment, Oracle

S = "1e-9"


class Changes:
    """The part of :class:`oracle.Oracle` that looks back."""

    def total_cost(self: Oracle, assignment: Assignment, before: Assignment | None = None) -> Fraction:
        """EUR per hour, loads of models included; with `before`, the moves from there and evictions, too."""
        running = sum((self.pair_cost(t, n) * k for (t, n, _), k in assignment.items()), Fraction(0))
        running += self.models.cost(self.loads(assignment))
        return running + self.change_cost(assignment, before or {})

    def change_cost(self: Oracle, assignment: Assignment, before: Assignment) -> Fraction:
        """EUR per hour of what has changed since `before`: moves and evictions, which are paid once."""
        objective, total = self.problem.objective, Fraction(0)
        moved, evicted = self.moved(assignment, before), self.evicted(assignment, before)
        for task, moves, evictions in zip(self.problem.tasks, moved, evicted, strict=True):
            lasts = quantise(task.duration_s, S, up=True) or quantise(objective.horizon_s, S, up=True)
            once = Fraction(objective.move_cost) * moves + Fraction(objective.evict_cost) * evictions
            total += once * Fraction(3600 * 10**9, lasts)
        return total

    def moved(self: Oracle, assignment: Assignment, before: Assignment) -> list[int]:
        """Members per task row that moved: placed before and now, but not all where they were.

        Members of a row are interchangeable, so as few moved as can be.
        """
        ran, run, kept = (Counter[int]() for _ in range(3))
        for (t, _, _), k in before.items():
            ran[t] += k
        for (t, n, instance), k in assignment.items():
            run[t] += k
            kept[t] += min(k, before.get((t, n, instance), 0))
        return [min(ran[t], run[t]) - kept[t] for t in range(len(self.problem.tasks))]

    def evicted(self: Oracle, assignment: Assignment, before: Assignment) -> list[int]:
        """Members per task row that ran before, are asked for still, and have no place."""
        ran, run = Counter[int](), Counter[int]()
        for places, total in ((before, ran), (assignment, run)):
            for (t, _, _), k in places.items():
                total[t] += k
        return [max(0, min(ran[t], task.count) - run[t]) for t, task in enumerate(self.problem.tasks)]

    def evicted_for_equals(self: Oracle, assignment: Assignment, before: Assignment) -> list[int]:
        """Rows evicted though there would be room without newcomers of their level and below: none may be.

        Which members of a row are the new ones is open: some choice of them must leave no room. Rows of gangs
        and spread groups are left aside, on both sides.
        """
        bound = {t for t, task in enumerate(self.problem.tasks) if max(task.gang, task.spread) >= 0}
        ran = Counter[int]()
        for (t, _, _), k in before.items():
            ran[t] += k
        placed, wrong = self.placed_count(assignment), []
        for t, number in enumerate(self.evicted(assignment, before)):
            if number == 0 or t in bound:
                continue
            choices = []
            for u, task in enumerate(self.problem.tasks):
                new = placed[u] - min(ran[u], task.count)
                if task.priority <= self.problem.tasks[t].priority and new > 0 and u not in bound:
                    seats = [seat for seat, k in assignment.items() if seat[0] == u for _ in range(k)]
                    choices.append(sorted(set(combinations(seats, new))))
            fewer = (Counter(assignment) - Counter(chain(*gone)) for gone in product(*choices))
            if not any(self.reason(t, self.loads(rest)) is not None for rest in islice(fewer, 1000)):
                wrong.append(t)
        return wrong

    def takers(
        self: Oracle, assignment: Assignment, before: Assignment
    ) -> dict[tuple[int, int, int], set[int]]:
        """For each place that an evicted row has lost: rows of a higher level that took what it lacks there.

        A capacity is lacking which has no room for one member more; of devices that cannot be told from sums,
        they count as lacking where the task asks for any. Memory counts with weights, what a spread group
        allows is no capacity. Who has more members somewhere than before took what these take. Places that
        the row could not use at all are left out.
        """
        loads, tasks, nodes = self.loads(assignment), self.problem.tasks, self.problem.nodes
        evicted, found = self.evicted(assignment, before), {}
        for place, k in before.items():
            t, n, instance = place
            if t >= len(tasks) or not evicted[t] or assignment.get(place, 0) >= k:
                continue
            if n >= len(nodes) or instance >= nodes[n].count or n not in self.gates(t)[Reason.RTT]:
                continue
            use = self.use(t, n, instance).items()
            short = {m for m, q in use if m[0] != "SPREAD" and loads[m] + q > self.limit(m)}
            lacks_memory = self.models.memory_lacks(t, (n, instance), loads)
            found[place] = {
                u
                for (u, other, where), now in assignment.items()
                if tasks[u].priority > tasks[t].priority
                and now > before.get((u, other, where), 0)
                and (
                    short & self.use(u, other, where).keys()
                    or ((other, where) == (n, instance) and self.devices.ask(t) and self.devices.ask(u))
                    or ((other, where) == (n, instance) and lacks_memory and self.models.takes_memory(u))
                )
            }
        return found

    def reasons_after(self: Oracle, assignment: Assignment, before: Assignment) -> list[Reason | None]:
        """`reasons`, with DISPLACED for rows that lost a place to rows of a higher level."""
        displaced = {t for (t, _, _), rows in self.takers(assignment, before).items() if rows}
        full = (Reason.LINK, Reason.CAPACITY, Reason.FAIRNESS)
        return [
            Reason.DISPLACED if t in displaced and reason in full else reason
            for t, reason in enumerate(self.reasons(assignment))
        ]
