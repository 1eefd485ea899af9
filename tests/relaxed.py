"""Random problems, and the linear relaxation that their bounds speak of, for HiGHS."""

from __future__ import annotations

from random import Random

import numpy as np

import gigafleet as gf
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


def pool_of_row(plan: gf.Plan) -> np.ndarray:
    """Pool of each node row; these have nodes."""
    assert plan._tables is not None
    return plan._tables[1]._core.by_row(np.arange(plan.pools, dtype=np.float64)).astype(int)


class Relaxation:
    """Members in fractions, the nodes of a pool as one: rows of capacities, columns of pairs."""

    def __init__(self, oracle: Oracle, plan: gf.Plan) -> None:
        self.oracle, self.plan, self.program = oracle, plan, Program()
        self.pool_of_row = pool_of_row(plan)
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


def weight_program(oracle: Oracle, plan: gf.Plan) -> Relaxation:
    """The most weight at the lowest level (less than 0) beside what the plan places at the levels above."""
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
    return lp


def cost_program(oracle: Oracle, plan: gf.Plan) -> Relaxation:
    """The least cost of as much weight as the plan places at each level."""
    lp = Relaxation(oracle, plan)
    tasks, levels = oracle.problem.tasks, sorted({-t.priority for t in oracle.problem.tasks})
    floors = [lp.program.row(placed, INF) for placed in plan.certificate.placed_by_level]
    for t, n in lp.pairs:
        weight = {floors[levels.index(-tasks[t].priority)]: float(oracle.weight(t))}
        lp.program.column(float(oracle.pair_cost(t, n)), lp.rows_of(t, n) | weight)
    return lp
