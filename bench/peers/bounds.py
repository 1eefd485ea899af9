"""Proven bounds on the instances: how much can be placed at most, and what placing so much must cost.

`bounds.csv` holds, for a size, a seed and a weight ("tasks": 1 each; "compute": what a task asks of it), the
most weight that any placement reaches, and some tangents of the least cost as a function of the weight
placed: to place ``weight`` costs at least ``cost + slope * (weight - at)``, whatever ``weight`` is. `made_by`
says how a row was computed. All for the load and the jitter that `instance.make` has by default.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

PATH = Path(__file__).with_name("bounds.csv")


@dataclass(frozen=True)
class Tangent:
    """One row."""

    size: str
    seed: int
    weight: str
    most: float
    at: float
    cost: float
    slope: float
    made_by: str

    def cost_of(self, placed: float) -> float:
        """What placing so much costs at least, by this tangent alone."""
        return self.cost + self.slope * (placed - self.at)


@dataclass(frozen=True)
class Bound:
    """What is known of one instance and weight."""

    tangents: tuple[Tangent, ...]

    @property
    def most(self) -> float:
        """The most weight that can be placed."""
        return min(tangent.most for tangent in self.tangents)

    def cost_of(self, placed: float) -> float:
        """What placing so much weight costs at least."""
        return max(0.0, *(tangent.cost_of(placed) for tangent in self.tangents))


@cache
def _table() -> dict[tuple[str, int, str], Bound]:
    kinds = {field.name: {"int": int, "float": float}.get(str(field.type), str) for field in fields(Tangent)}
    found: dict[tuple[str, int, str], list[Tangent]] = {}
    with PATH.open(newline="") as file:
        for row in csv.DictReader(file):
            tangent = Tangent(**{name: kinds[name](row[name]) for name in kinds})  # type: ignore[arg-type]
            found.setdefault((tangent.size, tangent.seed, tangent.weight), []).append(tangent)
    return {key: Bound(tuple(rows)) for key, rows in found.items()}


def of(size: str, seed: int, weight: str = "tasks") -> Bound | None:
    """The bound of an instance, none where none was computed."""
    return _table().get((size, seed, weight))


def write(rows: Iterable[Tangent]) -> None:
    """Replace the rows of the same instances in `bounds.csv`; keep the others."""
    rows = list(rows)
    fresh = {(row.size, row.seed) for row in rows}
    kept = [t for bound in _table().values() for t in bound.tangents] if PATH.exists() else []
    rows += [row for row in kept if (row.size, row.seed) not in fresh]
    rows.sort(key=lambda row: (row.size, row.seed, row.weight, -row.at))
    with PATH.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Tangent)], lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _short(value) for name, value in asdict(row).items()} for row in rows)
    _table.cache_clear()


def _short(value: object) -> object:
    """Numbers to nine digits, enough and stable."""
    return float(f"{value:.9g}") if isinstance(value, float) and math.isfinite(value) else value
