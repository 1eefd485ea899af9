// From a solution back to the placement that it came of, to go on from there.
#pragma once

#include <vector>

#include "gigafleet/placement.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// What is left in pools and on links, and of each class, as `solution` leaves it; the solution must be
/// valid. O(classes + pools + arcs + fillings · log), and where nodes differ, slots in use.
Placement restore(const Problem& problem, const Solution& solution);

/// Its fillings, to be finished together with what comes after.
std::vector<Ledger> ledgers_of(const Solution& solution);

}  // namespace gigafleet
