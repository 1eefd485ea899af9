"""The configuration of ``gigafleet place``: frozen models read from TOML, units in the names.

``examples/scenario.toml`` and ``examples/own/scenario.toml`` show every table; ``docs/cli.md`` explains them.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from gigafleet.errors import GigafleetError, InputError

try:
    from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError
except ModuleNotFoundError as error:
    raise GigafleetError("config: pydantic is missing; pip install 'gigafleet[cli]'") from error

__all__ = [
    "DAYS",
    "EFFORTS",
    "PRESETS",
    "Config",
    "EuropeScenario",
    "ObjectiveConfig",
    "OutputConfig",
    "OwnScenario",
    "PlaceConfig",
    "load",
]

Preset = Literal["today", "claim-2035"]
Day = Literal["weekdays", "saturday", "sunday"]
Effort = Literal["fast", "balanced", "best"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
DAYS: tuple[Day, ...] = get_args(Day)
EFFORTS: tuple[Effort, ...] = get_args(Effort)

Text = Annotated[str, Field(min_length=1)]
Value = str | float | bool


class _Frozen(BaseModel):
    """No change after reading; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EuropeScenario(_Frozen):
    """``[scenario] kind = "europe"``: the built-in scenario, see :func:`gigafleet.scenarios.europe`.

    Parameters
    ----------
    vehicles, tasks : int
        How many parked cars take part and how many tasks are asked. Default 1,000,000 each.
    hour : int
        0 to 23. Default 19.
    day : {"weekdays", "saturday", "sunday"}
        Default "weekdays".
    seed : int
        Of the generator. Default 0.
    preset : {"today", "claim-2035"}
        What a car and a gigafactory can do. Default "today".
    load : float
        Compute asked over compute offered. Default 0.9.
    participation : float, optional
        Share of the EU27's cars that takes part, 0 to 1; replaces `vehicles`.
    cells : int, optional
        Cells in all, 60 or more. Default: one for 125 tasks, at most 8,000.
    factories, gigafactories : list of str, optional
        Cities of the EU27. Default: the 19 AI Factories, and five places next to them.
    racks : bool
        Each rack of a campus is a site; else all its hosts stand at one. Default true.
    countries : dict of str to str
        Countries of PoPs, over the rule of the nearest city. Default: none.
    """

    kind: Literal["europe"] = "europe"
    vehicles: int = Field(default=1_000_000, ge=0)
    tasks: int = Field(default=1_000_000, ge=0)
    hour: int = Field(default=19, ge=0, le=23)
    seed: int = Field(default=0, ge=0)
    day: Day = "weekdays"
    preset: Preset = "today"
    load: PositiveFloat = 0.9
    participation: float | None = Field(default=None, ge=0, le=1)
    cells: int | None = Field(default=None, ge=60)
    factories: tuple[Text, ...] | None = None
    gigafactories: tuple[Text, ...] | None = None
    racks: bool = True
    countries: dict[str, Text] = {}


class OwnScenario(_Frozen):
    """``[scenario] kind = "own"``: your own network and tables. Paths are relative to the TOML file.

    Parameters
    ----------
    network : path
        Node-link JSON (``.json``) or GraphML (``.graphml``, ``.xml``). Attributes ``lat`` and ``lon`` of the
        sites put them on the map.
    nodes, tasks : path
        Parquet or CSV with a column a parameter of :class:`gigafleet.Nodes` and :class:`gigafleet.Tasks`.
    resources : list of str
        Column names that are resources, in both tables.
    prices : dict of resource to column
        Columns of ``nodes`` with the price of a unit and hour.
    consumable : list of str
        Resources that are used up rather than given back. Default ``["energy_wh"]``.
    node_values, task_values : dict of parameter to value
        Scalars that stand for a whole column, such as ``max_rtt_ms = 50``, or lists of labels.
    latency, capacity, price : str
        Names of the edge attributes. Default ``latency_ms``, ``capacity_mbps``, ``price_per_mbps``.
    title : str
        What the picture is called. Default: the name of the network's file.
    """

    kind: Literal["own"]
    network: Path
    nodes: Path
    tasks: Path
    resources: tuple[Text, ...] = Field(min_length=1)
    prices: dict[str, Text] = {}
    consumable: tuple[Text, ...] = ("energy_wh",)
    node_values: dict[str, Value | tuple[Text, ...]] = {}
    task_values: dict[str, Value | tuple[Text, ...]] = {}
    latency: Text = "latency_ms"
    capacity: Text = "capacity_mbps"
    price: Text = "price_per_mbps"
    title: str = ""


