// Room that is scattered over the slots of a pool, gathered.
#pragma once

#include <string_view>

#include "gigafleet/control.hpp"
#include "gigafleet/slot_table.hpp"

namespace gigafleet {

/// Packs what each pool holds into its slots anew, one slot as full as possible after the other
/// (slot_patterns.hpp; the minimum bin slack heuristic of Gupta and Ho, 1999), so that what is left over of
/// them lies together, where another task may fit. No task leaves its pool: nothing is dearer, and links
/// carry what they did. A pool stays as it is where not all tasks were packed, slots differ, or some do not
/// stay long enough for all of its tasks. False where the time limit cut it off, between two pools.
/// O(Σ pools: tasks + slots · (shapes + SlotPacker::kNodes)).
bool repack(SlotTable& table, double time_limit_s, std::string_view stage, Control& control);

}  // namespace gigafleet
