"""Peak memory of one run beyond its input: `python peak.py ROWS ALIKE`. Linux."""

from __future__ import annotations

import sys
from pathlib import Path

import workload


def status_mb(field: str) -> float:
    """A field of /proc/self/status in MB: VmRSS now, VmHWM at the peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def main(rows: int, alike: bool) -> None:
    workload.run(workload.make(1000, 1000, 0))  # load the libraries
    arrays = workload.make(rows, rows, 0, alike=alike)
    net = workload.network(arrays)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = status_mb("VmRSS")
    run = workload.run(arrays, net)
    extra = status_mb("VmHWM") - before
    per_row = extra * 2**20 / rows
    print(f"rows {rows}, alike {alike}: peak {extra:.0f} MB beyond the input, {per_row:.1f} B a row")
    print(f"{run.seconds:.2f} s, {run.plan.placed_tasks} placed")


if __name__ == "__main__":
    main(int(sys.argv[1]), bool(int(sys.argv[2])))
