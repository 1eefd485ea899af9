#include "gigafleet/node_prices.hpp"

#include <cmath>

#include "check.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(cost_risk_and_prices_by_hand) {
    Case c = Case::one_site();
    c.objective.risk_price = 0.25;
    c.nodes = {{.compute = 4, .price_compute = 0.5, .link_down_mbps = 9, .available_s = 60},
               {.compute = 4, .price_compute = -0.5, .labels = 1},
               {.compute = 1}};
    c.tasks = {{.compute = 2, .uplink_mbps = 3, .forbid = 4}, {.compute = 2, .require = 1}};
    const auto problem = c.problem();
    const auto relaxed = relaxed_shapes(*problem);
    Prices prices = Prices::zero(*problem);
    const auto pool_of = [&](std::size_t row) {
        const auto& pools = problem->fleet().pools();
        for (std::size_t p = 0; p < pools.size(); ++p)
            if (problem->fleet().row_of_entry(pools[p].first_entry) == static_cast<std::int64_t>(row))
                return p;
        return pools.size();
    };
    prices.pool[pool_of(0) * 4 + 0] = 1e-3;
    prices.pool[pool_of(0) * 4 + 2] = 1e-7;
    const auto is = [](double found, double wanted) { return found <= wanted && found > wanted - 1e-12; };
    NodePrices with({*problem, relaxed, prices, true}), without({*problem, relaxed, prices, false});
    with.start(ShapeId(0));
    without.start(ShapeId(0));
    CHECK(is(with.price(PoolId(pool_of(0))), 2 * 0.5 + 0.25 + 2 + 0.3));
    CHECK(is(without.price(PoolId(pool_of(0))), 2 + 0.3));
    CHECK(is(with.price(problem->fleet().pools()[pool_of(0)].kind), 2 * 0.5 + 2 + 0.3));
    CHECK(is(with.price(PoolId(pool_of(1))), -2 * 0.5));
    CHECK_EQ(with.price(PoolId(pool_of(2))), NodePrices::kNever);
    with.start(ShapeId(1));
    CHECK_EQ(with.price(PoolId(pool_of(0))), NodePrices::kNever);
    CHECK(is(with.price(PoolId(pool_of(1))), -2 * 0.5));
}

TEST(pools_pass_as_the_definition_says_and_kinds_are_no_dearer) {
    std::mt19937 random(41);
    for (int i = 0; i < 300; ++i) {
        const Case c = random_case(random, 15, 15);
        const auto problem = c.problem();
        const auto relaxed = relaxed_shapes(*problem);
        const Prices prices = price_cases::random_prices(random, *problem, 1);
        NodePrices nodes({*problem, relaxed, prices, true});
        for (std::size_t s = 0; s < problem->shapes().size(); ++s) {
            nodes.start(ShapeId(s));
            for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p) {
                const Fleet::Pool& pool = problem->fleet().pools()[p];
                const bool may = may_take_relaxed(*problem, problem->shapes()[s], relaxed[s], pool);
                const double price = nodes.price(PoolId(p));
                CHECK_EQ(price != NodePrices::kNever, may);
                CHECK(nodes.price(pool.kind) <= price + 1e-9);  // but for rounding
            }
        }
    }
}
