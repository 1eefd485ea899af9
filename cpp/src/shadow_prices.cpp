#include "gigafleet/shadow_prices.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "gigafleet/network_ascent.hpp"
#include "gigafleet/pair_prices.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/price_ascent.hpp"
#include "gigafleet/relaxed.hpp"

namespace gigafleet {

namespace {

constexpr PriceAscent::Schedule kSchedule{100, 80, 0.2, 0.02, 0.003};

constexpr NetworkAscent::Schedule kCostSchedule{120, 0.1, 0.003}, kWeightSchedule{120, 0.03, 0.002},
    kGuideSchedule{40, 0.03, 0.01};
constexpr double kMostSteps = 2e10;  // of about a nanosecond, on one core

/// As many rounds as a bounded number of steps allows.
NetworkAscent::Schedule schedule_of(const NetworkMarket& market, NetworkAscent::Schedule schedule) {
    schedule.rounds = static_cast<int>(
        std::clamp(kMostSteps / market.steps_a_round(), 1.0, static_cast<double>(schedule.rounds)));
    return schedule;
}

bool any_link_limited(const Problem& problem) {
    const std::size_t carriers = problem.network().arc_count() + 2 * problem.network().site_count();
    for (std::size_t c = 0; c < carriers; ++c)
        if (relaxed_carrier(problem, c)) return true;
    return false;
}

/// Whether the plan places less than all of the `levels` highest levels.
bool any_left_out(const Groundwork& ground, std::size_t levels, std::span<const WideQuantity> level_weight) {
    std::vector<WideQuantity> asked = weight_by_level(ground.problem, members_of_classes(ground.problem));
    asked.resize(level_weight.size());  // a coarse problem knows no level without members
    const auto end = static_cast<std::ptrdiff_t>(std::min(levels, level_weight.size()));
    return !std::equal(level_weight.begin(), level_weight.begin() + end, asked.begin());
}

/// Shapes of the `levels` highest levels of priority, in placing order.
std::vector<ShapeId> highest(const Groundwork& ground, std::size_t levels) {
    std::vector<ShapeId> shapes;
    std::set<std::int64_t> seen;
    for (const ShapeId shape : placing_order(ground, ground.suggested)) {
        seen.insert(ground.problem.shape(shape).priority);
        if (seen.size() > levels) break;
        shapes.push_back(shape);
    }
    return shapes;
}

/// Whether there is a task, and a node.
bool any_choice(const Groundwork& ground, std::span<const ShapeId> shapes) {
    return ground.problem.fleet().members() > 0 && std::ranges::any_of(shapes, [&](ShapeId shape) {
               return std::ranges::any_of(ground.by_shape.classes(shape), [&](ClassId c) {
                   return ground.problem.workload().classes()[c.at()].members > 0;
               });
           });
}

}  // namespace

std::optional<Prices> find_shadow_prices(const Groundwork& ground, Aim aim, std::size_t levels,
                                         std::span<const WideQuantity> level_weight, int threads,
                                         Control& control) {
    Prices prices = Prices::zero(ground.problem);
    const std::vector<ShapeId> shapes = highest(ground, levels);
    if (!any_choice(ground, shapes)) return prices;
    if (!level_weight.empty())
        if (auto exact = find_pair_prices(ground.problem, aim, levels, level_weight, control)) return exact;
    if (!Market::is_possible(ground) || any_link_limited(ground.problem) ||
        any_left_out(ground, levels, level_weight)) {
        const auto market =
            NetworkMarket::make(ground, shapes, Placement(ground.problem), aim, level_weight, threads);
        if (!market) return std::nullopt;
        NetworkAscent ascent(*market, std::vector<double>(market->groups(), 1.0), threads);
        const auto schedule = schedule_of(*market, aim == Aim::kCost ? kCostSchedule : kWeightSchedule);
        ascent.run(schedule, std::numeric_limits<double>::infinity(), "bound", control);
        return ascent.prices();
    }
    const auto market = Market::make(ground, shapes, Placement(ground.problem), threads, aim);
    if (!market || market->dimensions() == 0) return prices;
    PriceAscent ascent(*market, std::vector<double>(market->pools().size(), 1.0), threads);
    ascent.run(kSchedule, std::numeric_limits<double>::infinity(), "bound", control);
    return ascent.prices_by_pool();
}

Guide find_guide(const Groundwork& ground, double time_limit_s, int threads, Control& control) {
    const auto market =
        NetworkMarket::make(ground, placing_order(ground, ground.suggested), Placement(ground.problem),
                            Aim::kCost, {}, threads, NetworkMarket::kMostStepsToSearch);
    if (!market || market->dimensions() == 0) return {};
    NetworkAscent ascent(*market, std::vector<double>(market->groups(), 1.0), threads);
    if (!ascent.run(schedule_of(*market, kGuideSchedule), time_limit_s, "prices", control)) return {};
    return {ascent.prices(), ascent.worth()};
}

}  // namespace gigafleet
