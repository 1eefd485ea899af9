// Plans from answers that are known already.
#include <algorithm>
#include <vector>

#include "gigafleet/fillings.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/ways.hpp"

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
    Ways ways(*problem, loads);
    std::vector<Ledger> ledgers;
    std::vector<Filling> own;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (c % kClassesALedger == 0) ledgers.emplace_back();
        own.clear();
        for (const Previous::Run& run : previous.runs(ClassId(c)))
            if (run.pool.valid()) append(own, {run.pool, run.first, run.slots, run.per_slot});
        flatten(own);
        const Routes& routes = *problem->policies()[problem->shape(classes[c].shape).policy];
        const SiteId origin = classes[c].origin;
        std::erase_if(own, [&](const Filling& filling) {
            const SiteId site = problem->fleet().pools()[filling.pool.at()].site;
            return !routes.allowed(origin) || routes.rtt_ns(origin, site) == kUnreachable;
        });
        for (const Filling& filling : own) {
            ways.of(ClassId(c), filling.pool).reserve(loads, members(filling));
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
