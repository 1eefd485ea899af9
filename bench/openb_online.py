"""Pods of the GPU trace placed one by one, as they come: the policy of the FGD paper, and another.

Every policy is a worth of a node: a pod goes where it falls the least. What a node becomes worth by a kind of
pod is kept until the node changes, so that a pod costs the nodes that changed since one of its kind came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import openb
import openb_patterns

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
GPUS = 8  #: of a node at most
TYPICAL = 0.95  #: share of the pods that the typical ones make up


@dataclass
class Left:
    """What nodes have left: cores, GiB, and thousandths of each GPU, the largest first (-1: none there)."""

    cores: Floats
    memory: Floats
    gpus: Ints

    def some(self, which: Ints) -> Left:
        return Left(self.cores[which], self.memory[which], self.gpus[which])


Worth = Callable[[Left], Floats]


@dataclass
class Kind:
    """Pods that ask the same, and what each node would be worth with one of them."""

    cores: float
    memory: float
    gpus: int
    each: int
    score: Floats
    gpu: Ints  #: position of the GPU that a share goes on
    seen: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


def after(left: Left, kind: Kind) -> tuple[Ints, Left, Ints]:
    """Each way to put a pod on each node: the node's position, what is left then, which GPU a share took."""
    fits = (left.cores >= kind.cores) & (left.memory >= kind.memory)
    if kind.gpus == 0:
        node = np.flatnonzero(fits)
        position = np.zeros(node.size, np.int64)
    elif kind.each == 1000:
        node = np.flatnonzero(fits & (left.gpus[:, kind.gpus - 1] == 1000))
        position = np.zeros(node.size, np.int64)
    else:
        enough = left.gpus >= kind.each
        enough[:, 1:] &= left.gpus[:, 1:] != left.gpus[:, :-1]  # of alike GPUs one will do
        node, position = np.nonzero(enough & fits[:, None])
    then = left.some(node)
    then.cores = then.cores - kind.cores
    then.memory = then.memory - kind.memory
    if kind.gpus and kind.each == 1000:
        then.gpus[:, : kind.gpus] = 0
    elif kind.gpus:
        then.gpus[np.arange(node.size), position] -= kind.each
    then.gpus = -np.sort(-then.gpus, axis=1)
    return node, then, position


def place(trace: openb.Trace, pods: Ints, worth: Worth, score: Callable[[Floats], Floats], seed: int) -> Ints:
    """Thousandths of GPUs allocated after each pod. Of equally good nodes the first in a random order."""
    left = _start(trace, np.random.default_rng(seed + 10_000))
    nodes = left.cores.size
    now, changed, clock = worth(left), np.zeros(nodes, np.int64), 0
    kinds: dict[tuple[float, float, int, int], Kind] = {}
    allocated = np.zeros(pods.size, np.int64)
    for i, pod in enumerate(pods.tolist()):
        asks = (
            float(trace.cores[pod]), float(trace.memory_gib[pod]), int(trace.gpus[pod]), int(trace.each[pod])
        )  # fmt: skip
        if asks not in kinds:
            kinds[asks] = Kind(*asks, np.full(nodes, -np.inf), np.zeros(nodes, np.int64), np.full(nodes, -1))
        kind = kinds[asks]
        stale = np.flatnonzero(kind.seen < changed)
        kind.seen[stale] = clock
        kind.score[stale] = -np.inf
        node, then, position = after(left.some(stale), kind)
        if node.size:
            found = worth(then) - now[stale[node]]
            best = np.lexsort((-found, node))
            first = best[np.concatenate([[True], np.diff(node[best]) != 0])]
            kind.score[stale[node[first]]] = score(found[first])
            kind.gpu[stale[node[first]]] = position[first]
        to = int(np.argmax(kind.score))
        if kind.score[to] > -np.inf:
            clock += 1
            changed[to] = clock
            here = np.array([to])
            _, then, position = after(left.some(here), kind)
            chosen = int(np.flatnonzero(position == kind.gpu[to])[0])
            left.cores[to], left.memory[to], left.gpus[to] = (
                then.cores[chosen], then.memory[chosen], then.gpus[chosen]
            )  # fmt: skip
            now[to] = worth(left.some(here))[0]
            allocated[i] = kind.gpus * kind.each
    return np.cumsum(allocated)


