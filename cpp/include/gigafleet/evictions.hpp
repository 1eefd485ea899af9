// Who ran before and has no place now: never for the sake of one at the same level that did not run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/previous.hpp"
#include "gigafleet/residency.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Members of a class that ran before, are asked for still, and have no place.
inline std::int64_t evicted(const Previous& previous, const Solution& solution, ClassId id) {
    return std::max<std::int64_t>(0, previous.ran(id) - solution.placed[id.at()]);
}

/// The solution without members that did not run before, at `level` of priority (0 is the highest) and all
/// below; those of gangs and spread groups are left as they are. O(runs + fillings, with their logarithm).
Solution without_newcomers(const Problem& problem, const Previous& previous, const Solution& solution,
                           std::size_t level, int threads);

/// Searches on a solution for as long as nobody is left out who would fit if all those that did not run
/// before, of the same level and all below, were not there: then these are placed anew, after all that ran
/// of their level. Levels above keep what they have. O(levels) times a greedy search, where some are evicted;
/// of most solutions it only reads that none are.
void give_back(const Groundwork& ground, const Previous& previous, Solution& solution, int threads,
               Control& control);
/// The same with models.
void give_back(const Problem& problem, const Previous& previous, Solution& solution,
               const ResidencyOptions& options, Control& control);

}  // namespace gigafleet
