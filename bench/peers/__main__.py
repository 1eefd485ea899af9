"""`python -m peers run`, `report`: see --help."""

from __future__ import annotations

import argparse
import fnmatch
from itertools import product
from pathlib import Path

from peers import runner
from peers.instance import DEFAULT_LOAD
from peers.registry import PEERS

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "out" / "peers" / "results.csv"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m peers", description="Peers side by side.")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="the CSV (default: out/peers/results.csv)"
    )
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="run what the CSV does not have yet")
    run.add_argument("--sizes", default="AB", help="of A to E (default: AB)")
    run.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, ... (default: 3)")
    run.add_argument("--repeats", type=int, default=1, help="runs of the same case (default: 1)")
    run.add_argument("--limit", type=float, default=60.0, help="seconds a run (default: 60)")
    run.add_argument("--peers", default="*", help="names, with * and ?, parted by commas (default: all)")
    run.add_argument("--jitter", type=float, default=0.0)
    run.add_argument("--load", type=float, default=DEFAULT_LOAD)
    run.set_defaults(call=_run)
    report = commands.add_parser("report", help="write docs/benchmarks.md and its pictures")
    report.add_argument("--docs", type=Path, default=ROOT / "docs", help="folder (default: docs)")
    report.set_defaults(call=_report)
    bounds = commands.add_parser("bounds", help="compute bench/peers/bounds.csv anew (minutes)")
    bounds.add_argument(
        "--sizes", default="AB", help="A and B by linear programming, the others by prices (default: AB)"
    )
    bounds.add_argument("--seeds", type=int, default=10, help="seeds 0, 1, ... (default: 10)")
    bounds.set_defaults(call=_bounds)
    return parser


def _report(arguments: argparse.Namespace) -> None:
    from peers import report

    report.write(arguments.results, arguments.results.with_name("place.json"), arguments.docs)


def _bounds(arguments: argparse.Namespace) -> None:
    from peers import bounds, bounds_dual, bounds_lp

    for size, seed in product(arguments.sizes, range(arguments.seeds)):
        method = bounds_lp if size in "AB" else bounds_dual
        rows = list(method.tangents(size, seed))
        bounds.write(rows)
        print(rows[0], flush=True)


def _run(arguments: argparse.Namespace) -> None:
    patterns = arguments.peers.split(",")
    peers = [p for p in PEERS if any(fnmatch.fnmatch(p.name, pattern) for pattern in patterns)]
    wanted = runner.cases(
        peers,
        arguments.sizes,
        range(arguments.seeds),
        arguments.repeats,
        jitter=arguments.jitter,
        load=arguments.load,
    )
    runner.run_all(arguments.results, wanted, arguments.limit)


if __name__ == "__main__":
    parsed = _parser().parse_args()
    parsed.call(parsed)
