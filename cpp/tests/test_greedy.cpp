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

std::vector<std::uint32_t> order_of(const Case& c) {
    std::vector<std::uint32_t> order;
    for (const ShapeId id : placing_order(*c.problem(), quiet)) order.push_back(id.value);
    return order;
}
using Shapes = std::vector<std::uint32_t>;

/// Reason of each class after all is placed that can be.
std::vector<Reason> reasons(const Case& c) {
    const auto problem = c.problem();
    Solution solution = place_greedily(*problem, kInf, quiet);
    explain_unplaced(*problem, solution, quiet);
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
        const std::vector<ShapeId> order = placing_order(*problem, quiet);
        CHECK_EQ(order.size(), problem->shapes().size());
        for (std::size_t k = 1; k < order.size(); ++k)
            CHECK(problem->shape(order[k - 1]).priority >= problem->shape(order[k]).priority);
        std::vector<ShapeId> sorted = order;
        std::ranges::sort(sorted);
        for (std::size_t s = 0; s < sorted.size(); ++s) CHECK(sorted[s] == ShapeId(s));
        CHECK(placing_order(*problem, quiet) == order);
    }
}

TEST(with_room_for_all_the_larger_comes_first) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 10, .count = 10}};
    c.tasks = {{.compute = 1, .weight = 100}, {.compute = 3}, {.compute = 2, .weight = 9}};
    CHECK(order_of(c) == (Shapes{1, 2, 0}));
    c.tasks[2].priority = 1;
    CHECK(order_of(c) == (Shapes{2, 1, 0}));
}

TEST(without_room_for_all_the_denser_comes_first) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 10}};
    c.tasks = {{.compute = 4, .weight = 4.5, .count = 2},
               {.compute = 1, .weight = 2, .count = 4},
               {.compute = 2, .weight = 2, .count = 2}};
    CHECK(order_of(c) == (Shapes{1, 0, 2}));
    c.tasks[2].priority = 1;
    CHECK(order_of(c) == (Shapes{2, 1, 0}));
}

TEST(of_equals_the_tighter_limit_comes_first) {
    for (const std::int64_t count : {std::int64_t{1}, std::int64_t{1000}}) {
        Case c = Case::one_site();
        c.nodes = {{.compute = 10}};
        c.tasks = {
            {.max_rtt_ms = kInf, .count = count}, {.max_rtt_ms = 5, .count = count}, {.max_rtt_ms = 7}};
        CHECK(order_of(c) == (Shapes{1, 2, 0}));
    }
}

TEST(what_is_too_large_for_anybody_crowds_nobody_out) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 10}};
    c.tasks = {{.compute = 1, .weight = 100}, {.compute = 3}, {.compute = 11}};
    const Shapes order = order_of(c);
    CHECK(std::ranges::find(order, 1u) < std::ranges::find(order, 0u));  // as if there were room for all
}

TEST(a_solution_hangs_together) {
    std::mt19937 random(142);
    for (int i = 0; i < 300; ++i) {
        const Case c = random_case(random, 12, 30);
        const auto problem = c.problem();
        const Solution solution = place_greedily(*problem, kInf, quiet);
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
    Solution solution = place_greedily(*problem, 0, quiet);
    CHECK_EQ(solution.status, Status::kTimeLimit);
    explain_unplaced(*problem, solution, quiet);
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
        const Solution wanted = place_greedily(*problem, kInf, quiet);
        for (int n = 0;; ++n) {
            StopAt control(n);
            try {
                Solution solution = place_greedily(*problem, kInf, control);
                explain_unplaced(*problem, solution, control);
                CHECK(solution.placed == wanted.placed);
                break;
            } catch (const Cancelled&) {
                CHECK(place_greedily(*problem, kInf, quiet).placed == wanted.placed);
            }
        }
    }
}
