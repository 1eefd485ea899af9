"""The peers by name: where their solver is, its settings, what it needs, and up to which size it is run."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

from peers.answer import Answer


@dataclass(frozen=True)
class Peer:
    """A solver with settings."""

    name: str
    module: str  #: of `peers.solvers`
    function: str = "solve"
    largest: str = "B"  #: size up to which it answers within minutes
    needs: tuple[str, ...] = ()  #: distributions
    least_python: tuple[int, int] = (3, 11)
    options: dict[str, Any] = field(default_factory=dict)
    options_of: dict[str, dict[str, Any]] = field(default_factory=dict)  #: more options, by size
    weight: str = "tasks"  #: what the solver maximises, where it can tell
    about: str = ""

    def solver(self, size: str) -> Callable[..., Answer]:
        """`solve(instance, limit_s)`; imports the peer."""
        function = getattr(importlib.import_module(f"peers.solvers.{self.module}"), self.function)
        return partial(function, **self.options, **self.options_of.get(size, {}))

    def missing(self, python: tuple[int, int] = sys.version_info[:2]) -> str:
        """Why it cannot run here; empty where it can."""
        if python < self.least_python:
            return f"needs Python {'.'.join(map(str, self.least_python))} or newer"
        lost = [name for name in self.needs if not _installed(name)]
        return f"not installed: {', '.join(lost)}" if lost else ""

    def version(self) -> str:
        """Of the first distribution needed; gigafleet's with a checksum of its engine, which changes."""
        name = self.needs[0]
        version = importlib.metadata.version(name)
        if name != "gigafleet":
            return f"{name} {version}"
        engine = importlib.util.find_spec("gigafleet._core")
        assert engine is not None
        assert engine.origin is not None
        return f"{name} {version} ({crc32(Path(engine.origin).read_bytes()):08x})"


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _fleet(effort: str, weight: str) -> Peer:
    name = f"gigafleet-{effort}" + ("-compute" if weight == "compute" else "")
    options = {"effort": effort, "weight": weight}
    about = f'`gf.place(effort="{effort}")`' + (", a task weighs its compute" if weight == "compute" else "")
    return Peer(name, "fleet", largest="E", needs=("gigafleet",), options=options, weight=weight, about=about)


HIGHS = ("highspy", "numba")
ORTOOLS = ("ortools", "numba")
CHEAPEST = {"A": {"cheapest": None}, "B": {"cheapest": 20}}

PEERS = (
    *(_fleet(effort, weight) for weight in ("tasks", "compute") for effort in ("fast", "balanced", "best")),
    Peer(
        "numba-tight",
        "greedy_numba",
        largest="E",
        needs=("numba",),
        options={"order": "tight"},
        about="first fit on the cheapest pool, tight latency limits first",
    ),
    Peer(
        "numba-small",
        "greedy_numba",
        largest="E",
        needs=("numba",),
        options={"order": "small"},
        about="the same, small tasks first",
    ),
    Peer("numpy-tasks", "greedy_numpy", "task_by_task", "C", ("numpy",), about="cheapest node, task by task"),
    Peer(
        "numpy-batches", "greedy_numpy", "in_batches", "C", ("numpy",), about="the same for all alike at once"
    ),
    Peer(
        "highs-simplex",
        "highs",
        "relaxed",
        needs=HIGHS,
        options={"method": "simplex"},
        about="linear relaxation, rounded by first fit",
    ),
    Peer(
        "highs-ipm",
        "highs",
        "relaxed",
        "C",
        needs=HIGHS,
        options={"method": "ipm"},
        about="the same by interior point",
    ),
    Peer(
        "highs-mip",
        "highs",
        "exact",
        needs=HIGHS,
        options_of=CHEAPEST,
        about="exact model; on B the 20 cheapest nodes of each task",
    ),
    Peer(
        "pop-4", "pop", needs=HIGHS, options={"parts": 4}, about="POP in 4 parts, each a relaxation by HiGHS"
    ),
    Peer(
        "ortools-pdlp",
        "ortools_pdlp",
        largest="C",
        needs=(*ORTOOLS, "scipy"),
        options={"tolerance": 1e-5},
        about="linear relaxation by PDLP, rounded by first fit",
    ),
    Peer(
        "ortools-flow",
        "ortools_flow",
        "by_groups",
        "D",
        ORTOOLS,
        about="MinCostFlow of compute on groups, placed by first fit",
    ),
    Peer(
        "ortools-flow-tasks",
        "ortools_flow",
        "by_tasks",
        "C",
        ORTOOLS,
        about="MinCostFlow task by task, as Firmament does",
    ),
    Peer(
        "ortools-cpsat",
        "ortools_sat",
        needs=ORTOOLS,
        options_of=CHEAPEST,
        about="exact model from a first fit; on B the 20 cheapest nodes of each task",
    ),
    Peer("pot-emd", "pot", largest="C", needs=("POT", "numba"), about="optimal transport of compute"),
    *(
        Peer(
            f"rebalancer-{'-'.join(moves)}",
            "rebalancer",
            needs=("rebalancer", "numba"),
            least_python=(3, 12),
            options={"moves": moves},
            about=f"local search, moves: {', '.join(moves)}",
        )
        for moves in (("greedy",), ("fast", "swap"))
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
