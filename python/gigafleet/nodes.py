"""The table of nodes: machines that run tasks, each at one site."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from gigafleet import _devices
from gigafleet._whose import whose_column
from gigafleet.columns import Column, column
from gigafleet.errors import InputError, InputTypeError, check_kind, check_number
from gigafleet.labels import MAX_LABELS, label_column
from gigafleet.tables import Parameters, Table, arguments_of, resource_columns, site_column

if TYPE_CHECKING:
    from gigafleet import _core
    from gigafleet.network import Network

__all__ = ["Nodes"]

_DEFAULT_RESOLUTION = 1e-6
_CONSUMABLE = ("energy_wh",)
_PARAMETERS = Parameters(
    columns=(
        "site",
        "labels",
        "access_rtt_ms",
        "link_up_mbps",
        "link_down_mbps",
        "available_s",
        "count",
        "devices",
        "owner",
        "models",
        "id",
    ),
    resources=("capacity", "price", "device_capacity"),
)
_NOT_NAMED = ("labels", "devices", "owner", "models", "id")  #: what the core is not handed by name


class Nodes(Table):
    """Machines that run tasks: parked vehicles, hosts of a factory.

    Each column is one value for all rows, or one value a row: a list, a NumPy array of any integer or float
    dtype and stride, a pandas or polars series, anything with the Arrow C interface. Arrays are borrowed, not
    copied, and never written to; do not change them before the last plan made from them is dropped.

    Parameters
    ----------
    network : Network
        Whose sites the nodes are at.
    site : names or integers
        Where each node is: site names, or positions in ``network.sites`` (where vertices are named by
        integers, integers are names).
    capacity : dict of str to column
        1 to 8 resources and what each node has of them, >= 0 in the resource's own unit, which its name tells
        (``memory_gb``); ``inf`` is no limit, 0 a drained node.
    price : dict of str to column, default 0
        EUR/h per unit of a resource, EUR per unit of a consumable one; any sign. ``devices`` is a device's,
        ``device.memory_gb`` that of a unit of what devices have.
    labels : label column, default ()
        What can be asked for: a tuple of names for all rows, a dict of name -> bool array, unsigned masks
        with `vocabulary`, strings or lists of strings. At most 64 names in all; domains (``country=DE``)
        belong to sites instead.
    access_rtt_ms : column, default 0
        Round trip between the node and its site, added to that of the route, ms.
    link_up_mbps, link_down_mbps : column, default inf
        The node's own line, replies leaving and requests arriving, Mbps.
    available_s : column, default inf
        How long the node stays, s.
    count : integer column, default 1
        Number of alike nodes that the row stands for, >= 0.
    owner : names or integers, optional
        Who the nodes belong to: names in the table of :class:`Owners` that ``gf.place`` takes, or positions
        in it; ``""`` and -1 are nobody, the default. For ``plan.ledger()`` alone: nodes that are alike stay
        so, whoever owns them.
    devices : integer column, default 0
        How many accelerators each node has, 0 to 64. Tasks use a share of one, or whole ones.
    models : label column, default ()
        Whose weights each node holds at the start: names in the table of :class:`Models` that ``gf.place``
        takes, at most 64, given as `labels` are but for masks.
    device_capacity : dict of str to column, optional
        Resources of each device and what it has of them, apart from the node's `capacity`; names may be the
        same. Where there are devices, they, their resources and those of the node are 8 at most in all, and
        `capacity` may be empty.
    id : integer column, optional
        0 to 2^63 - 1, none twice; default the row positions.
    vocabulary : sequence of str, optional
        Names of the bits of `labels`, where these are masks.
    consumable : collection of str, default ("energy_wh",)
        Resources that are used up: of these only the unused part is given back. The default need not be among
        the resources.
    resolution : dict of str to float, default 1e-6
        Of a resource (``device.memory_gb`` of a device's): the step, a power of ten of its unit, in which it
        is counted. Demand is rounded up to it, capacity down.
    copy : bool, default False
        Copy every column, so that the arrays given may change.

    Attributes
    ----------
    network, rows, resources, schema, columns, labels
        See :class:`gigafleet.tables.Table`.
    consumable : frozenset of str
        The resources that are used up.
    resolution : dict of str to float
        Of every resource of the schema.
    owner_names : tuple of str, or None
        What the numbers in ``columns["owner"]`` stand for; None where they are positions.

    Raises
    ------
    InputTypeError
        A dtype or shape that does not fit, counts or ids that are not integers. Also a ``TypeError``.
    InputError
        A wrong length, an unknown site or resource, a null, NaN or negative value, a duplicate id, more than
        8 resources, 64 labels or 64 devices. Also a ``ValueError``. Messages name the argument, the row, what
        came and what was wanted.

    Notes
    -----
    Rows are folded into pools, nodes alike in site and kind, when the table is made: O(rows), on all threads.

    Examples
    --------
    >>> nodes = gf.Nodes(net, site=["Aachen", "Bonn"], capacity={"memory_gb": [16, 80]}, count=[1000, 4])
    >>> len(nodes)
    2
    >>> hosts = gf.Nodes(net, site="Bonn", capacity={"memory_gb": 2048}, count=100,
    ...                  devices=8, device_capacity={"memory_gb": 80}, price={"devices": 2.5})
    """

    consumable: frozenset[str]
    resolution: dict[str, float]
    owner_names: tuple[str, ...] | None

    def __init__(
        self,
        network: Network,
        *,
        site: Any,
        capacity: Mapping[str, Any],
        price: Mapping[str, Any] | None = None,
        labels: Any = (),
        access_rtt_ms: Any = 0,
        link_up_mbps: Any = math.inf,
        link_down_mbps: Any = math.inf,
        available_s: Any = math.inf,
        count: Any = 1,
        owner: Any = None,
        devices: Any = 0,
        device_capacity: Mapping[str, Any] | None = None,
        models: Any = (),
        id: Any = None,
        vocabulary: Sequence[str] | None = None,
        consumable: Collection[str] = _CONSUMABLE,
        resolution: Mapping[str, float] | None = None,
        copy: bool = False,
    ) -> None:
        self.network = network
        amounts = resource_columns("capacity", capacity)
        own_devices, of_each = _devices.offered_columns(devices, device_capacity)
        self.resources = self.schema = tuple(amounts)
        if of_each or not _devices.is_none(own_devices):
            self.schema += _devices.names(of_each)
        _devices.check_schema("capacity", self.resources, self.schema)
        prices = resource_columns("price", {} if price is None else price, self.schema)
        columns: dict[str, Column] = {"site": site_column("site", network, site)}
        columns |= {f"capacity.{name}": one for name, one in amounts.items()}
        columns |= {
            f"price.{name}": prices.get(name) or column(f"price[{name!r}]", 0.0) for name in self.schema
        }
        for name, value in (
            ("access_rtt_ms", access_rtt_ms),
            ("link_up_mbps", link_up_mbps),
            ("link_down_mbps", link_down_mbps),
            ("available_s", available_s),
        ):
            columns[name] = column(name, value)
        columns["count"] = column("count", count, kind="integer")
        columns["owner"], self.owner_names = whose_column("owner", owner)
        columns["devices"] = own_devices
        columns |= {f"device_capacity.{name}": one for name, one in of_each.items()}
        own = label_column("labels", labels, vocabulary=vocabulary, domains=False)
        if len(own.distinct_names()) > MAX_LABELS:
            raise InputError.at("labels", f"{len(own.distinct_names())} labels", f"at most {MAX_LABELS}")
        held = label_column("models", models, domains=False)
        if len(held.distinct_names()) > MAX_LABELS:
            raise InputError.at("models", f"{len(held.distinct_names())} models", f"at most {MAX_LABELS}")
        self.labels = {"labels": own, "models": held}
        self.consumable = self._checked_consumable(consumable)
        self.resolution = self._checked_resolution({} if resolution is None else resolution)
        self._finish(columns, id, copy)

    @classmethod
    def from_table(
        cls, network: Network, table: Any, *, ignore_columns: bool = False, **overrides: Any
    ) -> Self:
        """Make nodes from a whole table.

        Parameters
        ----------
        network : Network
            Whose sites the nodes are at.
        table : table
            pandas, polars, pyarrow, a dict of arrays, or anything that streams Arrow batches. A column named
            like a parameter is that parameter; ``capacity.memory_gb`` and ``price.memory_gb`` are a
            resource's.
        ignore_columns : bool, default False
            Allow columns that nothing uses.
        **overrides
            Any parameter of :class:`Nodes`. A string names the column to use; ``capacity=["memory_gb"]``
            names the columns that are resources, ``capacity={"memory_gb": "ram"}`` gives a resource another
            column's values; anything else is a value, as in :class:`Nodes`.

        Raises
        ------
        InputError
            A column that does not exist or is not used, and all that :class:`Nodes` raises.

        Examples
        --------
        >>> gf.Nodes.from_table(net, frame, site="city", capacity=["memory_gb"], link_up_mbps=29)
        """
        return cls(network, **arguments_of(table, _PARAMETERS, overrides, ignore_columns=ignore_columns))

    def _checked_consumable(self, names: Collection[str]) -> frozenset[str]:
        if isinstance(names, str) or not isinstance(names, Collection):
            raise InputTypeError.at("consumable", repr(names), "a tuple of resources")
        unknown = [name for name in names if name not in (*self.resources, *_CONSUMABLE)]
        if unknown:
            wanted = f"one of {', '.join(self.resources)}"
            raise InputError.at("consumable", f"the resource {unknown[0]!r}", wanted)
        return frozenset(names) & frozenset(self.resources)

    def _checked_resolution(self, given: Mapping[str, float]) -> dict[str, float]:
        check_kind("resolution", given, Mapping, "a dict of resource -> number")
        known = [name for name in self.schema if name != _devices.DEVICES]
        for name, value in given.items():
            if name not in known:
                raise InputError.at("resolution", f"the resource {name!r}", f"one of {', '.join(known)}")
            check_number(f"resolution[{name!r}]", value, "a power of ten", _is_power_of_ten)
        optional = {_devices.DEVICES: _devices.RESOLUTION}
        return {name: float((optional | {**given}).get(name, _DEFAULT_RESOLUTION)) for name in self.schema}

    @cached_property
    def _core(self) -> _core.Fleet:
        from gigafleet import _core

        resources = [(name, self.resolution[name], name in self.consumable) for name in self.schema]
        named = {key: self.columns[key]._core for key in _PARAMETERS.columns if key not in _NOT_NAMED}
        optional: dict[str, Any] = {}
        if len(self.schema) > len(self.resources):
            optional["devices"] = len(self.resources)
        if self.labels["models"].distinct_names():
            optional["models"] = self.labels["models"]._core
        return _core.Fleet(
            self.network._core,
            self.rows,
            resources,
            [self.columns[_devices.offer_of(name)]._core for name in self.schema],
            [self.columns[f"price.{name}"]._core for name in self.schema],
            named,
            self.labels["labels"]._core,
            **optional,
        )


def _is_power_of_ten(value: float) -> bool:
    return 0 < value < math.inf and value == float(f"1e{round(math.log10(value))}")
