"""What do owners earn, and does it clear their electricity bill? Figures by hand, then a plan's ledger.

python examples/what_owners_earn.py
"""

from __future__ import annotations

import numpy as np

import gigafleet as gf

economics = gf.economics
EU_EUR_PER_KWH = 0.287  # a household, mean of the EU

# By hand: a kilowatt for ten hours, and 4 GB of weights.
energy_wh = economics.energy_wh(1_000, 10 * 3600)
bill_eur = energy_wh * economics.price_eur_per_wh(EU_EUR_PER_KWH)
print(f"A kilowatt for ten hours is {energy_wh / 1e3:.0f} kWh, {energy_wh / 75e3:.0%} of a 75 kWh battery,")
print(f"and {bill_eur:.2f} EUR at {EU_EUR_PER_KWH} EUR/kWh: an owner has to get more than that.")
home_s, cell_s = economics.load_s(4, 83), economics.load_s(4, 500, sharing=100)
print(f"4 GB of weights take {home_s / 60:.1f} min at 83 Mb/s, {cell_s / 3600:.1f} h for 100 cars on a cell.")
print()

# A plan: cars of a kilowatt in three countries. Owners get 0.05 EUR for an hour of full use, energy apart.
# One has a tariff that is higher than what his cars were priced at.
COUNTRY, CARS = ["DE", "FR", "PL"], 300
owners = gf.Owners(
    name=[f"households {code}" for code in COUNTRY] + ["Fleet Ltd"],
    eur_per_kwh=[0.38, 0.25, 0.24, 0.45],
    carbon_g_per_kwh=[381, 56, 662, 381],
    carbon_eur_per_t=75,
)
network = gf.Network(
    sites=["Berlin", "Paris", "Warsaw"], links=([0, 0], [1, 2]), latency_ms=[5.5, 3.5],
    domains={"country": COUNTRY},
)  # fmt: skip
rng = np.random.default_rng(0)
site = rng.integers(0, 3, CARS)
owner = np.where((site == 0) & (rng.random(CARS) < 0.2), 3, site)
stay_s = rng.uniform(2, 12, CARS) * 3600
capacity = {
    "compute_tops": np.full(CARS, 2_000.0),
    "power_w": np.full(CARS, 1_000.0),
    "energy_wh": economics.usable_energy_wh(75_000, charge=rng.uniform(0.4, 1, CARS), reserve=0.5),
}
price = economics.compensation(0.05, {"compute_tops": capacity["compute_tops"]})
price["power_w"] = owners.price_eur_per_wh[site]  # the country's tariff: too little for Fleet Ltd
cars = gf.Nodes(network, site=site, capacity=capacity, price=price, owner=owner, available_s=stay_s)

TASKS, TASK_H = 600, 3
power_w = rng.choice([250.0, 500.0], TASKS)
tasks = gf.Tasks(
    network, origin=rng.integers(0, 3, TASKS), duration_s=TASK_H * 3600, max_rtt_ms=40,
    demand={
        "compute_tops": 2 * power_w,
        "power_w": power_w,
        "energy_wh": economics.energy_wh(power_w, TASK_H * 3600),
    },
)  # fmt: skip
plan = gf.place(tasks, cars, owners=owners)
plan.verify()
print(f"{plan.placed_tasks} of {TASKS} tasks run, {plan.cost:.2f} EUR/h. What each owner has of it:\n")
print(plan.ledger())
print("\nBy country, until the tasks are done:\n")
print(plan.ledger("country", hours=TASK_H))

ledger = plan.ledger()
loss = ledger.left_eur < 0
print(f"\nThe bill is not cleared by what is paid: {', '.join(ledger.name[loss]) or 'for nobody'}.")
