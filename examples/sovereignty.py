"""Does data leave the European Union on its way? What obeying costs in latency, and who is refused.

python examples/sovereignty.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf
from gigafleet.scenarios.countries import EU27

SESSIONS = 20  # of each city
JUELICH, KAJAANI = "Jülich gigafactory", "Kajaani gigafactory"
CLOSE = ["Milan", "Turin", "Rome", "Marseille", "Vienna", "Sofia", "Athens", "Vilnius", "Dublin"]
TO = dict.fromkeys(CLOSE, JUELICH) | dict.fromkeys(["Amsterdam", "Bremen", "Berlin"], KAJAANI)
CITIES, HOSTS = list(TO), list(TO.values())
LIMIT_MS = [29 if host == JUELICH else 35 for host in HOSTS]
ALLOWED = [*EU27, "international"]  # sea cables lie in no country

# The real backbone, cities and campuses, without cars. Sites beyond the EU27 have the label "third".
network, hosts, _ = gf.scenarios.europe(vehicles=0, tasks=20_000, cells=4_000)


def place(transit_forbid: str) -> gf.Plan:
    """Sessions of each city on its gigafactory."""
    sessions = gf.Tasks(
        network, origin=CITIES, count=SESSIONS, demand={"memory_gb": 40}, bandwidth_mbps=2,
        max_rtt_ms=LIMIT_MS,
        require=np.array([f"campus={host}" for host in HOSTS]), transit_forbid=transit_forbid,
    )  # fmt: skip
    plan = gf.place(sessions, hosts)
    plan.verify()
    return plan


careless, obedient = place(""), place("third")
for name, plan in (("careless", careless), ("obedient", obedient)):
    abroad = np.unique(plan.audit(ALLOWED).task)
    print(f"{name}: {plan.placed_tasks} sessions run, {plan.placed_count[abroad].sum()} of them leave")

leaving = careless.audit(ALLOWED)
shortest = network.rtt_ms(CITIES, HOSTS)
obeying = network.rtt_ms(CITIES, HOSTS, transit_forbid=["third"])
print(f"\n{'':10} {'to':8} {'through':>11} {'ms':>6} {'obeying':>8}")
for row, (city, host) in enumerate(TO.items()):
    through = " ".join(sorted(set(leaving.domain[leaving.task == row].tolist()))) or "-"
    reason = gf.Reason(int(obedient.reason[row]))
    said = "" if reason == gf.Reason.PLACED else f"  refused: {reason.name}, {reason.describe}"
    print(f"{city:10} {host.split()[0]:8} {through:>11} {shortest[row]:6.1f} {obeying[row]:8.1f}{said}")

both = (careless.placed_count > 0) & (obedient.placed_count > 0)
more_ms = (obeying - shortest)[both & (obeying > shortest)]
refused = np.array(CITIES)[(careless.placed_count > 0) & ~both]
print(f"\nWho obeys and still runs waits {more_ms.mean():.1f} ms longer, {more_ms.max():.1f} at most;")
print(f"{' and '.join(refused)} are refused.\n")

print(leaving)
print(obedient.audit(ALLOWED))
print(obedient.audit())
