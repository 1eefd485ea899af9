#include "gigafleet/ways.hpp"

#include <utility>

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(ways_are_the_paths_of_the_policy) {
    std::mt19937 random(17);
    int full = 0;
    for (int i = 0; i < 200; ++i) {
        const Case c = random_case(random, 10, 14);
        const auto problem = c.problem();
        const auto& classes = problem->workload().classes();
        const auto& pools = problem->fleet().pools();
        Loads loads(*problem), own_loads(*problem);
        Ways ways(*problem, loads);
        for (int step = 0; step < 20 && !classes.empty() && !pools.empty(); ++step) {
            const ClassId id(random() % classes.size());
            const PoolId pool(random() % pools.size());
            const Problem::Shape& shape = problem->shape(classes[id.at()].shape);
            const Routes& routes = *problem->policies()[shape.policy];
            const SiteId origin = classes[id.at()].origin, site = pools[pool.at()].site;
            if (!routes.allowed(origin) || !routes.allowed(site) ||
                routes.rtt_ns(origin, site) == kUnreachable)
                continue;
            Path alone(*problem, routes, own_loads);
            alone.build(shape, origin, site);
            const std::int64_t room = alone.room(3);
            CHECK_EQ(ways.of(shape, origin, site).room(3), room);
            full += room < 3;
            alone.reserve(own_loads, room);
            ways.of(id, pool).reserve(loads, room);
            const Network& network = problem->network();
            for (std::uint32_t a = 0; a < network.arc_count() + 2 * network.site_count(); ++a)
                CHECK_EQ(loads.load(a), own_loads.load(a));
        }
    }
    CHECK(full > 100);
}

TEST(each_policy_has_routes_of_its_own_or_those_that_are_given) {
    Case c = Case::line(3);
    c.links.add(0, 2, 9);  // about the sea at site 1
    c.capacity_mbps = {2, 2, 5};
    c.site_labels = {0, 2, 0};
    c.nodes = {{.site = 2}};
    c.tasks = {{.uplink_mbps = 1}, {.uplink_mbps = 1, .transit_forbid = 2}};
    const auto problem = c.problem();
    const Loads loads(*problem);
    std::vector<const Routes*> turned;
    for (const auto& own : problem->policies()) turned.insert(turned.begin(), own.get());
    CHECK_EQ(turned.size(), 2u);
    Ways ways(*problem, loads), others(*problem, turned, loads);
    const Workload& workload = problem->workload();
    for (const auto& [row, room] : {std::pair(0, 2), std::pair(1, 5)}) {
        CHECK_EQ(ways.of(workload.class_of_row(row), PoolId(std::size_t{0})).room(9), room);
        CHECK_EQ(others.of(workload.class_of_row(row), PoolId(std::size_t{0})).room(9), 7 - room);
    }
}
