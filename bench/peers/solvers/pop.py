"""POP (SOSP 2021): parts of the tasks, each with its share of every pool; the relaxation of each by HiGHS."""

from __future__ import annotations

import time

import numpy as np

from peers import first_fit
from peers.answer import Answer
from peers.folded import Folded
from peers.instance import Instance
from peers.relaxation import relax
from peers.solvers import highs


def solve(instance: Instance, limit_s: float, parts: int) -> Answer:
    """Tasks are dealt at random; what the parts put on each pair is added up and placed by first fit."""
    folded = Folded(instance)
    relaxed = relax(folded)
    groups = len(folded.groups.count)
    wanted = np.zeros(folded.pairs)
    part_of = np.random.default_rng(0).integers(0, parts, instance.tasks)
    end = time.perf_counter() + limit_s
    for part in range(parts):
        lp = highs.of_relaxation(relaxed)
        mine = np.bincount(folded.groups.of[part_of == part], minlength=groups)
        lp.row_lower_ = np.concatenate([mine, relaxed.lower[groups:]])
        lp.row_upper_ = np.concatenate([mine, relaxed.upper[groups:] / parts])
        session = highs.session(max(1.0, end - time.perf_counter()), solver="simplex")
        session.passModel(lp)
        x, status = highs.run(session)
        if status != "Optimal":
            return Answer(None, f"{status} in part {part + 1} of {parts}")
        wanted += x[: folded.pairs]
    return Answer(first_fit.place(folded, wanted=wanted), f"{parts} parts")
