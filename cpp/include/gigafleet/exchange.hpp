// Cheaper solutions from a good one, by moving and exchanging single tasks.
#pragma once

#include "gigafleet/local_search.hpp"

namespace gigafleet {

/// Makes what is placed cheaper. A task moves to a cheaper pool that has room, or that has once another task
/// has left for a place that costs less than is gained; a task left over takes the place of one that pays
/// more there and is of lower priority, or of the same and weighs no more. Weights by level, from the
/// highest, do not fall in lexicographic order. Draws nothing: needs no seed. False where the time limit cut
/// it off.
bool make_cheaper(SlotTable& table, const SearchOptions& options, Control& control);

}  // namespace gigafleet
