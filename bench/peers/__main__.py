"""`python -m peers run`, `report`: see --help."""

from __future__ import annotations

import argparse
import fnmatch
from pathlib import Path

from peers import runner
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
    run.add_argument("--load", type=float, default=0.9)
    run.set_defaults(call=_run)
    return parser


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
