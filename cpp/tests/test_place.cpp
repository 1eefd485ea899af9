#include "gigafleet/place.hpp"

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/fingerprint.hpp"
#include "gigafleet/stream.hpp"
#include "gigafleet/stream_seated.hpp"

using namespace gigafleet;
using check::kShare;
using definition::Definition;
using definition::Of;
using definition::State;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

Plan solve(const Case& c, int threads = 1, unsigned disabled_rules = 0, Control* control = nullptr,
           double time_limit_s = problem_cases::kInf, std::size_t cells = 0) {
    NoControl quiet;
    const auto network = c.network();
    PlaceOptions options{c.objective, Effort::kBalanced, threads, time_limit_s, disabled_rules};
    if (cells > 0) {
        options.most_shapes = 0;
        options.cells = cells;
    }
    return place(network, c.fleet(*network), c.workload(*network), options, control ? *control : quiet);
}

/// The same plan from its runs alone.
Plan again(const Case& c, const Plan& plan, int threads) {
    NoControl quiet;
    const auto network = c.network();
    const Assignments a = stream_assignments(*plan.problem, plan.solution);
    const EarlierRuns runs{a.task, a.node, a.first_instance, a.instances, a.per_instance};
    return adopt(network, c.fleet(*network), c.workload(*network), c.objective, runs, threads, quiet);
}

std::string digest_of(const Plan& plan) {
    return digest(stream_assignments(*plan.problem, plan.solution), {}, {}, plan.threads);
}

/// A plan against the definition: every hard rule, maximality, reasons, loads, totals, cost.
void check_plan(const Case& c, std::size_t cells = 0) {
    Plan plan = solve(c, 1, 0, nullptr, problem_cases::kInf, cells);
    NoControl quiet;
    explain(plan, quiet);
    Definition definition(c);
    State state(definition, c);
    const auto [kept, placed, cost] = play(c, *plan.problem, plan.solution, definition, state);
    CHECK(kept);
    CHECK(std::abs(plan.solution.cost - cost) < 1e-9 * (1 + static_cast<double>(plan.placed_tasks)));
    CHECK_EQ(plan.solution.status, Status::kComplete);

    std::vector<std::int64_t> counts(c.tasks.size());
    std::vector<std::uint8_t> reasons(c.tasks.size());
    stream_counts(*plan.problem, plan.solution, counts, reasons);
    CHECK(counts == placed);
    std::int64_t tasks = 0;
    WideQuantity weight = 0;
    Amounts used{};
    for (std::size_t row = 0; row < c.tasks.size(); ++row) {
        const auto& t = c.tasks[row];
        const Reason wanted = placed[row] == t.count ? Reason::kPlaced : state.first_gate(t);
        CHECK_EQ(static_cast<int>(reasons[row]), static_cast<int>(wanted));
        CHECK(placed[row] == t.count || wanted != Reason::kPlaced);  // maximal
        tasks += placed[row];
        weight += WideQuantity{definition::up(t.weight, 1e-6)} * placed[row];
        for (std::size_t d = 0; d < 4; ++d) used[d] += definition.demand(t)[d] * placed[row];
    }
    CHECK_EQ(plan.placed_tasks, tasks);
    CHECK(plan.placed_weight == weight);
    for (std::size_t d = 0; d < used.size(); ++d) CHECK(plan.used[d] == used[d]);
    const Loads& loads = plan.solution.loads;
    for (std::size_t a = 0; a < loads.arc_count(); ++a)
        CHECK_EQ(loads.load(loads.of_arc(ArcId(a))), state.load(Of::kArc, a));
    for (std::size_t s = 0; s < loads.site_count(); ++s) {
        CHECK_EQ(loads.load(loads.of_access_up(SiteId(s))), state.load(Of::kUp, s));
        CHECK_EQ(loads.load(loads.of_access_down(SiteId(s))), state.load(Of::kDown, s));
    }
}

/// Stops at the n-th poll, if it comes to that.
struct StopAt final : Control {
    explicit StopAt(int n) : left(n) {}
    void poll(std::string_view, std::int64_t, std::int64_t) override {
        if (left-- == 0) throw Cancelled();
    }
    int left;
};

}  // namespace

TEST(random_plans_keep_the_rules_and_leave_no_room) {
    std::mt19937 random(11);
    for (int i = 0; i < 1000 / kShare; ++i) check_plan(random_case(random, 10, 25));
    for (int i = 0; i < 30; ++i) check_plan(random_case(random, 60, 120));
    for (int i = 0; i < 20; ++i) check_plan(random_case(random, 150, 150, 10));
}

