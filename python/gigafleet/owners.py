"""The table of owners: who the nodes belong to, and what their electricity costs and emits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet import economics
from gigafleet._arrays import floats
from gigafleet._whose import NOBODY, check_names, position_wanted, positions_in, with_first
from gigafleet.columns import Column
from gigafleet.errors import InputError

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes

__all__ = ["NOBODY", "Owners"]

Floats = NDArray[np.float64]


class Owners:
    """Who nodes belong to: households of a country, a fleet, the operator of a campus.

    ``gf.Nodes(owner=...)`` names them, ``gf.place(owners=...)`` takes them along, and ``plan.ledger()`` says
    what each gets and pays. They change nothing in a plan: what nodes cost are their prices, which
    :attr:`price_eur_per_wh` helps to make.

    Parameters
    ----------
    name : iterable of str, or Arrow column
        All different, not empty.
    eur_per_kwh : float or (owners,) array, default 0
        What electricity costs the owner, finite.
    carbon_g_per_kwh : float or (owners,) array, default 0
        Of the grid, >= 0.
    carbon_eur_per_t : float or (owners,) array, default 0
        What a tonne of carbon counts in the node prices, >= 0: a part of these that is nobody's income.
    overhead : float or (owners,) array, default 1
        Energy drawn for each Wh that the nodes use, > 0: power usage effectiveness.
    standby_eur_per_h : float or (owners,) array, default 0
        Paid for each node on offer, whatever runs on it, >= 0. No placement changes it, so no cost has it.

    Attributes
    ----------
    names : tuple of str
    eur_per_kwh, carbon_g_per_kwh, carbon_eur_per_t, overhead, standby_eur_per_h : (owners,) float64
        Read-only.

    Raises
    ------
    InputError
        A name that is empty or comes twice, a number out of its range; the message names the row.
    InputTypeError
        Names that are no strings, a wrong dtype or shape.

    Examples
    --------
    >>> owners = gf.Owners(name=["households", "campus"], eur_per_kwh=[0.287, 0.11], overhead=[1, 1.2])
    >>> nodes = gf.Nodes(net, site=["Berlin", "Paris"], owner=["households", "campus"], ...)  # doctest: +SKIP
    """

    def __init__(
        self,
        name: Iterable[str],
        eur_per_kwh: ArrayLike = 0.0,
        carbon_g_per_kwh: ArrayLike = 0.0,
        carbon_eur_per_t: ArrayLike = 0.0,
        overhead: ArrayLike = 1.0,
        standby_eur_per_h: ArrayLike = 0.0,
    ) -> None:
        self.names = check_names(name)
        rows = len(self.names)
        self.eur_per_kwh: Floats = floats("eur_per_kwh", eur_per_kwh, rows)
        self.carbon_g_per_kwh: Floats = floats("carbon_g_per_kwh", carbon_g_per_kwh, rows)
        self.carbon_eur_per_t: Floats = floats("carbon_eur_per_t", carbon_eur_per_t, rows)
        self.overhead: Floats = floats("overhead", overhead, rows)
        self.standby_eur_per_h: Floats = floats("standby_eur_per_h", standby_eur_per_h, rows)
        for argument, wanted, good in (
            ("eur_per_kwh", "a finite number", np.isfinite(self.eur_per_kwh)),
            ("carbon_g_per_kwh", "a finite number >= 0", self.carbon_g_per_kwh >= 0),
            ("carbon_eur_per_t", "a finite number >= 0", self.carbon_eur_per_t >= 0),
            ("overhead", "a finite number > 0", self.overhead > 0),
            ("standby_eur_per_h", "a finite number >= 0", self.standby_eur_per_h >= 0),
        ):
            values: Floats = getattr(self, argument)
            wrong = ~(good & np.isfinite(values))
            if wrong.any():
                row = int(np.argmax(wrong))
                raise InputError.at(argument, values[row], wanted, row)

    @property
    def price_eur_per_wh(self) -> Floats:
        """(owners,) float64: EUR per Wh that nodes use, or EUR/h per W, carbon and overhead included."""
        return economics.price_eur_per_wh(
            self.eur_per_kwh,
            carbon_g_per_kwh=self.carbon_g_per_kwh,
            carbon_eur_per_t=self.carbon_eur_per_t,
            overhead=self.overhead,
        )

    def positions(self, nodes: Nodes) -> Column:
        """The owner of each node row, by position in `names`; -1 is nobody.

        Raises InputError where a row names an owner that is not here, or the table names none. O(rows).
        """
        codes: Column = nodes.columns["owner"]
        words = nodes.owner_names
        if codes.scalar and words == ():
            raise InputError.at("nodes.owner", "none", "Nodes(owner=...), names or positions in owners")
        if words is None:
            for first, chunk in with_first(codes):
                wrong = (chunk < NOBODY) | (chunk >= len(self.names))
                if wrong.any():
                    row = int(np.argmax(wrong))
                    wanted = position_wanted("an owner", len(self.names))
                    at = None if codes.scalar else first + row
                    raise InputError.at("nodes.owner", int(chunk[row]), wanted, at)
        return positions_in("nodes.owner", codes, words, self.names, "owners")

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Owners({len(self.names):,} rows)"
