"""``python -m gigafleet``: the command line."""

from gigafleet.cli import main

if __name__ == "__main__":
    main()
