"""Reasons by the definition."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """The first gate that leaves a task no node. Numbers are frozen."""

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
