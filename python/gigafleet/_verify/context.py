"""What the checks share: the runs and the tables they speak of, and names for messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.earlier import Earlier
from gigafleet._verify.runs import Runs
from gigafleet._verify.values import (
    DEVICE,
    DEVICES,
    MBPS,
    NS_PER_S,
    Floats,
    Ints,
    NodesLike,
    TasksLike,
    quantities,
    row_id,
)
from gigafleet.errors import VerifyError

__all__ = ["BLOCK", "Context", "ModelsLike", "ObjectiveLike", "Reported"]

BLOCK = 1 << 20  #: runs (or rows) looked at together


class ObjectiveLike(Protocol):
    """What the cost needs of :class:`gigafleet.Objective`."""

    @property
    def rtt_price(self) -> float: ...
    @property
    def horizon_s(self) -> float: ...
    @property
    def risk_price(self) -> float: ...
    @property
    def move_cost(self) -> float: ...
    @property
    def evict_cost(self) -> float: ...
    @property
    def load_eur_per_gb(self) -> float: ...
    @property
    def load_window_s(self) -> float: ...
    @property
    def load_share(self) -> float: ...


class ModelsLike(Protocol):
    """What is read of :class:`gigafleet.Models`."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def weights_gb(self) -> Floats: ...
    @property
    def resource(self) -> str: ...
    def positions(self, tasks: Any) -> Ints: ...


@dataclass(frozen=True)
class Reported:
    """What a plan says of itself; whatever is None is not checked."""

    placed_count: Ints | None = None  #: per task row
    devices: NDArray[np.uint64] | None = None  #: per run, bit i for device i; None: no run uses any (checked)
    reason: NDArray[np.uint8] | None = None  #: per task row
    arc_load: Ints | None = None  #: 1e-6 Mbps per arc
    access_up: Ints | None = None  #: 1e-6 Mbps per site
    access_down: Ints | None = None  #: 1e-6 Mbps per site
    placed_tasks: int | None = None
    placed_weight: float | None = None
    cost: float | None = None  #: EUR per hour
    objective: ObjectiveLike | None = None  #: what `cost` was computed with
    earlier: Earlier | None = None  #: where tasks ran before, if the plan started from that
    moved_tasks: int | None = None
    evicted_tasks: int | None = None
    models: ModelsLike | None = None  #: the table, where tasks use models
    loads: tuple[NDArray[Any], ...] | None = None  #: node row, first instance, instances, model, seconds
    in_use: tuple[NDArray[Any], ...] | None = None  #: the same columns, of models in use
    tenants: Any = None  #: TenantsGiven, of whom quotas and reasons are checked


class Context:
    """Runs, tables and reported figures. `members` (runs) is filled by the identity check."""

    def __init__(self, runs: Runs, tasks: TasksLike, nodes: NodesLike, reported: Reported) -> None:
        self.runs, self.tasks, self.nodes, self.reported = runs, tasks, nodes, reported
        self.network = tasks.network
        self.members: Ints = np.zeros(0, np.int64)
        self.load_cost = 0.0  #: EUR per hour, of models; the check of models fills it

    def who(self, run: int) -> str:
        """The task and node of a run."""
        return f"{self.task(self.runs.task[run])} on {self.node(self.runs.node[run])}"

    def task(self, row: Any) -> str:
        return f"task {row_id(self.tasks, int(row))}"

    def node(self, row: Any) -> str:
        return f"node {row_id(self.nodes, int(row))}"

    def site(self, position: Any) -> str:
        return f"site {self.network.sites[int(position)]!r}"

    def link(self, arc: int) -> str:
        """Its position and ends, in the direction of the arc."""
        link, back = (arc, 0) if self.network.directed else divmod(arc, 2)
        ends = [
            self.network.sites[int(end[link])] for end in (self.network.link_tail, self.network.link_head)
        ]
        return f"link {link} ({ends[back]!r} -> {ends[1 - back]!r})"

    def blocks(self) -> Iterator[slice]:
        """All runs, in pieces."""
        for start in range(0, self.runs.task.size, BLOCK):
            yield slice(start, start + BLOCK)

    def demand(self, name: str, resolution: float, runs: Any) -> Ints:
        """Of one member of each run; a consumable is used up only by tasks that end."""
        rows = self.runs.task[runs]
        amount = quantities(self.tasks, name, rows, resolution, up=True)
        if name.startswith("demand.") and name.removeprefix("demand.") in self.nodes.consumable:
            return np.where(quantities(self.tasks, "duration_s", rows, NS_PER_S, up=True) > 0, amount, 0)
        return amount

    def devices(self, runs: Any) -> Ints:
        """Thousandths of devices that a member of each run asks for: up to 1000 a share of one."""
        return quantities(self.tasks, DEVICES, self.runs.task[runs], 1e-3, up=True)

    def takes(self, resource: str, runs: Any) -> Ints:
        """Of a resource of the tasks' schema, by one member of each run on its node."""
        if resource == DEVICES:
            return self.devices(runs)
        resolution = self.resolution(resource)
        if not resource.startswith(DEVICE):
            return self.demand(f"demand.{resource}", resolution, runs)
        each = self.demand(f"device_demand.{resource.removeprefix(DEVICE)}", resolution, runs)
        return each * -(-self.devices(runs) // 1000)

    def resolution(self, resource: str) -> float:
        return self.nodes.resolution.get(resource, 1e-6)

    def close(self, what: str, said: float, found: float, size: float) -> None:
        """Raise unless `said` is `found` within 1e-9 of `size`."""
        if not abs(said - found) <= 1e-9 * max(abs(found), size):
            raise VerifyError(f"load: {what} is {said!r}, recomputed {found!r}")


def mbps(amount: Any) -> str:
    """An exact amount of 1e-6 Mbps, for people."""
    return f"{int(amount) * MBPS:.12g} Mbps"
