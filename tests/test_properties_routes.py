"""Routes of the engine against the definition: the same arcs, ties and transit policies included."""

from __future__ import annotations

import itertools

from hypothesis import given

from bridge import to_network
from oracle import Oracle
from problem import Task
from strategies import examples, problems

POLICIES = ({}, {"transit_require": ("home",)}, {"transit_forbid": ("country=FR",)})


@examples(60)
@given(problems(sites=12, nodes=0, tasks=0))
def test_every_route_is_the_one_defined(problem):
    network, oracle = to_network(problem), Oracle(problem)
    assert network.arc_count == len(oracle.arcs)
    pairs = list(itertools.product(range(len(problem.sites)), repeat=2))
    for policy in POLICIES:
        allowed = oracle.allowed_by(Task(0, {}, **policy))
        for start, end in pairs:
            arcs = network.route(start, end, **policy)
            assert (None if arcs is None else tuple(arcs.tolist())) == oracle.route(start, end, allowed)
        starts, ends = zip(*pairs, strict=True)
        paths = [oracle.path(start, end, allowed) for start, end in pairs]
        expected = [float("inf") if path is None else path.ns * 1e-6 for path in paths]
        assert network.rtt_ms(list(starts), list(ends), **policy).tolist() == expected
