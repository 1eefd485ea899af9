#include "gigafleet/branch_rooms.hpp"

#include <algorithm>

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/groundwork.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(pools_of_a_branch_are_those_that_may_hold_the_shape_one_by_one) {
    std::mt19937 random(7);
    NoControl quiet;
    int some = 0, none = 0;
    for (int i = 0; i < 100 / check::kShare; ++i) {
        const Case c = problem_cases::random_case(random, 25, 25, 1 + i % 2);
        const auto problem = c.problem();
        const Groundwork ground(*problem, quiet);
        const Solution solution = place_greedily(ground, {}, quiet);
        const Standing standing(*problem, solution);
        for (std::size_t p = 0; p < problem->policies().size(); ++p) {
            const PoolView& view = ground.views[p];
            const Forest& forest = view.routes().forest();
            BranchRooms rooms(view, standing);
            for (int step = 0; step < 200 && !problem->shapes().empty() && !forest.order().empty(); ++step) {
                const SiteId branch = forest.order()[random() % forest.order().size()];
                const ShapeId id(random() % problem->shapes().size());
                const Problem::Shape& shape = problem->shape(id);
                const auto passes = [&](std::size_t position) {
                    return problem->labels_pass(shape, problem->fleet().pools()[view[position].pool.at()]);
                };
                std::vector<std::uint32_t> wanted;
                for (std::uint32_t at = 0; at < view.size(); ++at) {
                    SiteId site = view[at].site;
                    while (site.valid() && site != branch) site = forest.parent(site);
                    if (site == branch && passes(at) && standing.may_hold(view[at].pool, shape.demand))
                        wanted.push_back(at);
                }
                CHECK(std::ranges::equal(rooms.of(branch, id, passes), wanted));
                (wanted.empty() ? none : some) += 1;
            }
        }
    }
    CHECK(some > 1000 / check::kShare);
    CHECK(none > 1000 / check::kShare);
}
