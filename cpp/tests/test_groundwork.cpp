#include "gigafleet/groundwork.hpp"

#include <algorithm>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/objective.hpp"

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

NoControl quiet;

using Shapes = std::vector<std::uint32_t>;
using Flags = std::vector<std::uint8_t>;

Shapes order_of(const Problem& problem, Order order) {
    Shapes shapes;
    for (const ShapeId id : placing_order(Groundwork(problem, quiet), order)) shapes.push_back(id.value);
    return shapes;
}
Shapes order_of(const Case& c, Order order) { return order_of(*c.problem(), order); }
constexpr Order kOrders[] = {Order::kLargeFirst, Order::kDenseFirst, Order::kTightFirst};

/// Groundwork::is_cheap by node row; each row a kind of its own.
Flags cheap_rows(const Case& c) {
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const Fleet& fleet = problem->fleet();
    Flags rows(c.nodes.size());
    for (const Fleet::Pool& pool : fleet.pools())
        for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
            rows[static_cast<std::size_t>(fleet.row_of_entry(e))] = ground.is_cheap[pool.kind.at()];
    return rows;
}

}  // namespace

TEST(every_shape_comes_once_by_priority) {
    std::mt19937 random(141);
    for (int i = 0; i < 100; ++i) {
        const Case c = random_case(random, 10, 30);
        const auto problem = c.problem();
        for (const Order order : kOrders) {
            Shapes shapes = order_of(*problem, order);
            CHECK(order_of(*problem, order) == shapes);
            CHECK_EQ(shapes.size(), problem->shapes().size());
            for (std::size_t k = 1; k < shapes.size(); ++k)
                CHECK(problem->shapes()[shapes[k - 1]].priority >= problem->shapes()[shapes[k]].priority);
            std::ranges::sort(shapes);
            for (std::uint32_t s = 0; s < shapes.size(); ++s) CHECK_EQ(shapes[s], s);
        }
    }
}

TEST(large_dense_or_tight_first) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 10}};
    c.tasks = {{.compute = 4, .weight = 4.5, .max_rtt_ms = 9},
               {.compute = 1, .weight = 2, .max_rtt_ms = 8},
               {.compute = 2, .weight = 2, .max_rtt_ms = 7}};
    CHECK(order_of(c, Order::kLargeFirst) == (Shapes{0, 2, 1}));
    CHECK(order_of(c, Order::kDenseFirst) == (Shapes{1, 0, 2}));
    CHECK(order_of(c, Order::kTightFirst) == (Shapes{2, 1, 0}));
    c.tasks[2].priority = 1;
    CHECK(order_of(c, Order::kLargeFirst) == (Shapes{2, 0, 1}));
    CHECK(order_of(c, Order::kDenseFirst) == (Shapes{2, 1, 0}));
    c.tasks[0].priority = 2;
    CHECK(order_of(c, Order::kTightFirst) == (Shapes{0, 2, 1}));
}

TEST(large_is_by_share_of_what_can_take_it) {
    // Ten of a thousand small nodes is less than one of the only large one.
    Case c = Case::one_site();
    c.nodes = {{.compute = 1, .energy_wh = 100, .count = 1000}, {.compute = 10, .energy_wh = 0}};
    c.tasks = {{.compute = 1, .energy_wh = 100, .duration_s = 60}, {.compute = 2}};
    CHECK(order_of(c, Order::kLargeFirst) == (Shapes{1, 0}));
}

TEST(of_equals_the_tighter_limit_comes_first) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 10}};
    c.tasks = {{.max_rtt_ms = kInf}, {.max_rtt_ms = 5}, {.max_rtt_ms = 7}};
    for (const Order order : kOrders) CHECK(order_of(c, order) == (Shapes{1, 2, 0}));
}

