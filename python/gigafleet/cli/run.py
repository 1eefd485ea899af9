"""The job of both commands: build, place, verify, show, write."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

import gigafleet as gf
from gigafleet import config
from gigafleet.cli import show, tables
from gigafleet.cli.build import Built, build, objective
from gigafleet.errors import InputError
from gigafleet.ledger import Ledger
from gigafleet.report import Report, report

__all__ = ["run"]

DEAREST = 100  #: rows of prices.csv for each of weight and cost


def run(settings: config.Config, console: Console) -> None:
    """Do the whole job; errors and Ctrl-C leave as exceptions."""
    folder = _folder(settings.output.folder)
    seconds: dict[str, float] = {}
    with show.stages(console) as stages:
        with _timed(seconds, "build"), stages.stage("Building the scenario"):
            scenario = build(settings.scenario)
        with _timed(seconds, "place"):
            plan = gf.place(
                scenario.tasks, scenario.nodes, objective=objective(settings.objective),
                owners=scenario.owners, progress=stages, **settings.place.model_dump(),
            )  # fmt: skip
        if settings.output.verify:
            with _timed(seconds, "verify"), stages.stage("Verifying every hard rule"):
                plan.verify()
        with _timed(seconds, "add up"), stages.stage("Adding up"):
            sums = report(plan, scenario)
            ledger = plan.ledger() if scenario.owners is not None else None
    tables.show(console, sums, scenario.network)
    with show.stages(console) as stages:
        with _timed(seconds, "write"), stages.stage("Writing plan, prices and summary"):
            paths = [folder / name for name in ("plan.parquet", "prices.csv", "summary.json")]
            _write_plan(paths[0], plan)
            _write_prices(paths[1], plan)
        if settings.output.map:
            with _timed(seconds, "map"), stages.stage("Drawing the map"):
                paths.append(folder / "map.png")
                _draw(paths[-1], plan, scenario, sums)
        _write_summary(paths[2], settings, plan, sums, ledger, seconds)
    show.closing(console, plan, sums, ledger, seconds, paths, settings.output.verify)


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


def _folder(path: Path) -> Path:
    """Make the folder before the work, so that a wrong one is known at once."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.at("out", f"{path} ({error.strerror})", "a folder that can be written") from error
    return path


def _write_plan(path: Path, plan: Any) -> None:
    from pyarrow import parquet

    table = plan.assignments().to_arrow()
    about = {"gigafleet": gf.__version__, "status": plan.status, "digest": plan.digest}
    parquet.write_table(table.replace_schema_metadata(about), path)


def _write_prices(path: Path, plan: Any) -> None:
    """The capacities of which more would be worth the most: in weight, and in EUR/h."""
    import pyarrow as pa
    from pyarrow import csv

    prices = plan.prices()
    frames = []
    for table in (view.table(top=DEAREST) for view in (prices.weight, prices.cost)):
        unit = pa.array([table.unit] * len(table), pa.string())
        frames.append(table.to_arrow().add_column(0, "unit", unit))
    csv.write_csv(pa.concat_tables(frames), path)


def _draw(path: Path, plan: Any, scenario: Built, sums: Report) -> None:
    from gigafleet import plot

    plot.save_map(path, plan, scenario, report=sums)


def _write_summary(
    path: Path,
    settings: config.Config,
    plan: Any,
    sums: Report,
    ledger: Ledger | None,
    seconds: dict[str, float],
) -> None:
    by = {
        kind: {
            country: {
                "nodes": int(sums.nodes[i, j]),
                "tasks": int(sums.placed_by[i, j]),
                "used": dict(zip(sums.resources, sums.used[i, j].tolist(), strict=True)),
                "capacity": dict(zip(sums.resources, sums.capacity[i, j].tolist(), strict=True)),
            }
            for j, country in enumerate(sums.countries)
            if sums.nodes[i, j]
        }
        for i, kind in enumerate(sums.kinds)
    }
    summary = {
        "gigafleet": gf.__version__,
        "settings": settings.model_dump(mode="json"),
        "verified": settings.output.verify,
        **plan.summary().to_dict(),
        "placed_by_kind_and_country": by,
        "owners_per_hour": None if ledger is None else ledger.total,
        "seconds": seconds,
    }
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", "utf-8")
