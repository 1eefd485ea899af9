"""The map: drawn on the Axes given, readable, without overlaps, without a display."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace as Stub

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from gigafleet import plot
from gigafleet.errors import GigafleetError
from gigafleet.plot import content, drawing, outlines
from gigafleet.report import report
from test_report import world

CITIES = {
    "Jülich": (6.36, 50.92),
    "Bologna": (11.34, 44.49),
    "Poznań": (16.93, 52.41),
    "Kajaani": (27.73, 64.23),
}


def picture() -> content.MapData:
    """Four gigafactories, each beside a factory."""
    places = []
    for (name, at), kind in itertools.product(CITIES.items(), ("factory", "gigafactory")):
        x, y = outlines.project(*at)
        places.append(content.Factory(f"{name} {kind}", kind, (float(x), float(y)), 12_345, 0.87))
    ends = np.array([place.km for place in places[::2]])
    return content.MapData(
        window=content.EUROPE,
        link_from_km=ends[:-1],
        link_to_km=ends[1:],
        link_use=np.array([0.2, 0.8, 0.995]),
        dot_km=ends + 100.0,
        dot_tasks=np.array([10, 200, 3000, 45_000]),
        dot_full=np.array([False, False, False, True]),
        dot_names=(),
        dot_steps=(1000, 10_000, 20_000),
        dots_are="parked vehicles",
        factories=content._apart(tuple(places), content.EUROPE),
        reasons=(("every node left is full", 900), ("no route", 30)),
        title="99 of 100 tasks placed",
        headline="on 5 vehicles",
        footnote="7 more tasks run outside this map",
        full_links="1 of 3",
        full_sites="1 of 9",
        resource="compute_tops",
    )


def test_draws_on_the_axes_given() -> None:
    figure = Figure(figsize=(6, 5))
    axes = figure.add_subplot()
    assert drawing.draw(picture(), axes) is axes
    assert axes.figure is figure
    assert axes.get_xlim() == (content.EUROPE.west_km, content.EUROPE.east_km)
    assert axes.get_aspect() == 1.0


def test_says_what_a_stranger_needs() -> None:
    axes = drawing.draw(picture())
    words = " ".join(text.get_text() for text in axes.texts)
    for name in CITIES:
        assert f"{name} gigafactory\n12.3 k tasks, 87 % used" in words
    assert axes.get_title("left") == "99 of 100 tasks placed"
    assert "on 5 vehicles" in words
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == [
        "Gigafactory, compute_tops used", "AI Factory, compute_tops used",
        "1 k tasks on parked vehicles", "10 k tasks on parked vehicles", "20 k tasks on parked vehicles",
        "Full cell or gateway there (1 of 9)", "Full link (1 of 3)",
    ]  # fmt: skip
    insets = [text.get_text() for child in axes.child_axes for text in child.texts]
    assert "every node left is full" in insets
    assert "Why 930 tasks were not placed" in insets
    assert "7 more tasks run outside this map" in insets


def test_names_cover_neither_each_other_nor_the_legend() -> None:
    axes = drawing.draw(picture())
    axes.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts if "tasks," in text.get_text()]
    boxes += [
        axes.get_legend().get_window_extent(),
        *(child.get_window_extent() for child in axes.child_axes),
    ]
    assert len(boxes) == 8 + 1 + 2
    assert not [(a, b) for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]


def test_busier_links_are_wider_and_drawn_last() -> None:
    axes = drawing.draw(picture())
    (links,) = [c for c in axes.collections if isinstance(c, LineCollection) and c.get_array() is not None]
    assert np.asarray(links.get_array()) == pytest.approx([20, 80, 99.5])
    assert (np.diff(links.get_linewidths()) > 0).all()


def test_colours_fall_in_lightness() -> None:
    rgb = drawing._colours()(np.linspace(0, 1, 64))[:, :3]
    assert (np.diff(rgb @ [0.2126, 0.7152, 0.0722]) < 0.004).all()


def placed_world(lon: list[float], lat: list[float]) -> tuple[Stub, Stub]:
    plan, scenario = world()
    plan.cost = 12.0
    scenario.network.lon, scenario.network.lat = np.array(lon), np.array(lat)
    scenario.network.sites = ("Here", "There", "Campus")
    scenario.network.link_tail, scenario.network.link_head = np.array([0, 0, 1]), np.array([1, 2, 2])
    return plan, scenario


def test_a_small_network_gets_its_own_window() -> None:
    plan, scenario = placed_world([4.9, 5.1, 6.5], [52.4, 52.1, 53.2])
    data = content.map_data(report(plan, scenario), plan, scenario)
    assert data.window.width_km < 600
    assert data.title == "8 of 12 AI inference tasks placed (66.7 %)"
    assert data.headline == "on 2 parked vehicles, 1 AI Factory and 1 gigafactory  ·  12 € an hour"
    assert {place.name for place in data.factories} == {"There", "Campus"}
    axes = plot.map_plan(plan, scenario)
    assert isinstance(axes, Axes)


def test_another_continent_is_centred_there() -> None:
    plan, scenario = placed_world([-74.0, -87.6, -122.4], [40.7, 41.9, 37.8])
    window = content.map_data(report(plan, scenario), plan, scenario).window
    assert window.centre == pytest.approx((-98.2, 39.85))
    assert 4000 < window.width_km < 9000


def test_no_positions_is_an_error() -> None:
    plan, scenario = placed_world([0.0] * 3, [0.0] * 3)
    scenario.network.lon = scenario.network.lat = None
    with pytest.raises(GigafleetError, match="no positions"):
        plot.map_plan(plan, scenario)


def test_saves_a_png_of_the_stated_size(tmp_path: Path) -> None:
    plan, scenario = placed_world([4.9, 5.1, 6.5], [52.4, 52.1, 53.2])
    plot.save_map(tmp_path / "map.png", plan, scenario)
    raw = (tmp_path / "map.png").read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])) == (2080, 1680)
