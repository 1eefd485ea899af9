"""How many more sessions fit, what keeps the next one out, and what drops if a site or a link fails?

python examples/what_if.py
"""

from __future__ import annotations

import gigafleet as gf

SITES = ["Hamburg", "Berlin", "Frankfurt", "Jülich"]
LINKS = [("Hamburg", "Berlin"), ("Berlin", "Frankfurt"), ("Hamburg", "Frankfurt"), ("Frankfurt", "Jülich")]
network = gf.Network(
    sites=SITES,
    links=([SITES.index(a) for a, _ in LINKS], [SITES.index(b) for _, b in LINKS]),
    latency_ms=[1.5, 2.5, 3.0, 1.0],
    capacity_mbps=[20_000, 30_000, 4_000, 80_000],
)
nodes = gf.Nodes(
    network,
    site=["Hamburg", "Berlin", "Jülich"],
    count=[600, 800, 50],
    capacity={"memory_gb": [16, 16, 1128]},
    price={"memory_gb": [0.002, 0.002, 0.001]},
    access_rtt_ms=[15, 15, 1],
)
sessions = gf.Tasks(
    network, origin=["Hamburg", "Berlin", "Frankfurt"], count=[900, 1_200, 800], demand={"memory_gb": 8},
    downlink_mbps=20, uplink_mbps=1, max_rtt_ms=40,
)  # fmt: skip
plan = gf.place(sessions, nodes)
print(f"{plan.placed_tasks:,} sessions run\n")

profile = gf.Tasks(
    network, origin=["Hamburg", "Frankfurt"], demand={"memory_gb": 8},
    downlink_mbps=20, uplink_mbps=1, max_rtt_ms=40,
)  # fmt: skip
room = gf.capacity(profile, plan)
print("How many more fit, from either city:\n")
print(room)
print("\nWhat keeps the next one out:\n")
print(room.binds())

print("\nWhat drops with each site, and with each link:\n")
print(plan.n_minus_1("site"))
print()
print(plan.n_minus_1("link"))
