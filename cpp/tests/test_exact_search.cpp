#include "gigafleet/exact_search.hpp"

#include <cmath>

#include "check.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

/// What the one class of a case pays.
double pays(const Case& c, const Prices& prices) {
    const auto problem = c.problem();
    const auto relaxed = relaxed_shapes(*problem);
    const PriceQuestion question{*problem, relaxed, prices, true};
    const WayPrices ways(question);
    const Routes& routes = *problem->policies().at(0);
    const PoolView view(*problem, routes);
    const std::vector<std::uint8_t> wanted(problem->network().site_count(), 1);
    const ReachLists lists(*problem, view, wanted);
    const std::vector<std::uint32_t> origins{routes.core_index(problem->workload().classes().at(0).origin)};
    const CoreSums sums(*problem, routes, ways, origins, view.cores(), 1);
    std::vector<double> by_class(1);
    ExactSearch search(question, ways, lists, origins, sums);
    search.find(ShapeId(0), ShapeClasses(*problem), by_class);
    return by_class[0];
}
bool is(double found, double wanted) { return found <= wanted && found > wanted - 1e-9; }

}  // namespace

// More, against all pools, in test_least_prices.cpp.
TEST(the_cheapest_within_the_limit) {
    for (const bool ring : {false, true}) {
        Case c = Case::line(4);
        if (ring) c.links.add(0, 3, 9);  // all sites are core sites then
        c.objective.rtt_price = 1;
        c.nodes = {{.site = 0, .price_compute = 9, .access_rtt_ms = 0.5},
                   {.site = 1, .price_compute = 5},
                   {.site = 3, .price_compute = 0.25}};
        c.tasks = {{.origin = 0}};
        CHECK(is(pays(c, {}), 0.25 + 6));
        c.tasks[0].max_rtt_ms = 5.999;
        CHECK(is(pays(c, {}), 5 + 2));
        c.tasks[0].max_rtt_ms = 1.999;
        CHECK(is(pays(c, {}), 9 + 0.5));
        c.tasks[0].max_rtt_ms = 0.499;
        CHECK_EQ(pays(c, {}), NodePrices::kNever);
    }
}

TEST(prices_of_links_and_accesses_are_paid_on_the_way) {
    for (const bool ring : {false, true}) {
        Case c = Case::line(3);
        if (ring) c.links.add(0, 2, 9);
        c.objective.rtt_price = 0;
        c.nodes = {{.site = 0, .price_compute = 9}, {.site = 2}};
        c.tasks = {{.origin = 0, .uplink_mbps = 1, .downlink_mbps = 2}};
        Prices prices = Prices::zero(*c.problem());
        const std::size_t arcs = c.problem()->network().arc_count();
        for (std::size_t i = 0; i < 4; ++i) prices.carrier[i] = static_cast<double>(i) * 1e-7;
        prices.carrier[arcs + 0] = 1e-7;      // the origin's access up
        prices.carrier[arcs + 3 + 2] = 5e-7;  // the node's down
        // Out by arcs 0 and 2, back by 3 and 1.
        CHECK(is(pays(c, prices), 0.1 * (0 + 2) + 0.2 * (3 + 1) + 0.1 + 0.5));
        prices.carrier[arcs + 3 + 2] = 95e-7;
        CHECK(is(pays(c, prices), 9 + 0.1 * 3));  // at its own site: the access up carries both
    }
}
