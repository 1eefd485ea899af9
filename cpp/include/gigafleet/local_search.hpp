// Better solutions from a good one, by moving single tasks.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "gigafleet/control.hpp"
#include "gigafleet/slot_table.hpp"

namespace gigafleet {

struct SearchOptions {
    std::int64_t steps = 0;  ///< budget of work: slots looked at
    std::uint64_t seed = 0;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "search";  ///< as reported to Control
};

/// Makes room for what is left over, level of priority by level, by ejection chains: a task takes a slot from
/// the lightest set of others that is in its way, which then look for another. A class grows heavier each
/// time it finds no place, so that chains do not run in circles (guided local search; Voudouris and Tsang,
/// 1999). Keeps the best state met: the most placed weight, at the highest levels of priority first
/// (ranked_weights, which the problem must have). Never places less. False where the time limit cut it off.
bool place_rest(SlotTable& table, const SearchOptions& options, Control& control);

/// Puts what is left over wherever a slot has room, the cheapest pool first: afterwards no task left over
/// fits anywhere. O(classes with tasks left · slots).
void place_what_fits(SlotTable& table);

/// Makes what is placed cheaper: moves a task to a cheaper pool that has room, or that has once another task
/// has left for a place that costs less than is gained. Places no task more or less. False where the time
/// limit cut it off.
bool make_cheaper(SlotTable& table, const SearchOptions& options, Control& control);

}  // namespace gigafleet
