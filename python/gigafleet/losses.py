"""What a plan loses with a part of the network, once what can be is placed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import Frame, grid, number
from gigafleet.errors import InputError, InputTypeError, check_whole
from gigafleet.plan_rows import Rows

if TYPE_CHECKING:
    from gigafleet.network import Network
    from gigafleet.placing import Progress

__all__ = ["Losing", "Losses"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Strings = NDArray[np.str_]


@dataclass(frozen=True, eq=False, repr=False)
class Losses(Frame):
    """Parts of the network by what the plan loses with each of them alone, the worst first; ``print`` it.

    `carried` = `cut_off` + `rerouted` + `moved` + `dropped`. All counts are of members of task rows.

    Attributes
    ----------
    what : str (rows,)
        ``"site"``, ``"link"``, or the level of a domain.
    name, to : str (rows,)
        The site or domain; of a link one end, and `to` the other.
    row : int64 (rows,)
        Position of the site, number of the link, code of the domain.
    carried : int64 (rows,)
        Members that start there, run there, or whose way leads over it; and those who leave with their gang.
    cut_off : int64 (rows,)
        Of these, whose origin is lost: they drop whatever is done.
    rerouted : int64 (rows,)
        That stay on their node, by another way.
    moved : int64 (rows,)
        That lose their node or the way to it, and run on another.
    dropped : int64 (rows,)
        That find no other.
    cut_off_weight, dropped_weight : float64 (rows,)
        Weight of those, all levels of priority.
    seconds : float64 (rows,)
        What it took to find out, on one thread.
    by_level : float64 (rows, levels)
        Weight of the `dropped` by level of priority from high to low. Not a column.
    tried : int
        Parts that were lost, of which these are the worst. Not a column.
    """

    what: Strings
    name: Strings
    to: Strings
    row: Ints
    carried: Ints
    cut_off: Ints
    rerouted: Ints
    moved: Ints
    dropped: Ints
    cut_off_weight: Floats
    dropped_weight: Floats
    seconds: Floats
    tried: int
    _by_level: Mapping[str, Floats]

    @property
    def by_level(self) -> Floats:
        """Weight of the dropped by level of priority from high to low; float64 (rows, levels)."""
        return self._by_level["dropped"]

    def __str__(self) -> str:
        counts = (self.carried, self.cut_off, self.rerouted, self.moved, self.dropped)
        cells = [[self._name(i) for i in range(len(self))]]
        cells += [[f"{value:,}" for value in column] for column in counts]
        cells += [[number(value) for value in self.dropped_weight]]
        head = ["lost", "carried", "cut off", "rerouted", "moved", "dropped", "dropped weight"]
        return grid(head, cells, (0,))

    def __repr__(self) -> str:
        return f"Losses({len(self)} of {self.tried:,} parts of the network)"

    def _name(self, i: int) -> str:
        what, name = str(self.what[i]), str(self.name[i])
        return f"link {name} to {self.to[i]}" if what == "link" else f"{what} {name}"


class Losing(Rows):
    """A plan that parts of the network can be taken from."""

    def n_minus_1(
        self,
        level: str = "site",
        *,
        of: Any = None,
        top: int | None = 20,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Losses:
        """What drops with each part of the network that carries load, lost alone, after replacement.

        A lost site takes its nodes, its links and the tasks that start there with it. Routes are those of
        what is left. A task whose node is still there, and whose new way is short enough and has room, stays;
        of those that share a way without room for all, the higher priority comes first. All others that lost
        node or way go to the cheapest nodes with room, the higher priority first. Nobody else moves, nobody
        makes room, and tasks that the plan left over are not tried.

        Parameters
        ----------
        level : str, default "site"
            ``"site"``, ``"link"``, or a level of domains that the network has, each lost with all its sites,
            such as ``"country"``.
        of : optional
            Which of them, default all: site names or positions as in :class:`Tasks`, numbers of links, names
            of domains, or a mask of all sites or links (``scenario.site_kind == "pop"``). Each of them has a
            row, also where it carries nothing.
        top : int or None, default 20
            The worst so many; None for all.
        threads : int, optional
            Default: the CPUs this process may use. The answer is the same on any number.
        progress : callable, optional
            ``progress(stage, done, total)``, called on this thread some times a second; in the stage
            ``"n-1"`` with the number of parts. An exception in it, like Ctrl-C, stops the work.

        Returns
        -------
        Losses
            The most dropped weight first, higher levels of priority before lower ones; then the most that is
            cut off.

        Raises
        ------
        InputError, InputTypeError
            An unknown level, site, link or domain; a `top` below 0; a plan without its tables or with others.

        Notes
        -----
        Beside O(rows + runs · links of a way) once, a part costs as much as there is to move: some
        microseconds a class of tasks that looks for another node, and milliseconds for new routes where
        others had their way over it. See docs/whatif.md.

        Examples
        --------
        >>> print(plan.n_minus_1("link", top=5))                               # doctest: +SKIP
        """
        from gigafleet import _core

        for argument, value, least in (("top", top, 0), ("threads", threads, 1)):
            if value is not None:
                check_whole(argument, value, least)
        engine = self._engine("plan.n_minus_1")
        network = cast("Network", cast("Any", self._tables)[1].network)
        element, names, to, where = _elements(network, level, of)
        found = _core.n_minus_1(
            engine,
            count=len(names),
            of_site=None if level == "link" else element,
            of_link=element if level == "link" else None,
            threads=threads or 0,
            progress=progress,
        )
        return _losses(found, level, names, to, where, top, every=of is not None)


Elements = tuple[NDArray[np.int32], list[str], list[str], Ints]


def _elements(network: Network, level: str, of: Any) -> Elements:
    """The part that each site or link is of, -1 for none; by part its name, other end and position."""
    if level == "site":
        chosen = _chosen(network, of, network.site_count, sites=True)
        names = [str(network.sites[int(at)]) for at in chosen]
        return _numbered(chosen, network.site_count), names, [""] * len(names), chosen
    if level == "link":
        chosen = _chosen(network, of, network.link_count, sites=False)
        ends = [[str(network.sites[int(end[at])]) for at in chosen]
                for end in (network.link_tail, network.link_head)]  # fmt: skip
        return _numbered(chosen, network.link_count), ends[0], ends[1], chosen
    levels = ("site", "link", *network.domains)
    if level not in levels:
        raise InputError.at("level", repr(level), f"one of {', '.join(map(repr, levels))}")
    codes, known = network.domains[level]
    wanted = list(known) if of is None else [of] if isinstance(of, str) else list(of)
    for i, name in enumerate(wanted):
        if name not in known:
            raise InputError.at("of", repr(name), f"a {level} of the network", i)
    chosen = np.array(sorted({known.index(name) for name in wanted}), np.int64)
    number = np.append(_numbered(chosen, len(known)), np.int32(-1))
    names = [known[code] for code in chosen]
    return np.ascontiguousarray(number[codes]), names, [""] * len(names), chosen


def _numbered(chosen: Ints, size: int) -> NDArray[np.int32]:
    number = np.full(size, -1, np.int32)
    number[chosen] = np.arange(chosen.size)
    return number


def _chosen(network: Network, of: Any, size: int, *, sites: bool) -> Ints:
    """Positions, ascending."""
    if of is None:
        return np.arange(size)
    array = np.asarray(of)
    if array.dtype == np.bool_:
        if array.shape != (size,):
            raise InputTypeError.at("of", f"a mask of shape {array.shape}", f"shape ({size},)")
        return np.flatnonzero(array)
    if sites:
        from gigafleet.tables import site_column

        array = np.atleast_1d(np.asarray(site_column("of", network, of).to_numpy()))
    array = np.atleast_1d(array)
    if array.size and array.dtype.kind not in "iu":
        raise InputTypeError.at("of", str(array.dtype), "whole numbers, or a mask")
    for row, at in enumerate(array.tolist()):
        if not 0 <= at < size:
            raise InputError.at("of", at, f"0 to {size - 1}", row)
    return np.unique(array.astype(np.int64))


COUNTS = ("carried", "cut_off", "rerouted", "moved", "dropped")


def _losses(
    found: Mapping[str, Any],
    level: str,
    names: list[str],
    to: list[str],
    where: Ints,
    top: int | None,
    *,
    every: bool,
) -> Losses:
    """The table; with a row of `every` part, also of those that nobody needs."""
    element: Ints = found["element"]
    weight = {
        part: found[f"{part}_weight"].reshape(element.size, -1) if element.size else np.zeros((0, 0))
        for part in ("dropped", "cut_off")
    }
    idle = np.setdiff1d(np.arange(len(names)), element) if every else element[:0]
    element = np.append(element, idle)
    weight = {part: np.pad(values, ((0, idle.size), (0, 0))) for part, values in weight.items()}
    columns = {name: np.pad(found[name], (0, idle.size)) for name in (*COUNTS, "seconds")}
    worst = [-column for part in weight.values() for column in part.T]  # from what counts most
    order = np.lexsort((element, *worst[::-1])) if element.size else np.arange(0)
    order = order[:top]
    chosen = element[order]
    return Losses(
        what=np.full(chosen.size, level),
        name=np.array([names[i] for i in chosen], np.str_),
        to=np.array([to[i] for i in chosen], np.str_),
        row=where[chosen],
        **{name: values[order] for name, values in columns.items()},
        cut_off_weight=weight["cut_off"][order].sum(axis=1),
        dropped_weight=weight["dropped"][order].sum(axis=1),
        tried=int(element.size),
        _by_level={part: values[order] for part, values in weight.items()},
    )
