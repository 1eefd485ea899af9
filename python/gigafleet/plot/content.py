"""What a map shows, gathered from a plan in NumPy: nothing here draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gigafleet.errors import GigafleetError
from gigafleet.plot import outlines
from gigafleet.reasons import Reason
from gigafleet.report import FULL, Report, share, spell

__all__ = ["Factory", "MapData", "Window", "map_data"]

Floats = npt.NDArray[np.float64]
GRID_KM = 30.0  #: places of vehicles closer than about this are drawn as one dot
MOST_NAMED = 20  #: so few dots get their names
WORDS = {
    Reason.LABEL: "no node has the labels it requires",
    Reason.TOO_BIG: "too big for any node, even an empty one",
    Reason.TIME: "every node left departs too soon",
    Reason.MODEL: "no node left can load its model in time",
    Reason.ROUTE: "no route through the sites it may transit",
    Reason.RTT: "every node left is too far away",
    Reason.LINK: "a link or cell on every way is full",
    Reason.NOT_TRIED: "the time limit came first",
}


@dataclass(frozen=True)
class Window:
    """The part of the world drawn, in km of the projection and in degrees (west, south, east, north)."""

    west_km: float
    south_km: float
    east_km: float
    north_km: float
    degrees: tuple[float, float, float, float]
    centre: tuple[float, float] = outlines.EUROPE_CENTRE

    @property
    def width_km(self) -> float:
        """From west to east."""
        return self.east_km - self.west_km

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width_km / (self.north_km - self.south_km)

    def holds(self, km: Floats) -> npt.NDArray[np.bool_]:
        """Which points (n, 2) lie in the window; NaN does not."""
        middle = np.array([self.west_km + self.east_km, self.south_km + self.north_km]) / 2
        reach = np.array([self.east_km, self.north_km]) - middle
        return np.asarray((np.abs(km - middle) < reach).all(axis=1), np.bool_)


EUROPE = Window(-2600.0, -1975.0, 2725.0, 2000.0, (-45.0, 25.0, 65.0, 75.0))


@dataclass(frozen=True)
class Factory:
    """A campus drawn with its name."""

    name: str
    kind: str
    km: tuple[float, float]
    tasks: int
    use: float


@dataclass(frozen=True)
class MapData:
    """All that the map draws; rows of arrays belong together."""

    window: Window
    link_from_km: Floats
    link_to_km: Floats
    link_use: Floats
    dot_km: Floats
    dot_tasks: npt.NDArray[np.int64]
    dot_full: npt.NDArray[np.bool_]
    dot_names: tuple[str, ...]
    dot_steps: tuple[int, ...]
    dots_are: str
    factories: tuple[Factory, ...]
    reasons: tuple[tuple[str, int], ...]
    title: str
    headline: str
    footnote: str
    full_links: str
    full_sites: str
    resource: str


def map_data(report: Report, plan: Any, scenario: Any) -> MapData:
    """Gather the map's content.

    Parameters
    ----------
    report : Report
        The plan added up.
    plan, scenario
        As in :func:`gigafleet.plot.map_plan`.

    Raises
    ------
    GigafleetError
        When the network has no positions.
    """
    network = scenario.network
    if network.lat is None or network.lon is None or not np.isfinite(network.lat).any():
        raise GigafleetError("map: the network's sites have no positions; give them lat and lon")
    window = _window(network.lon, network.lat)
    km = np.column_stack(outlines.project(network.lon, network.lat, window.centre))
    large = np.isin(report.kinds, ("factory", "gigafactory"))
    dot_km, dot_tasks, dot_full, dot_names = _dots(
        km, report, report.placed_at[~large].sum(axis=0), network, window
    )
    factories = _campuses(report, network, km)
    link_use = report.link_use.max(axis=1)
    tail, head = km[network.link_tail], km[network.link_head]
    drawn = np.isfinite(tail).all(axis=1) & np.isfinite(head).all(axis=1)
    drawn &= (tail != head).any(axis=1)  # racks stand at their campus
    return MapData(
        window=window,
        link_from_km=tail[drawn],
        link_to_km=head[drawn],
        link_use=link_use[drawn],
        dot_km=dot_km,
        dot_tasks=dot_tasks,
        dot_full=dot_full,
        dot_names=dot_names,
        dot_steps=_steps(int(dot_tasks.max(initial=0))),
        dots_are="parked vehicles" if "vehicle" in report.kinds else "nodes",
        factories=_apart(factories, window),
        reasons=tuple((WORDS.get(reason, reason.describe), count) for reason, count in report.reasons),
        title=f"{report.placed:,} of {report.tasks:,} AI inference tasks placed"
        f" ({100 * float(share(report.placed, report.tasks)):.1f} %)",
        headline=_headline(report, plan, scenario, factories),
        footnote=_footnote(km, report.placed_at.sum(axis=0), window),
        full_links=_full(report.link_use, np.asarray(network.capacity_mbps)),
        full_sites=_full(report.access_use, np.minimum(network.access_up_mbps, network.access_down_mbps)),
        resource=report.resources[0],
    )


def _headline(report: Report, plan: Any, scenario: Any, factories: tuple[Factory, ...]) -> str:
    nodes = dict(zip(report.kinds, report.nodes.sum(axis=1).tolist(), strict=True))
    campuses = {kind: sum(place.kind == kind for place in factories) for kind in ("factory", "gigafactory")}
    names = (
        ("vehicle", nodes.get("vehicle", 0), "parked vehicle"),
        ("node", nodes.get("node", 0), "node"),
        ("factory", campuses["factory"], "AI Factory"),
        ("gigafactory", campuses["gigafactory"], "gigafactory"),
    )
    some = [f"{many:,} {_plural(name, many)}" for kind, many, name in names if kind in nodes]
    on = " and ".join(part for part in (", ".join(some[:-1]), *some[-1:]) if part)
    title = getattr(scenario, "title", "")
    return "  ·  ".join(part for part in (title, f"on {on}", f"{plan.cost:,.0f} € an hour") if part)


def _plural(name: str, many: int) -> str:
    if many == 1:
        return name
    return name[:-1] + "ies" if name.endswith("y") else name + "s"


def _window(lon: Floats, lat: Floats) -> Window:
    """Europe where most sites lie in it, else the box around the sites."""
    some = np.isfinite(lon) & np.isfinite(lat)
    lon, lat = lon[some], lat[some]
    x, y = outlines.project(lon, lat)
    inside = (x > EUROPE.west_km) & (x < EUROPE.east_km) & (y > EUROPE.south_km) & (y < EUROPE.north_km)
    if inside.mean() >= 0.9 and np.hypot(np.ptp(x[inside]), np.ptp(y[inside])) > 2000:
        return EUROPE
    centre = EUROPE.centre
    if not inside.all():
        centre = (float(lon.min() + lon.max()) / 2, float(lat.min() + lat.max()) / 2)
        x, y = outlines.project(lon, lat, centre)
    height = max(1.2 * float(np.ptp(y)), 0.9 * float(np.ptp(x)), 100.0)
    width = max(1.7 * float(np.ptp(x)), EUROPE.ratio * height)
    height = max(height, width / EUROPE.ratio)
    middle_x, middle_y = float(x.min() + x.max()) / 2, float(y.min() + y.max()) / 2
    south, north = float(lat.min()) - height / 111, min(float(lat.max()) + height / 111, 89.0)
    aside = width / 111 / np.cos(np.radians(min(max(abs(south), abs(north)), 80.0)))
    return Window(
        middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2,
        (float(lon.min() - aside), south, float(lon.max() + aside), north), centre,
    )  # fmt: skip


def _full(use: Floats, limit: Floats) -> str:
    """Write how many are full, of those that have a limit; nothing where none is."""
    full = int(np.count_nonzero(use.max(axis=1, initial=0.0) >= FULL))
    return f"{full:,} of {int(np.count_nonzero(np.isfinite(limit))):,}" if full else ""


def _footnote(km: Floats, tasks: npt.NDArray[np.int64], window: Window) -> str:
    beyond = int(tasks[~window.holds(km)].sum())
    return f"{spell(beyond)} more tasks run outside this map" if beyond else ""


def _dots(
    km: Floats, report: Report, tasks: npt.NDArray[np.int64], network: Any, window: Window
) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.bool_], tuple[str, ...]]:
    """Put nearby sites together: centre of weight, tasks, whether any site is full, name of the largest."""
    some = np.flatnonzero((tasks > 0) & window.holds(km))
    some = some[np.argsort(-tasks[some], kind="stable")]
    grid = GRID_KM * min(1.0, window.width_km / EUROPE.width_km)
    _, first, group = np.unique(
        np.floor(km[some] / grid).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    total = np.bincount(group, weights=tasks[some])
    x, y = (np.bincount(group, weights=tasks[some] * km[some, axis]) / total for axis in (0, 1))
    full = np.bincount(group, weights=report.access_use[some].max(axis=1) >= FULL) > 0
    few = first.size <= MOST_NAMED
    names = tuple(str(network.sites[i]) for i in some[first].tolist()) if few else ()
    return np.column_stack([x, y]), total.astype(np.int64), full, names


def _steps(most: int) -> tuple[int, ...]:
    """Choose up to three round numbers for the legend, the largest first below ``most``."""
    if most < 1:
        return ()
    power = 10 ** int(np.log10(most))
    largest = next(step * power for step in (5, 2, 1) if step * power <= most)
    return tuple(sorted({max(1, largest // 50), max(1, largest // 5), largest}))


def _campuses(report: Report, network: Any, km: Floats) -> tuple[Factory, ...]:
    """Factories by campus, or by site where there is no such domain."""
    codes, names = network.domains.get("campus", (np.full(network.site_count, -1, np.int32), ()))
    key = np.where(codes >= 0, codes, len(names) + np.arange(network.site_count))
    found = []
    for i, kind in enumerate(report.kinds):
        sites = np.flatnonzero((report.capacity_at[i] > 0) & np.isfinite(km).all(axis=1))
        if kind not in ("factory", "gigafactory") or not sites.size:
            continue
        keys, first, group = np.unique(key[sites], return_index=True, return_inverse=True)
        tasks, used, capacity = (
            np.bincount(group, weights=rows[i, sites])
            for rows in (report.placed_at, report.used_at, report.capacity_at)
        )
        use = share(used, capacity)
        at = km[sites[first]]
        found += [
            Factory(
                str(names[code] if code < len(names) else network.sites[sites[first[j]]]), kind,
                (float(at[j, 0]), float(at[j, 1])), int(tasks[j]), float(use[j]),
            )
            for j, code in enumerate(keys.tolist())
        ]  # fmt: skip
    return tuple(found)


def _apart(places: tuple[Factory, ...], window: Window) -> tuple[Factory, ...]:
    """Move markers that would cover each other aside: a factory to the left of a gigafactory at one place."""
    step = 0.0052 * window.width_km
    large = [place.km for place in places if place.kind == "gigafactory"]
    moved = []
    for place in places:
        near = any(np.hypot(place.km[0] - x, place.km[1] - y) < 2 * step for x, y in large)
        aside = 0.0 if not near else step if place.kind == "gigafactory" else -1.4 * step
        moved.append(replace(place, km=(place.km[0] + aside, place.km[1])))
    return tuple(moved)
