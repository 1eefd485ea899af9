#include "gigafleet/headroom.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/stream.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;
using problem_cases::random_case;
using problem_cases::random_device_case;
using problem_cases::TaskRow;

namespace {

NoControl quiet;

using MakeCase = Case (*)(std::mt19937&, std::size_t, std::size_t);

Case plain_case(std::mt19937& random, std::size_t nodes, std::size_t tasks) {
    return random_case(random, nodes, tasks);
}

/// Profiles beside the problem of a plan.
std::shared_ptr<const Problem> beside(const std::shared_ptr<const Problem>& problem, const Case& profiles) {
    return std::make_shared<const Problem>(problem->network_ptr(), problem->fleet_ptr(),
                                           profiles.workload(problem->network()), problem->objective(), 0u, 1,
                                           quiet, nullptr, problem.get());
}

/// A plan, and tasks of the same kinds that more is asked of.
struct Asked {
    Asked(std::mt19937& random, std::size_t nodes, std::size_t tasks, MakeCase make = plain_case)
        : rows(make(random, nodes, tasks)), profiles(rows) {
        profiles.tasks.resize(2);
        const std::size_t sites = static_cast<std::size_t>(rows.links.sites);
        do {  // of the same number of sites, or an origin may be none
            const Case other = make(random, 1, 6);
            if (other.tasks.size() < 2) continue;
            std::copy_n(other.tasks.begin(), 2, profiles.tasks.begin());
            break;
        } while (true);
        for (TaskRow& task : profiles.tasks) {
            task.origin %= static_cast<std::int32_t>(sites);
            task.count = 1;
            if (!rows.has_devices()) task.devices = 0;
        }
        problem = rows.problem();
        asked = beside(problem, profiles);
        solution.emplace(place_greedily(Groundwork(*problem, quiet), {}, quiet));
    }
    Case rows, profiles;
    std::shared_ptr<const Problem> problem, asked;
    std::optional<Solution> solution;
};

void put(const Case& c, const Problem& problem, const TaskRow& task, const Headroom& found, State& state) {
    Assignments runs;
    for (const Filling& filling : found.fillings) runs.add(problem.fleet(), 0, filling);
    for (std::size_t r = 0; r < runs.task.size(); ++r)
        for (std::int64_t i = 0; i < runs.instances[r]; ++i)
            CHECK(state.put(task, static_cast<std::size_t>(runs.node[r]),
                            static_cast<std::size_t>(runs.first_instance[r] + i), runs.per_instance[r]));
    CHECK(c.nodes.size() == static_cast<std::size_t>(problem.fleet().rows()));
}

Reason last_gate(const Headroom& found) {
    Reason last = Reason::kLabel;  // without nodes
    if (found.nodes[0] > 0) return Reason::kPlaced;
    for (std::size_t gate = 0; gate < found.nodes.size(); ++gate)
        if (found.nodes[gate] > 0) last = static_cast<Reason>(gate);
    return last;
}

/// The most members that fit, by trying all.
std::int64_t most(const Case& c, const TaskRow& task, const State& state, std::size_t row,
                  std::int64_t instance, std::int64_t limit) {
    while (row < c.nodes.size() && instance == c.nodes[row].count) {
        ++row;
        instance = 0;
    }
    if (row == c.nodes.size()) return 0;
    State now = state;
    std::int64_t best = 0;
    for (std::int64_t k = 0; k <= limit; ++k) {
        best = std::max(best, k + most(c, task, now, row, instance + 1, limit));
        if (!now.put(task, row, static_cast<std::size_t>(instance), 1)) break;
    }
    return best;
}

}  // namespace

TEST(what_fits_keeps_all_rules_and_no_more_would) {
    std::mt19937 random(1);
    int some = 0, links = 0, on_devices = 0;
    for (int i = 0; i < 900 / check::kShare; ++i) {
        const bool has_devices = i % 3 == 2;
        const Asked a(random, has_devices ? 8 : 20, has_devices ? 8 : 30,
                      has_devices ? random_device_case : plain_case);
        const auto found = find_headroom(*a.problem, *a.solution, *a.asked, i % 2 == 0, 1 + i % 3, quiet);
        Definition definition(a.rows);
        State shared(definition, a.rows);
        CHECK(definition::play(a.rows, *a.problem, *a.solution, definition, shared).kept);
        const State before = shared;
        for (std::size_t k = 0; k < found.size(); ++k) {
            const TaskRow& task = a.profiles.tasks[k];
            State apart = before;
            State& state = i % 2 == 0 ? shared : apart;
            CHECK_EQ(found[k].fits, members(found[k].fillings));
            if (found[k].nodes[0] > 0) {
                CHECK_EQ(found[k].fits, HeadroomSearch::kMost);
                continue;
            }
            put(a.rows, *a.problem, task, found[k], state);
            CHECK_EQ(last_gate(found[k]), state.first_gate(task));
            const std::int64_t nodes = std::accumulate(found[k].nodes.begin(), found[k].nodes.end(), 0LL);
            CHECK_EQ(nodes, a.problem->fleet().members());
            CHECK(found[k].fits <= found[k].bound);
            if (!a.rows.links.directed) CHECK_EQ(found[k].fits, found[k].bound);
            double cost = 0;
            for (const Filling& f : found[k].fillings) {
                Assignments runs;
                runs.add(a.problem->fleet(), 0, f);
                for (std::size_t r = 0; r < runs.node.size(); ++r)
                    cost += static_cast<double>(runs.instances[r] * runs.per_instance[r]) *
                            definition.cost(task, a.rows.nodes[static_cast<std::size_t>(runs.node[r])]);
            }
            CHECK(std::abs(cost - found[k].cost) <= 1e-9 * (1 + std::abs(cost)));
            some += found[k].fits > 0;
            links += last_gate(found[k]) == Reason::kLink;
            on_devices += task.devices > 0 && found[k].fits > 0 && last_gate(found[k]) == Reason::kCapacity;
        }
    }
    CHECK(some > 100 / check::kShare);
    CHECK(on_devices > 8 / check::kShare);
    CHECK(links > 20 / check::kShare);
}

