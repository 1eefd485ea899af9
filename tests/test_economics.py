"""Energy, money and carbon: the figures of the design, units, shapes, errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gigafleet import economics
from gigafleet.errors import InputError, InputTypeError


def test_a_kilowatt_for_ten_hours() -> None:
    energy = economics.energy_wh(1_000, 10 * 3600)
    assert energy == 10_000  # 10 kWh
    assert energy / 75_000 == pytest.approx(0.13, abs=0.005)  # of a 75 kWh battery
    assert energy * economics.price_eur_per_wh(0.287) == pytest.approx(2.87)


def test_weights_take_their_time() -> None:
    assert economics.load_s(4, 83) / 60 == pytest.approx(6.4, abs=0.05)
    assert economics.load_s(4, 500, sharing=100) / 3600 == pytest.approx(1.8, abs=0.05)  # 100 cars, one cell
    assert economics.load_s(np.array([0, 4.0]), math.inf).tolist() == [0, 0]


def test_open_ended_tasks_book_no_energy() -> None:
    assert economics.energy_wh(np.array([100, 200]), np.array([0, 1800])).tolist() == [0, 100]


def test_what_a_battery_offers_until_departure() -> None:
    usable = economics.usable_energy_wh
    assert usable(75_000) == 75_000
    assert usable(80_000, charge=0.75, reserve=0.5) == 20_000
    assert usable(80_000, charge=0.5, reserve=0.75) == 0
    # What the plug gives is on offer, whatever the battery has to keep.
    assert usable(80_000, charge=0.5, reserve=0.75, plug_w=2_300, stay_s=7_200) == 4_600
    assert usable(80_000, charge=1, reserve=1, plug_w=[0, 2_300, math.inf], stay_s=math.inf).tolist() == [
        0,
        math.inf,
        math.inf,
    ]
    assert usable(80_000, charge=1, reserve=1, plug_w=math.inf, stay_s=0) == 0
    assert usable(np.array([50_000.0, 100_000.0]), reserve=[[0.5], [0]]).tolist() == [
        [25_000, 50_000],
        [50_000, 100_000],
    ]


def test_price_of_energy_with_its_carbon() -> None:
    price = economics.price_eur_per_wh
    assert price(0.3) == pytest.approx(0.3e-3)
    assert price(0.3, carbon_g_per_kwh=500, carbon_eur_per_t=80) == pytest.approx(0.34e-3)
    assert price(0.3, carbon_g_per_kwh=500, carbon_eur_per_t=80, overhead=1.2) == pytest.approx(0.408e-3)
    assert price(-0.05) == pytest.approx(-0.05e-3)  # it happens
    assert economics.carbon_kg(10_000, 381) == pytest.approx(3.81)


def test_full_use_earns_the_compensation() -> None:
    capacity = {"compute_tops": np.array([300.0, 0.0, 10.0]), "memory_gb": np.array([14.0, 8.0, math.inf])}
    prices = economics.compensation(np.array([0.05, 0.04, 0.03]), capacity)
    earned = {name: prices[name] * np.nan_to_num(capacity[name], posinf=1e9) for name in capacity}
    assert earned["compute_tops"].tolist() == pytest.approx([0.025, 0, 0.015])
    assert earned["memory_gb"].tolist() == pytest.approx([0.025, 0.02, 0])
    assert economics.compensation(0.05, {"compute_tops": 250})["compute_tops"] == pytest.approx(2e-4)
    assert economics.compensation(0.05, {}) == {}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: economics.energy_wh(-1, 5), "power_w: got -1.0, wanted a finite number >= 0"),
        (
            lambda: economics.energy_wh(1, [3, math.inf]),
            r"duration_s\[row 1\]: got inf, wanted a finite number >= 0",
        ),
        (lambda: economics.energy_wh(math.nan, 1), "power_w: got nan"),
        (
            lambda: economics.usable_energy_wh(1, charge=1.1),
            "charge: got 1.1, wanted a number from 0 to 1",
        ),
        (lambda: economics.usable_energy_wh(1, reserve=-0.1), "reserve: got -0.1"),
        (lambda: economics.usable_energy_wh(1, plug_w=math.nan), "plug_w: got nan, wanted a number >= 0"),
        (lambda: economics.price_eur_per_wh(math.inf), "eur_per_kwh: got inf, wanted a finite number"),
        (lambda: economics.price_eur_per_wh(1, overhead=-1), "overhead: got -1.0"),
        (lambda: economics.compensation(1, {"gpu": [1, -2]}), r"capacity\['gpu'\]\[row 1\]: got -2.0"),
        (lambda: economics.load_s(4, [83, 0]), r"mbps\[row 1\]: got 0, wanted a number > 0"),
        (lambda: economics.load_s(4, 83, sharing=0.5), "sharing: got 0.5, wanted a finite number >= 1"),
    ],
)
def test_numbers_out_of_range_are_named(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_what_is_no_number() -> None:
    with pytest.raises(InputTypeError, match="capacity: got int, wanted a dict of resource -> amounts"):
        economics.compensation(0.05, 3)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="power_w: got a list that is no array"):
        economics.energy_wh([[1], [1, 2]], 5)
    wanted = r"power_w, duration_s: got shapes \(2,\) and \(3,\), wanted shapes that fit together"
    with pytest.raises(InputTypeError, match=wanted):
        economics.energy_wh([1, 2], [1, 2, 3])
    with pytest.raises(InputTypeError, match="power_w: got <U3 of shape \\(\\), wanted numbers"):
        economics.energy_wh("1kW", 5)
