// Bundles of tasks put into the nodes with devices of one site, from empty on.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/device_site.hpp"
#include "gigafleet/local_search.hpp"

namespace gigafleet {

/// Of all bundles those are chosen that weigh most for a device, level by level, as many as all slots
/// together have room for. Of these the largest come first, by all but devices, each where most of that is
/// left for each free device, unless devices that stay free would be left less than the lightest needs: so
/// nothing is stranded next to devices in use, nor free devices next to nothing (longest processing time
/// first: Graham, "Bounds on Multiprocessing Timing Anomalies", 1969). Then what else there is room for.
class DevicePacking {
public:
    /// Bundles that are alike, in one slot.
    struct Held {
        std::uint32_t bundle;  ///< of bundles()
        std::int64_t number;
    };

    /// O(slots · log slots). All that is given must outlive it.
    DevicePacking(const SlotTable& table, const DeviceSite& site, const PerDevice& per_device);

    /// Packs some more; false where the budget was spent.
    /// O(bundles · (log slots + a bounded number of slots) + slots · reaches).
    bool pack(std::span<const Bundle> bundles, SearchBudget& budget);
    /// Of what found a place, by level.
    const std::vector<WideQuantity>& weight() const { return weight_; }

    /// Their number is that of those which found no place.
    std::span<const Bundle> bundles() const { return bundles_; }
    /// What goes into a slot of the table.
    std::span<const Held> at(std::size_t slot) const { return slots_[slot - first_].held; }

private:
    struct Slot {
        std::int64_t devices = 0;  ///< free ones
        std::vector<Quantity> residual;
        std::size_t zone = 0;
        std::vector<Held> held;
    };
    /// What is left for each free device, negative: the most comes first.
    using Key = std::pair<double, std::size_t>;
    /// Slots of pools that are in the same reaches: those with free devices, and the others.
    struct Zone {
        std::size_t pool;  ///< one of them
        std::set<Key> open, spent;
    };
    struct Some {
        std::uint32_t bundle;
        std::int64_t number;
    };

    void open(std::size_t pool, std::size_t zone);
    Key key(std::size_t at) const;
    std::set<Key>& keys(std::size_t at);
    std::vector<Some> choose(std::span<const std::uint32_t> order) const;
    std::vector<double> total(std::size_t reach) const;
    std::vector<std::vector<std::size_t>> reaches_around() const;
    bool put(std::uint32_t b, std::int64_t number, SearchBudget& budget);
    std::optional<std::size_t> find(const Bundle& bundle, SearchBudget& budget) const;
    std::optional<Key> find(const Bundle& bundle, const std::set<Key>& keys, SearchBudget& budget) const;
    bool holds(const Slot& slot, const Bundle& bundle) const;

    const SlotTable& table_;
    const DeviceSite& site_;
    const PerDevice& per_device_;
    std::size_t first_;        ///< slot of the table
    std::vector<Slot> slots_;  ///< of the site; those of pools that are not open stay out
    std::vector<Zone> zones_;
    std::vector<Bundle> bundles_;
    std::vector<WideQuantity> weight_;
    double least_left_ = 0;  ///< of heaviness, for each device that stays free
};

}  // namespace gigafleet