TEST(long_pools_of_nodes_that_leave_at_different_times) {
    std::mt19937 random(16);
    for (int i = 0; i < 200; ++i) {
        Case c = random_case(random, 30, 30);
        for (auto& n : c.nodes)
            n = {.site = n.site % 2 % static_cast<std::int32_t>(c.links.sites),
                 .compute = i % 2 ? n.compute : 2,
                 .energy_wh = 40,
                 .available_s = n.available_s,
                 .count = n.count};
        check_plan(c);
    }
}

/// Demands, limits, durations and weights of which hardly two are alike.
Case all_different(std::mt19937& random, std::size_t nodes, std::size_t tasks) {
    Case c = random_case(random, nodes, tasks);
    const auto off = [&](double value) { return value * (0.6 + static_cast<double>(random() % 900) * 1e-3); };
    for (auto& t : c.tasks) {
        t.compute = off(t.compute);
        t.energy_wh = off(t.energy_wh);
        t.uplink_mbps = off(t.uplink_mbps);
        t.downlink_mbps = off(t.downlink_mbps);
        t.max_rtt_ms = off(t.max_rtt_ms);
        if (random() % 2) t.duration_s = off(t.duration_s);
        if (random() % 2) t.weight = off(t.weight);
    }
    return c;
}

TEST(plans_of_cells_keep_the_rules_and_leave_no_room) {
    std::mt19937 random(17);
    int planned = 0;
    for (int i = 0; i < 600 / kShare; ++i) {
        const Case c = all_different(random, 10, 40);
        check_plan(c, 1 + random() % 6);
        planned += solve(c, 1, 0, nullptr, problem_cases::kInf, 3).cells > 0;
    }
    for (int i = 0; i < 30; ++i) check_plan(all_different(random, 80, 150), 4);
    CHECK(planned > 400 / kShare);
}

TEST(threads_do_not_change_a_plan_of_cells) {
    std::mt19937 random(18);
    for (int i = 0; i < 30; ++i) {
        Case c = all_different(random, 40, 80);
        const Plan one = solve(c, 1, 0, nullptr, problem_cases::kInf, 4);
        for (const int threads : {2, 8}) {
            const Plan many = solve(c, threads, 0, nullptr, problem_cases::kInf, 4);
            CHECK_EQ(digest_of(many), digest_of(one));
            CHECK_EQ(many.solution.cost, one.solution.cost);
        }
    }
}

TEST(bounds_of_plans_of_cells_hold) {
    std::mt19937 random(19);
    NoControl quiet;
    for (int i = 0; i < 60; ++i) {
        const Case c = all_different(random, 20, 60);
        const Plan plan = solve(c, 1, 0, nullptr, problem_cases::kInf, 4);
        const Certificate found = prove(plan, quiet);
        const double slack = 1e-9 * (1 + found.terms);
        CHECK(found.cost <= plan.solution.cost + slack);
        for (std::size_t level = 0; level < plan.level_weight.size(); ++level)
            CHECK(found.placed[level] >= plan.level_weight[level]);
    }
}

TEST(a_rule_switched_off_shows) {
    // Each hard rule decides something in the random problems: without it, plans break the definition.
    for (unsigned rule = kRuleCapacity; rule <= kRuleTime; rule *= 2) {
        std::mt19937 random(12);
        int broken = 0;
        for (int i = 0; i < 150; ++i) {
            const Case c = random_case(random, 10, 25);
            const Plan plan = solve(c, 1, rule);
            broken += !definition::keeps_rules(c, *plan.problem, plan.solution);
        }
        CHECK(broken > 0);
    }
}

TEST(threads_do_not_change_the_plan) {
    std::mt19937 random(13);
    for (int i = 0; i < 40; ++i) {
        Case c = random_case(random, 30, 60);
        const Plan one = solve(c);
        for (const int threads : {2, 3}) {
            c.threads = threads;
            const Plan many = solve(c, threads);
            CHECK_EQ(digest_of(many), digest_of(one));
            CHECK_EQ(many.solution.cost, one.solution.cost);
        }
    }
}

TEST(a_task_goes_to_the_cheaper_node) {
    Case c = Case::line(3);
    c.nodes = {{.site = 0, .compute = 2, .price_compute = 0.5},
               {.site = 2, .compute = 2, .price_compute = 0.25}};  // alone has room: the other is not cheap
    c.tasks = {{.origin = 0}};
    c.objective.rtt_price = 0.0625;  // 4 ms away: as dear as the node at hand
    c.objective.rtt_price -= 0.001;
    CHECK_EQ(stream_assignments(*solve(c).problem, solve(c).solution).node.at(0), 1);
    c.objective.rtt_price += 0.002;
    CHECK_EQ(stream_assignments(*solve(c).problem, solve(c).solution).node.at(0), 0);
}

