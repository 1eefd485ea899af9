"""Reasons: frozen numbers, a line each."""

from __future__ import annotations

import gigafleet as gf
from gigafleet.reasons import Reason


def test_the_numbers_are_frozen() -> None:
    assert {reason.name: reason.value for reason in Reason} == {
        "PLACED": 0,
        "LABEL": 1,
        "TOO_BIG": 2,
        "TIME": 3,
        "MODEL": 4,
        "ROUTE": 5,
        "RTT": 6,
        "QUOTA": 7,
        "GANG": 8,
        "SPREAD": 9,
        "LINK": 10,
        "CAPACITY": 11,
        "FAIRNESS": 12,
        "DISPLACED": 13,
        "NOT_TRIED": 14,
    }


def test_each_has_a_line_of_its_own() -> None:
    lines = [reason.describe for reason in Reason]
    assert all(line and "\n" not in line for line in lines)
    assert len(set(lines)) == len(lines)


def test_exported_lazily() -> None:
    assert gf.Reason is Reason
    assert {"Reason"} <= set(dir(gf))
