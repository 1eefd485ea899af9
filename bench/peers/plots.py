"""The pictures of `docs/benchmarks.md`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np

from peers.summary import Cell

INK, PALE = "#1c2630", "#d5dade"
FAMILIES = {
    "gigafleet": "#d55e00",
    "numba": "#0072b2",
    "numpy": "#56b4e9",
    "highs": "#009e73",
    "pop": "#66a61e",
    "ortools": "#cc79a7",
    "pot": "#8a5a83",
    "rebalancer": "#8c6d31",
}
SIZE_MARKS = dict(zip("ABCDE", "os^Dv", strict=True))
TICKS = (0, 0.5, 1, 2, 5, 10, 20, 50)  # percent
DPI = 110


def _colour(peer: str) -> str:
    return FAMILIES[peer.split("-")[0]]


def _ours(peer: str) -> bool:
    return peer.startswith("gigafleet")


def _apart(heights: Any, step: float, top: float) -> Any:
    """Sorted heights, moved so that neighbours are `step` apart and none is above `top`."""
    moved = np.array(heights)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + step)
    for i in range(len(moved) - 1, -1, -1):
        moved[i] = min(moved[i], top - step * (len(moved) - 1 - i))
    return moved


def _name_ends(ax: Any, ends: list[tuple[float, float, str]]) -> None:
    """Names to the right of lines, pushed apart on the log axis where they would overlap."""
    low, high = np.log10(ax.get_ylim())
    right = max(x for x, _, _ in ends) * 1.6
    ends.sort(key=lambda end: end[1])
    heights = _apart([np.log10(y) for _, y, _ in ends], 0.032 * (high - low), high)
    for (x, y, peer), height in zip(ends, heights, strict=True):
        line = {"arrowstyle": "-", "color": _colour(peer), "lw": 0.5, "alpha": 0.6, "relpos": (0, 0.5)}
        style: dict[str, Any] = {"color": _colour(peer), "fontsize": 8, "va": "center"}
        style["fontweight"] = "bold" if _ours(peer) else "normal"
        ax.annotate(peer, (x, y), (right, 10**height), arrowprops=line, **style)


def _lines(ax: Any, cells: list[Cell], value: Callable[[Cell], float], title: str) -> None:
    """One line a peer over the number of tasks, both axes logarithmic."""
    ends = []
    for peer in dict.fromkeys(cell.peer for cell in cells):
        points = [(c.tasks, value(c)) for c in cells if c.peer == peer and value(c) > 0]
        if not points:
            continue
        x, y = zip(*sorted(points), strict=True)
        width = 2.2 if _ours(peer) else 1.1
        ax.plot(x, y, marker="o", ms=4 if _ours(peer) else 3, lw=width, color=_colour(peer))
        ends.append((x[-1], y[-1], peer))
    ax.set(xscale="log", yscale="log", xlabel="tasks")
    ax.set_title(title, loc="left", color=INK, fontsize=11)
    ax.grid(True, which="major", color=PALE, lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    if ends:
        _name_ends(ax, ends)


def growth(cells: Iterable[Cell], path: Path) -> None:
    """Seconds and memory over the number of tasks."""
    known = [cell for cell in cells if cell.answered and not cell.peer.endswith("-compute")]
    fig, axes = plt.subplots(1, 2, figsize=(14, 7), layout="constrained")
    _lines(axes[0], known, lambda cell: cell.seconds, "Seconds from arrays to the last node")
    _lines(axes[1], known, lambda cell: max(cell.peak_mb, 1.0), "Memory beyond the instance, MB (1 at least)")
    fig.savefig(path, dpi=DPI)
    plt.close(fig)


def quality(cells: Iterable[Cell], path: Path) -> None:
    """What each peer leaves out, and pays above the bound; the less the better."""
    known = [cell for cell in cells if cell.answered]
    peers = list(dict.fromkeys(cell.peer for cell in known))[::-1]
    columns = (
        ("Tasks left out, % of what can be placed", lambda c: 100 * c.tasks_missing),
        ("Compute left out, % of what can be placed", lambda c: 100 * c.compute_missing),
        ("Cost above the bound for as much placed, %", lambda c: 100 * c.cost_gap),
    )
    fig, axes = plt.subplots(1, 3, figsize=(14, 1 + 0.3 * len(peers)), sharey=True, layout="constrained")
    for ax, (title, value) in zip(axes, columns, strict=True):
        for cell in known:
            size = {"s": 42, "marker": SIZE_MARKS[cell.size], "color": _colour(cell.peer)}
            ax.scatter(value(cell), peers.index(cell.peer), alpha=0.8, **size)
        ax.set_title(title, loc="left", fontsize=10, color=INK)
        ax.set_yticks(range(len(peers)), peers)
        ax.grid(True, color=PALE, lw=0.6)
        ax.set_axisbelow(True)
        ax.set_xscale("symlog", linthresh=1.0)
        ax.set_xticks(TICKS, map(str, TICKS))
        ax.set_xlim(-0.05, 70)
        ax.spines[["top", "right"]].set_visible(False)
    for label in axes[0].get_yticklabels():
        label.set_fontweight("bold" if _ours(label.get_text()) else "normal")
    sizes = sorted({cell.size for cell in known if math.isfinite(cell.cost_gap)})
    for size in sizes:
        axes[2].scatter([], [], marker=SIZE_MARKS[size], color=INK, label=f"size {size}")
    fig.legend(loc="outside lower center", ncols=len(sizes), fontsize=9, frameon=False)
    fig.savefig(path, dpi=DPI)
    plt.close(fig)
