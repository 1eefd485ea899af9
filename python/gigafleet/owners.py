"""The table of owners: who the nodes belong to, and what their electricity costs and emits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet import economics
from gigafleet._arrays import floats
from gigafleet.columns import Column, arrow_column, column
from gigafleet.errors import InputError, InputTypeError

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes

__all__ = ["NOBODY", "Owners", "owner_column"]

Floats = NDArray[np.float64]
NOBODY = -1  #: in a column of owners


class Owners:
    """Who nodes belong to: households of a country, a fleet, the operator of a campus.

    ``gf.Nodes(owner=...)`` names them, ``gf.place(owners=...)`` takes them along, and ``plan.ledger()`` says
    what each gets and pays. They change nothing in a plan: what nodes cost are their prices, which
    :attr:`price_eur_per_wh` helps to make.

    Parameters
    ----------
    name : iterable of str
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
        *,
        name: Iterable[str],
        eur_per_kwh: ArrayLike = 0.0,
        carbon_g_per_kwh: ArrayLike = 0.0,
        carbon_eur_per_t: ArrayLike = 0.0,
        overhead: ArrayLike = 1.0,
        standby_eur_per_h: ArrayLike = 0.0,
    ) -> None:
        if isinstance(name, str) or not isinstance(name, Iterable):
            raise InputTypeError.at("name", repr(name), "a list of names")
        self.names: tuple[str, ...] = tuple(name.tolist() if isinstance(name, np.ndarray) else name)
        for row, each in enumerate(self.names):
            if not isinstance(each, str):
                raise InputTypeError.at("name", repr(each), "a name", row)
        self._positions = {each: row for row, each in enumerate(self.names)}
        if len(self._positions) < len(self.names) or "" in self._positions:
            self._bad_name()
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

    def _bad_name(self) -> None:
        seen: set[str] = set()
        for row, each in enumerate(self.names):
            if not each or each in seen:
                raise InputError.at("name", f"{each!r} again" if each else "''", "names that differ", row)
            seen.add(each)

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
            for first, chunk in _with_first(codes):
                wrong = (chunk < NOBODY) | (chunk >= len(self.names))
                if wrong.any():
                    row = int(np.argmax(wrong))
                    wanted = f"an owner from 0 to {len(self.names) - 1}, or -1"
                    at = None if codes.scalar else first + row
                    raise InputError.at("nodes.owner", int(chunk[row]), wanted, at)
            return codes
        known = np.array([*(self._positions.get(word, -2) for word in words), NOBODY], np.int32)
        if (known < NOBODY).any():
            lost = int(np.argmin(known))
            found = (f + int(np.argmax(c == lost)) for f, c in _with_first(codes) if (c == lost).any())
            place = None if codes.scalar else next(found, None)
            raise InputError.at("nodes.owner", repr(words[lost]), "a name of owners", place)
        return Column("owner", tuple(known[chunk] for chunk in codes.chunks), codes.scalar)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Owners({len(self.names):,} rows)"


def _with_first(codes: Column) -> Iterable[tuple[int, NDArray[Any]]]:
    """Chunks, and the first row of each."""
    first = 0
    for chunk in codes.chunks:
        yield first, chunk
        first += len(chunk)


def owner_column(value: Any, argument: str = "owner") -> tuple[Column, tuple[str, ...] | None]:
    """Read ``Nodes(owner=...)``: numbers, and the names they stand for (None: positions in an owner table).

    -1 is nobody. Strings (NumPy, lists, Arrow) become numbers of the strings that differ, ``""`` is nobody.
    The same for any other `argument` that names rows of a table.
    """
    if value is None:
        return column(argument, NOBODY, kind="integer"), ()
    if isinstance(value, str):
        return column(argument, NOBODY if not value else 0, kind="integer"), (value,) if value else ()
    arrow = arrow_column(argument, value)
    if arrow is not None and arrow.kind == "text":
        codes, words = arrow.texts(argument)
        return _named(argument, codes, words)
    if arrow is None and isinstance(value, (list, tuple)) and any(isinstance(each, str) for each in value):
        wrong = next((row for row, each in enumerate(value) if not isinstance(each, str)), None)
        if wrong is not None:
            raise InputTypeError.at(argument, repr(value[wrong]), "a name", wrong)
        value = np.array(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "UT":
        if value.ndim != 1:
            raise InputTypeError.at(argument, f"an array of shape {value.shape}", "one dimension")
        unique, inverse = np.unique(value, return_inverse=True)
        return _named(argument, inverse.astype(np.int32), unique.tolist())
    return column(argument, value if arrow is None else arrow, kind="integer"), None


def _named(argument: str, codes: NDArray[np.int32], words: list[str]) -> tuple[Column, tuple[str, ...]]:
    """Without the empty word, whose number becomes that of nobody."""
    names = tuple(word for word in words if word)
    number = {word: code for code, word in enumerate(names)}
    known = np.array([number.get(word, NOBODY) for word in words], np.int32)
    return Column(argument, (known[codes],), False), names
