"""`import gigafleet` stays light: what it costs, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"networkx", "matplotlib", "pandas", "polars", "pydantic", "pyarrow", "rich", "click"}
IMPORT = "import gigafleet"
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
