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


def cases(number: int, **drawn: Any) -> Any:
    """Problems, and two profiles each from another problem of the same kind."""
    rules = SIZES | drawn
    for seed in range(number):
        problem = make(seed, **rules)
        resources, of_devices = set(problem.resources), set(problem.device_resources)
        found = [task for other in range(20) for task in make(1000 * seed + other, **rules).tasks
                 if set(task.demand) <= resources and set(task.device_demand) <= of_devices
                 and task.origin < len(problem.sites)
                 and task.model in {"", *(model.name for model in problem.models)}]  # fmt: skip
        offered = {r for node in problem.nodes for r in node.capacity}
        if len(found) >= 2 and offered >= resources:
            yield problem, [dataclasses.replace(task, count=1) for task in Random(seed).sample(found, 2)]


def with_profile(problem: Problem, profile: Task, count: int) -> Problem:
    return dataclasses.replace(problem, tasks=(*problem.tasks, dataclasses.replace(profile, count=count)))


def profiles_of(problem: Problem, profiles: list[Task], network: gf.Network, **columns: Any) -> gf.Tasks:
    return to_tasks(dataclasses.replace(problem, tasks=tuple(profiles)), network, **columns)


@pytest.mark.parametrize("rules", [{}, {"devices": 1}, {"models": 1}])
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
            cost += new_loads_cost(oracle, profile, oracle.loads(before), loads)
            assert room.cost[row] == pytest.approx(cost, rel=1e-9, abs=1e-9)
            assert room.fits[row] <= room.bound[row]
            assert problem.directed or room.fits[row] == room.bound[row]
            some += int(room.fits[row]) > 0
            reasons[Reason(room.reason[row])] += 1
    assert some > 50
    for reason in (Reason.CAPACITY, Reason.LINK, Reason.LABEL, Reason.TIME, Reason.RTT):
        assert reasons[reason] > 0, reasons


def new_loads_cost(oracle: Oracle, profile: Task, before: Any, after: Any) -> float:
    """EUR/h of what is loaded for the members of a profile alone."""
    models, objective = oracle.models, oracle.problem.objective
    new = models.loaded(models.in_use(after)) - models.loaded(models.in_use(before))
    lasts = profile.duration_s or objective.horizon_s
    return sum(objective.load_eur_per_gb * models.megabits(name) / 8e9 * 3600 / lasts for _, _, name in new)


def most_that_fit(oracle: Oracle, t: int, loads: Any) -> int:
    """Members of a row more, wherever they go, by trying all."""
    open_to = set(oracle.gates(t)[Reason.RTT])
    spots = [(n, i) for n in sorted(open_to) for i in range(oracle.problem.nodes[n].count)]

    def most(at: int, loads: Any) -> int:
        best = 0
        for k in range(at, len(spots)):
            if oracle.fits(t, *spots[k], loads):
                best = max(best, 1 + most(k, loads + Counter(oracle.use(t, *spots[k]))))
        return best

    return most(0, Counter(loads))


@pytest.mark.parametrize("rules", [{"devices": 1}, {"models": 1}])
def test_no_other_choice_has_more_fit(rules: dict[str, float]) -> None:
    compared, windows = 0, 0
    for problem, profiles in cases(250, sites=4, nodes=4, tasks=5, count=2, **rules):
        plan = place(problem)
        room = gf.capacity(profiles_of(problem, profiles, plan._tables[0].network), plan)  # type: ignore[index]
        for row, profile in enumerate(profiles):
            if not 0 < room.bound[row] <= 7:
                continue
            oracle = Oracle(with_profile(problem, profile, 8))
            best = most_that_fit(oracle, len(problem.tasks), oracle.loads(assignment(plan)))
            assert room.fits[row] <= best <= room.bound[row]
            compared += 1
        windows += int(np.sum(room.binds().what == "window"))
    assert compared > 40
    assert windows > 5 or "models" not in rules


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


def test_weights_are_held_in_use_or_loaded_as_far_as_the_cell_allows() -> None:
    """Of five cars two hold the model; the cell may load 10 GB, which is twice."""
    net = gf.Network(sites=["cell"], links=([], []), latency_ms=[], access_down_mbps=[200])
    cars = gf.Nodes(
        net,
        site="cell",
        capacity={"memory_gb": [16, 12, 16]},
        link_down_mbps=80,
        models={"8b": [True, False, False]},
        count=[2, 2, 1],
    )
    models, window = gf.Models(["8b", "3b"], [4, 2]), gf.Objective(load_window_s=800)
    nobody = gf.Tasks(net, origin="cell", demand={"memory_gb": 2}, count=[0])
    plan = gf.place(nobody, cars, models=models, objective=window)
    asked = gf.Tasks(
        net, origin="cell", demand={"memory_gb": 4}, model=["8b", "8b", ""], max_wait_s=[500, 0, 0]
    )
    room = gf.capacity(asked, plan)
    # Three beside the weights on each of 16 GB, two on those of 12 GB, of which one may load.
    assert room.fits.tolist() == room.bound.tolist() == [2 * 3 + 3 + 2, 2 * 3, 2 * 4 + 2 * 3 + 4]
    full = room.binds()
    assert ("window", "access_down_mbps", "cell", 1) in list(
        zip(full.what, full.column, full.site, full.nodes, strict=True)
    )
    assert "window of cell" in str(full)
    assert room.gates(1) == {gf.Reason.MODEL: 3, gf.Reason.CAPACITY: 2}
    # Where one profile has filled the cars that may hold its model, one of another finds those of 12 GB.
    again = gf.Tasks(net, origin="cell", demand={"memory_gb": [4, 2]}, model=["8b", "3b"])
    together = gf.capacity(again, plan, together=True)
    assert together.fits.tolist() == [11, (12 - 2) // 2]  # 2 GB of the window are left for one load of 2 GB
    with pytest.raises(
        gf.GigafleetError, match="profile: got tasks that use models, wanted a plan made with"
    ):
        gf.capacity(asked, gf.place(gf.Tasks(net, origin="cell", demand={"memory_gb": 2}), cars))


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
