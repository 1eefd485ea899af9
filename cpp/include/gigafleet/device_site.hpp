// The nodes with devices of one site, and the tasks that may run there.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "gigafleet/device_bundles.hpp"
#include "gigafleet/slot_table.hpp"

namespace gigafleet {

/// Pools [first, last) of a market, which are those of a site; the open ones can be packed anew. Not open are
/// those that have no devices, hold bound tasks, or whose nodes do not all stay for all tasks they hold.
/// `level`: of priority, by shape of the problem. O(classes · pools + seats).
class DeviceSite {
public:
    DeviceSite(const SlotTable& table, std::size_t first, std::size_t last,
               std::span<const std::size_t> level);

    std::size_t first_pool() const { return first_; }
    std::size_t last_pool() const { return first_ + is_open_.size(); }
    bool is_open(std::size_t pool) const { return is_open_[pool - first_]; }
    /// Members of classes that are there or nowhere, by class; no bound ones, none that may not run there.
    std::span<const Wanted> wanted() const { return wanted_; }
    /// What is in open pools weighs so much, by level, from the highest.
    const std::vector<WideQuantity>& weight() const { return weight_; }
    /// Sets of open pools that classes may run in, those with nodes too small for them included; what a
    /// device has in any pool of each.
    std::size_t reaches() const { return reaches_.size(); }
    bool is_within(std::size_t reach, std::size_t pool) const { return reaches_[reach][pool - first_]; }
    std::span<const Amounts> each_device() const { return each_; }

private:
    bool can_be_emptied(std::size_t pool) const;
    std::size_t reach_of(std::uint32_t c);

    const SlotTable& table_;
    std::size_t first_;
    std::vector<bool> is_open_;
    std::vector<Wanted> wanted_;
    std::vector<WideQuantity> weight_;
    std::vector<std::vector<bool>> reaches_;
    std::map<std::vector<bool>, std::size_t> numbers_;  ///< of reaches_
    std::vector<Amounts> each_;
};

}  // namespace gigafleet
