"""One run in a process of its own: `python -m peers.child PEER SIZE SEED JITTER LOAD LIMIT_S`; prints JSON.

The clock runs from the instance's arrays to the answer's; imports and compilation are done before it starts.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from typing import Any

from peers import memory
from peers.check import evaluate
from peers.instance import SIZES, make
from peers.registry import BY_NAME

WARM_UP = (200, 40, 10)


def measure(name: str, size: str, seed: int, jitter: float, load: float, limit_s: float) -> dict[str, Any]:
    """Columns of a row, see `runner.FIELDS`."""
    solve = BY_NAME[name].solver(size)
    with suppress(ValueError, RuntimeError):  # a peer may refuse so small an instance
        solve(make(WARM_UP), 1.0)
    instance = make(size, seed, jitter, load)
    base = memory.mark()
    start, cpu = time.perf_counter(), time.process_time()
    answer = solve(instance, limit_s)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    row: dict[str, Any] = {
        "seconds": round(seconds, 6),
        "cpu_s": round(cpu, 6),
        "peak_mb": round(memory.peak() - base, 1),
    }
    row |= {"base_mb": round(base, 1), "note": answer.note}
    if answer.node is None:
        return row
    score = evaluate(instance, answer.node)
    if answer.own_cost is not None and abs(answer.own_cost - score.cost) > 1e-9 * score.cost:
        raise AssertionError(f"{name} says it costs {answer.own_cost}, it costs {score.cost}")
    return row | {
        "placed": score.placed,
        "placed_share": score.placed / instance.tasks,
        "compute": score.compute,
        "compute_share": score.compute_share,
        "cost": score.cost,
    }


if __name__ == "__main__":
    peer, size, *numbers = sys.argv[1:]
    assert size in SIZES, size
    print(json.dumps(measure(peer, size, int(numbers[0]), *map(float, numbers[1:]))))
