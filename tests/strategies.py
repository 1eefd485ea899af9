"""Small random problems in which every hard rule matters often (test_strategies.py measures how often).

Hypothesis draws the sizes and a seed; rows are made from the seed and their number. So draws are independent,
a failing problem shrinks by losing rows, and the rows that stay do not change.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from problem import INF, Link, Model, Node, Objective, Problem, Site, Task

# Round and awkward amounts: multiples, thirds, a sum that is not what it looks like.
AMOUNTS = (0, 0.1 + 0.2, 1 / 3, 0.5, 1, 1, 1, 1, 2)
PRICES = (0, 0, 0.01, 0.5, 1, 2, -0.25)
LATENCIES = (0, 0.5, 1, 1, 1, 2, 3.3)
LABELS = ("gpu", "trusted", "v2g")
COUNTRIES = ("DE", "FR")
# How often a rule is tight, and how often no two nodes are alike (the engine keeps such nodes one by one).
TIGHT = {
    "CAPACITY": 0.6, "LATENCY": 0.75, "LINK": 0.7, "ACCESS": 0.65,
    "LINE": 0.5, "LABEL": 0.35, "TRANSIT": 0.55, "TIME": 0.5, "UNEVEN": 0.3,
}  # fmt: skip
RESOURCES = ("compute_tops", "memory_gb", "energy_wh")
SHARES = (0, 0.25, 1 / 3, 0.5, 0.6, 0.6, 0.7, 0.7, 1, 1, 2)  # of devices
BOND_LEVELS = ("node", "site", "rack", "rack", "campus", "country")
LEFT_TIGHT = 0.3  # of the tight rules where there are devices: nodes must be full for devices to matter


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    sites: int = 6,
    nodes: int = 6,
    tasks: int = 8,
    count: int = 3,
    devices: float = 0,
    bonds: float = 0,
    models: float = 0,
) -> Problem:
    """Up to so many sites, node rows and task rows, with counts of 0 to `count`; a part with more rules."""
    return make(
        draw(st.integers(0, 2**32)),
        sites=draw(st.integers(2, sites)),
        nodes=draw(st.integers(nodes - nodes // 6, nodes)),
        tasks=draw(st.integers(tasks - tasks // 6, tasks)),
        count=count,
        devices=devices,
        bonds=bonds,
        models=models,
    )


def tiny_problems(devices: float = 0, bonds: float = 0, models: float = 0) -> st.SearchStrategy[Problem]:
    """Small enough for the best plan to be found by trying all."""
    return problems(sites=4, nodes=4, tasks=5, count=2, devices=devices, bonds=bonds, models=models)


def examples(number: int) -> settings:
    """Bounded, and the same in every run."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=slow
    )


