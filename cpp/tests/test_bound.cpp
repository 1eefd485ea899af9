#include "gigafleet/bound.hpp"

#include <cmath>

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/relaxed.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using price_cases::random_prices;
using price_cases::solve;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

NoControl quiet;

}  // namespace

TEST(one_pool_by_hand) {
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.compute = 4, .price_compute = 0.5, .count = 2}};
    c.tasks = {{.compute = 2, .weight = 3, .count = 3}, {.compute = 1, .weight = 1, .count = 4}};
    const Plan plan = solve(c);
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    // As one node of 8: three of 2 and two of 1.
    CHECK(plan.placed_weight == 11'000'000);
    CHECK(bound.placed(0, {}, quiet) == 11'000'000);
    CHECK(std::abs(bound.cost({}, quiet) - 8 * 0.5) < 1e-12);
    // At 1 per unit of compute, 1e-3 a multiple: 3 - 2 from each of three, 1 - 1 from each of four, 8 of
    // room.
    Prices prices = Prices::zero(*plan.problem);
    prices.pool[0] = 1e-3;
    CHECK(bound.placed(0, prices, quiet) == 11'000'000);
    CHECK(std::abs(bound.cost(prices, quiet) - 8 * 0.5) < 1e-12);
}

TEST(prices_prove_what_no_price_can) {
    // Two pools: the cheap one has room for one task of four.
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 1, .price_compute = 1}, {.site = 1, .compute = 9, .price_compute = 3}};
    c.tasks = {{.compute = 1, .count = 4}};
    const Plan plan = solve(c);
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    CHECK(std::abs(bound.cost({}, quiet) - 4) < 1e-12);
    Prices prices = Prices::zero(*plan.problem);
    prices.pool[0] = 2e-3;  // what the room of the cheap one saves
    CHECK(std::abs(bound.cost(prices, quiet) - (1 + 3 * 3)) < 1e-12);
    CHECK(std::abs(plan.solution.cost - 10) < 1e-12);
    prices.pool[0] = 1e3;  // silly prices do no harm
    CHECK(std::abs(bound.cost(prices, quiet) - 4) < 1e-12);
    prices.pool[0] = 1e290;
    CHECK(std::abs(bound.cost(prices, quiet) - 4) < 1e-12);
    prices.pool[0] = -1;
    CHECK_THROWS(InputError, "prices.pool[row 0]", bound.cost(prices, quiet));
    CHECK_THROWS(InputError, "prices.pool[row 0]", bound.placed(0, prices, quiet));
}

TEST(a_full_link_has_its_price) {
    Case c = Case::line(2);
    c.capacity_mbps = {2.5};
    c.nodes = {{.site = 1, .compute = 99}};
    c.tasks = {{.origin = 0, .uplink_mbps = 1, .count = 7}};
    const Plan plan = solve(c);
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    CHECK(bound.placed(0, {}, quiet) == 7'000'000);
    Prices prices = Prices::zero(*plan.problem);
    prices.carrier[0] = 1e-6;
    CHECK(bound.placed(0, prices, quiet) == 2'000'000);  // 2.5, and weights are whole
    CHECK(plan.placed_weight == 2'000'000);
}

TEST(levels_above_take_their_room_first) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 5}};
    c.tasks = {{.compute = 1, .priority = 0, .count = 9}, {.compute = 2, .priority = 7, .count = 2}};
    const Plan plan = solve(c);
    CHECK(plan.level_weight == (std::vector<WideQuantity>{2'000'000, 1'000'000}));
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    CHECK(bound.placed(0, {}, quiet) == 2'000'000);
    CHECK(bound.placed(1, {}, quiet) == 1'000'000);
    Prices prices = Prices::zero(*plan.problem);
    prices.pool[0] = 1e-3;
    CHECK(bound.placed(1, prices, quiet) == 1'000'000);
}

TEST(bounds_speak_of_quantities_before_rounding) {
    Case c = Case::one_site();
    c.compute_resolution = 1e-6;
    c.nodes = {{.compute = 1}};
    c.tasks = {{.compute = 1.0 / 3, .count = 9}};
    const Plan plan = solve(c);
    CHECK(plan.placed_weight == 2'000'000);
    const Bound bound(*plan.problem, plan.level_weight, 1, quiet);
    CHECK(bound.placed(0, {}, quiet) == 3'000'000);
}

