"""The linear relaxation: how many tasks of each group go to each pool, and how many stay out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peers.folded import Folded
from peers.instance import Array

UNPLACED = 100.0  # cost of a task that stays out: above what any placement costs


@dataclass(frozen=True)
class Relaxation:
    """Minimise ``cost @ x`` over ``lower <= A x <= upper``, ``x >= 0``; A by columns.

    Columns: one a pair of `Folded`, then one a group, for what stays out. Rows: one a group (all its tasks
    are somewhere), then one a resource and pool, in units of a mean demand.
    """

    cost: Array
    start: Array  #: (columns + 1,)
    index: Array
    value: Array
    lower: Array
    upper: Array
    pairs: int


def relax(folded: Folded, unplaced: float | Array = UNPLACED) -> Relaxation:
    """The relaxation of a folded instance. O(pairs)."""
    groups, pools, pairs = len(folded.groups.count), len(folded.pools.count), folded.pairs
    mean = folded.instance.demand.mean(axis=0)
    index = np.empty((pairs, 4), np.int32)
    value = np.empty((pairs, 4))
    index[:, 0], value[:, 0] = folded.group, 1.0
    for k in range(3):
        index[:, k + 1] = groups + k * pools + folded.pool
        value[:, k + 1] = (folded.demand[:, k] / mean[k])[folded.group]
    room = (folded.capacity / mean).T.ravel()
    return Relaxation(
        cost=np.concatenate([folded.cost, np.broadcast_to(unplaced, groups)]),
        start=np.concatenate([np.arange(0, 4 * pairs, 4), 4 * pairs + np.arange(groups + 1)]),
        index=np.concatenate([index.ravel(), np.arange(groups, dtype=np.int32)]),
        value=np.concatenate([value.ravel(), np.ones(groups)]),
        lower=np.concatenate([folded.groups.count, np.full(3 * pools, -np.inf)]),
        upper=np.concatenate([folded.groups.count, room]),
        pairs=pairs,
    )
