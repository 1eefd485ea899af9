"""Bounds by Lagrangian prices, for sizes too large for linear programming (C to E).

Whatever prices the resources of the pools have, placing all costs at least what every task costs at its
cheapest, prices included, less the price of all there is. With a reward for placing a task, which it may also
forgo, the same is a bound on placing less: the reward is the tangent's slope. Prices rise where soft choices
overfill a pool and fall elsewhere; steps and softness shrink. The best value met counts, none is too high.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit

from peers.bounds import Tangent
from peers.folded import Folded
from peers.instance import Array, make

FIRST_PRICE = 0.1  # of a mean demand; a task costs about 1
SOFTNESS, STEP = (0.1, 0.0003), (0.5, 0.001)  # first and last
ROUNDS = {"A": 2000, "B": 2000, "C": 2000, "D": 600, "E": 600}  # a third of them where less is placed
REWARDS = {"tasks": (3.5, 2.0), "compute": (1.9, 1.4)}  # of a mean weight; met near 96 % and 90 % placed
MADE_BY = "Lagrangian prices"


@njit(cache=True)
def _look(start, pool, cost, demand, count, reward, price, softness, least, load):  # type: ignore[no-untyped-def]
    """Each group's cheapest pool at these prices, or its reward, to `least`; its soft choice to `load`."""
    load[:] = 0.0
    priced = np.empty(len(pool))
    for group in range(len(count)):
        first, last = start[group], start[group + 1]
        need = demand[group]
        best = reward[group]
        for pair in range(first, last):
            prices = price[pool[pair]]
            value = cost[pair] + prices[0] * need[0] + prices[1] * need[1] + prices[2] * need[2]
            priced[pair] = value
            best = min(best, value)
        least[group] = best
        total = np.exp((best - reward[group]) / softness)
        for pair in range(first, last):
            near = best + 20 * softness > priced[pair]
            priced[pair] = np.exp((best - priced[pair]) / softness) if near else 0.0
            total += priced[pair]
        for pair in range(first, last):
            if priced[pair] > 0:
                share = count[group] * priced[pair] / total
                for k in range(3):
                    load[pool[pair], k] += share * need[k]


def _between(ends: tuple[float, float], part: float) -> float:
    """From the first to the last on a log scale."""
    return float(ends[0] * (ends[1] / ends[0]) ** part)


def ascend(folded: Folded, rounds: int, reward: Array) -> tuple[float, Array]:
    """The best value met of ``count @ least`` less the price of all there is, and `least`, (groups,).

    Parameters
    ----------
    folded : Folded
    rounds : int
    reward : (groups,) array
        What a task that is not placed costs; inf where all are.
    """
    mean = folded.instance.demand.mean(axis=0)
    demand, capacity = folded.demand / mean, folded.capacity / mean
    count = folded.groups.count.astype(float)
    price = np.full(capacity.shape, FIRST_PRICE)
    least, load = np.empty(len(count)), np.empty_like(capacity)
    best = (-np.inf, least)
    lists = (folded.start, folded.pool, folded.cost, demand, count, reward)
    for turn in range(rounds):
        part = turn / max(1, rounds - 1)
        _look(*lists, price, _between(SOFTNESS, part), least, load)
        value = float(count @ least) - float((price * capacity).sum())
        if value > best[0]:
            best = (value, least.copy())
        price *= np.exp(np.clip(_between(STEP, part) * (load / capacity - 1), -1, 1))
    return best


def tangents(size: str, seed: int) -> Iterator[Tangent]:
    """Rows for both weights: of placing all, with the dearest task's slope, and of each reward."""
    folded = Folded(make(size, seed))
    if (np.diff(folded.start) == 0).any():
        raise ValueError(f"size {size}, seed {seed}: some tasks reach no node, so not all can be placed")
    count = folded.groups.count
    value, least = ascend(folded, ROUNDS[size], np.full(len(count), np.inf))
    for name, weight in (("tasks", np.ones(len(least))), ("compute", folded.demand[:, 0].astype(float))):
        most = float(weight @ count)
        yield Tangent(size, seed, name, most, most, value, float((least / weight).max()), MADE_BY)
        for reward in REWARDS[name]:
            slope = reward * folded.instance.tasks / most
            less, _ = ascend(folded, ROUNDS[size] // 3, slope * weight)
            yield Tangent(size, seed, name, most, most, less, slope, MADE_BY)
