"""Why a task was not placed."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Reason"]


class Reason(IntEnum):
    """The first gate that leaves a task no node; :attr:`PLACED` where every member is placed.

    The numbers are frozen: saved plans and journals hold them. ``plan.reason`` is a uint8 array of them,
    one a task row, and speaks of the members that were not placed. Gates are asked in
    the order of the numbers.

    Examples
    --------
    >>> from gigafleet import Reason
    >>> Reason(6)
    <Reason.RTT: 6>
    >>> Reason.RTT.describe
    'every node left is further away than max_rtt_ms allows'
    """

    PLACED = 0
    LABEL = 1
    TOO_BIG = 2
    TIME = 3
    MODEL = 4
    ROUTE = 5
    RTT = 6
    QUOTA = 7
    GANG = 8
    SPREAD = 9
    LINK = 10
    CAPACITY = 11
    FAIRNESS = 12
    DISPLACED = 13
    NOT_TRIED = 14

    @property
    def describe(self) -> str:
        """One line for people."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS: dict[Reason, str] = {
    Reason.PLACED: "every member is placed",
    Reason.LABEL: "there is no node with the labels that are required and without those forbidden",
    Reason.TOO_BIG: "no node left could hold it even when empty",
    Reason.TIME: "every node left departs before the task would end",
    Reason.MODEL: "no node left has the model's weights, or can load them in time",
    Reason.ROUTE: "no route leads to any node left through the sites that the task may transit",
    Reason.RTT: "every node left is further away than max_rtt_ms allows",
    Reason.QUOTA: "a tenant's quota has no room for it, or for the whole of its gang",
    Reason.GANG: "no domain would hold the whole gang, even if empty",
    Reason.SPREAD: "every domain left holds as many of the group as spread_max allows",
    Reason.LINK: "a link or a site's access on the way to every node left is full",
    Reason.CAPACITY: "every node left is full",
    Reason.FAIRNESS: "the tenant's fair share is used up",
    Reason.DISPLACED: "it was placed and had to give way",
    Reason.NOT_TRIED: "the time limit ended the search before it was reached",
}
