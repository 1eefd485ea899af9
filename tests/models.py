"""The rule of models: weights in memory once a node, held or loaded in time, within the window of a site.

Plain Python, the part of the oracle (oracle.py) that knows about weights. `loads` counts, at the meter
``("MODEL", node row, instance, task row)``, the members there that use a model.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Protocol

from problem import Problem
from quantities import INF, Number, quantise

MBPS, S, GB = "1e-6", "1e-9", "1e-6"
MEGABITS = 8000  # a GB has so many
Meter = tuple[object, ...]
Spot = tuple[int, int]  # node row, instance


class Quantities(Protocol):
    """The oracle, as far as it is asked here."""

    def demand(self, t: int) -> Mapping[str, Number]: ...
    def limit(self, meter: Meter) -> Number: ...


class Models:
    """The rule for one problem; with `on` false no task has a model."""

    def __init__(self, problem: Problem, of: Quantities, on: bool = True) -> None:
        self.problem, self.of = problem, of
        self.rows = {model.name: model for model in problem.models} if on else {}
        self.resource = problem.model_resource

    def model(self, t: int) -> str | None:
        return self.problem.tasks[t].model if self.rows and self.problem.tasks[t].model else None

    def demand(self, t: int) -> Number:
        """What a member asks of the resource that weights take."""
        return self.of.demand(t).get(self.resource, 0)

    def limit(self, n: int) -> Number:
        """What an instance has of it."""
        return self.of.limit(("CAPACITY", n, 0, self.resource))

    def weights(self, name: str) -> Number:
        """What they take of a node's memory, in its multiples."""
        resolution = self.problem.resolution.get(self.resource, 1e-6)
        return quantise(self.rows[name].weights_gb, resolution, up=True)

    def megabits(self, name: str) -> Number:
        """What loading them takes of a line and of an access, in 1e-6 Mb."""
        return quantise(self.rows[name].weights_gb, GB, up=True) * MEGABITS

    def holds(self, n: int, i: int, name: str) -> bool:
        """At the start, or since an earlier plan had it in use there."""
        return name in self.problem.nodes[n].models or (n, i, name) in self.problem.in_use_before

    def in_time(self, t: int, n: int, i: int) -> bool:
        """The instance holds the task's model, or loads it before the task has waited too long."""
        name = self.model(t)
        if name is None or self.holds(n, i, name):
            return True
        line = quantise(self.problem.nodes[n].link_down_mbps, MBPS, up=False)
        wait = quantise(self.problem.tasks[t].max_wait_s, S, up=False)
        amount = self.megabits(name)
        if amount == 0 or line == INF:
            return True
        return line > 0 and (wait == INF or amount * 10**9 <= wait * line)

    def allowance(self, site: int) -> Number:
        """1e-6 Mb that the nodes of a site may load together."""
        objective = self.problem.objective
        window = quantise(objective.load_window_s * objective.load_share, S, up=False)
        access = quantise(self.problem.sites[site].access_down_mbps, MBPS, up=False)
        return INF if INF in (window, access) else Fraction(window * access, 10**9)

    def passes(self, t: int, n: int) -> bool:
        """Gate MODEL: an empty node has room for a member beside the weights, and holds or may load them."""
        name = self.model(t)
        if name is None:
            return True
        if self.demand(t) + self.weights(name) > self.limit(n):
            return False
        may_load = self.megabits(name) <= self.allowance(self.problem.nodes[n].site)
        return any(
            self.holds(n, i, name) or (may_load and self.in_time(t, n, i))
            for i in range(self.problem.nodes[n].count)
        )

    # what is in use

    def in_use(self, loads: Mapping[Meter, Number]) -> dict[Spot, set[str]]:
        """Models that some member on an instance uses."""
        found: dict[Spot, set[str]] = {}
        for meter, members in loads.items():
            match meter:
                case ("MODEL", int(n), int(i), int(t)) if members > 0 and (name := self.model(t)):
                    found.setdefault((n, i), set()).add(name)
        return found

    def loaded(self, in_use: Mapping[Spot, Iterable[str]]) -> set[tuple[int, int, str]]:
        """Of these, what the nodes do not hold."""
        return {
            (n, i, name) for (n, i), names in in_use.items() for name in names if not self.holds(n, i, name)
        }

    def by_site(self, loaded: Iterable[tuple[int, int, str]]) -> Counter[int]:
        total: Counter[int] = Counter()
        for n, _, name in loaded:
            total[self.problem.nodes[n].site] += self.megabits(name)
        return total

    def check(self, loads: Mapping[Meter, Number]) -> list[str]:
        """Who waits too long, memory that does not hold demands and weights, sites that load too much."""
        in_use = self.in_use(loads)
        seats = {(m[3], m[1], m[2]) for m, members in loads.items() if m[0] == "MODEL" and members > 0}
        found = [f"task row {t} waits on node row {n}" for t, n, i in seats if not self.in_time(t, n, i)]
        for (n, i), names in in_use.items():
            used = loads.get(("CAPACITY", n, i, self.resource), 0) + sum(map(self.weights, names))
            if used > self.limit(n):
                found.append(f"node row {n} instance {i}: {used} of memory")
        for site, amount in self.by_site(self.loaded(in_use)).items():
            if amount > self.allowance(site):
                found.append(f"site {site}: loads {amount}")
        return found

    def has_room(self, t: int, spot: Spot, loads: Mapping[Meter, Number]) -> bool:
        """One more member of row `t` keeps the rule there beside `loads`."""
        if not self.rows:
            return True
        n, i = spot
        name, in_use = self.model(t), self.in_use(loads)
        here = in_use.get(spot, set())
        weights = sum(map(self.weights, here | ({name} if name else set())))
        if loads.get(("CAPACITY", n, i, self.resource), 0) + self.demand(t) + weights > self.limit(n):
            return not here and name is None  # then no weights are in play, and CAPACITY is asked elsewhere
        if name is None or name in here or self.holds(n, i, name):
            return self.in_time(t, n, i)
        site = self.problem.nodes[n].site
        total = self.by_site(self.loaded(in_use))[site] + self.megabits(name)
        return self.in_time(t, n, i) and total <= self.allowance(site)

    def memory_lacks(self, t: int, spot: Spot, loads: Mapping[Meter, Number]) -> bool:
        """The instance has no memory for one more member of row `t`, with weights in use and its own."""
        if not self.rows:
            return False
        n, i = spot
        here, name = self.in_use(loads).get(spot, set()), self.model(t)
        ask = self.demand(t) + (self.weights(name) if name and name not in here else 0)
        used = loads.get(("CAPACITY", n, i, self.resource), 0) + sum(map(self.weights, here))
        return ask > 0 and used + ask > self.limit(n)

    def takes_memory(self, t: int) -> bool:
        name = self.model(t)
        return bool(self.rows) and (self.demand(t) > 0 or (name is not None and self.weights(name) > 0))

    def seconds(self, n: int, name: str) -> float:
        """What a load takes over the node's own line."""
        line = quantise(self.problem.nodes[n].link_down_mbps, MBPS, up=False)
        amount = self.megabits(name)
        return 0.0 if line == INF or amount == 0 else math.inf if line == 0 else float(Fraction(amount, line))

    def cost(self, loads: Mapping[Meter, Number]) -> Fraction:
        """EUR per hour of all loads: each once, over the longest that a task which uses it lasts there."""
        objective = self.problem.objective
        total = Fraction(0)
        for n, i, name in self.loaded(self.in_use(loads)):
            lasts = 0
            for t, task in enumerate(self.problem.tasks):
                if loads.get(("MODEL", n, i, t), 0) > 0 and self.model(t) == name:
                    own = quantise(task.duration_s, S, up=True)
                    lasts = max(lasts, own or quantise(objective.horizon_s, S, up=True))
            gigabytes = Fraction(quantise(self.rows[name].weights_gb, GB, up=True), 10**6)
            total += Fraction(objective.load_eur_per_gb) * gigabytes * Fraction(3600 * 10**9, lasts)
        return total
