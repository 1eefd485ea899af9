"""Runs folded into pairs of an origin and a node's site, by transit policy: those have one route each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.context import BLOCK, Context
from gigafleet._verify.routes import UNREACHABLE
from gigafleet._verify.values import (
    MBPS,
    NS_PER_MS,
    SAFE,
    UNLIMITED,
    Bools,
    Ints,
    LabelsLike,
    always_empty,
    distinct,
    integers,
    quantities,
    sites_with,
)

__all__ = ["Pairs", "Policies", "keys_of", "pairs_of", "slack_of"]


@dataclass
class Pairs:
    """(policy, origin, site) in use: members and Mbps between, and the least that latency limits leave."""

    key: Ints  #: ascending, each once
    members: Ints
    up: NDArray[Any]
    down: NDArray[Any]
    slack: Ints  #: ns

    @classmethod
    def of_blocks(cls, blocks: Iterable[Pairs]) -> Pairs:
        """All of them together, with little more memory than the outcome takes."""
        parts: list[Pairs] = []
        for block in blocks:
            parts.append(block)
            if sum(part.key.size for part in parts[1:]) > max(4 * BLOCK, parts[0].key.size):
                parts = [_merge(parts)]
        none = np.zeros(0, np.int64)
        return _merge(parts) if parts else cls(none, none, none, none, none)

    def ends(self, which: Ints, sites: int) -> tuple[Ints, Ints]:
        """Origin and node's site of some of them."""
        origin, site = np.divmod(self.key[which] % sites**2, sites)
        return origin, site

    def under(self, policy: int, sites: int) -> Ints:
        """Those of one policy."""
        return np.flatnonzero(self.key // sites**2 == policy)


class Policies:
    """The transit policies in use: `allowed` sites (None: all) by policy number."""

    def __init__(self, c: Context) -> None:
        self._context = c
        self._number: dict[bytes, int] = {}
        self.allowed: list[Bools | None] = []

    def of(self, tasks: Ints) -> Ints:
        """The policy of each task row."""
        require, forbid = (self._context.tasks.labels.get(f"transit_{x}") for x in ("require", "forbid"))
        required, by_require = _sets(require, tasks)
        forbidden, by_forbid = _sets(forbid, tasks)
        both, position = np.unique(by_require * len(forbidden) + by_forbid, return_inverse=True)
        number = [
            self._add(required[pair // len(forbidden)], forbidden[pair % len(forbidden)])
            for pair in both.tolist()
        ]
        return np.array(number, dtype=np.int64)[position]

    def _add(self, require: tuple[str, ...], forbid: tuple[str, ...]) -> int:
        network = self._context.network
        allowed = np.ones(network.site_count, np.bool_)
        for name in require:
            allowed &= sites_with(network, name)
        for name in forbid:
            allowed &= ~sites_with(network, name)
        key = allowed.tobytes()
        if key not in self._number:
            self._number[key] = len(self.allowed)
            self.allowed.append(None if allowed.all() else allowed)
        return self._number[key]


def _sets(column: LabelsLike | None, rows: Ints) -> tuple[list[tuple[str, ...]], Ints]:
    if column is None or always_empty(column):
        return [()], np.zeros(rows.shape, np.int64)
    return distinct(column, rows)


def slack_of(c: Context, runs: Ints) -> Ints:
    """ns that a round trip over links may take; a way must exist even where it may take any time."""
    access = quantities(c.nodes, "access_rtt_ms", c.runs.node[runs], NS_PER_MS, up=True)
    limit = quantities(c.tasks, "max_rtt_ms", c.runs.task[runs], NS_PER_MS, up=False)
    return np.where(limit == UNLIMITED, UNREACHABLE - 1, limit - access)


def keys_of(c: Context, policies: Policies, runs: Ints) -> Ints:
    """The pair of each run, as one number."""
    origin = integers(c.tasks, "origin", c.runs.task[runs])
    site = integers(c.nodes, "site", c.runs.node[runs])
    return (policies.of(c.runs.task[runs]) * c.network.site_count + origin) * c.network.site_count + site


def pairs_of(c: Context, policies: Policies, runs: Ints) -> Pairs:
    """The pairs of a block of runs."""
    members = c.members[runs]
    flows: list[NDArray[Any]] = []
    for name in ("uplink_mbps", "downlink_mbps"):
        amount: NDArray[Any] = c.demand(name, MBPS, runs)
        if float(np.dot(amount.astype(np.float64), members.astype(np.float64))) >= SAFE:
            amount = amount.astype(object)
        flows.append(amount * members)
    return _merge([Pairs(keys_of(c, policies, runs), members, flows[0], flows[1], slack_of(c, runs))])


def _merge(parts: list[Pairs]) -> Pairs:
    key = np.concatenate([part.key for part in parts])
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate([np.ones(min(key.size, 1), np.bool_), np.diff(key) != 0]))

    def gather(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])[order]

    def total(name: str) -> NDArray[Any]:
        values = gather(name)
        if values.dtype != object and float(values.sum(dtype=np.float64)) >= SAFE:
            values = values.astype(object)
        return np.add.reduceat(values, first)

    slack = np.minimum.reduceat(gather("slack"), first)
    return Pairs(key[first], total("members"), total("up"), total("down"), slack)
