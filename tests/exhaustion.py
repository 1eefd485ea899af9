"""Plans by the definition alone: some maximal plan, and the best plan of a tiny problem by trying all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from oracle import Meter, Oracle, Reason

Plan = dict[tuple[int, int, int], int]


def first_fit(oracle: Oracle) -> Plan:
    """Members in order of priority, each on its cheapest node with room."""
    plan: Counter[tuple[int, int, int]] = Counter()
    loads: Counter[Meter] = Counter()
    for t in sorted(range(len(oracle.problem.tasks)), key=lambda t: -oracle.problem.tasks[t].priority):
        nodes = sorted(oracle.gates(t)[Reason.RTT], key=lambda n: oracle.pair_cost(t, n))
        for _ in range(oracle.problem.tasks[t].count):
            spot = next(((n, i) for n in nodes for i in oracle.places(t, n, loads)), None)
            if spot is not None:
                plan[t, *spot] += 1
                loads.update(oracle.use(t, *spot))
    return dict(plan)


@dataclass
class Optimum:
    """Most weight per level, high to low, each given those above it; then the least cost."""

    weight: tuple[Fraction, ...] = ()
    cost: Fraction = Fraction(0)
    plan: Plan = field(default_factory=dict)


def optimum(oracle: Oracle) -> Optimum:
    """Depth first over the members, cut off where even placing all the rest would not be better.

    Members of a row take spots in a fixed order and untouched instances of a row in order, which loses no
    plan but repetitions of it.
    """
    tasks = oracle.problem.tasks
    levels = sorted({-task.priority for task in tasks})
    # Members with somewhere to go, the high levels and heavy weights first.
    rows = sorted(range(len(tasks)), key=lambda t: (-tasks[t].priority, -tasks[t].weight))
    nodes = {t: sorted(oracle.gates(t)[Reason.RTT], key=lambda n: oracle.pair_cost(t, n)) for t in rows}
    members = [t for t in rows if nodes[t] for _ in range(tasks[t].count)]
    # What placing all members from the k-th on would add, at the least.
    most = [[Fraction(0)] * len(levels)]
    least = [Fraction(0)]
    for t in reversed(members):
        most.append(list(most[-1]))
        most[-1][levels.index(-tasks[t].priority)] += oracle.weight(t)
        least.append(least[-1] + oracle.pair_cost(t, nodes[t][0]))
    most.reverse()
    least.reverse()

    best = Optimum(tuple([Fraction(-1)] * len(levels)))
    plan: Counter[tuple[int, int, int]] = Counter()
    loads: Counter[Meter] = Counter()
    weight = [Fraction(0)] * len(levels)

    def spots(t: int, after: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
        """In order, from the last member's spot on; of a row's untouched instances only the first."""
        for n in nodes[t][0 if after is None else nodes[t].index(after[0]) :]:
            first = after[1] if after is not None and n == after[0] else 0
            used = {i for (_, row, i), number in plan.items() if row == n and number}
            fresh = next((i for i in range(oracle.problem.nodes[n].count) if i not in used), -1)
            for i in oracle.places(t, n, loads):
                if i >= first and (i in used or i == fresh):
                    yield n, i

    def add(t: int, spot: tuple[int, int], sign: int) -> None:
        plan[t, *spot] += sign
        weight[levels.index(-tasks[t].priority)] += sign * oracle.weight(t)
        for meter, quantity in oracle.use(t, *spot).items():
            loads[meter] += sign * quantity

    def search(k: int, cost: Fraction, after: tuple[int, int] | None, closed: int | None) -> None:
        """Decide member k; `closed` is a row of which no further member will be placed."""
        nonlocal best
        hope = tuple(w + m for w, m in zip(weight, most[k], strict=True))
        if hope < best.weight or (hope == best.weight and cost + least[k] >= best.cost):
            return
        if k == len(members):
            best = Optimum(hope, cost, {spot: number for spot, number in plan.items() if number})
            return
        t = members[k]
        same = k > 0 and members[k - 1] == t
        if closed != t:
            for spot in list(spots(t, after if same else None)):
                add(t, spot, +1)
                search(k + 1, cost + oracle.pair_cost(t, spot[0]), spot, None)
                add(t, spot, -1)
        search(k + 1, cost, None, t)

    search(0, Fraction(0), None, None)
    return best
