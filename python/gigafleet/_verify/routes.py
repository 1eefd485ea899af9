"""Least-latency routes for :mod:`gigafleet.verify`: pure Python and NumPy, nothing shared with the core.

Pendant trees are peeled off (a route inside one turns at the lowest common ancestor), a Dijkstra search with
a heap runs from each core site in use, and pairs are put together with NumPy. Ties are those of
docs/semantics.md: nanoseconds, then links, then the smallest predecessor arc, from the start of the route.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.values import Bools, Ints, NetworkLike
from gigafleet._verify.watch import BACK, BOTH, OUT, Watch

__all__ = ["UNREACHABLE", "Router"]

UNREACHABLE = 2**62 - 1  #: ns; the sum of two still fits int64
_FAR = 1 << 200


def _add(a: Ints, b: Ints) -> Ints:
    total: Ints = np.minimum(a + b, UNREACHABLE)
    return total


class Router:
    """Routes through the sites that one transit policy allows.

    Parameters
    ----------
    network
        The network.
    allowed
        bool per site; None allows all.
    load
        Python integers per arc, in 1e-6 Mbps; :meth:`route` adds to it.
    watch
        Notes which sites the routes pass, pairs numbered as :meth:`route` was given them.
    """

    def __init__(
        self, network: NetworkLike, allowed: Bools | None, load: list[int], watch: Watch | None = None
    ) -> None:
        self._directed = network.directed
        self._load, self._watch = load, watch
        self._allowed = np.ones(network.site_count, np.bool_) if allowed is None else allowed
        arcs = _best_arcs(network, self._allowed)
        self._tail, self._ns = arcs.tail, arcs.ns
        self._peel(network.site_count, arcs)
        self._connect(arcs)

    # -- pendant trees -------------------------------------------------------------------------------------

    def _peel(self, sites: int, arcs: _Arcs) -> None:
        neighbours: list[set[int]] = [set() for _ in range(sites)]
        for tail, head in zip(arcs.best_tail, arcs.best_head, strict=True):
            neighbours[tail].add(head)
            neighbours[head].add(tail)
        parent = list(range(sites))
        self._peeled: list[int] = []  # leaves first
        leaves = deque(v for v in range(sites) if len(neighbours[v]) == 1)
        while leaves:
            leaf = leaves.popleft()
            if len(neighbours[leaf]) != 1:
                continue  # the last of its tree
            parent[leaf] = up = neighbours[leaf].pop()
            neighbours[up].discard(leaf)
            self._peeled.append(leaf)
            if len(neighbours[up]) == 1:
                leaves.append(up)
        root, depth = list(range(sites)), [0] * sites
        self._up_arc, self._down_arc = [-1] * sites, [-1] * sites
        up_ns = np.zeros(sites, np.int64)
        down_ns = np.zeros(sites, np.int64)
        for v in reversed(self._peeled):
            up = parent[v]
            root[v], depth[v] = root[up], depth[up] + 1
            self._up_arc[v] = arc = arcs.best.get((v, up), -1)
            up_ns[v] = UNREACHABLE if arc < 0 else self._ns[arc]
            self._down_arc[v] = arc = arcs.best.get((up, v), -1)
            down_ns[v] = UNREACHABLE if arc < 0 else self._ns[arc]
        self._parent = parent
        self._root = np.array(root, dtype=np.int64)
        self._depth = np.array(depth, dtype=np.int64)
        # Ancestors and sums 1, 2, 4 … steps up; a root is its own ancestor at no distance.
        self._lift = [(np.array(parent, dtype=np.int64), up_ns, down_ns)]
        while 1 << len(self._lift) <= int(self._depth.max(initial=0)):
            above, up_sum, down_sum = self._lift[-1]
            self._lift.append((above[above], _add(up_sum, up_sum[above]), _add(down_sum, down_sum[above])))

    def _climb(self, site: Ints, steps: Ints) -> tuple[Ints, Ints, Ints]:
        """The ancestor `steps` above, and ns up to it and down from it."""
        up_ns, down_ns = np.zeros(site.shape, np.int64), np.zeros(site.shape, np.int64)
        for k, (above, up_sum, down_sum) in enumerate(self._lift):
            step = (steps >> k) & 1 == 1
            up_ns = np.where(step, _add(up_ns, up_sum[site]), up_ns)
            down_ns = np.where(step, _add(down_ns, down_sum[site]), down_ns)
            site = np.where(step, above[site], site)
        return site, up_ns, down_ns

    def _turn(self, a: Ints, b: Ints) -> Ints:
        """Lowest common ancestor of sites with the same root."""
        lower = np.minimum(self._depth[a], self._depth[b])
        x = self._climb(a, self._depth[a] - lower)[0]
        y = self._climb(b, self._depth[b] - lower)[0]
        for above, _, _ in reversed(self._lift):
            apart = above[x] != above[y]
            x, y = np.where(apart, above[x], x), np.where(apart, above[y], y)
        return np.where(x == y, x, self._lift[0][0][x])

    # -- core ----------------------------------------------------------------------------------------------

    def _connect(self, arcs: _Arcs) -> None:
        self._core_site = core = np.flatnonzero(self._depth == 0)
        self._core = np.full(self._depth.size, -1, np.int64)
        self._core[core] = np.arange(core.size)
        # One integer holds (ns, links): a step adds ns << shift, plus one link.
        self._shift = max(int(core.size), 1).bit_length() + 1
        index: list[int] = self._core.tolist()
        self._out: list[list[tuple[int, int, int]]] = [[] for _ in range(core.size)]
        for (tail, head), arc in arcs.best.items():
            if index[tail] >= 0 and index[head] >= 0:
                self._out[index[tail]].append((index[head], (int(self._ns[arc]) << self._shift) + 1, arc))
        self._core_tail: list[int] = self._core[self._tail].tolist()

    def _search(self, start: int) -> tuple[Ints, list[int], list[int]]:
        """From a core site: ns to each core site, predecessor arcs, sites in the order they were reached."""
        key = [_FAR] * len(self._out)
        arc_to = [-1] * len(self._out)
        key[start] = 0
        heap, order, out = [(0, start)], [], self._out
        while heap:
            at, v = heappop(heap)
            if at != key[v]:
                continue
            order.append(v)
            for head, step, arc in out[v]:
                reach = at + step
                if reach < key[head]:
                    key[head] = reach
                    arc_to[head] = arc
                    heappush(heap, (reach, head))
                elif reach == key[head] and arc < arc_to[head]:
                    arc_to[head] = arc
        ns = np.array([min(k >> self._shift, UNREACHABLE) for k in key], dtype=np.int64)
        return ns, arc_to, order

    def _push(self, flow: NDArray[Any], arc_to: list[int], order: list[int], mirror: int) -> None:
        """Send `flow` (per core site) down the tree of a search; onto the opposite arcs if `mirror` is 1."""
        left, load, tail = flow.tolist(), self._load, self._core_tail
        for v in reversed(order):
            amount, arc = left[v], arc_to[v]
            if amount and arc >= 0:
                load[arc ^ mirror] += amount
                left[tail[arc]] += amount

    def _note(self, pair: Ints, way: int, end: Ints, arc_to: list[int]) -> None:
        """Have the routes of a search to `end` watched."""
        if self._watch is not None and pair.size:
            arc = np.array(arc_to, dtype=np.int64)
            above = np.where(arc >= 0, self._core[self._tail[arc]], np.arange(arc.size))
            self._watch.cross(pair, way, self._core_site, above, end)

    def _cross(
        self, pair: Ints, way: int, start: Ints, end: Ints, flow: NDArray[Any], back: NDArray[Any] | None
    ) -> Ints:
        """ns between core sites; `flow` loads the route, `back` (if given) its mirror."""
        ns = np.zeros(start.shape, np.int64)
        by_start = np.argsort(start, kind="stable")
        cuts = np.flatnonzero(np.diff(start[by_start])) + 1
        for pairs in np.split(by_start, cuts) if by_start.size else []:
            distance, arc_to, order = self._search(int(start[pairs[0]]))
            ns[pairs] = distance[end[pairs]]
            there = pairs[ns[pairs] < UNREACHABLE]
            self._note(pair[there], way, end[there], arc_to)
            for amount, mirror in ((flow, 0), (back, 1)):
                if amount is not None and np.any(amount[there]):
                    at = np.zeros(distance.shape, amount.dtype)
                    np.add.at(at, end[there], amount[there])
                    self._push(at, arc_to, order, mirror)
        return ns

    # -- pairs ---------------------------------------------------------------------------------------------

    def parts(self, origin: Ints, size: int) -> Iterator[Ints]:
        """Positions of the pairs that start from `origin`, in pieces of `size` that take less memory.

        They are ordered by the core site they start from, which is then searched from once, or twice where a
        piece ends. A directed network is one piece: its ways back start elsewhere.
        """
        if self._directed or origin.size <= size:
            yield np.arange(origin.size)
            return
        order = np.argsort(self._root[origin], kind="stable")
        for start in range(0, origin.size, size):
            yield order[start : start + size]

    def route(self, origin: Ints, site: Ints, up: NDArray[Any], down: NDArray[Any]) -> Ints:
        """ns out and back for each pair; UNREACHABLE where a way is missing.

        Adds `up` (1e-6 Mbps; int64 whose sum fits, or Python integers) to the arcs of the way out and
        `down` to those of the way back, for the pairs that have both.
        """
        rtt = np.full(origin.shape, UNREACHABLE, np.int64)
        valid = np.flatnonzero(self._allowed[origin] & self._allowed[site])
        o, s = origin[valid], site[valid]
        same = self._root[o] == self._root[s]
        turn = self._turn(o, np.where(same, s, o))
        top_o, top_s = np.where(same, turn, self._root[o]), np.where(same, turn, self._root[s])
        _, o_up, o_down = self._climb(o, self._depth[o] - self._depth[top_o])
        _, s_up, s_down = self._climb(s, self._depth[s] - self._depth[top_s])
        there, back = _add(o_up, s_down), _add(s_up, o_down)
        # Pairs whose trees cannot be left or entered carry no flow through the core.
        open_ = (there < UNREACHABLE) & (back < UNREACHABLE)
        far = np.flatnonzero(~same & open_)
        a, b = self._core[top_o[far]], self._core[top_s[far]]
        f_up, f_down = up[valid[far]], down[valid[far]]
        if self._directed:
            # A pair with only one way is a breach, reported by its latency: its flow does not matter.
            there[far] = _add(there[far], self._cross(valid[far], OUT, a, b, f_up, None))
            back[far] = _add(back[far], self._cross(valid[far], BACK, b, a, f_down, None))
        else:
            ns = self._cross(valid[far], BOTH, a, b, f_up, f_down)
            there[far], back[far] = _add(there[far], ns), _add(back[far], ns)
        rtt[valid] = np.where((there < UNREACHABLE) & (back < UNREACHABLE), there + back, UNREACHABLE)
        self._load_trees(o, s, top_o, top_s, up[valid], down[valid], rtt[valid] < UNREACHABLE)
        if self._watch is not None:
            for start, top in ((o, top_o), (s, top_s)):
                self._watch.climb(valid, self._lift[0][0], self._depth, start, top)
        return rtt

    def _load_trees(
        self, o: Ints, s: Ints, top_o: Ints, top_s: Ints, up: NDArray[Any], down: NDArray[Any], reached: Bools
    ) -> None:
        # Pairs without a route carry nothing; the dtype may be object.
        up, down = up * reached.astype(np.int64), down * reached.astype(np.int64)
        climbing, falling = np.zeros(self._depth.shape, up.dtype), np.zeros(self._depth.shape, up.dtype)
        for site, top, rises, falls in ((o, top_o, up, down), (s, top_s, down, up)):
            np.add.at(climbing, site, rises)
            np.subtract.at(climbing, top, rises)
            np.add.at(falling, site, falls)
            np.subtract.at(falling, top, falls)
        for amounts, arc_of in ((climbing.tolist(), self._up_arc), (falling.tolist(), self._down_arc)):
            for v in self._peeled:
                if amounts[v]:
                    self._load[arc_of[v]] += amounts[v]
                    amounts[self._parent[v]] += amounts[v]


class _Arcs:
    """Arcs between allowed sites; of parallel arcs the fastest, then the smallest."""

    def __init__(self, tail: Ints, ns: Ints, best_tail: list[int], best_head: list[int], best_arc: list[int]):
        self.tail, self.ns = tail, ns
        self.best_tail, self.best_head = best_tail, best_head
        self.best = dict(zip(zip(best_tail, best_head, strict=True), best_arc, strict=True))


def _best_arcs(network: NetworkLike, allowed: Bools) -> _Arcs:
    tail = np.asarray(network.link_tail, dtype=np.int64)
    head = np.asarray(network.link_head, dtype=np.int64)
    ns = np.asarray(network.latency_ns, dtype=np.int64)
    if not network.directed:  # link l is arc 2l as given and 2l + 1 the other way
        tail, head = np.column_stack([tail, head]).ravel(), np.column_stack([head, tail]).ravel()
        ns = np.repeat(ns, 2)
    arc = np.flatnonzero(allowed[tail] & allowed[head] & (tail != head))
    arc = arc[np.lexsort((arc, ns[arc], head[arc], tail[arc]))]
    first = np.ones(arc.size, np.bool_)
    first[1:] = (np.diff(tail[arc]) != 0) | (np.diff(head[arc]) != 0)
    arc = arc[first]
    return _Arcs(tail, ns, tail[arc].tolist(), head[arc].tolist(), arc.tolist())
