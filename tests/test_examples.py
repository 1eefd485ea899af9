"""The examples run and say what they promise."""

from __future__ import annotations

import runpy
from itertools import pairwise
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_reasons(capsys):
    runpy.run_path(str(EXAMPLES / "reasons.py"), run_name="__main__")
    said = [line.split("of", 1)[1].split()[1] for line in capsys.readouterr().out.splitlines()]
    assert said == [
        "PLACED",
        "LABEL",
        "TOO_BIG",
        "TIME",
        "ROUTE",
        "RTT",
        "GANG",
        "SPREAD",
        "LINK",
        "CAPACITY",
    ]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_gangs(capsys):
    runpy.run_path(str(EXAMPLES / "gangs.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    assert said[0].split()[2:5] == ["18", "of", "18"]
    assert said[2].split()[1:4] == ["4", "of", "4"]
    racks = [line for line in said if "chips in use" in line]
    assert len(racks) == 10
    assert all(" 72 of 72 " in line for line in racks)
    assert said[-1] == "left out: CAPACITY"


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
def test_what_if(capsys):
    runpy.run_path(str(EXAMPLES / "what_if.py"), run_name="__main__")
    said = capsys.readouterr().out
    rows = {
        line.split("  ")[0]: line.split()[-6:]
        for line in said.splitlines()
        if line.startswith(("site", "link"))
    }
    assert rows["site Berlin"] == ["1,200", "1,200", "0", "0", "0", "0"]
    assert rows["link Hamburg to Frankfurt"] == ["200", "0", "200", "0", "0", "0"]
    fits = [line.split()[2] for line in said.splitlines() if " LINK: " in line or " CAPACITY: " in line]
    assert fits == ["1,500", "3,240"]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_a_day(capsys):
    runpy.run_path(str(EXAMPLES / "a_day.py"), run_name="__main__")
    head, *hours = capsys.readouterr().out.splitlines()[:25]
    assert head.split()[:8] == ["hour", "asked", "placed", "started", "ended", "dropped", "stranded", "moved"]
    rows = [[float(cell.replace(",", "")) for cell in line.split()] for line in hours]
    assert [row[0] for row in rows] == list(range(24))
    for before, now in pairwise(rows):
        assert now[2] == before[2] + now[3] - now[4] - now[5]
        assert now[7] <= now[6]  # who moves had lost his car


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_sovereignty(capsys):
    runpy.run_path(str(EXAMPLES / "sovereignty.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    through = {line.split()[0]: line.split()[2] for line in said[4:16]}
    assert through | {"Milan": "CH", "Dublin": "GB", "Bremen": "NO", "Vienna": "-"} == through
    refused = {
        line.split()[0]: line.split("refused: ")[1].split(",")[0] for line in said if "refused: " in line
    }
    assert refused == {"Sofia": "RTT", "Athens": "RTT", "Dublin": "ROUTE"}
    assert said[:2] == [
        "careless: 220 sessions run, 160 of them leave",
        "obedient: 180 sessions run, 0 of them leave",
    ]
    assert [line.split(":")[0] for line in said[-2:]] == ["nothing found"] * 2


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_what_owners_earn(capsys):
    runpy.run_path(str(EXAMPLES / "what_owners_earn.py"), run_name="__main__")
    said = capsys.readouterr().out
    for figure in ("10 kWh", "13% of a 75 kWh battery", "2.87 EUR", "6.4 min", "1.8 h"):
        assert figure in said
    lines = said.splitlines()
    assert lines[-1] == "The bill is not cleared by what is paid: Fleet Ltd."
    left = {
        line.split("  ")[0]: float(line.split()[-1]) for line in lines if line.startswith(("house", "Fleet"))
    }
    assert len(left) == 4
    assert [name for name, eur in left.items() if eur < 0] == ["Fleet Ltd"]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_why_not(capsys):
    runpy.run_path(str(EXAMPLES / "why_not.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    changed = [line for line in said if line.startswith("so changed")]
    assert len(changed) == 4
    assert set(changed) == {"so changed  1 of 1 placed, 0 moved"}


@pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
def test_why_not_together(capsys):
    runpy.run_path(str(EXAMPLES / "why_not_together.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    changed = [line for line in said if line.startswith("so changed")]
    assert changed == [f"so changed {n} of {n} placed" for n in (24, 32, 32, 3, 3)]
