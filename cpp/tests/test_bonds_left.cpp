#include "gigafleet/bonds_left.hpp"

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

struct Placed {
    explicit Placed(const Case& c)
        : problem(c.problem()),
          solution(place_greedily(Groundwork(*problem, quiet), {}, quiet)),
          counts(*problem) {
        counts.add(solution);
    }
    BondsLeft bonds(std::int64_t row) const {
        return {*problem, solution, counts, problem->workload().class_of_row(row)};
    }
    /// Slots that are outside, that are crowded, and how many times there was another case.
    std::array<std::int64_t, 3> sums(const BondsLeft& bonds) const {
        std::array<std::int64_t, 3> sum{};
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p) {
            std::int64_t next = 0;
            const std::int64_t slots = problem->fleet().pools()[p].slots;
            bonds.for_alike(PoolId(p), 0, slots,
                            [&](std::int64_t first, std::int64_t last, const auto& lack) {
                                CHECK(first == next && last > first);
                                next = last;
                                sum[0] += lack.outside * (last - first);
                                sum[1] += lack.crowded * (last - first);
                                ++sum[2];
                            });
            CHECK_EQ(next, slots);
        }
        return sum;
    }

    std::shared_ptr<const Problem> problem;
    Solution solution;
    SpreadCounts counts;
};

}  // namespace

TEST(one_more_of_a_gang_has_to_be_where_it_runs) {
    Case c = Case::line(3);
    c.country = {0, 0, 1};
    c.nodes = {{.site = 0, .compute = 1}, {.site = 1, .compute = 4, .count = 2}, {.site = 2, .compute = 1}};
    c.tasks = {{.origin = 1, .compute = 2, .count = 4, .gang = 0, .gang_level = kSiteLevel}, {.origin = 0}};
    const Placed placed(c);
    const BondsLeft bonds = placed.bonds(0);
    CHECK(bonds.is_in_gang() && !bonds.is_left_out() && bonds.gang_members() == 4);
    CHECK((placed.sums(bonds) == std::array<std::int64_t, 3>{2, 0, 3}));
    for (std::size_t p = 0; p < placed.problem->fleet().pools().size(); ++p) {
        const auto wider = bonds.wider_level(PoolId(p));
        if (placed.problem->fleet().pools()[p].site == SiteId(2))
            CHECK(!wider);
        else
            CHECK(wider == kCountryLevel);
    }
    CHECK(!placed.bonds(1).is_in_gang());
    CHECK((placed.sums(placed.bonds(1)) == std::array<std::int64_t, 3>{0, 0, 3}));
}

TEST(at_the_level_of_nodes_slots_differ) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 9}};
    c.tasks = {{.compute = 1, .count = 3, .gang = 0, .gang_level = kNodeLevel},
               {.compute = 1, .count = 4, .spread = 0, .spread_max = 1},
               {.compute = 1, .count = 4, .spread = 1, .spread_max = 9}};
    const Placed placed(c);
    CHECK_EQ(placed.sums(placed.bonds(0))[0], 8);
    CHECK_EQ(placed.sums(placed.bonds(1))[1], 4);
    CHECK_EQ(placed.sums(placed.bonds(2))[1], 0);
    CHECK(placed.bonds(1).most() == 1 && placed.bonds(1).spread_level() == kNodeLevel);
}

TEST(narrower_levels_that_keep_a_group_apart) {
    Case c = Case::line(3);
    c.country = {0, 0, 1};
    c.nodes = {{.site = 0, .compute = 4, .count = 3}, {.site = 1}, {.site = 2}};
    c.tasks = {{.compute = 1, .max_rtt_ms = 0, .count = 2, .spread = 0, .spread_level = kCountryLevel}};
    const Placed placed(c);
    const BondsLeft bonds = placed.bonds(0);
    CHECK_EQ(placed.solution.placed[0], 1);
    // One of the three nodes has the member; so at the level of nodes there are two stretches and others.
    CHECK((placed.sums(bonds) == std::array<std::int64_t, 3>{0, 4, 4}));
    const auto& pools = placed.problem->fleet().pools();
    for (std::size_t p = 0; p < pools.size(); ++p) {
        const auto level = bonds.finer_level(PoolId(p), pools[p].slots - 1);
        if (pools[p].site == SiteId(0)) {
            CHECK(level == kNodeLevel);
            CHECK(!bonds.finer_level(PoolId(p), placed.solution.fillings.front().first));
        } else if (pools[p].site == SiteId(1)) {
            CHECK(level == kSiteLevel);  // the network has no regions, campuses or racks
        }
    }
    CHECK(!placed.bonds(0).is_in_gang());
}

TEST(who_is_in_no_domain_takes_none) {
    Case c = Case::line(3);
    c.country = {0, 1, -1};
    c.nodes = {{.site = 0}, {.site = 1}, {.site = 2}};
    c.tasks = {{.count = 1, .spread = 0, .spread_level = kCountryLevel},
               {.count = 9, .gang = 5, .gang_level = kCountryLevel}};
    c.tasks[1].compute = 4;
    const Placed placed(c);
    CHECK_EQ(placed.sums(placed.bonds(0))[1], 2);  // a country with one, and none
    CHECK(placed.bonds(1).is_left_out());
    CHECK_EQ(placed.sums(placed.bonds(1))[0], 1);
}
