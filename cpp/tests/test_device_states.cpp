#include "gigafleet/device_states.hpp"

#include <bit>

#include "check.hpp"
#include "definition.hpp"

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;
using problem_cases::random_device_case;
using problem_cases::TaskRow;

namespace {

/// Two devices with 8 of memory each, and tasks that ask so much of them.
Case two_devices(std::vector<TaskRow> tasks) {
    Case c = Case::one_site();
    c.nodes = {{.devices = 2, .device_memory = 8}};
    c.tasks = std::move(tasks);
    return c;
}

std::uint32_t demand_of(const Problem& problem, std::size_t row) {
    const Workload& workload = problem.workload();
    return problem.shape(workload.classes()[workload.class_of_row(static_cast<std::int64_t>(row)).at()].shape)
        .device_demand;
}

/// A task of each demand.
std::vector<const TaskRow*> rows_of(const Case& c, const Problem& problem) {
    std::vector<const TaskRow*> rows(problem.device_demands().size());
    for (std::size_t row = 0; row < c.tasks.size(); ++row) rows[demand_of(problem, row)] = &c.tasks[row];
    return rows;
}

}  // namespace

TEST(a_share_stays_on_one_device) {
    const auto problem = two_devices({{.devices = 0.6}, {.devices = 0.4}, {.devices = 1}}).problem();
    const std::uint32_t large = demand_of(*problem, 0), small = demand_of(*problem, 1),
                        whole = demand_of(*problem, 2);
    DeviceStates states(*problem, KindId(0));
    CHECK_EQ(states.fit(DeviceStates::kEmpty, large, 99), 2);  // not three, though 1.8 of 2 would do
    CHECK_EQ(states.fit(DeviceStates::kEmpty, small, 99), 4);
    CHECK_EQ(states.fit(DeviceStates::kEmpty, whole, 1), 1);
    const auto two = states.with(DeviceStates::kEmpty, large, 2);
    CHECK_EQ(states.fit(two, small, 99), 2);
    CHECK_EQ(states.fit(two, whole, 99), 0);
    CHECK_EQ(states.with(two, large, -2), DeviceStates::kEmpty);
    const auto both = states.with(states.with(DeviceStates::kEmpty, large, 1), whole, 1);
    CHECK_EQ(states.of(std::vector<DeviceStates::Part>{{large, 1}, {whole, 1}}), both);
    CHECK_EQ(states.fit(both, small, 99), 1);
    CHECK_EQ(states.fit(both, large, 99), 0);
}

TEST(memory_is_that_of_each_device) {
    const auto problem =
        two_devices({{.devices = 0.25, .device_memory = 5}, {.devices = 2, .device_memory = 8}}).problem();
    DeviceStates states(*problem, KindId(0));
    CHECK_EQ(states.fit(DeviceStates::kEmpty, demand_of(*problem, 0), 99), 2);
    CHECK_EQ(states.fit(DeviceStates::kEmpty, demand_of(*problem, 1), 99), 1);
}

TEST(what_best_fit_misses_is_searched_for) {
    // Largest first, best fit: 0.5 + 0.4 and 0.4 + 0.3 + 0.2, and no room for the last 0.2; but 0.5 + 0.3 +
    // 0.2 and 0.4 + 0.4 + 0.2 fill both.
    const auto problem =
        two_devices({{.devices = 0.5}, {.devices = 0.4}, {.devices = 0.3}, {.devices = 0.2}}).problem();
    DeviceStates states(*problem, KindId(0));
    auto state = DeviceStates::kEmpty;
    for (const auto& [row, tasks] : {std::pair(0U, 1), {1U, 2}, {2U, 1}, {3U, 1}})
        state = states.with(state, demand_of(*problem, row), tasks);
    CHECK_EQ(states.fit(state, demand_of(*problem, 3), 99), 1);
    state = states.with(state, demand_of(*problem, 3), 1);
    for (const std::uint64_t seat : states.seats(state)) CHECK(seat == 1 || seat == 2);
}

TEST(as_many_fit_as_trying_every_way_finds) {
    std::mt19937 random(1);
    int some = 0, none = 0;
    for (int i = 0; i < 300; ++i) {
        const Case c = random_device_case(random, 4, 8);
        if (!c.has_devices()) continue;
        const auto problem = c.problem();
        const Definition define(c);
        const auto rows = rows_of(c, *problem);
        for (std::size_t n = 0; n < c.nodes.size(); ++n) {
            if (c.nodes[n].count == 0 || c.nodes[n].devices == 0) continue;
            const auto kind = [&] {
                for (const Fleet::Pool& pool : problem->fleet().pools())
                    for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
                        if (problem->fleet().row_of_entry(e) == static_cast<std::int64_t>(n))
                            return pool.kind;
                return KindId(0);
            }();
            DeviceStates states(*problem, kind);
            auto state = DeviceStates::kEmpty;
            std::vector<const TaskRow*> held;
            for (int step = 0; step < 6; ++step) {
                if (problem->device_demands().size() == 1) break;
                const auto demand =
                    static_cast<std::uint32_t>(1 + random() % (problem->device_demands().size() - 1));
                const std::int64_t most = states.fit(state, demand, 50);
                const auto hold = [&](std::int64_t tasks) {
                    auto all = held;
                    all.insert(all.end(), static_cast<std::size_t>(tasks), rows[demand]);
                    std::ranges::stable_sort(all, std::greater<>(), [](auto* t) { return t->devices; });
                    return define.devices_hold(c.nodes[n], all);
                };
                CHECK(hold(most));
                CHECK(!hold(most + 1));
                (most > 0 ? some : none) += 1;
                const std::int64_t taken = std::min(most, 1 + static_cast<std::int64_t>(random() % 2));
                state = states.with(state, demand, taken);
                held.insert(held.end(), static_cast<std::size_t>(taken), rows[demand]);
            }
            // No device holds more than it has, and whole ones nothing else.
            const auto seats = states.seats(state);
            std::vector<Quantity> share(64), memory(64);
            std::size_t seat = 0;
            for (const auto& [of, tasks] : states.parts(state))
                for (std::int64_t k = 0; k < tasks; ++k, ++seat) {
                    const DeviceDemand& demand = problem->device_demands()[of];
                    CHECK_EQ(std::popcount(seats[seat]), devices_used(demand.share));
                    for (int d = 0; d < 64; ++d)
                        if (seats[seat] >> d & 1) {
                            share[static_cast<std::size_t>(d)] += std::min(demand.share, kWholeDevice);
                            memory[static_cast<std::size_t>(d)] +=
                                demand.each[problem->fleet().schema().devices + 1];
                        }
                }
            CHECK_EQ(seat, held.size());
            for (std::size_t d = 0; d < 64; ++d) {
                CHECK(share[d] <= (static_cast<double>(d) < c.nodes[n].devices ? kWholeDevice : 0));
                CHECK(memory[d] <= definition::down(c.nodes[n].device_memory, 1e-6));
            }
        }
    }
    CHECK(some > 300 && none > 100);
}
