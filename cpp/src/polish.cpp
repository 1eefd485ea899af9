#include "gigafleet/polish.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/choices.hpp"
#include "gigafleet/device_refill.hpp"
#include "gigafleet/eject.hpp"
#include "gigafleet/exchange.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/price_ascent.hpp"
#include "gigafleet/repack.hpp"

namespace gigafleet {

namespace {

/// How long to search.
struct Work {
    std::int64_t steps_a_task, most_steps;
    int rounds;  ///< of place_more
};
constexpr Work kShort{70, 1'400'000, 4}, kLong{800, 256'000'000, 8};
constexpr std::int64_t kFewTasks = 10'000, kMoreIfFew = 10;  // times as many steps, up to those of so many
constexpr std::int64_t kCheaperParts = 2, kRestParts = 20;   // of all steps, one of each in a round
constexpr std::int64_t kOnlyRestParts = 2;                   // where nothing else is done
constexpr std::int64_t kRefillTimes = 10;                    // as many, of which each is a mere look
constexpr double kShare = 0.97;                              // of pools, that whole tasks fill
constexpr double kEase = 4;                                  // see eased

std::int64_t steps_for(const Problem& problem, const Work& work) {
    const std::int64_t tasks = std::min(problem.workload().members(), work.most_steps);
    const std::int64_t counted = std::max(tasks, std::min(kMoreIfFew * tasks, kFewTasks));
    return std::min(work.steps_a_task * counted, work.most_steps);
}

/// What each shape pays in each pool where prices rule, by shape and pool.
std::vector<float> payments_of(const Market& market, std::span<const double> prices) {
    std::vector<float> payments(market.shapes() * market.pools().size());
    for (std::size_t s = 0; s < market.shapes(); ++s)
        find_payments(market, prices, s,
                      std::span(payments).subspan(s * market.pools().size(), market.pools().size()));
    return payments;
}

/// Prices, lower by `ease` times the share left over in a pool: whole tasks fill some pools worse than prices
/// reckon with, and those are to take more of what others hold.
std::vector<double> eased(std::span<const double> prices, double ease, const SlotTable& table) {
    const Market& market = table.market();
    std::vector<double> lower(prices.begin(), prices.end());
    for (std::size_t p = 0, at = 0; p < market.pools().size(); ++p)
        for (std::size_t d = 0; d < market.dimensions(); ++d, ++at) {
            double left = 0;
            for (std::size_t slot = table.first_slot(p); slot < table.first_slot(p + 1); ++slot)
                left += static_cast<double>(table.residual(slot)[d]) / market.unit(d);
            if (prices[at] > 0) lower[at] *= std::max(0.0, 1 - ease * left / market.capacity(p)[d]);
        }
    return lower;
}

/// Places what is left over. Tasks of the right mix fill pools whole, and prices tell which belong where: so
/// those that are placed go where cost and prices are least, each pool is packed anew, and those left over
/// take the room; again and again, at prices that follow the room. Even where nothing is left over that leads
/// to cheaper places than costs alone would. False where the time limit cut it off.
bool place_more(SlotTable& table, const PolishOptions& options, int rounds, const SearchOptions& search,
                Control& control) {
    const Stopwatch watch;
    const Market& market = table.market();
    const auto left_s = [&] { return search.time_limit_s - watch.seconds(); };
    const auto left = [&] {
        std::int64_t sum = 0;
        for (std::uint32_t c = 0; c < market.classes().size(); ++c) sum += table.left(c);
        return sum;
    };
    PriceAscent ascent(market, std::vector<double>(market.pools().size(), kShare),
                       market.workers(options.threads));
    bool in_time = ascent.run({}, left_s(), options.stage, control);
    for (int round = 0; in_time && round < rounds && (options.thorough || left() > 0); ++round) {
        table.set_payments(payments_of(market, eased(ascent.prices(), round == 0 ? 0 : kEase, table)));
        in_time = make_cheaper(table, {search.steps / kCheaperParts, 0, left_s(), options.stage}, control);
        in_time = in_time && repack(table, left_s(), options.stage, control);
        if (in_time) place_what_fits(table);
        in_time = in_time && place_rest(table,
                                        {search.steps / kRestParts, static_cast<std::uint64_t>(round),
                                         left_s(), options.stage},
                                        control);
    }
    table.set_payments({});
    return in_time;
}

/// What there is to do.
struct Task {
    bool all;      ///< nothing is left over
    bool few;      ///< of tasks that are placed, or that does not matter
    bool ranked;   ///< tasks have ranked_weights: else there is no search for what is left over
    bool devices;  ///< some are asked for
    bool refills(const PolishOptions& options) const { return options.cheaper && !all && devices; }
};

/// False where the time limit cut it off.
bool improve(SlotTable& table, const PolishOptions& options, const Task& task, Control& control) {
    const Stopwatch watch;
    const Work work = options.thorough ? kLong : kShort;
    const std::int64_t steps = steps_for(table.market().problem(), work);
    const auto search = [&](std::int64_t some, std::uint64_t seed) {
        return SearchOptions{some, seed, options.time_limit_s - watch.seconds(), options.stage};
    };
    bool in_time = true;
    if (task.ranked && !options.cheaper)  // tasks that are placed stay where they are, as far as that goes
        in_time = place_rest(table, search(steps / kOnlyRestParts, 0), control);
    else if (task.ranked && (!task.all || options.thorough))
        in_time = place_more(table, options, work.rounds, search(steps, 0), control);
    if (task.refills(options))
        in_time = in_time && refill_devices(table, search(kRefillTimes * steps, 0), control);
    if (task.ranked && options.cheaper && task.few) {
        in_time = in_time && make_cheaper(table, search(steps, 0), control);
        if (!task.all) in_time = in_time && place_rest(table, search(steps / kRestParts, 1), control);
    }
    place_what_fits(table);
    return in_time;
}

}  // namespace

void polish(const Groundwork& ground, Solution& solution, const PolishOptions& options, Control& control) {
    const Stopwatch watch;
    const Problem& problem = ground.problem;
    if (solution.status != Status::kComplete || !Market::is_possible(ground)) return;
    std::int64_t placed = 0;
    for (const std::int64_t members : solution.placed) placed += members;
    const Task task{placed == problem.workload().members(), options.thorough || placed <= kManyTasksToPolish,
                    ranked_weights(problem).has_value(), problem.device_demands().size() > 1};
    if ((task.all && !(task.few && options.cheaper)) || !(task.ranked || task.refills(options))) return;
    Placement nobody(problem);
    for (std::size_t c = 0; c < solution.placed.size(); ++c)
        if (problem.is_bound(ClassId(c))) nobody.left(ClassId(c)) = 0;  // they stay where they are
    const auto market =
        Market::make(ground, placing_order(ground, ground.suggested), nobody, options.threads);
    if (!market || !SlotTable::is_possible(*market, solution)) return;
    SlotTable table(ground, *market, solution);
    PolishOptions rest = options;
    rest.time_limit_s -= watch.seconds();
    const bool in_time = improve(table, rest, task, control);
    Solution found = table.solution(options.threads);
    // Moves are priced without risk, and in single precision: what comes out may be dearer after all.
    const auto was = weight_by_level(problem, solution.placed), is = weight_by_level(problem, found.placed);
    if (is > was || (is == was && options.cheaper && found.cost < solution.cost)) solution = std::move(found);
    if (!in_time) solution.status = Status::kTimeLimit;
}

}  // namespace gigafleet
