"""Assignments by row position."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Runs"]


class Runs(NamedTuple):
    """Who runs where, by row position: five int64 arrays of one length, as in ``plan.assignments()``."""

    task: NDArray[np.int64]
    node: NDArray[np.int64]
    first_instance: NDArray[np.int64]
    instances: NDArray[np.int64]
    per_instance: NDArray[np.int64]
