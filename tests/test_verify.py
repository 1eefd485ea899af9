"""`verify` beyond the single rules: identity, what a plan says of itself, samples, sizes, independence."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gigafleet
from gigafleet.errors import VerifyError
from gigafleet.verify import Reported, verify
from plain import INF, Net, Nodes, Objective, Tasks
from verify_cases import breaks, line, runs, two_rows_a_block

# -- identity and what a plan says of itself ---------------------------------------------------------------


def test_identity() -> None:
    net = line()
    tasks = Tasks(net, 2, {"memory_gb": 0.0}, count=[1, 5], id=[8, 9])
    nodes = Nodes(net, 2, {"memory_gb": 9.0}, count=[1, 3])
    verify(runs((0, 0), (1, 1, 0, 2, 2), (1, 1, 2, 1, 1)), tasks, nodes)
    verify(runs(), tasks, nodes)
    for wrong, what in (
        ([(0, 0), (0, 1)], "task 8: 2 of 1 placed, more than it has"),
        ([(1, 1, 0, 3, 2)], "its task has fewer members"),
        ([(1, 1, 2, 2, 1)], "its node has fewer instances"),
        ([(1, 1, 3, 1, 1)], "its node has fewer instances"),
        ([(1, 1, -1, 1, 1)], "instance < 0"),
        ([(1, 1, 0, 0, 1)], "no members"),
        ([(1, 1, 0, 1, 0)], "no members"),
        ([(2, 0)], "the table has 2 task rows"),
        ([(-1, 0)], "the table has 2 task rows"),
        ([(0, 2)], "the table has 2 node rows"),
        ([(1, 1, 0, 1 << 62, 4)], "its node has fewer instances"),
        ([(1, 1, 0, 1, 1 << 62)], "its task has fewer members"),
    ):
        with breaks("identity", what):
            verify(runs(*wrong), tasks, nodes)
    with breaks("identity", "different networks"):
        verify(runs(), tasks, Nodes(line(), 2, {"memory_gb": 9.0}))
    with breaks("identity", "shapes"):
        verify(runs((0, 0))._replace(node=np.zeros(2, np.int64)), tasks, nodes)


def test_a_node_without_instances_holds_nothing() -> None:
    net = line()
    with breaks("identity", "its node has fewer instances"):
        verify(runs((0, 0)), Tasks(net, 1, {"memory_gb": 0.0}), Nodes(net, 1, {"memory_gb": 9.0}, count=0))


def reported(**changed: Any) -> Reported:
    """Of task 0 (5 Mbps up, 1 down, weight 2) of three tasks on the only node."""
    true: dict[str, Any] = {
        "placed_count": np.array([1, 0, 0]),
        "reason": np.array([0, 6, 0], np.uint8),
        "arc_load": np.array([5_000_000, 1_000_000, 5_000_000, 1_000_000]),
        "access_up": np.array([5_000_000, 0, 1_000_000]),
        "access_down": np.array([1_000_000, 0, 5_000_000]),
        "placed_tasks": 1,
        "placed_weight": 2.0,
        "cost": 3.0 * 4.0 + 1e-5 * 11.5 + (5 + 1) * (0.5 + 0.25) + 7.0 * 2.0 * 3600 / 60,
        "objective": Objective(),
    }
    return Reported(**(true | changed))


def reporting() -> tuple[Tasks, Nodes]:
    net = line(price_per_mbps=[0.5, 0.25])
    tasks = Tasks(
        net, 3, {"memory_gb": 4.0, "energy_wh": 2.0}, count=[1, 1, 0], weight=2.0, duration_s=60.0,
        uplink_mbps=5.0, downlink_mbps=1.0,
    )  # fmt: skip
    nodes = Nodes(
        net, 1, {"memory_gb": 9.0, "energy_wh": 2.0}, site=2, access_rtt_ms=1.5,
        price={"memory_gb": 3.0, "energy_wh": 7.0},
    )  # fmt: skip
    return tasks, nodes


def test_what_a_plan_says_of_itself() -> None:
    tasks, nodes = reporting()
    verify(runs((0, 0)), tasks, nodes, reported())
    true: Any = reported()
    for rule, what, changed in (
        (
            "identity",
            "task 0: 1 of 1 placed, its placed_count says otherwise",
            {"placed_count": np.array([0, 0, 0])},
        ),
        ("identity", "task 1: 0 of 1 placed, its reason says otherwise", {"reason": np.array([0, 0, 0])}),
        ("identity", "task 0: 1 of 1 placed, its reason says otherwise", {"reason": np.array([6, 6, 0])}),
        ("identity", "placed_tasks is 2, recomputed 1", {"placed_tasks": 2}),
        ("load", "placed_weight is 2.1, recomputed 2.0", {"placed_weight": 2.1}),
        (
            "load",
            "link 0 .*reported 5 Mbps, recomputed 1 Mbps",
            {"arc_load": true.arc_load + np.array([0, 4_000_000, 0, 0])},
        ),
        (
            "load",
            "'s2': access_up_mbps: reported 0 Mbps, recomputed 1 Mbps",
            {"access_up": np.array([5_000_000, 0, 0])},
        ),
        ("load", "'s1': access_down_mbps: reported 2 Mbps", {"access_down": np.array([1, 2, 5]) * 1_000_000}),
        ("load", "cost is .*, recomputed", {"cost": true.cost * (1 + 1e-8)}),
    ):
        with breaks(rule, what):
            verify(runs((0, 0)), tasks, nodes, reported(**changed))


def test_cost_of_risk_and_open_end() -> None:
    net = line()
    tasks = Tasks(net, 3, {"memory_gb": 1.0}, duration_s=[0.0, 0.0, 30.0])
    nodes = Nodes(net, 2, {"memory_gb": 9.0}, price={"memory_gb": -0.5}, available_s=[100.0, 3600.0])
    where = runs((0, 0), (1, 1), (2, 0))
    verify(where, tasks, nodes, Reported(cost=-1.5 + 0.25, objective=Objective(risk_price=0.25)))
    with breaks("load", "cost"):
        verify(where, tasks, nodes, Reported(cost=-1.5, objective=Objective(risk_price=0.25)))


# -- sampling, sizes, independence -------------------------------------------------------------------------


def test_a_sample_checks_some_runs_and_every_capacity() -> None:
    net = line()
    count = 1000
    late = np.full(count, INF)
    late[500] = 1.0
    tasks = Tasks(net, count, {"memory_gb": 1.0}, max_rtt_ms=late, bandwidth_mbps=1e-3)
    nodes = Nodes(net, 1, {"memory_gb": float(count)}, site=2)
    every = runs(*((t, 0) for t in range(count)))
    with breaks("latency", "task 500"):
        verify(every, tasks, nodes)
    verify(every, tasks, nodes, sample=10)
    verify(every, tasks, nodes, sample=0)
    with breaks("latency", "task 500"):
        verify(every, tasks, nodes, sample=count)
    caught = 0
    for seed in range(20):
        try:
            verify(every, tasks, nodes, sample=500, seed=seed)
        except VerifyError:
            caught += 1
    assert 3 <= caught <= 17
    with breaks("capacity", "node 0"):
        verify(every, tasks, Nodes(net, 1, {"memory_gb": count - 1.0}, site=2), sample=0)
    with breaks("link", "link 0"):
        verify(every, tasks, nodes, Reported(arc_load=np.full(4, 10_000_001)), sample=0)


def test_blocks_agree_with_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    two_rows_a_block(monkeypatch)
    test_what_a_plan_says_of_itself()
    test_a_sample_checks_some_runs_and_every_capacity()
    test_cost_of_risk_and_open_end()


def test_empty_tables() -> None:
    net = Net(1, [])
    none = np.zeros(0)
    verify(
        runs(),
        Tasks(net, 0, {"memory_gb": none}),
        Nodes(net, 0, {"memory_gb": none}),
        Reported(cost=0.0, objective=Objective()),
    )


PACKAGE = Path(gigafleet.__file__).parent


def test_imports_no_extension() -> None:
    allowed = {"__future__", "collections", "dataclasses", "heapq", "math", "numbers", "numpy", "typing"}
    for path in [PACKAGE / "verify.py", PACKAGE / "errors.py", *sorted((PACKAGE / "_verify").glob("*.py"))]:
        for part in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in part.names] if isinstance(part, ast.Import) else []
            names += [part.module or "."] if isinstance(part, ast.ImportFrom) else []
            for name in names:
                own = name == "gigafleet.errors" or name.startswith("gigafleet._verify.")
                assert own or name.split(".")[0] in allowed, f"{path.name} imports {name}"


def test_loads_no_extension() -> None:
    code = (
        "import sys, importlib.machinery as m; import gigafleet.verify; "
        "found = [n for n, x in list(sys.modules.items()) if n.startswith('gigafleet') "
        "and isinstance(getattr(x, '__loader__', None), m.ExtensionFileLoader)]; "
        "sys.exit(str(found) if found else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
