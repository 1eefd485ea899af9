"""The tasks of the Europe scenario: products (application, model, policy, sizes) asked for at origins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gigafleet.scenarios.countries import EU27
from gigafleet.scenarios.fleet import NODE_LABELS, RESOURCES, NodeColumns
from gigafleet.scenarios.network import SITE_LABELS, NetworkArrays, apportion
from gigafleet.scenarios.presets import Application, Model, Policy, TaskFigures
from gigafleet.scenarios.requests import TRACES

__all__ = ["LABEL_COLUMNS", "TASK_LABELS", "Products", "TaskColumns", "products", "task_columns"]

TASK_LABELS: Final = (*NODE_LABELS, *SITE_LABELS, *(f"country={code}" for code in EU27))
FIRST_COUNTRY: Final = len(NODE_LABELS) + len(SITE_LABELS)
LABEL_COLUMNS: Final = ("require", "any_of", "forbid", "transit_require", "transit_forbid")
NO_POLICY: Final = Policy(name="cars only", share=0)  # asks for a car; no rule on data besides
FULLEST: Final = 0.97  # of the factories' compute, for all large tasks
# Hours ahead of Central European Time.
TIME_ZONE_H: Final = {
    "PT": -1,
    "IE": -1,
    **dict.fromkeys(("BG", "CY", "EE", "FI", "GR", "LT", "LV", "RO"), 1),
}

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Products:
    """What is on offer: P rows, of about equal shares of the tasks.

    Attributes
    ----------
    application, policy : tuple
        Figures of each product.
    model : tuple of Model
    large : (P,) bool
        A model for factories.
    context_tokens, generated_tokens : (P,) float64
    media : (P,) bool
    max_rtt_ms : (P,) float64
    """

    application: tuple[Application, ...]
    policy: tuple[Policy, ...]
    model: tuple[Model, ...]
    large: NDArray[np.bool_]
    context_tokens: FloatArray
    generated_tokens: FloatArray
    media: NDArray[np.bool_]
    max_rtt_ms: FloatArray

    def column(self, part: str, field: str) -> FloatArray:
        """Return one figure of the applications, models or policies, (P,) float64."""
        return np.array([getattr(row, field) for row in getattr(self, part)], np.float64)

    @property
    def stream_tops(self) -> FloatArray:
        """Compute of one stream at full use: prompt within `first_token_s`, then decoding."""
        rate = self.context_tokens / self.column("application", "first_token_s")
        rate += self.column("application", "tokens_per_s")
        return 2 * self.column("model", "parameters_b") * 1e-3 * rate

    @property
    def duration_s(self) -> FloatArray:
        """Length of a session, in tens of seconds."""
        decode_s = self.generated_tokens / self.column("application", "tokens_per_s")
        each = self.column("application", "think_s") + self.column("application", "first_token_s") + decode_s
        return np.maximum(np.round(self.column("application", "requests") * each, -1), 10)


@dataclass(frozen=True)
class TaskColumns:
    """Columns of the task table, M rows in random order.

    Attributes
    ----------
    origin : (M,) int32
        Position in the network.
    product : (M,) int32
        Row of :class:`Products`; not a column of the table, kept to look things up.
    demand : dict of str to (M,) float32
        By resource: TOPS, GB, W, Wh.
    uplink_mbps, downlink_mbps, max_rtt_ms, duration_s, weight : (M,) float32
    priority : (M,) int32
    labels : dict of str to (M,) uint64
        By :data:`LABEL_COLUMNS`, bits of :data:`TASK_LABELS`.
    """

    origin: NDArray[np.int32]
    product: NDArray[np.int32]
    demand: dict[str, Float32Array]
    uplink_mbps: Float32Array
    downlink_mbps: Float32Array
    max_rtt_ms: Float32Array
    duration_s: Float32Array
    weight: Float32Array
    priority: NDArray[np.int32]
    labels: dict[str, NDArray[np.uint64]]


def products(figures: TaskFigures, *, large_share: float, hour: int, rng: np.random.Generator) -> Products:
    """Draw the products: each property has its share of the rows, and is shuffled on its own.

    Parameters
    ----------
    figures : TaskFigures
    large_share : float
        Share of the products on large models.
    hour : int
        0 to 23: applications swing over the day.
    rng : numpy.random.Generator
    """
    count = figures.products

    def spread(shares: Sequence[float]) -> IntArray:
        return rng.permutation(np.repeat(np.arange(len(shares)), _parts(count, shares)))

    swing = np.cos((hour - 16) / 12 * np.pi)
    chosen = spread([row.share * (1 + row.daily * swing) for row in figures.applications])
    application = tuple(figures.applications[row] for row in chosen)
    ruled = spread([row.share for row in figures.policies])
    policy = tuple(
        NO_POLICY if row.cars_only else figures.policies[rule]
        for row, rule in zip(application, ruled, strict=True)
    )
    may_be_large = np.array([not row.cars_only for row in application])
    wanted = large_share * count / max(int(may_be_large.sum()), 1)
    large = may_be_large & (_within(chosen, rng) < wanted)
    media = _within(chosen, rng) < np.array([row.media_share for row in application])
    limit = _within(chosen, rng)
    return Products(
        application=application,
        policy=policy,
        model=_models(figures, large, rng),
        large=large,
        context_tokens=_tokens("context_tokens", [row.context for row in application], _within(chosen, rng)),
        generated_tokens=_tokens(
            "generated_tokens", [row.generated for row in application], _within(chosen, rng)
        ),
        media=media,
        max_rtt_ms=np.array(
            [row.max_rtt_ms[int(u * len(row.max_rtt_ms))] for row, u in zip(application, limit, strict=True)]
        ),
    )


def task_columns(
    figures: TaskFigures,
    network: NetworkArrays,
    nodes: NodeColumns,
    *,
    tasks: int,
    chips: int,
    hour: int,
    load: float,
    rng: np.random.Generator,
) -> tuple[TaskColumns, Products]:
    """Generate the tasks.

    Parameters
    ----------
    figures : TaskFigures
    network : NetworkArrays
    nodes : NodeColumns
        Sizes the tasks: small ones against the cars, large ones against the factories.
    tasks : int
        Rows.
    chips : int
        Chips that the factories offer; large models are asked for where there are enough.
    hour : int
        0 to 23, Central European Time.
    load : float
        Compute asked for over compute offered, of all nodes. It is reached by the size of the large tasks;
        less where those would ask for over 97 % of the factories, as where cars outnumber chips by far.
    rng : numpy.random.Generator

    Returns
    -------
    TaskColumns
        O(rows).
    Products
    """
    share = min(figures.large_share, chips / figures.chips_per_large / max(tasks, 1))
    offer = products(figures, large_share=share, hour=hour, rng=rng)
    origin, product = _asked(figures, network, tasks, hour, rng)
    rows = np.bincount(product, minlength=figures.products).astype(np.float64)
    demand, up, down = _columns(figures, offer, _compute_tops(figures, offer, rows, nodes, load))

    def gather(values: FloatArray) -> Float32Array:
        column: Float32Array = values.astype(np.float32)[product]
        return column

    columns = TaskColumns(
        origin=origin.astype(np.int32),
        product=product,
        demand={name: gather(values) for name, values in demand.items()},
        uplink_mbps=gather(up),
        downlink_mbps=gather(down),
        max_rtt_ms=gather(offer.max_rtt_ms),
        duration_s=gather(offer.duration_s),
        weight=gather(offer.column("application", "weight")),
        priority=offer.column("application", "priority").astype(np.int32)[product],
        labels=_labels(offer, product, network.country[origin]),
    )
    return columns, offer


def _parts(count: int, shares: Sequence[float]) -> IntArray:
    """Split `count` by shares; one at least to each share above zero, while there are enough."""
    weight = np.array(shares, np.float64)
    some = np.flatnonzero(weight > 0)
    parts = np.zeros(len(weight), np.int64)
    if count and len(some):
        parts[some] = apportion(count, weight[some], least=int(count >= len(some)))
    return parts


def _within(group: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return evenly spaced numbers of (0, 1), shuffled, for the members of each group."""
    order = np.lexsort((rng.random(len(group)), group))
    size = np.bincount(group)
    rank = np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size)
    out = np.empty(len(group))
    out[order] = (rank + 0.5) / np.repeat(size, size)
    return out


