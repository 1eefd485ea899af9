// Nodes with devices packed anew, from what they hold and what is left over.
#pragma once

#include "gigafleet/local_search.hpp"

namespace gigafleet {

/// Site by site: packs the nodes with devices anew from what they hold and what is left over, and keeps that
/// where it weighs more, at the highest levels of priority first. Shares are tied into bundles that fill a
/// device (device_bundles.hpp), so that only whole devices are asked for, and those packed
/// (device_packing.hpp), by both ways of `Fill`, and all levels at once or one after the other; the best is
/// kept. Then what is left over goes wherever there is room.
///
/// No task leaves its site. Draws nothing: needs no seed. False where the time limit cut it off, between two
/// sites. O(classes · pools + Σ sites: tasks · log slots).
bool refill_devices(SlotTable& table, const SearchOptions& options, Control& control);

}  // namespace gigafleet
