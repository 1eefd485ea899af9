"""The table of tasks: inference jobs, each with an origin and a demand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from gigafleet import _bonds, _devices
from gigafleet._whose import whose_column
from gigafleet.columns import Column, column
from gigafleet.errors import InputError
from gigafleet.labels import LabelColumn, label_column
from gigafleet.tables import Parameters, Table, arguments_of, check_values, resource_columns, site_column

if TYPE_CHECKING:
    from gigafleet import _core
    from gigafleet.network import Network

__all__ = ["Tasks"]

_LABELS = ("require", "any_of", "forbid", "transit_require", "transit_forbid")
_NUMBERS = ("weight", "priority", "uplink_mbps", "downlink_mbps", "max_rtt_ms", "duration_s", "count")
_PARAMETERS = Parameters(
    columns=(
        "origin",
        *_NUMBERS,
        "bandwidth_mbps",
        *_LABELS,
        "devices",
        "model",
        "max_wait_s",
        "tenant",
        *_bonds.BONDS,
        "id",
    ),
    resources=("demand", "device_demand"),
)


class Tasks(Table):
    """Inference jobs to place, each with an origin and a demand.

    Each column is one value for all rows, or one value a row: a list, a NumPy array of any integer or float
    dtype and stride, a pandas or polars series, anything with the Arrow C interface. Arrays are borrowed, not
    copied, and never written to; do not change them before the last plan made from them is dropped.

    A label column is a tuple of names for all rows, a dict of name -> bool array, unsigned masks with
    `vocabulary`, strings or lists of strings. A name is a label of a node (of a site, for the transit
    columns), or a domain of a site, ``country=DE`` (also ``region``, ``campus``, ``rack``). A name that
    nobody has is valid: nobody has it.

    Parameters
    ----------
    network : Network
        Whose sites the tasks come from.
    origin : names or integers
        Where each task comes from: site names, or positions in ``network.sites`` (where vertices are named by
        integers, integers are names).
    demand : dict of str to column
        1 to 8 resources and what each task asks of them, finite and >= 0, in the resource's own unit.
    weight : column, default 1
        What placing the task is worth within its priority, > 0.
    priority : integer column, default 0
        Higher first; at most 16 that differ.
    bandwidth_mbps : column, default 0
        Both of the next two at once, Mbps.
    uplink_mbps, downlink_mbps : column, default 0
        Reserved from origin to node, and from node to origin, Mbps. Not together with `bandwidth_mbps`.
    max_rtt_ms : column, default inf
        Largest round trip allowed, ms.
    duration_s : column, default 0
        How long the task runs, s; 0 is open-ended.
    require, any_of, forbid : label column, default ()
        Labels that the node must all have; of which it must have one (an empty set passes); must not have.
    transit_require, transit_forbid : label column, default ()
        Labels that every site of the route must all have, or must not have, both ends included.
    count : integer column, default 1
        Number of alike tasks that the row stands for, >= 0.
    devices : column, default 0
        Accelerators that each task uses: 0 is none; below 1 a share of one device, in thousandths, rounded
        up; else a whole number of devices, which it has to itself.
    device_demand : dict of str to column, optional
        Resources and what the task asks of each device that it uses, finite and >= 0; of no account where
        `devices` is 0. Where devices are asked for, they, their resources and those of `demand` are 8 at most
        in all, and `demand` may be empty.
    gang : integer column, default -1
        Which gang each task belongs to, >= 0; -1 for none. All rows of one gang are placed whole in one
        domain of its level, or not at all. They have one `priority`; all else may differ.
    gang_level : names of levels, default "rack"
        What keeps a gang together: ``"node"``, ``"site"``, ``"rack"``, ``"campus"``, ``"region"`` or
        ``"country"``; one for each gang, of no account where `gang` is -1.
    spread : integer column, default -1
        Which spread group each task belongs to, >= 0; -1 for none.
    spread_level : names of levels, default "node"
        The level at which a spread group is kept apart; one for each group.
    spread_max : integer column, default 1
        At most so many members of the group run in one domain of its level, >= 1; one for each group.
    model : names or integers, optional
        The model that each task uses: names in the table of :class:`Models` that ``gf.place`` then needs, or
        positions in it; ``""`` and -1 are none, the default. Its weights are in the node's memory once,
        beside the `demand` of all tasks there that use it.
    max_wait_s : column, default inf
        How long the task can wait for its model to be loaded, s; 0: only where the node holds it.
    tenant : names or integers, optional
        Whose tasks they are: names, or positions in the table of :class:`Tenants` that :func:`place` is given
        as well; ``""`` and -1 are of no tenant. Without that table of no account.
    id : integer column, optional
        0 to 2^63 - 1, none twice; default the row positions.
    vocabulary : sequence of str, optional
        Names of the bits, for every label column given as masks.
    copy : bool, default False
        Copy every column, so that the arrays given may change.

    Attributes
    ----------
    network, rows, resources, schema, columns, labels
        See :class:`gigafleet.tables.Table`. `bandwidth_mbps` appears as the two columns it stands for.
    model_names : tuple of str, or None
        What the numbers in ``columns["model"]`` stand for; None where they are positions.

    tenant_names : tuple of str, or None
        What the numbers in ``columns["tenant"]`` stand for; None where they are positions.

    Raises
    ------
    InputTypeError
        A dtype or shape that does not fit; priorities, counts or ids that are not integers. Also a
        ``TypeError``.
    InputError
        A wrong length, an unknown site or domain level, a null, NaN or negative value, one and a half
        devices, a duplicate id, more than 8 resources, 64 labels or 16 priorities; a level that the network
        does not have, rows of one gang or spread group that differ in what it is. Also a ``ValueError``.
        Messages name the argument, the row, what came and what was wanted.

    Notes
    -----
    Rows are folded into classes, tasks alike in all of this, when the table is made: O(rows), on all threads.

    Examples
    --------
    >>> tasks = gf.Tasks(net, origin=["Aachen", "Bonn"], demand={"memory_gb": 4}, max_rtt_ms=20, count=500,
    ...                  require=("country=DE",))
    >>> len(tasks)
    2
    >>> sessions = gf.Tasks(net, origin="Aachen", demand={}, devices=[0.25, 4],
    ...                     device_demand={"memory_gb": [20, 70]})
    >>> model = gf.Tasks(net, origin="Aachen", demand={"memory_gb": 80}, count=32, gang=0, gang_level="site")
    """

    tenant_names: tuple[str, ...] | None

    def __init__(
        self,
        network: Network,
        *,
        origin: Any,
        demand: Mapping[str, Any],
        weight: Any = 1,
        priority: Any = 0,
        bandwidth_mbps: Any = None,
        uplink_mbps: Any = None,
        downlink_mbps: Any = None,
        max_rtt_ms: Any = math.inf,
        duration_s: Any = 0,
        require: Any = (),
        any_of: Any = (),
        forbid: Any = (),
        transit_require: Any = (),
        transit_forbid: Any = (),
        count: Any = 1,
        devices: Any = 0,
        device_demand: Mapping[str, Any] | None = None,
        gang: Any = -1,
        gang_level: Any = "rack",
        spread: Any = -1,
        spread_level: Any = "node",
        spread_max: Any = 1,
        model: Any = None,
        max_wait_s: Any = math.inf,
        tenant: Any = None,
        id: Any = None,
        vocabulary: Sequence[str] | None = None,
        copy: bool = False,
    ) -> None:
        self.network = network
        amounts = resource_columns("demand", demand)
        own_devices, of_each = _devices.asked_columns(devices, device_demand)
        self.resources = self.schema = tuple(amounts)
        if not _devices.asks_none(own_devices):
            self.schema += _devices.names(of_each)
        _devices.check_schema("demand", self.resources, self.schema)
        columns: dict[str, Column] = {"origin": site_column("origin", network, origin)}
        columns |= {f"demand.{name}": one for name, one in amounts.items()}
        columns["weight"] = column("weight", weight)
        columns["priority"] = column("priority", priority, kind="integer")
        columns |= _bandwidth(bandwidth_mbps, uplink_mbps, downlink_mbps)
        columns["max_rtt_ms"] = column("max_rtt_ms", max_rtt_ms)
        columns["duration_s"] = column("duration_s", duration_s)
        columns["count"] = column("count", count, kind="integer")
        columns["devices"] = own_devices
        columns |= {f"device_demand.{name}": one for name, one in of_each.items()}
        columns |= _bonds.bond_columns(gang, gang_level, spread, spread_level, spread_max)
        columns["model"], self.model_names = whose_column("model", model)
        columns["max_wait_s"] = column("max_wait_s", max_wait_s)
        check_values(columns["max_wait_s"], lambda part: part >= 0, "a number >= 0")
        columns["tenant"], self.tenant_names = whose_column("tenant", tenant)
        given = (require, any_of, forbid, transit_require, transit_forbid)
        self.labels: dict[str, LabelColumn] = {
            name: label_column(name, value, vocabulary=vocabulary)
            for name, value in zip(_LABELS, given, strict=True)
        }
        self._finish(columns, id, copy)

    @classmethod
    def from_table(
        cls, network: Network, table: Any, *, ignore_columns: bool = False, **overrides: Any
    ) -> Self:
        """Make tasks from a whole table.

        Parameters
        ----------
        network : Network
            Whose sites the tasks come from.
        table : table
            pandas, polars, pyarrow, a dict of arrays, or anything that streams Arrow batches. A column named
            like a parameter is that parameter; ``demand.memory_gb`` is a resource's.
        ignore_columns : bool, default False
            Allow columns that nothing uses.
        **overrides
            Any parameter of :class:`Tasks`. A string names the column to use (for `gang_level` and
            `spread_level` the name of a level is a level); ``demand=["memory_gb"]`` names
            the columns that are resources, ``demand={"memory_gb": "kv_gb"}`` gives a resource another
            column's values; anything else is a value, as in :class:`Tasks`.

        Raises
        ------
        InputError
            A column that does not exist or is not used, and all that :class:`Tasks` raises.

        Examples
        --------
        >>> gf.Tasks.from_table(net, frame, origin="city", demand=["memory_gb"], require=("country=DE",))
        """
        levels = {
            name: overrides.pop(name)
            for name in _bonds.LEVEL_COLUMNS
            if isinstance(overrides.get(name), str) and overrides[name] in _bonds.LEVELS
        }
        given = arguments_of(table, _PARAMETERS, overrides, ignore_columns=ignore_columns)
        return cls(network, **(given | levels))

    def _folded(self, count: Column) -> _core.Workload:
        """The tasks with other counts."""
        from gigafleet import _core

        numbers = {key: self.columns[key]._core for key in ("origin", *_NUMBERS)}
        if self.uses_models:
            numbers |= {key: self.columns[key]._core for key in ("model", "max_wait_s")}
        return _core.Workload(
            self.network._core,
            self.rows,
            list(self.schema),
            [self.columns[_devices.demand_of(name)]._core for name in self.schema],
            numbers | {"count": count._core} | self._bound,
            {key: self.labels[key]._core for key in _LABELS},
        )

    @property
    def _bound(self) -> dict[str, _core.Column]:
        """What the core is told of gangs and spread groups: nothing where there are none."""
        if not _bonds.is_bound(self.columns):
            return {}
        return {key: self.columns[key]._core for key in _bonds.BONDS}

    @property
    def uses_models(self) -> bool:
        """Whether rows name models, or may: false where one value says that none does."""
        model: Column = self.columns["model"]
        return not (model.scalar and int(model.chunks[0][0]) < 0)

    @cached_property
    def _core(self) -> _core.Workload:
        return self._folded(self.columns["count"])


def _bandwidth(both: Any, up: Any, down: Any) -> dict[str, Column]:
    if both is None:
        return {
            "uplink_mbps": column("uplink_mbps", 0.0 if up is None else up),
            "downlink_mbps": column("downlink_mbps", 0.0 if down is None else down),
        }
    for name, other in (("uplink_mbps", up), ("downlink_mbps", down)):
        if other is not None:
            raise InputError.at("bandwidth_mbps", f"a value beside {name}", "one of the two")
    shared = column("bandwidth_mbps", both)
    return {"uplink_mbps": shared, "downlink_mbps": shared}
