"""First fit compiled with numba, in two orders of the tasks."""

from __future__ import annotations

import time

from peers import first_fit
from peers.answer import Answer
from peers.folded import Folded, small_first, tight_first
from peers.instance import Instance


def solve(instance: Instance, limit_s: float, order: str) -> Answer:
    """`order`: "tight", tight latency limits first; "small", small tasks first."""
    folded = Folded(instance)
    tasks = {"tight": tight_first, "small": small_first}[order](instance)
    start = time.perf_counter()
    node = first_fit.place(folded, tasks)
    return Answer(node, f"the placing alone {time.perf_counter() - start:.2g} s; {folded.pairs} pairs")
