#include "gigafleet/tenant_place.hpp"

#include <algorithm>

#include "check.hpp"
#include "tenant_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

Plan place_case(const Case& c, const TenantTable& table, int threads = 1, unsigned off = 0,
                std::int64_t most_shapes = 512) {
    const auto network = c.network();
    PlaceOptions options;
    options.objective = c.objective;
    options.threads = threads;
    options.tenants = &table;
    options.disabled_rules = off;
    options.most_shapes = most_shapes;
    options.cells = 4;
    return place(network, c.fleet(*network), c.workload(*network), options, quiet);
}

}  // namespace

TEST(quotas_hold_and_reports_add_up) {
    std::mt19937 random(6);
    int bound = 0;
    for (int i = 0; i < 150; ++i) {
        const Case c = problem_cases::random_case(random, 8, 60);
        const auto tenant = tenant_cases::random_tenants(random, c.tasks.size(), 3);
        TenantTable table = tenant_cases::table_of(tenant, 3);
        table.quota[0][0] = static_cast<Quantity>(random() % 2000);
        Plan plan = place_case(c, table, 1, 0, random() % 2 ? 512 : 0);
        explain(plan, quiet);
        const TenantReport found = report(plan);
        CHECK(found.rows[0].used[0] <= table.quota[0][0]);
        std::int64_t placed = 0;
        WideQuantity used = 0;
        for (const TenantReport::Row& row : found.rows) {
            CHECK(row.placed >= 0 && row.placed + row.left_for_quota + row.left_for_fairness <= row.members);
            placed += row.placed;
            used += row.used[0];
        }
        CHECK_EQ(placed, plan.placed_tasks);
        CHECK(used == plan.used[0]);
        CHECK_EQ(found.rows[1].left_for_quota + found.rows[2].left_for_quota, 0);
        bound += found.rows[0].left_for_quota > 0;
    }
    CHECK(bound > 20);
}

TEST(a_small_share_is_safe_from_a_flood_of_other_shapes) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 8, .count = 100}};
    c.tasks = {{.compute = 4, .count = 60}, {.compute = 1, .count = 5000}};
    const std::vector<std::int8_t> tenant{0, 1};
    const TenantTable table = tenant_cases::table_of(tenant, 2);
    const TenantReport fair = report(place_case(c, table));
    CHECK_EQ(fair.rows[0].placed, 60);
    CHECK_EQ(fair.rows[1].placed, 560);
    const TenantReport unfair = report(place_case(c, table, 1, kRuleFairness));
    CHECK(unfair.rows[0].placed < 60);  // of equal weight the small ones are the better deal
}

TEST(too_many_nodes_to_lay_open_are_shared_by_bands) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 8, .count = 300'000}};
    c.tasks = {{.compute = 4, .count = 100'000},
               {.compute = 1, .count = 9'000'000},
               {.compute = 2, .count = 2'000'000}};
    const std::vector<std::int8_t> tenant{0, 1, 2};
    const TenantTable table = tenant_cases::table_of(tenant, 3);
    const TenantReport found = report(place_case(c, table));
    CHECK_EQ(found.rows[0].placed, 100'000);
    for (const std::size_t t : {1, 2}) CHECK(std::abs(found.rows[t].dominant_share - 5.0 / 12) < 0.02);
}
