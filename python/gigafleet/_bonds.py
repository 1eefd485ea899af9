"""Gangs and spread groups: the columns of tasks that are placed with regard to each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from gigafleet.columns import ArrowColumn, Column, arrow_column, column
from gigafleet.errors import InputError, InputTypeError

__all__ = ["BONDS", "LEVELS", "LEVEL_COLUMNS", "bond_columns", "is_bound"]

LEVELS = ("node", "site", "rack", "campus", "region", "country")  #: from fine to coarse, as the core counts
LEVEL_COLUMNS = ("gang_level", "spread_level")
BONDS = ("gang", "gang_level", "spread", "spread_level", "spread_max")


def bond_columns(
    gang: Any, gang_level: Any, spread: Any, spread_level: Any, spread_max: Any
) -> dict[str, Column]:
    """The five columns; values are checked in the core, row by row, where a row is bound."""
    return {
        "gang": column("gang", gang, kind="integer"),
        "gang_level": _level_column("gang_level", gang_level),
        "spread": column("spread", spread, kind="integer"),
        "spread_level": _level_column("spread_level", spread_level),
        "spread_max": column("spread_max", spread_max, kind="integer"),
    }


def is_bound(columns: dict[str, Column]) -> bool:
    """Whether some row may be in a gang or a spread group: not one -1 stands for all rows."""
    return not all(columns[name].scalar and columns[name].chunks[0][0] == -1 for name in ("gang", "spread"))


def _level_column(name: str, value: Any) -> Column:
    """Positions in :data:`LEVELS` out of their names."""
    if isinstance(value, str):
        return Column(name, (np.array([_code(name, value, None)], np.int8),), True)
    arrow = arrow_column(name, value)
    codes, words = _words(name, value, arrow)
    of_word = np.zeros(len(words) + 1, np.int8)
    for i, word in enumerate(words):
        row = int(np.argmax(codes == i))
        of_word[i] = _code(name, word, row)
    return Column(name, (of_word[codes],), False)


def _words(name: str, value: Any, arrow: ArrowColumn | None) -> tuple[Any, list[str]]:
    if arrow is not None:
        if arrow.kind != "text":
            raise InputTypeError.at(name, arrow.kind, "names of levels")
        return arrow.texts(name)
    given = np.asarray(value)
    if given.dtype.kind not in "OUT":
        raise InputTypeError.at(name, f"dtype {given.dtype}", "names of levels")
    if given.ndim != 1:
        raise InputTypeError.at(name, f"an array of shape {given.shape}", "one dimension")
    for row, word in enumerate(given.tolist()):
        if not isinstance(word, str):
            raise InputTypeError.at(name, repr(word), "the name of a level", row)
    words, codes = np.unique(given.astype(str), return_inverse=True)
    return codes, words.tolist()


def _code(name: str, word: str, row: int | None) -> int:
    if word not in LEVELS:
        raise InputError.at(name, repr(word), f"one of {', '.join(LEVELS)}", row)
    return LEVELS.index(word)