def _models(figures: TaskFigures, large: NDArray[np.bool_], rng: np.random.Generator) -> tuple[Model, ...]:
    row = np.empty(len(large), np.int64)
    for rows, models, offset in (
        (np.flatnonzero(~large), figures.small, 0),
        (np.flatnonzero(large), figures.large, len(figures.small)),
    ):
        parts = _parts(len(rows), [model.share for model in models])
        row[rows] = rng.permutation(np.repeat(np.arange(len(models)), parts)) + offset
    catalogue = (*figures.small, *figures.large)
    return tuple(catalogue[position] for position in row)


def _tokens(field: str, traces: Sequence[str], place: FloatArray) -> FloatArray:
    """Return the quantile of each trace for a place in (0, 1)."""
    return np.array([getattr(TRACES[name], field)[int(5 * u)] for name, u in zip(traces, place, strict=True)])


def _scaled(base: FloatArray, rows: FloatArray, total: float, cap: float) -> FloatArray:
    """Return ``min(f * base, cap)`` with the f that makes the sum over `rows` reach `total`, if any does."""
    low, high = 0.0, cap / base.min(initial=cap)
    for _ in range(60):
        middle = (low + high) / 2
        enough = float(rows @ np.minimum(middle * base, cap)) >= total
        low, high = (low, middle) if enough else (middle, high)
    scaled: FloatArray = np.minimum(high * base, cap)
    return scaled


