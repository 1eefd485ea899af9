"""The command line: what it writes and prints, and that a mistake is one line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet
from pyarrow.csv import read_csv

import gigafleet
from gigafleet.cli import commands, run
from gigafleet.errors import VerifyError

EXAMPLES = Path(__file__).parent.parent / "examples"
needs_examples = pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not part of the wheel")
SMALL = ("--vehicles", "3000", "--tasks", "3000")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(commands.cli, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    out = tmp_path_factory.mktemp("demo")
    return call("demo", *SMALL, "--seed", "1", "--out", str(out)), out


def test_demo_prints_what_was_placed_what_not_and_what_binds(demo: tuple[Result, Path]) -> None:
    result, out = demo
    assert result.exit_code == 0
    for words in (
        "Parked vehicles",
        "AI Factories",
        "Gigafactories",
        "compute_tops",
        "Not placed",
        "What binds",
    ):
        assert words in result.output
    assert re.search(r"[\d,]+ of 3,000 tasks placed", result.output)
    assert re.search(r"Owners get [\d,.]+ EUR an hour, -?[\d,.]+ after electricity", result.output)
    assert "every hard rule verified" in re.sub(r"\s+", " ", result.output)
    for name in ("plan.parquet", "prices.csv", "summary.json", "map.png"):
        assert f"Wrote {out / name}" in result.output


def test_demo_writes_a_plan_and_a_summary_that_agree(demo: tuple[Result, Path]) -> None:
    _, out = demo
    runs = parquet.read_table(out / "plan.parquet")
    assert runs.column_names == ["task", "node", "first_instance", "instances", "per_instance"]
    placed = sum(
        a * b for a, b in zip(runs["instances"].to_pylist(), runs["per_instance"].to_pylist(), strict=True)
    )
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert runs.schema.metadata[b"digest"].decode() == summary["digest"]
    assert placed == summary["placed"] > 1000
    assert placed + sum(summary["reasons"].values()) == summary["tasks"] == 3000
    by = summary["placed_by_kind_and_country"]
    assert sum(one["tasks"] for kind in by.values() for one in kind.values()) == placed
    assert sum(one["nodes"] for one in by["vehicle"].values()) == 3000
    assert by["vehicle"]["DE"]["used"]["compute_tops"] <= by["vehicle"]["DE"]["capacity"]["compute_tops"]
    assert summary["settings"]["scenario"]["seed"] == summary["settings"]["place"]["seed"] == 1
    assert summary["verified"] is True
    hour = summary["owners_per_hour"]
    assert hour["tasks"] == placed
    assert hour["paid_eur"] == pytest.approx(hour["electricity_eur"] + hour["left_eur"])
    assert hour["paid_eur"] + hour["carbon_eur"] < summary["cost"]
    assert set(summary["seconds"]) >= {"build", "place", "verify", "write", "map"}


def test_demo_draws_a_map(demo: tuple[Result, Path]) -> None:
    raw = (demo[1] / "map.png").read_bytes()
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])) == (2080, 1680)
    assert len(raw) > 100_000


@needs_examples
def test_the_own_example(tmp_path: Path) -> None:
    result = call("place", str(EXAMPLES / "own" / "scenario.toml"), "--out", str(tmp_path))
    assert result.exit_code == 0
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert set(summary["placed_by_kind_and_country"]) == {"vehicle", "factory", "gigafactory"}
    assert summary["owners_per_hour"] is None
    assert set(summary["reasons"]) >= {"LABEL", "TOO_BIG", "TIME", "RTT"}
    assert (tmp_path / "map.png").stat().st_size > 50_000
    dearest = read_csv(tmp_path / "prices.csv").to_pydict()
    assert {"unit", "what", "column", "site", "to", "capacity", "used", "price", "worth"} <= set(dearest)
    assert set(dearest["unit"]) == {"EUR/h"}  # all that could run is placed
    assert min(dearest["price"]) > 0


@needs_examples
def test_graphml_and_parquet(tmp_path: Path) -> None:
    import networkx as nx

    own = EXAMPLES / "own"
    graph = nx.node_link_graph(json.loads((own / "network.json").read_text("utf-8")), edges="edges")
    nx.write_graphml(graph, tmp_path / "network.graphml")
    for name in ("nodes", "tasks"):
        table = read_csv(own / f"{name}.csv")
        column = "labels" if name == "nodes" else "require"
        lists = [[part for part in cell.split("|") if part] for cell in table[column].to_pylist()]
        table = table.set_column(table.column_names.index(column), column, [lists])
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    text = (own / "scenario.toml").read_text("utf-8").replace(".csv", ".parquet").replace(".json", ".graphml")
    (tmp_path / "scenario.toml").write_text(text, "utf-8")
    digests = []
    for file in (tmp_path / "scenario.toml", own / "scenario.toml"):
        assert (
            call("place", str(file), "--out", str(tmp_path), "--threads", "1", "--no-verify").exit_code == 0
        )
        summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
        assert summary["verified"] is False
        digests.append(summary["digest"])
    assert digests[0] == digests[1]


def test_a_file_can_ask_for_europe_without_a_map(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text("[scenario]\nvehicles = 500\ntasks = 500\ncells = 60\n[output]\nmap = false\n", "utf-8")
    result = call("place", str(file), "--out", str(tmp_path / "new" / "folder"))
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "plan.parquet",
        "prices.csv",
        "summary.json",
    ]


@pytest.mark.parametrize(("flag", "racks"), [("--racks", True), ("--no-racks", False)])
def test_racks_are_sites_or_not(tmp_path: Path, flag: str, racks: bool) -> None:
    result = call("demo", "--vehicles", "100", "--tasks", "100", flag, "--out", str(tmp_path))
    assert result.exit_code == 0
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["settings"]["scenario"]["racks"] is racks


def test_nothing_asked_is_no_error(tmp_path: Path) -> None:
    result = call("demo", "--vehicles", "100", "--tasks", "0", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert "0 of 0 tasks placed" in result.output


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[scenario]\nvehicels = 3", "scenario.vehicels: got an unknown key"),
        ("[scenario]\ngigafactories = ['Atlantis']", "gigafactories"),
        (
            "[scenario]\nkind = 'own'\nresources = ['d']\nnetwork = 'a.json'\nnodes = 'b'\ntasks = 'c'",
            "a.json: got No such file",
        ),
    ],
)
def test_a_mistake_in_the_file_is_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(text, "utf-8")
    result = call("place", str(file), "--out", str(tmp_path))
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("gigafleet: ")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    result = call("place", str(tmp_path / "nowhere.toml"))
    assert result.exit_code == 2
    assert result.stderr.startswith("gigafleet: ")
    assert "nowhere.toml: got No such file or directory" in result.stderr


def test_a_folder_that_cannot_be_made_is_known_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = call("demo", "--out", str(tmp_path / "file" / "folder"))
    assert result.exit_code == 2
    assert "Not a directory" in result.stderr


def test_ctrl_c_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "build", interrupted)
    result = call("demo", "--out", str(tmp_path))
    assert result.exit_code == 130
    assert result.stderr == "gigafleet: stopped\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_a_real_run(tmp_path: Path) -> None:
    out = tmp_path / "out"  # made before the work starts
    size = ("--vehicles", "300000", "--tasks", "300000", "--out", str(out))
    command = [sys.executable, "-m", "gigafleet", "demo", *size]
    ran = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C counts also where the test run itself was started in the background, with it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not out.exists() and ran.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    ran.send_signal(signal.SIGINT)
    _, said = ran.communicate(timeout=60)
    assert ran.returncode == 130
    assert said == "gigafleet: stopped\n"
    assert list(out.iterdir()) == []


@needs_examples
def test_a_plan_that_fails_its_verification_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise VerifyError("capacity: too much")

    monkeypatch.setattr("gigafleet.plan.Plan.verify", broken)
    result = call("place", str(EXAMPLES / "own" / "scenario.toml"), "--out", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr == "gigafleet: capacity: too much\n"
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_whole_on_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = call("demo", *SMALL, "--out", str(tmp_path), "--no-verify")
    assert "…" not in result.output
    assert max(map(len, result.output.splitlines())) <= 80 + len(str(tmp_path))


def test_version_and_module() -> None:
    assert call("--version").output == f"gigafleet {gigafleet.__version__}\n"
    ran = subprocess.run(
        [sys.executable, "-m", "gigafleet", "--version"], capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"gigafleet {gigafleet.__version__}\n"


def test_a_missing_extra_is_one_line() -> None:
    code = "import sys; sys.modules['click'] = None; from gigafleet.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "pip install 'gigafleet[cli]'" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
