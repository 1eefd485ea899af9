"""A map of a plan (extra ``plot``): :func:`map_plan` draws on any Axes, :func:`save_map` writes a PNG."""

from gigafleet.plot.drawing import FIGURE_INCHES, map_plan, save_map

__all__ = ["FIGURE_INCHES", "map_plan", "save_map"]
