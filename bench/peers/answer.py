"""What a solver returns."""

from __future__ import annotations

from dataclasses import dataclass

from peers.instance import Array


@dataclass(frozen=True)
class Answer:
    """An assignment, or the reason why there is none."""

    node: Array | None  #: (n,) node of each task, -1 where not placed
    note: str = ""  #: what a reader of the table should know
    own_cost: float | None = None  #: what the solver says it costs, where that can be checked
