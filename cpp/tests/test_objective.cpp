#include "gigafleet/objective.hpp"

#include "check.hpp"
#include "definition.hpp"

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

/// Cost of the only task on the only node, without and with risk.
struct Costs {
    double pair, risk;
};
Costs costs(const Case& c) {
    const auto problem = c.problem();
    const Problem::Shape& shape = problem->shape(ShapeId(0));
    const Fleet::Pool& pool = problem->fleet().pools().at(0);
    const SiteId origin = problem->workload().classes().at(0).origin;
    const Fleet::Kind& kind = problem->fleet().kinds().at(0);
    const double pair = pair_cost(*problem, shape, origin, pool);
    CHECK(std::abs(pair - kind_cost(*problem, shape, kind) - way_cost(*problem, shape, origin, pool.site)) <
          1e-12);
    return {pair, risk_cost(*problem, shape, problem->fleet().available_ns(pool, 0))};
}
bool near(double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(b)); }

}  // namespace

TEST(each_term_by_hand) {
    Case c = Case::line(3);
    c.links.price = {0.5, -0.25};
    c.objective.rtt_price = 0.125;
    c.nodes = {{.site = 2, .price_compute = 3, .price_energy = 0.5, .access_rtt_ms = 2}};
    c.tasks = {{.origin = 0,
                .compute = 2,
                .energy_wh = 7,
                .uplink_mbps = 4,
                .downlink_mbps = 1,
                .duration_s = 1800}};
    // Compute, energy over half an hour, 2 + 2 + 2 ms, 4 Mbps there and 1 Mbps back over both links.
    CHECK(near(costs(c).pair, 6 + 3.5 * 2 + 0.125 * 6 + (0.5 - 0.25) * 5));
    c.tasks[0].duration_s = 0;  // books no energy
    CHECK(near(costs(c).pair, 6 + 0.125 * 6 + 0.25 * 5));
    c.tasks[0].origin = 2;  // no links
    CHECK(near(costs(c).pair, 6 + 0.125 * 2));
    c.objective.rtt_price = 0;
    CHECK(near(costs(c).pair, 6));
}

TEST(the_rounded_demand_is_paid) {
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.price_compute = 1000}};
    c.tasks = {{.compute = 1.0 / 3}};
    CHECK(near(costs(c).pair, 334));  // resolution 1e-3
}

TEST(each_way_of_a_digraph_pays_its_own_price) {
    Case c;
    c.links.sites = 3;
    c.links.directed = true;
    c.links.add(0, 1, 1, 0.5);
    c.links.add(1, 2, 1, 0.25);
    c.links.add(2, 0, 1, 4);
    c.nodes = {{.site = 1}};
    c.tasks = {{.origin = 0, .uplink_mbps = 1, .downlink_mbps = 2}};
    c.objective.rtt_price = 1;
    CHECK(near(costs(c).pair, 3 + 0.5 + 2 * 4.25));
}

TEST(risk_is_borne_by_the_open_ended_alone) {
    Case c = Case::one_site();
    c.objective.risk_price = 0.5;
    c.objective.horizon_s = 600;
    const auto risk = [&](double available_s, double duration_s) {
        c.nodes = {{.available_s = available_s}};
        c.tasks = {{.duration_s = duration_s}};
        return costs(c).risk;
    };
    CHECK_EQ(risk(599, 0), 0.5);
    CHECK_EQ(risk(600, 0), 0.0);
    CHECK_EQ(risk(kInf, 0), 0.0);
    CHECK_EQ(risk(100, 50), 0.0);
    CHECK_EQ(risk(0, 0), 0.5);
    c.objective.risk_price = 0;
    CHECK_EQ(risk(0, 0), 0.0);
}

TEST(random_pairs_cost_what_the_definition_says) {
    std::mt19937 random(51);
    int pairs = 0;
    for (int i = 0; i < 200; ++i) {
        const Case c = random_case(random, 12, 12);
        Definition wanted(c);
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const auto& t = c.tasks[row];
            const Workload::Class& k = problem->workload().classes()[problem->workload().class_of_row()[row]];
            const Problem::Shape& shape = problem->shape(k.shape);
            for (const Fleet::Pool& pool : fleet.pools())
                for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e) {
                    const auto& n = c.nodes[static_cast<std::size_t>(fleet.row_of_entry(e))];
                    if (!wanted.trip(t, n.site).exists) continue;
                    const double cost = pair_cost(*problem, shape, k.origin, pool) +
                                        risk_cost(*problem, shape, fleet.available_ns(pool, e));
                    CHECK(near(cost, wanted.cost(t, n)));
                    ++pairs;
                }
        }
    }
    CHECK(pairs > 1000);
}
