// Room for tasks left over: others move on, or give way.
#pragma once

#include "gigafleet/local_search.hpp"

namespace gigafleet {

/// Makes room for what is left over, level of priority by level, by ejection chains: a task takes a slot from
/// the lightest set of others that is in its way, which then look for another. A class grows heavier each
/// time it finds no place, so that chains do not run in circles (guided local search; Voudouris and Tsang,
/// 1999). Keeps the best state met: the most placed weight, at the highest levels of priority first
/// (ranked_weights, which the problem must have). Weights by level, from the highest, do
/// not fall in lexicographic order. Of a class, some thousand tasks wait at a time. False where the time
/// limit cut it off.
bool place_rest(SlotTable& table, const SearchOptions& options, Control& control);

}  // namespace gigafleet
