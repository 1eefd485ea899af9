"""The ``gigafleet`` command; ``gigafleet --help`` lists what it does. Needs the extra ``cli``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave the process: 0 done, 2 wrong input, 130 stopped with Ctrl-C."""
    try:
        from gigafleet.cli.commands import cli
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "gigafleet":
            raise
        print(f"gigafleet: {error.name} is missing; pip install 'gigafleet[cli]'", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("gigafleet: stopped", file=sys.stderr)
        sys.exit(130)
    cli()
