"""Work that ends early: a time limit, an exception in the progress callback, Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time

import numpy as np
import pytest

import gigafleet as gf
from gigafleet import Reason


@pytest.fixture(scope="module")
def tables() -> tuple[gf.Tasks, gf.Nodes]:
    """No two rows alike, and each node has a price of its own: slow for its size."""
    rng = np.random.default_rng(1)
    sites = 50
    network = gf.Network(
        sites=sites, links=(np.arange(sites - 1), np.arange(1, sites)), latency_ms=np.ones(sites - 1)
    )
    tasks = gf.Tasks(
        network,
        origin=rng.integers(0, sites, 100_000),
        demand={"memory_gb": rng.random(100_000)},
        max_rtt_ms=rng.random(100_000) * 50,
    )
    nodes = gf.Nodes(
        network,
        site=rng.integers(0, sites, 20_000),
        capacity={"memory_gb": rng.random(20_000) * 9},
        price={"memory_gb": rng.random(20_000)},
    )
    return tasks, nodes


def test_a_time_limit_leaves_a_plan_that_holds(tables):
    plan = gf.place(*tables, time_limit_s=0.1)
    assert plan.status == "TIME_LIMIT"
    assert Reason.NOT_TRIED in plan.reason
    assert plan.placed_tasks < len(tables[0])
    np.testing.assert_array_equal(plan.placed_count == 1, plan.reason == Reason.PLACED)
    plan.verify()


def test_progress_goes_up_on_this_thread(tables):
    calls = []
    gf.place(*tables, time_limit_s=0.5, progress=lambda *call: calls.append((*call, threading.get_ident())))
    assert {thread for *_, thread in calls} == {threading.get_ident()}
    for stage in {stage for stage, *_ in calls}:
        done = [(done, total) for name, done, total, _ in calls if name == stage]
        assert done == sorted(done)
        assert all(0 <= part <= whole for part, whole in done)


def test_an_exception_in_the_callback_stops_the_work(tables):
    def stop(stage: str, done: int, total: int) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        gf.place(*tables, progress=stop)
    assert gf.place(*tables, time_limit_s=0.02).status == "TIME_LIMIT"  # and nothing is left locked


def test_ctrl_c_stops_the_work(tables):
    finished = []
    # Where the test run itself was started with Ctrl-C ignored (in the background), Python listens to none.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def work() -> None:
        finished.append(gf.place(*tables))
        time.sleep(10)  # the signal, should it come late, ends this and not the test run

    start = time.perf_counter()
    threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.signal(signal.SIGINT, before)
    assert not finished
    assert time.perf_counter() < start + 5
