"""Columns that say whose a row is: names, or positions in a table of those named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet.columns import Column, arrow_column, column
from gigafleet.errors import InputError, InputTypeError

__all__ = ["NOBODY", "check_names", "position_wanted", "positions_in", "whose_column", "with_first"]

NOBODY = -1  #: in a column of positions


def check_names(name: Iterable[str]) -> tuple[str, ...]:
    """The names of a table's rows: strings that differ, none empty. Raises as tables of names document."""
    arrow = arrow_column("name", name)
    if arrow is not None and arrow.kind == "text":
        codes, words = arrow.texts("name")
        name = [words[code] for code in codes.tolist()]
    if isinstance(name, str) or not isinstance(name, Iterable):
        raise InputTypeError.at("name", repr(name), "a list of names")
    names: tuple[str, ...] = tuple(name.tolist() if isinstance(name, np.ndarray) else name)
    seen: set[str] = set()
    for row, each in enumerate(names):
        if not isinstance(each, str):
            raise InputTypeError.at("name", repr(each), "a name", row)
    for row, each in enumerate(names):
        if not each:
            raise InputError.at("name", "''", "a name that is not empty", row)
        if each in seen:
            raise InputError.at("name", f"{each!r} again", "names that differ", row)
        seen.add(each)
    return names


def position_wanted(one: str, size: int) -> str:
    """What errors want of positions in a table of `size` rows, one of which is `one` ("an owner")."""
    return f"{one} from 0 to {size - 1}, or -1" if size else "-1: the table is empty"


def positions_in(
    argument: str, codes: Column, words: tuple[str, ...] | None, names: tuple[str, ...], table: str
) -> Column:
    """What :func:`whose_column` read, as positions in `names`, the rows of `table`; -1 is nobody.

    Numbers are taken as they are, not looked at. Raises InputError at the first row of an unknown name.
    """
    if words is None:
        return codes
    position = {each: row for row, each in enumerate(names)}
    known = np.array([*(position.get(word, -2) for word in words), NOBODY], np.int32)
    if (known < NOBODY).any():
        lost = int(np.argmin(known))
        found = (f + int(np.argmax(c == lost)) for f, c in with_first(codes) if (c == lost).any())
        place = None if codes.scalar else next(found, None)
        raise InputError.at(argument, repr(words[lost]), f"a name of {table}", place)
    return Column(codes.name, tuple(known[chunk] for chunk in codes.chunks), codes.scalar)


def with_first(codes: Column) -> Iterable[tuple[int, NDArray[Any]]]:
    """Chunks, and the first row of each."""
    first = 0
    for chunk in codes.chunks:
        yield first, chunk
        first += len(chunk)


def whose_column(argument: str, value: Any) -> tuple[Column, tuple[str, ...] | None]:
    """Read a column of names or positions: numbers, and the names they stand for (None: positions).

    -1 is nobody. Strings (NumPy, lists, Arrow) become numbers of the strings that differ, ``""`` is nobody.
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
    of_word = np.array([number.get(w, NOBODY) for w in words], np.int32)
    return Column(argument, (of_word[codes],), False), names