TEST(the_order_suggested_fits_the_load) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 10, .count = 10}};
    c.tasks = {{.compute = 1, .count = 95}};
    const auto suggested = [&] { return Groundwork(*c.problem(), quiet).suggested; };
    CHECK_EQ(suggested(), Order::kLargeFirst);
    c.tasks[0].count = 96;
    CHECK_EQ(suggested(), Order::kDenseFirst);
    c.tasks[0].count = 50;
    c.tasks.push_back({.compute = 11, .count = 50});  // too large for anybody: crowds nobody out
    CHECK_EQ(suggested(), Order::kLargeFirst);
    c.nodes.push_back({.compute = 11});
    CHECK_EQ(suggested(), Order::kDenseFirst);
    c.nodes.push_back({.compute = kInf});
    CHECK_EQ(suggested(), Order::kLargeFirst);
}

TEST(shares_are_of_what_can_take_the_shape) {
    std::mt19937 random(241);
    for (int i = 0; i < 200; ++i) {
        const Case c = random_case(random, 10, 20);
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        const Groundwork ground(*problem, quiet);
        CHECK_EQ(&ground.problem, problem.get());
        CHECK_EQ(ground.views.size(), problem->policies().size());
        for (std::size_t p = 0; p < ground.views.size(); ++p)
            CHECK_EQ(&ground.views[p].routes(), problem->policies()[p].get());
        for (std::size_t s = 0; s < problem->shapes().size(); ++s) {
            const Problem::Shape& shape = problem->shapes()[s];
            double share = 0;
            for (std::size_t d = 0; d < kMaxDimensions; ++d) {
                double total = 0;
                for (const Fleet::Pool& pool : fleet.pools())
                    if (problem->may_take(shape, pool.kind))
                        total +=
                            pool.capacity_max[d] == kUnlimited
                                ? kInf
                                : static_cast<double>(pool.capacity_max[d]) * static_cast<double>(pool.slots);
                if (shape.demand[d] > 0)
                    share = std::max(share, static_cast<double>(shape.demand[d]) / total);
            }
            CHECK(ground.shares[s] == share || std::abs(ground.shares[s] - share) < 1e-9 * share);
        }
    }
}

TEST(cheap_are_the_cheapest_with_a_tenth_to_spare) {
    Case c = Case::line(3);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 10, .price_compute = 3},
               {.site = 1, .compute = 5, .price_compute = 1, .count = 2},
               {.site = 2, .compute = 10, .price_compute = 2}};
    c.tasks = {{.compute = 1, .count = 9}};
    CHECK(cheap_rows(c) == (Flags{0, 1, 0}));  // 9.9 of 10
    c.tasks[0].count = 10;
    CHECK(cheap_rows(c) == (Flags{0, 1, 1}));
    c.tasks[0].count = 18;
    CHECK(cheap_rows(c) == (Flags{0, 1, 1}));
    c.tasks[0].count = 19;
    CHECK(cheap_rows(c) == (Flags{1, 1, 1}));
    c.tasks[0].count = 1000;  // no room at all
    CHECK(cheap_rows(c) == (Flags{1, 1, 1}));
    c.nodes[1].compute = kInf;
    CHECK(cheap_rows(c) == (Flags{0, 1, 0}));
    c.tasks.clear();  // nothing to place needs no kind
    CHECK(cheap_rows(c) == (Flags{0, 0, 0}));
}

TEST(cheap_kinds_have_room_in_every_dimension) {
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.compute = 100, .energy_wh = 1, .price_compute = 1},
               {.compute = 1, .energy_wh = 100, .price_compute = 2},
               {.compute = 100, .energy_wh = 100, .price_compute = 3},
               {.compute = 100, .energy_wh = 100, .price_compute = 4}};
    c.tasks = {{.compute = 1, .energy_wh = 1, .duration_s = 60, .count = 50}};
    CHECK(cheap_rows(c) == (Flags{1, 1, 0, 0}));
    c.tasks[0].count = 95;
    CHECK(cheap_rows(c) == (Flags{1, 1, 1, 0}));
    c.tasks[0].duration_s = 0;  // books no energy
    c.tasks[0].count = 50;
    CHECK(cheap_rows(c) == (Flags{1, 0, 0, 0}));
    c.tasks[0].uplink_mbps = 1;  // and the lines count
    c.nodes[0].link_down_mbps = 54;
    CHECK(cheap_rows(c) == (Flags{1, 1, 0, 0}));
    c.nodes[0].link_down_mbps = 56;
    CHECK(cheap_rows(c) == (Flags{1, 0, 0, 0}));
}

