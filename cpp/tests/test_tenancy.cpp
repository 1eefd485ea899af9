#include "gigafleet/tenancy.hpp"

#include <map>

#include "check.hpp"
#include "problem_cases.hpp"
#include "tenant_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

using tenant_cases::table_of;
NoControl quiet;

}  // namespace

TEST(rows_add_up_by_tenant_and_level) {
    std::mt19937 random(1);
    for (int i = 0; i < 100; ++i) {
        const Case c = problem_cases::random_case(random, 4, 60);
        const auto problem = c.problem();
        const auto tenant = tenant_cases::random_tenants(random, c.tasks.size(), 3);
        const TenantTable table = table_of(tenant, 3);
        const Tenancy tenancy(*problem, table, 2, quiet);
        std::vector<WideQuantity> asked(tenancy.levels() * 4);
        std::vector<std::int64_t> members(4);
        std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> of_class;
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const ClassId id = problem->workload().class_of_row(static_cast<std::int64_t>(row));
            const std::uint32_t t = tenant[row] < 0 ? 3 : static_cast<std::uint32_t>(tenant[row]);
            const ShapeId shape = problem->workload().classes()[id.at()].shape;
            asked[tenancy.level(id) * 4 + t] +=
                WideQuantity{problem->shape(shape).demand[0]} * c.tasks[row].count;
            members[t] += c.tasks[row].count;
            if (c.tasks[row].count > 0) of_class[{id.value, t}] += c.tasks[row].count;
        }
        for (std::uint32_t t = 0; t < 4; ++t) {
            CHECK_EQ(tenancy.members(t), members[t]);
            for (std::size_t level = 0; level < tenancy.levels(); ++level)
                CHECK(tenancy.asked(level, t, 0) == asked[level * 4 + t]);
        }
        const std::vector<std::uint8_t> all(problem->workload().classes().size(), 1);
        const auto parts = tenancy.parts(all, 2);
        CHECK_EQ(parts.size(), of_class.size());
        std::size_t at = 0;
        for (const auto& [key, count] : of_class) {
            if (at == parts.size()) break;
            CHECK(parts[at].of.value == key.first && parts[at].tenant == key.second);
            CHECK_EQ(parts[at].members, count);
            CHECK(problem->workload().class_of_row(parts[at].first_row) == parts[at].of);
            ++at;
        }
    }
}

TEST(a_bad_row_is_named) {
    Case c = Case::one_site();
    c.nodes.resize(1);
    c.tasks.resize(3);
    c.tasks[1].priority = 1;
    const auto problem = c.problem();
    const auto low = [](const std::vector<std::int8_t>& tenant) {
        TenantTable table = table_of(tenant, 2);
        table.max_priority = {0, 0};
        return table;
    };
    CHECK_THROWS(InputError, "tasks.tenant[row 2]: got 2, wanted a tenant from 0 to 1, or -1",
                 Tenancy(*problem, low({0, -1, 2}), 1, quiet));
    CHECK_THROWS(InputError, "tasks.priority[row 1]: got 1, wanted at most 0, the max_priority of its tenant",
                 Tenancy(*problem, low({0, 1, 0}), 1, quiet));
    Tenancy(*problem, low({0, -1, 1}), 1, quiet);  // tasks of none have no limit
}

TEST(shares_are_of_what_all_nodes_have) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 3}, {.compute = 8}};
    c.tasks.resize(2);
    const auto problem = c.problem();
    const std::vector<std::int8_t> tenant{0, 1};
    TenantTable table = table_of(tenant, 2);
    table.weight = {1, 2};
    const Tenancy tenancy(*problem, table, 1, quiet);
    TenantShares shares(tenancy);
    shares.add(1, problem->shapes()[0].demand, 4);
    CHECK_EQ(shares.of(0), 0.0);
    CHECK(std::abs(shares.of(1) - 0.1) < 1e-12);  // 4 of 20, by a weight of 2; energy has no limit
    CHECK(std::abs(shares.with(1, problem->shapes()[0].demand, 2) - 0.15) < 1e-12);
    CHECK_EQ(shares.members_to(0.2, 1, problem->shapes()[0].demand, 100), 4);
    CHECK_EQ(shares.members_to(0.2, 1, problem->shapes()[0].demand, 3), 3);
    CHECK_EQ(shares.members_to(0.05, 1, problem->shapes()[0].demand, 3), 0);
}
