"""Energy, money and carbon as columns: what power, batteries, tariffs and weights mean for nodes and tasks.

The engine knows capacities, demands and prices, no physics. These functions make the one out of the other:
pure, on numbers or arrays that broadcast, each unit in a name. A price per watt and hour is one per
watt-hour, so :func:`price_eur_per_wh` serves the renewable ``power_w`` and the consumable ``energy_wh``.

docs/economics.md goes from a tariff and a battery to a plan and its ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet._arrays import as_array
from gigafleet.errors import InputError, InputTypeError, check_kind

__all__ = ["carbon_kg", "compensation", "energy_wh", "load_s", "price_eur_per_wh", "usable_energy_wh"]

Floats = NDArray[np.float64]
#: By argument the least and the most (None: any finite one), and what an error says is wanted.
_RANGES: dict[str, tuple[float, float | None, str]] = {
    "charge": (0, 1, "a number from 0 to 1"),
    "reserve": (0, 1, "a number from 0 to 1"),
    "sharing": (1, None, "a finite number >= 1"),
    **dict.fromkeys(("eur_per_kwh", "eur_per_h"), (-np.inf, None, "a finite number")),
    **dict.fromkeys(("plug_w", "stay_s", "energy_wh", "capacity", "mbps"), (0, np.inf, "a number >= 0")),
}


def energy_wh(power_w: ArrayLike, duration_s: ArrayLike) -> Floats:
    """Energy that a task takes: its demand of the consumable ``energy_wh``.

    Parameters
    ----------
    power_w : float or array
        Drawn while it runs, finite, >= 0.
    duration_s : float or array
        How long it runs, finite, >= 0; 0 is open-ended, which books no energy.

    Returns
    -------
    float64 array, of the shape that both broadcast to
        Wh.

    Raises
    ------
    InputError, InputTypeError
        A number out of its range, or none at all; so do the other functions.

    Examples
    --------
    >>> float(gf.economics.energy_wh(1_000, 10 * 3600))
    10000.0
    """
    power, lasts = _together({"power_w": power_w, "duration_s": duration_s})
    return np.asarray(power * lasts / 3600)


def usable_energy_wh(
    battery_wh: ArrayLike,
    *,
    charge: ArrayLike = 1.0,
    reserve: ArrayLike = 0.0,
    plug_w: ArrayLike = 0.0,
    stay_s: ArrayLike = 0.0,
) -> Floats:
    """Energy that a parked vehicle can spend until it departs: its capacity of ``energy_wh``.

    Parameters
    ----------
    battery_wh : float or array
        What a full battery holds, finite, >= 0.
    charge : float or array, default 1
        How full it is now, 0 to 1.
    reserve : float or array, default 0
        Part of the full battery that has to be left at departure, 0 to 1. Below it nothing of the battery is
        on offer; what the plug gives still is.
    plug_w : float or array, default 0
        What the plug gives, >= 0; ``inf`` is no limit. 0 is not plugged in.
    stay_s : float or array, default 0
        Time until departure, >= 0, may be ``inf``: the node's ``available_s``. Matters where plugged in.

    Returns
    -------
    float64 array
        Wh; inf where plug or stay have no end.

    Examples
    --------
    >>> float(gf.economics.usable_energy_wh(75_000, charge=0.8, reserve=0.5))
    22500.0
    """
    battery, full, left, plug, stay = _together(
        {
            "battery_wh": battery_wh,
            "charge": charge,
            "reserve": reserve,
            "plug_w": plug_w,
            "stay_s": stay_s,
        }
    )
    spare = np.maximum(full - left, 0)
    plugged, stay = np.broadcast_arrays(plug, stay)
    fed = np.multiply(plugged, stay, out=np.zeros(plugged.shape), where=(plugged > 0) & (stay > 0))
    return np.asarray(battery * spare + fed / 3600)


def price_eur_per_wh(
    eur_per_kwh: ArrayLike,
    *,
    carbon_g_per_kwh: ArrayLike = 0.0,
    carbon_eur_per_t: ArrayLike = 0.0,
    overhead: ArrayLike = 1.0,
) -> Floats:
    """Price of energy with its carbon: EUR per Wh, or EUR/h per W.

    Parameters
    ----------
    eur_per_kwh : float or array
        Tariff, finite; may be negative.
    carbon_g_per_kwh : float or array, default 0
        Carbon of the grid.
    carbon_eur_per_t : float or array, default 0
        What a tonne of it counts.
    overhead : float or array, default 1
        Energy drawn from the grid for each Wh that nodes use: the power usage effectiveness of a campus.

    Returns
    -------
    float64 array
        For ``Nodes(price={"power_w": ...})``, by which each task pays for what it draws, or ``"energy_wh"``.

    Examples
    --------
    >>> float(round(10_000 * gf.economics.price_eur_per_wh(0.287), 2))    # ten hours of a kilowatt
    2.87
    """
    tariff, grams, price, drawn = _together(
        {
            "eur_per_kwh": eur_per_kwh,
            "carbon_g_per_kwh": carbon_g_per_kwh,
            "carbon_eur_per_t": carbon_eur_per_t,
            "overhead": overhead,
        }
    )
    return np.asarray((tariff + grams / 1e6 * price) * drawn / 1e3)


def carbon_kg(energy_wh: ArrayLike, carbon_g_per_kwh: ArrayLike) -> Floats:
    """Carbon of energy drawn from a grid, kg of CO2.

    Parameters
    ----------
    energy_wh : float or array
    carbon_g_per_kwh : float or array
    """
    energy, grams = _together({"energy_wh": energy_wh, "carbon_g_per_kwh": carbon_g_per_kwh})
    return np.asarray(energy / 1e6 * grams)


def compensation(eur_per_h: ArrayLike, capacity: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Prices by which a node that is used in full earns so much an hour, energy apart.

    Each resource brings an equal part at full use, so a task pays for that part of each which it takes.

    Parameters
    ----------
    eur_per_h : float or array
        What the owner is to get for an hour of full use.
    capacity : dict of resource -> float or array
        What the node has of the resources that are paid for.

    Returns
    -------
    dict of resource -> float64 array
        EUR/h per unit, for ``Nodes(price=...)``; 0 where there is nothing of it, or no limit.

    Examples
    --------
    >>> prices = gf.economics.compensation(0.05, {"compute_tops": 250, "memory_gb": 10})
    >>> float(prices["compute_tops"]), float(prices["memory_gb"])
    (0.0001, 0.0025)
    """
    check_kind("capacity", capacity, Mapping, "a dict of resource -> amounts")
    prices = {}
    for resource, amount in capacity.items():
        whole, has = _together({"eur_per_h": eur_per_h, f"capacity[{resource!r}]": amount})
        part, has = np.broadcast_arrays(whole / len(capacity), has)
        prices[resource] = np.divide(part, has, out=np.zeros(has.shape), where=has > 0)
    return prices


