#include "gigafleet/reach_search.hpp"

#include <cmath>

#include "check.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

std::vector<double> pays(const Case& c, const Prices& prices) {
    const auto problem = c.problem();
    const auto relaxed = relaxed_shapes(*problem);
    const PriceQuestion question{*problem, relaxed, prices, true};
    const WayPrices ways(question);
    const PoolView view(*problem, *problem->policies().at(0));
    std::vector<double> by_class(problem->workload().classes().size());
    ReachSearch search(question, ways, view);
    search.find(ShapeId(0), ShapeClasses(*problem), by_class);
    return by_class;
}
bool is(double found, double wanted) { return found <= wanted && found > wanted - 1e-9; }

}  // namespace

// More, against all pools, in test_least_prices.cpp.
TEST(no_limit_and_any_way) {
    Case c = Case::line(3);
    c.links.add(0, 2, 9);  // slower, but it may be cheaper
    c.objective.rtt_price = 1;
    c.links.price = {5, 5, 0};
    c.nodes = {{.site = 2, .access_rtt_ms = 0.25}};
    c.tasks = {{.origin = 0, .uplink_mbps = 1, .max_rtt_ms = 1},
               {.origin = 2, .uplink_mbps = 1, .max_rtt_ms = 1}};
    CHECK(is(pays(c, {})[0], 4 + 10 + 0.25));
    CHECK(is(pays(c, {})[1], 0.25));
    c.links.price = {9, 9, 0};
    CHECK(is(pays(c, {})[0], 18 + 0.25));  // by the slow link
    c.links.price = {9, 9, -1};
    CHECK(is(pays(c, {})[0], 18 - 2 + 0.25));  // out at -1, and back were there anything to carry
}

TEST(in_a_digraph_the_way_out_counts) {
    Case c = Case::line(2, true);
    c.objective.rtt_price = 1;
    c.nodes = {{.site = 1}};
    c.tasks = {{.origin = 0}};
    CHECK(is(pays(c, {})[0], 1));
    c.nodes = {{.site = 1}};
    c.tasks = {{.origin = 0, .compute = 99}};
    CHECK_EQ(pays(c, {})[0], NodePrices::kNever);
}
