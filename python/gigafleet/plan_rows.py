"""A plan by the rows of its tables, what rows are called, and what the engine starts from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from gigafleet._verify.runs import Runs
from gigafleet._verify.values import DEVICES, every_id
from gigafleet.errors import InputError
from gigafleet.objective import Objective

if TYPE_CHECKING:
    from gigafleet._core import Plan as EnginePlan
    from gigafleet._verify.earlier import Earlier
    from gigafleet._verify.values import NodesLike, TasksLike
    from gigafleet.models import Models
    from gigafleet.plan_file import CorePlan, SavedCore

__all__ = ["Ints", "Rows", "frozen"]

Ints = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)


class Rows:
    """What a plan says by row position; ids of rows, from the tables or the file that it was loaded from."""

    _core: CorePlan
    _tables: tuple[TasksLike, NodesLike] | None
    _saved: SavedCore | None  #: where it was loaded from
    _objective: Objective | None
    _models: Models | None
    _earlier: Earlier | None  #: of the plan that this one started from

    @cached_property
    def runs(self) -> Runs:
        """The assignments by row position: a named tuple of five int64 arrays."""
        return Runs(*(frozen(column) for column in self._core.assignments()))

    @cached_property
    def devices(self) -> NDArray[np.uint64]:
        """Which devices the members of each run use; uint64 (runs,), in the order of :meth:`assignments`.

        Bit i is device i of the node instance that a member is on. 0 where a task asks for none.
        """
        none = np.broadcast_to(np.zeros(1, np.uint64), self.runs.task.shape)
        return frozen(none if self._masks is None else self._masks)

    @cached_property
    def _masks(self) -> NDArray[np.uint64] | None:
        """:attr:`devices`, None where all are 0."""
        if self._tables is not None and DEVICES not in self._tables[0].schema:
            return None
        _ = self.runs  # asked first, since the masks come with them
        masks = self._core.devices()
        return frozen(masks) if masks is not None and masks.any() else None

    def _model_names(self) -> tuple[str, ...]:
        """Of the models that the plan knows, or knew when it was saved."""
        if self._models is not None:
            return self._models.names
        return () if self._saved is None else tuple(self._saved.about.get("models", ()))

    def _weights_gb(self) -> float:
        """What the weights of models take, each once where it is in use."""
        if self._models is None:
            return 0.0 if self._saved is None else float(self._about("summary").get("weights_gb", 0.0))
        _, _, instances, model, _ = self._core.models_in_use()
        return float(np.dot(instances, self._models.weights_gb[model]))

    # -- the engine's plan ---------------------------------------------------------------------------------

    def _engine(self, what: str) -> EnginePlan:
        """The plan in the core, for what starts from a solution; of one from a file, made of its runs.

        Raises InputError naming `what` where the tables are not there, or are not those of the plan.
        """
        if self._tables is None:
            raise InputError.at(what, "a plan without its tables", "Plan.load(path, tasks, nodes)")
        if self._saved is None:
            return cast("EnginePlan", self._core)
        if self._adopted.placed_tasks != self._saved.placed_tasks:
            found, placed = self._adopted.placed_tasks, self._saved.placed_tasks
            got = f"tables with a node and a way there for {found:,} of {placed:,} tasks placed"
            raise InputError.at(what, got, "those of the plan")
        return self._adopted

    @cached_property
    def _adopted(self) -> EnginePlan:
        from gigafleet import _core

        tasks, nodes = cast("tuple[Any, Any]", self._tables)
        objective = self._objective or Objective()
        models = self._need_models()
        return _core.adopt(
            tasks.network._core,
            nodes._core,
            tasks._core,
            cast("Any", tuple(np.ascontiguousarray(column, np.int64) for column in self.runs)),
            rtt_price=objective.rtt_price,
            horizon_s=objective.horizon_s,
            risk_price=objective.risk_price,
            move_cost=objective.move_cost,
            evict_cost=objective.evict_cost,
            models=None
            if models is None
            else models._for_core(tasks, nodes, objective, self._earlier, every_id(nodes)),
        )

    def _need_models(self) -> Models | None:
        """The table of models. Raises InputError where the plan has one that was not loaded with it."""
        if self._models is None and self._model_names():
            raise InputError.at("models", "None", "Plan.load(path, tasks, nodes, models)")
        return self._models

    # -- ids and what a file remembers ---------------------------------------------------------------------

    def _about(self, name: str) -> Any:
        assert self._saved is not None
        return self._saved.about[name]

    @cached_property
    def _directed(self) -> bool:
        return bool(self._tables[0].network.directed if self._tables else self._about("directed"))

    @cached_property
    def _not_single(self) -> list[int] | None:
        """The first task row whose count is not 1, and that count."""
        if not self._tables:
            found: list[int] | None = self._about("not_single")
            return found
        tasks = self._tables[0]
        column = tasks.columns["count"]
        assert column is not None
        rows = np.arange(min(tasks.rows, 1) if column.scalar else tasks.rows)
        counts = column.take(rows)
        wrong = np.flatnonzero(counts != 1)
        return [int(wrong[0]), int(counts[wrong[0]])] if wrong.size else None

    def _need_single(self, name: str) -> None:
        if self._not_single is not None:
            row, count = self._not_single
            wanted = "count 1 in every row; plan.assignments() has the answer for any counts"
            raise InputError.at(f"plan.{name}", f"a task with count {count}", wanted, row)

    def _task_ids(self, rows: Ints) -> Ints:
        if self._saved is not None:
            ids = self._saved.arrays.get("task_id")
            return rows if ids is None else ids[rows]
        assert self._tables is not None
        column = self._tables[0].columns.get("id")
        return rows if column is None else column.take(rows).astype(np.int64)

    def _ids_where_placed(self, rows: Ints) -> Ints:
        """Of node rows, or -1."""
        if self._saved is None and self._tables is not None and self._tables[1].columns.get("id") is None:
            return rows
        ids = np.full(rows.shape, -1, np.int64)
        placed = rows >= 0
        ids[placed] = self._node_ids(rows[placed])
        return ids

    def _node_ids(self, rows: Ints) -> Ints:
        """Of node rows that the plan uses."""
        if self._saved is not None:
            ids = self._saved.arrays.get("node_id")
            if ids is None:
                return rows
            known, first = self._known_nodes
            return ids[first[np.searchsorted(known, rows)]]
        assert self._tables is not None
        column = self._tables[1].columns.get("id")
        return rows if column is None else column.take(rows).astype(np.int64)

    @cached_property
    def _known_nodes(self) -> tuple[Ints, Ints]:
        known, first = np.unique(self.runs.node, return_index=True)
        return known, first


def frozen(values: NDArray[T]) -> NDArray[T]:
    """A view that cannot be written to."""
    view = np.asarray(values).view()
    view.flags.writeable = False
    return view
