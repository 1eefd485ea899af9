"""Instructions of the core's kernels (cpp/bench), counted by valgrind, beside a stored baseline.

``make instructions`` builds them and compares; ``instructions.py --update`` writes the baseline anew. Unlike
seconds, counts are the same in every run and on a busy machine: one thread, no addresses that change, and the
plain routines of the C library, so that they depend little on the processor. They do depend on the compiler.

Ends with 1 where a kernel takes over 3 % more than before or is missing, with 2 where it cannot count.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "build" / "dev" / "cpp" / "bench" / "kernels"
BASELINE = Path(__file__).with_suffix(".json")
TOLERANCE = 0.03
# Wide moves, fused multiplication and counted-by-the-byte `rep` instructions are there or not by processor.
PLAIN = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX,-FMA,-ERMS"}


@dataclass(frozen=True)
class Count:
    """Instructions of one kernel, and how many of what it worked on."""

    item: str
    items: int
    instructions: int

    @property
    def per_item(self) -> float:
        return self.instructions / self.items


@dataclass(frozen=True)
class Verdict:
    name: str
    now: Count | None
    before: Count | None

    @property
    def change(self) -> float | None:
        """Of instructions an item, as a share of those before."""
        return self.now.per_item / self.before.per_item - 1 if self.now and self.before else None

    @property
    def word(self) -> str:
        if self.now is None:
            return "MISSING"
        if self.change is None:
            return "new: not in the baseline"
        if self.change > TOLERANCE:
            return "SLOWER"
        return "faster" if self.change < -TOLERANCE else ""

    @property
    def fails(self) -> bool:
        return self.word.isupper()


class CannotCount(Exception):
    pass


def compare(now: Mapping[str, Count], before: Mapping[str, Count]) -> list[Verdict]:
    """A verdict on every kernel of either side, those of now first."""
    names = [*now, *(name for name in before if name not in now)]
    return [Verdict(name, now.get(name), before.get(name)) for name in names]


def table(verdicts: list[Verdict]) -> str:
    lines = [f"{'kernel':20} {'instructions':>14} {'an item':>12} {'before':>12} {'change':>8}"]
    for v in verdicts:
        total = f"{v.now.instructions:,}" if v.now else "-"
        here = f"{v.now.per_item:,.1f}" if v.now else "-"
        before = f"{v.before.per_item:,.1f}" if v.before else "-"
        change = f"{v.change:+.2%}" if v.change is not None else "-"
        item = next(found.item for found in (v.now, v.before) if found)
        lines.append(
            f"{v.name:20} {total:>14} {here:>12} {before:>12} {change:>8}  {item:10} {v.word}".rstrip()
        )
    return "\n".join(lines)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **PLAIN})
    if done.returncode != 0:
        raise CannotCount(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr}")
    return done


def instructions(name: str) -> int:
    """Of what runs inside bench::measured; what is set up before does not count."""
    done = run(
        "valgrind",
        "--tool=callgrind",
        "--toggle-collect=bench::measured*",
        "--callgrind-out-file=/dev/null",
        KERNELS,
        name,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if not found or int(found[1]) == 0:
        raise CannotCount(f"callgrind counted nothing in {name}:\n{done.stderr}")
    return int(found[1])


def count(names: list[str]) -> dict[str, Count]:
    """All kernels, or those of `names`, two at a time."""
    if not shutil.which("valgrind"):
        raise CannotCount("valgrind is not installed (Debian, Ubuntu: apt install valgrind)")
    if not KERNELS.exists():
        raise CannotCount(f"{KERNELS.relative_to(ROOT)} is not built; run make instructions")
    known = [line.split("\t") for line in run(KERNELS).stdout.splitlines()]
    if unknown := set(names) - {name for name, _, _ in known}:
        raise CannotCount(f"no kernel is named {', '.join(sorted(unknown))}")
    wanted = [row for row in known if not names or row[0] in names]
    with ThreadPoolExecutor(2) as pool:
        counts = pool.map(instructions, (name for name, _, _ in wanted))
        return {
            name: Count(item, int(items), n) for (name, item, items), n in zip(wanted, counts, strict=True)
        }


def tools() -> dict[str, str]:
    """What counts depend on besides the code."""
    return {"compiler": run(KERNELS, "--compiler").stdout.strip(), "libc": " ".join(platform.libc_ver())}


def read(path: Path) -> tuple[dict[str, Any], dict[str, Count]]:
    """Date and tools of a baseline, and its counts."""
    stored = json.loads(path.read_text()) if path.exists() else {"kernels": {}}
    counts = {name: Count(**values) for name, values in stored.pop("kernels").items()}
    return stored, counts


def write(path: Path, about: dict[str, str], counts: Mapping[str, Count]) -> None:
    stored = {**about, "kernels": {name: asdict(found) for name, found in counts.items()}}
    path.write_text(json.dumps(stored, indent=1) + "\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernels", nargs="*", help="names; all by default")
    parser.add_argument("--update", action="store_true", help="write what is counted as the new baseline")
    options = parser.parse_args(arguments)
    about, before = read(BASELINE)
    try:
        now, made_with = count(options.kernels), tools()
    except CannotCount as why:
        print(f"instructions: {why}", file=sys.stderr)
        return 2
    if options.kernels:
        before = {name: found for name, found in before.items() if name in now}
    verdicts = compare(now, before)
    print(table(verdicts))
    for tool, version in made_with.items():
        if about.get(tool, version) != version:
            print(f"the baseline of {about['date']} is of {tool} {about[tool]}, this is {version}")
    if options.update:
        kept = read(BASELINE)[1] if options.kernels else {}
        write(BASELINE, {"date": datetime.date.today().isoformat(), **made_with}, {**kept, **now})
        return 0
    return int(any(verdict.fails for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
