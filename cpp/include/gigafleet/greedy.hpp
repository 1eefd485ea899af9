// A sound greedy: shape by shape, each class to its cheapest pools that have room.
#pragma once

#include <limits>
#include <string_view>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// What is placed before the search, at each level of priority.
enum class First : std::uint8_t {
    kNothing,
    kNear,      ///< what fits near its origin (near.hpp)
    kAtPrices,  ///< what prices send somewhere (at_prices.hpp)
};

struct GreedyOptions {
    Order order = Order::kLargeFirst;
    First first = First::kNothing;
    double waste = 0.26;  ///< see PricesOptions
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "place";  ///< as reported to Control
};

/// Places every class, by priority, then in placing_order. Maximal: a member is left over only where no node
/// could hold it, since what is full stays full. Stops at the time limit with what it has; `reason` of the
/// rest is then kNotTried. O(shapes · groups of pools + classes · candidates tried).
Solution place_greedily(const Groundwork& ground, const GreedyOptions& options, Control& control);

}  // namespace gigafleet
