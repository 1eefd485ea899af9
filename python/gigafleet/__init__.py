"""Place millions of AI inference tasks on parked vehicles and AI gigafactories."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gigafleet.errors import GigafleetError, VerifyError

if TYPE_CHECKING:
    from gigafleet import economics, scenarios
    from gigafleet.gap import gap_by_rule
    from gigafleet.models import Models
    from gigafleet.network import Network
    from gigafleet.nodes import Nodes
    from gigafleet.objective import Objective
    from gigafleet.owners import Owners
    from gigafleet.placing import place
    from gigafleet.plan import Plan
    from gigafleet.reasons import Reason
    from gigafleet.tasks import Tasks
    from gigafleet.tenants import Tenants, fair_tasks
    from gigafleet.whatif import capacity, place_series

__version__ = "0.1.0"
__all__ = [
    "GigafleetError",
    "Models",
    "Network",
    "Nodes",
    "Objective",
    "Owners",
    "Plan",
    "Reason",
    "Tasks",
    "Tenants",
    "VerifyError",
    "capacity",
    "economics",
    "fair_tasks",
    "gap_by_rule",
    "place",
    "place_series",
    "scenarios",
]

# Loaded on first use, so that `import gigafleet` stays light: public name -> module.
_LAZY = {
    "Models": "gigafleet.models",
    "Network": "gigafleet.network",
    "Nodes": "gigafleet.nodes",
    "Objective": "gigafleet.objective",
    "Owners": "gigafleet.owners",
    "Plan": "gigafleet.plan",
    "Reason": "gigafleet.reasons",
    "Tasks": "gigafleet.tasks",
    "Tenants": "gigafleet.tenants",
    "capacity": "gigafleet.whatif",
    "fair_tasks": "gigafleet.tenants",
    "gap_by_rule": "gigafleet.gap",
    "place": "gigafleet.placing",
    "place_series": "gigafleet.whatif",
}


_MODULES = ("economics", "scenarios")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"gigafleet.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'gigafleet' has no attribute {name!r}")
    value = getattr(importlib.import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_MODULES})
