#include "gigafleet/repack.hpp"

#include <cmath>
#include <map>

#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

TEST(room_that_was_scattered_lies_together) {
    // Two slots of 6, one with a task of 4, one with two of 2: packed as 4 + 2 and 2, a task of 3 fits.
    Case c = Case::one_site();
    c.nodes = {{.compute = 6, .count = 2}};
    c.tasks = {{.compute = 4, .count = 1}, {.compute = 2, .count = 2}, {.compute = 3, .count = 1}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    const auto of = [&](double compute) {
        for (std::uint32_t k = 0; k < 3; ++k)
            if (static_cast<double>(table.demand(table.shape(k))[0]) == compute * 1e3) return k;
        return 3U;
    };
    for (std::size_t slot = 0; slot < 2; ++slot)
        while (!table.at(slot).empty()) table.remove(table.at(slot).front().of, slot);
    table.add(of(4), 0);
    table.add(of(2), 1);
    table.add(of(2), 1);
    CHECK(!table.find(table.shape(of(3)), 0));
    repack(table, problem_cases::kInf, "repack", quiet);
    CHECK(table.find(table.shape(of(3)), 0).has_value());
    CHECK_EQ(table.changes(), std::size_t{0});
}

TEST(no_task_leaves_its_pool_and_every_rule_is_kept) {
    std::mt19937 random(3);
    int changed = 0, gathered = 0;
    for (int i = 0; i < 500; ++i) {
        Case a_case = random_case(random, 8, 40);
        for (auto& node : a_case.nodes) node.count = 8, node.compute = 7;
        for (auto& task : a_case.tasks) task.compute = 1 + static_cast<double>(random() % 4);
        const Stand stand(std::move(a_case));
        const auto market = stand.market();
        if (!market) continue;
        const Solution greedy = place_greedily(stand.ground, {}, quiet);
        SlotTable table(stand.ground, *market, greedy);
        const auto held = [&](std::size_t pool) {
            std::map<std::uint32_t, std::uint32_t> tasks;
            for (std::size_t slot = table.first_slot(pool); slot < table.first_slot(pool + 1); ++slot)
                for (const SlotTable::Entry& entry : table.at(slot)) tasks[entry.of] += entry.tasks;
            return tasks;
        };
        const auto squares = [&](std::size_t pool) {  // of what slots have left: more if it lies together
            double sum = 0;
            for (std::size_t slot = table.first_slot(pool); slot < table.first_slot(pool + 1); ++slot)
                sum += std::pow(static_cast<double>(table.residual(slot)[0]), 2);
            return sum;
        };
        std::vector<std::map<std::uint32_t, std::uint32_t>> before;
        std::vector<double> room;
        for (std::size_t p = 0; p < market->pools().size(); ++p) {
            before.push_back(held(p));
            room.push_back(squares(p));
        }
        repack(table, problem_cases::kInf, "repack", quiet);
        for (std::size_t p = 0; p < market->pools().size(); ++p) {
            CHECK(held(p) == before[p]);
            gathered += squares(p) > room[p];
        }
        const Solution solution = table.solution(1);
        CHECK(solution.placed == greedy.placed);
        CHECK(std::abs(solution.cost - greedy.cost) <= 1e-9 * (1 + std::abs(greedy.cost)));
        CHECK(definition::keeps_rules(stand.c, *stand.problem, solution));
        changed += !definition::same(solution, greedy);
    }
    CHECK(changed > 50);
    CHECK(gathered > 20);
}

TEST(no_time_is_told_and_leaves_pools_as_they_are) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 3}};
    c.tasks = {{.compute = 1, .count = 5}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {}, quiet);
    SlotTable table(stand.ground, *market, greedy);
    CHECK(!repack(table, 0, "repack", quiet));
    CHECK(definition::same(table.solution(1), greedy));
}

TEST(slots_that_leave_early_keep_to_short_tasks) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .available_s = 100}, {.compute = 4, .available_s = 1000}};
    c.tasks = {{.compute = 2, .duration_s = 500, .count = 2}, {.compute = 3, .duration_s = 50}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {}, quiet);
    SlotTable table(stand.ground, *market, greedy);
    repack(table, problem_cases::kInf, "repack", quiet);
    CHECK(definition::same(table.solution(1), greedy));
}
