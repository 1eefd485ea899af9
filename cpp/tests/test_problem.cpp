#include "gigafleet/problem.hpp"

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

const Problem::Shape& shape_of(const Problem& problem, std::size_t row) {
    const Workload& workload = problem.workload();
    return problem.shape(workload.classes()[workload.class_of_row()[row]].shape);
}
SiteId site(std::int32_t s) { return SiteId(static_cast<std::size_t>(s)); }

}  // namespace

TEST(shapes_labels_and_policies_are_those_of_the_rows) {
    std::mt19937 random(41);
    for (int i = 0; i < 200; ++i) {
        Case c = random_case(random, 20, 20);
        c.threads = 1 + i % 2;
        Definition wanted(c);
        const auto problem = c.problem();
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const auto& t = c.tasks[row];
            const Problem::Shape& s = shape_of(*problem, row);
            CHECK(s.demand == wanted.demand(t));
            CHECK_EQ(s.uplink, wanted.demand(t)[2]);
            CHECK_EQ(s.downlink, wanted.demand(t)[3]);
            CHECK_EQ(s.max_rtt_ns, definition::down(t.max_rtt_ms, 1e-6));
            CHECK_EQ(s.duration_ns, definition::up(t.duration_s, 1e-9));
            CHECK_EQ(problem->needed_ns(s), s.duration_ns);
            CHECK_EQ(s.tau_s, t.duration_s == 0 ? c.objective.horizon_s : t.duration_s);
            CHECK_EQ(s.weight, definition::up(t.weight, 1e-6));
            CHECK_EQ(s.priority, t.priority);
            const Fleet& fleet = problem->fleet();
            for (const Fleet::Pool& pool : fleet.pools())
                for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e) {
                    const auto& n = c.nodes[static_cast<std::size_t>(fleet.row_of_entry(e))];
                    CHECK_EQ(problem->labels_pass(s, pool), wanted.labels_pass(t, n));
                }
            const Routes& routes = *problem->policies()[s.policy];
            const auto allowed = wanted.allowed(t);
            for (std::size_t v = 0; v < allowed.size(); ++v) {
                CHECK_EQ(routes.allowed(SiteId(v)), allowed[v] != 0);
                const auto trip = wanted.trip(t, static_cast<std::int32_t>(v));
                CHECK_EQ(routes.rtt_ns(site(t.origin), SiteId(v)), trip.exists ? trip.rtt_ns : kUnreachable);
            }
        }
    }
}

