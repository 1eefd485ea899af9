"""The verdicts on instruction counts; counting itself is valgrind's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import instructions
from instructions import CannotCount, Count

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[1]
BEFORE = {"near": Count("class", 100, 1_000_000), "flow": Count("class", 10, 5_000)}


def word(now: Count) -> tuple[str, bool]:
    [verdict] = instructions.compare({"near": now}, {"near": BEFORE["near"]})
    return verdict.word, verdict.fails


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1_050_000, ("SLOWER", True)),
        (1_031_000, ("SLOWER", True)),
        (1_029_000, ("", False)),
        (1_010_000, ("", False)),
        (971_000, ("", False)),
        (950_000, ("faster", False)),
    ],
)
def test_three_per_cent_are_the_bar(count: int, wanted: tuple[str, bool]) -> None:
    assert word(Count("class", 100, count)) == wanted


def test_a_larger_case_is_compared_by_the_item() -> None:
    assert word(Count("class", 200, 2_020_000)) == ("", False)
    assert word(Count("class", 200, 2_100_000)) == ("SLOWER", True)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Count]:
    """Stands for valgrind: `main` counts what is put in here, against a baseline of BEFORE."""
    now = dict(BEFORE)
    monkeypatch.setattr(instructions, "BASELINE", tmp_path / "baseline.json")

    def count(names: list[str]) -> dict[str, Count]:
        return {name: found for name, found in now.items() if not names or name in names}

    monkeypatch.setattr(instructions, "count", count)
    monkeypatch.setattr(instructions, "tools", lambda: {"compiler": "12.2.0", "libc": "glibc 2.36"})
    assert instructions.main(["--update"]) == 0
    return now


def test_one_per_cent_passes_and_five_fail(machine: dict[str, Count], capsys: Capture) -> None:
    machine["near"] = Count("class", 100, 1_010_000)
    assert instructions.main([]) == 0
    assert "+1.00%" in capsys.readouterr().out
    machine["near"] = Count("class", 100, 1_050_000)
    assert instructions.main([]) == 1
    assert re.search(r"near .*\+5\.00%.* SLOWER", capsys.readouterr().out)
    assert instructions.main(["flow"]) == 0
    assert instructions.main(["--update"]) == 0
    assert instructions.main([]) == 0


def test_a_missing_kernel_is_named(machine: dict[str, Count], capsys: Capture) -> None:
    del machine["flow"]
    assert instructions.main([]) == 1
    assert re.search(r"flow .* MISSING", capsys.readouterr().out)


def test_a_new_kernel_is_named_and_passes(machine: dict[str, Count], capsys: Capture) -> None:
    machine["bound"] = Count("class", 10, 70)
    assert instructions.main([]) == 0
    assert re.search(r"bound .* new", capsys.readouterr().out)


def test_part_of_an_update_keeps_the_rest(machine: dict[str, Count]) -> None:
    machine["near"] = Count("class", 100, 1_050_000)
    machine["flow"] = Count("class", 10, 9_000)
    assert instructions.main(["near", "--update"]) == 0
    about, counts = instructions.read(instructions.BASELINE)
    assert counts == {"near": machine["near"], "flow": BEFORE["flow"]}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", about["date"])
    assert about["compiler"] == "12.2.0"


def test_another_compiler_is_said(
    machine: dict[str, Count], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(instructions, "tools", lambda: {"compiler": "13.1.0", "libc": "glibc 2.36"})
    assert instructions.main([]) == 0
    assert "is of compiler 12.2.0, this is 13.1.0" in capsys.readouterr().out


def test_without_valgrind_it_says_so_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert instructions.main([]) == 2
    assert "valgrind is not installed" in capsys.readouterr().err


def test_what_was_not_built_cannot_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr(instructions, "KERNELS", ROOT / "build" / "no" / "kernels")
    with pytest.raises(CannotCount, match="not built"):
        instructions.count([])


def test_the_baseline_holds_every_kernel() -> None:
    source = (ROOT / "cpp" / "bench" / "kernels.cpp").read_text()
    names = re.findall(r'^    \{"(\w+)", "[\w ]+", \w+\},$', source, re.MULTILINE)
    assert len(names) > 15
    about, counts = instructions.read(ROOT / "bench" / "instructions.json")
    assert list(counts) == names
    assert {"compiler", "date", "libc"} <= about.keys()
