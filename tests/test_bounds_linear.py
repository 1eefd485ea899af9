"""At the duals of the linear relaxation, as HiGHS finds them, the bounds are its value."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import gigafleet as gf
from bridge import place
from linear import INF, Program
from oracle import Oracle, Reason
from problem import Link, Node, Objective, Problem, Site, Task

UNIT = 1e-6  # every resolution in these problems


def draw(seed: int, directed: bool, levels: int = 1) -> Problem:
    """Too much demand for nodes, links and cells; nodes come in few kinds, so that pools are alike."""
    rng = Random(seed)
    sites = tuple(Site((), {}, rng.choice((INF, 9, 25)), rng.choice((INF, 12, 30))) for _ in range(9))
    ends = [(rng.randrange(v), v) for v in range(1, 9)] + [(1, 4), (2, 7)]
    ends += [(v, u) for u, v in ends] if directed else []
    links = tuple(
        Link(u, v, rng.choice((0.5, 1, 2)), rng.choice((4, 9, INF)), rng.choice((0, 0.02))) for u, v in ends
    )
    kinds = [(2, 4, 0.3), (4, 8, 0.5), (8, 6, 0.2)]
    nodes = []
    for _ in range(40):
        tops, memory, price = rng.choice(kinds)
        node = Node(rng.randrange(9), {"compute_tops": tops, "memory_gb": memory}, {"compute_tops": price})
        nodes.append(node)
    tasks = tuple(
        Task(
            rng.randrange(9),
            {"compute_tops": rng.choice((1, 2, 3)), "memory_gb": rng.choice((1, 2, 4))},
            weight=rng.choice((1, 2.25, 0.7)),
            priority=rng.randrange(levels),
            uplink_mbps=rng.choice((0, 0.5, 1)),
            downlink_mbps=rng.choice((0, 1, 2)),
            max_rtt_ms=rng.choice((INF, 8, 4)),
            count=rng.choice((1, 2, 5)),
        )
        for _ in range(50)
    )
    return Problem(sites, links, tuple(nodes), tasks, directed, objective=Objective(rtt_price=0.01))


class Relaxation:
    """Members in fractions, the nodes of a pool as one: rows of capacities, columns of pairs."""

    def __init__(self, oracle: Oracle, plan: gf.Plan) -> None:
        self.oracle, self.plan, self.program = oracle, plan, Program()
        self.pool_of_row = plan._core.pool_of_row()
        self.meters: dict[tuple[object, ...], int] = {}
        tasks = oracle.problem.tasks
        self.pairs = [(t, n) for t in range(len(tasks)) for n in self.one_a_pool(oracle.gates(t)[Reason.RTT])]
        self.counts = [self.program.row(-INF, task.count) for task in tasks]

    def one_a_pool(self, rows: list[int]) -> list[int]:
        return list({int(self.pool_of_row[n]): n for n in rows}.values())

    def rows_of(self, t: int, n: int) -> dict[int, float]:
        """What a member takes of each limited capacity, in units."""
        entries = {self.counts[t]: 1.0}
        for meter, quantity in self.oracle.use(t, n, 0).items():
            limit = float(self.oracle.limit(meter))
            if limit == INF:
                continue
            key = meter
            if meter[0] == "CAPACITY":
                pool = int(self.pool_of_row[n])
                limit *= int((self.pool_of_row == pool).sum())
                key = ("CAPACITY", pool, meter[3])
            if key not in self.meters:
                self.meters[key] = self.program.row(-INF, limit * UNIT)
            entries[self.meters[key]] = float(quantity) * UNIT
        return entries

    def prices(self, dual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Duals of the rows as prices a multiple."""
        resources, sites = self.oracle.problem.resources, len(self.oracle.problem.sites)
        pool = np.zeros((self.plan.pools, len(resources) + 2))
        arcs = len(self.oracle.arcs)
        carrier = np.zeros(arcs + 2 * sites)
        for meter, row in self.meters.items():
            price = max(0.0, -dual[row]) * UNIT
            match meter:
                case ("CAPACITY", int(p), str(r)):
                    pool[p, resources.index(r)] = price
                case ("LINK", int(arc)):
                    carrier[arc] = price
                case ("ACCESS", int(site), way):
                    carrier[arcs + site + (sites if way == "down" else 0)] = price
        return pool.ravel(), carrier


def solve_weight(oracle: Oracle, plan: gf.Plan) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
    """The most weight at the lowest level beside what the plan places at the levels above."""
    lp = Relaxation(oracle, plan)
    tasks, levels = oracle.problem.tasks, sorted({-t.priority for t in oracle.problem.tasks})
    placed = plan.certificate.placed_by_level
    floors = [lp.program.row(placed[p], INF) for p in range(len(levels) - 1)]
    for t, n in lp.pairs:
        entries, level = lp.rows_of(t, n), levels.index(-tasks[t].priority)
        lowest = level == len(levels) - 1
        if not lowest:
            entries[floors[level]] = float(oracle.weight(t))
        lp.program.column(-float(oracle.weight(t)) if lowest else 0, entries)
    value, dual = lp.program.solve()
    return -value, lp.prices(dual)


def solve_cost(oracle: Oracle, plan: gf.Plan) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
    """The least cost of as much weight as the plan places at each level."""
    lp = Relaxation(oracle, plan)
    tasks, levels = oracle.problem.tasks, sorted({-t.priority for t in oracle.problem.tasks})
    floors = [lp.program.row(placed, INF) for placed in plan.certificate.placed_by_level]
    for t, n in lp.pairs:
        weight = {floors[levels.index(-tasks[t].priority)]: float(oracle.weight(t))}
        lp.program.column(float(oracle.pair_cost(t, n)), lp.rows_of(t, n) | weight)
    value, dual = lp.program.solve()
    return value, lp.prices(dual)


@pytest.mark.parametrize("levels", [1, 3])
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_the_bound_at_the_duals_is_the_value_of_the_linear_program(seed, directed, levels):
    problem = draw(seed, directed, levels)
    oracle, plan = Oracle(problem), place(problem)
    most, weight_prices = solve_weight(oracle, plan)
    least, cost_prices = solve_cost(oracle, plan)
    nothing = (np.zeros(0), np.zeros(0))
    per_level = [nothing] * (len(plan.certificate.placed_by_level) - 1) + [weight_prices]
    placed, bounds, bound_cost, _, _ = plan._core.bounds(cost_prices, per_level)
    # Weights are multiples of 0.05, so the bound is the next one below.
    assert placed[-1] <= bounds[-1] <= most + 1e-6 * max(1, most)
    assert bounds[-1] == pytest.approx(np.floor(most / 0.05 + 1e-5) * 0.05, rel=1e-6)
    assert bound_cost <= plan.cost
    assert bound_cost == pytest.approx(least, rel=1e-6)
    assert plan.bound_placed >= bounds[-1]
    assert plan.bound_cost <= bound_cost
    free = plan._core.bounds(nothing, [nothing] * len(per_level))[2]
    assert least > free * 1.02  # prices were needed
    assert plan.bound_cost >= free * (1 - 1e-9)  # and the engine's own are no worse than none
