"""What the sites of a network are called and carry: labels, domains, and the way from names to positions."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigafleet import _graph
from gigafleet._arrays import kind_of
from gigafleet.errors import InputError, InputTypeError

LEVELS = ("country", "region", "campus", "rack")  #: from coarse to fine
MAX_LABELS = 64
_CHUNK = 1 << 16


def ends_of_links(links: Any, names: SiteNames) -> list[NDArray[np.int32]]:
    """The two columns of `links`, names or positions (here integers always), as (links,) int32 positions."""
    if not isinstance(links, (tuple, list, np.ndarray)) or len(links) != 2:
        wanted = "a pair of columns: the two ends of each link, names or positions"
        raise InputTypeError.at("links", type(links).__name__, wanted)
    ends = [_end_of_links(end, names) for end in links]
    if len(ends[0]) != len(ends[1]):
        raise InputTypeError.at(
            "links", f"{len(ends[0])} and {len(ends[1])} ends", "two columns of one length"
        )
    return ends


def _end_of_links(end: Any, names: SiteNames) -> NDArray[np.int32]:
    if isinstance(end, (list, tuple)) and not all(isinstance(site, (int, float, np.number)) for site in end):
        return names.map(end, "links")
    array = np.asarray(end)
    if array.dtype.kind in "OUT" and array.ndim == 1:
        return names.map(array, "links")
    array = array.astype(np.int32) if array.size == 0 else array
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InputTypeError.at("links", kind_of(array), "names or positions of sites")
    sites = len(names.names)
    wrong = (array < 0) | (array >= sites)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError.at("links", f"site {array[row]}", f"a site from 0 to {sites - 1}", row=row)
    return np.array(array, np.int32)


def label_masks(
    labels: Any, sites: int, vocabulary: Sequence[str] | None
) -> tuple[NDArray[np.uint64], tuple[str, ...]]:
    """Labels of sites as one bit each.

    `labels` is a tuple of names (all sites have them), a dict of name -> boolean array, a uint64 mask with
    `vocabulary`, or a list with, for each site, a collection of names, a string of names parted by commas, or
    None. Returns (sites,) masks and the name of each bit.
    """
    masks = np.zeros(sites, np.uint64)
    if vocabulary is not None:
        masks = np.asarray(labels)
        if masks.dtype != np.uint64 or masks.shape not in ((), (sites,)):
            raise InputTypeError.at("labels", kind_of(masks), f"a uint64 mask of shape ({sites},)")
        return np.broadcast_to(masks, sites).copy(), _checked_names(vocabulary)
    if isinstance(labels, Mapping):
        names = _checked_names(labels)
        for bit, (name, flags) in enumerate(labels.items()):
            flags = np.asarray(flags)
            if flags.dtype != np.bool_ or flags.shape not in ((), (sites,)):
                raise InputTypeError.at(f"labels[{name!r}]", kind_of(flags), f"booleans of shape ({sites},)")
            masks |= flags.astype(np.uint64) << np.uint64(bit)
        return masks, names
    if isinstance(labels, (str, tuple)):
        names = _checked_names(_names_of(labels, None))
        masks[:] = (1 << len(names)) - 1
        return masks, names
    if len(labels) != sites:
        raise InputTypeError.at("labels", f"{len(labels)} rows", str(sites))
    sets = [_names_of(entry, row) for row, entry in enumerate(labels)]
    names = _checked_names(sorted(set().union(*sets)))
    bits = {name: 1 << bit for bit, name in enumerate(names)}
    return np.array([sum(bits[name] for name in set(entry)) for entry in sets], np.uint64), names


def _names_of(entry: Any, row: int | None) -> Collection[str]:
    if entry is None or (isinstance(entry, float) and entry != entry):
        return ()
    if isinstance(entry, str):
        return [name.strip() for name in entry.split(",") if name.strip()]
    if isinstance(entry, Iterable):
        names = list(entry)
        if all(isinstance(name, str) for name in names):
            return names
    raise InputTypeError.at("labels", repr(entry), "names of labels", row=row)


def _checked_names(names: Iterable[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(names))
    if len(names) > MAX_LABELS:
        raise InputError.at("labels", f"{len(names)} different labels", f"at most {MAX_LABELS}")
    for name in names:
        if not isinstance(name, str) or not name or {"=", ","} & set(name):
            raise InputError.at("labels", repr(name), "a name without '=' or ','")
    return names


def domain_codes(level: str, values: Any, sites: int) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Domains of one level as codes: (sites,) int32, -1 for none, and the name of each code.

    `values` holds one entry per site: anything that ``str`` makes a name of, or None, NaN or "" for none; or
    it is a pair of codes and names.
    """
    if isinstance(values, tuple) and len(values) == 2 and not isinstance(values[0], str):
        codes = np.ascontiguousarray(values[0])
        if codes.dtype.kind not in "iu" or codes.shape != (sites,):
            raise InputTypeError.at(
                f"domains[{level!r}]", kind_of(codes), f"integer codes of shape ({sites},)"
            )
        return codes.astype(np.int32), tuple(map(str, values[1]))
    if isinstance(values, str):
        values = [values] * sites
    if len(values) != sites:
        raise InputTypeError.at(f"domains[{level!r}]", f"{len(values)} rows", str(sites))
    names = ["" if value is None or value != value else str(value) for value in values]
    found = {name: code for code, name in enumerate(dict.fromkeys(name for name in names if name))}
    return np.array([found.get(name, -1) for name in names], np.int32), tuple(found)


