"""Arguments that are arrays, brought to one dtype and shape."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigafleet.errors import InputError, InputTypeError

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


def ends_of_links(links: Any, sites: int) -> list[NDArray[np.int32]]:
    """The two columns of site positions of `links`, as (links,) int32 arrays."""
    if not isinstance(links, (tuple, list, np.ndarray)) or len(links) != 2:
        wanted = "a pair of integer arrays: the two ends of each link"
        raise InputTypeError.at("links", type(links).__name__, wanted)
    ends = [np.asarray(end) for end in links]
    ends = [end.astype(np.int32) if end.size == 0 else end for end in ends]
    for end in ends:
        if end.dtype.kind not in "iu" or end.ndim != 1 or len(end) != len(ends[0]):
            raise InputTypeError.at("links", kind_of(end), "two integer arrays of one length")
        wrong = (end < 0) | (end >= sites)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError.at("links", f"site {end[row]}", f"a site from 0 to {sites - 1}", row=row)
    return [np.array(end, np.int32) for end in ends]


def frozen(array: Array) -> Array:
    """The array, made read-only."""
    array.setflags(write=False)
    return array
