"""Plans for tenants against the definition, on random small problems."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gigafleet as gf
from bridge import (
    assignment,
    expanded,
    masks,
    place,
    place_without,
    terms,
    to_gigafleet,
    to_objective,
    to_tenants,
)
from by_definition import EFFORTS, check_plan, check_threads
from exhaustion import Search
from gigafleet import _core
from oracle import Oracle
from problem import Link, Node, Objective, Problem, Site, Task, Tenant
from strategies import examples, sample
from tenant_cases import crowded, tenant_problems
from test_bounds import check_bounds
from test_explain_definition import with_task


@examples(300)
@given(tenant_problems())
def test_every_plan_is_allowed_maximal_and_explained(problem):
    check_plan(problem, place(problem))


@examples(150)
@given(crowded())
def test_shares_are_fair_where_tenants_crowd(problem):
    plan, oracle = place(problem), Oracle(problem)
    check_plan(problem, plan)
    assert list(oracle.tenants.unfair(assignment(plan))) == []


@examples(150)
@given(tenant_problems())
def test_nobody_left_over_could_take_the_place_of_tenants_with_more(problem):
    assert list(Oracle(problem).tenants.unfair(assignment(place(problem)))) == []


def test_changes_of_tasks_over_quota_place_them():
    """Each one, made: the member runs where the change says, and the engine has a place for it."""
    over = named = 0
    for problem in sample(tenant_problems(devices=0.5), 250):
        plan = place(problem)
        for t in range(len(problem.tasks)):
            found = plan.explain(t)
            if found.reason is not gf.Reason.QUOTA:
                continue
            over += 1
            assert found.fleet_relaxations == []
            for change in found.relaxations:
                named += 1
                new = with_task(problem, t, change, change.after)
                later = place(new, previous=plan)
                assert later.placed_count[-1] == 1, change
                assert Oracle(new).check(assignment(later), masks(later)) == []
    assert over > 20
    assert named > 2


@examples(60)
@given(tenant_problems())
def test_shares_reported_are_those_held(problem):
    plan, oracle = place(problem), Oracle(problem)
    shares, rules = plan.shares(), oracle.tenants
    held, share = rules.held(assignment(plan)), rules.shares(assignment(plan))
    reasons, placed = plan.reason, plan.placed_count
    for row, name in enumerate(shares.tenant):
        own = [t for t, _ in enumerate(problem.tasks) if rules.tenant(t).name == name]
        assert shares.tasks[row] == sum(problem.tasks[t].count for t in own)
        assert shares.placed[row] == sum(placed[t] for t in own)
        assert shares.weighted_share[row] == pytest.approx(float(share[name]), rel=1e-9)
        for resource, amounts in shares.used.items():
            assert amounts[row] == pytest.approx(held[name][resource] * 1e-6, rel=1e-9)
        for reason, left in (("QUOTA", shares.left_quota), ("FAIRNESS", shares.left_fairness)):
            mine = [t for t in own if gf.Reason(int(reasons[t])).name == reason]
            assert left[row] == sum(problem.tasks[t].count - placed[t] for t in mine)


@examples(40)
@given(tenant_problems())
def test_threads_do_not_change_the_plan(problem):
    check_threads(problem)


@examples(60)
@given(tenant_problems())
def test_a_row_a_member_is_the_same_problem(problem):
    check_plan(expanded(problem), place(expanded(problem)))


@examples(100)
@given(tenant_problems(devices=1))
def test_with_devices(problem):
    check_plan(problem, place(problem))


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    return sample(tenant_problems(), 80)


def test_an_engine_without_quotas_is_caught(drawn):
    broken = 0
    for problem in drawn:
        plan = place_without("QUOTA", problem)
        breaches = {rule for rule, _ in Oracle(problem).check(assignment(plan))}
        assert breaches <= {"QUOTA"}
        broken += bool(breaches)
        if breaches:
            with pytest.raises(gf.GigafleetError, match="quota"):
                plan.verify()
    assert broken >= len(drawn) // 10


def test_an_engine_without_fairness_is_caught():
    drawn = sample(crowded(), 60)
    unfair = [
        bool(list(Oracle(problem).tenants.unfair(assignment(place_without("FAIRNESS", problem)))))
        for problem in drawn
    ]
    assert sum(unfair) >= len(drawn) // 5


def test_the_same_engine_with_all_rules_is_clean(drawn):
    for problem in drawn:
        plan = place_without(None, problem)
        assert Oracle(problem).check(assignment(plan)) == []
        plan.verify()


@examples(60)
@given(crowded())
def test_tenants_of_one_name_change_nothing(problem):
    """A single tenant without a quota: the plan is the one without tenants."""
    alone = dataclasses.replace(
        problem, tasks=tuple(dataclasses.replace(task, tenant="giant") for task in problem.tasks)
    )
    plain = dataclasses.replace(alone, tenants=())
    assert place(alone).digest == place(plain).digest


@pytest.mark.parametrize("effort", EFFORTS)
def test_quotas_hold_where_all_is_placed_anew_for_fairness(effort):
    """What an admitted task of the giant leaves goes to another: placed anew, one of them may run."""
    nodes = [Node(site, {"compute_tops": 50}, devices=2) for site in (1, 3, 5)]
    tasks = [
        Task(0, {"compute_tops": 1}, devices=1, tenant="clinic"),
        Task(0, {"compute_tops": 1}, devices=0.6, tenant="giant"),
        Task(0, {"compute_tops": 0}, devices=0.6, max_rtt_ms=90, count=3, tenant="clinic"),
        Task(3, {"compute_tops": 1}, devices=0.6, duration_s=60, count=3, tenant="giant"),
    ]
    problem = Problem(
        sites=(Site(),) * 6,
        links=(Link(0, 5, 0), Link(0, 1, 1)),
        nodes=tuple(nodes),
        tasks=tuple(tasks),
        tenants=(Tenant("clinic"), Tenant("giant", quota={"devices": 1.5})),
        objective=Objective(risk_price=0.5),
    )
    check_plan(problem, place(problem, effort=effort))


RUNS_OF_ONE_ROW = (
    (  # two of them on one instance
        ((4, 6, 2), (3, 6, 1), (6, 4, 1)),
        ((1, 2, 3, 0, 12), (2, 1, 1, 0, 3), (0.5, 0.5, 3, 0, 1), (1, 1, 1, 1, 12)),
    ),
    (  # on instances side by side
        ((4, 3, 1), (3, 3, 2), (3, 3, 2)),
        ((0.5, 1, 1, 0, 3), (1, 1, 1, 1, 1), (1, 1, 3, 0, 3), (1, 1, 3, 1, 1), (2, 0.5, 1, 0, 12)),
    ),
)


@pytest.mark.parametrize(("nodes", "tasks"), RUNS_OF_ONE_ROW)
def test_where_nothing_is_exchanged_runs_stay_as_they_were(nodes, tasks):
    nodes = [
        Node(0, {"compute_tops": tops, "memory_gb": memory}, count=count) for tops, memory, count in nodes
    ]
    tasks = [
        Task(0, {"compute_tops": tops, "memory_gb": memory}, weight=weight, priority=priority, count=count)
        for tops, memory, weight, priority, count in tasks
    ]
    plain = Problem((Site(),), (), tuple(nodes), tuple(tasks))
    alone = dataclasses.replace(
        plain,
        tasks=tuple(dataclasses.replace(task, tenant="one") for task in tasks),
        tenants=(Tenant("one", max_priority=1),),
    )
    assert place(alone).digest == place(plain).digest


@examples(150)
@given(tenant_problems(sites=4, nodes=3, tasks=5, count=2))
def test_shares_are_the_most_even_there_are_up_to_one_task(problem):
    """Of all placements, with labels and latency, at one level of priority and without quotas.

    Without bandwidth: on links the rule looks at one node at a time, see the link that one task fills.
    """
    plain = {"priority": 0, "uplink_mbps": 0, "downlink_mbps": 0}
    problem = dataclasses.replace(
        problem,
        tasks=tuple(dataclasses.replace(task, **plain) for task in problem.tasks),
        tenants=tuple(dataclasses.replace(tenant, quota={}) for tenant in problem.tenants),
    )
    oracle = Oracle(problem)
    rules, search, best = oracle.tenants, Search(oracle), [Fraction(-1)]
    if len(search.members) > 7:
        return

    def found(_: Fraction) -> None:
        placed = {spot: members for spot, members in search.plan.items() if members}
        best[:] = max(best, sorted(rules.shares(placed).values()))

    search.run(lambda _, __: False, found)
    shares = sorted(rules.shares(assignment(place(problem))).values())
    one_task = max(rules.share(rules.tenant(t).name, rules.asks(t)) for t in range(len(problem.tasks)))
    assert all(share >= most - one_task for share, most in zip(shares, best, strict=True))


def test_a_link_that_one_task_fills_has_gone_by_right():
    """Two small ones would have more together, but each comes alone: the large one would have less."""
    problem = Problem(
        (Site(), Site()),
        (Link(0, 1, 1.0, 1.0),),
        (Node(1, {"memory_gb": 1}, count=2),),
        (
            Task(0, {"memory_gb": 1}, uplink_mbps=1, tenant="giant"),
            Task(0, {"memory_gb": 1}, weight=0.1, uplink_mbps=1 / 3, count=2),
        ),
        tenants=(Tenant("giant", weight=2),),
    )
    plan = place(problem)
    check_plan(problem, plan)
    assert plan.placed_count.tolist() == [1, 0]
    assert list(Oracle(problem).tenants.unfair(assignment(plan))) == []


@examples(40)
@given(tenant_problems(sites=4, nodes=4, tasks=5, count=2), st.integers(0, 2**32))
def test_bounds_hold_whoever_tasks_belong_to(problem, seed):
    check_bounds(problem, seed)


@examples(120)
@given(tenant_problems(), st.integers(0, 2**32))
def test_from_an_earlier_plan(problem, seed):
    """Other capacities, tasks and tenants' terms than before: all rules hold, moves are counted and paid."""
    rng = Random(seed)
    before = place(problem)
    now = dataclasses.replace(
        problem,
        nodes=tuple(
            dataclasses.replace(node, count=max(0, node.count - rng.randrange(2))) for node in problem.nodes
        ),
        tasks=tuple(
            dataclasses.replace(task, count=task.count + rng.randrange(-1, 2) if task.count else 1)
            for task in problem.tasks
        ),
        tenants=tuple(
            dataclasses.replace(tenant, weight=rng.choice((1, 2, 3))) for tenant in problem.tenants
        ),
    )
    plan, oracle = place(now, previous=before), Oracle(now)
    placed, ran = assignment(plan), assignment(before)
    assert oracle.check(placed) == []
    found = [gf.Reason(int(reason)).name for reason in plan.reason]
    assert found == [getattr(reason, "name", None) for reason in oracle.reasons_after(placed, ran)]
    assert list(oracle.tenants.unfair(placed)) == []
    assert plan.moved_tasks == sum(oracle.moved(placed, ran))
    assert plan.cost == pytest.approx(
        float(oracle.total_cost(placed, ran)), abs=1e-9 * terms(oracle, placed) + 1e-12
    )
    plan.verify()


