// Plans from answers that are known already.
#include <algorithm>
#include <vector>

#include "gigafleet/fillings.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/placement.hpp"

namespace gigafleet {

Plan adopt(std::shared_ptr<const Network> network, std::shared_ptr<const Fleet> fleet,
           std::shared_ptr<const Workload> workload, const Objective& objective, const EarlierRuns& runs,
           int threads, Control& control, const ModelTable* models) {
    constexpr std::size_t kClassesALedger = 1024;  // ledgers are joined on all threads
    const auto problem = std::make_shared<const Problem>(
        std::move(network), std::move(fleet), std::move(workload), objective, 0u, threads, control, models);
    const Previous previous(*problem, runs, threads, control);
    const auto& classes = problem->workload().classes();
    std::vector<std::int64_t> left = members_of_classes(*problem);
    Loads loads(*problem);
    std::vector<Path> paths;
    for (const auto& routes : problem->policies()) paths.emplace_back(*problem, *routes, loads);
    std::vector<Ledger> ledgers;
    std::vector<Filling> own;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (c % kClassesALedger == 0) ledgers.emplace_back();
        own.clear();
        for (const Previous::Run& run : previous.runs(ClassId(c)))
            if (run.pool.valid()) append(own, {run.pool, run.first, run.slots, run.per_slot});
        flatten(own);
        const Problem::Shape& shape = problem->shape(classes[c].shape);
        const Routes& routes = *problem->policies()[shape.policy];
        const SiteId origin = classes[c].origin;
        const auto site = [&](const Filling& filling) {
            return problem->fleet().pools()[filling.pool.at()].site;
        };
        std::erase_if(own, [&](const Filling& filling) {
            return !routes.allowed(origin) || routes.rtt_ns(origin, site(filling)) == kUnreachable;
        });
        for (const Filling& filling : own) {
            Path& path = paths[shape.policy];
            path.build(shape, origin, site(filling));
            path.reserve(loads, members(filling));
            left[c] -= members(filling);
        }
        ledgers.back().fillings.insert(ledgers.back().fillings.end(), own.begin(), own.end());
        ledgers.back().close(ClassId(c));
    }
    Plan plan{problem, solution_of(*problem, ledgers, left, std::move(loads), threads), threads};
    add_up(plan);
    return plan;
}

}  // namespace gigafleet
