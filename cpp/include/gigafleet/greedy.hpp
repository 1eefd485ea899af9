// A sound greedy: shape by shape, each class to its cheapest pools that have room.
#pragma once

#include "gigafleet/control.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Shapes by priority from high to low; within a level, where the fleet has room for the demand of all tasks
/// together and 5 % to spare, the larger first (by share of what can take it: packs tightest), else the
/// denser first (by weight per share: drops least where not all fit); then the tighter latency limit.
/// O(shapes · kinds), bounded.
std::vector<ShapeId> placing_order(const Problem& problem, Control& control);

/// Places every class in placing_order. Maximal: a member is left over only where no node could hold it,
/// since what is full stays full. Stops at `time_limit_s` (infinity: never) with what it has; `reason` of the
/// rest is then kNotTried. O(shapes · pools + classes · (core sites + candidates tried)).
Solution place_greedily(const Problem& problem, double time_limit_s, Control& control);

/// Why what `solution` left over was left: the first gate, in the order of SEMANTICS, that no node passes in
/// the final state. Sets solution.reason of every class with members left.
void explain_unplaced(const Problem& problem, Solution& solution, Control& control);

}  // namespace gigafleet
