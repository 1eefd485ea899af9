"""Models with weights, a table of their own, and what nodes load of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet import economics
from gigafleet._arrays import floats
from gigafleet._frame import Frame, words
from gigafleet._whose import check_names, position_wanted
from gigafleet.errors import InputError, check_kind

if TYPE_CHECKING:
    from gigafleet._verify.earlier import Earlier, InUse
    from gigafleet._verify.values import NodesLike, TasksLike
    from gigafleet.columns import Column
    from gigafleet.nodes import Nodes
    from gigafleet.objective import Objective
    from gigafleet.tasks import Tasks

__all__ = ["MAX_MODELS", "Loads", "Models"]

MAX_MODELS = 64
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Models:
    """Models that tasks use, and the weights that a node must hold for them.

    ``gf.Tasks(model=...)`` names them, ``gf.Nodes(models=...)`` says which a node holds at the start, and
    ``gf.place(models=...)`` takes the table.

    Parameters
    ----------
    name : iterable of str, or Arrow column
        All different, not empty, at most 64.
    weights_gb : float or (models,) array
        Memory that the weights take, and what has to be loaded, GB; finite, >= 0.
    resource : str, default "memory_gb"
        The resource of nodes that weights take, counted in GB.

    Attributes
    ----------
    names : tuple of str
    weights_gb : (models,) float64
        Read-only.
    resource : str

    Raises
    ------
    InputError
        A name that is empty or comes twice, over 64 names, a number out of its range; the message names the
        row.
    InputTypeError
        Names that are no strings, a wrong dtype or shape.

    Examples
    --------
    >>> models = gf.Models(name=["8b-int4", "70b-int4"], weights_gb=[4, 35])
    >>> models.load_s(83)
    array([ 385.54216867, 3373.4939759 ])
    """

    def __init__(self, name: Iterable[str], weights_gb: ArrayLike, resource: str = "memory_gb") -> None:
        self.names: tuple[str, ...] = check_names(name)
        if len(self.names) > MAX_MODELS:
            raise InputError.at("name", f"{len(self.names)} models", f"at most {MAX_MODELS}")
        check_kind("resource", resource, str, "the name of a resource")
        self.resource = resource
        self.weights_gb: Floats = floats("weights_gb", weights_gb, len(self.names))
        wrong = ~((self.weights_gb >= 0) & np.isfinite(self.weights_gb))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError.at("weights_gb", self.weights_gb[row], "a finite number >= 0", row)
        self._positions = {each: row for row, each in enumerate(self.names)}

    def load_s(self, mbps: float) -> Floats:
        """Seconds that loading each takes over so many Mbps, > 0; float64 (models,).

        Raises InputError, InputTypeError as :func:`gigafleet.economics.load_s`.
        """
        return economics.load_s(self.weights_gb, mbps)

    def positions(self, tasks: TasksLike) -> Ints:
        """For each number in the tasks' column `model` the position here, -1 none; int64.

        Raises InputError where tasks name a model that is not here. O(rows) where they give positions.
        """
        names: Sequence[str] | None = getattr(tasks, "model_names", None)
        column: Any = tasks.columns["model"]
        if names is None:
            self._check_positions(column)
            return np.arange(len(self.names))
        lost = next((code for code, name in enumerate(names) if name not in self._positions), None)
        if lost is not None:
            raise InputError.at("tasks.model", repr(names[lost]), "a name of models", _row_of(column, lost))
        return np.array([self._positions[name] for name in names], np.int64)

    def _check_positions(self, column: Column) -> None:
        first = 0
        for chunk in column.chunks:
            wrong = (
                (chunk < -1) | (chunk >= len(self.names)) if chunk.dtype.kind == "i" else chunk >= len(self)
            )
            if wrong.any():
                row = int(np.argmax(wrong))
                wanted = position_wanted("a model", len(self.names))
                at = None if column.scalar else first + row
                raise InputError.at("tasks.model", int(chunk[row]), wanted, at)
            first += len(chunk)

    def _check_held(self, nodes: NodesLike) -> None:
        held: Any = nodes.labels["models"]
        unknown = next((name for name in held.distinct_names() if name not in self._positions), None)
        if unknown is not None:
            raise InputError.at("nodes.models", repr(unknown), "a name of models")

    def _for_core(
        self,
        tasks: Tasks,
        nodes: Nodes,
        objective: Objective,
        earlier: Earlier | None = None,
        node_ids: Ints | None = None,
    ) -> Any:
        """What the core takes, after a check that tasks and nodes name models of this table.

        `earlier`: what nodes hold since, by id; `node_ids`: of all rows of nodes, None if these are the ids.
        """
        if self.resource not in nodes.resources:
            raise InputError.at(
                "models.resource", repr(self.resource), f"one of {', '.join(nodes.resources)}"
            )
        self._check_held(nodes)
        prices = (objective.load_eur_per_gb, objective.load_window_s, objective.load_share)
        of_code = self.positions(tasks).tolist()
        before = (
            None if earlier is None or earlier.in_use is None else (*self._in_use(earlier.in_use), node_ids)
        )
        return list(self.names), self.weights_gb.tolist(), self.resource, of_code, prices, before

    def _in_use(self, before: InUse) -> tuple[Ints, ...]:
        """What an earlier plan had in use, as far as these models are the same by name."""
        known = np.array([self._positions.get(name, -1) for name in before.names], np.int64)[before.model]
        some = np.flatnonzero(known >= 0)
        parts = (before.node, before.first_instance, before.instances)
        return *(np.ascontiguousarray(part[some]) for part in parts), known[some]

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Models({len(self.names):,} rows)"


def _row_of(codes: Any, code: int) -> int | None:
    """The first row with that number."""
    first = 0
    for chunk in codes.chunks:
        found = np.flatnonzero(chunk == code)
        if found.size:
            return None if codes.scalar else first + int(found[0])
        first += len(chunk)
    return None


@dataclass(frozen=True, eq=False, repr=False)
class Loads(Frame):
    """Weights that nodes load, since tasks placed there use them and the node does not hold them.

    Attributes
    ----------
    node : int64 (rows,)
        Node id.
    first_instance, instances : int64 (rows,)
        Which instances of the node, each of which loads the model.
    model : str (rows,)
        Its name.
    seconds : float64 (rows,)
        What loading takes over the node's own line; 0 where that has no limit.
    position : int64 (rows,)
        Of the model in its table.
    """

    node: Ints
    first_instance: Ints
    instances: Ints
    model: NDArray[np.object_]
    seconds: Floats
    position: Ints

    @classmethod
    def of(
        cls, node: Ints, first: Ints, instances: Ints, model: Ints, seconds: Floats, names: Sequence[str]
    ) -> Loads:
        """Rows in the order of nodes and instances, with the models' names."""
        order = np.lexsort((model, first, node))
        kind = model[order]
        return cls(node[order], first[order], instances[order], words(names, kind), seconds[order], kind)

    @property
    def total(self) -> int:
        """Loads, instance by instance."""
        return int(self.instances.sum())

    def __repr__(self) -> str:
        return f"Loads({len(self)} rows, {self.total} loads)"
