#include "gigafleet/prices.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;

TEST(zero_has_an_entry_for_all_that_can_have_a_price) {
    problem_cases::Case c = problem_cases::Case::line(3);
    c.nodes = {{.site = 0}, {.site = 2}};
    const Prices prices = Prices::zero(*c.problem());
    CHECK_EQ(prices.pool.size(), 2u * 4u);          // compute, energy, line down, line up
    CHECK_EQ(prices.carrier.size(), 4u + 2u * 3u);  // arcs, access up, access down
    CHECK(!prices.empty());
    CHECK(Prices().empty());
}
