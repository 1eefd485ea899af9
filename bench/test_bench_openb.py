"""Devices on a real cluster's trace: what a batch allocates; the published policies go pod by pod."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gigafleet as gf
import openb

PERCENT = (95, 100, 130)
HELD = {"balanced": {95: 94.6, 100: 95.7, 130: 96.0}, "best": {95: 94.9, 100: 96.3, 130: 97.0}}


@pytest.fixture(scope="module")
def trace() -> openb.Trace:
    if not openb.DEFAULT_FOLDER.exists():
        pytest.skip(f"no trace in {openb.DEFAULT_FOLDER}; openb.py says where the public gets it")
    return openb.read(openb.DEFAULT_FOLDER)


def mean_allocated(trace: openb.Trace, percent: int, effort: str, seeds: int) -> float:
    found = []
    for seed in range(seeds):
        pods = openb.asked_for(trace, percent, seed)
        plan = gf.place(openb.tasks(trace, pods), trace.nodes, effort=effort)  # type: ignore[arg-type]
        plan.verify()
        found.append(openb.allocated(trace, pods, plan))
    return float(np.mean(found))


@pytest.mark.gate
@pytest.mark.parametrize("effort", HELD)
@pytest.mark.parametrize("percent", PERCENT)
def test_devices_are_filled(benchmark: Any, trace: openb.Trace, percent: int, effort: str) -> None:
    share = benchmark.pedantic(mean_allocated, (trace, percent, effort, 3), rounds=1)
    published = openb.PUBLISHED["FGD"][percent]
    print(f"\n{percent} % asked for, {effort}: {share:.2f} %; FGD, published: {published} %")
    assert share >= HELD[effort][percent]


@pytest.mark.informational
def test_table(trace: openb.Trace, fixed_seeds: range) -> None:
    """All policies side by side, mean of as many seeds as there are."""
    print(f"\n{'GPU-thousandths allocated, %':30}" + "".join(f"{percent:>8} %" for percent in PERCENT))
    for policy, published in openb.PUBLISHED.items():
        print(f"{policy + ', published':30}" + "".join(f"{published[percent]:>10}" for percent in PERCENT))
    for effort in ("fast", "balanced", "best"):
        shares = [mean_allocated(trace, percent, effort, len(fixed_seeds)) for percent in PERCENT]
        print(f"{'gigafleet, ' + effort:30}" + "".join(f"{share:>10.2f}" for share in shares))
