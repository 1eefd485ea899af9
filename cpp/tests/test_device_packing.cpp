#include "gigafleet/device_packing.hpp"

#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_device_case;

namespace {

/// A site of a case, packed by all levels.
struct Packed {
    Stand stand;
    std::optional<Market> market;
    std::optional<SlotTable> table;
    std::optional<DeviceSite> site;
    std::optional<PerDevice> per_device;
    std::optional<DevicePacking> packing;
    bool spent = false;

    explicit Packed(Case c, std::int64_t steps = 1'000'000) : stand(std::move(c)), market(stand.market()) {
        if (!market) return;
        table.emplace(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        std::size_t last = 1;
        while (last < market->pools().size() && site_of(last) == site_of(0)) ++last;
        site.emplace(*table, 0, last, levels_of_shapes(*stand.problem));
        per_device.emplace(*table, 0, last);
        packing.emplace(*table, *site, *per_device);
        SearchBudget budget({.steps = steps}, quiet);
        spent = !packing->pack(tie_bundles(*table, *per_device, site->wanted(), site->each_device(),
                                           Fill::kLargestFirst, budget),
                               budget);
        spent = spent || !budget.is_left();
    }
    SiteId site_of(std::size_t p) const {
        return stand.problem->fleet().pools()[market->pools()[p].id.at()].site;
    }
};

}  // namespace

TEST(what_asks_for_much_goes_where_there_is_much_for_each_device) {
    // 32 of compute in all. The two largest find 20 and 12 for two devices each, and leave 6 and 5.
    Case c = Case::one_site();
    c.nodes = {{.compute = 20, .devices = 2, .device_memory = 8},
               {.compute = 12, .devices = 2, .device_memory = 8}};
    c.tasks = {{.compute = 5, .devices = 1},
               {.compute = 14, .devices = 1},
               {.compute = 6, .devices = 1},
               {.compute = 7, .devices = 1}};
    const Packed packed(std::move(c));
    CHECK(packed.packing->weight() == std::vector<WideQuantity>{4'000'000});
}

TEST(free_devices_are_not_left_without_what_the_lightest_needs) {
    // A task of two devices would leave too little next to those that stay free, on either node; one more of
    // the light ones for each of them weighs more.
    Case c = Case::one_site();
    c.nodes = {{.compute = 9, .devices = 3, .device_memory = 8},
               {.compute = 8, .devices = 4, .device_memory = 8}};
    c.tasks = {{.compute = 8, .weight = 2.2, .devices = 2}, {.compute = 1.8, .count = 7, .devices = 1}};
    const Packed packed(std::move(c));
    CHECK(packed.packing->weight() == std::vector<WideQuantity>{7'000'000});
}

TEST(higher_levels_come_first) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 8, .devices = 1, .device_memory = 8}};
    c.tasks = {{.compute = 1, .weight = 9, .devices = 1}, {.compute = 1, .priority = 1, .devices = 1}};
    const Packed packed(std::move(c));
    CHECK((packed.packing->weight() == std::vector<WideQuantity>{1'000'000, 0}));
}

TEST(slots_hold_what_is_put_there_and_bundles_are_counted) {
    std::mt19937 random(7);
    int full = 0, cut = 0;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        const Packed packed(random_device_case(random, 8, 30), i % 8 == 0 ? 1 : 1'000'000);
        if (!packed.market || packed.stand.problem->device_demands().size() == 1) continue;
        cut += packed.spent;
        const Problem& problem = *packed.stand.problem;
        const SlotTable& table = *packed.table;
        WideQuantity weight = 0;
        std::vector<std::int64_t> placed(packed.market->classes().size());
        for (std::size_t p = 0; p < packed.site->last_pool(); ++p)
            for (std::size_t slot = table.first_slot(p); slot < table.first_slot(p + 1); ++slot) {
                const Fleet::Pool& pool = problem.fleet().pools()[packed.market->pools()[p].id.at()];
                const Amounts has = problem.fleet().capacity(
                    pool, problem.fleet().entry_of_slot(
                              pool, static_cast<std::int64_t>(slot - table.first_slot(p))));
                CHECK(packed.site->is_open(p) || packed.packing->at(slot).empty());
                Amounts taken{};
                std::int64_t devices = 0;
                for (const auto& [b, number] : packed.packing->at(slot)) {
                    const Bundle& bundle = packed.packing->bundles()[b];
                    CHECK(packed.site->is_within(bundle.reach, p));
                    devices += bundle.devices * number;
                    weight += WideQuantity{bundle.weight} * number;
                    for (std::size_t d = 0; d < bundle.demand.size(); ++d)
                        taken[packed.market->dimension(d)] += bundle.demand[d] * number;
                    for (const auto& [of, tasks] : bundle.parts) {
                        CHECK(table.cost(of, p) != Market::kOut);
                        placed[of] += tasks * number;
                    }
                }
                CHECK(holds(has, taken));
                CHECK(devices <= problem.fleet().kinds()[pool.kind.at()].devices);
                full += devices > 0 && devices == problem.fleet().kinds()[pool.kind.at()].devices;
            }
        if (packed.spent) continue;
        WideQuantity told = 0;
        for (const WideQuantity level : packed.packing->weight()) told += level;
        CHECK(told == weight);
        for (const Bundle& bundle : packed.packing->bundles())
            for (const auto& [of, tasks] : bundle.parts) placed[of] += tasks * bundle.number;
        for (const Wanted& wanted : packed.site->wanted()) CHECK_EQ(placed[wanted.of], wanted.tasks);
    }
    CHECK(full > 40 / check::kShare);
    CHECK(cut > 1);
}
