"""`import gigafleet` stays light: what it costs, what it does not load; and all of it is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

HEAVY = {"networkx", "matplotlib", "pandas", "polars", "pydantic", "pyarrow", "rich", "click"}
IMPORT = "import gigafleet"
SOURCE = Path(__file__).parents[1] / "python" / "gigafleet"
USE = "import gigafleet as gf; [getattr(gf, name) for name in gf.__all__ if name != 'scenarios']"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def milliseconds(code: str) -> float:
    """Of processor time: what else runs on the machine does not count."""
    clock = "time.process_time() * 1e3"
    return float(run(f"import time; t = {clock}; {code}; print({clock} - t)"))


def test_import_is_fast() -> None:
    """At most 150 ms; with every public name, at most twice numpy's own import where that takes longer."""
    codes = ("import numpy", IMPORT, USE)
    for code in codes:  # byte code and disk cache
        run(code)
    times = [[milliseconds(code) for code in codes] for _ in range(5)]
    numpy, bare, used = (min(column) for column in zip(*times, strict=True))
    report = f"numpy {numpy:.0f} ms, import gigafleet {bare:.0f} ms, with the engine's names {used:.0f} ms"
    print(report)
    assert bare <= 150, report
    assert used <= max(150, 2 * numpy), report


def test_import_loads_nothing_heavy() -> None:
    for code in (IMPORT, USE):
        loaded = run(f"{code}; import sys; print(*sys.modules)").split()
        assert not HEAVY & set(loaded), code


def test_all_of_the_source_is_installed() -> None:
    found = [path.relative_to(SOURCE) for path in SOURCE.rglob("*.*") if path.is_file()]
    modules = {path.with_suffix("") for path in found if path.suffix == ".py"}
    data = {path for path in found if path.suffix in {".toml", ".pyi", ".typed"}}
    assert len(modules) > 40
    assert len(data) > 3
    for module in sorted(modules):
        name = ".".join(("gigafleet", *module.parts)).removesuffix(".__init__")
        assert importlib.util.find_spec(name), f"{name} is not installed"
    for path in sorted(data):
        assert files("gigafleet").joinpath(*path.parts).is_file(), f"{path} is not installed"
