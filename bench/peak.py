"""Peak memory of one run beyond its input: `python peak.py ROWS ALIKE`. Linux."""

from __future__ import annotations

import sys

import workload
from peers import memory


def main(rows: int, alike: bool) -> None:
    workload.run(workload.make(1000, 1000, 0))  # load the libraries
    arrays = workload.make(rows, rows, 0, alike=alike)
    net = workload.network(arrays)
    before = memory.mark()
    run = workload.run(arrays, net)
    extra = memory.peak() - before
    per_row = extra * 2**20 / rows
    print(f"rows {rows}, alike {alike}: peak {extra:.0f} MB beyond the input, {per_row:.1f} B a row")
    print(f"{run.seconds:.2f} s, {run.plan.placed_tasks} placed")


if __name__ == "__main__":
    main(int(sys.argv[1]), bool(int(sys.argv[2])))
