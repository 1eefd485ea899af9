"""The Europe scenario at several loads, links scarce and ample: what is placed, how far that is from bounds.

At `--scale 1m`, a million tasks on as many vehicles and the factories' hosts. `HELD` is what the gate holds.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

import gigafleet as gf
from gigafleet.scenarios import Preset, demand, load_preset

EFFORTS = ("fast", "balanced", "best")
LOADS = (0.6, 0.9, 1.1)
LINKS = ("scarce", "ample")
HELD = (0.015, 0.055, 0.11)  # at load 0.9, `balanced`: gaps of the two levels of priority, of the cost


def preset(links: str) -> Preset:
    """Return the figures of today; with ample links, all of the network and 100 times the backbone."""
    figures = load_preset("today")
    if links == "scarce":
        return figures
    ample: dict[str, Any] = dict.fromkeys(("backbone_share", "metro_share", "air_share", "fixed_share"), 1.0)
    return figures.but(network=ample | {"busiest_link_gbps": 100 * figures.network.busiest_link_gbps})


def tables(rows: int, load: float, links: str, monkeypatch: pytest.MonkeyPatch) -> tuple[gf.Tasks, gf.Nodes]:
    """Return tasks that ask for `load` of all compute, though that be more than factories have."""
    monkeypatch.setattr(demand, "FULLEST", math.inf)
    _, nodes, tasks = gf.scenarios.europe(
        vehicles=rows, tasks=rows, hour=19, seed=0, load=load, preset=preset(links)
    )
    return tasks, nodes


def gaps(plan: gf.Plan) -> list[float]:
    """Of the weight, by level of priority from the highest, then of the cost."""
    proven = plan.certificate
    levels = zip(proven.placed_by_level, proven.bound_by_level, strict=True)
    return [*(1 - placed / bound for placed, bound in levels), proven.gap_cost]


@pytest.mark.informational
@pytest.mark.parametrize("links", LINKS)
@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("effort", EFFORTS)
def test_europe(
    benchmark: Any, rows: int, load: float, links: str, effort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks, nodes = tables(rows, load, links, monkeypatch)
    benchmark.group = f"Europe, load {load}, {links} links"
    plan = benchmark.pedantic(gf.place, (tasks, nodes), {"effort": effort}, rounds=1)
    benchmark.extra_info.update(placed=plan.placed_tasks, cost=plan.cost, gaps=gaps(plan))
    print(f"\n{benchmark.group}, {effort}: {plan.placed_tasks:,} placed, {plan.cost:,.0f} EUR/h,", gaps(plan))


@pytest.mark.gate
def test_europe_is_held(benchmark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, nodes = tables(1_000_000, 0.9, "scarce", monkeypatch)
    plan = benchmark.pedantic(gf.place, (tasks, nodes), {"effort": "balanced"}, rounds=1)
    assert all(gap <= held for gap, held in zip(gaps(plan), HELD, strict=True)), gaps(plan)
