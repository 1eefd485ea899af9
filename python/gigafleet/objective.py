"""What a plan should cost: the prices that belong to no node, resource or link."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from gigafleet.errors import InputError, InputTypeError

__all__ = ["Objective"]


@dataclass(frozen=True, slots=True)
class Objective:
    """Prices of latency, risk, moves, loads; those of resources are the nodes', of bandwidth the links'.

    The cost of a task on a node is, in EUR/h, with ``tau`` its ``duration_s`` or, open-ended, `horizon_s`::

        sum over renewables of price * demand + rtt_price * rtt_ms
        + sum over arcs of price_per_mbps * Mbps
        + sum over consumables of price * demand * 3600 / tau
        + risk_price * P(node departs before the end)
        + move_cost * 3600 / tau, if it ran elsewhere before

    and of one that ran before, is asked for still and has no place, ``evict_cost * 3600 / tau``.
    and for each load of a model onto a node ``load_eur_per_gb * weights_gb * 3600 / tau``, with the longest
    ``tau`` of the tasks that use it there.

    Tasks with a duration run only where they can end, so they bear no risk; an open-ended task does, with
    certainty, on a node whose ``available_s`` is below `horizon_s`. Moves count where :func:`gigafleet.place`
    is given a ``previous`` plan.

    Parameters
    ----------
    rtt_price : float, default 1e-5
        EUR/h per ms of round-trip time, >= 0. Small: of two nodes at one price the nearer wins.
    horizon_s : float, default 3600
        How long an open-ended task is taken to run, s, > 0.
    risk_price : float, default 0
        EUR/h for a task whose node departs before its end, >= 0.
    move_cost : float, default 0.001
        EUR, once, for a task that runs on another node, or another instance of it, than in the ``previous``
        plan, >= 0: what it takes to load it there. Spread over `tau`, so that what ends soon is seldom moved.
    evict_cost : float, default 0.01
        EUR, once, for a task that ran in the ``previous`` plan and makes way for one of a higher level, >= 0:
        work that is lost. It never keeps a task of a higher level out.

    load_eur_per_gb : float, default 0.0001
        EUR, once, per GB of weights that a node loads, >= 0.
    load_window_s : float, default 600
        In so many seconds the nodes of a site load what they have to, s, >= 0.
    load_share : float, default 0.5
        The part of the site's ``access_down_mbps`` that loads may take in that time, 0 to 1.

    Raises
    ------
    InputTypeError
        A field that is not a number.
    InputError
        NaN, infinite, negative; a horizon of 0; a share above 1.
    """

    rtt_price: float = 1e-5
    horizon_s: float = 3600.0
    risk_price: float = 0.0
    move_cost: float = 0.001
    evict_cost: float = 0.01
    load_eur_per_gb: float = 0.0001
    load_window_s: float = 600.0
    load_share: float = 0.5

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            try:
                number = float(value)
            except (TypeError, ValueError):
                raise InputTypeError.at(field.name, repr(value), "a number") from None
            if not math.isfinite(number) or number < 0:
                raise InputError.at(field.name, number, "a finite number >= 0")
            object.__setattr__(self, field.name, number)
        if self.horizon_s == 0:
            raise InputError.at("horizon_s", self.horizon_s, "a number > 0")
        if self.load_share > 1:
            raise InputError.at("load_share", self.load_share, "a share from 0 to 1")