def sample(strategy: st.SearchStrategy[Problem], size: int) -> list[Problem]:
    """Draw that many problems, the same in every run."""
    found: list[Problem] = []

    @settings(
        max_examples=size,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(problem: Problem) -> None:
        found.append(problem)

    collect()
    return found


def make(
    seed: int,
    *,
    sites: int,
    nodes: int,
    tasks: int,
    count: int,
    devices: float = 0,
    bonds: float = 0,
    models: float = 0,
) -> Problem:
    """Make one problem; that share of them has `devices`, gangs and spread groups (`bonds`), or `models`.

    Each rule is either tight or slack: where everything is tight nothing is placed, and then only the first
    of the rules would matter.
    """
    rng = Random(f"{seed} all")
    tight = {rule for rule, share in TIGHT.items() if rng.random() < share}
    has_bonds = Random(f"{seed} bonds").random() < bonds
    if has_bonds:  # where most is out of reach, gangs do not matter
        tight = {rule for rule in sorted(tight) if Random(f"{seed} bonds {rule}").random() < LEFT_TIGHT}
    if has_devices := Random(f"{seed} devices").random() < devices:
        tight = {rule for rule in sorted(tight) if Random(f"{seed} devices {rule}").random() < LEFT_TIGHT}
    if has_models := Random(f"{seed} has models").random() < models:
        tight = {rule for rule in sorted(tight) if Random(f"{seed} models {rule}").random() < LEFT_TIGHT}
        tight |= {"CAPACITY"} | ({"ACCESS"} if Random(f"{seed} window").random() < 0.4 else set())
    directed = rng.random() < 0.5
    resources = RESOURCES[: rng.choice((1, 2, 3))]
    made = Problem(
        tuple(_site(Random(f"{seed} site {row}"), tight) for row in range(sites)),
        tuple(_links(Random(f"{seed} links"), sites, directed, tight)),
        tuple(_node(Random(f"{seed} node {row}"), sites, tight, resources, count) for row in range(nodes)),
        tuple(_task(Random(f"{seed} task {row}"), sites, tight, resources, count) for row in range(tasks)),
        directed,
        objective=Objective(rtt_price=rng.choice((1e-5, 0, 0.125)), risk_price=rng.choice((0, 0.5))),
    )
    if has_bonds:
        made = with_bonds(made, seed)
    made = with_models(made, seed) if has_models else made
    return with_devices(made, seed) if has_devices else made


def with_bonds(problem: Problem, seed: int) -> Problem:
    """The same problem with racks and campuses, and most of its tasks in gangs or spread groups or both."""

    def site(row: int, plain: Site) -> Site:
        rng = Random(f"{seed} domains of site {row}")
        own = dict(plain.domains)
        for level, share in (("campus", 0.85), ("rack", 0.9)):  # named so that they nest
            if rng.random() < share:
                above = "".join(own.get(name, "-") for name in ("country", "campus"))
                own[level] = f"{above}{level[0]}{rng.randrange(2)}"
        return replace(plain, domains=own)

    sites = tuple(site(row, plain) for row, plain in enumerate(problem.sites))
    rng = Random(f"{seed} groups")
    known = {"node", "site"}.union(*(site.domains for site in sites))

    def level() -> str:
        drawn = rng.choice(BOND_LEVELS)
        return drawn if drawn in known else "site"

    gangs = [(level(), rng.choice((0, 0, 1))) for _ in range(2)]
    spreads = [(level(), rng.choice((1, 1, 2))) for _ in range(2)]

    def task(row: int, plain: Task) -> Task:
        rng = Random(f"{seed} bonds of task {row}")
        bond: dict[str, int | str] = {}
        if rng.random() < 0.6:
            gang = rng.randrange(2)
            level, priority = gangs[gang]
            bond |= {"gang": gang, "gang_level": level, "priority": priority}
        if rng.random() < 0.35:
            spread = rng.randrange(2)
            level, most = spreads[spread]
            bond |= {"spread": spread, "spread_level": level, "spread_max": most}
        return replace(plain, **bond)

    return replace(
        problem,
        sites=sites,
        tasks=tuple(task(row, plain) for row, plain in enumerate(problem.tasks)),
    )


def with_models(problem: Problem, seed: int) -> Problem:
    """The same problem with models, some of which nodes hold and most of which tasks use."""
    rng = Random(f"{seed} models")
    names = ("a", "b", "c")[: rng.choice((1, 2, 2, 3))]
    amounts = [each for node in problem.nodes for each in node.capacity]

    def node(row: int, plain: Node) -> Node:
        own = Random(f"{seed} models of node {row}")
        return replace(plain, models=tuple(name for name in names if own.random() < 0.25))

    def task(row: int, plain: Task) -> Task:
        own = Random(f"{seed} model of task {row}")
        wait = own.choice((INF, INF, INF, 0, 100, 4000, 8000))
        return replace(plain, model=own.choice(("", *names, *names)), max_wait_s=wait)

    window = rng.choice((600, 8000, 20000, 10**6))
    return replace(
        problem,
        nodes=tuple(node(row, plain) for row, plain in enumerate(problem.nodes)),
        tasks=tuple(task(row, plain) for row, plain in enumerate(problem.tasks)),
        models=tuple(Model(name, rng.choice((0, 1 / 3, 0.5, 1, 1, 1, 2))) for name in names),
        model_resource="memory_gb" if "memory_gb" in amounts else "compute_tops",
        objective=replace(
            problem.objective, load_window_s=window, load_eur_per_gb=rng.choice((0, 1e-4, 0.1))
        ),
    )


def with_devices(problem: Problem, seed: int) -> Problem:
    """The same problem with devices in nodes, and tasks that ask for them, mostly with memory."""
    resources = ("memory_gb",)[: Random(f"{seed} device resources").choice((0, 1, 1))]

    def node(row: int, plain: Node) -> Node:
        rng = Random(f"{seed} devices of node {row}")
        price = {name: rng.choice(PRICES) for name in ("devices", *(f"device.{r}" for r in resources))}
        return replace(
            plain,
            devices=rng.choice((0, 1, 2, 2, 2, 3)),
            device_capacity={r: rng.choice((1, 1.5, 2, 2, INF)) for r in resources},
            price=plain.price | price,
        )

    def task(row: int, plain: Task) -> Task:
        rng = Random(f"{seed} devices of task {row}")
        demand = {r: rng.choice(AMOUNTS) for r in resources}
        return replace(plain, devices=rng.choice(SHARES), device_demand=demand)

    return replace(
        problem,
        nodes=tuple(node(row, plain) for row, plain in enumerate(problem.nodes)),
        tasks=tuple(task(row, plain) for row, plain in enumerate(problem.tasks)),
    )


def _site(rng: Random, tight: set[str]) -> Site:
    labels = ("home",) if rng.random() < 0.8 else ()
    domains = {"country": rng.choice(COUNTRIES)} if rng.random() < 0.8 else {}
    limits = (1.5, 2, 3, 4, 5) if "ACCESS" in tight else (INF, INF, 200)
    return Site(labels, domains, rng.choice(limits), rng.choice(limits))


def _links(rng: Random, sites: int, directed: bool, tight: set[str]) -> list[Link]:
    """A tree (now and then cut), some links across, parallel ones and a loop among them."""
    pairs = [(rng.randrange(v), v) for v in range(1, sites) if rng.random() < 0.93]
    if directed:
        pairs += [(v, u) for u, v in pairs if rng.random() < 0.93]
    pairs += [(rng.randrange(sites), rng.randrange(sites)) for _ in range(rng.randrange(sites + 2))]
    rng.shuffle(pairs)
    limits = (0, 0.5, 0.5, 1, 1, 1.5, 2) if "LINK" in tight else (INF, INF, 100)
    return [Link(u, v, rng.choice(LATENCIES), rng.choice(limits), rng.choice(PRICES)) for u, v in pairs]


def _node(rng: Random, sites: int, tight: set[str], resources: tuple[str, ...], count: int) -> Node:
    amounts = (0, 1, 2, 2, 3, 3, 4) if "CAPACITY" in tight else (50, 60, INF)
    line = (0.5, 1, 1, 2, 2.5) if "LINE" in tight else (INF, INF, 50)

    def uneven(value: float) -> float:
        """No two nodes are alike."""
        return value * rng.uniform(0.8, 1.3) if "UNEVEN" in tight else value

    return Node(
        site=max(rng.randrange(sites), rng.randrange(sites)),
        capacity={r: uneven(rng.choice(amounts)) for r in resources},
        price={r: rng.choice(PRICES) for r in resources},
        labels=tuple(name for name in LABELS if rng.random() < 0.5),
        access_rtt_ms=rng.choice((0, 0, 1, 2.5)),
        link_up_mbps=uneven(rng.choice(line)),
        link_down_mbps=uneven(rng.choice(line)),
        available_s=uneven(rng.choice((0, 60, 60, 3599.5, INF) if "TIME" in tight else (7200, INF))),
        count=rng.choice((*range(count + 1), 1, 1, 2)),
    )


def _task(rng: Random, sites: int, tight: set[str], resources: tuple[str, ...], count: int) -> Task:
    rates = (0, 0.5, 1, 1, 1 / 3, 2) if tight & {"LINK", "ACCESS", "LINE"} else (0, 0, 1)
    names = (*LABELS, *(f"country={value}" for value in COUNTRIES))
    wish = {}
    if "LABEL" in tight:
        for column, most in (("require", 1), ("any_of", 2), ("forbid", 1)):
            wish[column] = tuple(rng.sample(names, rng.randint(0, most)))
    if "TRANSIT" in tight:
        wish |= rng.choice(
            (
                {},
                {"transit_require": ("home",)},
                {"transit_forbid": ("country=FR",)},
                {"transit_require": ("country=DE",)},
            )
        )
    return Task(
        origin=min(rng.randrange(sites), rng.randrange(sites)),
        demand={r: rng.choice(AMOUNTS) for r in resources},
        weight=rng.choice((1, 1, 2, 0.1, 1 / 3)),
        priority=rng.choice((0, 0, 0, 1, -3)),
        uplink_mbps=rng.choice(rates),
        downlink_mbps=rng.choice(rates),
        max_rtt_ms=rng.choice((1, 2, 4, 6) if "LATENCY" in tight else (90, INF)),
        duration_s=rng.choice((0, 60, 61, 61, 1800, 7200) if "TIME" in tight else (0, 60)),
        count=rng.choice((*range(count + 1), 1, 1, 2)),
        **wish,
    )
