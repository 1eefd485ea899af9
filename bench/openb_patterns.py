"""What shares one GPU holds, and what that says of many: linear programs over patterns of one GPU."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import openb

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def most_held(sizes: Ints, weights: Floats) -> tuple[Floats, Ints]:
    """By what a GPU has left, the most weight of shares that it holds, and the last of them (-1: none)."""
    most, last = np.zeros(1001), np.full(1001, -1)
    for room in range(1, 1001):
        most[room] = most[room - 1]
        fit = np.flatnonzero(sizes <= room)
        if fit.size:
            held = most[room - sizes[fit]] + weights[fit]
            best = int(np.argmax(held))
            if held[best] > most[room] + 1e-12:
                most[room], last[room] = held[best], fit[best]
    return most, last


def dual_weights(sizes: Ints, members: Floats) -> Floats:
    """The most that so many members can weigh with no GPU holding more than 1 (Gilmore and Gomory, 1961)."""
    import highspy

    lp = highspy.Highs()
    lp.silent()
    for number in members.tolist():
        lp.addVariable(0, 1, obj=-float(number))
    while True:
        lp.run()
        weights = np.array(lp.getSolution().col_value)
        most, last = most_held(sizes, weights)
        if most[-1] <= 1 + 1e-7:
            return weights
        pattern = _pattern(sizes, last)
        held = np.flatnonzero(pattern).astype(np.int32)
        lp.addRow(-highspy.kHighsInf, 1.0, held.size, held, pattern[held])


def most_allocated(trace: openb.Trace, pods: Ints) -> float:
    """No placement allocates more, %: where cores and memory are no matter, nor which GPUs share a node.

    The dual of the linear program over patterns: GPUs have a price, shares a worth, at most what they are,
    and no pattern is worth more than the price.
    """
    import highspy

    asks = trace.gpus[pods] > 0
    sizes, of = np.unique(trace.each[pods][asks], return_inverse=True)
    members = np.bincount(of, trace.gpus[pods][asks])
    lp = highspy.Highs()
    lp.silent()
    lp.addVariable(0, highspy.kHighsInf, obj=trace.thousandths / 1000)
    for size, number in zip(sizes.tolist(), members.tolist(), strict=True):
        lp.addVariable(-highspy.kHighsInf, size, obj=-float(number))
    while True:
        lp.run()
        price, *worth = lp.getSolution().col_value
        most, last = most_held(sizes, np.array(worth))
        if most[-1] <= price + 1e-6:
            least = float(sizes @ members) + lp.getInfo().objective_function_value
            return 100 * (least + (most[-1] - price) * trace.thousandths / 1000) / trace.thousandths
        pattern = _pattern(sizes, last)
        held = np.flatnonzero(pattern).astype(np.int32)
        lp.addRow(
            -highspy.kHighsInf,
            0.0,
            held.size + 1,
            np.append(0, held + 1).astype(np.int32),
            np.append(-1.0, pattern[held]),
        )


def _pattern(sizes: Ints, last: Ints) -> Floats:
    """Of each size, how many the best GPU holds, as `most_held` tells it."""
    pattern, room = np.zeros(sizes.size), 1000
    while room > 0:
        if last[room] < 0:
            room -= 1
        else:
            pattern[last[room]] += 1
            room -= int(sizes[last[room]])
    return pattern
