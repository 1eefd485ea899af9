"""What the campuses offer: chips in whole hosts, and the racks that the hosts stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigafleet.scenarios.factories import Campus
from gigafleet.scenarios.presets import FactoryFigures, HostType

__all__ = ["Racks", "host_type", "offered_chips", "racks"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Racks:
    """The racks on offer, R rows, campus after campus.

    Attributes
    ----------
    campus : (R,) int64
        Position of its campus, in the order that :func:`racks` was given.
    number : (R,) int64
        1, 2, ... within the campus.
    hosts : (R,) int64
        Hosts in it, 1 or more; only the last rack of a campus may hold fewer than ``hosts_per_rack``.
    hosts_per_rack : (R,) int64
        Hosts that it has room for.
    """

    campus: IntArray
    number: IntArray
    hosts: IntArray
    hosts_per_rack: IntArray


def host_type(figures: FactoryFigures, kind: str) -> HostType:
    """Return the hosts of a campus of kind "factory" or "gigafactory"."""
    return figures.host if kind == "factory" else figures.gigafactory_host


def offered_chips(
    figures: FactoryFigures, campuses: Sequence[tuple[Campus, str]], tasks: int
) -> list[tuple[Campus, str, int]]:
    """Return the chips that each campus offers: whole hosts, one at least.

    Below a million tasks a campus offers its chips in proportion to them.

    Parameters
    ----------
    figures : FactoryFigures
    campuses : sequence of (Campus, kind)
        Kind "factory" or "gigafactory".
    tasks : int
        Tasks at once.

    Returns
    -------
    list of (Campus, kind, chips)
    """
    offered = []
    for campus, kind in campuses:
        host = host_type(figures, kind)
        chips = campus.chips or (figures.chips if kind == "factory" else figures.gigafactory_chips)
        hosts = round(chips * figures.offered_share * min(1.0, tasks / 1e6) / host.chips)
        offered.append((campus, kind, max(1, hosts) * host.chips))
    return offered


def racks(figures: FactoryFigures, campuses: Sequence[tuple[Campus, str, int]]) -> Racks:
    """Fill racks with the hosts that each campus offers, one after the other.

    Parameters
    ----------
    figures : FactoryFigures
    campuses : sequence of (Campus, kind, chips)
        What :func:`offered_chips` returned.

    Returns
    -------
    Racks
        O(racks).
    """
    types = [host_type(figures, kind) for _, kind, _ in campuses]
    hosts = np.array(
        [chips // host.chips for host, (_, _, chips) in zip(types, campuses, strict=True)], np.int64
    )
    room = np.array([host.hosts_per_rack for host in types], np.int64)
    count = -(-hosts // room)
    campus = np.repeat(np.arange(len(campuses)), count)
    before = np.arange(len(campus)) - np.repeat(np.cumsum(count) - count, count)  # racks of the same campus
    room = room[campus]
    return Racks(campus, before + 1, np.minimum(room, hosts[campus] - before * room), room)
