#include "gigafleet/access_prices.hpp"

#include <cmath>

#include "check.hpp"
#include "gigafleet/bound.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using price_cases::solve;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

NoControl quiet;

std::size_t access_up(const Problem& problem, std::size_t site) {
    return problem.network().arc_count() + site;
}

/// Tasks at sites whose access up is limited, nodes at others.
Case with_full_accesses(std::mt19937& random) {
    Case c = random_case(random, 10, 20);
    const std::size_t sites = static_cast<std::size_t>(c.network()->site_count());
    c.capacity_mbps.clear();
    c.access_down_mbps.clear();
    c.access_up_mbps.assign(sites, problem_cases::kInf);
    std::vector<std::uint8_t> has_node(sites);
    for (const auto& node : c.nodes) has_node[static_cast<std::size_t>(node.site)] = 1;
    for (std::size_t s = 0; s < sites; ++s)
        if (!has_node[s]) c.access_up_mbps[s] = static_cast<double>(random() % 8) / 4;
    return c;
}

}  // namespace

TEST(a_full_access_is_worth_what_leaves_for_it) {
    Case c = Case::line(2);
    c.access_up_mbps = {2.5, problem_cases::kInf};
    c.nodes = {{.site = 1, .compute = 99, .price_compute = 1}};
    c.tasks = {{.origin = 0, .weight = 3, .uplink_mbps = 1, .count = 2},
               {.origin = 0, .weight = 1, .uplink_mbps = 1, .count = 5}};
    const Plan plan = solve(c);
    CHECK(plan.placed_weight == 6'000'000);
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    const Bound::Proof none = bound.prove(0, {}, quiet);
    CHECK(none.weight == 11'000'000);
    const Prices prices = bound.price_accesses(0, none);
    // A unit of weight a Mbps; half a Mbps is left to tasks that cannot take a half.
    CHECK(std::abs(prices.carrier[access_up(*plan.problem, 0)] * 1e6 - 1) < 1e-9);
    CHECK(bound.prove(0, prices, quiet).weight == 6'500'000);
    CHECK(bound.placed(0, prices, quiet) == 6'000'000);
    const Certificate found = certify(*plan.problem, plan.solution, plan.level_weight, {}, {}, 1, quiet);
    CHECK(found.placed[0] == 6'000'000);
}

TEST(an_access_with_room_is_worth_nothing) {
    Case c = Case::line(2);
    c.access_up_mbps = {9, 9};
    c.nodes = {{.site = 1, .compute = 2}};
    c.tasks = {{.origin = 0, .uplink_mbps = 1, .count = 5}};
    const Plan plan = solve(c);
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    for (const double price : bound.price_accesses(0, bound.prove(0, {}, quiet)).carrier) CHECK_EQ(price, 0);
}

TEST(no_other_price_of_an_access_proves_more) {
    std::mt19937 random(41);
    int priced = 0;
    for (int i = 0; i < 400 / check::kShare; ++i) {
        const Case c = with_full_accesses(random);
        const Plan plan = solve(c);
        if (plan.level_weight.size() != 1) continue;
        const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
        Prices start = price_cases::random_prices(random, *plan.problem, 0.01);
        start.carrier.clear();  // prices of sites without tasks stay as they are
        for (const std::optional<std::size_t> level :
             {std::optional<std::size_t>{}, std::optional<std::size_t>{0}}) {
            const Prices prices = bound.price_accesses(level, bound.prove(level, start, quiet));
            const Bound::Proof proof = bound.prove(level, prices, quiet);
            // What the tasks that may be left out are worth moves with what they pay: settled it must be.
            if (!level && bound.price_accesses(level, proof).carrier != prices.carrier) continue;
            for (std::size_t s = 0; s < plan.problem->network().site_count(); ++s)
                for (const double factor : {0.0, 0.9, 1.1, 2.0}) {
                    Prices other = prices;
                    double& price = other.carrier[access_up(*plan.problem, s)];
                    price = price > 0 ? price * factor : factor * 1e-6;
                    const Bound::Proof than = bound.prove(level, other, quiet);
                    if (level)
                        CHECK(*than.weight + 2 >= *proof.weight);
                    else
                        CHECK(than.cost <= proof.cost + 1e-9 * (1 + std::abs(proof.cost)));
                    priced += price > 0;
                }
        }
    }
    CHECK(priced > 100);
}