def load_s(weights_gb: ArrayLike, mbps: ArrayLike, sharing: ArrayLike = 1) -> Floats:
    """Time that a model takes to reach a node.

    Parameters
    ----------
    weights_gb : float or array
        Size of its weights, GB of 10^9 bytes.
    mbps : float or array
        Of the line, or of the cell, > 0.
    sharing : float or array, default 1
        Nodes that load over it at once, >= 1.

    Returns
    -------
    float64 array
        Seconds.

    Examples
    --------
    >>> [round(float(gf.economics.load_s(4, *line))) for line in ((83,), (500, 100))]    # 6.4 min; 1.8 h
    [386, 6400]
    """
    weights, line, nodes = _together({"weights_gb": weights_gb, "mbps": mbps, "sharing": sharing})
    if (line == 0).any():
        raise InputError.at("mbps", 0, "a number > 0", _row(line, line == 0))
    return np.asarray(8e3 * weights * nodes / line)


def _together(given: Mapping[str, ArrayLike]) -> list[Floats]:
    """Each as numbers in its range; InputTypeError where their shapes do not fit together."""
    values = {name: _numbers(name, value) for name, value in given.items()}
    try:
        np.broadcast_shapes(*(value.shape for value in values.values()))
    except ValueError:
        got = " and ".join(str(value.shape) for value in values.values() if value.ndim)
        raise InputTypeError.at(", ".join(values), f"shapes {got}", "shapes that fit together") from None
    return list(values.values())


def _numbers(name: str, given: ArrayLike) -> Floats:
    array = as_array(name, given)
    if array.size and array.dtype.kind not in "iuf":
        raise InputTypeError.at(name, f"{array.dtype} of shape {array.shape}", "numbers")
    values = array.astype(np.float64)
    least, most, wanted = _RANGES.get(name.partition("[")[0], (0, None, "a finite number >= 0"))
    good = np.isfinite(values) if most is None else values <= most
    wrong = ~(good & (values >= least))
    if wrong.any():
        raise InputError.at(name, float(values[wrong][0]), wanted, _row(values, wrong))
    return values


def _row(values: Floats, wrong: NDArray[Any]) -> int | None:
    return int(np.argmax(wrong)) if values.ndim == 1 else None
