"""From a configuration to network, nodes and tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import gigafleet as gf
from gigafleet import config
from gigafleet.errors import GigafleetError, InputError

__all__ = ["Built", "build", "objective"]

LABEL_COLUMNS = ("labels", "require", "any_of", "forbid", "transit_require", "transit_forbid")


class Built(NamedTuple):
    """What is placed, and what the picture calls it."""

    network: Any
    nodes: Any
    tasks: Any
    title: str
    site_kind: Any = None
    owners: Any = None


def build(scenario: config.EuropeScenario | config.OwnScenario) -> Built:
    """Make the built-in scenario, or read one's own."""
    if isinstance(scenario, config.OwnScenario):
        return _own(scenario)
    from gigafleet.scenarios import europe

    made = europe(**scenario.model_dump(exclude={"kind"}, exclude_none=True))
    day = scenario.day.removesuffix("s")
    title = f"Europe on a {day} at {scenario.hour}:00, preset {scenario.preset}"
    return Built(made.network, made.nodes, made.tasks, title, made.site_kind, made.owners)


def objective(settings: config.ObjectiveConfig) -> Any:
    """Make the engine's objective."""
    return gf.Objective(
        rtt_price=settings.rtt_price_eur_per_ms_hour,
        horizon_s=settings.horizon_s,
        risk_price=settings.risk_price_eur_per_hour,
    )


def _own(own: config.OwnScenario) -> Built:
    network = gf.Network.from_networkx(
        _graph(own.network), latency=own.latency, capacity=own.capacity, price=own.price
    )
    node_values: dict[str, Any] = dict(own.node_values)
    task_values: dict[str, Any] = dict(own.task_values)
    nodes = gf.Nodes.from_table(
        network, _table(own.nodes), capacity=list(own.resources), price=dict(own.prices),
        consumable=own.consumable, **node_values,
    )  # fmt: skip
    tasks = gf.Tasks.from_table(network, _table(own.tasks), demand=list(own.resources), **task_values)
    return Built(network, nodes, tasks, own.title or own.network.stem)


def _graph(path: Path) -> Any:
    import networkx as nx

    try:
        if path.suffix in {".graphml", ".xml"}:
            return nx.read_graphml(path)
        if path.suffix == ".json":
            data = json.loads(path.read_text("utf-8"))
            return nx.node_link_graph(data, edges="links" if "links" in data else "edges")
    except OSError as error:
        raise InputError.at(
            f"network {path}", error.strerror or "an error", "a file that can be read"
        ) from error
    except (ValueError, KeyError, TypeError, nx.NetworkXException, SyntaxError) as error:
        raise InputError.at(f"network {path}", repr(error), "node-link data or GraphML") from error
    raise InputError.at(f"network {path}", repr(path.suffix), "a file ending in .json, .graphml or .xml")


def _table(path: Path) -> Any:
    try:
        import pyarrow as pa
        from pyarrow import csv, parquet
    except ModuleNotFoundError as error:
        raise GigafleetError(
            "tables: pyarrow is missing; install it with: pip install 'gigafleet[cli]'"
        ) from error
    try:
        if path.suffix == ".parquet":
            return parquet.read_table(path)
        if path.suffix == ".csv":
            return _split_labels(csv.read_csv(path))
    except OSError as error:
        raise InputError.at(
            f"table {path}", error.strerror or str(error), "a file that can be read"
        ) from error
    except pa.ArrowInvalid as error:
        raise InputError.at(f"table {path}", str(error), "a table") from error
    raise InputError.at(f"table {path}", repr(path.suffix), "a file ending in .parquet or .csv")


def _split_labels(table: Any) -> Any:
    """Turn the label columns of a CSV, ``a|b`` in one cell, into lists; an empty cell is no label."""
    import pyarrow as pa
    from pyarrow import compute as pc

    for name in LABEL_COLUMNS:
        if name in table.column_names:
            cells = table[name].cast(pa.string()).combine_chunks()
            split = pc.split_pattern(pc.fill_null(cells, ""), "|")
            full = pc.list_flatten(split)
            keep = pc.not_equal(full, "")
            rows = pc.list_parent_indices(split).filter(keep)
            ends = np.searchsorted(rows.to_numpy(), np.arange(len(cells) + 1)).astype(np.int32)
            lists = pa.ListArray.from_arrays(pa.array(ends), full.filter(keep))
            table = table.set_column(table.column_names.index(name), name, lists)
    return table
