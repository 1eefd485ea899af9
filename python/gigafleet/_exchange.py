"""A network read from a NetworkX graph, and written to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet import _graph
from gigafleet._sites import LEVELS
from gigafleet.errors import InputTypeError

if TYPE_CHECKING:
    from gigafleet.network import Network


@dataclass(frozen=True)
class Found:
    """What a graph holds."""

    arguments: dict[str, Any]  #: of `Network`
    multigraph: bool
    loops: int  #: self-loops, left out
    first_loop: Any


def read(
    graph: Any,
    names: Mapping[str, str],
    domains: Sequence[str] | Mapping[str, str],
    default_latency_ms: float | None,
) -> Found:
    """Read a graph; `names` says what its attributes are called. See `Network.from_networkx`."""
    try:
        directed, multigraph, adjacency = graph.is_directed(), graph.is_multigraph(), graph._adj
    except AttributeError:
        raise InputTypeError.at("graph", type(graph).__name__, "a networkx graph") from None
    positions, tail, head, columns, loops, first_loop = _graph.walk(
        adjacency,
        directed,
        multigraph,
        (names["latency"], names["capacity"], names["price"]),
        (default_latency_ms, np.inf, 0.0),
    )
    sites = list(positions)
    by_name = dict(graph.nodes(data=True))
    vertices = [by_name[site] for site in sites]

    def numbers(attribute: str, default: float) -> NDArray[np.float64]:
        return _graph.numbers(vertices, names[attribute], default, sites)

    levels = domains if isinstance(domains, Mapping) else {level: level for level in domains}
    found = {level: [vertex.get(name) for vertex in vertices] for level, name in levels.items()}
    lat, lon = numbers("lat", np.nan), numbers("lon", np.nan)
    placed = bool(np.isfinite(lat).any() or np.isfinite(lon).any())
    arguments = {
        "sites": sites,
        "links": (tail, head),
        "latency_ms": columns[0],
        "capacity_mbps": columns[1],
        "price_per_mbps": columns[2],
        "directed": directed,
        "labels": [vertex.get(names["labels"]) for vertex in vertices],
        "access_up_mbps": numbers("access_up", np.inf),
        "access_down_mbps": numbers("access_down", np.inf),
        "domains": {k: v for k, v in found.items() if k not in LEVELS or any(x is not None for x in v)},
        "lat": lat if placed else None,
        "lon": lon if placed else None,
    }
    return Found(arguments, multigraph, loops, first_loop)


def write(network: Network, multigraph: bool) -> Any:
    """The network as a NetworkX graph; see `Network.to_networkx`."""
    import networkx as nx

    ends = np.stack([network.link_tail, network.link_head])
    pairs = ends if network.directed else np.sort(ends, axis=0)
    multigraph = multigraph or np.unique(pairs, axis=1).shape[1] < network.link_count
    kinds = {(False, False): nx.Graph, (False, True): nx.MultiGraph}
    kinds |= {(True, False): nx.DiGraph, (True, True): nx.MultiDiGraph}
    graph = kinds[network.directed, multigraph]()

    vertices: list[dict[str, Any]] = [{} for _ in network.sites]
    for i in np.flatnonzero(network.site_labels).tolist():
        mask = int(network.site_labels[i])
        labels = (label for bit, label in enumerate(network.label_vocabulary) if mask >> bit & 1)
        vertices[i]["labels"] = ",".join(labels)
    for level, (codes, names) in network.domains.items():
        for i in np.flatnonzero(codes >= 0).tolist():
            vertices[i][level] = names[codes[i]]
    for attribute in ("access_up_mbps", "access_down_mbps", "lat", "lon"):
        _put(vertices, attribute, getattr(network, attribute), np.isfinite)
    graph.add_nodes_from(zip(network.sites, vertices, strict=True))

    links: list[dict[str, Any]] = [{"latency_ms": ms} for ms in network.latency_ms.tolist()]
    _put(links, "capacity_mbps", network.capacity_mbps, np.isfinite)
    _put(links, "price_per_mbps", network.price_per_mbps, np.bool_)
    tails, heads = ([network.sites[i] for i in end] for end in ends.tolist())
    graph.add_edges_from(zip(tails, heads, links, strict=True))
    return graph


def _put(
    entries: list[dict[str, Any]], attribute: str, values: NDArray[np.float64] | None, which: Any
) -> None:
    """Enter those `values` under `attribute` that are not the default."""
    if values is not None:
        for i in np.flatnonzero(which(values)).tolist():
            entries[i][attribute] = float(values[i])
