"""GPUs in part and whole: the cluster trace of Alibaba that the FGD paper packs, by the paper's protocol.

The data are not shipped: github.com/hkust-adsl/kubernetes-scheduler-simulator, `data/csv` (Apache-2.0); cite
Weng et al., "Beware of Fragmentation", USENIX ATC 2023. `PUBLISHED` is of that paper's artifact.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import gigafleet as gf

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data" / "openb-gpu-v2023"
#: GPU-thousandths allocated, % of the cluster's, mean of ten seeds, where so many % were asked for.
PUBLISHED = {
    "Random": {95: 85.72, 100: 86.30, 130: 87.47},
    "DotProd": {95: 90.58, 100: 90.62, 130: 90.85},
    "Clustering": {95: 91.60, 100: 91.65, 130: 91.88},
    "Packing": {95: 91.74, 100: 91.78, 130: 92.00},
    "BestFit": {95: 92.82, 100: 92.86, 130: 93.08},
    "FGD": {95: 94.90, 100: 95.23, 130: 95.39},
}
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Trace:
    """Nodes with GPUs, and pods, column by column."""

    network: gf.Network
    nodes: gf.Nodes
    thousandths: int  #: of all GPUs
    cores: NDArray[np.float64]  #: and all that follows, by pod
    memory_gib: NDArray[np.float64]
    gpus: Ints
    each: Ints  #: thousandths of each of its GPUs


def read(folder: Path, pods: str = "openb_pod_list_default.csv") -> Trace:
    """Nodes without a GPU are left out, as in the paper; pods that ask for none go on nodes with GPUs."""
    hosts, rows = _rows(folder / "openb_node_list_gpu_node.csv"), _rows(folder / pods)
    net = gf.Network(sites=1, links=([], []), latency_ms=[])
    gpus = _whole(hosts, "gpu")
    capacity = {"cores": _whole(hosts, "cpu_milli") / 1000, "memory_gib": _whole(hosts, "memory_mib") / 1024}
    asked = _whole(rows, "num_gpu")
    return Trace(
        network=net,
        nodes=gf.Nodes(net, site=0, capacity=capacity, devices=gpus),
        thousandths=1000 * int(gpus.sum()),
        cores=_whole(rows, "cpu_milli") / 1000,
        memory_gib=_whole(rows, "memory_mib") / 1024,
        gpus=asked,
        each=np.where(asked > 0, np.minimum(_whole(rows, "gpu_milli"), 1000), 0),
    )


def asked_for(trace: Trace, percent: float, seed: int) -> Ints:
    """Pods until `percent` of the GPUs are asked for: all of the list, shuffled, then drawn from it."""
    rng = np.random.default_rng(seed)
    number = len(trace.gpus)
    pods = np.concatenate([rng.permutation(number), rng.integers(0, number, number)])
    total = np.cumsum((trace.gpus * trace.each)[pods])
    return pods[: np.searchsorted(total, percent / 100 * trace.thousandths, side="right")]


def tasks(trace: Trace, pods: Ints) -> gf.Tasks:
    """A task a pod; its weight is what it asks of GPUs, and a thousandth where it asks none."""
    gpus, each = trace.gpus[pods], trace.each[pods]
    return gf.Tasks(
        trace.network,
        origin=np.zeros(len(pods), np.int64),
        demand={"cores": trace.cores[pods], "memory_gib": trace.memory_gib[pods]},
        devices=np.where(each < 1000, each / 1000, gpus),
        weight=np.maximum(gpus * each, 1) / 1000,
    )


def allocated(trace: Trace, pods: Ints, plan: gf.Plan) -> float:
    """GPU-thousandths placed, % of the cluster's."""
    return float(100 * ((trace.gpus * trace.each)[pods] * plan.placed_count).sum() / trace.thousandths)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _whole(rows: list[dict[str, str]], name: str) -> Ints:
    return np.array([int(row[name] or 0) for row in rows], np.int64)
