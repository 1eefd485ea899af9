"""First fit with numba: each task on the first node with room, in its pools from cheap to dear.

A greedy of its own, and how the answers of relaxations become whole numbers: with a quota a pair first, then
what is left over without.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from peers.folded import Folded, tight_first
from peers.instance import Array

UNLIMITED = np.iinfo(np.int64).max


@njit(cache=True)
def _fit(order, group, shape, start, pool, quota, first, rows, demand, free, node):  # type: ignore[no-untyped-def]
    """Room only shrinks, so a pool in which a shape found none, up to a node, is looked at from there on."""
    seen = np.empty((len(first) - 1, shape.max() + 1), np.int64)
    seen[:] = first[:-1].reshape(-1, 1)
    at = start[:-1].copy()
    for task in order:
        if node[task] >= 0:
            continue
        mine, kind, need = group[task], shape[task], demand[task]
        pair = at[mine]
        while pair < start[mine + 1]:
            home = pool[pair]
            slot, end = seen[home, kind], first[home + 1]
            if quota[pair] > 0:
                while slot < end and (free[rows[slot]] < need).any():
                    slot += 1
                seen[home, kind] = slot
                if slot < end:
                    free[rows[slot]] -= need
                    node[task] = rows[slot]
                    quota[pair] -= 1
                    break
            pair += 1
        at[mine] = pair


def place(folded: Folded, order: Array | None = None, wanted: Array | None = None) -> Array:
    """(n,) node of each task, -1 where first fit found none.

    Parameters
    ----------
    folded : Folded
    order : (n,) array, optional
        Of the tasks; by default tight limits first.
    wanted : (pairs,) array, optional
        How many tasks a relaxation puts on each pair; what it leaves is placed after that, anywhere.
    """
    instance = folded.instance
    order = tight_first(instance) if order is None else order
    node = np.full(instance.tasks, -1, np.int64)
    free = instance.capacity.copy()
    quotas = [np.full(folded.pairs, UNLIMITED)]
    if wanted is not None:
        quotas.insert(0, np.floor(wanted + 1e-6).astype(np.int64))
    for quota in quotas:
        _fit(
            order,
            folded.groups.of,
            folded.shapes.of,
            folded.start,
            folded.pool,
            quota,
            folded.pools.first,
            folded.pools.rows,
            instance.demand,
            free,
            node,
        )
    return node
