"""The network: sites, links, and the least-latency routes between them."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet import _core, _exchange
from gigafleet._arrays import floats, frozen
from gigafleet._sites import LEVELS, SiteNames, domain_codes, ends_of_links, label_masks
from gigafleet.columns import HasCore
from gigafleet.errors import InputError, InputTypeError

__all__ = ["Network"]

Floats = NDArray[np.float64]


class Network(HasCore):
    """Sites joined by links. Immutable; built from arrays here, from a NetworkX graph by `from_networkx`.

    A route is the path of least latency (in ns); of equals the one with fewer links, then, from its far end
    back, with the smaller arc. Link ``l`` of an undirected network is arcs ``2l`` (as given) and ``2l + 1``
    (the other way), each with the link's whole capacity; in a directed network link ``l`` is arc ``l``.

    Parameters
    ----------
    sites : int or iterable of hashable
        How many sites, or their names, all different.
    links : pair of (links,) columns
        The two ends of each link: names, or positions (integers are that, whatever sites are called).
        Self-loops are dropped with a warning (they do not count as links); parallel links are kept.
    latency_ms : float or (links,) array
        One way, finite, >= 0; rounded to the nearest ns.
    capacity_mbps : float or (links,) array, default inf
        Each way, >= 0.
    price_per_mbps : float or (links,) array, default 0
        EUR per hour and Mbps, each way; any sign.
    directed : bool, default False
    labels : default ()
        Up to 64 labels of sites: a tuple of names that all sites have, a dict of name -> boolean array, a
        uint64 mask with `vocabulary`, or a list with the names of each site.
    access_up_mbps, access_down_mbps : float or (sites,) array, default inf
        What a site's own access (a cell's air, a campus gateway) carries.
    domains : dict of level -> values, default {}
        Levels ``country``, ``region``, ``campus``, ``rack``; per site a name (None or "" for none), or a pair
        of (sites,) codes (-1 for none) and names. Each domain lies inside one domain of every coarser level.
    lat, lon : (sites,) arrays, optional
        Degrees; NaN where unknown.
    vocabulary : sequence of str, optional
        Names of the bits of a `labels` mask.

    Raises
    ------
    InputError
        A value out of its range; the message names argument, row and the link's ends.
    InputTypeError
        A wrong dtype or shape.

    Notes
    -----
    O(sites + links). Arrays are copied; those of the attributes are read-only.
    """

    def __init__(
        self,
        *,
        sites: int | Iterable[Hashable],
        links: tuple[ArrayLike, ArrayLike],
        latency_ms: ArrayLike,
        capacity_mbps: ArrayLike = np.inf,
        price_per_mbps: ArrayLike = 0.0,
        directed: bool = False,
        labels: Any = (),
        access_up_mbps: ArrayLike = np.inf,
        access_down_mbps: ArrayLike = np.inf,
        domains: Mapping[str, Any] | None = None,
        lat: ArrayLike | None = None,
        lon: ArrayLike | None = None,
        vocabulary: Sequence[str] | None = None,
    ) -> None:
        self._names = SiteNames.of(sites)
        count = self.site_count
        tail, head = ends_of_links(links, self._names)
        latency = floats("latency_ms", latency_ms, len(tail))
        capacity = floats("capacity_mbps", capacity_mbps, len(tail))
        price = floats("price_per_mbps", price_per_mbps, len(tail))
        loops = tail == head
        if loops.any():
            _warn_of_loops(int(loops.sum()), self.sites[int(tail[np.argmax(loops)])])
            tail, head, latency, capacity, price = (a[~loops] for a in (tail, head, latency, capacity, price))
        self.link_tail: NDArray[np.int32] = frozen(tail)  #: (links,) int32
        self.link_head: NDArray[np.int32] = frozen(head)  #: (links,) int32
        self.latency_ms: Floats = frozen(latency)  #: (links,) float64, as given
        self.capacity_mbps: Floats = frozen(capacity)  #: (links,) float64, each way
        self.price_per_mbps: Floats = frozen(price)  #: (links,) float64
        good = (latency >= 0) & np.isfinite(latency)
        self._check_links("latency_ms", latency, "a finite number >= 0", good)
        self._check_links("capacity_mbps", capacity, "a number >= 0", capacity >= 0)
        self._check_links("price_per_mbps", price, "a finite number", np.isfinite(price))

        self.access_up_mbps: Floats = floats("access_up_mbps", access_up_mbps, count)
        self.access_down_mbps: Floats = floats("access_down_mbps", access_down_mbps, count)
        masks, names = label_masks(labels, count, vocabulary)
        self.site_labels: NDArray[np.uint64] = frozen(masks)  #: (sites,); bit i is label_vocabulary[i]
        self.label_vocabulary: tuple[str, ...] = names
        self.domains: dict[str, tuple[NDArray[np.int32], tuple[str, ...]]] = {}
        for level, values in (domains or {}).items():
            if level not in LEVELS:
                raise InputError.at("domains", repr(level), f"one of {', '.join(LEVELS)}")
            codes, domain_names = domain_codes(level, values, count)
            self.domains[level] = frozen(codes), domain_names
        self.lat: Floats | None = None if lat is None else floats("lat", lat, count)
        self.lon: Floats | None = None if lon is None else floats("lon", lon, count)
        self._multigraph = False
        self._directed = bool(directed)
        self.latency_ns: NDArray[np.int64] = self._core.latency_ns  #: (links,) int64, one way
        self._routes: dict[bytes | None, _core.Routes] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_routes": {}}

    @classmethod
    def from_networkx(
        cls,
        graph: Any,
        *,
        latency: str = "latency_ms",
        capacity: str = "capacity_mbps",
        price: str = "price_per_mbps",
        labels: str = "labels",
        access_up: str = "access_up_mbps",
        access_down: str = "access_down_mbps",
        domains: Sequence[str] | Mapping[str, str] = LEVELS,
        lat: str = "lat",
        lon: str = "lon",
        default_latency_ms: float | None = None,
    ) -> Network:
        """Build a network from a NetworkX graph, with any hashable vertices.

        Sites are the vertices in the graph's order, links the edges in the order of ``graph.edges``. A
        missing attribute has its default (see `Network`); only the latency is required.

        Parameters
        ----------
        graph : Graph, DiGraph, MultiGraph or MultiDiGraph
            What ``networkx.node_link_graph`` (of data with ``edges`` or ``links``) and
            ``networkx.read_graphml`` give will do.
        latency, capacity, price : str
            Edge attributes with the latency one way in ms, the capacity in Mbps and the price in EUR per hour
            and Mbps.
        labels : str
            Vertex attribute: a collection of names, or a string of names parted by commas.
        access_up, access_down : str
            Vertex attributes with the capacity of the site's access in Mbps.
        domains : sequence of levels, or mapping of level -> str
            Vertex attributes that name the domains; by default called as the levels are.
        lat, lon : str
            Vertex attributes in degrees.
        default_latency_ms : float, optional
            Latency of edges without that attribute; by default they are an error.

        Raises
        ------
        InputError, InputTypeError
            As `Network`; a value that is missing or no number names the attribute and the edge or vertex.
        """
        attributes = {"latency": latency, "capacity": capacity, "price": price, "labels": labels, "lat": lat}
        attributes |= {"access_up": access_up, "access_down": access_down, "lon": lon}
        found = _exchange.read(graph, attributes, domains, default_latency_ms)
        if found.loops:
            _warn_of_loops(found.loops, found.first_loop)
        network = cls(**found.arguments)
        network._multigraph = found.multigraph
        return network

    def to_networkx(self) -> Any:
        """The network as a NetworkX graph that `from_networkx` reads back.

        A DiGraph where directed, a multigraph where it came from one or has parallel links. Values that are
        the default are left out; labels are a string, parted by commas, which GraphML and JSON can hold.
        """
        return _exchange.write(self, self._multigraph)

    @property
    def sites(self) -> tuple[Hashable, ...]:
        """Names of the sites, by position."""
        return self._names.names

    @property
    def site_count(self) -> int:
        """Number of sites."""
        return len(self._names.names)

    @property
    def link_count(self) -> int:
        """Number of links, self-loops left out."""
        return len(self.link_tail)

    @property
    def arc_count(self) -> int:
        """Number of arcs: one a link where directed, else two."""
        return self._core.arc_count

    @property
    def directed(self) -> bool:
        """Whether each way is routed on its own."""
        return self._directed

    def index(self, site: Any) -> int:
        """Position of one site, given as in `positions`. O(1). Raises InputError where there is none."""
        return self._names.position(site)

    def positions(self, column: Any, argument: str = "site") -> NDArray[np.int32]:
        """Positions of a column of sites.

        An integer is a position, unless the vertices (or some of them) are themselves named by integers: then
        it is a name.

        Parameters
        ----------
        column : (rows,) array, list, or anything NumPy can read
            Positions or names. An int32 array of positions is returned as it is.
        argument : str
            What an error calls the column.

        Returns
        -------
        (rows,) int32 array

        Raises
        ------
        InputError, InputTypeError
            Naming the row of what is no site. O(rows).
        """
        return self._names.map(column, argument)

    def rtt_ms(
        self, a: Any, b: Any, *, transit_require: Iterable[str] = (), transit_forbid: Iterable[str] = ()
    ) -> Any:
        """Round-trip time in ms over the least-latency routes, without any node's access.

        Parameters
        ----------
        a, b : site, or list or array of sites
            Given as in `positions`; arrays pair up row by row, and a single site pairs with every row.
        transit_require, transit_forbid : names
            Sites on the way, ends included, have all (none) of these labels or ``level=value`` domains.

        Returns
        -------
        float, or (rows,) float64 array
            inf where there is no route.
        """
        columns = [isinstance(e, list) or (hasattr(e, "__array__") and np.ndim(e) > 0) for e in (a, b)]
        ends = [self.positions(e) if c else self.index(e) for e, c in zip((a, b), columns, strict=True)]
        pairs = np.broadcast_arrays(*(np.atleast_1d(np.asarray(e, np.int32)) for e in ends))
        ns = self._router(transit_require, transit_forbid).rtt_ns(*map(np.ascontiguousarray, pairs))
        ms = np.where(ns == np.iinfo(np.int64).max, np.inf, ns * 1e-6)
        return ms if any(columns) else float(ms[0])

    def route(
        self, a: Any, b: Any, *, transit_require: Iterable[str] = (), transit_forbid: Iterable[str] = ()
    ) -> NDArray[np.int32] | None:
        """Arcs of the route from site `a` to site `b`, in order; None where there is no route.

        Parameters are those of `rtt_ms`, for one pair. Of an undirected network, ``route // 2`` are the
        links, and the way back is the mirror, ``route[::-1] ^ 1``; of a directed one it is ``route(b, a)``.
        """
        found: NDArray[np.int32] | None
        found = self._router(transit_require, transit_forbid).route(self.index(a), self.index(b))
        return found

    def _router(self, require: Iterable[str], forbid: Iterable[str]) -> _core.Routes:
        """Routes inside the sites that the policy allows. Those of all sites stay, of the others the last."""
        allowed = np.ones(self.site_count, np.bool_)
        for name in [require] if isinstance(require, str) else require:
            allowed &= self._sites_with("transit_require", name)
        for name in [forbid] if isinstance(forbid, str) else forbid:
            allowed &= ~self._sites_with("transit_forbid", name)
        key = None if allowed.all() else allowed.tobytes()
        if key not in self._routes:
            self._routes = {k: routes for k, routes in self._routes.items() if k is None}
            self._routes[key] = _core.Routes(self._core, None if key is None else allowed.view(np.uint8))
        return self._routes[key]

    def _sites_with(self, argument: str, name: str) -> NDArray[np.bool_]:
        if not isinstance(name, str):
            raise InputTypeError.at(argument, repr(name), "names of labels, or LEVEL=NAME")
        having = np.zeros(self.site_count, np.bool_)
        level, equals, value = name.partition("=")
        if not equals and name in self.label_vocabulary:
            bit = self.label_vocabulary.index(name)
            having[(self.site_labels >> np.uint64(bit)) & np.uint64(1) != 0] = True
        if equals and level not in LEVELS:
            raise InputError.at(argument, repr(name), f"a label, or LEVEL=NAME of {', '.join(LEVELS)}")
        if equals and level in self.domains:
            codes, names = self.domains[level]
            having[codes == (names.index(value) if value in names else -2)] = True
        return having

    def _check_links(self, argument: str, values: Floats, wanted: str, good: NDArray[np.bool_]) -> None:
        if not good.all():
            row = int(np.argmin(good))
            ends = self.sites[int(self.link_tail[row])], self.sites[int(self.link_head[row])]
            raise InputError.at(argument, f"{values[row]} for link {ends!r}", wanted, row=row)

    def __repr__(self) -> str:
        parts = [f"{self.site_count} sites", f"{self.link_count} {'one-way ' * self.directed}links"]
        if self.label_vocabulary:
            parts.append(f"labels {', '.join(self.label_vocabulary)}")
        parts += [f"{len(names)} of level {level}" for level, (_, names) in self.domains.items()]
        return f"Network({'; '.join(parts)})"

    @cached_property
    def _core(self) -> _core.Network:
        return _core.Network(
            sites=self.site_count,
            tail=self.link_tail,
            head=self.link_head,
            latency_ms=self.latency_ms,
            capacity_mbps=self.capacity_mbps,
            price_per_mbps=self.price_per_mbps,
            directed=self._directed,
            access_up_mbps=self.access_up_mbps,
            access_down_mbps=self.access_down_mbps,
            labels=self.site_labels,
            label_vocabulary=list(self.label_vocabulary),
            domains=[(level, codes, list(names)) for level, (codes, names) in self.domains.items()],
        )


def _warn_of_loops(loops: int, first: Hashable) -> None:
    warnings.warn(f"{loops} self-loops dropped, the first at {first!r}", UserWarning, stacklevel=3)
