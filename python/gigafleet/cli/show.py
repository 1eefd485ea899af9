"""What the command line prints: progress, tables, closing lines (rich)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gigafleet.report import FULL, Report, share, top

__all__ = ["Stages", "closing", "stages", "tables"]

KIND_NAMES = {
    "vehicle": "Parked vehicles", "factory": "AI Factories", "gigafactory": "Gigafactories", "node": "Nodes",
}  # fmt: skip
MOST_COUNTRIES, MOST_LINKS = 10, 5


class Stages:
    """A progress line a stage; an instance is what ``gf.place(progress=...)`` calls."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._open: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show ``done`` of ``total`` of a stage; a new name opens a line and closes the one before."""
        if stage not in self._open:
            self.close()
            self._open[stage] = self._progress.add_task(stage.capitalize(), total=total or None)
        self._progress.update(self._open[stage], completed=done, total=total or None)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a stage of unknown length."""
        self.close()
        line = self._progress.add_task(name, total=None)
        yield
        self._progress.update(line, total=1, completed=1)

    def close(self) -> None:
        """Complete the lines that are open."""
        for line in self._open.values():
            total = next(task.total for task in self._progress.tasks if task.id == line)
            self._progress.update(line, total=total or 1, completed=total or 1)


@contextmanager
def stages(console: Console) -> Iterator[Stages]:
    """Show progress lines while the block runs."""
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        shown = Stages(progress)
        yield shown
        shown.close()


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def _percent(part: Any, whole: Any) -> str:
    return f"{100 * float(share(part, whole)):.1f} %" if float(whole) > 0 else "-"


def tables(console: Console, report: Report, network: Any) -> None:
    """Print what was placed where, what was not and why, and what binds."""
    parts = (_placed(report), _not_placed(report), _binding(report, network))
    console.print(*(part for part in parts if part is not None), sep="\n")


def closing(
    console: Console, plan: Any, report: Report, seconds: dict[str, float], paths: list[Path], verified: bool
) -> None:
    """Print the result in one line, the times, and where the files are."""
    check = "every hard rule verified" if verified else "not verified"
    console.print(
        f"[bold]{report.placed:,} of {report.tasks:,} tasks placed "
        f"({_percent(report.placed, report.tasks)})[/], {plan.cost:,.2f} EUR an hour, {plan.status}, {check}"
    )
    console.print("Seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    for path in paths:
        console.print(f"Wrote {path}", soft_wrap=True, highlight=False)


def _placed(report: Report) -> Table:
    """What was placed where: by kind of node, then by country."""
    table = _table(
        "Placed", "Where", "Nodes", "Tasks", "Share", *(f"{name} used" for name in report.resources)
    )

    def add(name: str, nodes: int, placed: int, used: Any, capacity: Any, style: str | None = None) -> None:
        table.add_row(
            name, f"{nodes:,}", f"{placed:,}", _percent(placed, report.placed),
            *(_percent(u, c) for u, c in zip(used, capacity, strict=True)), style=style,
        )  # fmt: skip

    for i, kind in enumerate(report.kinds):
        add(KIND_NAMES[kind], int(report.nodes[i].sum()), int(report.placed_by[i].sum()),
            report.used[i].sum(axis=0), report.capacity[i].sum(axis=0))  # fmt: skip
    table.add_section()
    by_country = report.placed_by.sum(axis=0).astype(np.float64)
    first = top(by_country, MOST_COUNTRIES)
    rest = np.setdiff1d(np.flatnonzero(report.nodes.sum(axis=0)), first)
    parts = [(report.countries[i], np.array([i])) for i in first]
    if rest.size:
        parts.append((f"{rest.size} more", rest))
    for name, which in parts if len(report.countries) > 1 else ():
        add(name, int(report.nodes[:, which].sum()), int(report.placed_by[:, which].sum()),
            report.used[:, which].sum(axis=(0, 1)), report.capacity[:, which].sum(axis=(0, 1)))  # fmt: skip
    table.add_section()
    add("All", int(report.nodes.sum()), report.placed, report.used.sum(axis=(0, 1)),
        report.capacity.sum(axis=(0, 1)), style="bold")  # fmt: skip
    return table


def _not_placed(report: Report) -> Table | None:
    """What was not placed, and why; None where everything was."""
    if not report.reasons:
        return None
    table = _table("Not placed", "Reason", "Tasks", "Share of all")
    table.add_column("Why", justify="left")
    for reason, count in report.reasons:
        table.add_row(reason.name, f"{count:,}", _percent(count, report.tasks), reason.describe)
    return table


def _binding(report: Report, network: Any) -> Table:
    """What binds: the links, sites' own accesses and resources used most."""
    table = _table("What binds", "What", "Used", "Of", "Full")

    def capacity(mbps: float) -> str:
        return f"{mbps / 1000:,.4g} Gbit/s" if mbps >= 1000 else f"{mbps:,.4g} Mbit/s"

    def full(use: Any, limited: Any) -> str:
        return f"{int(np.count_nonzero(use >= FULL)):,} of {int(np.count_nonzero(np.isfinite(limited))):,}"

    for i, kind in enumerate(report.kinds):
        for r, name in enumerate(report.resources):
            used, whole = report.used[i, :, r].sum(), report.capacity[i, :, r].sum()
            if whole > 0:
                table.add_row(f"{KIND_NAMES[kind]}: {name}", _percent(used, whole), f"{whole:,.4g}", "")
    table.add_section()
    table.add_row("Links", "", "", full(report.link_use, network.capacity_mbps))
    for i in top(report.link_use, MOST_LINKS):
        a, b = (network.sites[int(end[i])] for end in (network.link_tail, network.link_head))
        use = f"{100 * report.link_use[i]:.1f} %"
        table.add_row(f"  {a} - {b}", use, capacity(network.capacity_mbps[i]), "")
    table.add_section()
    least = np.minimum(network.access_up_mbps, network.access_down_mbps)
    table.add_row("Sites' own access", "", "", full(report.access_use, least))
    for i in top(report.access_use, MOST_LINKS):
        use = f"{100 * report.access_use[i]:.1f} %"
        table.add_row(f"  {network.sites[int(i)]}", use, capacity(least[i]), "")
    return table
