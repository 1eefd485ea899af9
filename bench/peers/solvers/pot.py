"""POT: exact optimal transport of compute, a dense table of groups and pools; rounded by first fit."""

from __future__ import annotations

import numpy as np
import ot

from peers import first_fit
from peers.answer import Answer
from peers.folded import Folded
from peers.instance import Instance
from peers.relaxation import UNPLACED

FORBIDDEN = 1e3  # a milli-core


def solve(instance: Instance, limit_s: float) -> Answer:
    """A last group and a last pool take what stays empty and what stays out."""
    folded = Folded(instance)
    compute = folded.demand[:, 0].astype(float)
    supply, room = compute * folded.groups.count, folded.capacity[:, 0].astype(float)
    cost = np.full((len(supply) + 1, len(room) + 1), FORBIDDEN)
    cost[folded.group, folded.pool] = folded.cost / compute[folded.group]
    cost[:-1, -1], cost[-1] = UNPLACED / compute, 0
    supply, room = np.append(supply, room.sum()), np.append(room, supply.sum())
    total = supply.sum()
    share = ot.emd(supply / total, room / total, cost, numItermax=10**8, center_dual=False)
    wanted = (share * total)[folded.group, folded.pool] / compute[folded.group]
    return Answer(first_fit.place(folded, wanted=wanted), f"dense {cost.shape[0]} x {cost.shape[1]}")
