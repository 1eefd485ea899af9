#include "gigafleet/scarce_accesses.hpp"

#include <vector>

#include "check.hpp"
#include "gigafleet/place.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;

namespace {

NoControl quiet;

/// Two cells on one link, a car in each.
Case two_cells() {
    Case c = Case::line(2);
    c.access_up_mbps = {2, 100};
    c.nodes = {{.site = 0, .compute = 9}, {.site = 1, .compute = 9, .price_compute = 1}};
    return c;
}

ScarceAccesses scarce_of(const Case& c, unsigned disabled_rules = 0) {
    const auto problem = c.problem(disabled_rules);
    return find_scarce_accesses(*problem, std::vector<std::uint8_t>(problem->shapes().size(), 1), 3);
}

std::int64_t placed(const Case& c, Effort effort) {
    const auto network = c.network();
    PlaceOptions options{c.objective};
    options.effort = effort;
    return place(network, c.fleet(*network), c.workload(*network), options, quiet).placed_tasks;
}

}  // namespace

TEST(an_access_that_its_own_tasks_could_fill_is_spared) {
    Case c = two_cells();
    c.tasks = {{.origin = 0, .uplink_mbps = 0.5, .downlink_mbps = 0.75, .count = 2}};  // 2.5 at home
    const ScarceAccesses scarce = scarce_of(c);
    CHECK(scarce.spared == (std::vector<std::uint8_t>{1, 0}));
    CHECK(scarce.waits.empty());
    CHECK(scarce.prices.carrier == (std::vector<double>{0, 0, 3, 0, 0, 0}));  // arcs, up, down
    c.tasks[0].downlink_mbps = 0.5;
    CHECK(scarce_of(c).spared.empty() && scarce_of(c).prices.carrier.empty());
}

TEST(who_takes_most_for_its_weight_waits) {
    Case c = two_cells();
    c.tasks = {{.origin = 0, .weight = 1, .uplink_mbps = 1},
               {.origin = 0, .weight = 9, .uplink_mbps = 1.5},
               {.origin = 0, .weight = 1, .uplink_mbps = 0.25, .count = 2},
               {.origin = 0, .weight = 1},
               {.origin = 1, .weight = 1, .uplink_mbps = 9}};
    const auto problem = c.problem();
    const ScarceAccesses scarce = scarce_of(c);
    for (std::size_t k = 0; k < problem->workload().classes().size(); ++k) {
        const Workload::Class& of = problem->workload().classes()[k];
        CHECK_EQ(scarce.waits[k] != 0, problem->shape(of.shape).uplink == 1'000'000);
    }
    c.tasks[0].priority = 1;  // comes before all others; of these, the first fills what is left
    const auto first = c.problem();
    const ScarceAccesses later = scarce_of(c);
    for (std::size_t k = 0; k < first->workload().classes().size(); ++k)
        CHECK_EQ(later.waits[k] != 0,
                 first->shape(first->workload().classes()[k].shape).uplink % 1'000'000 > 0);
}

TEST(what_has_no_limit_or_no_rule_is_not_scarce) {
    Case c = two_cells();
    c.tasks = {{.origin = 0, .uplink_mbps = 5}};
    CHECK(!scarce_of(c).waits.empty());
    CHECK(scarce_of(c, kRuleAccess).spared.empty() && scarce_of(c, kRuleAccess).waits.empty());
    c.access_up_mbps = {};
    CHECK(scarce_of(c).spared.empty() && scarce_of(c).waits.empty());
}

TEST(tasks_that_no_node_can_take_crowd_nobody_out) {
    Case c = two_cells();
    c.tasks = {{.origin = 0, .uplink_mbps = 5}};
    const auto problem = c.problem();
    const std::vector<std::uint8_t> may_run(problem->shapes().size());
    CHECK(find_scarce_accesses(*problem, may_run, 3).spared.empty());
}

TEST(more_is_placed) {
    // At home a task takes 2 of the 2 Mbps up: its own, and what the car sends.
    Case spared = two_cells();
    spared.tasks = {{.origin = 0, .uplink_mbps = 1, .downlink_mbps = 1, .count = 2}};
    // The large one comes first by size, and would fill the access alone.
    Case waits = two_cells();
    waits.tasks = {{.origin = 0, .compute = 3, .uplink_mbps = 2},
                   {.origin = 0, .uplink_mbps = 1, .count = 2}};
    for (const Effort effort : {Effort::kFast, Effort::kBalanced, Effort::kBest}) {
        CHECK_EQ(placed(spared, effort), 2);
        CHECK_EQ(placed(waits, effort), 2);
    }
}
