#include "gigafleet/device_seats.hpp"

#include <bit>
#include <map>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/place.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;
using problem_cases::random_device_case;

namespace {

NoControl quiet;

Plan placed(const Case& c, Effort effort, unsigned disabled_rules = 0) {
    PlaceOptions options;
    options.disabled_rules = disabled_rules;
    options.objective = c.objective;
    options.effort = effort;
    options.threads = 1;
    const auto network = c.network();
    return place(network, c.fleet(*network), c.workload(*network), options, quiet);
}

}  // namespace

TEST(every_rule_is_kept_and_reasons_are_right) {
    std::mt19937 random(3);
    int devices_bind = 0, shares = 0;
    for (int i = 0; i < 300; ++i) {
        const Case c = random_device_case(random, 6, 14);
        if (!c.has_devices()) continue;
        for (const Effort effort : {Effort::kFast, Effort::kBalanced, Effort::kBest}) {
            Plan plan = placed(c, effort);
            explain(plan, quiet);
            Definition define(c);
            State state(define, c);
            const auto played = definition::play(c, *plan.problem, plan.solution, define, state);
            CHECK(played.kept);
            CHECK(std::abs(played.cost - plan.cost()) <= 1e-9 * (1 + std::abs(played.cost)));
            for (std::size_t row = 0; row < c.tasks.size(); ++row) {
                shares += c.has_devices() && c.tasks[row].devices > 0 && played.placed[row] > 0;
                if (played.placed[row] == c.tasks[row].count) continue;
                const ClassId of = plan.problem->workload().class_of_row(static_cast<std::int64_t>(row));
                const Reason reason = state.first_gate(c.tasks[row]);
                CHECK_EQ(static_cast<int>(plan.solution.reason[of.at()]), static_cast<int>(reason));
                devices_bind += reason == Reason::kCapacity && c.tasks[row].devices > 0;
            }
        }
    }
    CHECK(devices_bind > 100);
    CHECK(shares > 300);
}

TEST(without_the_rule_devices_hold_too_much) {
    std::mt19937 random(5);
    int broken = 0;
    for (int i = 0; i < 200; ++i) {
        const Case c = random_device_case(random, 6, 14);
        const Plan plan = placed(c, Effort::kFast, kRuleDevices);
        broken += !definition::keeps_rules(c, *plan.problem, plan.solution);
    }
    CHECK(broken > 20);
}

TEST(each_member_is_on_devices_of_its_own) {
    std::mt19937 random(4);
    int cut = 0;
    for (int i = 0; i < 300; ++i) {
        const Case c = random_device_case(random, 6, 14);
        if (!c.has_devices()) continue;
        const Plan plan = placed(c, Effort::kBalanced);
        const Assignments before = stream_assignments(*plan.problem, plan.solution);
        Assignments after = before;
        seat_on_devices(*plan.problem, after);
        if (after.devices.empty()) continue;
        cut += after.task.size() > before.task.size();
        CHECK(std::ranges::is_sorted(after.task));
        struct Device {
            Quantity share = 0, memory = 0;
        };
        std::map<std::tuple<std::int64_t, std::int64_t, int>, Device> held;  // by node, instance, device
        std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int64_t> is, was;
        for (std::size_t r = 0; r < before.task.size(); ++r)
            for (std::int64_t k = 0; k < before.instances[r]; ++k)
                was[{before.task[r], before.node[r], before.first_instance[r] + k}] += before.per_instance[r];
        for (std::size_t r = 0; r < after.task.size(); ++r) {
            const auto& task = c.tasks[static_cast<std::size_t>(after.task[r])];
            const auto& node = c.nodes[static_cast<std::size_t>(after.node[r])];
            const Quantity share = definition::up(task.devices, 1e-3);
            CHECK_EQ(std::popcount(after.devices[r]), devices_used(share));
            CHECK(share == 0 || after.per_instance[r] == 1);
            for (std::int64_t k = 0; k < after.instances[r]; ++k) {
                is[{after.task[r], after.node[r], after.first_instance[r] + k}] += after.per_instance[r];
                for (int d = 0; d < 64; ++d) {
                    if (!(after.devices[r] >> d & 1)) continue;
                    Device& device = held[{after.node[r], after.first_instance[r] + k, d}];
                    device.share += std::min(share, kWholeDevice);
                    device.memory += definition::up(task.device_memory, 1e-6);
                    CHECK(d < node.devices);
                    CHECK(device.share <= kWholeDevice);
                    CHECK(device.memory <= definition::down(node.device_memory, 1e-6));
                }
            }
        }
        CHECK(is == was);
    }
    CHECK(cut > 20);
}

TEST(devices_do_not_depend_on_how_instances_are_cut_into_runs) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 2, .devices = 2}};
    c.tasks = {{.compute = 1, .devices = 0.6}, {.compute = 1, .count = 2, .devices = 0.6}};
    const Plan plan = placed(c, Effort::kFast);
    Assignments whole{{0, 1}, {0, 0}, {1, 0}, {1, 2}, {1, 1}, {}};  // the second task on both instances
    Assignments cut{{0, 1, 1}, {0, 0, 0}, {1, 0, 1}, {1, 1, 1}, {1, 1, 1}, {}};
    seat_on_devices(*plan.problem, whole);
    seat_on_devices(*plan.problem, cut);
    CHECK_EQ(whole.first_instance, cut.first_instance);
    CHECK_EQ(whole.devices, cut.devices);
}

TEST(without_devices_runs_stay_as_they_are) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}};
    c.tasks = {{.compute = 1, .count = 3}};
    const Plan plan = placed(c, Effort::kFast);
    Assignments runs = stream_assignments(*plan.problem, plan.solution);
    seat_on_devices(*plan.problem, runs);
    CHECK_EQ(runs.per_instance, std::vector<std::int64_t>{3});
    CHECK(runs.devices.empty());
}
