"""Label columns: a set of names for each row, as bit masks over a few names or as numbers of whole sets.

A name is a label (``"ev"``) or a domain of a site and its value (``"country=DE"``; also ``region``,
``campus`` and ``rack``), which costs no bit. Domains belong to sites: tasks ask for them, nodes have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet.columns import Column, HasCore, arrow_column, column, common_rows
from gigafleet.errors import InputError, InputTypeError

if TYPE_CHECKING:
    from gigafleet import _core

__all__ = ["DOMAIN_LEVELS", "MAX_LABELS", "LabelColumn", "label_column"]

DOMAIN_LEVELS = ("country", "region", "campus", "rack")
MAX_LABELS = 64
_BLOCK_ROWS = 1 << 20
_FORMS = (
    "a tuple of names for all rows, a dict of name -> bool array, unsigned integer masks with vocabulary=, "
    "or a column of strings or of lists of strings"
)


@dataclass(frozen=True, eq=False, repr=False)
class LabelColumn(HasCore):
    """A set of names for each row, or one set for all rows.

    Attributes
    ----------
    name : str
        As messages call it, e.g. ``require``.
    codes : Column
        Mask form: unsigned integers, bit b stands for ``names[b]``. Set form: int32 positions in `sets`.
    sets : tuple of tuple of str, or None
        The sets that differ; None in the mask form.
    names : tuple of str, or None
        At most 64 names, all different; None in the set form.
    """

    name: str
    codes: Column
    sets: tuple[tuple[str, ...], ...] | None
    names: tuple[str, ...] | None

    def distinct_names(self) -> tuple[str, ...]:
        """Return the names that the column may use, each once, in order of first appearance."""
        if self.names is not None:
            return self.names
        return tuple(dict.fromkeys(name for members in self.sets or () for name in members))

    def copied(self) -> LabelColumn:
        """Return the same column in memory of its own."""
        return LabelColumn(self.name, self.codes.copied(), self.sets, self.names)

    @cached_property
    def _core(self) -> _core.LabelColumn:
        from gigafleet import _core

        sets = None if self.sets is None else [list(members) for members in self.sets]
        names = None if self.names is None else list(self.names)
        return _core.LabelColumn(self.name, self.codes._core, sets, names)

    def __repr__(self) -> str:
        names = ", ".join(self.distinct_names()) or "none"
        return f"LabelColumn({self.name!r}, {self.codes!r}, names {names})"


def label_column(
    name: str, value: Any, *, vocabulary: Sequence[str] | None = None, domains: bool = True
) -> LabelColumn:
    """Read a column of label sets.

    Parameters
    ----------
    name : str
        As messages shall call it.
    value : tuple, set or str; dict; unsigned integers; strings or lists of strings
        - a tuple or set of names for all rows, or one string with commas; ``()`` is no label;
        - a dict of name -> bool, one for all rows or one a row: the row has the name where it is true;
        - unsigned integers, bit b standing for ``vocabulary[b]``: an array, or one mask for all rows;
        - a list, array or Arrow column of strings (one name a row, or several with commas; ``""`` is no
          label), or a list or Arrow column (polars, pyarrow, pandas) of lists of strings. Dictionaries
          (categories) are fine. Each set that differs is kept once, so time and memory are O(rows) with 4
          bytes a row.
    vocabulary : sequence of str, optional
        Names of the bits, at most 64.
    domains : bool, default True
        Whether names like ``country=DE`` are allowed.

    Raises
    ------
    InputTypeError
        None of the forms above.
    InputError
        Over 64 labels, an empty or repeated name, an unknown domain level, a domain where none is allowed,
        masks without a vocabulary, a null (the message names its row).
    """
    if isinstance(value, str):
        value = tuple(_split(value))
    if isinstance(value, (tuple, AbstractSet)):
        ordered = value if isinstance(value, tuple) else sorted(value, key=str)
        names = _at_most_64(name, _checked(name, dict.fromkeys(ordered), domains))
        return LabelColumn(name, column(name, (1 << len(names)) - 1, kind="mask"), None, names)
    if isinstance(value, Mapping):
        return _of_flags(name, value, domains)
    if value is None:
        raise InputTypeError.at(name, "None", _FORMS)
    if isinstance(value, list):
        return _of_sets(name, *_sets_of(name, value), domains)
    arrow = arrow_column(name, value)
    if arrow is not None and arrow.kind == "text":
        codes, words = arrow.texts(name)
        return _of_sets(name, codes, [_split(word) for word in words], domains)
    if arrow is not None and arrow.kind == "texts":
        return _of_sets(name, *arrow.sets(name), domains)
    if isinstance(value, np.ndarray) and value.dtype.kind in "UT":
        if value.ndim != 1:
            raise InputTypeError.at(name, f"an array of shape {value.shape}", "one dimension")
        unique, inverse = np.unique(value, return_inverse=True)
        return _of_sets(name, inverse.astype(np.int32), [_split(word) for word in unique.tolist()], domains)
    return _of_masks(name, value if arrow is None else arrow, vocabulary, domains)


def _of_masks(name: str, value: Any, vocabulary: Sequence[str] | None, domains: bool) -> LabelColumn:
    if not isinstance(value, int) and not hasattr(value, "dtype") and not hasattr(value, "numbers"):
        raise InputTypeError.at(name, type(value).__name__, _FORMS)
    codes = column(name, value, kind="mask")
    if vocabulary is None:
        raise InputError.at(
            name, "masks without vocabulary=", "vocabulary=(name of bit 0, name of bit 1, ...)"
        )
    names = _checked("vocabulary", vocabulary, domains)
    if len(set(names)) != len(names):
        twice = next(n for i, n in enumerate(names) if n in names[:i])
        raise InputError.at("vocabulary", f"{twice!r} twice", "names that differ")
    return LabelColumn(name, codes, None, _at_most_64("vocabulary", names))


def _of_sets(
    name: str, codes: NDArray[np.int32], sets: Iterable[Sequence[str]], domains: bool
) -> LabelColumn:
    known = tuple(tuple(members) for members in sets)
    _checked(name, dict.fromkeys(n for members in known for n in members), domains)
    return LabelColumn(name, Column(name, (codes,), False), known, None)


def _sets_of(name: str, rows: list[Any]) -> tuple[NDArray[np.int32], Iterable[Sequence[str]]]:
    """For each row a number, and the names of each number, out of a list of names with commas or of lists."""
    number: dict[tuple[str, ...], int] = {}
    codes = np.empty(len(rows), np.int32)
    for row, given in enumerate(rows):
        members = _split(given) if isinstance(given, str) else given
        if not isinstance(members, (list, tuple, AbstractSet)) or not all(
            isinstance(each, str) for each in members
        ):
            raise InputTypeError.at(name, repr(given), "a list of names, or names with commas", row)
        ordered = sorted(members) if isinstance(members, AbstractSet) else members
        codes[row] = number.setdefault(tuple(dict.fromkeys(ordered)), len(number))
    return codes, number


def _of_flags(name: str, value: Mapping[Any, Any], domains: bool) -> LabelColumn:
    names = _at_most_64(name, _checked(name, value, domains))
    flags = [column(f"{name}[{key!r}]", value[key], kind="flag") for key in names]
    width = next(bits for bits in (8, 16, 32, 64) if len(names) <= bits)
    dtype = np.dtype(f"u{width // 8}")
    scalar = all(flag.scalar for flag in flags)
    masks = np.zeros(common_rows(flags), dtype)
    for first in range(0, len(masks), _BLOCK_ROWS):  # a block stays in the cache for all names
        block = masks[first : first + _BLOCK_ROWS]
        for bit, flag in enumerate(flags):
            block |= _rows_of(flag, first, len(block)).astype(dtype) << dtype.type(bit)
    return LabelColumn(name, column(name, masks[0] if scalar else masks), None, names)


def _rows_of(flag: Column, first: int, count: int) -> NDArray[Any]:
    if flag.scalar:
        return flag.to_numpy(count)
    if len(flag.chunks) == 1:
        return flag.chunks[0][first : first + count]
    return flag.take(np.arange(first, first + count))


def _split(text: str) -> list[str]:
    """Names parted by commas, as in the attributes of a network's vertices."""
    return [name for part in text.split(",") if (name := part.strip())]


def _at_most_64(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > MAX_LABELS:
        raise InputError.at(name, f"{len(names)} labels", f"at most {MAX_LABELS}")
    return names


def _checked(name: str, names: Iterable[Any], domains: bool) -> tuple[str, ...]:
    """The names as a tuple, each a string that can be a label or, where allowed, a domain."""
    if isinstance(names, str):
        raise InputTypeError.at(name, f"the string {names!r}", "a tuple of names")
    checked = tuple(names)
    for label in checked:
        if not isinstance(label, str):
            raise InputTypeError.at(name, f"the label {label!r}", "a string")
        if not label:
            raise InputError.at(name, "an empty label", "a name")
        level, equals, value = label.partition("=")
        if not equals and "," in label:
            raise InputError.at(name, f"the label {label!r}", "a name without ','")
        if not equals:
            continue
        if not domains:
            raise InputError.at(
                name, f"the domain {label!r}", "labels; domains belong to the sites of a network"
            )
        if level not in DOMAIN_LEVELS:
            raise InputError.at(
                name, f"{label!r}", f"one of the levels {', '.join(DOMAIN_LEVELS)} before '='"
            )
        if not value:
            raise InputError.at(name, f"{label!r}", f"a value after '{level}='")
    return checked
