"""What a ledger adds up, against a plain recomputation member by member."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars
import pyarrow
import pytest

import gigafleet as gf
from bridge import assignment, to_network, to_nodes, to_objective, to_tasks
from gigafleet.errors import InputError
from oracle import Oracle
from problem import Problem
from strategies import problems, sample

NAMES = ("ann", "bob", "cy", "idle")
AMOUNTS = (
    "nodes", "nodes_used", "tasks", "task_hours", "energy_kwh", "carbon_kg", "paid_eur", "carbon_eur",
    "electricity_eur", "left_eur",
)  # fmt: skip


def owned(seed: int) -> tuple[list[int], dict[str, list[float]]]:
    """Who owns which node row, and what the owners say."""
    rng = Random(seed)
    terms = {
        "eur_per_kwh": [rng.choice((0.1, 0.25, 0.4, -0.02)) for _ in NAMES],
        "carbon_g_per_kwh": [rng.choice((0, 40, 660)) for _ in NAMES],
        "carbon_eur_per_t": [rng.choice((0, 75)) for _ in NAMES],
        "overhead": [rng.choice((1, 1.2)) for _ in NAMES],
        "standby_eur_per_h": [rng.choice((0, 0, 0.5)) for _ in NAMES],
    }
    return [rng.randrange(3) for _ in range(99)], terms


def powered(amounts: Mapping[str, float]) -> dict[str, float]:
    return {"power_w" if name == "compute_tops" else name: amount for name, amount in amounts.items()}


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    """Problems in which power is a resource, and open-ended tasks and consumables are frequent."""
    found = []
    for problem in sample(problems(), 60):
        nodes = tuple(
            dataclasses.replace(n, capacity=powered(n.capacity), price=powered(n.price))
            for n in problem.nodes
        )
        tasks = tuple(dataclasses.replace(t, demand=powered(t.demand)) for t in problem.tasks)
        found.append(dataclasses.replace(problem, nodes=nodes, tasks=tasks))
    return found


def placed(problem: Problem, seed: int) -> gf.Plan:
    owner, terms = owned(seed)
    network = to_network(problem)
    nodes = to_nodes(problem, network, owner=[NAMES[o] for o in owner[: len(problem.nodes)]])
    owners = gf.Owners(name=NAMES, **terms)
    return gf.place(to_tasks(problem, network), nodes, objective=to_objective(problem), owners=owners)


def member(problem: Problem, oracle: Oracle, t: int, n: int, o: int, terms: Any, hours: float | None) -> Any:
    """What one member adds."""
    task, node = problem.tasks[t], problem.nodes[n]
    lasts = 1.0
    if hours is not None:
        lasts = min(hours, (task.duration_s or node.available_s) / 3600)
    demand = {r: float(q * Fraction(str(oracle.resolution(r)))) for r, q in oracle.demand(t).items()}
    per_hour = sum(
        node.price.get(r, 0) * amount * (3600 / task.duration_s if r in problem.consumable else 1)
        for r, amount in demand.items()
    )
    kwh = demand["power_w"] / 1000 * lasts * terms["overhead"][o]
    kg = kwh * terms["carbon_g_per_kwh"][o] / 1000
    carbon = kg / 1000 * terms["carbon_eur_per_t"][o]
    return {
        "tasks": 1, "task_hours": lasts, "energy_kwh": kwh, "carbon_kg": kg,
        "paid_eur": per_hour * lasts - carbon, "carbon_eur": carbon,
        "electricity_eur": kwh * terms["eur_per_kwh"][o],
    }  # fmt: skip


def expected(problem: Problem, plan: gf.Plan, seed: int, by: str, hours: float | None) -> dict[str, Any]:
    oracle, (owner, terms) = Oracle(problem), owned(seed)
    rows: dict[str, Any] = defaultdict(lambda: dict.fromkeys(AMOUNTS, 0))

    def name(n: int) -> str:
        site = problem.nodes[n].site
        where = {"owner": NAMES[owner[n]], "site": str(site)}
        return where.get(by) or problem.sites[site].domains.get(by, "")

    for n, node in enumerate(problem.nodes):
        lasts = 1 if hours is None else min(hours, node.available_s / 3600)
        if node.count:
            rows[name(n)]["nodes"] += node.count
            rows[name(n)]["paid_eur"] += terms["standby_eur_per_h"][owner[n]] * node.count * lasts
    for (t, n, _), k in assignment(plan).items():
        for column, amount in member(problem, oracle, t, n, owner[n], terms, hours).items():
            rows[name(n)][column] += k * amount
    for n, _ in {(n, instance) for _, n, instance in assignment(plan)}:
        rows[name(n)]["nodes_used"] += 1
    for row in rows.values():
        row["left_eur"] = row["paid_eur"] - row["electricity_eur"]
    if by == "owner":
        for one in NAMES:
            rows.setdefault(one, dict.fromkeys(AMOUNTS, 0))
    return dict(rows)


@pytest.mark.parametrize("hours", [None, 0, 0.75, 100])
@pytest.mark.parametrize("by", ["owner", "site", "country"])
def test_a_ledger_is_the_sum_over_members(drawn: list[Problem], by: str, hours: float | None) -> None:
    busy = 0
    for seed, problem in enumerate(drawn):
        if by == "country" and not any(site.domains for site in problem.sites):
            continue
        plan = placed(problem, seed)
        ledger = plan.ledger(by, hours=hours)
        wanted = expected(problem, plan, seed, by, hours)
        assert set(ledger.name) == set(wanted)
        for i, name in enumerate(ledger.name.tolist()):
            got = {column: getattr(ledger, column)[i].item() for column in AMOUNTS}
            assert got == pytest.approx(wanted[name], rel=1e-9, abs=1e-12), (seed, name)
        busy += len(ledger) > 1 and ledger.energy_kwh.sum() > 0
    assert busy > 25 or hours == 0


def test_all_of_a_plan_is_somebodys(drawn: list[Problem]) -> None:
    """Sums by owner, site and country agree, and with the part of the cost that nodes have."""
    carbon = 0
    for seed, problem in enumerate(drawn):
        plan, oracle = placed(problem, seed), Oracle(problem)
        by_owner = plan.ledger().total
        for by in ("site", *plan._tables[0].network.domains):
            assert plan.ledger(by).total == pytest.approx(by_owner, rel=1e-9, abs=1e-12)
        free = dataclasses.replace(
            problem, nodes=tuple(dataclasses.replace(node, price={}) for node in problem.nodes)
        )
        members = assignment(plan)
        rest = float(Oracle(free).total_cost(members))  # latency, links, risk
        owner, terms = owned(seed)
        standby = sum(
            terms["standby_eur_per_h"][owner[n]] * node.count for n, node in enumerate(problem.nodes)
        )
        nodes_have = by_owner["paid_eur"] + by_owner["carbon_eur"] - standby
        assert nodes_have == pytest.approx(plan.cost - rest, rel=1e-9, abs=1e-9)
        assert float(oracle.total_cost(members)) == pytest.approx(plan.cost, rel=1e-9, abs=1e-9)
        carbon += by_owner["carbon_eur"] > 0
    assert carbon > 10


NET = gf.Network(
    sites=["Berlin", "Paris"], links=([0], [1]), latency_ms=5.0, domains={"country": ["DE", None]}
)


def simple(owner: Any = ("a", "", "b"), owners: Any = None, **demand: Any) -> gf.Plan:
    nodes = gf.Nodes(
        NET, site=["Berlin", "Berlin", "Paris"], capacity=dict.fromkeys(demand, 10_000), owner=list(owner),
        count=[5, 4, 3], available_s=[7_200, math.inf, math.inf], id=[7, 8, 9],
        price=dict.fromkeys(demand, 1e-3),
    )  # fmt: skip
    tasks = gf.Tasks(NET, origin=["Berlin", "Paris"], demand=demand, count=[17, 2], duration_s=[0, 1_800])
    return gf.place(tasks, nodes, owners=owners)


def test_instances_are_counted_once() -> None:
    plan = simple(power_w=3_000)  # three on a node, one run may fill several and the next go on
    used: dict[int, set[int]] = {}
    for _, node, first, instances, _ in zip(*(part.tolist() for part in plan.assignments()), strict=True):
        used.setdefault(node, set()).update(range(first, first + instances))
    ledger = plan.ledger("site")
    assert ledger.nodes_used.tolist() == [len(used.get(7, ())) + len(used.get(8, ())), len(used.get(9, ()))]
    assert ledger.nodes.tolist() == [9, 3]


def test_a_kilowatt_for_ten_hours() -> None:
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    owners = gf.Owners(name=["household"], eur_per_kwh=0.287, carbon_g_per_kwh=381)
    tasks = gf.Tasks(net, origin=0, demand={"power_w": 1_000}, duration_s=36_000)

    def ledger(extra_eur_per_kwh: float) -> Any:
        price = {"power_w": gf.economics.price_eur_per_wh(0.287 + extra_eur_per_kwh)}
        nodes = gf.Nodes(net, site=0, capacity={"power_w": 1_000}, price=price, owner="household")
        return gf.place(tasks, nodes, owners=owners).ledger(hours=10)

    assert ledger(0).energy_kwh == 10
    assert ledger(0).electricity_eur == pytest.approx(2.87)
    assert ledger(0).carbon_kg == pytest.approx(3.81)
    assert ledger(0).left_eur == pytest.approx(0, abs=1e-12)
    assert ledger(0.05).left_eur == pytest.approx(0.5)
    assert ledger(-0.05).left_eur == pytest.approx(-0.5)


def test_what_nobody_says_is_not_a_number() -> None:
    some = simple(power_w=3_000, owners=gf.Owners(name=["a", "b"], eur_per_kwh=0.3)).ledger()
    assert some.name.tolist() == ["a", "b", ""]
    known = [not math.isnan(x) for x in some.left_eur]
    assert known == [True, True, some.tasks[2] == 0]
    assert np.isfinite([*some.paid_eur, *some.energy_kwh]).all()
    none = simple(power_w=3_000).ledger()
    assert none.name.tolist() == ["a", "b", ""]
    assert np.isnan(none.electricity_eur[none.tasks > 0]).all()
    dark = simple(memory_gb=3_000, owners=gf.Owners(name=["a", "b"], eur_per_kwh=0.3)).ledger()
    assert np.isnan(dark.energy_kwh[dark.tasks > 0]).all()
    assert np.isfinite(dark.paid_eur).all()
    assert simple(owner=[1, -1, 0], power_w=3_000).ledger().name.tolist() == ["0", "1", ""]


def test_energy_alone_says_what_is_drawn() -> None:
    owners = gf.Owners(name=["a", "b"], eur_per_kwh=0.3)
    hour = simple(energy_wh=1_000, owners=owners, owner="aab").ledger().total
    assert hour["tasks"] == 19
    assert hour["energy_kwh"] == pytest.approx(
        2 * 2
    )  # two tasks of 1 kWh in half an hour; the rest book none
    assert hour["paid_eur"] == pytest.approx(2 * 2)
    until_done = simple(energy_wh=1_000, owners=owners, owner="aab").ledger(hours=9).total
    assert (until_done["energy_kwh"], until_done["paid_eur"]) == pytest.approx((2, 2))


def test_open_ended_tasks_last_until_their_node_departs() -> None:
    plan = simple(power_w=10_000, owner="aab")
    hours = {7: 0.0, 8: 0.0, 9: 0.0}
    for task, node, _, instances, each in zip(*(p.tolist() for p in plan.assignments()), strict=True):
        lasts = 0.5 if task else 2 if node == 7 else 9
        hours[node] += instances * each * lasts
    assert hours[7] > 0
    assert hours[8] > 0
    ledger = plan.ledger("site", hours=9)
    assert ledger.task_hours.tolist() == pytest.approx([hours[7] + hours[8], hours[9]])


def test_nothing_placed() -> None:
    plan = simple(power_w=99_999)
    assert plan.placed_tasks == 0
    assert plan.ledger().total == dict.fromkeys(AMOUNTS, 0) | {"nodes": 12}
    assert plan.ledger("country").name.tolist() == ["DE", ""]


def test_of_a_plan_from_a_file(tmp_path: Path) -> None:
    owners = gf.Owners(name=["a", "b"], eur_per_kwh=0.3)
    plan = simple(power_w=3_000, owners=owners, owner="aab")
    plan.save(tmp_path / "plan.npz")
    again = gf.Plan.load(tmp_path / "plan.npz", *plan._tables)
    assert again.ledger(owners=owners).total == plan.ledger().total
    with pytest.raises(InputError, match=r"plan.ledger: got a plan without its tables"):
        gf.Plan.load(tmp_path / "plan.npz").ledger()


def test_bad_arguments_are_named() -> None:
    plan = simple(power_w=3_000)
    with pytest.raises(InputError, match="by: got 'rack', wanted one of 'owner', 'site', 'country'"):
        plan.ledger("rack")
    for hours in (-1, math.inf, math.nan):
        with pytest.raises(InputError, match=f"hours: got {hours}, wanted a finite number >= 0"):
            plan.ledger(hours=hours)
    with pytest.raises(InputError, match="hours: got '8', wanted a finite number >= 0"):
        plan.ledger(hours="8")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="owners: got list, wanted an Owners table"):
        plan.ledger(owners=["a"])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"nodes.owner\[row 2\]: got 'b', wanted a name of owners"):
        plan.ledger(owners=gf.Owners(name=["a"]))


def test_any_library_reads_it() -> None:
    table = simple(power_w=3_000, owners=gf.Owners(name=["a", "b"]), owner="aab").ledger()
    arrow = pyarrow.table(table)
    assert arrow.column_names == ["name", *AMOUNTS]
    assert arrow.schema.types == [pyarrow.string()] + [pyarrow.int64()] * 3 + [pyarrow.float64()] * 7
    assert polars.DataFrame(table)["name"].to_list() == ["a", "b"]
    assert table.to_pandas().tasks.sum() == 19


def test_text() -> None:
    table = simple(power_w=3_000, owners=gf.Owners(name=["a", "b"], eur_per_kwh=0.3), owner="aab").ledger()
    lines = str(table).splitlines()
    assert lines[0].split()[:3] == ["owner", "nodes", "nodes"]
    assert [line.split()[0] for line in lines[1:]] == ["a", "b", "all", "(per"]
    assert repr(table) == "Ledger(2 rows by owner, per hour, 57 EUR paid)"
    many = gf.Owners(name=[f"o{i}" for i in range(30)])
    nodes = gf.Nodes(NET, site=np.zeros(30, np.int64), capacity={"power_w": 9}, owner=np.arange(30))
    text = str(gf.place(gf.Tasks(NET, origin=0, demand={"power_w": 1}), nodes, owners=many).ledger(hours=2))
    assert "and 10 more" in text
    assert text.endswith("(over 2 hours)")
