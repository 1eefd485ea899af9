"""Commands and their options (click); the work is in :mod:`gigafleet.cli.run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gigafleet import __version__, config
from gigafleet.cli import run
from gigafleet.errors import GigafleetError, VerifyError

__all__ = ["cli"]

FAULTY, WRONG, STOPPED = 1, 2, 130
DEFAULT = config.EuropeScenario()
DEMO_TASKS = 1_100_000  # of which more than a million find a place


class _Group(click.Group):
    """Turns our errors and Ctrl-C into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GigafleetError as error:
            click.echo(f"gigafleet: {error}", err=True)
            ctx.exit(FAULTY if isinstance(error, VerifyError) else WRONG)
        except KeyboardInterrupt:
            click.echo("gigafleet: stopped", err=True)
            ctx.exit(STOPPED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="gigafleet", message="%(prog)s %(version)s")
def cli() -> None:
    """Place AI inference tasks on parked vehicles and AI gigafactories."""


@cli.command()
@click.option(
    "--vehicles", type=click.IntRange(0), default=DEFAULT.vehicles, help="Parked cars that take part."
)
@click.option("--tasks", type=click.IntRange(0), default=DEMO_TASKS, help="Inference tasks asked for.")
@click.option("--hour", type=click.IntRange(0, 23), default=DEFAULT.hour, help="Of the day.")
@click.option("--day", type=click.Choice(config.DAYS), default=DEFAULT.day, help="Kind of day.")
@click.option(
    "--seed", type=click.IntRange(0), default=DEFAULT.seed, help="Of the scenario and of the engine."
)
@click.option(
    "--preset", type=click.Choice(config.PRESETS), default=DEFAULT.preset, help="What a car can do."
)
@click.option("--racks/--no-racks", default=DEFAULT.racks, help="Racks are sites, or campuses only.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out"), help="Folder written."
)
@click.option("--threads", type=click.IntRange(1), help="Default: every core this process may use.")
@click.option("--effort", type=click.Choice(config.EFFORTS), default="balanced", help="Budget of work.")
@click.option("--verify/--no-verify", default=True, help="Recompute every hard rule before writing.")
def demo(seed: int, out: Path, threads: int | None, effort: Any, verify: bool, **scenario: Any) -> None:
    """Place a real Europe: cities, cars, AI Factories, gigafactories and the fibre between them."""
    settings = config.Config(
        scenario=config.EuropeScenario(seed=seed, **scenario),
        place=config.PlaceConfig(seed=seed, threads=threads, effort=effort),
        output=config.OutputConfig(folder=out, verify=verify),
    )
    run.run(settings, Console())


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="SCENARIO.TOML")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder written, instead of the file's."
)
@click.option("--threads", type=click.IntRange(1), help="Instead of the file's.")
@click.option("--verify/--no-verify", default=None, help="Instead of the file's.")
def place(file: Path, out: Path | None, threads: int | None, verify: bool | None) -> None:
    """Place what a TOML file describes: the built-in Europe, or your own network and tables."""
    settings = config.load(file)
    output = {"folder": out, "verify": verify}
    settings = settings.model_copy(
        update={
            "output": settings.output.model_copy(update={k: v for k, v in output.items() if v is not None}),
            "place": settings.place.model_copy(update={} if threads is None else {"threads": threads}),
        }
    )
    run.run(settings, Console())
