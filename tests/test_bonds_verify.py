"""`verify` on gangs and spread groups, on plans written by hand."""

from __future__ import annotations

from typing import Any

import gigafleet as gf
from gigafleet.verify import verify
from verify_cases import breaks, runs

NET = gf.Network(
    sites=["a", "b", "c", "d"],
    links=([0, 1, 2], [1, 2, 3]),
    latency_ms=1,
    domains={"rack": ["r", "r", "s", ""], "country": ["DE", "DE", "DE", "FR"]},
)
NODES = gf.Nodes(NET, site=[0, 1, 2, 3], count=3, capacity={"x": 9})


def tasks(count: Any, **given: Any) -> gf.Tasks:
    return gf.Tasks(NET, origin=0, demand={"x": 1}, count=count, **given)


def test_whole_gangs_in_one_domain() -> None:
    rows = tasks([2, 2, 1], gang=[5, 5, 6])
    verify(runs((0, 0, 0, 1, 2), (1, 1, 0, 2, 1)), rows, NODES)
    verify(runs(), rows, NODES)
    with breaks("gang", "gang 5: 2 of 4 members placed"):
        verify(runs((0, 0, 0, 1, 2)), rows, NODES)
    with breaks("gang", "task 1 on node 2", "gang 5: a rack, not the one of the others"):
        verify(runs((0, 0, 0, 1, 2), (1, 2, 0, 2, 1)), rows, NODES)
    with breaks("gang", "gang 6: a rack, in none"):
        verify(runs((2, 3)), rows, NODES)


def test_gangs_of_other_levels() -> None:
    node = tasks([2, 2], gang=1, gang_level="node")
    verify(runs((0, 0, 1, 1, 2), (1, 0, 1, 1, 2)), node, NODES)
    with breaks("gang", "a node"):
        verify(runs((0, 0, 1, 1, 2), (1, 0, 2, 1, 2)), node, NODES)
    with breaks("gang", "a node"):
        verify(runs((0, 0, 0, 2, 1), (1, 0, 0, 2, 1)), node, NODES)
    site = tasks([4], gang=1, gang_level="site")
    verify(runs((0, 0, 0, 2, 2)), site, NODES)
    with breaks("gang", "a site"):
        verify(runs((0, 0, 0, 1, 2), (0, 1, 0, 1, 2)), site, NODES)
    country = tasks([4], gang=1, gang_level="country")
    verify(runs((0, 0, 0, 1, 2), (0, 2, 0, 1, 2)), country, NODES)
    with breaks("gang", "a country"):
        verify(runs((0, 0, 0, 1, 2), (0, 3, 0, 1, 2)), country, NODES)


def test_groups_are_apart() -> None:
    rack = tasks([2, 2], spread=3, spread_level="rack", spread_max=2)
    verify(runs((0, 0, 0, 1, 2), (1, 2, 0, 1, 2)), rack, NODES)
    with breaks("spread", "spread group 3: 3 members in one domain, limit 2"):
        verify(runs((0, 0, 0, 1, 2), (1, 1)), rack, NODES)
    with breaks("spread", "spread group 3: in no rack"):
        verify(runs((0, 3)), rack, NODES)
    node = tasks([3, 2], spread=[3, 3], spread_level="node", spread_max=1)
    verify(runs((0, 0, 0, 2, 1), (1, 0, 2)), node, NODES)
    with breaks("spread", "2 members in one domain, limit 1"):
        verify(runs((0, 0, 0, 2, 1), (1, 0, 1)), node, NODES)
    with breaks("spread", "2 members in one domain, limit 1"):
        verify(runs((0, 0, 0, 1, 2)), node, NODES)
