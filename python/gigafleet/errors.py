"""Errors. Each derives from :class:`GigafleetError` and from the builtin it specialises.

Messages read ``argument[row 7]: got -1.0, wanted a number >= 0``.
"""

from __future__ import annotations

__all__ = ["EngineError", "GigafleetError", "InputError", "InputTypeError", "VerifyError"]


class GigafleetError(Exception):
    """Base of every error that gigafleet raises on purpose."""


class InputError(GigafleetError, ValueError):
    """A bad value in the caller's data."""

    @classmethod
    def at(cls, argument: str, got: object, wanted: str, row: int | None = None) -> InputError:
        """Build the error in the house form."""
        where = argument if row is None else f"{argument}[row {row}]"
        return cls(f"{where}: got {got}, wanted {wanted}")


class InputTypeError(InputError, TypeError):
    """Right place, wrong kind: a dtype, shape or type that cannot be read."""


class EngineError(GigafleetError, RuntimeError):
    """The engine cannot go on: an object in use by another thread, a broken invariant."""


class VerifyError(GigafleetError, RuntimeError):
    """A plan breaks a hard rule."""
