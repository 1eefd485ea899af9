"""Peers side by side: other solvers on the instances that gigafleet is measured on.

`instance` draws a problem, `solvers` holds one module a peer, `check` judges every answer on its own,
`runner` starts each run in a fresh process and appends a row to a CSV, `report` writes `docs/benchmarks.md`.
From the repository's root: ``make peers``, or ``PYTHONPATH=bench python -m peers --help``.
"""
