#include "gigafleet/recall.hpp"

#include <vector>

#include "gigafleet/error.hpp"
#include "gigafleet/path.hpp"

namespace gigafleet {

Solution recall(const Problem& problem, const EarlierRuns& runs, int threads, Control& control) {
    const Previous previous(problem, runs, threads, control);
    if (!previous.is_whole())
        throw InputError("runs", kNoRow, "a task or node that is not there", "those of the tables");
    const auto& classes = problem.workload().classes();
    Solution solution{{}, {}, {}, {}, Loads(problem)};
    std::vector<Path> paths;
    for (const auto& routes : problem.policies()) paths.emplace_back(problem, *routes, solution.loads);
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const Problem::Shape& shape = problem.shape(classes[c].shape);
        const SiteId origin = classes[c].origin;
        const std::size_t first = solution.fillings.size();
        std::int64_t placed = 0;
        SiteId to;
        for (const Previous::Run& run : previous.runs(ClassId(c))) {
            const SiteId site = problem.fleet().pools()[run.pool.at()].site;
            if (problem.policies()[shape.policy]->rtt_ns(origin, site) == kUnreachable)
                throw InputError("runs", kNoRow, "a task without a route to its node", "one with a route");
            if (site != to) paths[shape.policy].build(shape, origin, to = site);
            paths[shape.policy].reserve(solution.loads, run.members());
            solution.fillings.push_back({run.pool, run.first, run.slots, run.per_slot});
            placed += run.members();
        }
        solution.of_class.push_back({first, solution.fillings.size()});
        solution.placed.push_back(placed);
        solution.reason.push_back(placed == classes[c].members ? Reason::kPlaced : Reason::kCapacity);
    }
    return solution;
}

}  // namespace gigafleet
