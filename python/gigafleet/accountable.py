"""What a plan owes an account of: where data goes, what its nodes earn, what tenants get."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from numpy.typing import ArrayLike, NDArray

from gigafleet.errors import InputError
from gigafleet.plan_rows import Rows

if TYPE_CHECKING:  # the rest loads on use: `import gigafleet` stays light
    from gigafleet.audit import Audit
    from gigafleet.ledger import Ledger
    from gigafleet.nodes import Nodes
    from gigafleet.owners import Owners
    from gigafleet.shares import FoundShares, Shares
    from gigafleet.tasks import Tasks
    from gigafleet.tenants import Tenants

__all__ = ["Accountable"]


class Accountable(Rows):
    """Gives account of a plan: see :class:`gigafleet.Plan`."""

    _owners: Owners | None
    _tenants: Tenants | None

    def shares(self) -> Shares:
        """What each tenant asks, gets, and does not get for its quota or its fair share.

        Returns
        -------
        Shares
            A row for each tenant, in the order of the table; and one for tasks of none, if there are any.

        Raises
        ------
        InputError
            The plan was made without ``gf.place(tenants=...)``.

        Notes
        -----
        The first call finds reasons, as :attr:`gigafleet.Plan.reason` does. O(classes) beside that.

        Examples
        --------
        >>> print(plan.shares())                     # doctest: +SKIP
        """
        from gigafleet.shares import shares

        if self._tenants is None:
            raise InputError.at("plan.shares", "a plan without tenants", "gf.place(tenants=...)")
        return shares(self._tenants, self._found_shares())

    def _found_shares(self) -> FoundShares:
        _ = self._core.reason  # tells QUOTA from FAIRNESS
        found = self._core.shares()
        assert found is not None
        return found

    def _tenants_to_file(self, tenants: Tenants) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
        from gigafleet.shares import to_file

        return to_file(tenants, self._found_shares())

    def audit(
        self,
        allowed: Collection[str] | None = None,
        *,
        level: str = "country",
        tasks: ArrayLike | None = None,
    ) -> Audit:
        """Where data goes that should not: at a node, or at a site of a way out or back.

        Without `allowed`, every run is held against the rules of its task: `require`, `any_of` and `forbid`
        at the node, `transit_require` and `transit_forbid` at every site of its route, both ends included.
        With it, every site of every route must belong to one of the domains named, whatever the tasks say.

        Parameters
        ----------
        allowed : collection of str, optional
            Domains, such as the countries of the European Union; ``""`` stands for sites that have none.
        level : str, default "country"
            Of `allowed`, and of the column `domain`: also ``"region"``, ``"campus"``, ``"rack"``.
        tasks : (task rows,) bool array, or ids, optional
            Look at these tasks alone. Then what links carry is not compared (see Notes).

        Returns
        -------
        Audit
            A row for each run, site and rule broken, in the order of the runs. ``len(...) == 0`` is the
            proof that nothing leaves.

        Raises
        ------
        VerifyError
            Nothing was found, but the plan reserves on some link other than what the routes looked at take:
            its traffic goes elsewhere, and no empty table may say otherwise.
        InputError, InputTypeError
            A level that the network does not have, `allowed` that are no names, an unknown id, a mask of
            another length; a plan loaded without its tables.

        Notes
        -----
        Routes are found anew from the tables, without the engine, as ``verify`` does: within the sites that
        the task's transit rules allow, and where these leave none, the least-latency one through any site.
        What exactly is checked stands in docs/sovereignty.md. Time grows with the runs, and with core sites
        that routes start from times links, for each transit policy.

        Examples
        --------
        >>> print(plan.audit(allowed=("DE", "FR", "BE")))    # doctest: +SKIP
        """
        from gigafleet.audit import audit

        if self._tables is None:
            raise InputError.at("plan.audit", "a plan without its tables", "Plan.load(path, tasks, nodes)")
        load = self._core.arc_load()
        return audit(self.runs, *self._tables, load, allowed=allowed, level=level, only=tasks)

    def ledger(
        self, by: str = "owner", *, hours: float | None = None, owners: Owners | None = None
    ) -> Ledger:
        """What nodes do, earn and cost, by owner or by place: energy, carbon, pay, electricity, what is left.

        Parameters
        ----------
        by : str, default "owner"
            ``"owner"``, ``"site"``, or a level of domains that the network has, such as ``"country"``.
        hours : float, optional
            Over so many hours from now, finite, >= 0: each task counts until it ends or, open-ended, until
            its node departs. By default all is per hour, as ``plan.cost`` is.
        owners : Owners, optional
            Default: those that ``gf.place`` was given. Without any, what depends on them is NaN.

        Returns
        -------
        Ledger
            By owner a row for each, also where nothing runs; by place one for each with nodes on offer.

        Raises
        ------
        InputError
            Another `by`, `hours` out of range, a node of an owner that is not among `owners`; a plan loaded
            without its tables.

        Notes
        -----
        Per hour, ``paid_eur + carbon_eur`` of all rows, standing by left out, is the part of ``plan.cost``
        that nodes have. What each figure is stands in docs/semantics.md. O(runs log runs + node rows).

        Examples
        --------
        >>> print(plan.ledger())                     # doctest: +SKIP
        >>> print(plan.ledger("country", hours=8))   # doctest: +SKIP
        """
        from gigafleet.ledger import ledger

        if self._tables is None:
            raise InputError.at("plan.ledger", "a plan without its tables", "Plan.load(path, tasks, nodes)")
        tasks, nodes = cast("tuple[Tasks, Nodes]", self._tables)
        whose = self._owners if owners is None else owners
        return ledger(self.runs, tasks, nodes, whose, by=by, hours=hours)
