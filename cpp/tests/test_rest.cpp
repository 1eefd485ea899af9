#include "gigafleet/rest.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(all_is_seated_that_fits_the_cheapest_first) {
    Case c = Case::line(2);
    c.nodes.push_back({.site = 0, .compute = 2.5, .price_compute = 2});
    c.nodes.push_back({.site = 1, .compute = 2.5, .price_compute = 1});
    for (const double compute : {1.5, 1.4, 0.6, 0.5, 0.3}) c.tasks.push_back({.compute = compute});
    const auto problem = c.problem();
    NoControl quiet;
    for (const std::size_t cells : {1, 2, 100}) {
        Seats seats(*problem);
        CHECK(seat_rest(*problem, seats, {.cells = cells}, quiet));
        const Solution solution = std::move(seats).solution(1);
        std::int64_t placed = 0;
        for (const std::int64_t n : solution.placed) placed += n;
        CHECK_EQ(placed, 5);  // 1.5 + 0.6 + 0.3 at the cheap node, 1.4 + 0.5 at the other
        CHECK(problem->fleet().pools()[solution.fillings[0].pool.at()].site == SiteId(1));
    }
}

TEST(a_full_link_sends_a_task_elsewhere) {
    Case c = Case::line(2);
    c.capacity_mbps = {1};
    c.nodes.push_back({.site = 0, .compute = 4, .price_compute = 2});
    c.nodes.push_back({.site = 1, .compute = 4, .price_compute = 1});
    for (int i = 0; i < 4; ++i) c.tasks.push_back({.compute = 1 + 0.01 * i, .uplink_mbps = 0.5 - 0.01 * i});
    const auto problem = c.problem();
    NoControl quiet;
    Seats seats(*problem);
    CHECK(seat_rest(*problem, seats, {}, quiet));
    const Solution solution = std::move(seats).solution(1);
    std::int64_t away = 0;
    for (const Filling& f : solution.fillings)
        away += problem->fleet().pools()[f.pool.at()].site == SiteId(1) ? f.slots * f.per_slot : 0;
    CHECK_EQ(away, 2);
    CHECK_EQ(solution.fillings.size(), 4u);
}

TEST(no_time_no_seats) {
    Case c = Case::one_site();
    c.nodes.push_back({});
    c.tasks.push_back({});
    const auto problem = c.problem();
    NoControl quiet;
    Seats seats(*problem);
    CHECK(!seat_rest(*problem, seats, {.time_limit_s = 0}, quiet));
    CHECK_EQ(seats.left()[0], 1);
}
