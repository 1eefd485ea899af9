// A sound greedy: shape by shape, each class to its cheapest pools that have room.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// In which order the shapes of one level of priority are placed. None is best everywhere.
enum class Order : std::uint8_t {
    kLargeFirst,  ///< by share of what can take it, from large to small: packs tightest where all fit
    kDenseFirst,  ///< by weight per share, from high to low: drops least where not all fit
    kTightFirst,  ///< by latency limit, from tight to loose: those with few nodes in reach choose first
};

/// kLargeFirst where the fleet has room for the demand of all tasks together and 5 % to spare, else
/// kDenseFirst. O(shapes · kinds), bounded, + classes.
Order suggested_order(const Problem& problem, Control& control);

/// Shapes by priority from high to low, then by `order`, then the tighter latency limit.
std::vector<ShapeId> placing_order(const Problem& problem, Order order, Control& control);

/// Places every class in placing_order. Maximal: a member is left over only where no node could hold it,
/// since what is full stays full. Stops at `time_limit_s` (infinity: never) with what it has; `reason` of the
/// rest is then kNotTried. Reports to `control` as `stage`. O(shapes · groups of pools + classes · candidates
/// tried).
Solution place_greedily(const Problem& problem, Order order, double time_limit_s, std::string_view stage,
                        Control& control);

/// Why what `solution` left over was left: the first gate, in the order of SEMANTICS, that no node passes in
/// the final state. Sets solution.reason of every class with members left.
void explain_unplaced(const Problem& problem, Solution& solution, Control& control);

}  // namespace gigafleet
