#include "gigafleet/pair_prices.hpp"

#include <algorithm>
#include <cmath>

#include "check.hpp"
#include "gigafleet/bound.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using price_cases::random_prices;
using price_cases::solve;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

NoControl quiet;

/// Another price for one of the capacities.
Prices nudged(std::mt19937& random, const Problem& problem, Prices prices) {
    std::vector<double>& part = random() % 2 ? prices.pool : prices.carrier;
    if (part.empty()) return prices;
    const double most = *std::ranges::max_element(part);
    double& price = part[random() % part.size()];
    price = random() % 2 ? price * 0.5 : price * 1.5 + most * 0.3;
    return usable_prices(problem, prices, 1, "prices");
}

}  // namespace

TEST(a_full_link_and_a_full_node_have_the_prices_of_what_they_keep_out) {
    // Two sites. Tasks of weight 3 and 1 come from the first; each takes 1 Mbps to get to the second, where
    // there is room for all; the first has room for one task.
    Case c = Case::line(2);
    c.capacity_mbps = {4};
    c.nodes = {{.site = 0, .compute = 1}, {.site = 1, .compute = 99}};
    c.tasks = {{.compute = 1, .weight = 3, .uplink_mbps = 1, .count = 3},
               {.compute = 1, .weight = 1, .uplink_mbps = 1, .count = 5}};
    const Plan plan = solve(c);
    const Prices prices = find_pair_prices(*plan.problem, Aim::kWeight, 1, plan.level_weight, quiet).value();
    CHECK(std::abs(prices.carrier[0] * 1e6 - 1) < 1e-2);
    CHECK_EQ(prices.carrier[1], 0);
    const auto& pools = plan.problem->fleet().pools();
    const std::size_t dimensions = plan.problem->fleet().schema().dimensions();
    for (std::size_t p = 0; p < pools.size(); ++p)
        CHECK(std::abs(prices.pool[p * dimensions] * 1e3 - (pools[p].site == SiteId(0) ? 1 : 0)) < 1e-2);
}

TEST(accesses_at_both_ends_have_prices) {
    // Each takes 2 Mbps of the air where it comes from, for its request, and of that of the node, to reply.
    for (const bool at_origin : {true, false}) {
        Case c = Case::line(2);
        c.access_up_mbps = {at_origin ? 6 : problem_cases::kInf, at_origin ? problem_cases::kInf : 6};
        c.nodes = {{.site = 1, .compute = 99}};
        c.tasks = {{.uplink_mbps = 2, .downlink_mbps = 2, .count = 5}};
        const Plan plan = solve(c);
        const Prices prices =
            find_pair_prices(*plan.problem, Aim::kWeight, 1, plan.level_weight, quiet).value();
        const std::size_t up = plan.problem->network().arc_count();
        CHECK(std::abs(prices.carrier[up + (at_origin ? 0 : 1)] * 1e6 - 0.5) < 1e-3);
        CHECK_EQ(prices.carrier[up + (at_origin ? 1 : 0)], 0);
    }
}

TEST(an_arc_on_both_ways_carries_both) {
    // Out 0 -> 1 -> 2 -> 3, back 3 -> 1 -> 2 -> 0.
    Case c;
    c.links.sites = 4;
    c.links.directed = true;
    for (const auto& [from, to] : {std::pair{0, 1}, {1, 2}, {2, 3}, {3, 1}, {2, 0}}) c.links.add(from, to, 1);
    c.capacity_mbps = {9, 4, 9, 9, 9};
    c.nodes = {{.site = 3, .compute = 99}};
    c.tasks = {{.uplink_mbps = 1, .downlink_mbps = 1, .count = 9}};
    const Plan plan = solve(c);
    const Prices prices = find_pair_prices(*plan.problem, Aim::kWeight, 1, plan.level_weight, quiet).value();
    CHECK_EQ(plan.placed_tasks, 2);
    CHECK(std::abs(prices.carrier[1] * 1e6 - 0.5) < 1e-3);
}

TEST(levels_above_keep_what_they_have) {
    // Of the room for four, those of the higher level, which are worth less, have two.
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}};
    c.tasks = {{.compute = 1, .weight = 1, .priority = 1, .count = 2},
               {.compute = 1, .weight = 5, .count = 3},
               {.compute = 1, .weight = 3, .count = 3}};
    const Plan plan = solve(c);
    const Prices prices = find_pair_prices(*plan.problem, Aim::kWeight, 2, plan.level_weight, quiet).value();
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    CHECK(std::abs(prices.pool[0] * 1e3 - 5) < 1e-2);
    CHECK(bound.placed_at(1, prices, quiet).value() <= 10'010'000);
}

TEST(no_other_prices_prove_more) {
    std::mt19937 random(41);
    int asked = 0, found = 0, better = 0;
    for (int i = 0; i < 200; ++i) {
        Case c = random_case(random, 8, 16, 1 + i % 2);
        // Where a link pays to be used, Bound takes ways to cost less than they do.
        for (double& price : c.links.price) price = std::abs(price);
        for (auto& task : c.tasks) task.count *= 3;
        const Plan plan = solve(c);
        const std::size_t levels = plan.level_weight.size();
        if (levels == 0) continue;
        const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
        const auto of_cost = find_pair_prices(*plan.problem, Aim::kCost, levels, plan.level_weight, quiet);
        const double cost = of_cost ? bound.cost_at(*of_cost, quiet) : 0;
        const double terms = cost_terms(*plan.problem, plan.solution);
        std::vector<std::optional<Prices>> of_weight;
        for (std::size_t p = 0; p < levels; ++p)
            of_weight.push_back(
                find_pair_prices(*plan.problem, Aim::kWeight, p + 1, plan.level_weight, quiet));
        ++asked;
        found += of_cost && of_weight[0];
        better += of_cost && cost > bound.cost_at({}, quiet) + 1e-3 * terms;
        for (int k = 0; k < 60; ++k) {
            const Prices drawn = random_prices(random, *plan.problem, std::ldexp(1, -k % 20));
            const auto other = [&](const Prices& best) {
                return k == 0 ? Prices{} : k < 20 ? drawn : nudged(random, *plan.problem, best);
            };
            if (of_cost) CHECK(bound.cost_at(other(*of_cost), quiet) <= cost + 2e-3 * terms + 1e-9);
            for (std::size_t p = 0; p < levels; ++p) {
                if (!of_weight[p]) continue;
                const auto most = static_cast<double>(bound.placed_at(p, *of_weight[p], quiet).value());
                const auto with =
                    static_cast<double>(bound.placed_at(p, other(*of_weight[p]), quiet).value());
                CHECK(with >= most * (1 - 2e-3) - 2);
            }
        }
    }
    CHECK(asked > 150 && found >= asked - 3);
    CHECK(better > 20);
}

TEST(too_many_pairs_are_left_to_others) {
    Case c = Case::line(600);
    for (std::int32_t s = 0; s < 600; ++s) {
        c.nodes.push_back({.site = s, .compute = 1});
        c.tasks.push_back({.origin = s, .compute = 1, .count = 2});
    }
    const Plan plan = solve(c);
    CHECK(!find_pair_prices(*plan.problem, Aim::kWeight, 1, plan.level_weight, quiet));
}
