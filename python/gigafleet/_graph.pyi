from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

def walk(
    adjacency: Mapping[Any, Any],
    directed: bool,
    multigraph: bool,
    attributes: tuple[str, ...],
    defaults: tuple[float | None, ...],
) -> tuple[
    dict[Hashable, int], NDArray[np.int32], NDArray[np.int32], tuple[NDArray[np.float64], ...], int, Hashable
]: ...
def numbers(
    data: list[dict[Any, Any]], attribute: str, default: float, names: list[Hashable]
) -> NDArray[np.float64]: ...
def map_names(
    names: list[Any], positions: dict[Hashable, int], argument: str, first_row: int = 0
) -> NDArray[np.int32]: ...
