"""Ways that have no room left, and who took it: links, and accesses of sites."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from gigafleet import _core
from gigafleet._verify.changes import Change
from gigafleet._verify.context import Context, Reported
from gigafleet._verify.pairs import Policies, keys_of, slack_of
from gigafleet._verify.paths import label_breaches
from gigafleet._verify.runs import Runs
from gigafleet._verify.values import MBPS, NS_PER_S, UNLIMITED, Ints, quantise, quantities

if TYPE_CHECKING:
    from gigafleet.network import Network

__all__ = ["Ways"]

Bools = NDArray[np.bool_]
NO_WAY = np.iinfo(np.int64).max


class Ways:
    """Carriers between tasks and nodes, with their loads: arcs, then accesses up, then accesses down."""

    def __init__(self, c: Context, loads: tuple[Ints, Ints, Ints]) -> None:
        self._c, network = c, cast("Network", c.network)
        self._network, self._arcs = network, loads[0].size
        self._policies = Policies(c)
        repeat = 1 if network.directed else 2
        limits = (
            np.repeat(quantise(network.capacity_mbps, MBPS, up=False), repeat),
            quantise(network.access_up_mbps, MBPS, up=False),
            quantise(network.access_down_mbps, MBPS, up=False),
        )
        self._limit, self._load = np.concatenate(limits), np.concatenate(loads)
        self._routes: list[_core.Routes] = []
        self._ways: dict[int, tuple[list[int], list[int]]] = {}

    def are_open(self, task: Ints, node: Ints) -> Bools:
        """Whether labels, time and latency let a member of each task onto each node."""
        c, every = self._pairs(task, node), np.arange(task.size)
        ok = np.ones(task.shape, np.bool_)
        for _, _, broken in label_breaches(c, every):
            ok[broken] = False
        duration = quantities(c.tasks, "duration_s", task, NS_PER_S, up=True)
        ok &= (duration == 0) | (duration <= quantities(c.nodes, "available_s", node, NS_PER_S, up=False))
        keys = keys_of(c, self._policies, every)
        unique, position = np.unique(keys, return_inverse=True)
        rtt = np.array([self._rtt_ns(key) for key in unique.tolist()], np.int64)[position]
        ok &= (rtt != NO_WAY) & (rtt <= slack_of(c, every))
        return ok

    def takers(self, task: Ints, node: Ints, new: Change, priority: Ints) -> tuple[Ints, Ints, Ints]:
        """Which of the pairs lack room on their way, and of a higher level who took the most of it."""
        lacking = [self._lacking(use) for use in self._uses(task, node)]
        short: set[int] = set().union(*lacking)
        users: dict[int, list[int]] = defaultdict(list)
        if short:
            for i, use in enumerate(self._uses(new.task, new.node)):
                for carrier in short & use.keys():
                    users[carrier].append(i)
        more = new.instances * (new.now - new.before)
        found = []
        for place, carriers in enumerate(lacking):
            members: Counter[int] = Counter()
            for i in {i for carrier in carriers for i in users[carrier]}:
                if priority[new.task[i]] > priority[task[place]]:
                    members[int(new.task[i])] += int(more[i])
            if members:
                by, most = min(members.items(), key=lambda item: (-item[1], item[0]))
                found.append((place, by, most))
        columns = np.array(found, np.int64).reshape(-1, 3).T
        return columns[0], columns[1], columns[2]

    def _lacking(self, use: Counter[int]) -> set[int]:
        """What has no room for one member that takes so much."""
        limit, load = self._limit, self._load
        return {at for at, amount in use.items() if limit[at] != UNLIMITED and load[at] + amount > limit[at]}

    def _uses(self, task: Ints, node: Ints) -> Iterator[Counter[int]]:
        """What a member of each task takes of every carrier on its way to each node, 1e-6 Mbps."""
        c, every = self._pairs(task, node), np.arange(task.size)
        up, down = (c.demand(name, MBPS, every).tolist() for name in ("uplink_mbps", "downlink_mbps"))
        arcs, sites = self._arcs, c.network.site_count
        for key, request, reply in zip(keys_of(c, self._policies, every).tolist(), up, down, strict=True):
            origin, site = divmod(key % sites**2, sites)
            out, back = self._way(key)
            use: Counter[int] = Counter()
            for arc in out:
                use[arc] += request
            for arc in back:
                use[arc] += reply
            use[arcs + origin] += request
            use[arcs + site] += reply
            use[arcs + sites + origin] += reply
            use[arcs + sites + site] += request
            yield Counter({at: amount for at, amount in use.items() if amount})

    def _way(self, key: int) -> tuple[list[int], list[int]]:
        if key not in self._ways:
            routes, origin, site = self._ends(key)
            out, back = routes.route(origin, site), routes.back_route(origin, site)
            self._ways[key] = (out.tolist(), back.tolist())
        return self._ways[key]

    def _rtt_ns(self, key: int) -> int:
        routes, *ends = self._ends(key)
        return int(routes.rtt_ns(*(np.array([end], np.int32) for end in ends))[0])

    def _ends(self, key: int) -> tuple[_core.Routes, int, int]:
        sites = self._network.site_count
        policy, pair = divmod(key, sites**2)
        while len(self._routes) <= policy:
            allowed = self._policies.allowed[len(self._routes)]
            mask = None if allowed is None else allowed.view(np.uint8)
            self._routes.append(_core.Routes(self._network._core, mask))
        return self._routes[policy], *divmod(pair, sites)

    def _pairs(self, task: Ints, node: Ints) -> Context:
        ones = np.ones_like(task)
        return Context(Runs(task, node, ones * 0, ones, ones), self._c.tasks, self._c.nodes, Reported())
