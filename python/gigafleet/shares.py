"""What a plan gives each tenant, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gigafleet._frame import SHOWN, Frame, grid, words

if TYPE_CHECKING:
    from gigafleet.tenants import Tenants

__all__ = ["FoundShares", "Shares", "shares"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_COUNTS = ("tasks", "placed", "left_quota", "left_fairness", "left_other")
#: As the core gives them, tasks of no tenant last: members, placed, left for QUOTA and for FAIRNESS (rows of
#: one array); dominant shares; and by resource its name, what is used, the share of the fleet.
FoundShares = tuple[Ints, Floats, list[tuple[str, Floats, Floats]]]


@dataclass(frozen=True, eq=False, repr=False)
class Shares(Frame):
    """What each tenant asks, gets and does not get. Returned by :meth:`gigafleet.Plan.shares`.

    Any library that reads the Arrow C stream interface takes this as a table (``polars.DataFrame(t)``,
    ``pyarrow.table(t)``; needs ``gigafleet[arrow]``), with columns ``used.NAME`` and ``share.NAME`` for each
    resource; ``print`` shows the largest.

    Attributes
    ----------
    tenant : str (rows,)
        In the order of the table of tenants; last, where there are such tasks, ``""``: those of no tenant.
    weight : float64 (rows,)
        Of the tenant.
    tasks, placed : int64 (rows,)
        Members asked and placed.
    left_quota, left_fairness : int64 (rows,)
        Members not placed for reasons ``QUOTA`` and ``FAIRNESS``.
    left_other : int64 (rows,)
        Members not placed for any other reason.
    dominant_share : float64 (rows,)
        The largest of the tenant's shares in any one resource.
    weighted_share : float64 (rows,)
        That over `weight`: what is made as even as can be.
    used, share : dict of str to float64 (rows,)
        By resource: what the tenant's tasks take, in its unit, and as a part of what all nodes have (0 where
        that is without limit, or nothing).
    """

    tenant: NDArray[np.object_]
    weight: Floats
    tasks: Ints
    placed: Ints
    left_quota: Ints
    left_fairness: Ints
    left_other: Ints
    dominant_share: Floats
    weighted_share: Floats
    used: Mapping[str, Floats]
    share: Mapping[str, Floats]

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name, not copied."""
        by_resource = {f"used.{name}": amounts for name, amounts in self.used.items()}
        by_resource |= {f"share.{name}": part for name, part in self.share.items()}
        return {**super().columns(), **by_resource}

    def __str__(self) -> str:
        order = np.argsort(-self.dominant_share, kind="stable")[:SHOWN]
        head = ["tenant", "weight", *_COUNTS, "dominant_share", "weighted_share"]
        rows = [
            [
                str(self.tenant[i]) or "(none)",
                f"{self.weight[i]:g}",
                *(f"{self[name][i]:,}" for name in _COUNTS),
                f"{100 * self.dominant_share[i]:.3f} %",
                f"{100 * self.weighted_share[i]:.3f} %",
            ]
            for i in order.tolist()
        ]
        if len(self) > SHOWN:
            rows.append([f"and {len(self) - SHOWN:,} more", *("" for _ in head[1:])])
        head = [name.replace("_", " ") for name in head]
        return grid(head, list(zip(*rows, strict=True)) or [()] * len(head), (0,))

    def __repr__(self) -> str:
        return f"Shares({len(self):,} rows, {self.placed.sum():,} of {self.tasks.sum():,} tasks placed)"


def shares(tenants: Tenants, found: FoundShares) -> Shares:
    """The table, of what the core found."""
    (members, placed, quota, fairness), dominant, by_resource = found
    rows = len(tenants) + bool(members[-1])
    weight = np.append(tenants.weight, 1.0)[:rows]
    return Shares(
        tenant=words([*tenants.names, ""], np.arange(rows)),
        weight=weight,
        tasks=members[:rows],
        placed=placed[:rows],
        left_quota=quota[:rows],
        left_fairness=fairness[:rows],
        left_other=(members - placed - quota - fairness)[:rows],
        dominant_share=dominant[:rows],
        weighted_share=dominant[:rows] / weight,
        used={name: used[:rows] for name, used, _ in by_resource},
        share={name: share[:rows] for name, _, share in by_resource},
    )


def to_file(tenants: Tenants, found: FoundShares) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    """Table and figures, as arrays and as what JSON holds."""
    counts, dominant, by_resource = found
    arrays: dict[str, NDArray[Any]] = {
        "tenant_weight": tenants.weight,
        "tenant_max_priority": tenants.max_priority,
        "tenant_counts": counts,
        "tenant_dominant": dominant,
    }
    arrays |= {f"tenant_quota{i}": amounts for i, amounts in enumerate(tenants.quota.values())}
    for i, (_, used, share) in enumerate(by_resource):
        arrays |= {f"tenant_used{i}": used, f"tenant_share{i}": share}
    resources = [name for name, _, _ in by_resource]
    return arrays, {"names": list(tenants.names), "quota": list(tenants.quota), "resources": resources}


def from_file(
    arrays: Mapping[str, NDArray[Any]], about: Mapping[str, list[str]]
) -> tuple[Tenants, FoundShares]:
    """What :func:`to_file` gave."""
    from gigafleet.tenants import Tenants

    tenants = Tenants(
        name=about["names"],
        weight=arrays["tenant_weight"],
        quota={name: arrays[f"tenant_quota{i}"] for i, name in enumerate(about["quota"])},
        max_priority=arrays["tenant_max_priority"],
    )
    by_resource = [
        (name, arrays[f"tenant_used{i}"], arrays[f"tenant_share{i}"])
        for i, name in enumerate(about["resources"])
    ]
    return tenants, (arrays["tenant_counts"], arrays["tenant_dominant"], by_resource)