TEST(kinds_as_cheap_as_the_last_are_cheap) {
    Case c = Case::line(2);
    c.objective.rtt_price = 0.25;
    c.nodes = {{.site = 0, .compute = 10, .price_compute = 2},
               {.site = 1, .compute = 10, .price_compute = 2, .labels = 1},
               {.site = 0, .compute = 20, .price_compute = 1, .access_rtt_ms = 4},
               {.site = 1, .compute = 10, .price_compute = 2.5}};
    c.tasks = {{.compute = 1, .count = 2}};
    CHECK(cheap_rows(c) == (Flags{1, 1, 1, 0}));  // the access costs as much as the price saves
    c.nodes[2].access_rtt_ms = 4.5;
    CHECK(cheap_rows(c) == (Flags{1, 1, 0, 0}));
    c.nodes[2].access_rtt_ms = 3.5;
    CHECK(cheap_rows(c) == (Flags{0, 0, 1, 0}));
}

TEST(what_nobody_can_take_makes_nobody_cheap) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 10, .price_compute = 1}, {.compute = 10, .price_compute = 2}};
    c.tasks = {{.compute = 1, .count = 5}, {.compute = 11, .count = 50}};
    CHECK(cheap_rows(c) == (Flags{1, 0}));
}

TEST(cheap_kinds_of_random_problems) {
    std::mt19937 random(242);
    int some = 0;
    for (int i = 0; i < 600; ++i) {
        const Case c = random_case(random, 12, 6);
        const auto problem = c.problem();
        const Groundwork ground(*problem, quiet);
        const Fleet& fleet = problem->fleet();
        const std::size_t kinds = fleet.kinds().size();
        CHECK_EQ(ground.is_cheap.size(), kinds);
        std::vector<double> cost(kinds), demand(kMaxDimensions);
        for (const Workload::Class& k : problem->workload().classes()) {
            if (!std::isfinite(ground.shares[k.shape.at()])) continue;
            const Problem::Shape& shape = problem->shape(k.shape);
            const auto members = static_cast<double>(k.members);
            for (std::size_t d = 0; d < kMaxDimensions; ++d)
                demand[d] += members * static_cast<double>(shape.demand[d]);
            for (std::size_t n = 0; n < kinds; ++n)
                cost[n] += members * kind_cost(*problem, shape, fleet.kinds()[n]);
        }
        /// Whether kinds for which `in` is true have the room wanted.
        const auto enough = [&](auto&& in) {
            std::vector<double> room(kMaxDimensions);
            for (const Fleet::Pool& pool : fleet.pools())
                for (std::size_t d = 0; d < kMaxDimensions && in(pool.kind.at()); ++d)
                    room[d] +=
                        pool.capacity_max[d] == kUnlimited
                            ? kInf
                            : static_cast<double>(pool.capacity_max[d]) * static_cast<double>(pool.slots);
            for (std::size_t d = 0; d < kMaxDimensions; ++d)
                if (demand[d] > 0 && 1.1 * demand[d] > room[d]) return false;
            return true;
        };
        double dearest = -kInf, cheapest_out = kInf;
        for (std::size_t n = 0; n < kinds; ++n)
            if (ground.is_cheap[n])
                dearest = std::max(dearest, cost[n]);
            else
                cheapest_out = std::min(cheapest_out, cost[n]);
        if (cheapest_out == kInf) continue;
        ++some;
        CHECK(dearest <= cheapest_out + 1e-9);
        CHECK(enough([&](std::size_t n) { return ground.is_cheap[n] != 0; }));
        const bool bare = std::ranges::count_if(cost, [&](double x) { return x < dearest - 1e-9; }) == 0;
        CHECK(bare || !enough([&](std::size_t n) { return cost[n] < dearest - 1e-9; }));
    }
    CHECK(some > 100);
}
