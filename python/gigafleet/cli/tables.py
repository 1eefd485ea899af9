"""The tables of the command line: what was placed where, what was not and why, what binds (rich)."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gigafleet.report import FULL, Report, share, spell, top

__all__ = ["percent", "show"]

KIND_NAMES = {
    "vehicle": "Parked vehicles",
    "factory": "AI Factories",
    "gigafactory": "Gigafactories",
    "node": "Nodes",
}
KIND_HEADS = {
    "vehicle": "Parked\nvehicles",
    "factory": "AI\nFactories",
    "gigafactory": "Giga-\nfactories",
    "node": "Nodes",
}
MOST_COUNTRIES, MOST_LINKS = 10, 5


def percent(part: Any, whole: Any) -> str:
    """Write a share; a dash where the whole is nothing."""
    return f"{100 * float(share(part, whole)):.1f}%" if float(whole) > 0 else "-"


def show(console: Console, report: Report, network: Any) -> None:
    """Print every table that has something to say."""
    tables = (_by_kind(report), _by_country(report), _not_placed(report), _binding(report, network))
    for table in tables:
        if table.row_count:
            console.print(table)
            console.print()


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        pad_edge=False, show_edge=False,
    )  # fmt: skip
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", no_wrap=True)
    return table


def _by_kind(report: Report) -> Table:
    """Nodes, tasks and use of every resource, by kind of node."""
    table = _table("Placed, and the share of each resource in use", "On", "Nodes", "Tasks", "Share")
    for name in report.resources:
        table.add_column(name.replace("_", "\n"), justify="right")

    def add(name: str, which: Any, style: str | None = None) -> None:
        used, capacity = report.used[which].sum(axis=(0, 1)), report.capacity[which].sum(axis=(0, 1))
        placed = int(report.placed_by[which].sum())
        table.add_row(
            name, f"{report.nodes[which].sum():,}", f"{placed:,}", percent(placed, report.placed),
            *(percent(u, c) for u, c in zip(used, capacity, strict=True)), style=style,
        )  # fmt: skip

    for i, kind in enumerate(report.kinds):
        add(KIND_NAMES[kind], slice(i, i + 1))
    if len(report.kinds) > 1:
        add("All", slice(None), "bold")
    return table


def _by_country(report: Report) -> Table:
    """Tasks and use of the first resource, by country and kind of node; the countries with most tasks."""
    table = _table(f"Placed by country, {report.resources[0]} in use", "Country", "Tasks")
    for kind in report.kinds:
        table.add_column(KIND_HEADS[kind], justify="right")
        table.add_column("in use", justify="right")

    def add(name: str, which: Any) -> None:
        placed = int(report.placed_by[:, which].sum())
        cells = []
        for i in range(len(report.kinds)):
            used, capacity = report.used[i, which, 0].sum(), report.capacity[i, which, 0].sum()
            cells += [f"{report.placed_by[i, which].sum():,}" if capacity else "-", percent(used, capacity)]
        table.add_row(name, f"{placed:,}", *cells)

    first = top(report.placed_by.sum(axis=0).astype(np.float64), MOST_COUNTRIES)
    rest = np.setdiff1d(np.flatnonzero(report.nodes.sum(axis=0)), first)
    if len(report.countries) > 1:
        for country in first:
            add(escape(report.countries[country]), [country])
        if rest.size:
            add(f"{rest.size} more", rest)
    return table


def _not_placed(report: Report) -> Table:
    table = _table("Not placed", "Reason", "Tasks", "Share")
    table.add_column("In words", justify="left")
    for reason, count in report.reasons:
        table.add_row(reason.name, f"{count:,}", percent(count, report.tasks), reason.describe)
    return table


def _binding(report: Report, network: Any) -> Table:
    """Links and sites' own accesses, the fullest ones; resources by use."""
    table = _table("What binds", "What", "In use", "Of")

    def section(name: str, use: Any, limit: Any, names: Any) -> None:
        """Rows of one kind, each with its busier direction (``use`` and ``limit`` have two columns)."""
        way = use.argmax(axis=1)
        most = use.max(axis=1, initial=0.0)
        limited = int(np.count_nonzero(np.isfinite(limit).any(axis=1)))
        if not limited:
            return
        full = int(np.count_nonzero(most >= FULL))
        table.add_section()
        table.add_row(f"[bold]{name}: {full:,} of {limited:,} full[/]", "", "")
        for i in top(most, MOST_LINKS).tolist():
            table.add_row(
                f"  {escape(names(i, way[i]))}", f"{100 * most[i]:.1f}%", _rate(float(limit[i, way[i]]))
            )

    def link(i: int, way: int) -> str:
        ends = (network.sites[int(network.link_tail[i])], network.sites[int(network.link_head[i])])
        return f"{ends[way]} to {ends[1 - way]}"

    both = np.column_stack([network.capacity_mbps, network.capacity_mbps])
    section("Links", report.link_use, both, link)
    limit = np.column_stack([network.access_up_mbps, network.access_down_mbps])
    section(
        "Sites' own access",
        report.access_use,
        limit,
        lambda i, way: f"{network.sites[i]}, {('up', 'down')[way]}",
    )
    use = share(report.used.sum(axis=1), report.capacity.sum(axis=1))  # (kinds, resources)
    table.add_section()
    table.add_row("[bold]Resources of all nodes of a kind[/]", "", "")
    for i in top(use.ravel(), MOST_LINKS).tolist():
        kind, resource = divmod(i, len(report.resources))
        whole = spell(float(report.capacity[kind, :, resource].sum()))
        name = f"  {KIND_NAMES[report.kinds[kind]]}, {report.resources[resource]}"
        table.add_row(name, f"{100 * use[kind, resource]:.1f}%", whole)
    return table


def _rate(mbps: float) -> str:
    return f"{mbps / 1000:,.4g} Gbit/s" if mbps >= 1000 else f"{mbps:,.4g} Mbit/s"
