#include "gigafleet/explanation.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

/// Two rows of nodes, the second of three.
std::shared_ptr<const Problem> two_rows() {
    Case c = Case::one_site();
    c.nodes = {{.compute = 1}, {.compute = 2, .count = 3}};
    return c.problem();
}

/// A slot of each pool.
std::vector<Findings::Slot> slots_of(const Fleet& fleet) {
    std::vector<Findings::Slot> slots;
    for (std::size_t p = 0; p < fleet.pools().size(); ++p)
        slots.push_back({PoolId(p), fleet.pools()[p].slots - 1});
    return slots;
}

}  // namespace

TEST(the_nearest_of_each_gate_and_the_smallest_of_each_column_are_kept) {
    const auto problem = two_rows();
    const auto slots = slots_of(problem->fleet());
    using Of = Change::Of;
    Findings findings(problem->fleet());
    findings.count(Reason::kLink, 3);
    findings.count(Reason::kLink, 1);
    findings.miss(Reason::kTime, slots[0], {{Shortfall::Of::kStay, 0, 100, 40}});
    findings.miss(Reason::kTime, slots[1], {{Shortfall::Of::kStay, 0, 100, 50}});
    findings.miss(Reason::kCapacity, slots[0],
                  {{Shortfall::Of::kNode, 0, 10, 9}, {Shortfall::Of::kNode, 1, 10, 8}});
    findings.miss(Reason::kCapacity, slots[1], {{Shortfall::Of::kNode, 0, 10, 8}});  // as near, but later
    findings.offer(Of::kDemand, 0, 10, 8, slots[0]);
    findings.offer(Of::kDemand, 0, 10, 9, slots[1]);
    findings.offer(Of::kDemand, 1, 10, 7, slots[1]);
    findings.offer(Of::kCapacity, 0, 1, 2, slots[0]);
    findings.offer_held(3, slots[1]);
    findings.offer_level(Of::kSpreadLevel, kRackLevel, kNodeLevel, slots[0]);
    findings.offer_level(Of::kSpreadLevel, kRackLevel, kSiteLevel, slots[1]);
    findings.offer(Of::kAvailable, 0, 1, kLargest, slots[0]);  // nobody can set that
    *findings.offer_names(Of::kForbid, 2, slots[0]) = {"a", "b"};
    CHECK(findings.offer_names(Of::kForbid, 2, slots[1]) == nullptr);
    *findings.offer_names(Of::kForbid, 1, slots[1]) = {"c"};
    CHECK(!findings.any_open());
    const TaskExplanation found = findings.finish();
    CHECK_EQ(found.counts[8], 4);
    CHECK_EQ(found.nearest.size(), std::size_t{2});
    CHECK(found.nearest[0].gate == Reason::kCapacity && found.nearest[0].node.row == 0);
    CHECK(found.nearest[0].size == 0.2 && found.nearest[0].shortfalls.size() == 2);
    CHECK(found.nearest[1].gate == Reason::kTime && found.nearest[1].node.row == 1);
    CHECK_EQ(found.nearest[1].node.instance, 2);
    CHECK_EQ(found.of_task.size(), std::size_t{4});
    CHECK(found.of_task[0].at == 0 && found.of_task[0].to == 9 && found.of_task[1].at == 1);
    CHECK(found.of_task[2].of == Of::kSpreadLevel && found.of_task[2].to == kSiteLevel);
    CHECK((found.of_task[3].dropped == std::vector<std::string>{"c"}));
    CHECK(found.of_fleet.size() == 2 && found.of_fleet[0].of == Of::kCapacity);
    CHECK(found.of_fleet[1].of == Of::kHeld && found.of_fleet[1].at == 3 && found.of_fleet[1].size == 1);
}

TEST(changes_beside_are_of_the_fleet_and_of_groups) {
    using Of = Change::Of;
    const auto problem = two_rows();
    const auto slots = slots_of(problem->fleet());
    Findings findings(problem->fleet()), other(problem->fleet());
    findings.offer(Of::kCapacity, 0, 10, 20, slots[0]);
    other.offer(Of::kCapacity, 0, 10, 15, slots[1]);
    other.offer(Of::kAvailable, 0, 10, 11, slots[1]);
    other.offer(Of::kDemand, 0, 10, 9, slots[1]);
    other.offer(Of::kSpreadMax, 0, 1, 2, slots[1]);
    other.offer_level(Of::kSpreadLevel, kRackLevel, kNodeLevel, slots[1]);
    other.offer_level(Of::kGangLevel, kRackLevel, kCountryLevel, slots[1]);
    findings.offer_beside(other);
    const TaskExplanation found = findings.finish();
    CHECK(found.of_task.size() == 2 && found.of_task[0].of == Of::kSpreadMax);
    CHECK(found.of_task[1].of == Of::kSpreadLevel);
    CHECK(found.of_fleet.size() == 2 && found.of_fleet[0].of == Of::kAvailable);
    CHECK_EQ(found.of_fleet[1].to, 15);
}

TEST(where_a_node_is_open_no_change_is_needed) {
    const auto problem = two_rows();
    const auto slots = slots_of(problem->fleet());
    Findings findings(problem->fleet());
    findings.offer(Change::Of::kMaxRtt, 0, 1, 2, slots[0]);
    findings.count(Reason::kPlaced, 2);
    CHECK(findings.any_open());
    const TaskExplanation found = findings.finish();
    CHECK(found.open == 2 && found.of_task.empty() && found.of_fleet.empty() && found.nearest.empty());
}
