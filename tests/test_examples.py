"""The examples run and say what they promise."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_reasons(capsys):
    runpy.run_path(str(EXAMPLES / "reasons.py"), run_name="__main__")
    said = [line.split("of", 1)[1].split()[1] for line in capsys.readouterr().out.splitlines()]
    assert said == ["PLACED", "LABEL", "TOO_BIG", "TIME", "ROUTE", "RTT", "LINK", "CAPACITY"]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_what_binds(capsys):
    runpy.run_path(str(EXAMPLES / "what_binds.py"), run_name="__main__")
    said = [line for line in capsys.readouterr().out.splitlines() if " more " in line and "at most" in line]
    told, gained = ([int(line.split()[k].replace(",", "")) for line in said[1:]] for k in (-6, -1))
    assert told == [0, 500, 0, 2500, 200]
    assert gained == [0, 500, 0, 1400, 200]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_an_hour_later(capsys):
    runpy.run_path(str(EXAMPLES / "an_hour_later.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    stranded = said[1].split(" and ")[1].split()[0]
    assert f" {stranded} moved" in said[3]
    assert f" {stranded} moved" not in said[2]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_why_not(capsys):
    runpy.run_path(str(EXAMPLES / "why_not.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    changed = [line for line in said if line.startswith("so changed")]
    assert len(changed) == 4
    assert set(changed) == {"so changed  1 of 1 placed, 0 moved"}
