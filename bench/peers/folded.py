"""An instance folded: tasks alike into groups, nodes alike into pools, and the pairs that may meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from peers.check import pair_cost
from peers.instance import Array, Instance

CHUNK = 256  # groups looked at together


@dataclass(frozen=True)
class Runs:
    """Equal values of a column: `first` of each in a sorted order of the rows."""

    example: Array  #: (values,) a row that has it
    of: Array  #: (rows,) which value a row has
    count: Array  #: (values,)

    @classmethod
    def of_keys(cls, keys: Array) -> Runs:
        _, example, of, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        return cls(example, of.ravel(), count)

    @cached_property
    def rows(self) -> Array:
        """(rows,) all rows, those of one value together."""
        return np.argsort(self.of, kind="stable")

    @cached_property
    def first(self) -> Array:
        """(values + 1,) where each value's rows begin in `rows`."""
        return np.concatenate([[0], np.cumsum(self.count)])


def packed(*columns: Array) -> Array:
    """Columns of whole numbers as one int64 key each row, without collisions."""
    key = np.zeros(len(columns[0]), np.int64)
    room = 1
    for column in columns:
        width = int(column.max(initial=0)) + 1
        room *= width
        key = key * width + column
    assert room < 2**63, "too many values for one key"
    return key


class Folded:
    """Groups, pools and their admissible pairs: in CSR by group, the cheapest pool first.

    O(groups x pools) time, memory for the admissible pairs only.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.shapes = Runs.of_keys(packed(*instance.demand.T))
        self.groups = Runs.of_keys(packed(instance.origin, instance.model, self.shapes.of))
        self.pools = Runs.of_keys(packed(instance.site, instance.kind))
        group, pool = self._admissible()
        cost = pair_cost(instance, self.groups.example[group], self.pools.example[pool])
        order = np.lexsort((cost, group))
        self.group, self.pool, self.cost = group[order], pool[order], cost[order]  #: (pairs,) each
        self.start = np.searchsorted(self.group, np.arange(len(self.groups.count) + 1))

    @property
    def pairs(self) -> int:
        return len(self.group)

    @property
    def demand(self) -> Array:
        """(groups, 3): of one task."""
        return self.instance.demand[self.groups.example]

    @property
    def capacity(self) -> Array:
        """(pools, 3) int64: of all nodes together."""
        one = self.instance.capacity[self.pools.example].astype(np.int64)
        return one * self.pools.count[:, None]

    def _admissible(self) -> tuple[Array, Array]:
        """Pairs where the node is near enough and holds one task."""
        instance, site = self.instance, self.instance.site[self.pools.example]
        room = instance.capacity[self.pools.example]
        found = []
        for begin in range(0, len(self.groups.example), CHUNK):
            task = self.groups.example[begin : begin + CHUNK]
            near = instance.rtt_ms[instance.origin[task]][:, site] <= instance.max_rtt_ms[task][:, None]
            for k in range(room.shape[1]):
                near &= instance.demand[task, k][:, None] <= room[:, k]
            group, pool = np.nonzero(near)
            found.append((group + begin, pool))
        return np.concatenate([g for g, _ in found]), np.concatenate([p for _, p in found])


def tight_first(instance: Instance) -> Array:
    """Tasks by latency limit, the larger first among equals."""
    return np.lexsort((-instance.demand[:, 0], instance.max_rtt_ms))


def small_first(instance: Instance) -> Array:
    """Tasks by their largest share of all there is of a resource."""
    return np.argsort(
        (instance.demand / instance.capacity.sum(axis=0, dtype=np.int64)).max(axis=1), kind="stable"
    )
