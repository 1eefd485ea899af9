#include "gigafleet/relocate.hpp"

#include "check.hpp"
#include "gigafleet/seating.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

TEST(moves_pay_and_break_no_rule) {
    std::mt19937 random(1);
    int better = 0;
    for (int i = 0; i < 400; ++i) {
        Stand stand(random, 20, 40);
        stand.now.objective.move_cost = i % 3 == 0 ? 0 : 0.01;
        stand.problem = stand.now.problem();
        NoControl control;
        const Groundwork ground(*stand.problem, control);
        const Previous previous(*stand.problem, earlier_of(stand.runs), 1, control);
        Solution solution = place_greedily(ground, {.first = First::kNear, .previous = &previous}, control);
        const auto total = [&] {
            return solution.cost + moves_of(*stand.problem, previous, solution, 1).cost;
        };
        const double before = total();
        const auto placed = solution.placed;
        const bool any = relocate(ground, previous, solution, {.rounds = 4}, control).any;
        CHECK(solution.placed == placed);
        check_fits(*stand.problem, solution);
        CHECK(total() <= before + 1e-9);
        if (any) CHECK(total() < before);
        better += any;
    }
    CHECK(better > 20);
}

TEST(a_time_limit_leaves_things_as_they_are) {
    std::mt19937 random(2);
    Stand stand(random, 20, 40);
    NoControl control;
    const Groundwork ground(*stand.problem, control);
    const Previous previous(*stand.problem, earlier_of(stand.runs), 1, control);
    Solution solution = place_greedily(ground, {.previous = &previous}, control);
    const double cost = solution.cost;
    CHECK(!relocate(ground, previous, solution, {.time_limit_s = 0}, control).in_time);
    CHECK_EQ(solution.cost, cost);
}