TEST(no_other_choice_has_more_fit) {
    std::mt19937 random(2);
    int compared = 0, graphs = 0, loose = 0, devices = 0;
    for (int i = 0; i < 6000 / check::kShare; ++i) {
        const Asked a(random, 4, 8, i % 3 == 2 ? random_device_case : plain_case);
        const TaskRow& task = a.profiles.tasks[0];
        constexpr std::int64_t kLimit = 6;
        std::int64_t instances = 0;
        for (const auto& node : a.rows.nodes) instances += node.count;
        if (instances == 0 || instances > 4) continue;
        const HeadroomSearch search(*a.problem, *a.solution, *a.asked, 4 * kLimit);
        const Headroom found = search.find(a.asked->workload().class_of_row(0));
        bool small = found.nodes[0] == 0;
        for (const Filling& f : found.fillings) small = small && f.per_slot < kLimit;
        if (!small) continue;
        Definition definition(a.rows);
        State state(definition, a.rows);
        definition::play(a.rows, *a.problem, *a.solution, definition, state);
        const std::int64_t best = most(a.rows, task, state, 0, 0, kLimit);
        ++compared;
        CHECK(found.fits <= best);
        CHECK(best <= found.bound);
        if (a.rows.links.directed)
            loose += found.fits < found.bound;
        else
            CHECK_EQ(found.fits, best);
        graphs += !a.rows.links.directed && found.fits > 0;
        devices += task.devices > 0 && found.fits > 0;
    }
    CHECK(devices > 20 / check::kShare);
    CHECK(compared > 300 / check::kShare);
    CHECK(graphs > 50 / check::kShare);
    (void)loose;
}

TEST(a_task_at_home_takes_of_the_access_twice) {
    Case c = Case::line(2);
    c.nodes = {{.site = 0, .compute = 100}, {.site = 1, .compute = 3, .price_compute = 1}};
    c.tasks = {{.origin = 0, .uplink_mbps = 1, .downlink_mbps = 1}};
    c.access_up_mbps = c.access_down_mbps = {10, problem_cases::kInf};
    const auto asked = c.problem();
    Case empty = c;
    empty.tasks[0].count = 0;
    const auto problem = empty.problem();
    const Solution nothing = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    const auto found = find_headroom(*problem, nothing, *asked, false, 1, quiet).at(0);
    // Three run elsewhere, and three at home, which costs less but takes 2 Mbps each way. Home first: five.
    CHECK_EQ(found.fits, 6);
    CHECK_EQ(found.nodes[static_cast<std::size_t>(Reason::kLink)], 1);
    CHECK_EQ(found.nodes[static_cast<std::size_t>(Reason::kCapacity)], 1);
}

TEST(devices_take_what_they_hold_together_not_what_sums_say) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 100, .devices = 4, .device_memory = 80}};
    c.tasks = {{.devices = 0.6, .device_memory = 10}, {.devices = 2}};
    const auto problem = c.problem();
    const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    Case more = c;
    more.tasks = {{.devices = 0.3, .device_memory = 30}, {.devices = 0.6}, {.devices = 1}, {.devices = 5}};
    const auto asked = beside(problem, more);
    const auto apart = find_headroom(*problem, solution, *asked, false, 2, quiet);
    const auto full = [&](std::size_t i) { return apart[i].full.at(0).number; };
    // Two devices are in use, one has 0.4 left, one all of it.
    CHECK_EQ(apart[0].fits, 1 + 2);
    CHECK_EQ(apart[1].fits, 1);
    CHECK_EQ(apart[2].fits, 1);
    CHECK_EQ(apart[3].fits, 0);
    CHECK_EQ(last_gate(apart[3]), Reason::kTooBig);
    for (const std::size_t i : {0, 1, 2}) CHECK_EQ(full(i), c.schema().devices);
    const auto together = find_headroom(*problem, solution, *asked, true, 1, quiet);
    CHECK_EQ(together[0].fits, 3);
    CHECK_EQ(together[1].fits, 0);
}

