#include "gigafleet/shadow_prices.hpp"

#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "gigafleet/placement.hpp"
#include "gigafleet/price_ascent.hpp"

namespace gigafleet {

namespace {

constexpr PriceAscent::Schedule kSchedule{100, 80, 0.2, 0.02, 0.003};

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

}  // namespace

Prices find_shadow_prices(const Groundwork& ground, Aim aim, std::size_t levels, int threads,
                          Control& control) {
    Prices prices = Prices::zero(ground.problem);
    const auto market =
        Market::make(ground, highest(ground, levels), Placement(ground.problem), threads, aim);
    if (!market || market->dimensions() == 0) return prices;
    PriceAscent ascent(*market, std::vector<double>(market->pools().size(), 1.0), threads);
    ascent.run(kSchedule, std::numeric_limits<double>::infinity(), "bound", control);
    const std::size_t all = ground.problem.fleet().schema().dimensions();
    const std::size_t dimensions = market->dimensions();
    for (std::size_t p = 0; p < market->pools().size(); ++p)
        for (std::size_t d = 0; d < dimensions; ++d)
            prices.pool[market->pools()[p].id.at() * all + market->dimension(d)] =
                ascent.prices()[p * dimensions + d] / market->unit(d);
    return prices;
}

}  // namespace gigafleet
