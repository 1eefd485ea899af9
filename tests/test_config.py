"""Configuration: what TOML says, and that a mistake names its key."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gigafleet import config
from gigafleet.errors import InputError

EXAMPLES = Path(__file__).parent.parent / "examples"


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text, "utf-8")
    return path


def test_an_empty_file_is_the_demo(tmp_path: Path) -> None:
    assert config.load(written(tmp_path, "")) == config.Config()
    assert config.Config().scenario == config.EuropeScenario(vehicles=1_000_000, tasks=1_000_000, hour=19)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_the_examples_are_read() -> None:
    europe = config.load(EXAMPLES / "scenario.toml")
    assert isinstance(europe.scenario, config.EuropeScenario)
    assert europe.scenario.vehicles == 20_000
    assert europe.objective == config.ObjectiveConfig()
    assert europe.output.folder == Path("out/scenario")
    own = config.load(EXAMPLES / "own" / "scenario.toml").scenario
    assert isinstance(own, config.OwnScenario)
    assert own.network == EXAMPLES / "own" / "network.json"
    assert own.tasks.is_file()
    assert own.prices == {"compute_tops": "compute_eur_per_tops_h"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[scenario]\nvehicels = 3", r"scenario\.vehicels: got an unknown key, wanted one of kind, vehicles"),
        ("[place]\nsede = 3", r"place\.sede: got an unknown key, wanted one of seed"),
        (
            "[scenery]\na = 3",
            r"scenery: got an unknown key, wanted one of scenario, objective, place, output",
        ),
        ("[scenario]\nkind = 'own'\nhour = 3", r"scenario\.network: got nothing, wanted a value \(4 more\)"),
        ("[scenario]\nkind = 'mars'", r"scenario\.kind: got 'mars', wanted one of 'europe', 'own'$"),
        ("[scenario]\nracks = 3", r"scenario\.racks: got 3, wanted "),
        ("[scenario]\nhour = 24", r"scenario\.hour: got 24, wanted less than or equal to 23"),
        (
            "[scenario]\npreset = 'tomorrow'",
            r"scenario\.preset: got 'tomorrow', wanted 'today' or 'claim-2035'",
        ),
        ("[place]\nthreads = 0", r"place\.threads: got 0, wanted greater than or equal to 1"),
        ("[place]\ntime_limit_s = -1.0", r"place\.time_limit_s: got -1.0, wanted greater than 0"),
        ("[place]\neffort = 'most'", r"place\.effort: got 'most', wanted 'fast', 'balanced' or 'best'"),
        ("[place\n", r"scenario\.toml: got .*, wanted a TOML file"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        config.load(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.toml: got No such file"):
        config.load(tmp_path / "nowhere.toml")


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        config.Config().place.seed = 1  # type: ignore[misc]