def _start(trace: openb.Trace, rng: np.random.Generator) -> Left:
    order = rng.permutation(trace.nodes.rows)
    columns = trace.nodes.columns
    count = columns["devices"].to_numpy(trace.nodes.rows)[order].astype(np.int64)
    gpus = np.where(np.arange(GPUS) < count[:, None], 1000, -1)
    cores, memory = (
        columns[f"capacity.{name}"].to_numpy(trace.nodes.rows)[order].astype(np.float64)
        for name in ("cores", "memory_gib")
    )
    return Left(cores, memory, gpus)


def fragmentation(trace: openb.Trace) -> Worth:
    """FGD: less the GPU-thousandths that typical pods could not use, by how many of them there are."""
    asks = np.stack([trace.cores, trace.gpus, trace.each], axis=1)
    kinds, number = np.unique(asks, axis=0, return_counts=True)
    order = np.argsort(-number, kind="stable")
    share = np.cumsum(number[order]) / number.sum()
    typical = order[: int(np.searchsorted(share, TYPICAL)) + 1]
    cores, gpus, each = kinds[typical].T
    weight = number[typical] / number[typical].sum()

    def worth(left: Left) -> Floats:
        free = np.maximum(left.gpus, 0)
        total = free.sum(axis=1)
        lost = np.zeros(total.shape)
        for c, g, e, w in zip(cores, gpus, each, weight, strict=True):
            usable = np.where(free >= max(e, 1), free, 0)
            runs = (left.cores >= c) & ((free >= max(e, 1)).sum(axis=1) >= g) & (g > 0)
            lost += w * np.where(runs, total - usable.sum(axis=1), total)
        return -lost

    return worth


def fgd_score(change: Floats) -> Floats:
    """Whole percent of a sigmoid, as in the paper's scheduler: what differs by less is a tie."""
    return np.floor(100 / (1 + np.exp(-change / 1000)))


def rooms(trace: openb.Trace) -> Worth:
    """What a node's GPUs hold, in duals of bin packing, as far as its cores and memory serve; and rare room.

    A GPU with so much left is worth the most that the shares which fit there weigh, of 1 that an empty one
    holds: a dual feasible function. Cores and memory are wanted for that as pods ask for them on average;
    what lacks of either strands its GPUs. Room for the rare pods of 2, 4 and 8 GPUs counts a little more. The
    five figures were chosen on seeds 0 to 3.
    """
    pods = trace.gpus > 0
    sizes, of = np.unique(trace.each[pods], return_inverse=True)
    members = np.bincount(of, trace.gpus[pods])
    weights = openb_patterns.dual_weights(sizes, members)
    holds = openb_patterns.most_held(sizes, weights)[0]
    weight = weights[of] * trace.gpus[pods]
    large = trace.gpus == GPUS
    wants = []
    for asks in (trace.cores, trace.memory_gib):
        mean = asks[pods].sum() / weight.sum()
        wants.append((mean, 0.4 * (asks[pods] - mean * weight).std(), asks[large].max()))

    def worth(left: Left) -> Floats:
        usable: Floats = holds[np.maximum(left.gpus, 0)].sum(axis=1)
        whole = (left.gpus == 1000).sum(axis=1)
        total = usable + 0.05 * (whole >= 2) + 0.1 * (whole >= 4) + 0.05 * (whole >= GPUS)
        roomy = whole >= GPUS
        for (mean, spread, most), has in zip(wants, (left.cores, left.memory), strict=True):
            total = total - np.logaddexp(0, (usable * mean - has) / spread) * spread / mean
            roomy = roomy & (has >= most)
        return total + 0.3 * roomy

    return worth
