#include "gigafleet/pool_prices.hpp"

#include <algorithm>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/objective.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

/// Cost of a pool seen from its core site; kOut by what the header says.
double wanted_price(const Problem& problem, const PoolView& view, std::size_t at, ShapeId id,
                    const PoolRooms& rooms) {
    const Problem::Shape& shape = problem.shape(id);
    const auto& [pool_id, kind_id, site] = view[at];
    const Fleet::Pool& pool = problem.fleet().pools()[pool_id.at()];
    if (!problem.labels_pass(shape, pool) || pool.available_max_ns < problem.needed_ns(shape))
        return PoolPrices::kOut;
    for (std::size_t d = 0; d < kMaxDimensions; ++d)
        if (pool.capacity_max[d] < shape.demand[d]) return PoolPrices::kOut;
    if (!rooms.may_hold(pool_id, shape.demand)) return PoolPrices::kOut;
    // An origin at the core site has no way up of its own, so its way is the price's.
    return pair_cost(problem, shape, view.routes().forest().root(site), pool);
}

void check_prices(const Problem& problem, const PoolView& view, PoolPrices& prices, ShapeId id,
                  const PoolRooms& rooms) {
    prices.start(id);
    const Problem::Shape& shape = problem.shape(id);
    CHECK(std::abs(prices.up_mbps() - static_cast<double>(shape.uplink) * 1e-6) < 1e-12);
    CHECK(std::abs(prices.down_mbps() - static_cast<double>(shape.downlink) * 1e-6) < 1e-12);
    for (std::uint32_t core = 0; core < view.routes().core_count(); ++core) {
        const PoolPrices::Bound bound = prices.bound(core);
        const PoolView::Range range = view.of_core(core);
        bool any = false;
        for (std::size_t i = range.first; i < range.last; ++i) {
            const double price = prices.price(i), wanted = wanted_price(problem, view, i, id, rooms);
            if (wanted == PoolPrices::kOut || price == PoolPrices::kOut) {
                CHECK_EQ(price, wanted);
                continue;
            }
            any = true;
            CHECK(std::abs(price - wanted) < 1e-9 * (1 + std::abs(wanted)));
            CHECK(bound.price <= price + 1e-12);
            CHECK(bound.least_ns <=
                  view.round_ns(view[i].site) + problem.fleet().kinds()[view[i].kind.at()].access_rtt_ns);
        }
        CHECK(any ? bound.price < PoolPrices::kOut : true);
    }
}

}  // namespace

TEST(prices_are_pair_costs_from_the_core_and_bounds_hold) {
    std::mt19937 random(101);
    for (int i = 0; i < 400; ++i) {
        Case c = random_case(random, 25, 8);
        if (i % 2)  // two kinds, so that most pools of a tree are a group
            for (auto& n : c.nodes)
                n = {.site = n.site,
                     .price_compute = random() % 4 == 0 ? 1.0 : 0.0,
                     .available_s = n.available_s};
        const auto problem = c.problem();
        const std::size_t shapes = problem->shapes().size(), pools = problem->fleet().pools().size();
        if (shapes == 0 || pools == 0) continue;
        PoolRooms rooms(*problem);
        const PoolRooms untouched(*problem);
        for (std::uint32_t p = 0; p < problem->policies().size(); ++p) {
            const PoolView view(*problem, *problem->policies()[p]);
            PoolPrices empty(*problem, view, untouched), minding(*problem, view, rooms);
            for (int step = 0; step < 10; ++step) {
                const ShapeId id(random() % shapes);
                if (problem->shape(id).policy != p) continue;
                check_prices(*problem, view, empty, id, untouched);
                check_prices(*problem, view, minding, id, rooms);
                const PoolId pool(random() % pools);
                Amounts room{};
                std::ranges::copy(rooms.room(pool), room.begin());
                room[random() % 4] /= 2;
                rooms.set(pool, room);
            }
        }
    }
}

TEST(a_tree_of_full_pools_is_out) {
    Case c = Case::line(3);  // one core site, the others hang on it
    c.nodes = {{.site = 0}, {.site = 1}, {.site = 1, .price_compute = 1}};
    c.tasks = {{.compute = 1}, {.compute = 2}, {.compute = 5}};
    const auto problem = c.problem();
    const PoolView view(*problem, *problem->policies()[0]);
    PoolRooms rooms(*problem);
    PoolPrices prices(*problem, view, rooms);
    const auto bound = [&](std::size_t shape) {
        prices.start(ShapeId(shape));
        return prices.bound(0).price;
    };
    const auto leave = [&](std::size_t pool, Quantity compute) {
        rooms.set(PoolId(pool), {compute, kUnlimited, kUnlimited, kUnlimited});
    };
    CHECK_EQ(bound(2), PoolPrices::kOut);  // too large for all
    CHECK(bound(1) < 1);
    for (std::size_t p = 0; p < 3; ++p) leave(p, 1999);
    CHECK_EQ(bound(1), PoolPrices::kOut);
    CHECK(bound(0) < 1);
    leave(0, 0);
    leave(1, 0);
    CHECK(bound(0) >= 1);  // what is left costs that
    leave(2, 0);
    CHECK_EQ(bound(0), PoolPrices::kOut);
}
