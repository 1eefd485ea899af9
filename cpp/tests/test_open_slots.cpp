#include "gigafleet/open_slots.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(slots_are_taken_from_the_first_that_stays_long_enough) {
    Case c = Case::one_site();
    c.nodes.push_back({.compute = 2, .count = 4});
    c.tasks.push_back({.compute = 1});
    const auto problem = c.problem();
    Held held{{{{1, {500}}}}, Loads(*problem)};
    OpenSlots open(*problem, held, {100}, 2);
    CHECK(open.may_hold(PoolId(0), {2000}));
    CHECK(!open.may_hold(PoolId(0), {2001}));
    CHECK_EQ(open.listed(PoolId(0)), 1u);
    std::vector<std::size_t> found;
    open.find(PoolId(0), {1500}, found);
    CHECK(found == (std::vector<std::size_t>{0, OpenSlots::kFresh}));
    found.clear();
    open.find(PoolId(0), {1600}, found);
    CHECK(found == (std::vector<std::size_t>{OpenSlots::kFresh}));

    CHECK_EQ(open.take(PoolId(0), 0, {1500}, 0), 1);
    CHECK(!open.fits(PoolId(0), 0, {1}, 0));
    CHECK_EQ(open.take(PoolId(0), OpenSlots::kFresh, {600}, 1), 2);  // 0 leaves too early, 1 is held
    CHECK_EQ(open.take(PoolId(0), OpenSlots::kFresh, {600}, 0), 0);
    CHECK(open.fits(PoolId(0), OpenSlots::kFresh, {2000}, 3));
    CHECK_EQ(open.take(PoolId(0), OpenSlots::kFresh, {2000}, 0), 3);
    CHECK(!open.fits(PoolId(0), OpenSlots::kFresh, {1}, 0));
    CHECK_EQ(open.listed(PoolId(0)), 3u);  // 3 has nothing left
    CHECK(open.fits(PoolId(0), 1, {1400}, 2));
    CHECK(!open.fits(PoolId(0), 2, {1400}, 1));  // slot 0
}
