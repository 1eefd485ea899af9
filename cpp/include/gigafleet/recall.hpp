// An answer that was written down, taken up again as a solution of the problem it was made for.
#pragma once

#include "gigafleet/control.hpp"
#include "gigafleet/previous.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Fillings, members placed and loads; reason kCapacity where members are left, and no cost. Nothing is
/// checked but that tasks, nodes and routes are there: InputError names what is not. O(runs · log + rows +
/// arcs on the ways).
Solution recall(const Problem& problem, const EarlierRuns& runs, int threads, Control& control);

}  // namespace gigafleet