class ObjectiveConfig(_Frozen):
    """``[objective]``: what a plan costs, see :class:`gigafleet.Objective`.

    Parameters
    ----------
    rtt_price_eur_per_ms_hour : float
        Price of a millisecond of round trip, per task and hour. Default 1e-5.
    horizon_s : float
        How long an open-ended task is taken to run. Default 3,600.
    risk_price_eur_per_hour : float
        Price of placing an open-ended task on a vehicle that departs within the horizon. Default 0.
    """

    rtt_price_eur_per_ms_hour: float = 1e-5
    horizon_s: PositiveFloat = 3600.0
    risk_price_eur_per_hour: float = 0.0


class PlaceConfig(_Frozen):
    """``[place]``: how the engine works, see :func:`gigafleet.place`.

    Parameters
    ----------
    seed : int
        Default 0; the same seed gives the same plan on any number of threads.
    threads : int, optional
        Default: every core this process may use.
    effort : {"fast", "balanced", "best"}
        A budget of work. Default "balanced".
    time_limit_s : float, optional
        Stop after so many seconds with what is placed by then. Default: none.
    """

    seed: int = Field(default=0, ge=0)
    threads: int | None = Field(default=None, ge=1)
    effort: Effort = "balanced"
    time_limit_s: PositiveFloat | None = None


class OutputConfig(_Frozen):
    """``[output]``: what is written.

    Parameters
    ----------
    folder : path
        Relative to where the command runs. Default ``out``.
    map : bool
        Draw ``map.png``; needs positions of the sites. Default true.
    verify : bool
        Recompute every hard rule before writing. Default true.
    """

    folder: Path = Path("out")
    map: bool = True
    verify: bool = True


class Config(_Frozen):
    """A whole file."""

    scenario: Annotated[EuropeScenario | OwnScenario, Field(discriminator="kind")] = EuropeScenario()
    objective: ObjectiveConfig = ObjectiveConfig()
    place: PlaceConfig = PlaceConfig()
    output: OutputConfig = OutputConfig()


def load(path: str | Path) -> Config:
    """Read and check a TOML file.

    Parameters
    ----------
    path : path
        The file. Paths inside ``[scenario]`` are taken relative to its folder.

    Returns
    -------
    Config

    Raises
    ------
    InputError
        When the file is missing, is no TOML, has an unknown key or a wrong value; the message names the key.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError.at(str(path), error.strerror or "an error", "a file that can be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError.at(str(path), str(error), "a TOML file") from error
    scenario = raw.get("scenario")
    if isinstance(scenario, dict):
        scenario.setdefault("kind", "europe")
        for key in ("network", "nodes", "tasks") if scenario["kind"] == "own" else ():
            if isinstance(scenario.get(key), str):
                scenario[key] = path.parent / scenario[key]
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise _first(path, error) from error


def _first(path: Path, error: ValidationError) -> InputError:
    """Turn pydantic's first complaint into the house form."""
    complaints = error.errors(include_url=False)
    one = complaints[0]
    kinds = {"europe", "own"}  # pydantic names the kind of scenario as a part of the key
    key = ".".join(str(part) for i, part in enumerate(one["loc"]) if not (i == 1 and part in kinds))
    more = f" ({len(complaints) - 1} more)" if len(complaints) > 1 else ""
    if one["type"] == "union_tag_invalid":
        tag, known_tags = one["ctx"]["tag"], one["ctx"]["expected_tags"]
        return InputError.at(f"{path}: {key}.kind", repr(tag), f"one of {known_tags}{more}")
    if one["type"] == "extra_forbidden":
        known = ", ".join(_known(one["loc"]))
        return InputError.at(f"{path}: {key}", "an unknown key", f"one of {known}{more}")
    if one["type"] == "missing":
        return InputError.at(f"{path}: {key}", "nothing", f"a value{more}")
    wanted = one["msg"].removeprefix("Input should be ")
    return InputError.at(f"{path}: {key}", repr(one["input"]), wanted + more)


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """Keys of the table that an unknown key stands in."""
    tables: dict[Any, type[BaseModel]] = {
        "objective": ObjectiveConfig, "place": PlaceConfig, "output": OutputConfig,
    }  # fmt: skip
    if len(loc) == 1:
        return list(Config.model_fields)
    if loc[0] == "scenario":
        return list((OwnScenario if loc[1] == "own" else EuropeScenario).model_fields)
    return list(tables[loc[0]].model_fields)
