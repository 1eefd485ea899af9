"""Runs and networks written by hand: shared by the tests of `verify`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gigafleet.errors import VerifyError
from gigafleet.verify import Runs
from plain import Net


def runs(*rows: tuple[int, ...]) -> Runs:
    """Runs of (task, node, first_instance = 0, instances = 1, per_instance = 1)."""
    full = [row + (0, 1, 1)[len(row) - 2 :] for row in rows]
    return Runs(*(np.array([row[i] for row in full], dtype=np.int64) for i in range(5)))


def breaks(rule: str, *parts: str) -> Any:
    """The message begins with the rule and holds the parts, in order."""
    return pytest.raises(VerifyError, match=f"^{rule}: .*" + ".*".join(parts))


def line(directed: bool = False, **given: Any) -> Net:
    """s0 - s1 - s2, 2 ms and 3 ms one way, 10 Mbps each way."""
    links = [(0, 1, 2.0, 10.0), (1, 2, 3.0, 10.0)]
    if directed:
        links += [(2, 1, 4.0, 10.0), (1, 0, 5.0, 10.0)]
    return Net(3, links, directed=directed, **given)


def two_rows_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worked on block by block has many of them, though there be few rows."""
    for module in ("nodes", "paths", "context"):
        monkeypatch.setattr(f"gigafleet._verify.{module}.BLOCK", 2)
