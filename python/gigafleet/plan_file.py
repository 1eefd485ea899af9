"""Plans on disk: one ``.npz`` file, readable without the tables the plan was made from."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.earlier import Earlier, InUse
from gigafleet._verify.values import NodesLike, TasksLike
from gigafleet.certificate import Bounds
from gigafleet.errors import InputError, InputTypeError, check_kind
from gigafleet.shares import FoundShares, from_file
from gigafleet.tenants import Tenants

if TYPE_CHECKING:
    from gigafleet.models import Models

__all__ = [
    "FORMAT",
    "CorePlan",
    "FoundPrices",
    "SavedCore",
    "about_models",
    "check_models",
    "check_tables",
    "contents",
    "read",
    "write",
]

FORMAT = 7  #: 1 had no bounds, 2 no moves, 3 no prices, 4 no devices, 5 no evictions, 6 no models in use
Ints = NDArray[np.int64]
#: Prices by pool and dimension, and by carrier, of a multiple each (empty: all 0), what they prove, and
#: whether any were found. In a list, those of the cost come first, then those of the weight by level.
FoundPrices = tuple[NDArray[np.float64], NDArray[np.float64], float, bool]
ModelLoads = tuple[Ints, Ints, Ints, Ints, NDArray[np.float64]]
LOADS = ("node", "first_instance", "instances", "model", "seconds")
RUNS = ("task", "node", "first_instance", "instances", "per_instance")
PARTS = ("pool", "carrier")  # of prices


class CorePlan(Protocol):
    """What a plan reads of ``_core.Plan``; rows are positions, loads whole multiples of 1e-6 Mbps."""

    @property
    def placed_count(self) -> Ints: ...
    @property
    def reason(self) -> NDArray[np.uint8]: ...
    @property
    def placed_tasks(self) -> int: ...
    @property
    def placed_weight(self) -> float: ...
    @property
    def cost(self) -> float: ...
    @property
    def status(self) -> str: ...
    @property
    def moved_tasks(self) -> int: ...
    @property
    def evicted_tasks(self) -> int: ...
    def made_from(self) -> tuple[int, str]: ...
    @property
    def classes(self) -> int: ...
    @property
    def pools(self) -> int: ...
    @property
    def timings(self) -> Mapping[str, float]: ...
    def digest(self, task_ids: Ints | None = None, node_ids: Ints | None = None) -> str: ...
    def assignments(self) -> tuple[Ints, Ints, Ints, Ints, Ints]: ...
    def devices(self) -> NDArray[np.uint64] | None: ...
    def node(self) -> Ints: ...
    def instance(self) -> Ints: ...
    def seats(self) -> tuple[Ints, Ints]: ...
    def arc_load(self) -> Ints: ...
    def access_load(self) -> tuple[Ints, Ints]: ...
    def model_loads(self) -> ModelLoads: ...
    def models_in_use(self) -> ModelLoads: ...
    def bounds(self) -> Bounds: ...
    def prices(self) -> list[FoundPrices]: ...
    def shares(self) -> FoundShares | None: ...


@dataclass(frozen=True)
class SavedCore:
    """Stands in for ``_core.Plan``: the same names, read from a file."""

    arrays: Mapping[str, NDArray[Any]]
    about: Mapping[str, Any]

    @property
    def placed_count(self) -> Ints:
        return self.arrays["placed_count"]

    @property
    def reason(self) -> NDArray[np.uint8]:
        return self.arrays["reason"]

    @property
    def placed_tasks(self) -> int:
        return int(self.about["placed_tasks"])

    @property
    def placed_weight(self) -> float:
        return float(self.about["placed_weight"])

    @property
    def cost(self) -> float:
        return float(self.about["cost"])

    @property
    def status(self) -> str:
        return str(self.about["status"])

    @property
    def moved_tasks(self) -> int:
        return int(self.about["moved_tasks"])

    @property
    def evicted_tasks(self) -> int:
        return int(self.about["evicted_tasks"])

    def made_from(self) -> tuple[int, str]:
        fingerprint, effort = self.about["made_from"]
        return int(fingerprint), str(effort)

    def earlier(self) -> Earlier | None:
        """Where tasks ran before."""
        if "earlier_task" not in self.arrays:
            return None
        task, *rest = (self.arrays[f"earlier_{name}"] for name in RUNS)
        node, first, instances, per = rest
        return Earlier(task, node, first, instances, per, self._earlier_in_use())

    def _earlier_in_use(self) -> InUse | None:
        names = self.about.get("earlier_models")
        if names is None:
            return None
        parts = (self.arrays[f"earlier_in_use_{name}"] for name in LOADS[:-1])
        node, first, instances, model = parts
        return InUse(node, first, instances, model, tuple(names))

    def tenants(self) -> Tenants | None:
        """Whose the tasks were, if the plan was made for tenants."""
        about = self.about.get("tenants")
        return None if about is None else from_file(self.arrays, about)[0]

    def shares(self) -> FoundShares | None:
        about = self.about.get("tenants")
        return None if about is None else from_file(self.arrays, about)[1]

    @property
    def classes(self) -> int:
        return int(self.about["classes"])

    @property
    def pools(self) -> int:
        return int(self.about["pools"])

    @property
    def timings(self) -> dict[str, float]:
        return dict(self.about["timings_s"])

    def digest(self, task_ids: Ints | None = None, node_ids: Ints | None = None) -> str:
        return str(self.about["digest"])

    def assignments(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        task, node, first, instances, per = (self.arrays[name] for name in RUNS)
        return task, node, first, instances, per

    def devices(self) -> NDArray[np.uint64] | None:
        return self.arrays.get("devices")

    def node(self) -> Ints:
        return self._by_task("node")

    def instance(self) -> Ints:
        return self._by_task("first_instance")

    def seats(self) -> tuple[Ints, Ints]:
        return self.node(), self.instance()

    def _by_task(self, name: str) -> Ints:
        values = np.full(self.arrays["reason"].shape, -1, np.int64)
        values[self.arrays["task"]] = self.arrays[name]
        return values

    def arc_load(self) -> Ints:
        return self.arrays["arc_load"]

    def access_load(self) -> tuple[Ints, Ints]:
        return self.arrays["access_up"], self.arrays["access_down"]

    def model_loads(self) -> ModelLoads:
        return self._of_models("load")

    def models_in_use(self) -> ModelLoads:
        return self._of_models("in_use")

    def _of_models(self, what: str) -> ModelLoads:
        if f"{what}_node" not in self.arrays:
            none = np.zeros(0, np.int64)
            return none, none, none, none, np.zeros(0)
        node, first, instances, model, seconds = (self.arrays[f"{what}_{name}"] for name in LOADS)
        return node, first, instances, model, seconds

    def bounds(self) -> Bounds:
        placed, bound, cost, terms, seconds = self.about["bounds"]
        return placed, bound, cost, terms, seconds

    def prices(self) -> list[FoundPrices]:
        none = np.zeros(0)

        def saved(i: int, part: str) -> NDArray[np.float64]:
            return self.arrays.get(f"price{i}_{part}", none)

        return [
            (saved(i, "pool"), saved(i, "carrier"), float(bound), bool(found))
            for i, (bound, found) in enumerate(self.about["prices"])
        ]


def contents(core: CorePlan) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What :class:`SavedCore` gives back but for devices and digest, as arrays and as what JSON holds."""
    up, down = core.access_load()
    prices = core.prices()
    arrays: dict[str, NDArray[Any]] = dict(zip(RUNS, core.assignments(), strict=True))
    arrays |= {"reason": core.reason, "placed_count": core.placed_count, "arc_load": core.arc_load()}
    arrays |= {"access_up": up, "access_down": down}
    for what, listed in (("load", core.model_loads()), ("in_use", core.models_in_use())):
        if listed[0].size:
            arrays |= {f"{what}_{name}": part for name, part in zip(LOADS, listed, strict=True)}
    for i, (*found, _, _) in enumerate(prices):
        named = zip(PARTS, found, strict=True)
        arrays |= {f"price{i}_{part}": values for part, values in named if values.any()}
    about = {
        "moved_tasks": core.moved_tasks,
        "evicted_tasks": core.evicted_tasks,
        "made_from": core.made_from(),
        "placed_tasks": core.placed_tasks,
        "placed_weight": core.placed_weight,
        "cost": core.cost,
        "status": core.status,
        "classes": core.classes,
        "pools": core.pools,
        "timings_s": dict(core.timings),
        "bounds": core.bounds(),
        "prices": [(bound, was_found) for _, _, bound, was_found in prices],
    }
    return arrays, about


