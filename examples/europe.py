"""Place tasks on parked cars and AI factories in Europe: python examples/europe.py [VEHICLES] [TASKS]"""

import sys

import numpy as np

import gigafleet as gf

vehicles, tasks = (int(number) for number in (*sys.argv[1:3], 20_000, 20_000)[:2])
scenario = gf.scenarios.europe(vehicles=vehicles, tasks=tasks, hour=19, seed=0)
network, nodes, jobs = scenario
print(scenario)
print(f"{scenario.info['enrolled_vehicles']:,} cars enrolled, {scenario.info['parked_share']:.1%} parked")

plan = gf.place(jobs, nodes)
print(f"placed {plan.placed_tasks:,} of {tasks:,}, {plan.cost:,.0f} EUR/h")

on_car = (plan.node >= 0) & (plan.node < vehicles)
print(f"on parked cars: {on_car.mean():.1%}")
reason, count = np.unique(plan.reason[plan.node < 0], return_counts=True)
for code, many in sorted(zip(reason, count, strict=True), key=lambda row: -row[1]):
    print(f"{gf.Reason(code).name:>10} {many:,}")
