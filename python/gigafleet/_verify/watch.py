"""Which of some sites the routes pass: noted while :class:`gigafleet._verify.routes.Router` routes."""

from __future__ import annotations

import numpy as np

from gigafleet._verify.values import Bools, Ints

__all__ = ["BACK", "BOTH", "OUT", "Watch"]

OUT, BACK, BOTH = 1, 2, 3  #: ways, which add up


class Watch:
    """Notes, for pairs of an origin and a node's site, which of the watched sites their routes pass.

    Parameters
    ----------
    watched
        bool per site.
    """

    def __init__(self, watched: Bools) -> None:
        self.watched = watched
        self._notes: list[tuple[Ints, Ints, int]] = []  # pair, site, way

    def climb(self, pair: Ints, above: Ints, depth: Ints, start: Ints, end: Ints) -> None:
        """Note the watched sites in trees, each from `start` up to its ancestor `end`, both included.

        `above` is the site over each site, at a root the root itself; `depth` the steps to the root.
        """
        at, site = _upwards(above, self.watched, start, depth, end)
        self._notes.append((pair[at], site, BOTH))

    def cross(self, pair: Ints, way: int, name: Ints, above: Ints, start: Ints) -> None:
        """The same from `start` up to the root, where vertex v is the site ``name[v]``."""
        at, vertex = _upwards(above, self.watched[name], start)
        self._notes.append((pair[at], name[vertex], way))

    def taken(self, reached: Bools) -> tuple[Ints, Ints, Ints]:
        """Pair, site and way of what was noted since a call of ``route``, of the pairs that it reached."""
        pair, site = (np.concatenate([note[part] for note in self._notes]) for part in (0, 1))
        way = np.concatenate([np.full(note[0].shape, note[2]) for note in self._notes])
        self._notes = []
        there = reached[pair]
        key, of_key = np.unique(pair[there] * self.watched.size + site[there], return_inverse=True)
        ways = np.zeros(key.shape, np.int64)
        np.bitwise_or.at(ways, of_key, way[there])
        pair, site = np.divmod(key, self.watched.size)
        return pair, site, ways


def _upwards(
    above: Ints, watched: Bools, start: Ints, depth: Ints | None = None, end: Ints | None = None
) -> tuple[Ints, Ints]:
    """Watched vertices on the ways up: which of `start`, and the vertex."""
    here = np.arange(above.size)
    hop = np.where(watched, here, above)  # to the next at or above that is watched or a root
    while not np.array_equal(further := hop[hop], hop):
        hop = further
    found: list[tuple[Ints, Ints]] = []
    at, vertex = np.arange(start.size), hop[start]
    while at.size:
        passed = watched[vertex]
        if depth is not None and end is not None:
            passed &= depth[vertex] >= depth[end[at]]
        at, vertex = at[passed], vertex[passed]
        found.append((at, vertex))
        more = above[vertex] != vertex
        at, vertex = at[more], hop[above[vertex[more]]]
    none = np.zeros(0, np.int64)
    which, passes = ([each[part] for each in found] for part in (0, 1))
    return np.concatenate([none, *which]), np.concatenate([none, *passes])
