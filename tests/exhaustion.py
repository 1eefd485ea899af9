"""Plans by the definition alone: some maximal plan, and the best plan of a tiny problem by trying all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from oracle import Meter, Oracle, Reason

Plan = dict[tuple[int, int, int], int]


def first_fit(oracle: Oracle) -> Plan:
    """Members in order of priority, each on its cheapest node with room."""
    plan: Counter[tuple[int, int, int]] = Counter()
    loads: Counter[Meter] = Counter()
    gangs: set[int] = set()
    for t in sorted(range(len(oracle.problem.tasks)), key=lambda t: -oracle.problem.tasks[t].priority):
        if (gang := oracle.bonds.gang(t)) >= 0:
            if gang in gangs or not oracle.bonds.rows(gang):
                continue
            gangs.add(gang)
            found = (oracle.bonds.find(gang, domain, loads) for domain in oracle.bonds.domains(gang))
            for spot in next((spots for spots in found if spots is not None), []):
                plan[spot] += 1
                loads.update(oracle.use(*spot))
            continue
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


class Search:
    """Depth first over the members, for whatever is asked of the placements found.

    Members of a row take spots in a fixed order and untouched instances of a row in order, which loses no
    plan but repetitions of it.
    """

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        tasks = oracle.problem.tasks
        levels = sorted({-task.priority for task in tasks})
        self.level = [levels.index(-task.priority) for task in tasks]
        # Members with somewhere to go, the high levels and heavy weights first.
        rows = sorted(range(len(tasks)), key=lambda t: (-tasks[t].priority, -tasks[t].weight))
        self.nodes = {
            t: sorted(oracle.gates(t)[Reason.RTT], key=lambda n, t=t: oracle.pair_cost(t, n)) for t in rows
        }
        self.members = [t for t in rows if self.nodes[t] for _ in range(tasks[t].count)]
        #: What placing all members from the k-th on would add to each level.
        self.most = [[Fraction(0)] * len(levels)]
        for t in reversed(self.members):
            self.most.append(list(self.most[-1]))
            self.most[-1][self.level[t]] += oracle.weight(t)
        self.most.reverse()
        self.plan: Counter[tuple[int, int, int]] = Counter()
        self.loads: Counter[Meter] = Counter()
        self.weight = [Fraction(0)] * len(levels)

    def cheapest(self, t: int) -> Fraction:
        return self.oracle.pair_cost(t, self.nodes[t][0])

    def hope(self, k: int) -> tuple[Fraction, ...]:
        """The most that each level may still reach."""
        return tuple(w + m for w, m in zip(self.weight, self.most[k], strict=True))

    def spots(self, t: int, after: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
        """In order, from the last member's spot on; of a row's untouched instances only the first."""
        for n in self.nodes[t][0 if after is None else self.nodes[t].index(after[0]) :]:
            first = after[1] if after is not None and n == after[0] else 0
            used = {i for (_, row, i), number in self.plan.items() if row == n and number}
            fresh = next((i for i in range(self.oracle.problem.nodes[n].count) if i not in used), -1)
            for i in self.oracle.places(t, n, self.loads):
                if i >= first and (i in used or i == fresh):
                    yield n, i

    def add(self, t: int, spot: tuple[int, int], sign: int) -> None:
        self.plan[t, *spot] += sign
        self.weight[self.level[t]] += sign * self.oracle.weight(t)
        for meter, quantity in self.oracle.use(t, *spot).items():
            self.loads[meter] += sign * quantity

    def run(
        self,
        is_hopeless: Callable[[int, Fraction], bool],
        found: Callable[[Fraction], None],
        k: int = 0,
        cost: Fraction = Fraction(0),
        after: tuple[int, int] | None = None,
        closed: int | None = None,
    ) -> None:
        """Decide member k and those after it; `closed` is a row of which no further member will be placed.

        ``is_hopeless(k, cost)`` cuts off, ``found(cost)`` is told of each whole plan.
        """
        if is_hopeless(k, cost):
            return
        if k == len(self.members):
            if not self.oracle.bonds.check(self.plan):
                found(cost)
            return
        t = self.members[k]
        same = k > 0 and self.members[k - 1] == t
        if closed != t:
            for spot in list(self.spots(t, after if same else None)):
                self.add(t, spot, +1)
                self.run(is_hopeless, found, k + 1, cost + self.oracle.pair_cost(t, spot[0]), spot)
                self.add(t, spot, -1)
        self.run(is_hopeless, found, k + 1, cost, None, t)


def optimum(oracle: Oracle) -> Optimum:
    """The best plan, cut off where even placing all the rest would not be better."""
    search = Search(oracle)
    least = [Fraction(0)]  # what placing all members from the k-th on costs
    for t in reversed(search.members):
        least.append(least[-1] + search.cheapest(t))
    least.reverse()
    best = Optimum(tuple([Fraction(-1)] * len(search.weight)))

    def is_hopeless(k: int, cost: Fraction) -> bool:
        hope = search.hope(k)
        return hope < best.weight or (hope == best.weight and cost + least[k] >= best.cost)

    def found(cost: Fraction) -> None:
        nonlocal best
        plan = {spot: number for spot, number in search.plan.items() if number}
        best = Optimum(tuple(search.weight), cost, plan)

    search.run(is_hopeless, found)
    return best


def most_weight(oracle: Oracle, level: int, floor: Sequence[Fraction]) -> Fraction:
    """The most at a level, of plans that place at least `floor` at each level above it."""
    search, best = Search(oracle), floor[level]

    def is_hopeless(k: int, _: Fraction) -> bool:
        hope = search.hope(k)
        return hope[level] <= best or any(h < f for h, f in zip(hope[:level], floor, strict=False))

    def found(_: Fraction) -> None:
        nonlocal best
        best = search.weight[level]

    search.run(is_hopeless, found)
    return best


def least_cost(oracle: Oracle, floor: Sequence[Fraction], known: Fraction) -> Fraction:
    """The least cost of plans that place at least `floor` at every level; `known` is the cost of one."""
    search, best = Search(oracle), known
    saved = [Fraction(0)]  # what members from the k-th on may take off the cost
    for t in reversed(search.members):
        saved.append(saved[-1] + min(Fraction(0), search.cheapest(t)))
    saved.reverse()

    def is_hopeless(k: int, cost: Fraction) -> bool:
        return cost + saved[k] >= best or any(h < f for h, f in zip(search.hope(k), floor, strict=True))

    def found(cost: Fraction) -> None:
        nonlocal best
        best = cost

    search.run(is_hopeless, found)
    return best