def write(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write `arrays` and the JSON of `about`; a file already there is replaced once the new one is whole."""
    target = Path(path)
    packed = {name: _narrow(values) for name, values in arrays.items()}
    text = json.dumps({"format": FORMAT, **about}, allow_nan=False)
    packed["about"] = np.frombuffer(text.encode(), dtype=np.uint8)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **packed)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def read(path: str | os.PathLike[str]) -> SavedCore:
    """Read what :func:`write` wrote. Raises InputError where the file is something else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: _widened(name, file[name]) for name in file.files}
        about = json.loads(arrays.pop("about").tobytes())
    except (ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError.at("path", repr(os.fspath(path)), "a file that Plan.save wrote") from error
    if about.get("format") != FORMAT:
        wanted = f"a plan of format {FORMAT}"
        raise InputError.at("path", f"{os.fspath(path)!r} of format {about.get('format')!r}", wanted)
    for values in arrays.values():
        values.flags.writeable = False
    return SavedCore(arrays, about)


def check_tables(core: SavedCore, tasks: TasksLike, nodes: NodesLike) -> None:
    """Raise InputError unless `tasks` and `nodes` look like those that the plan was made from."""
    for name, table, own in (("tasks", tasks, "origin"), ("nodes", nodes, "site")):
        if own not in getattr(table, "columns", ()):
            raise InputTypeError.at(name, type(table).__name__, f"the {name.title()} of the saved plan")
    network = tasks.network
    for name, what, got, wanted in (
        ("tasks", "rows", tasks.rows, core.reason.size),
        ("nodes", "rows", nodes.rows, core.about["node_rows"]),
        ("tasks.network", "sites", network.site_count, core.access_load()[0].size),
        ("tasks.network", "arcs", network.arc_count, core.arc_load().size),
        ("tasks.network", "directed", network.directed, core.about["directed"]),
    ):
        if got != wanted:
            raise InputError.at(name, f"{what} {got}", f"{what} {wanted} as in the saved plan")
    task, node = np.arange(tasks.rows), core.arrays["node"]
    for name, table, rows, saved in (("tasks", tasks, task, "task_id"), ("nodes", nodes, node, "node_id")):
        column = table.columns.get("id")
        ids = rows if column is None else column.take(rows)
        differ = np.flatnonzero(ids != core.arrays.get(saved, rows))
        if differ.size:
            i = differ[0]
            was = int(core.arrays.get(saved, rows)[i])
            raise InputError.at(f"{name}.id", int(ids[i]), f"{was} as in the saved plan", int(rows[i]))


def about_models(models: Models | None, saved: SavedCore | None) -> dict[str, Any]:
    """What :func:`check_models` compares, as JSON holds it; kept where a plan was loaded without."""
    if models is None:
        kept = {"models": ()} if saved is None else saved.about
        return {name: kept[name] for name in ("models", "model_weights_gb", "model_resource") if name in kept}
    weights = models.weights_gb.tolist()
    return {"models": models.names, "model_weights_gb": weights, "model_resource": models.resource}


def check_models(core: SavedCore, models: object) -> None:
    """Raise InputError unless `models` is the table that the plan was made with; old files know its names."""
    from gigafleet.models import Models

    check_kind("models", models, Models, "a Models table")
    for name, got in about_models(cast("Models", models), None).items():
        got, was = (list(v) if isinstance(v, tuple) else v for v in (got, core.about.get(name, got)))
        if got != was:
            argument = {"models": "name"}.get(name, name.removeprefix("model_"))
            raise InputError.at(f"models.{argument}", repr(got), f"{was!r} as in the saved plan")


def _widened(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers as they were before :func:`_narrow`: int64, but for masks, reasons and bytes."""
    if values.dtype.kind not in "iu" or name in ("reason", "about"):
        return values
    return values.astype(np.uint64 if name == "devices" else np.int64, copy=False)


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """The same whole numbers in as few bytes as hold them all."""
    if values.dtype not in (np.int64, np.uint64) or not values.size:
        return values
    low, high = int(values.min()), int(values.max())
    for dtype in (np.uint8, np.int16, np.uint16, np.int32, np.uint32):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return values.astype(dtype)
    return values