@examples(80)
@given(tenant_problems())
def test_where_nothing_changed_nothing_moves(problem):
    before = place(problem)
    again = place(problem, previous=before)
    assert again.moved_tasks == 0
    assert assignment(again) == assignment(before)


def test_who_has_what_a_higher_level_left_of_a_quota_stays():
    """The third task runs since the last finds no node: it is not for the last to be admitted first again."""
    large = {"compute_tops": 1, "memory_gb": 1}
    problem = Problem(
        (Site(access_up_mbps=4), Site()),
        (Link(1, 0, 1.0), Link(0, 1, 1.0, price_per_mbps=2)),
        (Node(1, {"compute_tops": 56}), Node(0, {"memory_gb": 0})),
        (
            Task(1, {"compute_tops": 1}, tenant="giant"),
            Task(0, {}, uplink_mbps=2, downlink_mbps=2),
            Task(1, {"compute_tops": 1}, priority=-3, tenant="giant"),
            Task(0, {}, uplink_mbps=1),
            Task(1, large, tenant="giant"),
        ),
        directed=True,
        tenants=(Tenant("giant", quota={"compute_tops": 2}),),
    )
    before = place(problem)
    assert before.placed_count.tolist() == [1, 1, 1, 1, 0]
    again = place(problem, previous=before)
    assert (again.moved_tasks, assignment(again)) == (0, assignment(before))


@examples(100)
@given(tenant_problems(tasks=20), st.integers(1, 8))
def test_where_tasks_are_planned_in_cells(problem, cells):
    _, nodes, tasks = to_gigafleet(problem)
    objective, tenants = to_objective(problem), to_tenants(problem)
    core = _core.place(
        tasks.network._core,
        nodes._core,
        tasks._core,
        most_shapes=0,
        cells=cells,
        tenants=tenants._in_core(tasks),
        **{name: getattr(objective, name) for name in ("rtt_price", "horizon_s", "risk_price")},
    )
    plan = gf.Plan(core, tasks=tasks, nodes=nodes, objective=objective, tenants=tenants)
    check_plan(problem, plan)
