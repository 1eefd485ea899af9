"""What the documents say runs: every Python block, every example, every link to a file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "cpp" / "README.md"]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# What the pages in docs/ may take as given; README stands on its own.
GIVEN = """
import gigafleet as gf, networkx as nx, numpy as np
graph = nx.Graph()
graph.add_node("Berlin", country="DE")
graph.add_node("Paris", country="FR")
graph.add_edge("Berlin", "Paris", latency_ms=5.0, capacity_mbps=1000.0)
net = gf.Network.from_networkx(graph)
nodes = gf.Nodes(net, site=["Berlin", "Paris"], capacity={"compute_tops": 400, "memory_gb": [16, 64]})
tasks = gf.Tasks(net, origin=["Berlin", "Paris", "Paris"], demand={"compute_tops": 150, "memory_gb": 8})
plan = gf.place(tasks, nodes)
"""

BLOCK = re.compile(r"^(<!-- not run.*-->\n)?```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path) -> list[tuple[int, str]]:
    """Python blocks of a document with their line, but those under `<!-- not run: why -->`."""
    text = path.read_text()
    return [(text.count("\n", 0, m.start(2)) + 1, m[2]) for m in BLOCK.finditer(text) if not m[1]]


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if blocks(p)], ids=name)
def test_python_blocks_run(path: Path, tmp_path: Path) -> None:
    """In order, in one fresh process, as a reader would paste them; a million rows run as ten thousand."""
    given = GIVEN if path.parent.name == "docs" else ""
    script = given + "\n".join(
        "\n" * 2 + f"# {name(path)}, line {line}\n{code}" for line, code in blocks(path)
    )
    script = script.replace("1_000_000", "10_000")
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=name)
def test_examples_run(path: Path, tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text())
    lost = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert not lost, f"{name(path)} links to {lost}"


def test_the_readme_shows_python() -> None:
    first = blocks(ROOT / "README.md")[0][1]
    lines = [line for line in first.splitlines() if line.strip()]
    assert len(lines) <= 14, "about ten lines"
    assert "gf.place(" in first
