"""verify against the definition: random problems, random plans, the same breaches, loads and costs."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pytest

from fake_core import reported
from gigafleet.errors import VerifyError
from gigafleet.verify import Runs, verify
from oracle import Oracle, from_runs
from plain import tables
from problem import INF, Link, Node, Objective, Problem, Site, Task

NAMES = ("car", "eu", "factory", "country=DE", "country=FR", "region=north")
#: the oracle's names of the rules, and verify's
RULES = ["CAPACITY", "LINE", "ACCESS", "LABEL", "TIME", "TRANSIT", "LATENCY", "LINK"]
RULE = {name: name.lower() for name in ["IDENTITY", *RULES]}


def random_problem(draw: random.Random) -> Problem:
    """Mostly generous, so that each rule breaks now and then and most plans are broken by one or none."""

    def some(names: tuple[str, ...], chance: float) -> tuple[str, ...]:
        return tuple(name for name in names if draw.random() < chance)

    def limit(*values: float, chance: float = 0.1) -> float:
        return draw.choice(values) if draw.random() < chance else INF

    sites = tuple(
        Site(
            labels=some(NAMES[:3], 0.8),
            domains={"country": draw.choice(["DE", "FR"])} | draw.choice([{}, {"region": "north"}]),
            access_up_mbps=limit(0.5, 1.5, chance=0.2),
            access_down_mbps=limit(0.5, 1.5, chance=0.2),
        )
        for _ in range(draw.randint(1, 5))
    )
    links = tuple(
        Link(
            tail=draw.randrange(len(sites)),
            head=draw.randrange(len(sites)),
            latency_ms=draw.choice([0, 1e-6, 1e-6, 0.5]),
            capacity_mbps=limit(0.2, 1.5, chance=0.3),
            price_per_mbps=draw.choice([0.0, 0.25]),
        )
        for _ in range(draw.randint(3, 12))
    )
    nodes = tuple(
        Node(
            site=draw.randrange(len(sites)),
            capacity={"memory_gb": draw.choice([4.0, 32.0]), "energy_wh": draw.choice([1.0, 9.0])},
            price={"memory_gb": draw.choice([-1.0, 0.5]), "energy_wh": 0.125},
            labels=some(NAMES[:3], 0.7),
            access_rtt_ms=draw.choice([0, 1e-6, 1 / 3]),
            link_up_mbps=limit(0.2, 1.5, chance=0.25),
            link_down_mbps=limit(0.2, 1.5, chance=0.25),
            available_s=limit(30.0, 100.0, chance=0.4),
            count=draw.choice([0, 1, 1, 1, 3]),
        )
        for _ in range(draw.randint(1, 3))
    )
    tasks = tuple(
        Task(
            origin=draw.randrange(len(sites)),
            demand={"memory_gb": draw.choice([0.0, 1 / 3, 2.0]), "energy_wh": draw.choice([0.0, 0.4])},
            weight=draw.choice([1.0, 2.5]),
            uplink_mbps=draw.choice([0, 0, 1 / 3, 1.0]),
            downlink_mbps=draw.choice([0, 0, 1 / 3, 1.0]),
            max_rtt_ms=limit(0.0, 1e-6, 1.0, chance=0.2),
            duration_s=draw.choice([0.0, 0.0, 20.0, 60.0]),
            require=some(NAMES, 0.015),
            any_of=some(NAMES, 0.02),
            forbid=some(NAMES, 0.015),
            transit_require=some(NAMES, 0.01),
            transit_forbid=some(NAMES, 0.01),
            count=draw.choice([0, 1, 1, 1, 7]),
        )
        for _ in range(draw.randint(1, 3))
    )
    objective = Objective(risk_price=draw.choice([0.0, 0.5]), horizon_s=60.0)
    resolution = {"memory_gb": draw.choice([1e-6, 1e-3, 1.0])}
    return Problem(sites, links, nodes, tasks, draw.random() < 0.5, ("energy_wh",), resolution, objective)


def random_runs(draw: random.Random, problem: Problem) -> Runs:
    rows = []
    for t, task in enumerate(problem.tasks):
        left = task.count + (draw.random() < 0.05)
        while left > 0 and draw.random() < 0.8:
            n = draw.randrange(len(problem.nodes))
            have = problem.nodes[n].count + (draw.random() < 0.05)
            if have < 1:
                continue
            first = draw.randrange(have)
            instances = draw.randint(1, min(have - first, left))
            each = draw.randint(1, left // instances)
            rows.append((t, n, first, instances, each))
            left -= instances * each
    return Runs(*(np.array([row[k] for row in rows], dtype=np.int64) for k in range(5)))


@pytest.mark.parametrize("block", [1 << 20, 2])
def test_verify_says_what_the_oracle_says(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("nodes", "paths", "context"):
        monkeypatch.setattr(f"gigafleet._verify.{module}.BLOCK", block)
    found: Counter[str] = Counter()
    for seed in range(1500):
        draw = random.Random(seed)
        problem = random_problem(draw)
        tasks, nodes = tables(problem, masks=draw.random() < 0.5)
        runs = random_runs(draw, problem)
        plan, oracle = from_runs(*runs), Oracle(problem)
        breaches = {RULE[rule] for rule, _ in oracle.check(plan)}
        if breaches:
            with pytest.raises(VerifyError) as raised:
                verify(runs, tasks, nodes)
            rule = str(raised.value).split(":")[0]
            assert rule in breaches, (seed, str(raised.value), breaches)
            found[rule] += len(breaches) == 1
            continue
        said = reported(oracle, plan)
        verify(runs, tasks, nodes, said)
        verify(runs, tasks, nodes, said, sample=1)
        found["fine"] += len(plan) > 0
        assert said.cost is not None
        assert math.isfinite(said.cost)
    assert found.keys() == {*RULE.values(), "fine"}
    assert min(found.values()) >= 10, found
