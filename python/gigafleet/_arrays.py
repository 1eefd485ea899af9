"""Arguments that are arrays, brought to one dtype and shape."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet.errors import InputTypeError

Array = TypeVar("Array", bound=NDArray[Any])


def kind_of(array: NDArray[Any]) -> str:
    """What an error says of an array."""
    return f"{array.dtype} of shape {array.shape}"


def as_array(argument: str, values: ArrayLike) -> NDArray[Any]:
    """`values` as an array, whatever its dtype and shape. Raises InputTypeError of lists that make none."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputTypeError.at(argument, f"a list that is no array ({error})", "numbers") from None


def floats(argument: str, values: ArrayLike, rows: int) -> NDArray[np.float64]:
    """`values`, a scalar or (rows,), as a (rows,) float64 array that is read-only and its own."""
    array = as_array(argument, values)
    if array.size == 0:
        array = array.astype(np.float64)
    if array.dtype.kind not in "iuf" or array.shape not in ((), (rows,)):
        raise InputTypeError.at(argument, kind_of(array), f"numbers of shape ({rows},)")
    return frozen(np.array(np.broadcast_to(array, (rows,)), np.float64))


def frozen(array: Array) -> Array:
    """The array, made read-only."""
    array.setflags(write=False)
    return array
