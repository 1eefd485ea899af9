// Sites whose access is too small for the tasks that start there: what to keep off it, and who has to wait.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// A task takes of the access of its origin wherever it runs, and of that of the node's site again. So an
/// access on which little is left beside the tasks of its own site is spared: nodes there come last. And
/// where it cannot even take these, a fractional knapsack tells who has to wait till all others are placed:
/// those that take most of it for their weight.
struct ScarceAccesses {
    std::vector<std::uint8_t> spared;  ///< by site; empty where none is
    std::vector<std::uint8_t> waits;   ///< by class; empty where none does
    Prices prices;                     ///< of accesses that are spared, for a search by cost; 0 elsewhere
};

/// Scarce are accesses that would overflow if all tasks of the site ran at the site. `may_run`: by shape,
/// whether any node can take it. `price`: EUR/h for a multiple of 1e-6 Mbps on an access that is spared: so
/// much is it worth to run elsewhere. O(classes + sites), and a sort of the classes at sites where some have
/// to wait.
ScarceAccesses find_scarce_accesses(const Problem& problem, std::span<const std::uint8_t> may_run,
                                    double price);

}  // namespace gigafleet
