#include "gigafleet/shadow_prices.hpp"

#include <cmath>

#include "gigafleet/bound.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

TEST(a_scarce_pool_is_worth_what_it_saves) {
    // Six tasks, room for four on the cheap nodes: a unit of compute there saves 3 EUR/h.
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.compute = 1, .price_compute = 1, .count = 4},
               {.compute = 1, .price_compute = 4, .count = 40}};
    c.tasks = {{.compute = 1, .count = 6}};
    const Stand stand(std::move(c));
    const Prices prices = find_shadow_prices(stand.ground, Aim::kCost, 1, {}, 1, quiet).value();
    const std::size_t dimensions = stand.problem->fleet().schema().dimensions();
    for (std::size_t p = 0; p < 2; ++p) {
        const auto& pool = stand.problem->fleet().pools()[p];
        const double worth = stand.problem->fleet().kinds()[pool.kind.at()].price[0] == 1 ? 3 : 0;
        CHECK(std::abs(prices.pool[p * dimensions] * 1000 - worth) < 0.15);  // compute in thousandths
    }
}

TEST(where_not_all_fit_room_is_worth_weight) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}};
    c.tasks = {{.compute = 1, .weight = 2, .count = 3}, {.compute = 1, .weight = 1, .count = 3}};
    const Stand stand(std::move(c));
    const Prices prices = find_shadow_prices(stand.ground, Aim::kWeight, 1, {}, 1, quiet).value();
    CHECK(std::abs(prices.pool[0] * 1000 - 1) < 0.1);
    const std::vector<WideQuantity> placed{7'000'000};
    const Bound bound(*stand.problem, placed, 1, quiet);
    CHECK(bound.placed(0, prices, quiet) < 7'500'000);
}

TEST(a_full_link_has_a_price_though_nodes_have_no_limit) {
    Case c = Case::line(2);
    c.capacity_mbps = {2};
    c.nodes = {{.site = 1, .compute = problem_cases::kInf}};
    c.tasks = {{.weight = 3, .uplink_mbps = 1, .count = 3}, {.uplink_mbps = 1, .count = 3}};
    const Stand stand(std::move(c));
    const Prices prices = find_shadow_prices(stand.ground, Aim::kWeight, 1, {}, 1, quiet).value();
    CHECK(prices.carrier[0] * 1e6 > 0.9 && prices.carrier[0] * 1e6 < 3.1);
    CHECK_EQ(prices.carrier[1], 0);
}

TEST(where_there_is_nothing_to_place_nothing_has_a_price) {
    Case no_nodes = Case::one_site(), no_tasks = no_nodes;
    no_nodes.tasks = {{.compute = 1, .count = 3}};
    no_tasks.nodes = {{.compute = 1, .count = 3}};
    for (Case* c : {&no_nodes, &no_tasks}) {
        const Stand stand(std::move(*c));
        for (const Aim aim : {Aim::kCost, Aim::kWeight}) {
            const auto prices = find_shadow_prices(stand.ground, aim, 1, {}, 1, quiet);
            CHECK(prices.has_value());
            for (const double price : prices->pool) CHECK_EQ(price, 0);
        }
    }
}

TEST(bounds_at_these_prices_hold_and_are_no_looser) {
    std::mt19937 random(9);
    int tighter = 0;
    for (int i = 0; i < 200; ++i) {
        Case a_case = random_case(random, 8, 20);
        for (auto& t : a_case.tasks) t.priority = 0;
        const Stand stand(std::move(a_case));
        const Solution solution = place_greedily(stand.ground, {.first = First::kAtPrices}, quiet);
        WideQuantity weight = 0;
        for (std::size_t c = 0; c < solution.placed.size(); ++c)
            weight +=
                WideQuantity{stand.problem->shape(stand.problem->workload().classes()[c].shape).weight} *
                solution.placed[c];
        const std::vector<WideQuantity> level{weight};
        const Bound bound(*stand.problem, level, 1, quiet);
        const Prices none = Prices::zero(*stand.problem);
        const Prices of_cost = find_shadow_prices(stand.ground, Aim::kCost, 1, {}, 1, quiet).value();
        const Prices of_weight = find_shadow_prices(stand.ground, Aim::kWeight, 1, {}, 1, quiet).value();
        CHECK(bound.placed(0, of_weight, quiet) >= weight);
        CHECK(bound.placed(0, of_weight, quiet) <= bound.placed(0, none, quiet));
        CHECK(bound.cost(of_cost, quiet) <= solution.cost + 1e-9 * std::abs(solution.cost));
        CHECK(bound.cost(of_cost, quiet) >=
              bound.cost(none, quiet) - 1e-9 * std::abs(bound.cost(none, quiet)));
        tighter += bound.cost(of_cost, quiet) > bound.cost(none, quiet) + 1e-9;
    }
    CHECK(tighter > 5);
}

TEST(the_same_on_any_threads) {
    std::mt19937 random(10);
    for (int i = 0; i < 20 / check::kShare; ++i) {
        const Stand stand(random_case(random, 20, 60));
        const Prices one = find_shadow_prices(stand.ground, Aim::kCost, 2, {}, 1, quiet).value();
        for (const int threads : {2, 8})
            CHECK(find_shadow_prices(stand.ground, Aim::kCost, 2, {}, threads, quiet)->pool == one.pool);
    }
}
