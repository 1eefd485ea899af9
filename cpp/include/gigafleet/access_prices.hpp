// Prices of sites' accesses, each the best with all else as it is.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gigafleet/least_prices.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/prices.hpp"

namespace gigafleet {

/// What a task takes of the access of its origin is the same wherever it runs. So with all else fixed, the
/// bound is best at the price at which just those stay that the access has room for: where a fractional
/// knapsack over the classes of the site breaks. That is coordinate ascent on the dual, blind to tasks that
/// come to nodes at the site (they may go elsewhere).
///
/// `pays`: by class, what LeastPrices finds at `prices`, with cost for Aim::kCost, in multiples of weight for
/// Aim::kWeight. `levels`, `level_weight` and the units of prices as in find_shadow_prices. Returns `prices`,
/// with those of accesses set.
/// O(classes · log classes + prices).
Prices with_access_prices(const LeastPrices& least, Aim aim, std::size_t levels,
                          std::span<const WideQuantity> level_weight, std::span<const double> pays,
                          const Prices& prices);

}  // namespace gigafleet
