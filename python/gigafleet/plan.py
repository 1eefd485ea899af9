"""What :func:`gigafleet.place` returns."""

from __future__ import annotations

import os
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import amount
from gigafleet._verify.earlier import Earlier, InUse
from gigafleet._verify.values import every_id
from gigafleet.accountable import Accountable
from gigafleet.assignments import Assignments
from gigafleet.certificate import Certified
from gigafleet.displacing import Displacing
from gigafleet.errors import InputError
from gigafleet.losses import Losing
from gigafleet.plan_rows import Ints, frozen

if TYPE_CHECKING:  # the rest loads on use: `import gigafleet` stays light
    from gigafleet._verify.values import NodesLike, TasksLike
    from gigafleet.explanation import Explanation
    from gigafleet.models import Loads, Models
    from gigafleet.objective import Objective
    from gigafleet.owners import Owners
    from gigafleet.plan_file import CorePlan
    from gigafleet.prices import Priced
    from gigafleet.summary import Summary, Usage
    from gigafleet.tenants import Tenants

__all__ = ["Plan"]

Floats = NDArray[np.float64]
MBPS = 1e-6  #: of the loads in the core


class Plan(Accountable, Certified, Displacing, Losing):
    """Where each task runs, why others do not, and what it takes. Made by :func:`gigafleet.place`.

    Arrays are read-only and made on first use. A row with a count stands for that many members; ids
    are those of the tables, by default row positions.

    Examples
    --------
    >>> plan = gf.place(tasks, nodes)                # doctest: +SKIP
    >>> plan.node[:3]                                # doctest: +SKIP
    array([17,  4, -1])
    >>> gf.Reason(plan.reason[2])                    # doctest: +SKIP
    <Reason.RTT: 6>
    >>> print(plan.summary())                        # doctest: +SKIP
    """

    def __init__(
        self,
        core: CorePlan,
        tasks: TasksLike | None,
        nodes: NodesLike | None,
        objective: Objective | None,
        earlier: Earlier | None = None,
        owners: Owners | None = None,
        models: Models | None = None,
        tenants: Tenants | None = None,
    ) -> None:
        self._core = core
        self._tables = None if tasks is None or nodes is None else (tasks, nodes)
        self._objective = objective
        self._earlier = earlier
        self._owners = owners
        self._models = models
        self._tenants = tenants
        self._saved = None
        self._explainer: Any = None  # of the core, once it is asked for

    # -- the answer ----------------------------------------------------------------------------------------

    def assignments(self) -> Assignments:
        """The whole answer in runs, by id, in the order of the task rows."""
        return self._assignments

    @cached_property
    def _assignments(self) -> Assignments:
        runs = self.runs
        task, node = frozen(self._task_ids(runs.task)), frozen(self._node_ids(runs.node))
        return Assignments(
            task, node, runs.first_instance, runs.instances, runs.per_instance, devices=self._masks
        )

    @cached_property
    def node(self) -> Ints:
        """Node id of each task row, -1 where not placed; int64 (rows,).

        Raises InputError where a task count is not 1: then :meth:`assignments` has the answer.
        """
        self._need_single("node")
        return frozen(self._ids_where_placed(self._core.node()))

    @cached_property
    def instance(self) -> Ints:
        """Instance of that node, from 0, -1 where not placed; int64 (rows,). Raises as :attr:`node`."""
        self._need_single("instance")
        return frozen(self._core.instance())

    @cached_property
    def placed_count(self) -> Ints:
        """Members placed of each task row; int64 (rows,)."""
        return frozen(self._core.placed_count)

    @property
    def placed_tasks(self) -> int:
        """Members placed."""
        return int(self._core.placed_tasks)

    @property
    def placed_weight(self) -> float:
        """Weight placed, over members."""
        return float(self._core.placed_weight)

    @property
    def cost(self) -> float:
        """EUR per hour of what is placed, moves included."""
        return float(self._core.cost)

    @property
    def moved_tasks(self) -> int:
        """Members that ran in the ``previous`` plan and run now, but elsewhere; 0 without one."""
        return int(self._core.moved_tasks)

    @property
    def status(self) -> str:
        """``COMPLETE``, or ``TIME_LIMIT`` where the limit cut off what might have made the plan better."""
        return self._core.status

    @cached_property
    def digest(self) -> str:
        """Hexadecimal; equal for a seed, inputs and build on any number of threads, when ``COMPLETE``."""
        if self._tables is None:
            return self._core.digest()
        return self._core.digest(*(every_id(table) for table in self._tables))

    @property
    def objective(self) -> Objective | None:
        """What the plan was made for."""
        return self._objective

    @property
    def classes(self) -> int:
        """Kinds of task at an origin that the task rows fold into."""
        return int(self._core.classes)

    @property
    def pools(self) -> int:
        """Kinds of node at a site that the node rows fold into."""
        return int(self._core.pools)

    @property
    def timings(self) -> dict[str, float]:
        """Seconds by stage of ``place``."""
        return {stage: float(seconds) for stage, seconds in self._core.timings.items()}

    @cached_property
    def loads(self) -> Loads:
        """Models that nodes load before their tasks can run: :class:`gigafleet.models.Loads`, by node."""
        from gigafleet.models import Loads

        node, first, instances, model, seconds = self._core.model_loads()
        return Loads.of(self._node_ids(node), first, instances, model, seconds, self._model_names())

    # -- what it takes -------------------------------------------------------------------------------------

    @cached_property
    def link_load_mbps(self) -> Floats:
        """Mbps reserved; float64 (links, 2) for a Graph, as given and the way back; (arcs,) for a DiGraph."""
        load: Floats = np.asarray(self._core.arc_load()).astype(np.float64) * MBPS
        return frozen(load if self._directed else load.reshape(-1, 2))

    @cached_property
    def access_load_mbps(self) -> Floats:
        """Mbps reserved on each site's own access, up and down; float64 (sites, 2)."""
        return frozen(np.column_stack(self._core.access_load()).astype(np.float64) * MBPS)

    def used(self, resource: str) -> float:
        """Total demand placed on nodes, in the unit of `resource`. O(runs) once.

        Of devices: ``"devices"``, shares added up, and ``"device.memory_gb"`` for a resource that they have.
        """
        return self._usage(resource).used

    def capacity(self, resource: str) -> float:
        """Total capacity of all nodes, in the unit of `resource`; may be inf. O(nodes) once."""
        return self._usage(resource).capacity

    def _usage(self, resource: str) -> Usage:
        usages = {usage.name: usage for usage in self._summary.resources}
        if resource not in usages:
            raise InputError.at("resource", repr(resource), "one of " + ", ".join(map(repr, usages)))
        return usages[resource]

    def summary(self, top: int = 5) -> Summary:
        """What was placed, what was not and why, and what binds: the `top` fullest links and accesses.

        A plan loaded without its tables gives the summary it had when saved (at most 5 of each). O(rows).
        """
        if self._tables is None:
            return self._summary.top(top)
        from gigafleet.summary import summarise

        return summarise(self, *self._tables, top=top)

    @cached_property
    def _summary(self) -> Summary:
        if self._tables is not None:
            return self.summary()
        assert self._saved is not None
        from gigafleet.summary import Summary

        return Summary.from_dict(self._saved.about["summary"])

    def explain(self, task: int) -> Explanation:
        """Why members of the task with that id are not placed, by how much, and which change would place one.

        Speaks of one more member of the row, or of the whole of a gang that is left out, on what the plan
        leaves; see :class:`Explanation`. Raises InputError where there is no such task, and of a plan loaded
        without its tables or with others. O(pools + slots in use + links), of such a gang also trying each
        domain for each column that might change; the first call also sorts what the plan places.
        """
        from gigafleet.explaining import explain

        return explain(self, task)

    def verify(self, sample: int | None = None, seed: int = 0) -> None:
        """Recompute every hard rule and every reported figure, without the engine.

        Parameters
        ----------
        sample : int, optional
            Check labels, time, transit and latency on that many runs only, and take the loads of links as
            reported; capacities, devices, lines, access and identity are still checked in full. See
            :func:`gigafleet.verify.verify`.
        seed : int
            Of the sample.

        Raises
        ------
        VerifyError
            Names the rule, the task and node, the site or link, the amount and the limit.
        InputError
            The plan was loaded without its tables.
        """
        if self._tables is None:
            raise InputError.at("plan.verify", "a plan without its tables", "Plan.load(path, tasks, nodes)")
        from gigafleet.verify import Reported, verify

        up, down = self._core.access_load()
        reported = Reported(
            placed_count=self.placed_count,
            devices=self._masks,
            reason=self.reason,
            arc_load=self._core.arc_load(),
            access_up=up,
            access_down=down,
            placed_tasks=self.placed_tasks,
            placed_weight=self.placed_weight,
            cost=self.cost,
            objective=self._objective,
            earlier=self._earlier,
            moved_tasks=self.moved_tasks,
            evicted_tasks=self.evicted_tasks,
            models=self._need_models(),
            loads=self._core.model_loads(),
            in_use=self._core.models_in_use(),
            tenants=None if self._tenants is None else self._tenants._given(self._tables[0]),
        )
        verify(self.runs, *self._tables, reported, sample=sample, seed=seed)

    # -- files ---------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan to one ``.npz`` file, at exactly `path`. The tables are not part of it."""
        from gigafleet import plan_file

        arrays, about = plan_file.contents(self._core)
        arrays["reason"] = self.reason
        rows = np.arange(len(self.reason))
        task_id, node_id = self._task_ids(rows), self._node_ids(self.runs.node)
        if self._masks is not None:
            arrays["devices"] = self._masks
        if not np.array_equal(task_id, rows):
            arrays["task_id"] = task_id
        if not np.array_equal(node_id, self.runs.node):
            arrays["node_id"] = node_id
        if self._earlier is not None:
            arrays |= {f"earlier_{name}": run for name, run in self._earlier.runs()._asdict().items()}
            if (before := self._earlier.in_use) is not None:
                of_models = before._asdict()
                about |= {"earlier_models": of_models.pop("names")}
                arrays |= {f"earlier_in_use_{name}": part for name, part in of_models.items()}
        if self._tenants is not None:
            of_tenants, names = self._tenants_to_file(self._tenants)
            arrays |= of_tenants
            about |= {"tenants": names}
        about |= {
            "digest": self.digest,
            "directed": self._directed,
            "not_single": self._not_single,
            "node_rows": self._tables[1].rows if self._tables else self._about("node_rows"),
            "objective": None if self._objective is None else asdict(self._objective),
            "summary": self._summary.to_dict(),
            **plan_file.about_models(self._models, self._saved),
        }
        plan_file.write(path, arrays, about)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        tasks: TasksLike | None = None,
        nodes: NodesLike | None = None,
        models: Models | None = None,
    ) -> Plan:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        path
            The file.
        tasks, nodes
            The tables that the plan was made from, both or neither. :meth:`verify`, :meth:`explain`,
            :meth:`audit`, :meth:`ledger`, :meth:`displaced`, :meth:`n_minus_1`, ``gf.capacity``,
            ``gf.gap_by_rule`` and prices of nodes need them.
        models
            The table of models, where tasks use any; these but `audit`, `ledger` and prices need it.

        Raises
        ------
        InputError
            The file is no plan, or the tables are not those of the plan: rows, ids, sites, links, models and
            their weights differ.
        """
        from gigafleet import plan_file
        from gigafleet.objective import Objective

        core = plan_file.read(path)
        if (tasks is None) != (nodes is None):
            raise InputError.at("nodes" if nodes is None else "tasks", "None", "both tables or neither")
        if tasks is not None and nodes is not None:
            plan_file.check_tables(core, tasks, nodes)
        if models is not None:
            plan_file.check_models(core, models)
        saved = core.about["objective"]
        plan = cls(
            core,
            tasks,
            nodes,
            None if saved is None else Objective(**saved),
            core.earlier(),
            tenants=core.tenants(),
        )
        plan._saved, plan._models = core, models
        return plan

    def __repr__(self) -> str:
        tasks, cost = f"{self.placed_tasks} tasks placed", f"{amount(self.cost)} EUR/h"
        return f"Plan({tasks}, {cost}, {self.status})"

    def _as_earlier(self) -> tuple[Earlier, tuple[int, str] | None]:
        """Where tasks run, by id, for a plan that starts from this one; and what it was made from."""
        made_from = self._core.made_from() if self.status == "COMPLETE" else None
        node, first, instances, model, _ = self._core.models_in_use()
        models = InUse(self._node_ids(node), first, instances, model, self._model_names())
        if self._not_single is not None:
            a = self.assignments()
            runs = a.task, a.node, a.first_instance, a.instances, a.per_instance
            return Earlier(*runs, models), made_from
        rows, instance = self._core.seats()
        task = self._task_ids(np.arange(rows.size))
        return Earlier(task, self._ids_where_placed(rows), instance, None, None, models), made_from

    def _priced(self) -> Priced:
        from gigafleet.prices import Priced

        return Priced(self._core, self._tables, self._directed)
