// Puts tasks back where they ran before, as far as the rules of the problem at hand allow.
#pragma once

#include <span>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/previous.hpp"

namespace gigafleet {

/// Seats classes of `order` where their members ran before: no gate is skipped, nothing is overloaded. Where
/// not all fit, those of shapes that come later in `order` give way. The rest stays `left`. The answer does
/// not depend on the threads. Appends to `ledgers`. O(runs · log + classes), and where nodes differ, slots in
/// use.
void reopen(const Groundwork& ground, const Previous& previous, std::span<const ShapeId> order,
            Placement& placement, std::vector<Ledger>& ledgers, int threads, Control& control);

}  // namespace gigafleet
