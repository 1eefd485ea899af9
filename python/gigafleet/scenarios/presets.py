"""Presets: every figure of a scenario, with its unit in its name and its source in its description.

``today`` holds what drives and stands today, ``claim-2035`` the claims made for 2035. They are frozen
pydantic models; change a figure with :meth:`Preset.but`:
``load_preset("today").but(network={"route_factor": 1.5})``. "Assumption" in a description marks what no
source gives.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from gigafleet.errors import InputError

__all__ = [
    "PRESETS",
    "Application",
    "FactoryFigures",
    "FleetFigures",
    "HostType",
    "LineClass",
    "Model",
    "NetworkFigures",
    "Policy",
    "Preset",
    "TaskFigures",
    "VehicleType",
    "load_preset",
]

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkFigures(_Frozen):
    """What turns places and distances into latencies and capacities."""

    fibre_us_per_km: Positive = Field(4.9, description="Light in fibre, one way: group index 1.468.")
    route_factor: Positive = Field(
        1.3,
        description="Fibre over great circle, per link on land. topohub's `dist` is the great circle of the "
        "ends (median ratio 1.000); its shortest paths are 1.17 x the great circle end to end (median), so "
        "1.3 a link makes 1.5 end to end. Assumption.",
    )
    sea_route_factor: Positive = Field(
        1.05, description="The same for sea cables, drawn with waypoints. Assumption."
    )
    hop_ms: NonNegative = Field(0.05, description="Router and transponder per link, one way. Assumption.")
    cell_hop_ms: NonNegative = Field(0.3, description="Aggregation, cell to metro, one way. Assumption.")
    busiest_link_gbps: Positive = Field(
        4_000,
        description="Capacity of the busiest backbone link; every other one has the share that topohub's own "
        "utilisation under uniform demand gives it (networks are built where traffic flows). Assumption.",
    )
    wave_gbps: Positive = Field(
        100, description="Backbone capacity comes in whole waves, one at least. Assumption."
    )
    backbone_share: Share = Field(0.1, description="Part of the backbone sold to this workload. Assumption.")
    metro_gbps_per_cell: Positive = Field(10, description="Metro to PoP, for each cell below. Assumption.")
    cell_gbps: Positive = Field(10, description="Backhaul of a cell. Assumption.")
    metro_share: Share = Field(0.1, description="Part of both sold to this workload. Assumption.")
    sector_down_mbps: Positive = Field(500, description="5G sector of 100 MHz, average down: about 0.5 Gb/s.")
    sector_up_mbps: Positive = Field(
        100, description="The same sector up: a fifth, by its TDD frame. Assumption."
    )
    sectors_per_cell: Positive = Field(
        18, description="A cell of the scenario is a cluster of sectors, not one antenna. Assumption."
    )
    air_share: Share = Field(0.06, description="Part of the air sold to this workload. Assumption.")
    inhabitants_per_cell: Positive = Field(
        37_000, description="297 M inhabitants of EU27 cities over some 8,000 cells. Assumption."
    )
    fixed_down_mbps_per_inhabitant: Positive = Field(2.0, description="Fixed lines, busy hour. Assumption.")
    fixed_up_mbps_per_inhabitant: Positive = Field(0.7, description="The same up: 29 / 83 of the downlink.")
    fixed_share: Share = Field(0.1, description="Part of the fixed access sold to this workload. Assumption.")
    gateway_mbps_per_chip: Positive = Field(4, description="A campus's gateway, each way. Assumption.")
    rack_hop_ms: NonNegative = Field(
        0.01,
        description="Rack to campus gateway, one way: some 500 m of fibre and three switches; a part of "
        "the factories' `access_rtt_ms`. Assumption.",
    )
    rack_gbps_per_host: Positive = Field(
        400,
        description="Rack to campus, each way, for each host that a rack has room for: its 400G port to the "
        "external network (NVIDIA's multi-node tuning guide for GB200 NVL72), not oversubscribed; the same "
        "for HGX hosts by assumption.",
    )


class VehicleType(_Frozen):
    """One computer in a car, as offered to tasks."""

    name: str
    share: Share
    compute_tops: Positive
    memory_gb: Positive
    power_w: Positive
    rent_eur_per_h: NonNegative = Field(description="Compensation of the owner at full use, energy apart.")
    source: str


class LineClass(_Frozen):
    """How a parked car is reached."""

    name: str
    share: Share
    home: bool = Field(description="True: the home line (a node at the metro); False: a modem in the cell.")
    down_mbps: Positive
    up_mbps: Positive
    access_rtt_ms: NonNegative
    source: str


class FleetFigures(_Frozen):
    """The vehicles."""

    types: tuple[VehicleType, ...]
    lines: tuple[LineClass, ...]
    plugged_share_day: Share = Field(0.13, description="Plugged in at midday: 13-37 % of user-hours.")
    plugged_share_night: Share = Field(0.37, description="Plugged in after midnight: 13-37 % of user-hours.")
    mean_trip_h: Positive = Field(
        0.5, description="Driving share over trip length is the rate of departures."
    )
    max_stay_h: Positive = Field(24, description="No offer reaches further than a day. Assumption.")
    battery_kwh_min: Positive = Field(50, description="Batteries of today's electric cars. Assumption.")
    battery_kwh_max: Positive = Field(100, description="Batteries of today's electric cars. Assumption.")
    offered_share_max: Share = Field(
        0.26,
        description="Owner's reserve: up to this part of the battery is offered, uniform, 13 % on average.",
    )
    plug_power_w: Positive = Field(2_300, description="A household socket, 10 A. Assumption.")
    battery_wear_eur_per_kwh: NonNegative = Field(0.05, description="Cycling the battery. Assumption.")
    attested_share: Share = Field(0.6, description="Cars with an attested computer: tier-2. Assumption.")
    retail_markup_eur_per_kwh: NonNegative = Field(
        0.206, description="Household minus wholesale: brings the EU mean by cars to 0.287 EUR/kWh."
    )


class HostType(_Frozen):
    """One host of a factory."""

    name: str
    chips: Annotated[int, Field(gt=0)]
    hosts_per_rack: Annotated[int, Field(gt=0)] = Field(description="Room of a rack, which is a site.")
    tops_per_chip: Positive
    memory_gb_per_chip: Positive
    watt_per_chip: Positive = Field(description="Chip with its part of the host.")
    rent_eur_per_chip_h: NonNegative
    source: str


class FactoryFigures(_Frozen):
    """AI Factories and gigafactories."""

    host: HostType
    gigafactory_host: HostType
    chips: Annotated[int, Field(gt=0)] = Field(10_000, description="AI Factory without a published figure.")
    gigafactory_chips: Annotated[int, Field(gt=0)] = Field(
        100_000, description="Gigafactory: about 100,000 chips."
    )
    offered_share: Share = Field(0.35, description="Chips for these tasks; the rest trains. Assumption.")
    power_usage_effectiveness: Positive = Field(1.2, description="Cooling and losses. Assumption.")
    markup_eur_per_kwh: NonNegative = Field(0.03, description="Grid on top of wholesale. Assumption.")
    access_rtt_ms: NonNegative = Field(
        0.5, description="Inside the campus, both ways, the way from gateway to rack included. Assumption."
    )
    carbon_eur_per_t: NonNegative = Field(75, description="Price of carbon, cars too. Assumption.")


class Model(_Frozen):
    """A model at a precision; ``share`` within its size group."""

    name: str
    share: Share
    parameters_b: Positive
    weights_gb: Positive
    kv_mb_per_token: Positive


class Application(_Frozen):
    """A kind of task. Sizes of requests come from a trace; the rest is an assumption."""

    name: str
    share: Share = Field(description="Of the tasks, averaged over the day.")
    daily: Annotated[float, Field(ge=-1, le=1)] = Field(description="Swing over the day: + peaks at 16:00.")
    cars_only: bool = Field(default=False, description="Small models, at the tariff of cars.")
    context: str = Field(description="Trace of the input length: code or conversation.")
    generated: str = Field(description="Trace of the output length.")
    first_token_s: Positive = Field(description="Time allowed for the prompt.")
    tokens_per_s: Positive = Field(description="Decoding rate of one stream.")
    requests: Positive = Field(description="Requests in one session.")
    think_s: NonNegative = Field(description="Pause between two requests.")
    max_rtt_ms: tuple[Positive, ...] = Field(description="Limits, equally likely.")
    media_share: Share = Field(description="Tasks with voice, picture or documents beside text.")
    media_up_mbps: NonNegative
    media_down_mbps: NonNegative
    priority: int
    weight: Positive


class Policy(_Frozen):
    """Where a task may run and what it may cross."""

    name: str
    share: Share
    national: bool = Field(default=False, description="Requires the country of its origin.")
    require: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    transit_require: tuple[str, ...] = ()
    transit_forbid: tuple[str, ...] = ()


class TaskFigures(_Frozen):
    """The tasks: one row is a running replica of a model that serves a batch of streams."""

    applications: tuple[Application, ...]
    policies: tuple[Policy, ...]
    small: tuple[Model, ...] = Field(description="Models that fit a car.")
    large: tuple[Model, ...] = Field(description="Models for factories.")
    products: Annotated[int, Field(gt=0)] = Field(
        192, description="Combinations of application, model, policy and sizes that are on offer. Assumption."
    )
    products_per_cell: Annotated[int, Field(gt=0)] = Field(
        12, description="Of which the customers in one cell use so many. Assumption."
    )
    large_share: Share = Field(0.2, description="Tasks on large models, where the chips allow. Assumption.")
    chips_per_large: Positive = Field(
        1.2, description="Chips offered for a large task, at least. Assumption."
    )
    small_job: Share = Field(0.55, description="Mean compute of a small task over a car's. Assumption.")
    largest_small: Share = Field(0.95, description="A small task is cut at this part of the largest car.")
    largest_large: Share = Field(0.6, description="A large task is cut at this part of the largest host.")
    model_flops_use: Share = Field(0.4, description="Part of the peak that inference reaches. Assumption.")
    bits_per_token: Positive = Field(36, description="Text: 4.5 bytes. Assumption.")
    watt_per_tops: Positive = Field(0.2, description="1,000 W for 5,000 TOPS; a car's computer: 0.3.")
    mobile_share: Share = Field(0.6, description="Origins in cells; the rest on fixed lines. Assumption.")
    daily_swing: Share = Field(0.5, description="Activity over the local day, peak at 16:00. Assumption.")
    hotspots: Annotated[int, Field(ge=0)] = Field(8, description="Stadiums: cells of the largest cities.")
    hotspot_share: Share = Field(0.01, description="Mobile tasks moved to those cells. Assumption.")


class Preset(_Frozen):
    """All figures of a scenario."""

    name: str
    network: NetworkFigures = NetworkFigures.model_validate({})
    fleet: FleetFigures
    factories: FactoryFigures
    tasks: TaskFigures

    def but(self, **changes: dict[str, Any]) -> Preset:
        """Return a copy with some figures changed.

        Parameters
        ----------
        **changes : dict
            Field -> value, by part: ``but(network={"route_factor": 1.5}, tasks={"large_share": 0.1})``.

        Raises
        ------
        InputError
            An unknown part or field, or a value outside its range.
        """
        unknown = [part for part in changes if part not in _PARTS]
        if unknown:
            raise InputError.at("preset", repr(unknown[0]), " or ".join(_PARTS))
        return _validated(_merged(self.model_dump(), changes))


_PARTS: Final = ("network", "fleet", "factories", "tasks")


def _merged(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {
        **data,
        **{part: {**data.get(part, {}), **changes[part]} for part in _PARTS if part in changes},
    }


def _validated(data: dict[str, Any]) -> Preset:
    try:
        return Preset.model_validate(data)
    except ValueError as error:
        raise InputError(f"preset: {error}") from error


def _read(name: str) -> dict[str, Any]:
    path = resources.files("gigafleet.scenarios").joinpath(f"{name}.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    base = data.pop("base", None)
    return data if base is None else _merged(_read(base), data)


@cache
def load_preset(name: str) -> Preset:
    """Return a preset of the package by name.

    Parameters
    ----------
    name : str
        ``"today"`` or ``"claim-2035"``.

    Raises
    ------
    InputError
        No preset has this name.
    """
    if name not in PRESETS:
        raise InputError.at("preset", repr(name), f"a Preset or one of {', '.join(PRESETS)}")
    return _validated({"name": name, **_read(name)})


PRESETS: Final = ("today", "claim-2035")
