"""Place millions of AI inference tasks on parked vehicles and AI gigafactories."""

from __future__ import annotations

from gigafleet.errors import GigafleetError

__version__ = "0.1.0"
__all__ = ["GigafleetError"]
