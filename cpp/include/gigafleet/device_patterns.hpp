// Which shares go on one device together, so that devices are full.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/local_search.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// So many tasks that ask the same of a device, each less than all of it.
struct Share {
    const DeviceDemand* demand;
    std::int64_t tasks;
};

/// Shares that one device holds, and how many devices are filled like that.
struct DevicePattern {
    struct Part {
        std::size_t share;  ///< as numbered by the caller
        std::int64_t tasks;
    };
    std::vector<Part> parts;
    std::int64_t devices;
};

/// Which pattern is next. Where nearly all find a place, the large shares are the trouble; where many are
/// left over, those count that fill devices to the brim.
enum class Fill : std::uint8_t { kLargestFirst, kFullestFirst };

/// Puts all shares on devices: one pattern after the other, each the fullest that there is (with the largest
/// share left, or of all) by subset sum, as often as its shares last. `shares`: largest first; `each`: what a
/// device has in its dimensions, enough for each of the shares alone. A pattern may be less full than the
/// fullest where that is not what a device lacks; of very many shares it is of some, evenly chosen. Stops
/// where the budget is spent. O(patterns · (some shares · kWholeDevice + shares)), with patterns <= shares
/// plus some.
std::vector<DevicePattern> fill_devices(std::span<const Share> shares, const Amounts& each, Fill how,
                                        SearchBudget& budget);

}  // namespace gigafleet
