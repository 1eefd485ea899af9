#include "gigafleet/slot_fit.hpp"

#include <set>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/stream.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;

namespace {

NoControl quiet;

/// What is on the slots of a pool.
std::vector<PoolState::Wish> wishes_on(const Holdings& holdings, PoolId pool) {
    std::vector<PoolState::Wish> wishes;
    for (const Holdings::Held& held : holdings.of(pool)) wishes.push_back(holdings.wish(held));
    sort_wishes(wishes);
    return wishes;
}

}  // namespace

TEST(rows_have_room_where_the_definition_says_so) {
    std::mt19937 random(1);
    int with_room = 0, without = 0, on_devices = 0;
    for (int i = 0; i < 400 / check::kShare; ++i) {
        const Case c = i % 2 ? problem_cases::random_device_case(random, 6, 12)
                             : problem_cases::random_case(random, 12, 20);
        const auto problem = c.problem();
        const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
        const Holdings holdings(*problem, solution);
        Definition definition(c);
        State state(definition, c);
        definition::play(c, *problem, solution, definition, state);
        for (std::size_t t = 0; t < c.tasks.size(); ++t) {
            if (c.tasks[t].devices > 0 && !c.has_devices()) continue;
            const ClassId of = problem->workload().class_of_row(static_cast<std::int64_t>(t));
            SlotFit slot_fit(*problem, problem->shape(problem->workload().classes()[of.at()].shape));
            std::set<std::int64_t> open;
            for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p) {
                std::int64_t next = 0;
                slot_fit.for_slots(PoolId(p), wishes_on(holdings, PoolId(p)), [&](const auto& slots) {
                    CHECK_EQ(slots.first, next);
                    next += slots.slots;
                    const std::int64_t fit = slot_fit.fit(slots, 5);
                    bool is_full = false;
                    slot_fit.for_each_full(slots, [&](std::size_t) { is_full = true; });
                    CHECK_EQ(fit == 0, is_full);
                    if (fit == 0) return;
                    CHECK(slot_fit.is_small_enough(slots));
                    Assignments runs;
                    runs.add(problem->fleet(), 0, {PoolId(p), slots.first, slots.slots, 1});
                    open.insert(runs.node.begin(), runs.node.end());
                });
                CHECK_EQ(next, problem->fleet().pools()[p].slots);
            }
            for (std::size_t n = 0; n < c.nodes.size(); ++n) {
                const bool room = state.room_on(c.tasks[t], n);
                CHECK_EQ(open.contains(static_cast<std::int64_t>(n)), room);
                (room ? with_room : without) += 1;
                on_devices += room && c.tasks[t].devices > 0;
            }
        }
    }
    CHECK(with_room > 500 / check::kShare);
    CHECK(without > 500 / check::kShare);
    CHECK(on_devices > 100 / check::kShare);
}
