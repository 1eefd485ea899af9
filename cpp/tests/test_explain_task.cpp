#include "gigafleet/explain_task.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/stream.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;
using problem_cases::NodeRow;
using problem_cases::random_case;
using problem_cases::TaskRow;
using Of = Change::Of;

namespace {

NoControl quiet;

/// A problem, placed, and its explainer.
struct Placed {
    explicit Placed(const Case& rows)
        : problem(rows.problem()),
          solution(std::make_shared<const Solution>(
              place_greedily(Groundwork(*problem, quiet), {.order = Order::kDenseFirst}, quiet))),
          explainer(problem, solution) {}

    TaskExplanation explain(std::size_t row, bool one_bandwidth = false) {
        return explainer.explain(problem->workload().class_of_row(static_cast<std::int64_t>(row)), 1,
                                 one_bandwidth, quiet);
    }

    std::shared_ptr<const Problem> problem;
    std::shared_ptr<const Solution> solution;
    TaskExplainer explainer;
};

/// Rows, placed, and what the definition says of that.
struct Scene {
    explicit Scene(Case of) : rows(std::move(of)), placed(rows), definition(rows), state(definition, rows) {
        definition::play(rows, *placed.problem, *placed.solution, definition, state);
    }
    explicit Scene(std::mt19937& random) : Scene(random_case(random, 12, 15)) {}

    Case rows;
    Placed placed;
    Definition definition;
    State state;
};

double number(const Case& c, const Change& change, Quantity value) {
    const bool asks = change.of < Of::kCapacity && change.of != Of::kMaxRtt;
    double unit = 1e-6;
    if ((change.of == Of::kDemand || change.of == Of::kCapacity) && change.at == 0)
        unit = c.compute_resolution;
    if (change.of == Of::kDuration || change.of == Of::kAvailable) unit = 1e-9;
    return in_units(value, unit, asks ? Rounding::kUp : Rounding::kDown);
}

std::uint8_t without(std::uint8_t mask, const std::vector<std::string>& vocabulary,
                     const std::vector<std::string>& dropped) {
    for (std::size_t bit = 0; bit < vocabulary.size(); ++bit)
        if (std::ranges::find(dropped, vocabulary[bit]) != dropped.end())
            mask = static_cast<std::uint8_t>(mask & ~(1u << bit));
    return mask;
}

/// The task with a column set to `value`, or with names dropped.
TaskRow changed(const Case& c, TaskRow t, const Change& change, Quantity value) {
    const double v = number(c, change, value);
    switch (change.of) {
        case Of::kDemand: (change.at == 0 ? t.compute : t.energy_wh) = v; break;
        case Of::kUplink: t.uplink_mbps = v; break;
        case Of::kDownlink: t.downlink_mbps = v; break;
        case Of::kBandwidth: t.uplink_mbps = t.downlink_mbps = v; break;
        case Of::kMaxRtt: t.max_rtt_ms = v; break;
        case Of::kDuration: t.duration_s = v; break;
        case Of::kRequire: t.require = without(t.require, problem_cases::kTaskLabels, change.dropped); break;
        case Of::kAnyOf: t.any_of = without(t.any_of, problem_cases::kTaskLabels, change.dropped); break;
        case Of::kForbid: t.forbid = without(t.forbid, problem_cases::kTaskLabels, change.dropped); break;
        case Of::kTransitRequire: t.transit_require = 0; break;
        default: t.transit_forbid = 0; break;
    }
    return t;
}

/// The rows with a column of a node, link or site set to `value`.
Case changed(Case c, const Change& change, Quantity value) {
    const double v = number(c, change, value);
    NodeRow& n = c.nodes[static_cast<std::size_t>(change.node.row)];
    double* dimensions[] = {&n.compute, &n.energy_wh, &n.link_down_mbps, &n.link_up_mbps};
    switch (change.of) {
        case Of::kCapacity: *dimensions[change.at] = v; break;
        case Of::kAvailable: n.available_s = v; break;
        case Of::kLink: c.capacity_mbps.at(change.at) = v; break;
        case Of::kAccessUp: c.access_up_mbps.at(change.at) = v; break;
        default: c.access_down_mbps.at(change.at) = v; break;
    }
    return c;
}

/// The first gate of task `t` in other rows, with what the solution places there.
Reason gate_in(const Case& rows, const Placed& placed, const TaskRow& t) {
    Definition definition(rows);
    State state(definition, rows);
    definition::play(rows, *placed.problem, *placed.solution, definition, state);
    return state.first_gate(t);
}

/// Columns that asked for nothing could be changed to place the task.
std::set<Of> columns_that_matter(State& state, const TaskRow& t) {
    std::set<Of> columns;
    const auto ask = [&](Of of, auto TaskRow::* field, auto value) {
        TaskRow other = t;
        other.*field = value;
        if (state.first_gate(other) == Reason::kPlaced) columns.insert(of);
    };
    ask(Of::kDemand, &TaskRow::compute, 0.0);
    if (t.duration_s > 0) ask(Of::kDemand, &TaskRow::energy_wh, 0.0);
    ask(Of::kUplink, &TaskRow::uplink_mbps, 0.0);
    ask(Of::kDownlink, &TaskRow::downlink_mbps, 0.0);
    ask(Of::kMaxRtt, &TaskRow::max_rtt_ms, problem_cases::kInf);
    if (t.duration_s > 0) ask(Of::kDuration, &TaskRow::duration_s, 1e-9);
    ask(Of::kRequire, &TaskRow::require, 0);
    ask(Of::kAnyOf, &TaskRow::any_of, 0);
    ask(Of::kForbid, &TaskRow::forbid, 0);
    ask(Of::kTransitRequire, &TaskRow::transit_require, 0);
    ask(Of::kTransitForbid, &TaskRow::transit_forbid, 0);
    return columns;
}

/// Nodes by the first gate that each fails; those that fail none last.
std::array<std::int64_t, kGates.size() + 1> counts_of(const Case& c, Definition& definition, State& state,
                                                      const TaskRow& t) {
    std::array<std::int64_t, kGates.size() + 1> counts{};
    for (std::size_t i = 0; i < c.nodes.size(); ++i) {
        const NodeRow& n = c.nodes[i];
        const bool passes[] = {definition.labels_pass(t, n),
                               definition.fits(definition.capacity(n), t),
                               definition.stays(t, n),
                               true,  // no models
                               definition.trip(t, n.site).exists,
                               definition.rtt_ns(t, n) <= definition::down(t.max_rtt_ms, 1e-6),
                               true,  // no gangs
                               true,  // no spread groups
                               state.way_open(t, n)};
        const auto gate = static_cast<std::size_t>(std::ranges::find(passes, false) - std::begin(passes));
        for (std::size_t k = 0; k < static_cast<std::size_t>(n.count); ++k)
            ++counts[gate + (gate == std::size(passes) && definition.fits(state.left(i, k), t))];
    }
    return counts;
}

}  // namespace

