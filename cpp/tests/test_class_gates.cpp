#include "gigafleet/class_gates.hpp"

#include "check.hpp"
#include "definition.hpp"

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;

TEST(ways_are_as_long_as_the_definition_says) {
    std::mt19937 random(1);
    int open = 0, late = 0, none = 0;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        const Case c = problem_cases::random_case(random, 12, 12);
        const auto problem = c.problem();
        Definition definition(c);
        const Fleet& fleet = problem->fleet();
        for (std::size_t t = 0; t < c.tasks.size(); ++t) {
            const ClassId of = problem->workload().class_of_row(static_cast<std::int64_t>(t));
            const ClassGates gates(*problem, problem->workload().classes()[of.at()]);
            for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
                const Fleet::Pool& pool = fleet.pools()[p];
                if (pool.slots == 0) continue;
                const auto& node = c.nodes[static_cast<std::size_t>(fleet.row_of_entry(pool.first_entry))];
                const auto trip = definition.trip(c.tasks[t], node.site);
                const bool short_enough = trip.exists && definition.rtt_ns(c.tasks[t], node) <=
                                                             definition::down(c.tasks[t].max_rtt_ms, 1e-6);
                const Reason wanted = !trip.exists    ? Reason::kRoute
                                      : !short_enough ? Reason::kRtt
                                                      : Reason::kPlaced;
                CHECK_EQ(gates.way(pool), wanted);
                CHECK_EQ(gates.labels_pass(pool), definition.labels_pass(c.tasks[t], node));
                if (trip.exists) CHECK_EQ(gates.rtt_ns(pool.site), trip.rtt_ns);
                (wanted == Reason::kPlaced ? open : wanted == Reason::kRtt ? late : none) += 1;
            }
        }
    }
    CHECK(open > 500 / check::kShare);
    CHECK(late > 50 / check::kShare);
    CHECK(none > 50 / check::kShare);
}
