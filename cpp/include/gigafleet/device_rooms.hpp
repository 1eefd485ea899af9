// What tasks leave of each device of a node while they stay on the devices that they use; and for one more
// task, what is short and what would do.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "gigafleet/device_states.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// The devices of one node. Amounts are in the dimensions of `schema`; how many devices in thousandths.
class DeviceRooms {
public:
    struct Lack {
        std::uint32_t dimension;
        Quantity needed, has;
        std::int32_t device;  ///< -1: of all
    };

    /// Empty ones, that have `each`. Keeps a reference to the schema.
    DeviceRooms(const Schema& schema, std::int64_t devices, const Amounts& each);

    /// A task more, on these devices, a bit each.
    void take(const DeviceDemand& demand, std::uint64_t on);

    bool hold(const DeviceDemand& demand) const { return lacks(demand).empty(); }
    /// What a task lacks: of a share, on the device that lacks least (the largest part of what is needed
    /// counts).
    std::vector<Lack> lacks(const DeviceDemand& demand) const;

    // Of a demand that they do not hold, all else as it is:

    /// The most thousandths that they would hold: whole devices, or a share, or 0.
    Quantity most_share(const DeviceDemand& demand) const;
    /// The most of dimension `d` of each device that they would hold; negative where that cannot help.
    Quantity most_each(const DeviceDemand& demand, std::size_t d) const;
    /// How many devices (thousandths) would hold it, of kMaxDevices at most; negative where none do, and of a
    /// node that has none: what they would have is not known.
    Quantity devices_for(const DeviceDemand& demand) const;
    /// What each device would have to have of dimension `d`; negative where that cannot help.
    Quantity each_for(const DeviceDemand& demand, std::size_t d) const;

    Quantity devices() const { return static_cast<Quantity>(rooms_.size()) * kWholeDevice; }
    const Amounts& each() const { return each_; }

private:
    struct Room {
        Quantity share;
        Amounts each;
    };

    /// Calls `f(d)` for each dimension of what a device has.
    template <class F>
    void for_each_dimension(F&& f) const {
        for (std::size_t d = schema_.devices + 1; d < schema_.resources.size(); ++d) f(d);
    }
    /// Whether there is enough in all dimensions but one.
    bool has_each(const Amounts& there, const DeviceDemand& demand, std::size_t but) const;
    Quantity empty() const;

    const Schema& schema_;
    Amounts each_;
    std::vector<Room> rooms_;
};

/// Rooms by what tasks ask of the devices of a node, for any kind.
class DevicesLeft {
public:
    explicit DevicesLeft(const Problem& problem);

    /// Of a node of the kind with tasks of these `parts`, which fit on it, where `seat_on_devices` puts them;
    /// of one that they ask more devices of than it has: full ones.
    /// `number`: the same for the same parts. O(tasks · devices), O(1) where known. Good until the next call.
    const DeviceRooms& rooms(KindId kind, std::uint32_t number, const std::vector<DeviceStates::Part>& parts);
    /// Of a node of the kind that holds nothing.
    DeviceRooms empty(KindId kind) const;

private:
    static constexpr std::size_t kMostKnown = 1 << 14;  ///< some KB each

    const Problem& problem_;
    std::vector<std::unique_ptr<DeviceStates>> states_;  ///< by kind
    std::unordered_map<std::uint64_t, DeviceRooms> known_;
};

}  // namespace gigafleet
