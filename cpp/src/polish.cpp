#include "gigafleet/polish.hpp"

#include <algorithm>
#include <utility>

#include "gigafleet/local_search.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/placement.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kStepsATask = 50, kMostSteps = 1'000'000;
constexpr std::int64_t kThorough = 50;  // times as many

bool one_level(const Problem& problem) {
    return std::ranges::all_of(problem.shapes(), [&](const Problem::Shape& shape) {
        return shape.priority == problem.shapes().front().priority;
    });
}

WideQuantity placed_weight(const Problem& problem, const Solution& solution) {
    WideQuantity weight = 0;
    for (std::size_t c = 0; c < solution.placed.size(); ++c)
        weight +=
            WideQuantity{problem.shape(problem.workload().classes()[c].shape).weight} * solution.placed[c];
    return weight;
}

}  // namespace

void polish(const Groundwork& ground, Solution& solution, const PolishOptions& options, Control& control) {
    const Problem& problem = ground.problem;
    if (solution.status != Status::kComplete || !one_level(problem) || !Market::is_possible(ground)) return;
    std::int64_t placed = 0;
    for (const std::int64_t members : solution.placed) placed += members;
    const bool all = placed == problem.workload().members();
    if (!options.thorough && all && placed > kManyTasksToPolish) return;
    if (!options.cheaper && all) return;
    const auto market =
        Market::make(ground, placing_order(ground, ground.suggested), Placement(problem), options.threads);
    if (!market || !SlotTable::is_possible(*market, solution)) return;
    const Stopwatch watch;
    SlotTable table(ground, *market, solution);
    const std::int64_t steps = std::min(kStepsATask * problem.workload().members(), kMostSteps);
    SearchOptions search{steps * (options.thorough ? kThorough : 1), 0, options.time_limit_s, options.stage};
    bool in_time = all || place_rest(table, search, control);
    if (options.cheaper && in_time && (placed <= kManyTasksToPolish || options.thorough)) {
        search.time_limit_s = options.time_limit_s - watch.seconds();
        in_time = make_cheaper(table, search, control);
        if (!all) place_rest(table, {steps, 1, search.time_limit_s, options.stage}, control);
    }
    place_what_fits(table);
    Solution found = table.solution(options.threads);
    // Moves are priced without risk, and in single precision: what comes out may be dearer after all.
    const WideQuantity more = placed_weight(problem, found) - placed_weight(problem, solution);
    if (more > 0 || (options.cheaper && found.cost < solution.cost)) solution = std::move(found);
    if (!in_time) solution.status = Status::kTimeLimit;
}

}  // namespace gigafleet
