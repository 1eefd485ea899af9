"""Writes `docs/benchmarks.md` and its pictures from the CSV of `runner` and the JSON of pytest-benchmark."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

from peers import bounds, plots, runner
from peers.instance import SIZES
from peers.registry import BY_NAME, PEERS
from peers.summary import Cell, Row, cells, newest

TEMPLATE = Path(__file__).with_name("benchmarks.md.template")
UNKNOWN = "-"
BARS = {"alike": "12", "no two vehicles alike": UNKNOWN}  # CPU seconds in sorts, at a million rows


def _number(value: float, digits: int = 3) -> str:
    """So many digits that count, thousands parted."""
    if not math.isfinite(value):
        return UNKNOWN
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{float(f'{value:.{digits}g}'):g}"


def _percent(value: float) -> str:
    return f"{100 * value:.2f}" if math.isfinite(value) else UNKNOWN


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    names = head.split("|")
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cell.strip() for cell in line)} |" for line in lines)


def _size_line(cell: Cell, usual_runs: int) -> list[str]:
    name = f"**`{cell.peer}`**" if cell.peer.startswith("gigafleet") else f"`{cell.peer}`"
    if cell.runs != usual_runs:
        name += f" ({cell.runs} of {usual_runs})"
    if not cell.answered:
        return [name, _number(cell.seconds), _number(cell.cpu_s), cell.note, *[UNKNOWN] * 4]
    shares = (cell.tasks_share, cell.tasks_missing, cell.compute_share, cell.compute_missing, cell.cost_gap)
    tasks, no_tasks, compute, no_compute, gap = map(_percent, shares)
    line = [
        name,
        _number(cell.seconds),
        _number(cell.cpu_s),
        f"{tasks} ({no_tasks})",
        f"{compute} ({no_compute})",
    ]
    return [*line, f"{cell.cost:,.0f}", gap, _number(max(cell.peak_mb, 1.0), 2)]


def _tables(found: list[Cell]) -> str:
    head = "peer|seconds|CPU s|tasks placed, % (short of the most)|compute placed, % (short of the most)"
    head += "|cost|above the bound, %|MB"
    parts = []
    for size in dict.fromkeys(cell.size for cell in found):
        mine = [cell for cell in found if cell.size == size]
        tasks, nodes, sites = SIZES[size]
        runs = max(cell.runs for cell in mine)
        seeds = f"medians of {runs} runs" if runs > 1 else "one run"
        title = f"### Size {size}: {tasks:,} tasks on {nodes:,} nodes at {sites} sites; {seeds}"
        parts.append(f"{title}\n\n{_table(head, (_size_line(cell, runs) for cell in mine))}")
    return "\n\n".join(parts)


def _peers(rows: list[Row]) -> str:
    versions = {row["peer"]: row["version"] for row in rows}
    line = ([f"`{p.name}`", versions.get(p.name, "not run"), p.about] for p in PEERS)
    return _table("peer|version|what it does", line)


def _bounds() -> str:
    lines = []
    for size in SIZES:
        for seed in range(10):
            if (tasks := bounds.of(size, seed, "tasks")) is None:
                continue
            compute = bounds.of(size, seed, "compute")
            most = SIZES[size][0]
            line = [size, str(seed), f"{tasks.most:,.0f}", _number(tasks.cost_of(min(tasks.most, most)), 6)]
            line += (
                [f"{compute.most:,.0f}", _number(compute.cost_of(compute.most), 6)]
                if compute
                else [UNKNOWN, UNKNOWN]
            )
            lines.append([*line, tasks.tangents[0].made_by])
    head = "size|seed|most tasks|their cost|most compute (milli-cores)|its cost|how"
    return _table(head, lines)


def _own(path: Path) -> str:
    """Medians over seeds of `bench/test_bench_place.py`, from the JSON of pytest-benchmark."""
    if not path.exists():
        return "Not measured here: `make peers` does so."
    runs = json.loads(path.read_text())["benchmarks"]
    grouped: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        name = run["group"].removeprefix("place, ")
        if name not in BARS and run["param"] is not None:
            name = run["param"].strip("{}").replace("'", "").replace(":", "")
        grouped.setdefault(name, []).append(run["extra_info"])
    lines = []
    for name, infos in grouped.items():
        of = {key: statistics.median(info[key] for info in infos) for key in infos[0]}
        line = [
            name,
            str(len(infos)),
            *(_number(of[key]) for key in ("run_s", "routes_s", "sort_s", "sorts", "cpu_sorts")),
        ]
        lines.append([*line, BARS.get(name, UNKNOWN), _percent(of["placed"])])
    head = (
        "workload|seeds|seconds|of them routes|one sort|sorts beyond the routes"
        "|CPU seconds in sorts|bar of these|tasks placed, %"
    )
    return _table(head, lines)


def _span(values: Iterable[str]) -> str:
    """First and last of sorted values."""
    ordered = sorted(set(values))
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def _openb(path: Path) -> str:
    """GPUs of the trace that are allocated: the published policies, gigafleet's, and what none can exceed."""
    if not path.exists():
        return "Not measured."
    (run,) = json.loads(path.read_text())["benchmarks"]
    found: dict[str, dict[str, float]] = run["extra_info"]["allocated"]
    percent = list(next(iter(found.values())))
    lines = [[name, *(f"{found[name][p]:.2f}" for p in percent)] for name in found]
    head = "|".join(["policy", *(f"{p} % asked for" for p in percent)])
    return f"{_table(head, lines)}\n\ngigafleet: means of {run['extra_info']['seeds']} seeds."


def write(results: Path, place: Path, docs: Path) -> None:
    """Write `benchmarks.md` and its pictures into the folder `docs`."""
    rows = [row for row in newest(runner.read(results)) if row["peer"] in BY_NAME]
    found = cells(rows)
    plots.growth(found, docs / "benchmarks-growth.png")
    plots.quality(found, docs / "benchmarks-quality.png")
    text = Template(TEMPLATE.read_text()).substitute(
        machine="; ".join(sorted({row["machine"] for row in rows})),
        python=", ".join(sorted({row["python"] for row in rows})),
        dates=_span(row["date"] for row in rows),
        limits=" or ".join(sorted({f"{float(row['limit_s']):g}" for row in rows}, key=float)),
        tables=_tables(found),
        peers=_peers(rows),
        bounds=_bounds(),
        own=_own(place),
        openb=_openb(place.with_name("openb.json")),
    )
    (docs / "benchmarks.md").write_text(text)
