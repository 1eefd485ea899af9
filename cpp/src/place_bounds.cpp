// What no placement can beat: the part of place.hpp that proves it.
#include <algorithm>
#include <vector>

#include "gigafleet/coarse.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/shadow_prices.hpp"

namespace gigafleet {

namespace {

constexpr double kCellRatio = 1.25;
constexpr Grain kCellsToBound{4096, 1.02};
constexpr std::size_t kMostCellsToPrice = 64;
constexpr std::size_t kMostPairsToBound = std::size_t{1} << 24;  // of shapes and pools

Coarse all_in_cells(const Problem& problem, const Grain& grain, Stand stand, int threads) {
    return coarsen(problem, members_of_classes(problem), grain, stand, threads);
}

/// Whether what asks the least costs the least, and no level of priority is empty.
bool may_bound_by_cells(const Problem& problem) {
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    std::vector<std::uint8_t> is_empty(level_of.size(), 1);
    for (const Workload::Class& c : problem.workload().classes())
        if (c.members > 0) is_empty[level_of[c.shape.at()]] = 0;
    const std::size_t levels = level_of.empty() ? 0 : *std::ranges::max_element(level_of) + 1;
    return std::none_of(is_empty.begin(), is_empty.begin() + static_cast<std::ptrdiff_t>(levels),
                        [](auto empty) { return empty; }) &&
           std::ranges::all_of(problem.fleet().kinds(), [](const Fleet::Kind& kind) {
               return std::ranges::all_of(kind.price, [](double price) { return price >= 0; });
           });
}

}  // namespace

Certificate prove(const Plan& plan, Control& control) {
    const Stopwatch watch;
    const Problem& problem = *plan.problem;
    Coarse mean, least;
    if (plan.cells > 0)
        mean = all_in_cells(problem, {std::min(plan.cells, kMostCellsToPrice), kCellRatio}, Stand::kMean,
                            plan.threads);
    if (mean.problem && problem.shapes().size() * problem.fleet().pools().size() > kMostPairsToBound &&
        may_bound_by_cells(problem))
        least = all_in_cells(problem, kCellsToBound, Stand::kLeast, plan.threads);
    const Problem& priced = mean.problem ? *mean.problem : problem;
    const Groundwork ground(priced, control, plan.threads);
    const std::vector<WideQuantity> asked = weight_by_level(problem, members_of_classes(problem));
    const auto find = [&](Aim aim, std::size_t levels) {
        return find_shadow_prices(ground, aim, levels, plan.level_weight, plan.threads, control);
    };
    std::vector<MaybePrices> of_weight;
    for (std::size_t level = 0; level < asked.size(); ++level)
        of_weight.push_back(plan.level_weight[level] == asked[level] ? Prices{}
                                                                     : find(Aim::kWeight, level + 1));
    const MaybePrices of_cost = find(Aim::kCost, asked.size());
    const Solution nowhere{{}, {}, {}, {}, plan.solution.loads};
    Certificate found =
        certify(least.problem ? *least.problem : problem, least.problem ? nowhere : plan.solution,
                plan.level_weight, of_cost, std::move(of_weight), plan.threads, control);
    if (least.problem) found.terms = cost_terms(problem, plan.solution);
    found.seconds = watch.seconds();
    return found;
}

}  // namespace gigafleet