TEST(no_plan_beats_its_bounds_whatever_the_prices_and_the_look) {
    std::mt19937 random(31);
    for (int i = 0; i < 1500 / check::kShare; ++i) {
        const Case c = random_case(random, 10, 20, 1 + i % 2);
        const Plan plan = solve(c);
        const Prices prices = random_prices(random, *plan.problem, std::ldexp(1, i % 8 - 6));
        for (const Look look : {Look::kExactly, Look::kByReach, Look::kByKind, Look::kFloor}) {
            const Bound bound(*plan.problem, plan.level_weight, 1, quiet, look);
            const Certificate found = certify(*plan.problem, plan.solution, plan.level_weight, prices,
                                              std::vector<MaybePrices>{prices, prices}, 1, quiet, look);
            CHECK(found.cost <= plan.solution.cost + 1e-12 * found.terms);
            CHECK(bound.cost({}, quiet) <= found.cost);
            for (std::size_t p = 0; p < plan.level_weight.size(); ++p) {
                CHECK(found.placed[p] >= plan.level_weight[p]);
                CHECK(found.placed[p] <= bound.placed(p, {}, quiet));
            }
        }
    }
}

TEST(a_price_is_what_more_of_a_capacity_moves_the_bound_by) {
    std::mt19937 random(32);
    int moved = 0;
    for (int i = 0; i < 300; ++i) {
        Case c = random_case(random, 10, 20, 1 + i % 2);
        const Plan plan = solve(c);
        const Prices prices = random_prices(random, *plan.problem, std::ldexp(1, i % 8 - 6));
        const Bound before(*plan.problem, plan.level_weight, 1, quiet);
        double worth = 0;  // of 1 Mbps more on each link and each access up
        for (std::size_t a = 0; a < plan.problem->network().arc_count(); ++a)
            if (relaxed_carrier(*plan.problem, a)) worth += prices.carrier[a] * 1e6;
        for (std::size_t s = 0; s < plan.problem->network().site_count(); ++s)
            if (const std::size_t a = plan.problem->network().arc_count() + s;
                relaxed_carrier(*plan.problem, a))
                worth += prices.carrier[a] * 1e6;
        for (double& mbps : c.capacity_mbps) mbps += 1;
        for (double& mbps : c.access_up_mbps) mbps += 1;
        const auto more = c.problem();
        const Bound after(*more, plan.level_weight, 1, quiet);
        const double size = 1e-9 * (1 + worth + std::abs(before.cost_at(prices, quiet)));
        CHECK(std::abs(before.cost_at(prices, quiet) - worth - after.cost_at(prices, quiet)) < size);
        for (std::size_t p = 0; p < plan.level_weight.size(); ++p) {
            const auto weight = [&](const Bound& bound) {
                return static_cast<double>(bound.placed_at(p, prices, quiet).value()) * 1e-6;
            };
            CHECK(std::abs(weight(before) + worth - weight(after)) < 3e-6 + size);
        }
        moved += worth > 1e-3;
    }
    CHECK(moved > 100);
}

TEST(prices_that_prove_less_than_none_are_dropped) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 2, .price_compute = 1}};
    c.tasks = {{.compute = 1, .count = 4}};
    const Plan plan = solve(c);
    Prices good = Prices::zero(*plan.problem), silly = good;
    good.pool[0] = 1e-3;
    silly.pool[0] = 1e3;
    const auto certified = [&](const Prices& prices) {
        return certify(*plan.problem, plan.solution, plan.level_weight, prices, {prices}, 1, quiet);
    };
    CHECK(certified(good).of_weight[0].prices.pool == good.pool);
    CHECK_EQ(certified(good).of_weight[0].bound, 2);
    CHECK(certified(silly).of_weight[0].prices.empty() && certified(silly).of_cost.prices.empty());
    CHECK_EQ(certified(silly).of_weight[0].bound, 4);
    CHECK(certified(good).of_weight[0].found && !certified(silly).of_weight[0].found);
    const Certificate none =
        certify(*plan.problem, plan.solution, plan.level_weight, {}, {std::nullopt}, 1, quiet);
    CHECK(!none.of_cost.found && !none.of_weight[0].found);
}

TEST(nothing_at_all) {
    const Plan plan = solve(Case::one_site());
    const Certificate found = certify(*plan.problem, plan.solution, plan.level_weight, {}, {}, 1, quiet);
    CHECK(found.placed.empty());
    CHECK_EQ(found.cost, 0);
    CHECK_EQ(found.terms, 0);
}
