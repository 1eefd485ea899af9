#include "gigafleet/greedy.hpp"

#include <algorithm>

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;
using problem_cases::TaskRow;

namespace {

NoControl quiet;

using Shapes = std::vector<std::uint32_t>;

Shapes order_of(const Problem& problem, Order order) {
    Shapes shapes;
    for (const ShapeId id : placing_order(Groundwork(problem, quiet), order)) shapes.push_back(id.value);
    return shapes;
}
Shapes order_of(const Case& c, Order order) { return order_of(*c.problem(), order); }

Solution place_all(const Problem& problem, Order order = Order::kLargeFirst, Control& control = quiet) {
    return place_greedily(Groundwork(problem, control), order, kInf, "place", control);
}
constexpr Order kOrders[] = {Order::kLargeFirst, Order::kDenseFirst, Order::kTightFirst};

/// Reason of each class after all is placed that can be.
std::vector<Reason> reasons(const Case& c) {
    const auto problem = c.problem();
    Solution solution = place_all(*problem);
    explain_unplaced(Groundwork(*problem, quiet), solution, quiet);
    return solution.reason;
}
Reason only_reason(const Case& c) { return reasons(c).at(0); }

struct StopAt final : Control {
    explicit StopAt(int n) : left(n) {}
    void poll(std::string_view stage, std::int64_t done, std::int64_t total) override {
        CHECK(!stage.empty());
        CHECK(done >= 0 && done <= total);
        if (left-- == 0) throw Cancelled();
    }
    int left;
};

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

TEST(a_solution_hangs_together) {
    std::mt19937 random(142);
    for (int i = 0; i < 300; ++i) {
        const Case c = random_case(random, 12, 30);
        const auto problem = c.problem();
        const Solution solution = place_all(*problem, kOrders[i % 3]);
        const auto& classes = problem->workload().classes();
        CHECK_EQ(solution.status, Status::kComplete);
        CHECK_EQ(solution.of_class.size(), classes.size());
        std::vector<int> used(solution.fillings.size());
        for (std::size_t k = 0; k < classes.size(); ++k) {
            std::int64_t placed = 0;
            for (std::size_t f = solution.of_class[k].first; f < solution.of_class[k].last; ++f) {
                const Filling& filling = solution.fillings[f];
                const Fleet::Pool& pool = problem->fleet().pools().at(filling.pool.at());
                CHECK(filling.first >= 0 && filling.first + filling.slots <= pool.slots);
                placed += filling.slots * filling.per_slot;
                ++used[f];
            }
            CHECK_EQ(solution.placed[k], placed);
            CHECK(placed <= classes[k].members);
            if (classes[k].members > 0)
                CHECK_EQ(solution.reason[k] == Reason::kPlaced, placed == classes[k].members);
        }
        for (const int n : used) CHECK_EQ(n, 1);
    }
}

TEST(each_reason_by_hand) {
    Case c = Case::line(3);
    c.nodes = {{.site = 2, .compute = 2, .link_down_mbps = 5, .available_s = 60, .labels = 1}};
    c.tasks.resize(1);
    TaskRow& t = c.tasks[0];
    const auto reason = [&](TaskRow task) {
        t = task;
        return only_reason(c);
    };
    CHECK_EQ(reason({}), Reason::kPlaced);
    CHECK_EQ(reason({.compute = 9, .require = 2}), Reason::kLabel);
    CHECK_EQ(reason({.compute = 9, .duration_s = 61}), Reason::kTooBig);
    CHECK_EQ(reason({.uplink_mbps = 6}), Reason::kTooBig);  // its own line
    CHECK_EQ(reason({.duration_s = 61, .transit_require = 1}), Reason::kTime);
    CHECK_EQ(reason({.max_rtt_ms = 1, .transit_require = 1}), Reason::kRoute);
    CHECK_EQ(reason({.max_rtt_ms = 3.999}), Reason::kRtt);
    CHECK_EQ(reason({.max_rtt_ms = 4}), Reason::kPlaced);
    CHECK_EQ(reason({.count = 3}), Reason::kCapacity);
    c.capacity_mbps = {9, 3};
    CHECK_EQ(reason({.compute = 2, .uplink_mbps = 4, .max_rtt_ms = 3}), Reason::kRtt);
    CHECK_EQ(reason({.uplink_mbps = 4}), Reason::kLink);
    CHECK_EQ(reason({.compute = 0.125, .uplink_mbps = 2, .count = 2}), Reason::kLink);
    CHECK_EQ(reason({.compute = 2, .uplink_mbps = 1, .count = 2}), Reason::kCapacity);
    c.access_down_mbps = {9, 9, 0.5};
    CHECK_EQ(reason({.uplink_mbps = 1}), Reason::kLink);
    CHECK_EQ(reason({.downlink_mbps = 1}), Reason::kPlaced);
    c.nodes.clear();
    CHECK_EQ(reason({}), Reason::kLabel);
}

TEST(links_and_capacity_are_those_of_the_final_state) {
    // A node with room behind a link that is full by now, and a full one at hand.
    Case c = Case::line(2);
    c.capacity_mbps = {1};
    c.nodes = {{.site = 0, .compute = 1}, {.site = 1, .compute = 9}};
    c.tasks = {{.origin = 0, .compute = 1, .uplink_mbps = 1, .count = 3}};
    CHECK_EQ(only_reason(c), Reason::kCapacity);  // to the node at hand the way is open
    c.nodes.erase(c.nodes.begin());
    CHECK_EQ(only_reason(c), Reason::kLink);
}

TEST(classes_of_a_shape_have_reasons_of_their_own) {
    Case c = Case::line(3);
    c.links.sites = 4;  // 3 is an island
    c.capacity_mbps = {0, 5};
    c.nodes = {{.site = 2, .compute = 1}};
    c.tasks = {{.origin = 3, .uplink_mbps = 1},
               {.origin = 0, .uplink_mbps = 1},
               {.origin = 2, .uplink_mbps = 1, .count = 2},
               {.origin = 1, .uplink_mbps = 1, .count = 2}};
    const std::vector<Reason> found = reasons(c);
    CHECK_EQ(found[0], Reason::kRoute);
    CHECK_EQ(found[1], Reason::kLink);
    CHECK(found[2] == Reason::kCapacity);
    CHECK(found[3] == Reason::kCapacity);
}

TEST(no_time_places_nothing) {
    Case c = Case::one_site();
    c.nodes = {{}};
    c.tasks = {{.compute = 1}, {.compute = 2}};
    const auto problem = c.problem();
    Solution solution = place_greedily(Groundwork(*problem, quiet), Order::kLargeFirst, 0, "place", quiet);
    CHECK_EQ(solution.status, Status::kTimeLimit);
    explain_unplaced(Groundwork(*problem, quiet), solution, quiet);
    for (std::size_t k = 0; k < 2; ++k) {
        CHECK_EQ(solution.placed[k], 0);
        CHECK_EQ(solution.reason[k], Reason::kNotTried);
    }
}

TEST(whoever_stops_may_begin_again) {
    std::mt19937 random(143);
    for (int i = 0; i < 10; ++i) {
        const Case c = random_case(random, 12, 60);
        const auto problem = c.problem();
        const Solution wanted = place_all(*problem);
        for (int n = 0;; ++n) {
            StopAt control(n);
            try {
                Solution solution = place_all(*problem, Order::kLargeFirst, control);
                explain_unplaced(Groundwork(*problem, control), solution, control);
                CHECK(solution.placed == wanted.placed);
                break;
            } catch (const Cancelled&) {
                CHECK(place_all(*problem).placed == wanted.placed);
            }
        }
    }
}
