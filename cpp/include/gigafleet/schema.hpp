// The dimensions of a node: its named resources, those of its devices the last of them, then its own line,
// down and up, and where nodes have devices and a dimension is free, the weights of shares
// (device_weights.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gigafleet/quantity.hpp"

namespace gigafleet {

inline constexpr std::size_t kMaxResources = 8;
inline constexpr std::size_t kMaxDimensions = kMaxResources + 2;

/// One quantity a dimension; unused dimensions are 0.
using Amounts = std::array<Quantity, kMaxDimensions>;

/// Whether `capacity` holds `demand` in each of its dimensions. It may have fewer than kMaxDimensions.
inline bool holds(std::span<const Quantity> capacity, const Amounts& demand) {
    for (std::size_t d = 0; d < capacity.size(); ++d)
        if (capacity[d] < demand[d]) return false;
    return true;
}

struct Resource {
    std::string name;
    double resolution = kDefaultResolution;  ///< units a multiple
    bool consumable = false;                 ///< only the unused part is given back (energy_wh)
};

/// What all nodes of a fleet have in common.
struct Schema {
    static constexpr std::size_t kNoDevices = SIZE_MAX;

    std::vector<Resource> resources;
    /// The resource that counts devices, in thousandths; what each device has comes after it. As a dimension
    /// of a node such a resource is the sum over its devices: what packing needs beyond sums, DeviceStates
    /// knows.
    std::size_t devices = kNoDevices;

    bool has_devices() const { return devices != kNoDevices; }
    /// Whether the dimension counts devices, or is one of what each has.
    bool is_of_devices(std::size_t dimension) const {
        return dimension >= devices && dimension < resources.size();
    }
    /// Weights of shares are a help, not a rule: next to 8 resources there is no dimension left for them.
    bool has_device_weights() const { return has_devices() && resources.size() < kMaxResources; }
    std::size_t dimensions() const { return resources.size() + 2 + (has_device_weights() ? 1 : 0); }
    /// The node's own line into it: carries the requests (uplink_mbps of its tasks).
    std::size_t line_down() const { return resources.size(); }
    /// The node's own line out of it: carries the replies (downlink_mbps of its tasks).
    std::size_t line_up() const { return resources.size() + 1; }
    /// What shares weigh, of kDeviceWeight a device; of no use to anybody but the search for a placement.
    std::size_t device_weights() const { return resources.size() + 2; }
};

}  // namespace gigafleet
