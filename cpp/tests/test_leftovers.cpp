#include "gigafleet/leftovers.hpp"

#include <map>
#include <utility>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/stream.hpp"

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;

namespace {

NoControl quiet;

/// By node row and instance: what tasks take of it.
using Used = std::map<std::pair<std::int64_t, std::int64_t>, Amounts>;

Used used_by(const Case& c, const Problem& problem, const Solution& solution) {
    const Definition definition(c);
    const Assignments runs = stream_assignments(problem, solution);
    Used used;
    for (std::size_t r = 0; r < runs.task.size(); ++r) {
        const Amounts demand = definition.demand(c.tasks[static_cast<std::size_t>(runs.task[r])]);
        for (std::int64_t i = 0; i < runs.instances[r]; ++i)
            for (std::size_t d = 0; d < 4; ++d)
                used[{runs.node[r], runs.first_instance[r] + i}][d] += demand[d] * runs.per_instance[r];
    }
    return used;
}

}  // namespace

TEST(every_slot_has_what_its_tasks_leave) {
    std::mt19937 random(5);
    int several = 0;
    for (int i = 0; i < 400; ++i) {
        const Case c = problem_cases::random_case(random, 12, 25);
        const auto problem = c.problem();
        const Definition definition(c);
        const Fleet& fleet = problem->fleet();
        const Groundwork ground(*problem, quiet);
        const Solution solution = place_greedily(ground, {}, quiet);
        Used used = used_by(c, *problem, solution);
        const Leftovers leftovers(*problem, Holdings(*problem, solution));
        for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
            const Fleet::Pool& pool = fleet.pools()[p];
            std::int64_t next = 0, calls = 0;
            leftovers.for_alike(
                PoolId(p), [&](std::int64_t first, std::int64_t slots, const Amounts& capacity,
                               const Amounts& left, std::uint32_t guests) {
                    CHECK_EQ(guests, 0u);
                    CHECK_EQ(first, next);
                    CHECK(slots > 0);
                    next = first + slots;
                    ++calls;
                    for (std::int64_t slot = first; slot < next; ++slot) {
                        const std::int64_t entry = fleet.entry_of_slot(pool, slot);
                        const std::int64_t row = fleet.row_of_entry(entry);
                        const Amounts whole = definition.capacity(c.nodes[static_cast<std::size_t>(row)]);
                        const Amounts& taken = used[{row, slot - fleet.slot_of_entry(pool, entry)}];
                        for (std::size_t d = 0; d < 4; ++d) {
                            CHECK_EQ(capacity[d], whole[d]);
                            CHECK_EQ(left[d], whole[d] == kUnlimited ? kUnlimited : whole[d] - taken[d]);
                        }
                    }
                });
            CHECK_EQ(next, pool.slots);
            several += calls > 1;
        }
    }
    CHECK(several > 100);
}

TEST(slots_that_hold_the_same_come_together) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 1'000'000}};
    c.tasks = {{.compute = 3, .count = 10}, {.compute = 1, .count = 7}};
    const auto problem = c.problem();
    const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    std::vector<std::pair<std::int64_t, Quantity>> runs;
    Leftovers(*problem, Holdings(*problem, solution))
        .for_alike(PoolId(std::size_t{0}),
                   [&](std::int64_t, std::int64_t slots, const Amounts&, const Amounts& left, std::uint32_t) {
                       runs.emplace_back(slots, left[0]);
                   });
    CHECK(runs == (std::vector<std::pair<std::int64_t, Quantity>>{{7, 0}, {3, 1000}, {999'990, 4000}}));
}

TEST(what_has_no_limit_holds_any_amount) {
    Case c = Case::one_site();
    c.nodes = {{.compute = problem_cases::kInf}};
    c.tasks = {{.compute = 2e12, .count = 10'000}};
    const auto problem = c.problem();
    const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    CHECK_EQ(solution.placed[0], 10'000);
    Leftovers(*problem, Holdings(*problem, solution))
        .for_alike(PoolId(std::size_t{0}),
                   [&](std::int64_t, std::int64_t, const Amounts&, const Amounts& left, std::uint32_t) {
                       CHECK_EQ(left[0], kUnlimited);
                   });
}

TEST(what_tasks_ask_of_devices_is_told_by_demand) {
    std::mt19937 random(6);
    int several = 0;
    for (int i = 0; i < 300; ++i) {
        const Case c = problem_cases::random_device_case(random, 6, 14);
        if (!c.has_devices()) continue;
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
        std::map<std::pair<std::int64_t, std::int64_t>, std::map<std::uint32_t, std::int64_t>> on;  // by node
        const Assignments runs = stream_assignments(*problem, solution);
        for (std::size_t r = 0; r < runs.task.size(); ++r) {
            const Workload& workload = problem->workload();
            const ShapeId shape = workload.classes()[workload.class_of_row(runs.task[r]).at()].shape;
            const std::uint32_t asked = problem->shape(shape).device_demand;
            for (std::int64_t k = 0; asked != 0 && k < runs.instances[r]; ++k)
                on[{runs.node[r], runs.first_instance[r] + k}][asked] += runs.per_instance[r];
        }
        const Leftovers leftovers(*problem, Holdings(*problem, solution));
        for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
            const Fleet::Pool& pool = fleet.pools()[p];
            leftovers.for_alike(PoolId(p), [&](std::int64_t first, std::int64_t slots, const Amounts&,
                                               const Amounts&, std::uint32_t guests) {
                for (std::int64_t slot = first; slot < first + slots; ++slot) {
                    const std::int64_t entry = fleet.entry_of_slot(pool, slot);
                    const auto& wanted =
                        on[{fleet.row_of_entry(entry), slot - fleet.slot_of_entry(pool, entry)}];
                    const auto& parts = leftovers.guests(guests).on_devices;
                    CHECK((std::map<std::uint32_t, std::int64_t>(parts.begin(), parts.end()) == wanted));
                    several += wanted.size() > 1;
                }
            });
        }
    }
    CHECK(several > 30);
}

TEST(models_in_use_are_told) {
    Case c = Case::one_site();
    c.weights = {1, 1, 1};
    c.nodes = {{.compute = 4, .count = 3}};
    c.tasks = {{.compute = 3, .model = 0}, {.compute = 1, .model = 2}, {.compute = 4}};
    const auto problem = c.problem();
    Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    std::vector<ModelSet> found;
    const Leftovers leftovers(*problem, Holdings(*problem, solution));
    leftovers.for_alike(PoolId(std::size_t{0}),
                        [&](std::int64_t, std::int64_t, const Amounts&, const Amounts&,
                            std::uint32_t guests) { found.push_back(leftovers.guests(guests).models); });
    std::ranges::sort(found);
    CHECK(found == (std::vector<ModelSet>{0, 0b101}) || found == (std::vector<ModelSet>{0, 0, 0b101}));
}
