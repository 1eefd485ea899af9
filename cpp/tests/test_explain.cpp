#include "gigafleet/explain.hpp"

#include <algorithm>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/greedy.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;
using problem_cases::random_case;
using problem_cases::TaskRow;

namespace {

NoControl quiet;

/// Reason of each row's class after all is placed that can be.
std::vector<Reason> reasons(const Case& c) {
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const auto of_class = explain_unplaced(ground, place_greedily(ground, {}, quiet), quiet);
    std::vector<Reason> of_row;
    problem->workload().class_of_row().for_rows(
        [&](std::int64_t, std::uint32_t k) { of_row.push_back(of_class[k]); });
    return of_row;
}
Reason only_reason(const Case& c) { return reasons(c).at(0); }

}  // namespace

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

TEST(static_gates_are_those_of_the_definition) {
    std::mt19937 random(112);
    for (int i = 0; i < 500; ++i) {
        const Case c = random_case(random, 12, 12);
        const Definition wanted(c);
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const auto& t = c.tasks[row];
            const Problem::Shape& shape =
                problem->shape(problem->workload().classes()[problem->workload().class_of_row()[row]].shape);
            std::size_t furthest = 0;
            const auto passed = [&](const problem_cases::NodeRow& n) -> std::size_t {
                if (n.count == 0 || !wanted.labels_pass(t, n)) return 0;
                if (!wanted.fits(wanted.capacity(n), t)) return 1;
                return wanted.stays(t, n) ? 3 : 2;
            };
            for (const auto& n : c.nodes) furthest = std::max(furthest, passed(n));
            const Reason gates[] = {Reason::kLabel, Reason::kTooBig, Reason::kTime, Reason::kPlaced};
            CHECK_EQ(first_static_gate(*problem, shape), gates[furthest]);
            for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
                const Fleet::Pool& pool = fleet.pools()[p];
                bool admits = false;
                for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
                    admits = admits || passed(c.nodes[static_cast<std::size_t>(fleet.row_of_entry(e))]) == 3;
                CHECK_EQ(admits_exactly(*problem, shape, PoolId(p)), admits);
            }
        }
    }
}

TEST(largest_and_longest_need_not_be_the_same_node) {
    // The pool knows a node of 9 and a node that stays, but no node is both.
    Case c = Case::one_site();
    c.nodes = {{.compute = 9, .available_s = 10},
               {.compute = 1, .available_s = 100},
               {.compute = 2, .available_s = 50}};
    c.tasks = {{.compute = 2, .duration_s = 60}, {.compute = 2, .duration_s = 40}, {.compute = 10}};
    const auto problem = c.problem();
    CHECK(problem->fleet().is_varied(0));
    CHECK(!admits_exactly(*problem, problem->shapes()[0], PoolId(0)));
    CHECK(admits_exactly(*problem, problem->shapes()[1], PoolId(0)));
    CHECK_EQ(first_static_gate(*problem, problem->shapes()[0]), Reason::kTime);
    CHECK_EQ(first_static_gate(*problem, problem->shapes()[1]), Reason::kPlaced);
    for (auto& task : c.tasks) task.model = 0;
    c.weights = {0};
    CHECK_EQ(first_static_gate(*c.problem(), c.problem()->shapes()[1]), Reason::kPlaced);
    c.weights = {1};  // there is room for a model and a task of 2 where they stay too briefly
    CHECK_EQ(first_static_gate(*c.problem(), c.problem()->shapes()[1]), Reason::kModel);
    CHECK(!admits_exactly(*c.problem(), c.problem()->shapes()[1], PoolId(0)));
    CHECK_EQ(first_static_gate(*problem, problem->shapes()[2]), Reason::kTooBig);
}

TEST(reasons_are_the_first_gates_and_nothing_else_changes) {
    std::mt19937 random(251);
    int explained = 0;
    for (int i = 0; i < 400; ++i) {
        const Case c = random_case(random, 10, 25);
        const auto problem = c.problem();
        const Groundwork ground(*problem, quiet);
        const Solution solution =
            place_greedily(ground, {.order = Order::kDenseFirst, .first = static_cast<First>(i % 3)}, quiet);
        const Solution before = solution;
        const std::vector<Reason> found = explain_unplaced(ground, solution, quiet);
        CHECK(definition::same(solution, before));
        CHECK(explain_unplaced(ground, solution, quiet) == found);
        Definition definition(c);
        State state(definition, c);
        definition::play(c, *problem, solution, definition, state);
        CHECK_EQ(found.size(), solution.placed.size());
        for (std::size_t k = 0; k < found.size(); ++k) {
            const Workload::Class& of = problem->workload().classes()[k];
            const bool all = solution.placed[k] == of.members;
            const Reason gate = state.first_gate(c.tasks[static_cast<std::size_t>(of.first_row)]);
            CHECK_EQ(static_cast<int>(found[k]), static_cast<int>(all ? Reason::kPlaced : gate));
            explained += !all;
        }
    }
    CHECK(explained > 1000);
}

TEST(what_was_not_tried_stays_so) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 1}};
    c.tasks = {{.compute = 1}, {.compute = 2}, {.compute = 3}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    Solution solution = place_greedily(ground, {}, quiet);
    std::ranges::fill(solution.reason, Reason::kNotTried);
    solution.reason[1] = Reason::kCapacity;
    CHECK(explain_unplaced(ground, solution, quiet) ==
          (std::vector{Reason::kNotTried, Reason::kTooBig, Reason::kNotTried}));
}

TEST(whoever_stops_gets_no_reasons) {
    struct Stop final : Control {
        void poll(std::string_view stage, std::int64_t, std::int64_t) override {
            CHECK_EQ(stage, "explain");
            throw Cancelled();
        }
    };
    Case c = Case::one_site();
    c.tasks = {{.compute = 1}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const Solution solution = place_greedily(ground, {}, quiet);
    Stop stop;
    CHECK_THROWS(Cancelled, "", explain_unplaced(ground, solution, stop));
    CHECK_EQ(explain_unplaced(ground, solution, quiet).at(0), Reason::kLabel);
}
