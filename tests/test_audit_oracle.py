"""Audits of random plans, and of plans by engines that leave a rule out, against NetworkX."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from random import Random
from typing import Any

import networkx as nx
import pytest

import gigafleet as gf
from bridge import assignment, place_without
from gigafleet.errors import VerifyError
from oracle import Oracle, has
from problem import INF, Link, Problem, Task
from strategies import problems, sample

Finding = tuple[int, ...] | tuple[Any, ...]


TRANSIT = (
    {},
    {"transit_require": ("home",)},
    {"transit_forbid": ("country=FR",)},
    {"transit_require": ("home", "country=DE")},
    {"transit_require": ("home",), "transit_forbid": ("country=FR", "elsewhere")},
)


def roomy(problem: Problem, seed: int) -> Problem:
    """Room for all on a mesh where many tasks mind what they pass, and no two ways take equally long."""
    rng = Random(seed)
    sites = len(problem.sites)
    ends = [(v, (v + 1) % sites) for v in range(sites)]
    ends += [tuple(rng.sample(range(sites), 2)) for _ in range(rng.randrange(3 * sites))]
    if problem.directed:
        ends += [(v, u) for u, v in ends if rng.random() < 0.7]
    site = [dataclasses.replace(s, access_up_mbps=INF, access_down_mbps=INF) for s in problem.sites]
    node = [
        dataclasses.replace(
            n, capacity=dict.fromkeys(n.capacity, 50), link_up_mbps=INF, link_down_mbps=INF, available_s=INF
        )
        for n in problem.nodes
    ]
    task = [
        dataclasses.replace(
            t, max_rtt_ms=INF, uplink_mbps=1, downlink_mbps=2, transit_require=(), transit_forbid=()
        )
        for t in problem.tasks
    ]
    task = [dataclasses.replace(t, **rng.choice(TRANSIT)) for t in task]
    links = tuple(Link(u, v, rng.uniform(1, 5)) for u, v in ends)
    return dataclasses.replace(problem, sites=tuple(site), links=links, nodes=tuple(node), tasks=tuple(task))


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    """Half of them tight in all rules."""
    every = enumerate(sample(problems(sites=12, nodes=8, tasks=10), 80))
    return [roomy(problem, i) if i % 2 else untied(problem, i) for i, problem in every]


def untied(problem: Problem, seed: int) -> Problem:
    """The same, but no two ways take equally long."""
    rng = Random(seed)
    links = [dataclasses.replace(link, latency_ms=link.latency_ms + rng.random()) for link in problem.links]
    return dataclasses.replace(problem, links=tuple(links))


class Routes:
    """Least-latency ways by NetworkX."""

    def __init__(self, problem: Problem) -> None:
        self.graph: Any = nx.MultiDiGraph() if problem.directed else nx.MultiGraph()
        self.graph.add_nodes_from(range(len(problem.sites)))
        for link in problem.links:
            self.graph.add_edge(link.tail, link.head, ns=round(link.latency_ms * 1e6))

    def sites(self, start: int, end: int, allowed: set[int]) -> tuple[set[int], set[int]] | None:
        """Sites on the way out and on the way back; None where one is missing."""
        inside = self.graph.subgraph(allowed)
        try:
            out, back = (nx.dijkstra_path(inside, *ends, "ns") for ends in ((start, end), (end, start)))
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return None
        return set(out), set(back)


def allowed_by(problem: Problem, task: Task) -> set[int]:
    def fine(site: Any) -> bool:
        held = [has(name, site.labels, site) for name in task.transit_require]
        return all(held) and not any(has(name, site.labels, site) for name in task.transit_forbid)

    return {s for s, site in enumerate(problem.sites) if fine(site)}


def labels_broken(problem: Problem, t: int, n: int) -> Iterator[str]:
    task, node = problem.tasks[t], problem.nodes[n]

    def holds(name: str) -> bool:
        return has(name, node.labels, problem.sites[node.site])

    yield from (f"require {name}" for name in task.require if not holds(name))
    yield from (f"forbid {name}" for name in task.forbid if holds(name))
    if task.any_of and not any(map(holds, task.any_of)):
        yield "any_of"


def rules_of(task: Task, site: Any) -> Iterator[str]:
    yield from (f"transit_require {x}" for x in task.transit_require if not has(x, site.labels, site))
    yield from (f"transit_forbid {x}" for x in task.transit_forbid if has(x, site.labels, site))


def expected(problem: Problem, plan: gf.Plan, named: set[str] | None) -> list[Finding]:
    """(task, node, first instance, where, site, domain, rule), by the tasks' rules or by countries named."""
    routes, found = Routes(problem), []
    everywhere = set(range(len(problem.sites)))
    for t, n, first, *_ in zip(*(part.tolist() for part in plan.runs), strict=True):
        task, host = problem.tasks[t], problem.nodes[n].site

        def add(where: str, s: int, rule: str, run: tuple[int, ...] = (t, n, first)) -> None:
            country = problem.sites[s].domains.get("country", "")
            found.append((*run, where, str(s), country, rule))

        allowed = allowed_by(problem, task)
        ways = routes.sites(task.origin, host, allowed) or routes.sites(task.origin, host, everywhere)
        if ways is None:
            add("node", host, "no route")
        for s in set.union(*ways) if ways else ():
            where = "both" if s in ways[0] & ways[1] else "out" if s in ways[0] else "back"
            where = "node" if s == host else "origin" if s == task.origin else where
            site = problem.sites[s]
            if named is not None and site.domains.get("country", "") not in named:
                add(where, s, "allowed")
            for rule in rules_of(task, site) if named is None and s not in allowed else ():
                add(where, s, rule)
        for rule in labels_broken(problem, t, n) if named is None else ():
            add("node", host, rule)
    return sorted(found)


