"""Min-cost flow of compute alone: groups to sites (latency), sites to pools, pools to a sink (price)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peers.folded import Folded
from peers.instance import RTT_PRICE, Array
from peers.relaxation import UNPLACED

SCALE = 10_000_000  # costs a milli-core become whole numbers


@dataclass(frozen=True)
class FlowProblem:
    """Arcs and supplies in whole numbers; the first arcs lead from `group` to `site`."""

    tail: Array
    head: Array
    capacity: Array
    cost: Array
    supply: Array
    group: Array
    site: Array


def of_groups(folded: Folded) -> FlowProblem:
    """The problem of a folded instance: vertices are groups, sites, pools, and one sink."""
    instance, task = folded.instance, folded.groups.example
    groups, pools, sites = len(task), len(folded.pools.count), instance.sites
    compute = instance.demand[task, 0].astype(np.int64)
    rtt = instance.rtt_ms[instance.origin[task]]
    group, site = np.nonzero(rtt <= instance.max_rtt_ms[task][:, None])
    supply = compute * folded.groups.count
    room = folded.capacity[:, 0]
    pool_site, sink = groups + instance.site[folded.pools.example], groups + sites + pools
    pool, each = groups + sites + np.arange(pools), np.arange(groups)
    cost = np.concatenate(
        [
            RTT_PRICE * rtt[group, site] / compute[group],
            instance.price[folded.pools.example] / 1000,
            np.zeros(pools),
            UNPLACED / compute,
        ]
    )
    return FlowProblem(
        tail=np.concatenate([group, pool_site, pool, each]),
        head=np.concatenate([groups + site, pool, np.full(pools, sink), np.full(groups, sink)]),
        capacity=np.concatenate([supply[group], room, room, supply]),
        cost=np.rint(cost * SCALE).astype(np.int64),
        supply=np.concatenate([supply, np.zeros(sites + pools, np.int64), [-supply.sum()]]),
        group=group,
        site=site,
    )


def wanted_of_sites(folded: Folded, group: Array, site: Array, tasks: Array) -> Array:
    """(pairs,) quota of first fit: what flows from a group to a site, open to each of its pools."""
    instance = folded.instance
    to_site = np.zeros((len(folded.groups.count), instance.sites))
    np.add.at(to_site, (group, site), tasks)
    return np.ceil(to_site[folded.group, instance.site[folded.pools.example[folded.pool]]] - 1e-9)
