"""How far a plan is from the best there could be: proven bounds, and the gaps they leave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gigafleet.plan_file import CorePlan
    from gigafleet.prices import Priced, Prices

__all__ = ["Bounds", "Certificate", "Certified"]

Bounds = tuple[Sequence[float], Sequence[float], float, float, float]


@dataclass(frozen=True)
class Certificate:
    """What is proven about a plan. Levels of priority run from high to low.

    Attributes
    ----------
    placed_by_level, bound_by_level : tuple of float
        Weight placed, and the most that any placement reaches there with at least the plan's weight at every
        level above.
    cost, bound_cost : float
        EUR/h, and the least that any placement costs with at least the plan's weight at every level.
    terms : float
        EUR/h of the members placed, without signs (and risk): what a gap is measured against where a bound is
        near 0.
    seconds : float
        What it took to prove.
    """

    placed_by_level: tuple[float, ...]
    bound_by_level: tuple[float, ...]
    cost: float
    bound_cost: float
    terms: float
    seconds: float

    @classmethod
    def of(cls, bounds: Bounds, cost: float) -> Certificate:
        """Put together what ``_core.Plan.bounds`` gives."""
        placed, bound, bound_cost, terms, seconds = bounds
        return cls(tuple(placed), tuple(bound), cost, bound_cost, terms, seconds)

    @property
    def bounds(self) -> Bounds:
        """What :meth:`of` was given."""
        return self.placed_by_level, self.bound_by_level, self.bound_cost, self.terms, self.seconds

    @property
    def bound_placed(self) -> float:
        """Of the lowest level; 0 without tasks."""
        return self.bound_by_level[-1] if self.bound_by_level else 0.0

    @property
    def gap_placed(self) -> float:
        """Of the lowest level."""
        placed = self.placed_by_level[-1] if self.placed_by_level else 0.0
        return (self.bound_placed - placed) / max(self.bound_placed, 1.0)

    @property
    def gap_cost(self) -> float:
        """NaN where nothing is placed. Not below 0: the reported cost is a sum of rounded terms.

        Infinite where all placed is free, and evictions or moves are not.
        """
        if not any(self.placed_by_level):
            return math.nan
        size = max(abs(self.bound_cost), 1e-6 * self.terms)
        over = max(0.0, self.cost - self.bound_cost)
        return over / size if size else math.inf if over else 0.0


class Certified:
    """What is proven about a plan, worked out when first asked for; scalars speak of the lowest level."""

    _core: CorePlan

    @property
    def cost(self) -> float:
        """EUR per hour."""
        raise NotImplementedError

    def _priced(self) -> Priced:
        raise NotImplementedError

    @cached_property
    def certificate(self) -> Certificate:
        """All that is proven about the plan."""
        return Certificate.of(self._core.bounds(), self.cost)

    @property
    def bound_placed(self) -> float:
        """No placement with as much weight at every higher level reaches more weight at the lowest level."""
        return self.certificate.bound_placed

    @property
    def bound_cost(self) -> float:
        """EUR/h: no placement with as much weight at every level costs less."""
        return self.certificate.bound_cost

    @property
    def gap_placed(self) -> float:
        """``(bound_placed - placed) / max(bound_placed, 1)`` at the lowest level: 0.01 is 1 %."""
        return self.certificate.gap_placed

    @property
    def gap_cost(self) -> float:
        """``(cost - bound_cost) / |bound_cost|``; NaN where nothing is placed. See docs/plans.md."""
        return self.certificate.gap_cost

    def prices(self) -> Prices:
        """Shadow prices: what one unit more of each resource, link and access could bring at most.

        In weight placed, by level of priority, and in EUR/h saved; the prices that the bounds were proven at.

        Returns
        -------
        Prices
            Of a plan loaded without its tables, those of nodes and ``table`` raise InputError.

        Notes
        -----
        Found together with :attr:`certificate`, once; arrays are made on use. What exactly holds stands in
        docs/semantics.md, how to read them in docs/plans.md.

        Examples
        --------
        >>> print(plan.prices().weight.table(top=5))     # doctest: +SKIP
        """
        return self._prices

    @cached_property
    def _prices(self) -> Prices:
        from gigafleet.prices import prices

        placed = self.certificate.placed_by_level
        return prices(self._priced(), self._core.prices(), self.cost, placed)
