"""
C++ core of gigafleet. Private: use the classes of the package gigafleet.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "ArrowData",
    "Column",
    "DEVICE_WEIGHT",
    "Explainer",
    "Fleet",
    "LabelColumn",
    "Network",
    "Plan",
    "RULES",
    "Routes",
    "Workload",
    "adopt",
    "headroom",
    "n_minus_1",
    "place",
]

class Column:
    def __init__(
        self, name: str, chunks: list[numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]], scalar: bool
    ) -> None: ...
    def item(self, row: typing.SupportsInt | typing.SupportsIndex) -> typing.Any: ...
    @property
    def dtype(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def scalar(self) -> bool: ...

class LabelColumn:
    def __init__(
        self,
        name: str,
        codes: Column,
        sets: collections.abc.Sequence[collections.abc.Sequence[str]] | None,
        names: collections.abc.Sequence[str] | None,
    ) -> None: ...
    def row(self, row: typing.SupportsInt | typing.SupportsIndex) -> list[str]: ...
    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def scalar(self) -> bool: ...

class ArrowData:
    def __init__(self, source: typing.Any) -> None: ...
    def kind(self, column: typing.SupportsInt | typing.SupportsIndex) -> str: ...
    def numbers(
        self, column: typing.SupportsInt | typing.SupportsIndex, argument: str
    ) -> list[numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]]: ...
    def sets(
        self, column: typing.SupportsInt | typing.SupportsIndex, argument: str
    ) -> tuple[numpy.typing.NDArray[numpy.int32], list[list[str]]]: ...
    def texts(
        self, column: typing.SupportsInt | typing.SupportsIndex, argument: str
    ) -> tuple[numpy.typing.NDArray[numpy.int32], list[str]]: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def rows(self) -> int: ...
    @property
    def table(self) -> bool: ...

class Network:
    def __init__(
        self,
        *,
        sites: typing.SupportsInt | typing.SupportsIndex,
        tail: numpy.typing.NDArray[numpy.int32],
        head: numpy.typing.NDArray[numpy.int32],
        latency_ms: numpy.typing.NDArray[numpy.float64],
        capacity_mbps: numpy.typing.NDArray[numpy.float64] | None,
        price_per_mbps: numpy.typing.NDArray[numpy.float64] | None,
        directed: bool,
        access_up_mbps: numpy.typing.NDArray[numpy.float64] | None,
        access_down_mbps: numpy.typing.NDArray[numpy.float64] | None,
        labels: numpy.typing.NDArray[numpy.uint64] | None,
        label_vocabulary: collections.abc.Sequence[str],
        domains: list[tuple[str, numpy.typing.NDArray[numpy.int32], list[str]]],
    ) -> None: ...
    @property
    def arc_count(self) -> int: ...
    @property
    def directed(self) -> bool: ...
    @property
    def latency_ns(self) -> numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]: ...
    @property
    def link_count(self) -> int: ...
    @property
    def site_count(self) -> int: ...

class Routes:
    def __init__(
        self,
        network: Network,
        allowed: numpy.typing.NDArray[numpy.uint8] | None = None,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None: ...
    def back_route(
        self,
        origin: typing.SupportsInt | typing.SupportsIndex,
        site: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.int32]: ...
    def one_way_ns(
        self, from_: numpy.typing.NDArray[numpy.int32], to: numpy.typing.NDArray[numpy.int32]
    ) -> numpy.typing.NDArray[numpy.int64]: ...
    def path_price(
        self, from_: numpy.typing.NDArray[numpy.int32], to: numpy.typing.NDArray[numpy.int32]
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def route(
        self, from_: typing.SupportsInt | typing.SupportsIndex, to: typing.SupportsInt | typing.SupportsIndex
    ) -> typing.Any: ...
    def rtt_matrix(
        self, origins: numpy.typing.NDArray[numpy.int32], sites: numpy.typing.NDArray[numpy.int32]
    ) -> numpy.typing.NDArray[numpy.int64]: ...
    def rtt_ns(
        self, from_: numpy.typing.NDArray[numpy.int32], to: numpy.typing.NDArray[numpy.int32]
    ) -> numpy.typing.NDArray[numpy.int64]: ...
    @property
    def core_count(self) -> int: ...
    @property
    def row_capacity(self) -> int: ...

class Fleet:
    def __init__(
        self,
        network: Network,
        rows: typing.SupportsInt | typing.SupportsIndex,
        resources: collections.abc.Sequence[tuple[str, typing.SupportsFloat | typing.SupportsIndex, bool]],
        capacity: collections.abc.Sequence[Column],
        price: collections.abc.Sequence[Column],
        columns: collections.abc.Mapping[str, Column],
        labels: LabelColumn,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
        devices: typing.SupportsInt | typing.SupportsIndex | None = None,
        models: LabelColumn | None = None,
    ) -> None: ...
    def by_row(
        self, of_pools: numpy.typing.NDArray[numpy.float64]
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def pool_columns(self) -> tuple: ...
    @property
    def kinds(self) -> int: ...
    @property
    def label_vocabulary(self) -> list[str]: ...
    @property
    def members(self) -> int: ...
    @property
    def pools(self) -> int: ...
    @property
    def rows(self) -> int: ...

class Workload:
    def __init__(
        self,
        network: Network,
        rows: typing.SupportsInt | typing.SupportsIndex,
        resources: collections.abc.Sequence[str],
        demand: collections.abc.Sequence[Column],
        columns: collections.abc.Mapping[str, Column],
        labels: collections.abc.Mapping[str, LabelColumn],
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None: ...
    @property
    def classes(self) -> int: ...
    @property
    def members(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def shapes(self) -> int: ...

class Plan:
    def access_load(self) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.int64]]: ...
    def arc_load(self) -> numpy.typing.NDArray[numpy.int64]: ...
    def assignments(self) -> tuple: ...
    def bounds(
        self,
        cost_prices: tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]
        | None = None,
        placed_prices: list[
            tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]
        ] = [],
        look: str | None = None,
    ) -> tuple[list[float], list[float], float, float, float]: ...
    def bounds_at(
        self,
        cost_prices: tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]],
        placed_prices: list[tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]],
        level_weight: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] | None = None,
        look: str | None = None,
    ) -> tuple[float, list[float]]: ...
    def devices(self) -> numpy.typing.NDArray[numpy.uint64]: ...
    def digest(
        self,
        task_ids: typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None = None,
        node_ids: typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None = None,
    ) -> str: ...
    def explainer(self) -> Explainer: ...
    def instance(self) -> numpy.typing.NDArray[numpy.int64]: ...
    def made_from(self) -> tuple[int, str]: ...
    def model_loads(self) -> tuple: ...
    def models_in_use(self) -> tuple: ...
    def node(self) -> numpy.typing.NDArray[numpy.int64]: ...
    def prices(
        self,
    ) -> list[
        tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], float, bool]
    ]: ...
    def seats(self) -> tuple: ...
    def shares(self) -> typing.Any: ...
    def used(self) -> dict: ...
    @property
    def classes(self) -> int: ...
    @property
    def cost(self) -> float: ...
    @property
    def evicted_tasks(self) -> int: ...
    @property
    def moved_tasks(self) -> int: ...
    @property
    def moves_cost(self) -> float: ...
    @property
    def placed_count(self) -> typing.Any: ...
    @property
    def placed_tasks(self) -> int: ...
    @property
    def placed_weight(self) -> float: ...
    @property
    def pools(self) -> int: ...
    @property
    def ran_tasks(self) -> int: ...
    @property
    def reason(self) -> typing.Any: ...
    @property
    def single(self) -> bool: ...
    @property
    def status(self) -> str: ...
    @property
    def stranded_tasks(self) -> int: ...
    @property
    def timings(self) -> dict: ...

class Explainer:
    def cost(
        self,
        row: typing.SupportsInt | typing.SupportsIndex,
        nodes: numpy.typing.NDArray[numpy.int64],
        members: numpy.typing.NDArray[numpy.int64],
    ) -> float: ...
    def explain(
        self, row: typing.SupportsInt | typing.SupportsIndex, one_bandwidth: bool
    ) -> tuple[
        list[int],
        int,
        list[tuple[int, float, int, int, list[tuple[str, int, float, float, int]]]],
        list[tuple[str, int, float, float, list[str], float, int, int]],
        list[tuple[str, int, float, float, list[str], float, int, int]],
        tuple[int, int, int, int, int, int] | None,
    ]: ...
    def was_tried(self, row: typing.SupportsInt | typing.SupportsIndex) -> bool: ...

def adopt(
    network: Network,
    fleet: Fleet,
    workload: Workload,
    runs: tuple[
        typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
        typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
        typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
    ],
    *,
    rtt_price: typing.SupportsFloat | typing.SupportsIndex,
    horizon_s: typing.SupportsFloat | typing.SupportsIndex,
    risk_price: typing.SupportsFloat | typing.SupportsIndex,
    move_cost: typing.SupportsFloat | typing.SupportsIndex,
    evict_cost: typing.SupportsFloat | typing.SupportsIndex,
    models: tuple[
        collections.abc.Sequence[str],
        collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        str,
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        tuple[
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
        ],
        tuple[
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
        ]
        | None,
    ]
    | None = None,
    threads: typing.SupportsInt | typing.SupportsIndex = 0,
) -> Plan: ...
def headroom(
    plan: Plan,
    profiles: Workload,
    *,
    together: bool,
    models: tuple[
        collections.abc.Sequence[str],
        collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        str,
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        tuple[
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
        ],
        tuple[
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
        ]
        | None,
    ]
    | None = None,
    threads: typing.SupportsInt | typing.SupportsIndex = 0,
    progress: typing.Any = None,
) -> dict: ...
def n_minus_1(
    plan: Plan,
    *,
    count: typing.SupportsInt | typing.SupportsIndex,
    of_site: numpy.typing.NDArray[numpy.int32] | None = None,
    of_link: numpy.typing.NDArray[numpy.int32] | None = None,
    threads: typing.SupportsInt | typing.SupportsIndex = 0,
    progress: typing.Any = None,
) -> dict: ...
def place(
    network: Network,
    fleet: Fleet,
    workload: Workload,
    *,
    rtt_price: typing.SupportsFloat | typing.SupportsIndex,
    horizon_s: typing.SupportsFloat | typing.SupportsIndex,
    risk_price: typing.SupportsFloat | typing.SupportsIndex,
    move_cost: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    evict_cost: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    effort: str = "balanced",
    threads: typing.SupportsInt | typing.SupportsIndex = 0,
    time_limit_s: typing.SupportsFloat | typing.SupportsIndex = ...,
    progress: typing.Any = None,
    disabled_rules: typing.SupportsInt | typing.SupportsIndex = 0,
    previous: tuple[
        tuple[
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
        ],
        tuple[typing.SupportsInt | typing.SupportsIndex, str] | None,
        typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
        typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
    ]
    | None = None,
    most_shapes: typing.SupportsInt | typing.SupportsIndex = 512,
    cells: typing.SupportsInt | typing.SupportsIndex = 256,
    models: tuple[
        collections.abc.Sequence[str],
        collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        str,
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        tuple[
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
        ],
        tuple[
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
        ]
        | None,
    ]
    | None = None,
    tenants: tuple[
        Column,
        collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        collections.abc.Sequence[
            tuple[str, collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]]
        ],
    ]
    | None = None,
) -> Plan: ...

DEVICE_WEIGHT: int = 1000000
RULES: dict = {
    "CAPACITY": 1,
    "LATENCY": 2,
    "LINK": 4,
    "ACCESS": 8,
    "LINE": 16,
    "LABEL": 32,
    "TRANSIT": 64,
    "TIME": 128,
    "DEVICES": 256,
    "GANG": 512,
    "SPREAD": 1024,
    "MODEL": 2048,
    "EVICT": 4096,
    "QUOTA": 8192,
    "FAIRNESS": 16384,
}