def _compute_tops(
    figures: TaskFigures, offer: Products, rows: FloatArray, nodes: NodeColumns, load: float
) -> FloatArray:
    """Size the products: small ones against the mean car, large ones so that all tasks ask for `load`."""
    machine = nodes.capacity["compute_tops"].astype(np.float64)
    vehicle = (nodes.labels & np.uint64(1)).astype(np.bool_)
    total = float(machine @ nodes.count)
    factories = float(machine[~vehicle] @ nodes.count[~vehicle])
    size = offer.stream_tops / figures.model_flops_use
    for group, cars in ((~offer.large, True), (offer.large, False)):
        if not rows[group].any():
            continue
        if cars:
            mean = machine[vehicle].mean() if vehicle.any() else float(size[group].mean())
            wanted = min(mean * figures.small_job * rows[group].sum(), load * total)
            cap = machine[vehicle].max(initial=mean) * figures.largest_small
        else:
            wanted = min(load * total - float(rows[~group] @ size[~group]), FULLEST * factories)
            cap = machine[~vehicle].max(initial=size.max()) * figures.largest_large
        size[group] = _scaled(size[group], rows[group], max(wanted, 0.0), cap)
    return size


def _asked(
    figures: TaskFigures, network: NetworkArrays, tasks: int, hour: int, rng: np.random.Generator
) -> tuple[IntArray, NDArray[np.int32]]:
    """Draw origins and products.

    A cell is drawn by inhabitants and local hour; a task from a fixed line starts at the metro above it. The
    customers in one cell use `products_per_cell` of the products: those of its group, cells taking turns.
    """
    cells = network.of_kind("cell")
    home = network.country[network.metro[cells]]
    ahead = np.array([TIME_ZONE_H.get(code, 0) for code in EU27], np.float64)
    order = np.argsort(np.array(EU27))
    local = hour + ahead[order][np.searchsorted(np.array(EU27)[order], home)]
    weight = network.population[cells] * (1 + figures.daily_swing * np.cos((local - 16) / 12 * np.pi))
    reach = np.cumsum(weight)
    drawn = np.searchsorted(reach, rng.random(tasks) * reach[-1], side="right")
    cell = cells[np.minimum(drawn, len(cells) - 1)]
    mobile = rng.random(tasks) < figures.mobile_share
    spots = _hotspots(figures, network, cells)
    if len(spots):
        moved = mobile & (rng.random(tasks) < figures.hotspot_share)
        cell = np.where(moved, spots[rng.integers(len(spots), size=tasks)], cell)
    origin: IntArray = np.where(mobile, cell, network.metro[cell])
    groups = max(1, figures.products // figures.products_per_cell)
    group = (cell - cells[0]) % groups
    in_group = (figures.products - group + groups - 1) // groups
    product = group + groups * np.floor(rng.random(tasks) * in_group).astype(np.int64)
    return origin, product.astype(np.int32)


def _hotspots(figures: TaskFigures, network: NetworkArrays, cells: IntArray) -> IntArray:
    """Return the first cell of each of the largest metros."""
    metro, first = np.unique(network.metro[cells], return_index=True)
    largest = np.argsort(-network.population[metro], kind="stable")[: figures.hotspots]
    return cells[first[largest]]


def _columns(
    figures: TaskFigures, offer: Products, compute_tops: FloatArray
) -> tuple[dict[str, FloatArray], FloatArray, FloatArray]:
    """Return demand by resource, uplink and downlink of each product, in multiples of 1/64."""
    streams = compute_tops / (offer.stream_tops / figures.model_flops_use)
    tokens = offer.context_tokens + offer.generated_tokens
    memory_gb = offer.column("model", "weights_gb")
    memory_gb += offer.column("model", "kv_mb_per_token") * 1e-3 * tokens * streams
    power_w = compute_tops * figures.watt_per_tops
    mbit = figures.bits_per_token * 1e-6 * streams
    up = offer.context_tokens / offer.column("application", "first_token_s") * mbit
    down = offer.column("application", "tokens_per_s") * mbit
    up += offer.media * offer.column("application", "media_up_mbps")
    down += offer.media * offer.column("application", "media_down_mbps")
    values = (compute_tops, memory_gb, power_w, power_w * offer.duration_s / 3600)
    demand = {name: _grid(value) for name, value in zip(RESOURCES, values, strict=True)}
    return demand, _grid(up), _grid(down)


def _grid(values: FloatArray) -> FloatArray:
    """Round to multiples of 1/64, at least one: exact in 32 bits and in the engine's decimals."""
    return np.maximum(np.round(values * 64), 1) / 64


def _labels(
    offer: Products, product: NDArray[np.int32], country: NDArray[np.str_]
) -> dict[str, NDArray[np.uint64]]:
    masks = {name: _masks(offer, name)[product] for name in LABEL_COLUMNS}
    national = np.array([row.national for row in offer.policy])[product]
    order = np.argsort(np.array(EU27))
    position = order[np.searchsorted(np.array(EU27)[order], country)].astype(np.uint64)
    masks["require"] |= (np.uint64(1) << (position + np.uint64(FIRST_COUNTRY))) * national
    return masks


def _masks(offer: Products, column: str) -> NDArray[np.uint64]:
    names = [set(getattr(row, column)) for row in offer.policy]
    if column == "require":
        cars = zip(names, offer.application, strict=True)
        names = [row | {"vehicle"} if application.cars_only else row for row, application in cars]
    return np.array([sum(1 << TASK_LABELS.index(name) for name in row) for row in names], np.uint64)
