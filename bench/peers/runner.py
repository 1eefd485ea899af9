"""Runs peers one after the other, each in a fresh process, and keeps a row a run in a CSV.

What the CSV has for the same version of a peer is not run again, so an interrupted session goes on where it
was, and after a change of gigafleet only gigafleet runs.
"""

from __future__ import annotations

import csv
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from peers.instance import DEFAULT_LOAD
from peers.registry import PEERS, Peer

KEY = ("peer", "size", "seed", "jitter", "load", "repeat", "version")
VALUES = (
    "seconds",
    "cpu_s",
    "placed",
    "placed_share",
    "compute",
    "compute_share",
    "cost",
    "peak_mb",
    "base_mb",
)
FIELDS = (*KEY, *VALUES, "limit_s", "note", "date", "machine", "python")
FOLDER = Path(__file__).parents[1]
FAILED = "failed: "  # how the note of a run begins that is to be run again
GRACE_S = 60.0  # beyond the limit, for what a solver does not count, and drawing the instance


@dataclass(frozen=True)
class Case:
    """One run: everything of its key but the version, which is the peer's."""

    peer: str
    size: str
    seed: int = 0
    jitter: float = 0.0
    load: float = DEFAULT_LOAD
    repeat: int = 0


def machine() -> str:
    """Processor, cores this process may use, memory, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    return f"{cores} cores of {model}, {memory:.0f} GiB, {platform.system()}"


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV, none where it does not exist."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def append(path: Path, row: dict[str, Any]) -> None:
    """Add a row, and the header to a new file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if new:
            writer.writeheader()
        writer.writerow(row)


def run(case: Case, limit_s: float) -> dict[str, Any]:
    """One run in a fresh process, killed where it is late."""
    numbers = (case.seed, case.jitter, case.load, limit_s)
    command = [sys.executable, "-m", "peers.child", case.peer, case.size, *map(str, numbers)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")])}
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=limit_s + GRACE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"note": f"stopped {GRACE_S:.0f} s after the limit"}
    if done.returncode == 0:
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result
    last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    return {"note": f"{FAILED}{last[0]}"}


def cases(
    peers: Iterable[Peer], sizes: str, seeds: Iterable[int], repeats: int, **options: float
) -> Iterable[tuple[Peer, Case]]:
    """Small sizes first; a peer only up to its largest, and one seed of sizes D and E."""
    for size, peer, seed, repeat in product(sizes, peers, seeds, range(repeats)):
        if size <= peer.largest and (seed == 0 or size not in "DE"):
            yield peer, Case(peer.name, size, seed, repeat=repeat, **options)


def run_all(path: Path, wanted: Iterable[tuple[Peer, Case]], limit_s: float) -> None:
    """Run what the CSV at `path` does not have yet; says what it skips and why."""
    have = {tuple(row[name] for name in KEY) for row in read(path) if not row["note"].startswith(FAILED)}
    lost = {peer.name: why for peer in PEERS if (why := peer.missing())}
    told: set[str] = set()
    for peer, case in wanted:
        if peer.name in lost:
            if peer.name not in told:
                print(f"{peer.name}: skipped, {lost[peer.name]}", flush=True)
            told.add(peer.name)
            continue
        key = {**asdict(case), "version": peer.version()}
        if tuple(str(key[name]) for name in KEY) in have:
            continue
        about = {"date": datetime.date.today().isoformat(), "machine": machine()}
        about |= {"python": platform.python_version(), "limit_s": str(limit_s)}
        row = key | about | run(case, limit_s)
        append(path, row)
        print(_line(row), flush=True)


def _line(row: dict[str, Any]) -> str:
    name = f"{row['size']} seed {row['seed']} {row['peer']:<26}"
    if "cost" not in row:
        return f"{name} {row['note']}"
    return (
        f"{name} {row['seconds']:9.3f} s  {row['placed']:>9} placed  {row['compute_share']:7.2%} of compute  "
        f"cost {row['cost']:.0f}  {row['peak_mb']:.0f} MB"
    )
