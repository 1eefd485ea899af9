"""The part of an explanation's definition (gates.py) that knows about models."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from quantities import INF, Number, quantise

if TYPE_CHECKING:
    from oracle import Oracle

MBPS, S = "1e-6", "1e-9"
NEVER = 2**63 - 1  #: of what no amount is enough
Meter = tuple[object, ...]
Loads = Mapping[Meter, Number]
Lacks = dict[Meter, tuple[int, int]]  #: needed, there


def lacks(oracle: Oracle, t: int, spot: tuple[int, int]) -> Lacks:
    """What gate MODEL misses on an empty instance that would hold the member but for its weights."""
    models, (n, i) = oracle.models, spot
    name = models.model(t)
    found: Lacks = {}
    if name is None:
        return found
    demand, weights, memory = models.demand(t), models.weights(name), models.limit(n)
    if demand <= memory < demand + weights:
        found["CAPACITY", n, i, models.resource] = int(demand + weights), int(memory)
    if not models.in_time(t, n, i):
        line, wait = line_of(oracle, n), quantise(oracle.problem.tasks[t].max_wait_s, S, up=False)
        if line == 0:
            found["LOADS", n] = least_line(oracle, t), 0
        else:
            found["WAIT", n] = math.ceil(Fraction(int(models.megabits(name)) * 10**9, int(line))), int(wait)
    site = oracle.problem.nodes[n].site
    if not models.holds(n, i, name) and models.megabits(name) > models.allowance(site):
        found["WINDOW", site] = int(models.megabits(name)), math.floor(models.allowance(site))
    return found


def weights(oracle: Oracle, t: int, spot: tuple[int, int], loads: Loads) -> tuple[int, int]:
    """What weights take of an instance's memory, and what those of the member's model take besides."""
    models = oracle.models
    here, name = models.in_use(loads).get(spot, set()), models.model(t)
    more = models.weights(name) if name is not None and name not in here else 0
    return int(sum(map(models.weights, here))), int(more)


def window(oracle: Oracle, t: int, spot: tuple[int, int], loads: Loads) -> Lacks:
    """What is short of the window of the site, beside all that is loaded there."""
    models, (n, i) = oracle.models, spot
    name, in_use = models.model(t), models.in_use(loads)
    if name is None or models.holds(n, i, name) or name in in_use.get(spot, set()):
        return {}
    site = oracle.problem.nodes[n].site
    allowed = models.allowance(site)
    left = allowed if allowed == INF else math.floor(allowed) - loaded(oracle, site, loads)
    return {("WINDOW", site): (int(models.megabits(name)), int(left))} if models.megabits(name) > left else {}


def loaded(oracle: Oracle, site: int, loads: Loads) -> int:
    models = oracle.models
    return int(models.by_site(models.loaded(models.in_use(loads)))[site])


def line_of(oracle: Oracle, n: int) -> Number:
    return quantise(oracle.problem.nodes[n].link_down_mbps, MBPS, up=False)


def least_line(oracle: Oracle, t: int) -> int:
    """The least line over which the model of a row is loaded in time."""
    wait = quantise(oracle.problem.tasks[t].max_wait_s, S, up=False)
    name = oracle.models.model(t)
    assert name is not None
    if wait == INF:
        return 1
    return math.ceil(Fraction(int(oracle.models.megabits(name)) * 10**9, int(wait))) if wait else NEVER


def least_access(oracle: Oracle, t: int, site: int, loads: Loads) -> int:
    """The least access of a site over which the model of a row can be loaded as well."""
    objective = oracle.problem.objective
    seconds = quantise(objective.load_window_s * objective.load_share, S, up=False)
    name = oracle.models.model(t)
    assert name is not None
    total = loaded(oracle, site, loads) + int(oracle.models.megabits(name))
    return math.ceil(Fraction(total * 10**9, int(seconds))) if seconds else NEVER