TEST(nodes_are_counted_by_the_first_gate_they_fail) {
    std::mt19937 random(31);
    std::array<int, kGates.size()> seen{};
    for (int i = 0; i < 300; ++i) {
        Scene scene(random);
        auto& [c, placed, definition, state] = scene;
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const TaskExplanation found = placed.explain(row);
            const auto wanted = counts_of(c, definition, state, c.tasks[row]);
            CHECK(std::equal(found.counts.begin(), found.counts.end(), wanted.begin()));
            CHECK_EQ(found.open, wanted.back());
            for (std::size_t g = 0; g < kGates.size(); ++g) seen[g] += found.counts[g] > 0;
            // The first gate that leaves none is the last one that keeps any out.
            if (found.open > 0) continue;
            std::size_t last = 0;
            for (std::size_t g = 0; g < kGates.size(); ++g)
                if (found.counts[g] > 0) last = g;
            CHECK(kGates[last] == state.first_gate(c.tasks[row]));
        }
    }
    for (std::size_t g = 0; g < kGates.size(); ++g)
        CHECK(seen[g] > 50 || kGates[g] == Reason::kModel || kGates[g] == Reason::kGang ||
              kGates[g] == Reason::kSpread);
}

TEST(what_devices_keep_out_is_counted_too) {
    std::mt19937 random(36);
    int open = 0, full = 0, columns = 0;
    for (int i = 0; i < 200; ++i) {
        Scene scene(problem_cases::random_device_case(random, 6, 14));
        auto& [c, placed, definition, state] = scene;
        std::int64_t nodes = 0;
        for (const NodeRow& n : c.nodes) nodes += n.count;
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const TaskExplanation found = placed.explain(row);
            CHECK_EQ(std::accumulate(found.counts.begin(), found.counts.end(), found.open), nodes);
            if (found.open > 0) CHECK(state.first_gate(c.tasks[row]) == Reason::kPlaced);
            if (c.tasks[row].devices == 0) continue;
            open += found.open > 0;
            full += found.counts.back() > 0;
            for (const Change& change : found.of_task)  // the dimension that counts devices
                columns += change.of == Of::kDemand && change.at == 2;
        }
    }
    CHECK(open > 20 && full > 20 && columns > 20);
}

