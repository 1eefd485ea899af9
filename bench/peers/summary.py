"""The CSV added up: medians over seeds and repeats, by peer and size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from peers import bounds
from peers.instance import DEFAULT_LOAD, SIZES
from peers.registry import PEERS
from peers.runner import FAILED, VALUES

Row = dict[str, str]


@dataclass(frozen=True)
class Cell:
    """A peer at a size: medians; NaN where nothing is known."""

    peer: str
    size: str
    runs: int
    seconds: float
    cpu_s: float  #: of all threads: hardly touched by what else runs
    peak_mb: float
    tasks_share: float  #: placed, of all tasks
    compute_share: float
    tasks_missing: float  #: of the most that can be placed
    compute_missing: float
    cost: float
    cost_gap: float  #: above what placing so much must cost
    note: str

    @property
    def tasks(self) -> int:
        return SIZES[self.size][0]

    @property
    def answered(self) -> bool:
        return math.isfinite(self.cost)


def newest(rows: Iterable[Row]) -> list[Row]:
    """The last row of each case: other versions of a peer, and failed runs done again, are left out."""
    last = {}
    for row in rows:
        if not row["note"].startswith(FAILED):
            last[tuple(row[k] for k in ("peer", "size", "seed", "jitter", "load", "repeat"))] = row
    return list(last.values())


def _against_bounds(row: Row, placed: dict[str, float], cost: float) -> dict[str, float]:
    """What is missing and what is paid too much; NaN where no bound is known."""
    found = dict.fromkeys(("tasks_missing", "compute_missing", "cost_gap"), math.nan)
    if float(row["jitter"]) or float(row["load"]) != DEFAULT_LOAD or not math.isfinite(cost):
        return found
    for weight, amount in placed.items():
        if bound := bounds.of(row["size"], int(row["seed"]), weight):
            found[f"{weight}_missing"] = 1 - amount / bound.most
            least = bound.cost_of(amount)
            gap = cost / least - 1 if least > 0 else math.inf
            found["cost_gap"] = min(gap, found["cost_gap"]) if math.isfinite(found["cost_gap"]) else gap
    return found


def _values(row: Row) -> dict[str, float]:
    """The fields of a cell that are medians, for one row."""
    number = {name: float(row[name] or "nan") for name in VALUES}
    values = {name: number[name] for name in ("seconds", "cpu_s", "peak_mb", "cost")}
    values |= {"tasks_share": number["placed_share"], "compute_share": number["compute_share"]}
    placed = {"tasks": number["placed"], "compute": number["compute"]}
    return values | _against_bounds(row, placed, number["cost"])


def _median(values: Iterable[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return statistics.median(known) if known else math.nan


def cells(rows: Iterable[Row], jitter: float = 0.0, load: float = DEFAULT_LOAD) -> list[Cell]:
    """One a peer and size, in the order of the registry, small sizes first."""
    order = {peer.name: i for i, peer in enumerate(PEERS)}
    grouped: dict[tuple[str, int], list[Row]] = {}
    for row in newest(rows):
        if (float(row["jitter"]), float(row["load"])) == (jitter, load) and row["peer"] in order:
            grouped.setdefault((row["size"], order[row["peer"]]), []).append(row)
    result = []
    for (size, peer), mine in sorted(grouped.items()):
        values = [_values(row) for row in mine]
        medians = {name: _median(value[name] for value in values) for name in values[0]}
        result.append(Cell(PEERS[peer].name, size, len(mine), note=mine[-1]["note"], **medians))
    return result
