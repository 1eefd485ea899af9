"""What the command line prints before and after its tables: progress and closing lines (rich)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gigafleet._frame import amount
from gigafleet.cli.tables import percent
from gigafleet.ledger import Ledger
from gigafleet.report import Report

__all__ = ["Stages", "closing", "stages"]


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


def closing(
    console: Console,
    plan: Any,
    report: Report,
    ledger: Ledger | None,
    seconds: dict[str, float],
    paths: list[Path],
    verified: bool,
) -> None:
    """Print the result in one line, what owners get, the times, and where the files are."""
    check = "every hard rule verified" if verified else "not verified"
    console.print(
        f"[bold]{report.placed:,} of {report.tasks:,} tasks placed "
        f"({percent(report.placed, report.tasks)})[/], {amount(plan.cost)} EUR an hour, "
        f"{plan.status}, {check}"
    )
    if ledger is not None:
        hour = ledger.total
        console.print(
            f"Owners get {amount(hour['paid_eur'])} EUR an hour, "
            f"{amount(hour['left_eur'])} after electricity: "
            f"{hour['energy_kwh'] / 1e3:,.1f} MWh, {hour['carbon_kg'] / 1e3:,.1f} t of CO2"
        )
    console.print("Seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    for path in paths:
        console.print(f"Wrote {path}", soft_wrap=True, highlight=False, markup=False)
