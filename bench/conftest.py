"""Options of the benchmarks: how many rows, how often, which seeds."""

from __future__ import annotations

import pytest

import workload

SCALES = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000, "100m": 100_000_000}
FRESH = workload.fresh_seed()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--scale", choices=SCALES, default="1m", help="rows of tasks and of nodes")
    parser.addoption("--seeds", type=int, default=10, help="fixed seeds, besides the fresh one")
    parser.addoption("--sizes", default="ABC", help="instances of peers, of A to E")
    parser.addoption("--rounds", type=int, default=5, help="repetitions; medians are compared")


def pytest_report_header(config: pytest.Config) -> str:
    return f"bench: scale {config.getoption('scale')}, fresh seed {FRESH}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "size" in metafunc.fixturenames:
        metafunc.parametrize("size", metafunc.config.getoption("sizes"))
    if "seed" in metafunc.fixturenames:
        fixed = workload.SEEDS[: metafunc.config.getoption("seeds")]
        metafunc.parametrize("seed", [*fixed, FRESH], ids=[*map(str, fixed), f"fresh-{FRESH}"])


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> int:
    return SCALES[request.config.getoption("scale")]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("rounds"))


@pytest.fixture
def fixed_seeds(request: pytest.FixtureRequest) -> range:
    return range(int(request.config.getoption("seeds")))
