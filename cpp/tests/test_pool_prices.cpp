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

namespace {

/// A ring of sites, each a core site, with a small node at each of the first `vehicles`.
Case ring(std::int32_t sites, std::int32_t vehicles) {
    Case c;
    c.links.sites = sites;
    for (std::int32_t s = 0; s < sites; ++s) c.links.add(s, (s + 1) % sites, 1);
    c.objective.rtt_price = 0;
    for (std::int32_t s = 0; s < vehicles; ++s)
        c.nodes.push_back({.site = s, .compute = 1, .price_compute = 1, .labels = 1});
    return c;
}
std::vector<std::uint32_t> majors_of(const Problem& problem) {
    const PoolView view(problem, *problem.policies()[0]);
    const PoolRooms rooms(problem);
    const PoolPrices prices(problem, view, rooms);
    return {prices.major_cores().begin(), prices.major_cores().end()};
}
double floor_of(const Problem& problem, std::size_t shape) {
    const PoolView view(problem, *problem.policies()[0]);
    const PoolRooms rooms(problem);
    PoolPrices prices(problem, view, rooms);
    prices.start(ShapeId(shape));
    return prices.minor_floor();
}

}  // namespace

TEST(majors_have_much_in_few_trees) {
    Case c = ring(100, 80);
    c.nodes.push_back({.site = 3, .compute = 40, .price_compute = 2});
    c.nodes.push_back({.site = 90, .compute = 40, .price_compute = 2});
    c.nodes.push_back({.site = 95, .compute = 9, .price_compute = 3});
    c.tasks = {{.origin = 0}};
    CHECK(majors_of(*c.problem()) == (std::vector<std::uint32_t>{3, 90, 95}));
    // More kinds than there may be majors: the largest while they are few.
    c = ring(100, 0);
    for (std::int32_t s = 0; s < 100; ++s)
        c.nodes.push_back({.site = s, .compute = 1.0 + (s * 37) % 100, .price_compute = 1.0 * s});
    c.tasks = {{.origin = 0}};
    std::vector<std::uint32_t> wanted;
    for (std::uint32_t s = 0; s < 100; ++s)
        if ((s * 37) % 100 >= 100 - PoolPrices::kMostMajor) wanted.push_back(s);
    CHECK(majors_of(*c.problem()) == wanted);
    c = ring(64, 64);  // as many as there may be
    c.tasks = {{.origin = 0}};
    CHECK_EQ(majors_of(*c.problem()).size(), 64u);
    CHECK_EQ(floor_of(*c.problem(), 0), PoolPrices::kOut);  // no others
    c = ring(65, 65);
    c.tasks = {{.origin = 0}};
    CHECK(majors_of(*c.problem()).empty());
    CHECK_EQ(floor_of(*c.problem(), 0), 1.0);
}

TEST(the_floor_is_the_cheapest_minor_that_may_take_the_shape) {
    Case c = ring(80, 70);
    for (std::int32_t s = 5; s < 75; ++s)
        c.nodes.push_back({.site = s, .compute = 2, .price_compute = 2, .labels = 2});
    c.nodes.push_back({.site = 9, .compute = 999, .price_compute = 0.5});
    c.tasks = {{.compute = 1},
               {.compute = 2},
               {.compute = 1, .forbid = 1},
               {.compute = 3},
               {.compute = 1, .require = 3},
               {.compute = 1, .require = 4}};
    c.country.assign(80, 0);
    const auto problem = c.problem();
    CHECK(majors_of(*problem) == (std::vector<std::uint32_t>{9}));
    CHECK_EQ(floor_of(*problem, 0), 1.0);
    CHECK_EQ(floor_of(*problem, 1), 4.0);
    CHECK_EQ(floor_of(*problem, 2), 2.0);
    CHECK_EQ(floor_of(*problem, 3), PoolPrices::kOut);
    CHECK_EQ(floor_of(*problem, 4), PoolPrices::kOut);
    CHECK_EQ(floor_of(*problem, 5), 1.0);
}

TEST(no_minor_costs_less_than_the_floor) {
    std::mt19937 random(102);
    int minors = 0;
    for (int i = 0; i < 60; ++i) {
        Case c = random_case(random, 250, 8, 25);
        for (double& price : c.links.price) price = std::abs(price);
        for (auto& n : c.nodes) {  // a few kinds, at many sites each; the capacity may be varied
            n.price_energy = n.access_rtt_ms = 0;
            n.link_up_mbps = n.link_down_mbps = n.energy_wh = problem_cases::kInf;
            if (i % 3 == 0) n.compute = 1;
        }
        const auto problem = c.problem();
        const PoolRooms rooms(*problem);
        for (std::uint32_t s = 0; s < problem->shapes().size(); ++s) {
            const PoolView view(*problem, *problem->policies()[problem->shapes()[s].policy]);
            PoolPrices prices(*problem, view, rooms);
            const auto majors = prices.major_cores();
            CHECK(majors.size() <= PoolPrices::kMostMajor);
            CHECK(std::ranges::is_sorted(majors));
            CHECK(std::ranges::includes(view.cores(), majors));
            prices.start(ShapeId(s));
            for (const std::uint32_t core : view.cores()) {
                prices.bound(core);
                if (std::ranges::binary_search(majors, core)) continue;
                const PoolView::Range range = view.of_core(core);
                for (std::size_t at = range.first; at < range.last; ++at) {
                    CHECK(prices.price(at) >= prices.minor_floor() - 1e-12);
                    minors += prices.price(at) != PoolPrices::kOut;
                }
            }
        }
    }
    CHECK(minors > 1000);
}
