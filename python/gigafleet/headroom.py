"""How many more tasks a plan leaves room for, where, and what keeps the next one out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import Frame, grid, number
from gigafleet.assignments import Assignments
from gigafleet.errors import InputError
from gigafleet.prices import LINES
from gigafleet.reasons import Reason

if TYPE_CHECKING:
    from gigafleet.nodes import Nodes
    from gigafleet.tasks import Tasks

__all__ = ["Binding", "Headroom", "SiteRoom", "headroom"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Strings = NDArray[np.str_]
GATES = int(Reason.NOT_TRIED)  #: of the core's table of gates
WHAT = ("link", "access", "access", "node", "window")  #: what the core's numbers say is full
ACCESS = {1: "access_up_mbps", 2: "access_down_mbps", 4: "access_down_mbps"}


@dataclass(frozen=True, eq=False, repr=False)
class SiteRoom(Frame):
    """Where the members that fit would run, from most to fewest of each profile.

    Attributes
    ----------
    profile : int64 (rows,)
        Id of the profile.
    site : str (rows,)
    nodes : int64 (rows,)
        Instances of nodes that take some.
    tasks : int64 (rows,)
        Members that they take.
    """

    profile: Ints
    site: Strings
    nodes: Ints
    tasks: Ints


@dataclass(frozen=True, eq=False, repr=False)
class Binding(Frame):
    """What has no room for one more, from many nodes that it keeps out of reach to few; ``print`` shows it.

    Attributes
    ----------
    profile : int64 (rows,)
        Id of the profile.
    what : str (rows,)
        ``"link"``, ``"access"`` (of a site), ``"window"`` (what nodes of a site may load) or ``"node"``: all
        nodes that have a way left.
    column : str (rows,)
        What it is a capacity of, called as the column of :class:`Network` or :class:`Nodes` that holds it; of
        devices ``"devices"`` or ``"device.NAME"``.
    site, to : str (rows,)
        The link in the direction that is full, from `site` to `to`; the site of an access or window. Else
        empty.
    row : int64 (rows,)
        Number of the link, position of the site; -1 of nodes.
    nodes : int64 (rows,)
        Instances of nodes that it keeps the next one from, by itself or with others.
    """

    profile: Ints
    what: Strings
    column: Strings
    site: Strings
    to: Strings
    row: Ints
    nodes: Ints

    def __str__(self) -> str:
        cells = [[f"{value:,}" for value in self.profile], [self._name(i) for i in range(len(self))],
                 self.column.tolist(), [f"{value:,}" for value in self.nodes]]  # fmt: skip
        return grid(["profile", "", "", "nodes behind"], cells, (1, 2))

    def _name(self, i: int) -> str:
        what, site = str(self.what[i]), self.site[i]
        names = {"link": f"link {site} to {self.to[i]}", "node": "nodes"}
        return names.get(what, f"{what} of {site}")


@dataclass(frozen=True, eq=False, repr=False)
class Headroom(Frame):
    """How many more tasks fit, a row a profile; ``print`` shows it.

    Attributes
    ----------
    profile : int64 (rows,)
        Id of the profile: the row of the table of profiles, or its ``id``.
    origin : str (rows,)
        Where its tasks come from.
    fits : int64 (rows,)
        Members that fit at the same time; 1,000,000,000 where more would.
    gangs : int64 (rows,)
        Whole gangs that these are, where the row is in one: `fits` is its `count` times that. Else `fits`.
    bound : int64 (rows,)
        No more can, wherever they are put, while all tasks of the plan stay where they are. Equal to `fits`
        unless the network is directed, or the row is in a gang or spread over domains above sites.
    cost : float64 (rows,)
        EUR/h of these members, with what nodes load for them.
    reason : uint8 (rows,)
        :class:`gigafleet.Reason` that keeps the next one out, as in ``plan.reason``; ``PLACED`` where none
        does.
    """

    profile: Ints
    origin: Strings
    fits: Ints
    gangs: Ints
    bound: Ints
    cost: Floats
    reason: NDArray[np.uint8]
    _found: Mapping[str, Any]
    _tables: tuple[Tasks, Nodes]

    def assignments(self) -> Assignments:
        """Where they would run, in runs as those of a plan; `task` is the id of the profile."""
        _, nodes = self._tables
        runs = [self._found[name] for name in ("first_instance", "instances", "per_instance")]
        return Assignments(self.profile[self._found["task"]], nodes.ids(self._found["node"]), *runs)

    def by_site(self) -> SiteRoom:
        """The same added up by site, the sites with the most members first. O(runs · log)."""
        _, nodes = self._tables
        network = nodes.network
        row, count = self._found["task"], self._found["instances"]
        site = nodes.columns["site"].take(self._found["node"]).astype(np.int64)
        keys, where = np.unique(row * network.site_count + site, return_inverse=True)
        used = np.bincount(where, count, keys.size).astype(np.int64)
        tasks = np.bincount(where, count * self._found["per_instance"], keys.size).astype(np.int64)
        row, site = np.divmod(keys, network.site_count)
        order = np.lexsort((site, -tasks, row))
        names = np.array([str(network.sites[position]) for position in site[order]], np.str_)
        return SiteRoom(self.profile[row[order]], names, used[order], tasks[order])

    def gates(self, profile: int) -> dict[Reason, int]:
        """Instances of nodes by the first gate that keeps one more from them, in the order of the gates.

        Parameters
        ----------
        profile : int
            Id of the profile.

        Raises
        ------
        InputError
            No such profile.
        """
        row = np.flatnonzero(self.profile == profile)
        if not row.size:
            raise InputError.at("profile", profile, "an id of the profiles")
        counts = self._found["gates"].reshape(-1, GATES)[row[0]]
        return {Reason(gate): int(nodes) for gate, nodes in enumerate(counts) if nodes}

    def binds(self, top: int = 20) -> Binding:
        """What is full on the way of the next one, of each profile the `top` that shut out most nodes."""
        _, nodes = self._tables
        network = nodes.network
        row, number = self._found["full_row"], self._found["full_number"]
        what, behind = self._found["full_what"], self._found["full_nodes"]
        first = np.searchsorted(row, row)  # they come by profile, from many nodes to few
        chosen = np.flatnonzero(np.arange(row.size) - first < top)
        lines = []
        for i in chosen:
            at, kind = int(number[i]), int(what[i])
            if kind == 0:
                link, back = (at, 0) if network.directed else divmod(at, 2)
                ends = [str(network.sites[int(end[link])]) for end in (network.link_tail, network.link_head)]
                lines.append(("capacity_mbps", ends[back], ends[1 - back], link))
            elif kind == 3:
                lines.append(((*nodes.schema, *LINES)[at], "", "", -1))
            else:
                lines.append((ACCESS[kind], str(network.sites[at]), "", at))
        column, site, to, where = zip(*lines, strict=True) if lines else ((), (), (), ())
        return Binding(
            profile=self.profile[row[chosen]],
            what=np.array([WHAT[kind] for kind in what[chosen]], np.str_),
            column=np.array(column, np.str_),
            site=np.array(site, np.str_),
            to=np.array(to, np.str_),
            row=np.array(where, np.int64),
            nodes=behind[chosen],
        )

    def __str__(self) -> str:
        all_full = self.binds(len(self._found["full_row"]))
        most: dict[tuple[int, int], str] = {}
        for i, profile in enumerate(all_full.profile.tolist()):
            reason = Reason.CAPACITY if all_full.what[i] in ("node", "window") else Reason.LINK
            most.setdefault((profile, reason), f": {all_full._name(i)}, {all_full.column[i]}")
        then = [
            Reason(reason).name + most.get((profile, reason), "")
            for profile, reason in zip(self.profile.tolist(), self.reason.tolist(), strict=True)
        ]
        fits, cost = [f"{value:,}" for value in self.fits], [number(value) for value in self.cost]
        cells = [[f"{value:,}" for value in self.profile], self.origin.tolist(), fits, cost, then]
        return grid(["profile", "origin", "fits", "EUR/h", "then"], cells, (1, 4))

    def __repr__(self) -> str:
        return f"Headroom({len(self)} profiles, {int(self.fits.sum()):,} more)"


def headroom(profiles: Tasks, nodes: Nodes, found: Mapping[str, Any]) -> Headroom:
    """Put together what ``_core.headroom`` gives."""
    rows = np.arange(profiles.rows)
    gates = found["gates"].reshape(-1, GATES)
    last = GATES - 1 - np.argmax(gates[:, ::-1] > 0, axis=1)
    none = ~gates.any(axis=1)  # without nodes the first gate leaves none
    reason = np.where(gates[:, 0] > 0, 0, np.where(none, int(Reason.LABEL), last))
    sites = profiles.network.sites
    origin = profiles.columns["origin"].take(rows)
    return Headroom(
        profile=profiles.ids(rows),
        origin=np.array([str(sites[int(at)]) for at in origin], np.str_),
        fits=found["fits"],
        gangs=found["gangs"],
        bound=found["bound"],
        cost=found["cost"],
        reason=reason.astype(np.uint8),
        _found=found,
        _tables=(profiles, nodes),
    )