TEST(a_higher_priority_comes_first) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 2}};
    c.tasks = {{.compute = 1, .weight = 100, .count = 2}, {.compute = 2, .priority = 1}};
    const Plan plan = solve(c);
    CHECK_EQ(plan.placed_tasks, 1);
    CHECK(plan.placed_weight == 1'000'000);
}

TEST(more_effort_is_never_worse) {
    std::mt19937 random(15);
    int better = 0;
    for (int i = 0; i < 100; ++i) {
        const Case c = random_case(random, 12, 40);
        const auto network = c.network();
        const auto fleet = c.fleet(*network);
        const auto workload = c.workload(*network);
        NoControl quiet;
        std::vector<WideQuantity> last;
        double cost = 0;
        for (const Effort effort : {Effort::kFast, Effort::kBalanced, Effort::kBest}) {
            const PlaceOptions options{c.objective, effort, 1, problem_cases::kInf, 0};
            const Plan plan = place(network, fleet, workload, options, quiet);
            WideQuantity sum = 0;
            for (const WideQuantity weight : plan.level_weight) sum += weight;
            CHECK(sum == plan.placed_weight);
            if (effort != Effort::kFast)
                CHECK(plan.level_weight > last || (plan.level_weight == last && plan.solution.cost <= cost));
            better += effort != Effort::kFast && plan.level_weight > last;
            last = plan.level_weight;
            cost = plan.solution.cost;
        }
    }
    CHECK(better > 0);
}

TEST(empty_tables_are_plans_too) {
    Case c = Case::line(2);
    CHECK_EQ(solve(c).placed_tasks, 0);
    c.tasks.resize(3);
    Plan no_nodes = solve(c);
    CHECK_EQ(no_nodes.solution.reason.at(0), Reason::kCapacity);  // until somebody asks why
    NoControl quiet;
    explain(no_nodes, quiet);
    CHECK_EQ(no_nodes.solution.reason.at(0), Reason::kLabel);
    c.tasks.clear();
    c.nodes.resize(3);
    CHECK_EQ(solve(c).solution.cost, 0.0);
}

TEST(great_counts_are_quick) {
    Case c = Case::line(3);
    c.nodes = {{.site = 2, .compute = 4, .count = 1'000'000'000'000}};
    c.tasks = {{.origin = 0, .compute = 1, .count = 3'000'000'000'001},
               {.origin = 1, .compute = 3, .count = 5}};
    const Plan plan = solve(c);
    CHECK_EQ(plan.placed_tasks, 3'000'000'000'006);
    CHECK(plan.used[0] == WideQuantity{3'000'000'000'016} * 1000);
}

TEST(whoever_stops_leaves_nothing_half_done) {
    std::mt19937 random(14);
    for (int i = 0; i < 4; ++i) {
        Case c = random_case(random, 20, 40);
        c.threads = 2;
        const auto network = c.network();
        const auto fleet = c.fleet(*network);
        const auto workload = c.workload(*network);
        const PlaceOptions options{c.objective, Effort::kBalanced, 2, problem_cases::kInf, 0};
        NoControl quiet;
        const std::string wanted = digest_of(place(network, fleet, workload, options, quiet));
        for (int n = 0;; n += kShare) {
            StopAt control(n);
            try {
                CHECK_EQ(digest_of(place(network, fleet, workload, options, control)), wanted);
                CHECK(n > 0 || workload->members() == 0);
                break;
            } catch (const Cancelled&) {
                if (n % 16 == 0) CHECK_EQ(digest_of(place(network, fleet, workload, options, quiet)), wanted);
            }
        }
    }
}

TEST(a_time_limit_keeps_what_there_is) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 100}};
    for (int i = 0; i < 500; ++i) c.tasks.push_back({.compute = 0.01 * (i % 50), .weight = 1.0 + i});
    const Plan plan = solve(c, 1, 0, nullptr, 1e-9);
    CHECK_EQ(plan.solution.status, Status::kTimeLimit);
    std::int64_t placed = 0;
    for (std::size_t k = 0; k < plan.solution.placed.size(); ++k) {
        placed += plan.solution.placed[k];
        CHECK_EQ(plan.solution.reason[k], plan.solution.placed[k] ? Reason::kPlaced : Reason::kNotTried);
    }
    CHECK_EQ(plan.placed_tasks, placed);
    CHECK(placed < 500);
}

