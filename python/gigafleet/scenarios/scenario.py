"""A scenario: network, nodes and tasks, with what a map needs besides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gigafleet.network import Network
from gigafleet.nodes import Nodes
from gigafleet.owners import Owners
from gigafleet.tasks import Tasks

__all__ = ["Scenario"]


class Scenario(tuple[Network, Nodes, Tasks]):
    """Network, nodes and tasks; unpacks as ``network, nodes, tasks = scenario``.

    Attributes
    ----------
    network : Network
        With ``lat`` and ``lon`` of every site.
    nodes : Nodes
    tasks : Tasks
    site_kind : (sites,) array of str
        "pop", "waypoint", "metro", "cell", "factory", "gigafactory" or "rack".
    owners : Owners or None
        Of the nodes, for ``gf.place(owners=)`` and ``plan.ledger()``.
    info : dict
        What the scenario was made from and what came out: preset, hour, seed, totals.
    """

    site_kind: NDArray[np.str_]
    owners: Owners | None
    info: Mapping[str, Any]

    def __new__(
        cls,
        network: Network,
        nodes: Nodes,
        tasks: Tasks,
        *,
        site_kind: NDArray[np.str_],
        info: Mapping[str, Any],
        owners: Owners | None = None,
    ) -> Self:
        scenario = super().__new__(cls, (network, nodes, tasks))
        scenario.site_kind = site_kind
        scenario.owners = owners
        scenario.info = dict(info)
        return scenario

    @property
    def network(self) -> Network:
        """The network."""
        return self[0]

    @property
    def nodes(self) -> Nodes:
        """The nodes."""
        return self[1]

    @property
    def tasks(self) -> Tasks:
        """The tasks."""
        return self[2]

    def __repr__(self) -> str:
        sites, nodes, tasks = self.network.site_count, self.nodes.rows, self.tasks.rows
        return (
            f"Scenario({self.info.get('name')!r}: {sites:,} sites, {nodes:,} node rows, {tasks:,} task rows)"
        )
