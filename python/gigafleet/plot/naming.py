"""Names beside markers on a map, placed so that they cover neither each other nor the legend."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

__all__ = ["Label", "place_labels"]

Floats = npt.NDArray[np.float64]

AWAY_POINTS = (9.0, 15.0, 24.0, 36.0, 50.0, 66.0)
EIGHTHS = (0, 4, 1, 7, 3, 5, 2, 6)  #: of a turn, counted from the east; sideways is read best


@dataclass(frozen=True)
class Label:
    """What is written beside a marker, and how large the marker is."""

    text: str
    km: tuple[float, float]
    size: float = 7.0
    bold: bool = False
    marker_points: float = 11.0


def place_labels(
    ax: Axes, labels: Sequence[Label], keep_clear: Sequence[tuple[float, float]], ink: str
) -> None:
    """Write labels beside their markers, the first ones where they like best.

    Each takes the first of 48 offsets where it covers no marker, label, legend or inset and lies nearest to
    its own marker, else the one that comes closest to that; far ones get a thin leader.

    Parameters
    ----------
    labels
        The most important first.
    keep_clear : (x, y) in km
        Points that are better not covered.
    """
    if not labels:
        return
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # settles the scale of the axes
    pixels = figure.dpi / 72
    marks = ax.transData.transform([label.km for label in labels])
    sides = np.array([label.marker_points * pixels for label in labels])
    taken = [Bbox.from_bounds(x - d / 2, y - d / 2, d, d) for (x, y), d in zip(marks, sides, strict=True)]
    taken += [part.get_window_extent() for part in (*ax.child_axes, ax.get_legend()) if part is not None]
    soft = ax.transData.transform(np.reshape(keep_clear, (-1, 2)))
    for i, label in enumerate(labels):
        text = ax.annotate(
            label.text, label.km, xytext=(0, 0), textcoords="offset points", zorder=12, linespacing=1.05,
            color=ink, fontsize=label.size, fontweight="bold" if label.bold else "normal",
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )  # fmt: skip
        least = np.inf
        for away, eighth in itertools.product(AWAY_POINTS, EIGHTHS):
            offset = _offset(away + (label.marker_points - 11.0) / 2, eighth)
            _move(text, offset)
            box = text.get_window_extent().padded(2)
            cost = _cost(box, ax.bbox, taken, marks, i, soft, pixels)
            if cost < least:
                best, least = offset, cost
            if cost == 0.0:
                break
        _move(text, best)
        taken.append(text.get_window_extent().padded(2))
        if np.hypot(*best) > AWAY_POINTS[1] + label.marker_points / 2:
            ax.annotate(
                "", label.km, xytext=best, textcoords="offset points", zorder=9,
                arrowprops={"arrowstyle": "-", "color": ink, "linewidth": 0.9},
            )  # fmt: skip


def _cost(
    box: Bbox, frame: Bbox, taken: list[Bbox], marks: Floats, own: int, soft: Floats, pixels: float
) -> float:
    """Area covered in square pixels, with fines for lying nearer to another marker and for soft points."""
    outside = max(frame.x0 - box.x0, box.x1 - frame.x1, frame.y0 - box.y0, box.y1 - frame.y1, 0.0)
    away = np.hypot(*(marks - np.clip(marks, (box.x0, box.y0), (box.x1, box.y1))).T) / pixels
    confused = np.count_nonzero(np.delete(away, own) < away[own] + 3.0)
    covered = np.count_nonzero(((soft > (box.x0, box.y0)) & (soft < (box.x1, box.y1))).all(axis=1))
    fines = 900.0 * confused + 60.0 * covered
    overlaps = sum(_overlap(box, other) for other in taken)
    return float(overlaps + 1e4 * outside + fines * pixels**2)


def _offset(away: float, eighth: int) -> tuple[float, float]:
    return float(away * np.cos(eighth * np.pi / 4)), float(away * np.sin(eighth * np.pi / 4))


def _move(text: Annotation, offset: tuple[float, float]) -> None:
    """Put the text so that it grows away from its marker."""
    x, y = offset
    text.set_position(offset)
    text.set_horizontalalignment("left" if x > 1 else "right" if x < -1 else "center")
    text.set_verticalalignment("bottom" if y > 1 else "top" if y < -1 else "center")


def _overlap(a: Bbox, b: Bbox) -> float:
    wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return float(max(0.0, wide) * max(0.0, high))
