"""Presets: complete, frozen, every figure with its source."""

from __future__ import annotations

import pytest

from gigafleet.errors import InputError
from gigafleet.scenarios.presets import PRESETS, Preset, load_preset


def test_presets_are_frozen_and_complete() -> None:
    for name in PRESETS:
        preset = load_preset(name)
        for group in (preset.fleet.types, preset.fleet.lines, preset.tasks.small, preset.tasks.large):
            assert sum(row.share for row in group) == pytest.approx(1)
        assert sum(row.share for row in preset.tasks.applications) == pytest.approx(1)
        assert sum(row.share for row in preset.tasks.policies) == pytest.approx(1)
        with pytest.raises(ValueError, match="frozen"):
            preset.name = "else"
    assert load_preset("claim-2035").network == load_preset("today").network


def test_every_figure_of_a_preset_says_where_it_comes_from() -> None:
    for part in ("network", "fleet", "factories", "tasks"):
        fields = Preset.model_fields[part].annotation.model_fields
        plain = {name for name, field in fields.items() if field.is_required()}
        assert not [name for name, field in fields.items() if name not in plain and not field.description]


def test_bad_presets_are_named() -> None:
    with pytest.raises(InputError, match=r"preset: got 'yesterday', wanted a Preset or one of today"):
        load_preset("yesterday")
    with pytest.raises(InputError, match=r"preset: got 'roads', wanted network or fleet"):
        load_preset("today").but(roads={"lanes": 2})
    with pytest.raises(InputError, match=r"network\.route_factor"):
        load_preset("today").but(network={"route_factor": -1})
