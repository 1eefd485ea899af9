"""Networks that several tests use."""

from __future__ import annotations

import numpy as np

import gigafleet as gf


def small() -> gf.Network:
    """a - b = c (two parallel links), and d on its own."""
    return gf.Network(
        sites=["a", "b", "c", "d"],
        links=([0, 1, 1], [1, 2, 2]),
        latency_ms=[1.0, 3.0, 2.0],
        capacity_mbps=[100, np.inf, 0],
    )


def same(a: gf.Network, b: gf.Network) -> None:
    """Both hold the same, name by name and link by link."""
    assert a.sites == b.sites
    assert a.directed == b.directed
    for name in ("link_tail", "link_head", "latency_ns", "latency_ms", "capacity_mbps", "price_per_mbps"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for name in ("access_up_mbps", "access_down_mbps", "lat", "lon"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    np.testing.assert_array_equal(a.site_labels, b.site_labels)
    assert a.label_vocabulary == b.label_vocabulary
    assert a.domains.keys() == b.domains.keys()
    for level, (codes, names) in a.domains.items():
        np.testing.assert_array_equal(codes, b.domains[level][0])
        assert names == b.domains[level][1]
