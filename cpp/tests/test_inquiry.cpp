#include "gigafleet/inquiry.hpp"

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

/// Of an empty plan, what is found out of row 0 in all pools.
TaskExplanation ask(const Case& c) {
    const auto problem = c.problem();
    Solution nothing{{}, {}, {}, {}, Loads(*problem)};
    nothing.of_class.resize(problem->workload().classes().size());
    const Leftovers leftovers(*problem, Holdings(*problem, nothing));
    const ModelsLeft models(*problem, nothing);
    DevicesLeft devices(*problem);
    const ClassId of = problem->workload().class_of_row(0);
    const SpreadCounts counts(*problem);
    const BondsLeft bonds(*problem, nothing, counts, of);
    Inquiry inquiry(*problem, {nothing.loads, leftovers, models, bonds, devices}, of, false);
    for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p) inquiry.look_at(PoolId(p));
    return inquiry.finish();
}

bool offers(const std::vector<Change>& changes, Change::Of of, Quantity to) {
    return std::ranges::any_of(changes, [&](const Change& c) { return c.of == of && c.to == to; });
}

}  // namespace

TEST(a_node_counts_at_the_first_gate_and_is_near_if_no_other_shuts_it) {
    Case c = Case::one_site();
    c.nodes = {
        {.compute = 1}, {.compute = 1, .available_s = 5, .count = 2}, {.compute = 9, .available_s = 6}};
    c.tasks = {{.compute = 2, .duration_s = 8}};
    const TaskExplanation found = ask(c);
    CHECK_EQ(found.counts[1], 3);
    CHECK_EQ(found.counts[2], 1);
    CHECK(found.nearest.size() == 2 && found.nearest[0].gate == Reason::kTime);
    CHECK(found.nearest[1].gate == Reason::kTooBig && found.nearest[1].node.row == 0);
}

TEST(two_gates_that_one_column_opens_are_one_change) {
    Case c = Case::one_site();
    c.weights = {4};
    c.nodes = {{.compute = 16, .link_down_mbps = 8}};
    c.tasks = {{.compute = 2, .uplink_mbps = 9, .model = 0, .max_wait_s = 400}};
    TaskExplanation found = ask(c);  // the line is too narrow for the task, and too slow for its model
    CHECK(offers(found.of_fleet, Change::Of::kCapacity, 80'000'000));
    CHECK(found.of_task.empty());
    c.nodes[0].link_down_mbps = 80;
    c.access_down_mbps = {10};
    c.tasks[0].uplink_mbps = 11;  // so is the access, for both ends of the way, and its window
    found = ask(c);
    CHECK(offers(found.of_fleet, Change::Of::kAccessDown, 106'666'667));
}