TEST(changes_of_the_task_place_it_and_a_multiple_less_does_not) {
    std::mt19937 random(32);
    std::map<Of, int> seen;
    for (int i = 0; i < 300; ++i) {
        Scene scene(random);
        auto& [c, placed, definition, state] = scene;
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const TaskRow& t = c.tasks[row];
            const TaskExplanation found = placed.explain(row);
            if (found.open > 0) {
                CHECK(found.of_task.empty() && found.of_fleet.empty());
                continue;
            }
            std::set<Of> columns;
            double size = 0;
            for (const Change& change : found.of_task) {
                columns.insert(change.of);
                ++seen[change.of];
                CHECK(change.size >= size);
                size = change.size;
                CHECK(state.first_gate(changed(c, t, change, change.to)) == Reason::kPlaced);
                if (!change.dropped.empty()) continue;
                CHECK(change.from != change.to);
                const Quantity less = change.to + (change.to < change.from ? 1 : -1);
                CHECK(state.first_gate(changed(c, t, change, less)) != Reason::kPlaced);
            }
            CHECK(columns == columns_that_matter(state, t));
        }
    }
    for (const Of of : {Of::kDemand, Of::kUplink, Of::kDownlink, Of::kMaxRtt, Of::kDuration, Of::kRequire,
                        Of::kAnyOf, Of::kForbid, Of::kTransitRequire, Of::kTransitForbid})
        CHECK(seen[of] > 5);
}

TEST(changes_of_the_fleet_place_it_and_a_multiple_less_does_not) {
    std::mt19937 random(33);
    std::map<Of, int> seen;
    for (int i = 0; i < 250; ++i) {
        const Case c = random_case(random, 12, 15);
        Placed placed(c);
        for (std::size_t row = 0; row < c.tasks.size(); ++row)
            for (const Change& change : placed.explain(row).of_fleet) {
                ++seen[change.of];
                CHECK(gate_in(changed(c, change, change.to), placed, c.tasks[row]) == Reason::kPlaced);
                CHECK(gate_in(changed(c, change, change.to - 1), placed, c.tasks[row]) != Reason::kPlaced);
            }
    }
    for (const Of of : {Of::kCapacity, Of::kAvailable, Of::kLink, Of::kAccessUp, Of::kAccessDown})
        CHECK(seen[of] > 5);
}

TEST(up_and_down_in_one_column_change_together) {
    std::mt19937 random(34);
    int seen = 0;
    for (int i = 0; i < 250; ++i) {
        Case rows = random_case(random, 12, 15);
        for (TaskRow& t : rows.tasks) t.downlink_mbps = t.uplink_mbps;
        Scene scene(std::move(rows));
        auto& [c, placed, definition, state] = scene;
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            TaskRow none = c.tasks[row];
            none.uplink_mbps = none.downlink_mbps = 0;
            bool found = false;
            const TaskExplanation told = placed.explain(row, true);
            for (const Change& change : told.of_task) {
                CHECK(change.of != Of::kUplink && change.of != Of::kDownlink);
                if (change.of != Of::kBandwidth) continue;
                found = true;
                CHECK(state.first_gate(changed(c, c.tasks[row], change, change.to)) == Reason::kPlaced);
                CHECK(state.first_gate(changed(c, c.tasks[row], change, change.to + 1)) != Reason::kPlaced);
            }
            CHECK_EQ(found, told.open == 0 && state.first_gate(none) == Reason::kPlaced);
            seen += found;
        }
    }
    CHECK(seen > 20);
}

