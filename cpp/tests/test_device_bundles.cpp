#include "gigafleet/device_bundles.hpp"

#include <map>

#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_device_case;

TEST(shares_go_heavy_with_heavy_and_others_alone) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 16, .devices = 4, .device_memory = 8}};
    c.tasks = {{.compute = 1, .count = 2, .devices = 0.5},
               {.compute = 2, .count = 2, .devices = 0.5},
               {.compute = 3, .devices = 2},
               {.compute = 4}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    const SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    const PerDevice per_device(table, 0, 1);
    std::vector<Wanted> wanted;
    for (std::uint32_t of = 0; of < 4; ++of)
        wanted.push_back({of, static_cast<std::int64_t>(market->classes()[of].members), 0, 0});
    std::map<double, std::int64_t> devices;  // by heaviness; 4 of compute fall to a device
    Amounts each;
    each.fill(kUnlimited);
    const std::vector<Amounts> of_reach{each};
    SearchBudget budget({.steps = 1000}, quiet);
    for (const Bundle& bundle :
         tie_bundles(table, per_device, wanted, of_reach, Fill::kLargestFirst, budget)) {
        CHECK_EQ(bundle.number, 1);
        devices[bundle.heaviness] = bundle.devices;
    }
    CHECK((devices == std::map<double, std::int64_t>{{0.375, 2}, {0.5, 1}, {1, 1}} ||
           devices == std::map<double, std::int64_t>{{0.375, 2}, {0.5, 1}, {1, 0}}));
}

TEST(bundles_hold_every_task_once_and_shares_of_one_device) {
    std::mt19937 random(11);
    int tied = 0;
    for (int i = 0; i < 150; ++i) {
        const Stand stand(random_device_case(random, 8, 30));
        const auto market = stand.market();
        if (!market || stand.problem->device_demands().size() == 1) continue;
        const SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        const PerDevice per_device(table, 0, market->pools().size());
        std::vector<Wanted> wanted;
        std::map<std::uint32_t, std::int64_t> left;
        for (std::uint32_t of = 0; of < market->classes().size(); ++of) {
            left[of] = static_cast<std::int64_t>(market->classes()[of].members);
            wanted.push_back({of, left[of], of % 3, of % 2});
        }
        Amounts each;
        each.fill(kUnlimited);
        const std::vector<Amounts> of_reach(2, each);
        SearchBudget budget({.steps = 1'000'000}, quiet);
        const Fill how = i % 2 == 0 ? Fill::kLargestFirst : Fill::kFullestFirst;
        for (const Bundle& bundle : tie_bundles(table, per_device, wanted, of_reach, how, budget)) {
            Quantity share = 0, weight = 0;
            std::vector<Quantity> demand(market->dimensions());
            std::int64_t tasks = 0;
            for (const auto& [of, number] : bundle.parts) {
                const Problem::Shape& shape = stand.problem->shape(market->shape(table.shape(of)));
                CHECK_EQ(of % 2, bundle.reach);
                CHECK_EQ(of % 3, bundle.level);
                CHECK(number > 0);
                tasks += number;
                share += stand.problem->device_demands()[shape.device_demand].share * number;
                weight += shape.weight * number;
                for (std::size_t d = 0; d < demand.size(); ++d)
                    demand[d] += table.demand(table.shape(of))[d] * number;
                left[of] -= number * bundle.number;
            }
            CHECK_EQ(weight, bundle.weight);
            CHECK(demand == bundle.demand);
            CHECK_EQ(bundle.devices, (share + kWholeDevice - 1) / kWholeDevice);
            tied += tasks > 1;
        }
        for (const auto& [of, tasks] : left) CHECK_EQ(tasks, 0);
    }
    CHECK(tied > 50);
}

TEST(what_has_no_limit_falls_to_no_device) {
    Case c = Case::one_site();
    c.nodes = {{.compute = problem_cases::kInf, .devices = 2, .device_memory = 8}};
    c.tasks = {{.compute = 1, .devices = 1}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    const SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    const PerDevice per_device(table, 0, 1);
    CHECK_EQ(per_device.most(table.demand(0)), 0);
    CHECK_EQ(per_device.least(table.residual(0)), problem_cases::kInf);
}
