"""The sites that routes pass, against the tie rule walked link by link."""

from __future__ import annotations

import numpy as np
import pytest

from gigafleet._verify.routes import UNREACHABLE, Router
from gigafleet._verify.watch import BACK, OUT, Watch
from plain import Net
from test_verify_routes import arcs_of, random_net, tree_from, way


def sites_of(net: Net, arcs: list[int], start: int) -> set[int]:
    return {start, *(arcs_of(net)[arc][1] for arc in arcs)}


def passes(net: Net, allowed: np.ndarray, watched: np.ndarray) -> dict[tuple[int, int, int], int]:
    """(origin, end, site) -> ways that pass it, of all pairs that have a route both ways."""
    trees = [tree_from(net, v, allowed) for v in range(net.site_count)]
    found: dict[tuple[int, int, int], int] = {}
    for o in range(net.site_count):
        for s in range(net.site_count):
            if s not in trees[o][0] or o not in trees[s][0]:
                continue
            out = sites_of(net, way(net, trees[o][1], o, s), o)
            back = sites_of(net, way(net, trees[s][1], s, o), s) if net.directed else out
            for sites, bit in ((out, OUT), (back, BACK)):
                for site in sites:
                    if watched[site]:
                        found[o, s, site] = found.get((o, s, site), 0) | bit
    return found


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("limited", [False, True])
def test_every_watched_site_on_the_way_is_noted(directed: bool, limited: bool) -> None:
    one_way, deep = 0, 0
    for seed in range(120):
        net = random_net(seed, directed=directed)
        sites = net.site_count
        rng = np.random.default_rng(seed)
        watched = rng.random(sites) < rng.choice([0.2, 0.5, 1.0])
        allowed = rng.random(sites) < 0.8 if limited else np.ones(sites, bool)
        origin, end = (part.ravel() for part in np.meshgrid(np.arange(sites), np.arange(sites)))
        nothing = np.zeros(origin.shape, np.int64)
        watch = Watch(watched)
        router = Router(net, allowed if limited else None, [0] * net.arc_count, watch)
        for part in router.parts(origin, 7):  # noted pairs are numbered as given, call by call
            reached = router.route(origin[part], end[part], nothing[part], nothing[part]) < UNREACHABLE
            pair, site, ways = watch.taken(reached)
            got = zip(origin[part][pair].tolist(), end[part][pair].tolist(), site.tolist(), strict=True)
            wanted = {
                key: bits
                for key, bits in passes(net, allowed, watched).items()
                if (key[0], key[1]) in set(zip(origin[part].tolist(), end[part].tolist(), strict=True))
            }
            assert dict(zip(got, ways.tolist(), strict=True)) == wanted, seed
            assert len(wanted) == pair.size
            one_way += sum(bits != OUT | BACK for bits in wanted.values())
            deep += int((router._depth > 1).any())
    assert deep > 20
    assert bool(one_way) == directed


def test_nothing_to_watch_for() -> None:
    net = Net(3, [(0, 1, 1.0)])
    watch = Watch(np.zeros(3, bool))
    router = Router(net, None, [0, 0], watch)
    origin, end, nothing = np.array([0, 2, 2]), np.array([1, 2, 0]), np.zeros(3, np.int64)
    reached = router.route(origin, end, nothing, nothing) < UNREACHABLE
    assert [part.tolist() for part in watch.taken(reached)] == [[], [], []]
    alone = Net(1, [])
    watch = Watch(np.ones(1, bool))
    one = np.zeros(1, np.int64)
    reached = Router(alone, None, [], watch).route(one, one, one, one) < UNREACHABLE
    assert [part.tolist() for part in watch.taken(reached)] == [[0], [0], [OUT | BACK]]
