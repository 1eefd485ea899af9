#include "gigafleet/stay_gates.hpp"

#include <cmath>

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(a_task_stays_where_all_but_room_allows) {
    Case c = Case::line(2);
    c.objective.rtt_price = 1;
    c.nodes = {{.site = 1, .price_compute = 3, .available_s = 50, .labels = 1},
               {.site = 1, .price_compute = 3, .available_s = 500, .labels = 1}};
    c.tasks = {{},
               {.max_rtt_ms = 1},
               {.compute = 5},
               {.forbid = 1},
               {.duration_s = 100},
               {.duration_s = 1000},
               {.origin = 1, .max_rtt_ms = 1}};
    const auto problem = c.problem();
    NoControl quiet;
    const Groundwork ground(*problem, quiet);
    const StayGates gates(ground);
    const auto ask = [&](std::int64_t row) {
        const ClassId of = problem->workload().class_of_row(row);
        return gates.ask(problem->workload().classes()[of.at()], PoolId(0));
    };
    CHECK_EQ(ask(0).first_slot, 0);
    CHECK(std::abs(ask(0).cost - 5) < 1e-9);  // 3, and 2 ms there and back
    for (const std::int64_t row : {1, 2, 3, 5}) CHECK_EQ(ask(row).first_slot, 2);
    CHECK_EQ(ask(4).first_slot, 1);  // the one that leaves first comes first
    CHECK_EQ(ask(6).first_slot, 0);
    CHECK(std::abs(ask(6).cost - 3) < 1e-9);
}
