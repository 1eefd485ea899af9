#include "gigafleet/device_refill.hpp"

#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_device_case;

namespace {

constexpr SearchOptions kMuch{.steps = 1'000'000};

/// One device, and shares that fill it or not, each of the weight that it is.
Case shares_of_one_device(std::vector<std::pair<double, std::int64_t>> shares) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 8, .devices = 1, .device_memory = 8}};
    for (const auto& [share, count] : shares)
        c.tasks.push_back({.compute = 1, .weight = share, .count = count, .devices = share});
    return c;
}

}  // namespace

TEST(a_share_gives_way_to_those_that_fill_the_device) {
    const Stand stand(shares_of_one_device({{0.6, 1}, {0.5, 2}}));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    for (std::uint32_t of = 0; of < 2; ++of)
        while (table.left(of) < static_cast<std::int64_t>(market->classes()[of].members)) table.remove(of, 0);
    const std::uint32_t large = market->classes()[0].members == 1 ? 0 : 1;
    table.add(large, 0);
    table.settle();
    CHECK(refill_devices(table, kMuch, quiet));
    CHECK_EQ(table.left(large), 1);
    CHECK_EQ(table.left(1 - large), 0);
    CHECK_EQ(table.changes(), std::size_t{0});
}

TEST(tasks_of_a_higher_level_leave_whole_nodes_to_those_below) {
    // Two small ones of the higher level sit on a node each; by themselves they would be put so again.
    Case c = Case::one_site();
    c.nodes = {{.compute = 8, .count = 2, .devices = 2, .device_memory = 8}};
    c.tasks = {{.compute = 1, .priority = 1, .count = 2, .devices = 1}, {.compute = 4, .devices = 2}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    const std::uint32_t small = market->classes()[0].members == 2 ? 0 : 1;
    for (std::size_t slot = 0; slot < 2; ++slot) {
        while (!table.at(slot).empty()) table.remove(table.at(slot).front().of, slot);
        table.add(small, slot);
    }
    table.settle();
    CHECK(refill_devices(table, kMuch, quiet));
    CHECK_EQ(table.left(small), 0);
    CHECK_EQ(table.left(1 - small), 0);
}

TEST(what_weighs_no_more_stays_as_it_is) {
    const Stand stand(shares_of_one_device({{0.6, 1}, {0.3, 4}}));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {}, quiet);
    SlotTable table(stand.ground, *market, greedy);
    refill_devices(table, kMuch, quiet);
    CHECK(definition::same(table.solution(1), greedy));
}

TEST(weight_by_level_never_falls_and_every_rule_is_kept) {
    std::mt19937 random(23);
    int more = 0, levels = 0;
    for (int i = 0; i < 300 / check::kShare; ++i) {
        Case a_case = random_device_case(random, 8, 40);
        for (auto& node : a_case.nodes) node.count = 1 + static_cast<std::int64_t>(random() % 4);
        const Stand stand(std::move(a_case));
        const auto market = stand.market();
        if (!market) continue;
        const Solution greedy = place_greedily(stand.ground, {}, quiet);
        SlotTable table(stand.ground, *market, greedy);
        const Solution was = table.solution(1);
        CHECK(refill_devices(table, kMuch, quiet));
        CHECK_EQ(table.changes(), std::size_t{0});
        const Solution solution = table.solution(1);
        CHECK(definition::keeps_rules(stand.c, *stand.problem, solution));
        const auto before = weight_by_level(*stand.problem, greedy.placed);
        const auto after = weight_by_level(*stand.problem, solution.placed);
        CHECK(after >= before);
        more += after > before;
        levels += after > before && after.size() > 1;
        CHECK(after > before || definition::same(solution, was));
    }
    CHECK(more > 16 / check::kShare);
    CHECK(levels > 4 / check::kShare);
}

TEST(no_time_and_no_steps_leave_all_as_it_is) {
    const Stand stand(shares_of_one_device({{0.6, 1}, {0.5, 2}}));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {.order = Order::kLargeFirst}, quiet);
    SlotTable table(stand.ground, *market, greedy);
    CHECK(!refill_devices(table, {.steps = 1'000'000, .time_limit_s = 0}, quiet));
    CHECK(refill_devices(table, {.steps = 1}, quiet));
    CHECK(definition::same(table.solution(1), greedy));
}