TEST(gangs_bring_their_weights) {
    Case c = Case::one_site();
    c.weights = {4, 2};
    c.access_down_mbps = {6.5 * 8000.0 / 300};  // one load of each
    c.objective.load_eur_per_gb = 1;
    c.nodes = {{.compute = 10, .count = 2}};
    c.tasks = {{.compute = 2, .count = 1, .model = 0}};
    const auto problem = c.problem();
    Solution plan{{}, {}, {}, {}, Loads(*problem)};
    plan.of_class = {{0, 0}};
    plan.placed = {0};
    Case more = c;
    const ModelTable models = c.models();
    const auto ask = [&](std::vector<TaskRow> tasks, bool together) {
        more.tasks = std::move(tasks);
        const auto asked = std::make_shared<const Problem>(
            problem->network_ptr(), problem->fleet_ptr(), more.workload(problem->network()),
            problem->objective(), 0u, 1, quiet, &models, problem.get());
        return find_headroom(*problem, plan, *asked, together, 1, quiet);
    };
    const TaskRow leader{.compute = 2, .count = 1, .gang = 0, .gang_level = kSiteLevel, .model = 0};
    TaskRow worker = leader;
    worker.model = 1;
    worker.count = 2;
    // A leader's node has room for three, a worker's for four: two gangs, and two loads.
    const auto pair = ask({leader, worker}, false);
    for (const Headroom& row : pair) CHECK_EQ(row.gangs, 2);
    CHECK_EQ(pair[1].fits, 4);
    CHECK_EQ(pair[0].loads.size() + pair[1].loads.size(), 2u);
    // Of two rows with the same model one pays for the load, and its window is taken once.
    worker = leader;
    worker.count = 2;
    TaskRow other{.compute = 1, .model = 1};
    const auto same = ask({leader, worker, other}, true);
    CHECK_EQ(same[0].gangs, 1);
    CHECK_EQ(same[0].loads.size() + same[1].loads.size(), 1u);
    CHECK_EQ(same[2].fits, 8);
    // A task has loaded the first model: there is room for two leaders beside it, and no other node may.
    plan.fillings = {{PoolId(0), 0, 1, 1}};
    plan.of_class = {{0, 1}};
    plan.placed = {1};
    const auto beside_it = ask({leader, worker}, false);
    CHECK_EQ(beside_it[0].gangs, 0);
    worker.model = 1;
    const auto again = ask({leader, worker}, false);
    CHECK_EQ(again[0].gangs, 2);
    CHECK_EQ(again[0].loads.size() + again[1].loads.size(), 1u);
}

TEST(what_is_full_is_told) {
    Case c = Case::line(3);
    c.nodes = {{.site = 0, .compute = 2}, {.site = 1, .compute = 5}, {.site = 2, .compute = 5, .count = 4}};
    c.capacity_mbps = {100, 3};
    c.tasks = {{.origin = 0, .uplink_mbps = 1}};
    const auto asked = c.problem();
    Case none = c;
    none.tasks.clear();
    none.tasks.push_back({.origin = 1, .count = 1});
    const auto problem = none.problem();
    const Solution one = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    const auto found = find_headroom(*problem, one, *asked, false, 1, quiet).at(0);
    CHECK_EQ(found.fits, 2 + 4 + 3);
    CHECK_EQ(found.full.size(), 2u);
    CHECK(found.full[0].what == Headroom::Full::What::kArc);
    CHECK_EQ(found.full[0].number, 2u);  // link 1 as given
    CHECK_EQ(found.full[0].nodes, 4);
    CHECK(found.full[1].what == Headroom::Full::What::kNode);
    CHECK_EQ(found.full[1].number, 0u);  // compute
    CHECK_EQ(found.full[1].nodes, 2);
}

TEST(without_nodes_or_limits) {
    Case c = Case::one_site();
    c.tasks.resize(1);
    const auto nobody = c.problem();
    const Solution nothing = place_greedily(Groundwork(*nobody, quiet), {}, quiet);
    const Headroom none = find_headroom(*nobody, nothing, *nobody, false, 1, quiet).at(0);
    CHECK_EQ(none.fits, 0);
    CHECK_EQ(none.bound, 0);
    c.nodes = {{.compute = INFINITY}};
    const auto problem = c.problem();
    const Solution one = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    const Headroom endless = find_headroom(*problem, one, *problem, false, 1, quiet).at(0);
    CHECK_EQ(endless.fits, HeadroomSearch::kMost);
    CHECK_EQ(endless.nodes[0], 1);
}
