"""`gf.capacity`: what fits beside a plan keeps every rule, and not one more would."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import gigafleet as gf
from bridge import assignment, place, to_tasks
from gigafleet.verify import Runs, verify
from oracle import Oracle, Reason
from problem import Problem, Task
from strategies import make
from test_plan_engine import tables

SIZES = {"sites": 5, "nodes": 6, "tasks": 8, "count": 3}


def cases(number: int, **rules: float) -> Any:
    """Problems, and two profiles each from another problem of the same kind."""
    for seed in range(number):
        problem = make(seed, **SIZES, **rules)
        resources, of_devices = set(problem.resources), set(problem.device_resources)
        found = [task for other in range(20) for task in make(1000 * seed + other, **SIZES, **rules).tasks
                 if set(task.demand) <= resources and set(task.device_demand) <= of_devices
                 and task.origin < len(problem.sites)]  # fmt: skip
        offered = {r for node in problem.nodes for r in node.capacity}
        if len(found) >= 2 and offered >= resources:
            yield problem, [dataclasses.replace(task, count=1) for task in Random(seed).sample(found, 2)]


def with_profile(problem: Problem, profile: Task, count: int) -> Problem:
    return dataclasses.replace(problem, tasks=(*problem.tasks, dataclasses.replace(profile, count=count)))


def profiles_of(problem: Problem, profiles: list[Task], network: gf.Network, **columns: Any) -> gf.Tasks:
    return to_tasks(dataclasses.replace(problem, tasks=tuple(profiles)), network, **columns)


@pytest.mark.parametrize("rules", [{}, {"devices": 1}])
def test_all_rules_hold_and_not_one_more_fits(rules: dict[str, float]) -> None:
    some, reasons = 0, Counter[Reason]()
    for problem, profiles in cases(150, **rules):
        plan = place(problem)
        network = plan._tables[0].network  # type: ignore[index]
        room = gf.capacity(profiles_of(problem, profiles, network), plan)
        before = assignment(plan)
        where = room.assignments()
        for row, profile in enumerate(profiles):
            oracle = Oracle(with_profile(problem, profile, int(room.fits[row]) + 1))
            new = len(problem.tasks)
            both = Counter(before)
            for task, node, first, count, each in zip(*(c.tolist() for c in where), strict=True):
                if task == row:
                    both.update({(new, node, instance): each for instance in range(first, first + count)})
            if room.reason[row] == Reason.PLACED:
                assert room.fits[row] == 10**9
                continue
            assert oracle.check(both) == []
            assert sum(both.values()) == sum(before.values()) + room.fits[row]
            loads = oracle.loads(both)
            assert oracle.reason(new, loads) == room.reason[row]
            assert room.gates(row) == first_gates(oracle, new, loads)
            cost = float(sum(oracle.pair_cost(new, n) * k for (t, n, _), k in both.items() if t == new))
            assert room.cost[row] == pytest.approx(cost, rel=1e-9, abs=1e-9)
            assert room.fits[row] <= room.bound[row]
            assert problem.directed or room.fits[row] == room.bound[row]
            some += int(room.fits[row]) > 0
            reasons[Reason(room.reason[row])] += 1
    assert some > 50
    for reason in (Reason.CAPACITY, Reason.LINK, Reason.LABEL, Reason.TIME, Reason.RTT):
        assert reasons[reason] > 0, reasons


def first_gates(oracle: Oracle, t: int, loads: Any) -> dict[Reason, int]:
    """Instances of nodes by the gate that shuts out one more."""
    gates = oracle.gates(t)
    counts = Counter[Reason]()
    for n, node in enumerate(oracle.problem.nodes):
        shut = next((reason for reason, rows in gates.items() if n not in rows), None)
        for instance in range(node.count):
            gate = shut
            if gate is None and not oracle.fits(t, n, instance, loads, "LINK", "ACCESS"):
                gate = Reason.LINK
            if gate is None and not oracle.fits(t, n, instance, loads):
                gate = Reason.CAPACITY
            counts[Reason.PLACED if gate is None else gate] += 1
    return {gate: counts[gate] for gate in sorted(counts)}


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("counts", [False, True])
def test_the_verifier_passes_both_together(directed: bool, counts: bool) -> None:
    tasks, nodes = tables(counts=counts, directed=directed)
    plan = gf.place(tasks, nodes, effort="fast")
    cells = ["cell0", "cell5", "cell0", "cell5"]
    asked = {
        "origin": cells,
        "demand": {"compute_tops": [30.0, 10.0, 80.0, 5.0], "energy_wh": [0.5, 3.0, 1.0, 0.1]},
        "bandwidth_mbps": [0.5, 0.1, 2.0, 0.0],
        "max_rtt_ms": [40.0, np.inf, 30.0, 14.0],
        "duration_s": [600.0, 0.0, 3600.0, 60.0],
    }
    apart = gf.capacity(gf.Tasks(nodes.network, **asked), plan)
    together = gf.capacity(gf.Tasks(nodes.network, **asked), plan, together=True)
    assert together.fits[0] == apart.fits[0]
    assert 0 < together.fits.sum() < apart.fits.sum()
    for room in (apart, together):
        for rows in [[0], [1], [2], [3]] if room is apart else [[0, 1, 2, 3]]:
            fits = room.fits[rows]
            all_tasks = stacked(tasks, nodes.network, asked, rows, fits)
            where = room.assignments()
            pick = np.isin(where.task, rows)
            new = np.searchsorted(rows, where.task[pick]) + tasks.rows
            more = [new, *(column[pick] for column in list(where)[1:])]
            runs = [np.concatenate(both) for both in zip(plan.runs, more, strict=True)]
            verify(Runs(*runs), all_tasks, nodes)


def stacked(tasks: gf.Tasks, network: gf.Network, asked: dict[str, Any], rows: list[int], fits: Any) -> Any:
    """The tasks of the plan and, below them, those that were asked for."""

    def column(name: str) -> Any:
        return tasks.columns[name].to_numpy(tasks.rows)

    def more(values: Any) -> Any:
        return np.asarray(values)[rows]

    number = {name: i for i, name in enumerate(network.sites)}
    none = np.zeros(len(rows), bool)
    labels = {
        role: {name: np.append(flags, none) for name, flags in flags_of(tasks, role).items()} or ()
        for role in ("require", "transit_forbid")
    }
    return gf.Tasks(
        network,
        origin=np.append(column("origin"), [number[asked["origin"][row]] for row in rows]),
        demand={r: np.append(column(f"demand.{r}"), more(v)) for r, v in asked["demand"].items()},
        uplink_mbps=np.append(column("uplink_mbps"), more(asked["bandwidth_mbps"])),
        downlink_mbps=np.append(column("downlink_mbps").astype(float), more(asked["bandwidth_mbps"])),
        max_rtt_ms=np.append(column("max_rtt_ms"), more(asked["max_rtt_ms"])),
        duration_s=np.append(column("duration_s"), more(asked["duration_s"])),
        count=np.append(column("count"), fits),
        **labels,
    )


def flags_of(tasks: gf.Tasks, role: str) -> dict[str, Any]:
    rows = [tasks.labels[role]._core.row(i) for i in range(tasks.rows)]
    return {name: np.array([name in row for row in rows]) for name in {n for row in rows for n in row}}


def world(**options: Any) -> tuple[gf.Plan, gf.Network]:
    """Two cities and a factory; 10 Mbps between the cities, a factory behind a gateway of 6 Mbps."""
    net = gf.Network(
        sites=["Berlin", "Paris", "Jülich"],
        links=([0, 1], [1, 2]),
        latency_ms=[5.0, 1.0],
        capacity_mbps=[10, 100],
        access_down_mbps=[np.inf, np.inf, 6],
    )
    nodes = gf.Nodes(
        net,
        site=["Berlin", "Paris", "Jülich"],
        capacity={"memory_gb": [8, 16, 640]},
        price={"memory_gb": [0.01, 0.02, 0.001]},
        count=[2, 3, 4],
        **options,
    )
    tasks = gf.Tasks(net, origin=["Berlin", "Paris"], demand={"memory_gb": 8}, count=[1, 2])
    return gf.place(tasks, nodes), net


def chat(net: gf.Network, **columns: Any) -> gf.Tasks:
    return gf.Tasks(net, **({"origin": "Berlin", "demand": {"memory_gb": 4}, "uplink_mbps": 1} | columns))


def test_counts_places_and_what_binds_by_hand() -> None:
    plan, net = world()
    assert plan.cost == pytest.approx(3 * 8 * 0.001, rel=0.01)  # all of them at the factory
    room = gf.capacity(chat(net, origin=["Berlin"]), plan)
    # Six through the gateway of the factory, four more over the link to Paris, four on the cars at home.
    assert room.fits.tolist() == room.bound.tolist() == [14]
    by_site = room.by_site()
    assert dict(zip(by_site.site.tolist(), by_site.tasks.tolist(), strict=True)) == {
        "Jülich": 6, "Paris": 4, "Berlin": 4}  # fmt: skip
    assert by_site.tasks.tolist() == sorted(by_site.tasks.tolist(), reverse=True)
    assert room.assignments().members.sum() == 14
    assert room.reason.tolist() == [gf.Reason.CAPACITY]
    assert room.gates(0) == {gf.Reason.LINK: 7, gf.Reason.CAPACITY: 2}
    binds = room.binds()
    assert list(zip(binds.what, binds.column, binds.site, binds.to, binds.row, binds.nodes, strict=True)) == [
        ("link", "capacity_mbps", "Berlin", "Paris", 0, 7),
        ("access", "access_down_mbps", "Jülich", "", 2, 4),
        ("node", "memory_gb", "", "", -1, 2),
    ]
    assert len(room.binds(top=1)) == 1
    assert str(room).splitlines()[1].split("  ")[-1] == "CAPACITY: nodes, memory_gb"
    assert "14" in str(room)
    assert "link Berlin to Paris" in str(binds)
    assert "access of Jülich" in str(binds)
    assert repr(room) == "Headroom(1 profiles, 14 more)"


def test_the_other_way_of_a_link_is_named_as_it_runs() -> None:
    plan, net = world()
    room = gf.capacity(chat(net, origin=["Paris"], max_rtt_ms=20, uplink_mbps=4), plan)
    link = room.binds()
    full = link.what == "link"
    assert (link.site[full].tolist(), link.to[full].tolist()) == (["Paris"], ["Berlin"])


def test_together_shares_what_is_left() -> None:
    plan, net = world()
    profiles = chat(net, origin=["Berlin", "Berlin", "Paris"], id=[7, 5, 9])
    apart, together = gf.capacity(profiles, plan), gf.capacity(profiles, plan, together=True)
    assert apart.profile.tolist() == [7, 5, 9]
    assert apart.fits.tolist() == [14, 14, apart.fits[2]]
    assert together.fits.tolist()[:2] == [14, 0]
    assert 0 < together.fits[2] <= apart.fits[2]
    assert set(together.assignments().task.tolist()) == {7, 9}
    with pytest.raises(gf.GigafleetError, match="profile: got 1, wanted an id of the profiles"):
        together.gates(1)


def test_count_weight_and_priority_of_a_profile_do_not_matter() -> None:
    plan, net = world()
    for columns in ({"count": 0}, {"count": 10**6}, {"weight": 5, "priority": 3}):
        assert gf.capacity(chat(net, origin=["Berlin"], **columns), plan).fits.tolist() == [14]


def test_a_plan_from_a_file_leaves_the_same(tmp_path: Path) -> None:
    tasks, nodes = tables(ids=True, counts=True)
    plan = gf.place(tasks, nodes, effort="fast")
    plan.save(tmp_path / "plan.npz")
    profile = gf.Tasks(nodes.network, origin=["cell1", "pop2"], demand={"compute_tops": 20.0})
    here = gf.capacity(profile, plan)
    there = gf.capacity(profile, gf.Plan.load(tmp_path / "plan.npz", tasks, nodes))
    assert here.fits.tolist() == there.fits.tolist()
    assert [c.tolist() for c in here.assignments()] == [c.tolist() for c in there.assignments()]
    assert set(here.assignments().node.tolist()) <= set(nodes.ids(np.arange(nodes.rows)).tolist())
    with pytest.raises(gf.GigafleetError, match="plan: got a plan without its tables"):
        gf.capacity(profile, gf.Plan.load(tmp_path / "plan.npz"))


def test_threads_and_progress() -> None:
    plan, net = world()
    profiles = chat(net, origin=["Berlin", "Paris", "Jülich"] * 10)
    seen: list[tuple[str, int, int]] = []
    one = gf.capacity(profiles, plan, threads=1, progress=lambda *told: seen.append(told))
    assert seen
    assert {stage for stage, _, _ in seen} <= {"routes", "capacity"}
    three = gf.capacity(profiles, plan, threads=3)
    assert one.fits.tolist() == three.fits.tolist()
    assert one.binds().nodes.tolist() == three.binds().nodes.tolist()

    def stop(*_: Any) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        gf.capacity(profiles, plan, progress=stop)


def test_nothing_to_fill_and_no_limit() -> None:
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    none = gf.Nodes(net, site=np.zeros(0, int), capacity={"memory_gb": np.zeros(0)})
    tasks = gf.Tasks(net, origin=np.zeros(0, int), demand={"memory_gb": np.zeros(0)})
    profile = gf.Tasks(net, origin=[0], demand={"memory_gb": 1})
    room = gf.capacity(profile, gf.place(tasks, none))
    assert (room.fits.tolist(), room.reason.tolist()) == ([0], [gf.Reason.LABEL])
    assert len(room.assignments()) == len(room.by_site()) == len(room.binds()) == 0
    assert "LABEL" in str(room)
    endless = gf.Nodes(net, site=[0], capacity={"memory_gb": np.inf})
    room = gf.capacity(profile, gf.place(tasks, endless))
    assert (room.fits.tolist(), room.reason.tolist()) == ([10**9], [gf.Reason.PLACED])
    empty = gf.capacity(tasks, gf.place(tasks, endless))
    assert len(empty) == 0
    assert str(empty)


def test_errors_name_the_argument() -> None:
    plan, net = world()
    other = gf.Network(sites=["Berlin"], links=([], []), latency_ms=[])
    for profile, given, options, message in (
        (None, plan, {}, "profile: got NoneType, wanted a Tasks table"),
        (chat(net), None, {}, "plan: got NoneType, wanted a Plan"),
        (chat(other), plan, {}, "profile: got tasks of another network"),
        (chat(net), plan, {"threads": 0}, "threads: got 0"),
        (chat(net, demand={"chips": 1}), plan, {}, "a resource that no node has"),
        (chat(net, devices=1), plan, {}, "devices: got a resource that no node has"),
    ):
        with pytest.raises(gf.GigafleetError, match=message):
            gf.capacity(profile, given, **options)  # type: ignore[arg-type]
