// Prices as if the whole network were one place: where an ascent on the network begins.
#pragma once

#include <span>
#include <vector>

#include "gigafleet/network_market.hpp"

namespace gigafleet {

/// Dual ascent by kind of node alone, no way in between. What is scarce everywhere would otherwise rise pool
/// by pool, each driving tasks to its neighbours only.
struct OnePlace {
    std::vector<double> group;  ///< by group and dimension of the market, EUR/h a unit
    std::vector<double> level;  ///< by level, EUR/h for a unit of weight left out
};

/// `capacity`: by group and dimension, what may be used; infinite for no limit. O(rounds · kins · kinds +
/// kins · groups).
OnePlace prices_of_one_place(const NetworkMarket& market, std::span<const double> capacity);

}  // namespace gigafleet
