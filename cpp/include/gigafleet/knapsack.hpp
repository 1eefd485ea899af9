// Fractional knapsacks over goods with counts, in whole numbers: what bounds come down to once capacities
// have prices.
#pragma once

#include <cstdint>
#include <vector>

#include "gigafleet/quantity.hpp"

namespace gigafleet {

/// `count` members that are alike. Sums of counts stay below 2^63, values and sizes within 2^61.
struct Good {
    std::int64_t value;  ///< of one; any sign where it is a cost
    Quantity size;       ///< of one, >= 0
    std::int64_t count;
};

/// At most the least sum of values of fractional choices whose sizes add up to `needed` or more; all of what
/// there is where that is too little. Sizes are > 0. This is the best that a Lagrange multiplier on the sum
/// of sizes can prove: the multiplier is value / size of the last good taken. O(n log n).
WideQuantity least_value(std::vector<Good> goods, WideQuantity needed);

/// The most that the values of choices can add up to whose sizes add up to `room` at most (a fractional
/// choice, rounded down). Values are > 0. O(n log n).
WideQuantity most_value(std::vector<Good> goods, WideQuantity room);

}  // namespace gigafleet
