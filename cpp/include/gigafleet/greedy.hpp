// A sound greedy: shape by shape, each class to its cheapest pools that have room.
#pragma once

#include <limits>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/previous.hpp"
#include "gigafleet/prices.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// What is placed before the search, at each level of priority.
enum class First : std::uint8_t {
    kNothing,
    kNear,      ///< what fits near its origin (near.hpp)
    kAtPrices,  ///< what prices send somewhere (at_prices.hpp)
    kPriced,    ///< what is worth the prices of all it takes, each class where they are least
};

/// Prices that guide a search.
struct Guide {
    Prices prices;              ///< of cost
    std::vector<double> worth;  ///< by shape: EUR/h, prices included, beyond which a task rather stays out
};

struct GreedyOptions {
    Order order = Order::kLargeFirst;
    First first = First::kNothing;
    bool all_levels = false;             ///< of kAtPrices: at once, and what is left level by level
    double waste = 0.26;                 ///< see PricesOptions
    const Guide* guide = nullptr;        ///< of kPriced
    const Solution* start = nullptr;     ///< what is placed already
    const Previous* previous = nullptr;  ///< tasks go back to where they ran (reopen.hpp), before all else
    /// Whether they do so level by level: what ran at a level then gives way to all of the levels above.
    bool reopen_by_level = false;
    /// At each level of priority, members that ran before come before those that did not.
    const Previous* ran = nullptr;
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "place";  ///< as reported to Control
};

/// Places every class, by priority, then in placing_order. Maximal: a member is left over only where no node
/// could hold it, since what is full stays full. Stops at the time limit with what it has, at the least with
/// what went back to where it ran; `reason` of the rest is then kNotTried. O(shapes · groups of pools +
/// classes · candidates tried).
Solution place_greedily(const Groundwork& ground, const GreedyOptions& options, Control& control);

}  // namespace gigafleet
