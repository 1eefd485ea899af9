#include "gigafleet/restore.hpp"

#include "check.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

TEST(a_restored_placement_has_no_room_for_what_was_left_over) {
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        const problem_cases::Case rows = problem_cases::random_case(random, 20, 40);
        const auto problem = rows.problem();
        NoControl control;
        const Groundwork ground(*problem, control);
        const Solution solution = place_greedily(ground, {}, control);
        const Solution again = place_greedily(ground, {.start = &solution}, control);
        check_fits(*problem, again);
        CHECK(again.placed == solution.placed);  // greedy is maximal
        Placement placement = restore(*problem, solution);
        for (std::size_t c = 0; c < solution.placed.size(); ++c)
            CHECK_EQ(placement.left(ClassId(c)),
                     problem->workload().classes()[c].members - solution.placed[c]);
        const Solution same = placement.finish(ledgers_of(solution), 1);
        CHECK(seats_of(stream_assignments(*problem, same)) ==
              seats_of(stream_assignments(*problem, solution)));
    }
}
