// Tasks that want into nodes with devices, tied into bundles that take whole devices.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/device_patterns.hpp"
#include "gigafleet/slot_table.hpp"

namespace gigafleet {

/// Tasks that go into one slot together: a single one, or shares that fill a device.
struct Bundle {
    struct Part {
        std::uint32_t of;  ///< class, as in Market::classes
        std::int64_t tasks;
    };
    std::vector<Part> parts;
    std::int64_t devices;          ///< whole ones; 0 where the task asks for none
    std::size_t level, reach;      ///< of all of its tasks
    Quantity weight;               ///< of all tasks together
    std::vector<Quantity> demand;  ///< the same, in the market's dimensions
    double heaviness;              ///< per device: see PerDevice
    std::int64_t number;           ///< of such bundles
};

/// What falls to each device of some nodes of all else that the nodes have, by dimension of the market; 0
/// where that does not count: devices themselves, and what is without limit.
class PerDevice {
public:
    /// Slots of the pools [first, last) of a market that have devices. O(slots).
    PerDevice(const SlotTable& table, std::size_t first, std::size_t last);
    /// How many devices go with so much, by the dimension of which that is the most.
    double most(std::span<const Quantity> amounts) const;
    /// The least; infinite where nothing counts.
    double least(std::span<const Quantity> amounts) const;

private:
    std::vector<double> amounts_;
};

/// Members of a class that want a place.
struct Wanted {
    std::uint32_t of;
    std::int64_t tasks;
    std::size_t level;  ///< of priority, from 0 for the highest
    std::size_t reach;  ///< pools that they may run in, as numbered by the caller
};

/// All tasks of `wanted`, in bundles of those with the same level and reach; level by level, the highest
/// first. `each`: by reach, what a device has in any of its pools. Not all where the budget is spent.
/// O(classes · log classes) + fill_devices by reach.
std::vector<Bundle> tie_bundles(const SlotTable& table, const PerDevice& per_device,
                                std::span<const Wanted> wanted, std::span<const Amounts> each, Fill how,
                                SearchBudget& budget);

}  // namespace gigafleet
