// How much of a device a share of it costs, when whole shares have to fill devices.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/quantity.hpp"

namespace gigafleet {

inline constexpr Quantity kWholeDevice = 1000;        ///< thousandths of a device
inline constexpr Quantity kDeviceWeight = 1'000'000;  ///< of a whole device

/// Sizes that fill a device badly cost more of it than they are: of two shares of 0.6 each takes a device for
/// itself. `sizes`: thousandths, ascending, all different, at most kWholeDevice; `members`: how many there
/// are of each. By size a weight such that no set of sizes that one device holds weighs more than
/// kDeviceWeight: a *dual feasible function*, so "no more weight than devices" holds for every placement, and
/// tells nearly how many devices are needed. The weights are duals of bin packing (Lueker 1983, "Bin packing
/// with items uniformly distributed over intervals [a, b]"), found by column generation (Gilmore and Gomory
/// 1961): O(kWholeDevice · sizes + sizes²) a pivot, exact for some hundred sizes; of more, the best met
/// within some 40 ms, never worse than the sizes themselves. 0 for a size of 0.
std::vector<Quantity> device_weights(std::span<const Quantity> sizes, std::span<const double> members);

}  // namespace gigafleet
