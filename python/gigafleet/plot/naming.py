"""Names beside markers on a map, placed so that they cover neither each other nor the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gigafleet.plot.content import Factory
from gigafleet.report import spell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

__all__ = ["place_labels"]

AWAY_POINTS = (9.0, 15.0, 24.0, 36.0, 50.0, 66.0)
EIGHTHS = (0, 4, 1, 7, 3, 5, 2, 6)  #: of a turn, counted from the east; sideways is read best
MARKER_POINTS = 11.0


def place_labels(ax: Axes, places: tuple[Factory, ...], ink: str) -> None:
    """Write name, tasks and use beside each place; gigafactories first and bold.

    Each label takes the first of 48 offsets where it covers no marker, label, legend or inset, else the one
    that covers least; far ones get a thin leader.
    """
    from matplotlib.transforms import Bbox

    if not places:
        return
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # settles the scale of the axes
    side = MARKER_POINTS * figure.dpi / 72
    taken = [Bbox.from_bounds(x - side / 2, y - side / 2, side, side)
             for x, y in ax.transData.transform([place.km for place in places])]  # fmt: skip
    taken += [part.get_window_extent() for part in (*ax.child_axes, ax.get_legend()) if part is not None]
    for place in sorted(places, key=lambda place: (place.kind != "gigafactory", -place.tasks)):
        big = place.kind == "gigafactory"
        text = ax.annotate(
            f"{place.name}\n{spell(place.tasks)} tasks, {100 * place.use:.0f} % used", place.km,
            xytext=(0, 0), textcoords="offset points", zorder=12, linespacing=1.05, color=ink,
            fontsize=8.4 if big else 7.0, fontweight="bold" if big else "normal",
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )  # fmt: skip
        offset = _best(text, ax.bbox, taken)
        _move(text, offset)
        taken.append(text.get_window_extent().padded(2))
        if np.hypot(*offset) > AWAY_POINTS[1]:
            ax.annotate(
                "", place.km, xytext=offset, textcoords="offset points", zorder=7,
                arrowprops={"arrowstyle": "-", "color": ink, "linewidth": 0.6},
            )  # fmt: skip


def _best(text: Annotation, frame: Bbox, taken: list[Bbox]) -> tuple[float, float]:
    best, least = (0.0, 0.0), np.inf
    for away in AWAY_POINTS:
        for eighth in EIGHTHS:
            offset = (away * np.cos(eighth * np.pi / 4), away * np.sin(eighth * np.pi / 4))
            _move(text, offset)
            box = text.get_window_extent().padded(2)
            outside = max(frame.x0 - box.x0, box.x1 - frame.x1, frame.y0 - box.y0, box.y1 - frame.y1, 0.0)
            covers = sum(_overlap(box, other) for other in taken) + 1e4 * outside
            if covers < least:
                best, least = offset, covers
            if covers == 0.0:
                return best
    return best


def _move(text: Annotation, offset: tuple[float, float]) -> None:
    """Put the text so that it grows away from its marker."""
    x, y = offset
    text.set_position(offset)
    text.set_horizontalalignment("left" if x > 1 else "right" if x < -1 else "center")
    text.set_verticalalignment("bottom" if y > 1 else "top" if y < -1 else "center")


def _overlap(a: Bbox, b: Bbox) -> float:
    wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return float(max(0.0, wide) * max(0.0, high))