def rows(audit: Any) -> list[Finding]:
    columns = (
        audit.task,
        audit.node,
        audit.first_instance,
        audit.where,
        audit.site,
        audit.domain,
        audit.rule,
    )
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def misstated(problem: Problem, plan: gf.Plan) -> bool:
    """Whether the plan reserves on arcs other than what its tasks take by definition."""
    oracle = Oracle(problem)
    loads = oracle.loads(assignment(plan))
    return plan._core.arc_load().tolist() != [loads["LINK", arc] for arc in range(len(oracle.arcs))]


@pytest.mark.parametrize("rule", [None, "LABEL", "TRANSIT"])
def test_breaches_of_the_tasks_own_rules(drawn: list[Problem], rule: str | None) -> None:
    listed = 0
    for problem in drawn:
        plan = place_without(rule, problem)
        wanted = expected(problem, plan, None)
        if wanted or not misstated(problem, plan):
            assert rows(plan.audit()) == wanted
        listed += len(wanted)
    assert (listed > 50) == (rule is not None)


def test_traffic_that_goes_elsewhere_is_no_proof(drawn: list[Problem]) -> None:
    """Every task has an allowed way, but an engine that does not know the rule sends it another one."""
    elsewhere = 0
    for problem in (roomy(problem, i) for i, problem in enumerate(drawn)):
        listed = {row[0] for row in expected(problem, place_without("TRANSIT", problem), None)}
        tasks = tuple(task for t, task in enumerate(problem.tasks) if t not in listed)
        rest = dataclasses.replace(problem, tasks=tasks)
        plan = place_without("TRANSIT", rest)
        if expected(rest, plan, None):
            continue
        if misstated(rest, plan):
            with pytest.raises(VerifyError, match="load: link"):
                plan.audit()
            elsewhere += 1
        else:
            assert len(plan.audit()) == 0
    assert elsewhere > 5


@pytest.mark.parametrize("named", [set(), {"DE"}, {"DE", ""}, {"DE", "FR", ""}])
def test_paths_that_leave_the_countries_named(drawn: list[Problem], named: set[str]) -> None:
    listed, places = 0, set()
    for problem in drawn:
        plan = place_without(None, problem)
        if not any("country" in site.domains for site in problem.sites):
            continue
        audit = plan.audit(allowed=named)
        assert rows(audit) == expected(problem, plan, named)
        listed += len(audit)
        places |= set(audit.where.tolist())
    if named == {"DE", "FR", ""}:
        assert listed == 0
    else:
        assert places >= {"origin", "node", "both", "out", "back"}


def test_of_some_tasks(drawn: list[Problem]) -> None:
    for problem in drawn[:30]:
        plan = place_without("TRANSIT", problem)
        wanted = expected(problem, plan, None)
        some = [t % 2 == 0 for t in range(len(problem.tasks))]
        part = [row for row in wanted if some[row[0]]]
        assert rows(plan.audit(tasks=some)) == part
        assert rows(plan.audit(tasks=[t for t, one in enumerate(some) if one])) == part
