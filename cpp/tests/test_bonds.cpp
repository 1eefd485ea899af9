#include "gigafleet/bonds.hpp"

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

Case bound_case() {
    Case c = Case::line(3);
    c.country = {0, 0, -1};
    c.tasks.resize(6);
    c.tasks[0].gang = c.tasks[1].gang = 7;
    c.tasks[1].origin = 1;
    c.tasks[2].spread = 7;
    c.tasks[3].gang = 8;
    c.tasks[3].spread = 7;
    c.tasks[4].gang = 7;
    return c;
}

}  // namespace

TEST(rows_fold_by_their_bond) {
    const Case c = bound_case();
    const auto network = c.network();
    const auto workload = c.workload(*network);
    CHECK_EQ(workload->shapes().size(), 1u);
    CHECK_EQ(workload->classes().size(), 5u);
    CHECK_EQ(workload->bonds().gangs.size(), 2u);
    CHECK_EQ(workload->bonds().spreads.size(), 1u);
    const auto bond = [&](std::int64_t row) { return workload->bond(workload->class_of_row(row)); };
    CHECK(bond(0) == bond(1) && bond(0) == bond(4));
    CHECK(workload->class_of_row(0) == workload->class_of_row(4));
    CHECK(workload->class_of_row(0) != workload->class_of_row(1));
    CHECK(workload->classes()[workload->class_of_row(1).at()].origin == SiteId(1));
    CHECK(bond(2).gang == Bond::kNone && bond(2).spread == bond(3).spread && bond(3).gang == 1);
    CHECK(!bond(5));
    CHECK_EQ(workload->bonds().gangs[bond(3).gang].id, 8);
    const auto problem = c.problem(kRuleGang);
    CHECK(!problem->is_bound(workload->class_of_row(0)));
    CHECK(problem->is_bound(workload->class_of_row(3)));
    CHECK(!c.problem(kRuleGang | kRuleSpread)->is_bound(workload->class_of_row(3)));
}

TEST(rows_that_are_in_none_cost_nothing) {
    Case c = bound_case();
    for (auto& row : c.tasks) row.gang = row.spread = -1;
    const auto network = c.network();
    CHECK(!c.workload(*network)->has_bonds());
}

TEST(rows_of_one_gang_or_group_agree) {
    const auto refused = [](const char* said, auto&& change) {
        Case c = bound_case();
        change(c.tasks);
        const auto network = c.network();
        CHECK_THROWS(InputError, said, c.workload(*network));
    };
    refused("gang_level[row 1]: got country", [](auto& rows) { rows[1].gang_level = kCountryLevel; });
    refused("spread_max[row 3]: got 2", [](auto& rows) { rows[3].spread_max = 2; });
    refused("spread_max[row 2]: got 0", [](auto& rows) { rows[2].spread_max = 0; });
    refused("priority[row 1]: got 3", [](auto& rows) { rows[1].priority = 3; });
    refused("gang[row 2]: got -2", [](auto& rows) { rows[2].gang = -2; });
    refused("gang_level[row 0]: got rack", [](auto& rows) { rows[0].gang_level = kRackLevel; });
    refused("origin[row 5]: got 3", [](auto& rows) { rows[5].origin = 3; });
}

TEST(domains_of_levels) {
    const Case c = bound_case();
    const auto network = c.network();
    CHECK_EQ(domain_of(*network, kSiteLevel, SiteId(2)), 2u);
    CHECK_EQ(domain_of(*network, kCountryLevel, SiteId(1)), 0u);
    CHECK_EQ(domain_of(*network, kCountryLevel, SiteId(2)), kNoDomain);
    CHECK_EQ(domain_of(*network, kRackLevel, SiteId(1)), kNoDomain);
    CHECK_EQ(domain_count(*network, kSiteLevel), 3u);
    CHECK_EQ(domain_count(*network, kRackLevel), 0u);
}
