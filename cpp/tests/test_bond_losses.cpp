#include "gigafleet/bond_losses.hpp"

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

std::vector<const Routes*> routes_of(const Problem& problem) {
    std::vector<const Routes*> routes;
    for (const auto& policy : problem.policies()) routes.push_back(policy.get());
    return routes;
}

}  // namespace

TEST(a_gang_returns_whole_and_groups_stay_apart) {
    Case c = Case::line(3);
    for (std::int32_t s = 0; s < 3; ++s) c.nodes.push_back({.site = s, .compute = 8});
    c.tasks = {{.count = 3, .gang = 0}, {.count = 2, .spread = 0, .spread_level = kSiteLevel}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const Solution solution = place_greedily(ground, {}, quiet);
    const Standing standing(*problem, solution);
    Trial trial(standing);
    BondLosses bonds(ground, trial);
    const ClassId gang = problem->workload().class_of_row(0), group = problem->workload().class_of_row(1);
    CHECK_EQ(bonds.gang_of(gang), 0u);
    CHECK_EQ(bonds.gang_of(group), Bond::kNone);
    for (int time = 0; time < 2; ++time) {  // the second is as the first
        std::vector<std::uint8_t> lost(3, 0);
        const Filling own = solution.of(gang).front();
        lost[problem->fleet().pools()[own.pool.at()].site.at()] = 1;
        bonds.lose(0, false);
        CHECK(bonds.may_return(0));
        bonds.start(routes_of(*problem), lost);
        BondLosses::Placed placed;
        CHECK(bonds.place_gang(0, &placed));
        CHECK_EQ(placed.size(), 1u);
        CHECK(placed.front().second.pool != own.pool);
        // Of the group one is at each of two sites: a third finds the last one, a fourth none.
        lost.assign(3, 0);
        CHECK_EQ(bonds.place_apart(group, 2, nullptr), 1);
        const Filling one = solution.of(group).front();
        bonds.leave(group, one, {});
        CHECK_EQ(bonds.place_apart(group, 2, nullptr), 1);
        bonds.lose(0, true);
        CHECK(!bonds.may_return(0));
        trial.reset();
        bonds.reset();
        CHECK(!bonds.is_broken(0));
    }
}
