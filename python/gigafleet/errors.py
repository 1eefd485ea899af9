"""Errors. Each derives from :class:`GigafleetError` and from the builtin it specialises.

Messages read ``argument[row 7]: got -1.0, wanted a number >= 0``.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

__all__ = [
    "EngineError",
    "GigafleetError",
    "InputError",
    "InputTypeError",
    "VerifyError",
    "check_kind",
    "check_number",
    "check_whole",
]


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


def check_kind(argument: str, value: object, kind: type | tuple[type, ...], wanted: str) -> None:
    """Raise InputTypeError unless `value` is of that type, or one of these."""
    if not isinstance(value, kind):
        raise InputTypeError.at(argument, type(value).__name__, wanted)


def check_number(argument: str, value: object, wanted: str, good: Callable[[Any], bool]) -> None:
    """Raise InputTypeError unless `value` is a number, InputError unless it is a good one."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputTypeError.at(argument, repr(value), wanted)
    if not good(value):
        raise InputError.at(argument, value, wanted)


def check_whole(argument: str, value: object, least: int) -> None:
    """Raise InputTypeError unless `value` is a whole number, InputError unless it is at least so large."""
    wanted = f"a whole number >= {least}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputTypeError.at(argument, repr(value), wanted)
    if value < least:
        raise InputError.at(argument, value, wanted)