TEST(a_rule_switched_off_asks_for_nothing) {
    Case c = Case::line(2);
    c.site_labels = {0, 1};
    c.nodes = {{.labels = 1}};
    c.tasks = {{.compute = 2,
                .energy_wh = 3,
                .uplink_mbps = 4,
                .downlink_mbps = 5,
                .max_rtt_ms = 6,
                .duration_s = 7,
                .require = 2,
                .transit_require = 1}};
    const auto shape = [&](unsigned rules) {
        const auto problem = c.problem(rules);
        CHECK_EQ(problem->disabled_rules(), rules);
        const Problem::Shape s = shape_of(*problem, 0);
        CHECK_EQ(problem->labels_pass(s, problem->fleet().pools()[0]), (rules & kRuleLabel) != 0);
        CHECK_EQ(problem->policies()[s.policy]->allowed(SiteId(0)), (rules & kRuleTransit) != 0);
        CHECK_EQ(problem->needed_ns(s), rules & kRuleTime ? 0 : 7'000'000'000);
        CHECK_EQ(s.uplink, 4'000'000);
        return s;
    };
    const Amounts all{2'000, 3'000'000, 4'000'000, 5'000'000}, line{0, 0, 4'000'000, 5'000'000};
    CHECK(shape(0).demand == all);
    CHECK_EQ(shape(0).max_rtt_ns, 6'000'000);
    CHECK(shape(kRuleCapacity).demand == line);
    CHECK(shape(kRuleLine).demand == (Amounts{2'000, 3'000'000}));
    CHECK_EQ(shape(kRuleLatency).max_rtt_ns, kUnlimited);
    CHECK(shape(kRuleLabel | kRuleTransit | kRuleTime).demand == all);
}

TEST(an_open_ended_task_books_no_energy) {
    Case c = Case::one_site();
    c.tasks = {{.energy_wh = 5, .duration_s = 0}, {.energy_wh = 5, .duration_s = 1}};
    const auto problem = c.problem();
    CHECK_EQ(shape_of(*problem, 0).demand[1], 0);
    CHECK_EQ(shape_of(*problem, 1).demand[1], 5'000'000);
}

TEST(shapes_with_the_same_names_share_a_policy) {
    Case c = Case::line(3);
    c.site_labels = {1, 1, 0};
    c.tasks = {{.compute = 1, .transit_require = 1}, {.compute = 2, .transit_require = 1}, {.compute = 3}};
    const auto problem = c.problem();
    CHECK_EQ(problem->policies().size(), 2u);
    CHECK_EQ(shape_of(*problem, 0).policy, shape_of(*problem, 1).policy);
    CHECK_EQ(problem->rules().size(), 1u);
}

TEST(a_kind_may_take_what_one_of_its_nodes_could_somewhere) {
    // Never false where a node passes; exact where nothing is varied and no label is a site's.
    std::mt19937 random(64);
    int taken = 0, refused = 0;
    for (int i = 0; i < 300; ++i) {
        const Case c = random_case(random, 10, 12);
        const definition::Definition wanted(c);
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        for (std::size_t s = 0; s < problem->shapes().size(); ++s) {
            const Problem::Shape& shape = problem->shapes()[s];
            const auto& t = c.tasks[static_cast<std::size_t>(problem->workload().shapes()[s].first_row)];
            const bool exact = !fleet.any_varied() && !problem->rules()[shape.rule].depends_on_site();
            std::vector<std::uint8_t> passes(fleet.kinds().size()), seen(fleet.kinds().size());
            for (const Fleet::Pool& pool : fleet.pools())
                for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e) {
                    const auto& n = c.nodes[static_cast<std::size_t>(fleet.row_of_entry(e))];
                    seen[pool.kind.at()] = 1;
                    if (wanted.labels_pass(t, n) && wanted.fits(wanted.capacity(n), t))
                        passes[pool.kind.at()] = 1;
                }
            for (std::size_t k = 0; k < passes.size(); ++k) {
                const bool may = problem->may_take(shape, KindId(k));
                CHECK(may || !passes[k]);
                if (exact && seen[k]) CHECK_EQ(may, passes[k] != 0);
                ++(may ? taken : refused);
            }
        }
    }
    CHECK(taken > 1000 && refused > 1000);
}

TEST(what_cannot_be_a_problem_is_refused) {
    NoControl control;
    Case c = Case::one_site();
    c.tasks = {{.compute = 1}};
    const auto network = c.network();
    const auto fleet = c.fleet(*network);
    TaskColumns columns = c.task_columns();
    columns.resources = {"compute", "disk"};
    const auto make = [&] {
        const auto workload = std::make_shared<const Workload>(
            *network, static_cast<std::int64_t>(c.tasks.size()), columns, 1, control);
        return Problem(network, fleet, workload, {}, 0, 1, control);
    };
    CHECK_THROWS(InputError, "demand['disk']: got a resource that no node has", make());
    // Fine at the default resolution, too much at the fleet's own.
    c.compute_resolution = 1e-9;
    c.tasks = {{.compute = 1}, {.compute = 1e10}};
    CHECK_THROWS(InputError, "demand['compute'][row 1]: got", c.problem());

    c.compute_resolution = 1e-3;
    c.tasks = {{.compute = 1, .uplink_mbps = 1e6, .downlink_mbps = 1e6, .count = 1'152'921}};
    CHECK_EQ(c.problem()->shapes().size(), 1u);
    c.tasks[0].count = 1'152'922;
    CHECK_THROWS(InputError, "uplink_mbps + downlink_mbps[row 0]: got more than 2.3e12 Mbps", c.problem());

    c.tasks = {{.require = 1}};
    columns = c.task_columns();
    columns.labels[kRequire] = LabelColumn::of_masks("require", columns.labels[kRequire].codes, {"town=Ulm"});
    CHECK_THROWS(InputError, "require: got \"town=Ulm\"", make());
}

TEST(whoever_stops_gets_no_problem) {
    struct Stop final : Control {
        void poll(std::string_view, std::int64_t, std::int64_t) override { throw Cancelled(); }
    } stop;
    Case c = Case::line(3);
    c.links.add(0, 2, 1);
    c.tasks = {{.origin = 0}, {.origin = 1}};
    c.nodes = {{.site = 2}};
    const auto network = c.network();
    const auto fleet = c.fleet(*network);
    const auto workload = c.workload(*network);
    CHECK_THROWS(Cancelled, "cancelled", Problem(network, fleet, workload, {}, 0, 1, stop));
    NoControl quiet;
    CHECK_EQ(Problem(network, fleet, workload, {}, 0, 1, quiet).policies()[0]->rtt_ns(SiteId(0), SiteId(2)),
             2'000'000);
}

TEST(levels_count_from_the_highest_priority) {
    Case c = Case::one_site();
    c.nodes = {{}};
    c.tasks = {{.priority = -3}, {.priority = 7}, {.compute = 2, .priority = 7}, {.priority = 0}};
    const auto problem = c.problem();
    const std::vector<std::size_t> levels = levels_of_shapes(*problem);
    CHECK_EQ(levels.size(), problem->shapes().size());
    for (std::size_t s = 0; s < levels.size(); ++s) {
        const std::int64_t priority = problem->shapes()[s].priority;
        CHECK_EQ(levels[s], priority == 7 ? 0u : priority == 0 ? 1u : 2u);
    }
    Case none = Case::one_site();
    none.nodes = {{}};
    CHECK(levels_of_shapes(*none.problem()).empty());
}

TEST(one_task_outranks_all_of_the_levels_below) {
    Case c = Case::one_site();
    c.tasks = {{.compute = 1, .weight = 5, .priority = 1, .count = 7},
               {.compute = 2, .weight = 0.5, .priority = 9, .count = 3},
               {.compute = 3, .weight = 2, .priority = 9},
               {.compute = 4, .weight = 4, .priority = 0, .count = 100}};
    const auto problem = c.problem();
    const auto weights = ranked_weights(*problem).value();
    const auto of = [&](Quantity compute) {
        for (std::size_t s = 0; s < weights.size(); ++s)
            if (problem->shapes()[s].demand[0] == compute * 1000) return weights[s];
        return 0.0;
    };
    CHECK_EQ(of(4), 4e6);
    CHECK(of(1) > 100 * of(4));
    CHECK(of(2) > 7 * of(1) + 100 * of(4));
    CHECK_EQ(of(3), 4 * of(2));
    for (std::int32_t level = 10; level < 23; ++level)
        c.tasks.push_back({.compute = 5, .priority = level, .count = 1000});
    CHECK(!ranked_weights(*c.problem()));
    CHECK(ranked_weights(*Case::one_site().problem())->empty());
}

TEST(demands_of_devices_have_one_numbering_in_problems_made_beside_each_other) {
    Case c = Case::one_site();
    c.nodes = {{.devices = 4, .device_memory = 80}};
    c.tasks = {{.devices = 0.6, .device_memory = 10}, {.devices = 0.3}, {.devices = 1}};
    const auto problem = c.problem();
    c.tasks = {{.devices = 0.5}, {.devices = 1}, {.devices = 0.3}, {}};
    NoControl control;
    const Problem more(problem->network_ptr(), problem->fleet_ptr(), c.workload(problem->network()),
                       problem->objective(), 0u, 1, control, nullptr, problem.get());
    const auto number = [](const Problem& of, std::size_t row) { return shape_of(of, row).device_demand; };
    CHECK_EQ(number(more, 1), number(*problem, 2));
    CHECK_EQ(number(more, 2), number(*problem, 1));
    CHECK_EQ(number(more, 0), problem->device_demands().size());
    CHECK_EQ(number(more, 3), 0u);
    CHECK_EQ(more.device_demands().size(), problem->device_demands().size() + 1);
    const std::size_t weights = problem->fleet().schema().device_weights();
    CHECK_EQ(shape_of(more, 2).demand[weights], shape_of(*problem, 1).demand[weights]);
}

TEST(a_problem_made_of_another_may_know_more_rules_and_demands) {
    Case c = Case::line(2);
    c.country = {0, 1};
    c.nodes = {{.site = 0, .labels = 1, .devices = 4}, {.site = 1, .labels = 2}};
    c.tasks = {{.require = 1, .devices = 0.5}};
    const auto problem = c.problem();
    CHECK(problem->fleet().label_bit("ev") && !problem->fleet().label_bit("nobody"));
    const std::size_t rules = problem->rules().size(), demands = problem->device_demands().size();
    Problem more(*problem, c.workload(problem->network()), problem->shapes(),
                 {{problem->rule_of({}, {}, {"country=X"})}, problem->policies()});
    CHECK_EQ(more.rules().size(), rules + 1);
    CHECK_EQ(more.policies().size(), 2 * problem->policies().size());
    CHECK_EQ(more.add(DeviceDemand{300, {}}), demands);
    CHECK_EQ(more.add(more.rule_of({"gpu"}, {}, {})), rules + 1);
    Problem::Shape shape = shape_of(more, 0);
    const auto passes = [&](std::size_t rule) {
        shape.rule = static_cast<std::uint32_t>(rule);
        std::vector<bool> each(2);
        for (const Fleet::Pool& pool : more.fleet().pools())
            each[pool.site.at()] = more.labels_pass(shape, pool);
        return each;
    };
    CHECK((passes(rules) == std::vector<bool>{false, true}));
    CHECK((passes(rules + 1) == std::vector<bool>{false, true}));
    CHECK((passes(shape_of(more, 0).rule) == std::vector<bool>{true, false}));
    CHECK_EQ(problem->rules().size(), rules);
}