TEST(the_nearest_miss_of_each_gate) {
    Case c = Case::line(3);
    c.capacity_mbps = {9, 4};
    c.nodes = {
        {.site = 2, .compute = 3}, {.site = 1, .compute = 2, .available_s = 50}, {.site = 0, .compute = 1}};
    c.tasks = {{.compute = 2, .uplink_mbps = 5, .max_rtt_ms = 3, .duration_s = 60}};
    TaskExplanation found = Placed(c).explain(0);
    CHECK(found.counts == (std::array<std::int64_t, 10>{0, 1, 1, 0, 0, 1, 0, 0, 0, 0}));
    CHECK_EQ(found.nearest.size(),
             std::size_t{2});  // the first node is too far, and the second link too narrow
    CHECK(found.nearest[0].gate == Reason::kTime && found.nearest[0].node.row == 1);
    CHECK_EQ(found.nearest[0].shortfalls.at(0).needed, 60'000'000'000);
    CHECK_EQ(found.nearest[0].shortfalls.at(0).has, 50'000'000'000);
    CHECK(found.nearest[1].gate == Reason::kTooBig && found.nearest[1].node.row == 2);
    CHECK_EQ(found.nearest[1].size, 0.5);
    c.tasks[0].max_rtt_ms = 4;
    found = Placed(c).explain(0);
    CHECK(found.nearest.at(1).gate == Reason::kLink);
    const Shortfall& link = found.nearest[1].shortfalls.at(0);
    CHECK(link.of == Shortfall::Of::kArc && link.at == 2 && link.needed == 5'000'000 &&
          link.has == 4'000'000);
    c.tasks[0].uplink_mbps = 0;
    c.tasks[0].max_rtt_ms = 3;
    found = Placed(c).explain(0);
    CHECK(found.nearest.at(1).gate == Reason::kRtt);
    CHECK_EQ(found.nearest[1].shortfalls.at(0).needed, 4'000'000);
}

TEST(costs_are_those_of_the_members) {
    std::mt19937 random(35);
    for (int i = 0; i < 200; ++i) {
        Scene scene(random);
        auto& [c, placed, definition, state] = scene;
        const Assignments runs = stream_assignments(*placed.problem, *placed.solution);
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            std::vector<std::int64_t> nodes, members;
            double wanted = 0;
            for (std::size_t r = 0; r < runs.task.size(); ++r) {
                if (runs.task[r] != static_cast<std::int64_t>(row)) continue;
                nodes.push_back(runs.node[r]);
                members.push_back(runs.instances[r] * runs.per_instance[r]);
                wanted += static_cast<double>(members.back()) *
                          definition.cost(c.tasks[row], c.nodes[static_cast<std::size_t>(runs.node[r])]);
            }
            const ClassId id = placed.problem->workload().class_of_row(static_cast<std::int64_t>(row));
            CHECK(std::abs(placed.explainer.cost(id, nodes, members) - wanted) < 1e-9);
        }
    }
}

TEST(what_was_not_tried_is_known) {
    Case c = Case::one_site();
    c.tasks = {{.compute = 1}, {.compute = 2}};
    const auto problem = c.problem();
    Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
    solution.reason = {Reason::kNotTried, Reason::kCapacity};
    solution.status = Status::kTimeLimit;
    const TaskExplainer explainer(problem, std::make_shared<const Solution>(solution));
    CHECK(!explainer.was_tried(ClassId(std::size_t{0})));
    CHECK(explainer.was_tried(ClassId(std::size_t{1})));
}

TEST(whoever_stops_gets_nothing) {
    struct Stop final : Control {
        void poll(std::string_view stage, std::int64_t, std::int64_t) override {
            CHECK_EQ(stage, "explain");
            throw Cancelled();
        }
    };
    Case c = Case::one_site();
    c.nodes = {{}};
    c.tasks = {{.compute = 9}};
    Placed placed(c);
    Stop stop;
    CHECK_THROWS(Cancelled, "", placed.explainer.explain(ClassId(std::size_t{0}), 1, false, stop));
    CHECK_EQ(placed.explain(0).counts[1], 1);
}
