"""Memory of this process, in MB."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from contextlib import suppress
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _status_mb(field: str) -> float:
    for line in STATUS.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def mark() -> float:
    """Give back what is free, forget the peak so far, where the system can (Linux); what is in use now."""
    if not CLEAR.exists():
        return peak()
    gc.collect()
    with suppress(AttributeError):  # of glibc; else what is free and kept hides what is taken
        ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5")
    return _status_mb("VmRSS")


def peak() -> float:
    """The most that was in use at a time, since `mark` where the system can forget."""
    if STATUS.exists():
        return _status_mb("VmHWM")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
