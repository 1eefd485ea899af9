// A sound greedy: shape by shape, each class to its cheapest pools that have room.
#pragma once

#include "gigafleet/control.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Shapes in the order in which they are placed: by priority from high to low, then by weight per dominant
/// share of the fleet (a factor of two at a time), then the tighter latency limit, then the larger.
std::vector<ShapeId> placing_order(const Problem& problem);

/// Places every class in placing_order. Maximal: a member is left over only where no node could hold it,
/// since what is full stays full. Stops at `time_limit_s` (infinity: never) with what it has; `reason` of the
/// rest is then kNotTried. O(shapes · pools + classes · (core sites + candidates tried)).
Solution place_greedily(const Problem& problem, double time_limit_s, Control& control);

/// Why what `solution` left over was left: the first gate, in the order of SEMANTICS, that no node passes in
/// the final state. Sets solution.reason of every class with members left.
void explain_unplaced(const Problem& problem, Solution& solution, Control& control);

}  // namespace gigafleet