TEST(an_earlier_plan_of_the_same_problem_comes_back) {
    std::mt19937 random(17);
    for (int i = 0; i < 60; ++i) {
        const Case c = random_case(random, 20, 40);
        const Plan before = solve(c);
        const Assignments runs = stream_assignments(*before.problem, before.solution);
        EarlierPlan earlier{{runs.task, runs.node, runs.first_instance, runs.instances, runs.per_instance},
                            fingerprint(*before.problem),
                            before.effort};
        const auto network = c.network();
        PlaceOptions options{c.objective, Effort::kBalanced, 2};
        options.previous = &earlier;
        NoControl quiet;
        const auto again = [&] {
            return place(network, c.fleet(*network), c.workload(*network), options, quiet);
        };
        const Plan same = again();
        CHECK_EQ(same.moves.tasks, 0);
        CHECK_EQ(digest(stream_assignments(*same.problem, same.solution, *same.previous, 2), {}, {}, 1),
                 digest_of(before));
        earlier.fingerprint = {};  // anything may have changed: more may be placed, or all be cheaper
        const Plan free = again();
        CHECK(free.level_weight > before.level_weight ||
              (free.level_weight == before.level_weight &&
               free.cost() <= before.cost() + 1e-9 * (1 + std::abs(before.cost()))));
    }
}

TEST(tasks_all_different_go_back_to_an_earlier_plan) {
    std::mt19937 random(20);
    NoControl quiet;
    for (int i = 0; i < 25 / kShare; ++i) {
        const Case c = all_different(random, 20, 60);
        const Plan before = solve(c, 1, 0, nullptr, problem_cases::kInf, 4);
        const Assignments runs = stream_assignments(*before.problem, before.solution);
        EarlierPlan earlier{{runs.task, runs.node, runs.first_instance, runs.instances, runs.per_instance},
                            fingerprint(*before.problem),
                            before.effort};
        const auto network = c.network();
        PlaceOptions options{c.objective, Effort::kBalanced, 2};
        options.most_shapes = 0;
        options.cells = 4;
        options.previous = &earlier;
        const auto again = [&] {
            return place(network, c.fleet(*network), c.workload(*network), options, quiet);
        };
        const Plan same = again();
        CHECK_EQ(same.moves.tasks, 0);
        CHECK_EQ(digest(stream_assignments(*same.problem, same.solution, *same.previous, 2), {}, {}, 1),
                 digest_of(before));
        earlier.fingerprint = {};
        const Plan free = again();
        CHECK_EQ(free.cells, before.cells);
        CHECK(free.level_weight > before.level_weight ||
              (free.level_weight == before.level_weight &&
               free.cost() <= before.cost() + 1e-9 * (1 + std::abs(before.cost()))));
        const Certificate found = prove(free, quiet);
        CHECK(found.cost <= free.cost() + 1e-9 * (1 + found.terms));
    }
}

TEST(a_plan_comes_back_from_its_runs) {
    std::mt19937 random(77);
    for (int i = 0; i < 100 / kShare; ++i) {
        const Case c = random_case(random, 20, 40);
        const Plan plan = solve(c);
        const Plan same = again(c, plan, 1 + i % 2);
        for (std::size_t k = 0; k < plan.solution.placed.size(); ++k) {
            const auto seats = [&](const Solution& solution) {  // members of a class change places freely
                const auto own = solution.of(ClassId(k));
                std::vector<Filling> all(own.begin(), own.end());
                flatten(all);
                std::vector<std::tuple<PoolId, std::int64_t, std::int64_t>> found;
                for (const Filling& f : all)
                    for (std::int64_t slot = f.first; slot < f.first + f.slots; ++slot)
                        found.emplace_back(f.pool, slot, f.per_slot);
                return found;
            };
            CHECK(seats(same.solution) == seats(plan.solution));
        }
        CHECK(same.solution.placed == plan.solution.placed);
        CHECK(same.level_weight == plan.level_weight && same.used == plan.used);
        CHECK(std::abs(same.cost() - plan.cost()) <= 1e-9 * (1 + std::abs(plan.cost())));
        const Loads& loads = plan.solution.loads;
        for (std::uint32_t k = 0; k < loads.arc_count() + 2 * loads.site_count(); ++k)
            CHECK_EQ(same.solution.loads.load(k), loads.load(k));
    }
}