class SiteNames:
    """Names of sites and their positions. Without names, a site is called by its position."""

    def __init__(self, names: Sequence[Hashable], positions: dict[Hashable, int]) -> None:
        self.names = tuple(names)
        self.positions = positions
        whole = [(name, i) for i, name in enumerate(self.names) if type(name) is int]
        #: Whether integers name sites, other than each by its position.
        self.integers = any(name != i for name, i in whole) or 0 < len(whole) < len(self.names)
        self._lowest, self._table = _lookup_table(whole) if self.integers else (0, None)

    @classmethod
    def of(cls, sites: Any) -> SiteNames:
        """Names from the `sites` of a Network: how many, or their names."""
        if isinstance(sites, (int, np.integer)) and not isinstance(sites, bool):
            if sites < 0:
                raise InputError.at("sites", sites, "a number >= 0")
            return cls(range(int(sites)), {i: i for i in range(int(sites))})
        if isinstance(sites, str) or not isinstance(sites, Iterable):
            raise InputTypeError.at("sites", repr(sites), "names, or how many")
        names = sites.tolist() if isinstance(sites, np.ndarray) else list(sites)
        positions: dict[Hashable, int] = {}
        for row, name in enumerate(names):
            try:
                first = positions.setdefault(name, row)
            except TypeError:
                raise InputTypeError.at("sites", repr(name), "a hashable name", row=row) from None
            if first != row:
                raise InputError.at("sites", f"{name!r} as in row {first}", "names that differ", row=row)
        return cls(names, positions)

    def position(self, name: Any, argument: str = "site") -> int:
        """Position of one site, given by name or position."""
        if isinstance(name, np.generic):
            name = name.item()
        if not self.integers and type(name) is int:
            if not 0 <= name < len(self.names):
                raise InputError.at(argument, name, self._range())
            return name
        try:
            found = self.positions.get(name)
        except TypeError:
            raise InputTypeError.at(argument, repr(name), "a hashable name") from None
        if found is None:
            raise InputError.at(argument, repr(name), "a site of the network")
        return found

    def map(self, column: Any, argument: str) -> NDArray[np.int32]:
        """Positions of a column of sites; see Network.positions."""
        if isinstance(column, (list, tuple)):
            column = list(column)
            if not all(isinstance(name, (int, np.integer)) for name in column):
                return _graph.map_names(column, self.positions, argument)
        column = np.asarray(column)
        if column.ndim != 1:
            raise InputTypeError.at(argument, kind_of(column), "a column of one dimension")
        if column.size == 0:
            return np.empty(0, np.int32)
        if column.dtype.kind in "iu" and not self.integers:
            return self._check(column, argument)
        if column.dtype.kind in "iu" and self._table is not None:
            return self._look_up(column, self._table, argument)
        out = np.empty(len(column), np.int32)
        for first in range(0, len(column), _CHUNK):
            names = column[first : first + _CHUNK].tolist()
            out[first : first + _CHUNK] = _graph.map_names(names, self.positions, argument, first)
        return out

    def _range(self) -> str:
        return f"a position from 0 to {len(self.names) - 1}" if self.names else "none: the network is empty"

    def _check(self, column: NDArray[Any], argument: str) -> NDArray[np.int32]:
        if int(column.min()) < 0 or int(column.max()) >= len(self.names):
            row = int(np.argmax((column < 0) | (column >= len(self.names))))
            raise InputError.at(argument, int(column[row]), self._range(), row=row)
        return column.astype(np.int32, copy=False)

    def _look_up(self, column: NDArray[Any], table: NDArray[np.int32], argument: str) -> NDArray[np.int32]:
        out = np.empty(len(column), np.int32)
        highest = self._lowest + len(table) - 1
        for first in range(0, len(column), _CHUNK):
            chunk = column[first : first + _CHUNK]
            inside = (chunk >= self._lowest) & (chunk <= highest)
            places = table[np.where(inside, chunk, self._lowest).astype(np.int64) - self._lowest]
            wrong = ~inside | (places < 0)
            if wrong.any():
                row = int(np.argmax(wrong))
                raise InputError.at(argument, int(chunk[row]), "a site of the network", row=first + row)
            out[first : first + _CHUNK] = places
        return out


def _lookup_table(names: list[tuple[int, int]]) -> tuple[int, NDArray[np.int32] | None]:
    """The lowest of the integer names, and positions by name from there on (-1 for none); None where the
    names lie too far apart."""
    lowest, highest = min(names)[0], max(names)[0]
    if highest - lowest > 8 * len(names) + 1_000_000 or max(-lowest, highest) >= 2**62:
        return 0, None
    table = np.full(highest - lowest + 1, -1, np.int32)
    keys, places = np.array(names, np.int64).T
    table[keys - lowest] = places
    return lowest, table
