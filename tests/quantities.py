"""Quantities by the definition: whole multiples of a resolution, exactly."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

INF = math.inf
Number = int | float  #: a whole number, or infinity


@cache
def quantise(value: float, resolution: float | str, *, up: bool) -> Number:
    """`value` in multiples of a decimal `resolution`, exactly.

    Within 1e-9 (relative) of a multiple it is that multiple; otherwise demand rounds up and capacity down.
    """
    if value == INF:
        return INF
    multiples = Fraction(value) / Fraction(str(resolution))
    nearest = math.floor(multiples + Fraction(1, 2))
    if abs(multiples - nearest) <= multiples / 10**9:
        return nearest
    return math.ceil(multiples) if up else math.floor(multiples)
