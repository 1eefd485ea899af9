#include "gigafleet/device_site.hpp"

#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;

namespace {

/// What a site of one case is, before anything is placed or after.
struct Seen {
    Stand stand;
    std::optional<Market> market;
    SlotTable table;
    DeviceSite site;

    explicit Seen(Case c)
        : stand(std::move(c)),
          market(stand.market()),
          table(stand.ground, *market, place_greedily(stand.ground, {}, quiet)),
          site(table, 0, market->pools().size(), levels_of_shapes(*stand.problem)) {}

    std::size_t reach_of(double compute) const {
        for (const Wanted& wanted : site.wanted())
            if (static_cast<double>(table.demand(table.shape(wanted.of))[0]) == compute * 1e3)
                return wanted.reach;
        return SIZE_MAX;
    }
    std::size_t pool_of(double compute) const {
        for (std::size_t p = 0; p < market->pools().size(); ++p)
            if (stand.problem->fleet().pools()[market->pools()[p].id.at()].capacity_max[0] ==
                static_cast<Quantity>(compute * 1e3))
                return p;
        return SIZE_MAX;
    }
};

}  // namespace

TEST(a_node_that_is_too_small_does_not_part_tasks_and_a_label_does) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 2, .devices = 1, .device_memory = 8},
               {.compute = 9, .devices = 1, .device_memory = 8},
               {.compute = 10, .labels = 2, .devices = 1, .device_memory = 8}};
    c.tasks = {
        {.compute = 1, .devices = 0.5}, {.compute = 3, .devices = 0.5}, {.compute = 4, .devices = 0.5}};
    c.tasks[2].require = 2;
    const Seen seen(std::move(c));
    CHECK_EQ(seen.reach_of(1), seen.reach_of(3));
    CHECK(seen.site.is_within(seen.reach_of(3), seen.pool_of(9)));
    CHECK(!seen.site.is_within(seen.reach_of(4), seen.pool_of(9)));
    CHECK(seen.site.is_within(seen.reach_of(4), seen.pool_of(10)));
}

TEST(tasks_that_may_not_run_here_are_not_wanted) {
    Case c = Case::line(2);
    c.nodes = {{.compute = 4, .devices = 1, .device_memory = 8}};
    c.tasks = {{.compute = 1, .count = 3, .devices = 1}, {.origin = 1, .compute = 2, .max_rtt_ms = 0.1}};
    const Seen seen(std::move(c));
    CHECK_EQ(seen.site.wanted().size(), 1u);
    CHECK_EQ(seen.site.wanted()[0].tasks, 3);  // one there, two nowhere
    CHECK(seen.site.weight() == std::vector<WideQuantity>{1'000'000});
    CHECK(seen.site.is_open(0));
}

TEST(nodes_without_devices_or_that_leave_too_early_are_not_open) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .available_s = 100, .devices = 1, .device_memory = 8},
               {.compute = 4, .available_s = 1000, .devices = 1, .device_memory = 8},
               {.compute = 3}};
    c.tasks = {{.compute = 2, .duration_s = 500, .devices = 1}};
    const Seen seen(std::move(c));
    for (std::size_t p = 0; p < seen.market->pools().size(); ++p) CHECK(!seen.site.is_open(p));
    CHECK(seen.site.weight() == std::vector<WideQuantity>{0});
}
