#include "gigafleet/polish.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/choices.hpp"
#include "gigafleet/local_search.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/price_ascent.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kStepsATask = 50, kMostSteps = 1'000'000;
constexpr std::int64_t kThorough = 64;  // times as many
constexpr double kShare = 0.97;         // of pools, that whole tasks fill
constexpr int kRounds = 4;

/// By level of priority, from the highest.
std::vector<WideQuantity> placed_weight(const Problem& problem, const Solution& solution) {
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    std::vector<WideQuantity> weight(level_of.size());
    for (std::size_t c = 0; c < solution.placed.size(); ++c) {
        const ShapeId shape = problem.workload().classes()[c].shape;
        weight[level_of[shape.at()]] += WideQuantity{problem.shape(shape).weight} * solution.placed[c];
    }
    return weight;
}

/// What each shape pays in each pool where prices rule, by shape and pool.
std::vector<float> payments_of(const Market& market, std::span<const double> prices) {
    std::vector<float> payments(market.shapes() * market.pools().size());
    for (std::size_t s = 0; s < market.shapes(); ++s)
        find_payments(market, prices, s,
                      std::span(payments).subspan(s * market.pools().size(), market.pools().size()));
    return payments;
}

/// Places what is left over. Tasks of the right mix fill pools whole, and prices tell which belong where: so
/// those that are placed go where cost and prices are least, which makes room, then those left over go there.
/// False where the time limit cut it off.
bool place_more(SlotTable& table, const PolishOptions& options, std::int64_t all_steps, Control& control) {
    const Stopwatch watch;
    const Market& market = table.market();
    const auto left_s = [&] { return options.time_limit_s - watch.seconds(); };
    const auto left = [&] {
        std::int64_t sum = 0;
        for (std::uint32_t c = 0; c < market.classes().size(); ++c) sum += table.left(c);
        return sum;
    };
    PriceAscent ascent(market, std::vector<double>(market.pools().size(), kShare),
                       market.workers(options.threads));
    bool in_time = ascent.run({}, left_s(), options.stage, control);
    const int rounds = options.thorough ? kRounds : 1;
    const std::int64_t steps = all_steps / rounds;
    for (int round = 0; in_time && round < rounds; ++round) {
        const std::int64_t before = left();
        const auto seed = static_cast<std::uint64_t>(round);
        table.set_payments(payments_of(market, ascent.prices()));
        in_time = make_cheaper(table, {steps, seed, left_s(), options.stage}, control);
        place_what_fits(table);
        in_time = in_time && place_rest(table, {steps, seed, left_s(), options.stage}, control);
        if (left() == 0 || (round > 0 && left() == before)) break;
    }
    table.set_payments({});
    return in_time;
}

}  // namespace

void polish(const Groundwork& ground, Solution& solution, const PolishOptions& options, Control& control) {
    const Problem& problem = ground.problem;
    if (solution.status != Status::kComplete || !Market::is_possible(ground) || !ranked_weights(problem))
        return;
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
    bool in_time = true;
    if (!options.cheaper)  // tasks that are placed stay where they are, as far as that goes
        in_time = place_rest(table, search, control);
    else if (!all || options.thorough)
        in_time = place_more(table, options, search.steps, control);
    if (options.cheaper && in_time && (placed <= kManyTasksToPolish || options.thorough)) {
        search.time_limit_s = options.time_limit_s - watch.seconds();
        in_time = make_cheaper(table, search, control);
        if (!all) place_rest(table, {steps, 1, search.time_limit_s, options.stage}, control);
    }
    place_what_fits(table);
    Solution found = table.solution(options.threads);
    // Moves are priced without risk, and in single precision: what comes out may be dearer after all.
    const auto was = placed_weight(problem, solution), is = placed_weight(problem, found);
    if (is > was || (is == was && options.cheaper && found.cost < solution.cost)) solution = std::move(found);
    if (!in_time) solution.status = Status::kTimeLimit;
}

}  // namespace gigafleet
