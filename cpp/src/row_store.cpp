#include "gigafleet/row_store.hpp"

#include <algorithm>
#include <utility>

namespace gigafleet {

RowStore::RowStore(std::size_t cores, std::size_t all_up_to)
    : cores_(cores),
      capacity_(cores <= all_up_to ? cores : std::max<std::size_t>(16, all_up_to * all_up_to / cores)) {
    if (cores > all_up_to) return;
    kept_ = std::make_unique<std::atomic<const RouteTable*>[]>(cores);
    for (std::size_t i = 0; i < cores; ++i) kept_[i].store(nullptr, std::memory_order_relaxed);
}

RowStore::~RowStore() {
    if (!keeps_all()) return;
    for (std::size_t i = 0; i < cores_; ++i) delete kept_[i].load(std::memory_order_acquire);
}

const RouteTable* RowStore::keep(std::uint32_t core, std::unique_ptr<const RouteTable> row) {
    const RouteTable* there = nullptr;
    if (kept_[core].compare_exchange_strong(there, row.get(), std::memory_order_acq_rel))
        return row.release();
    return there;
}

std::shared_ptr<const RouteTable> RowStore::cached(std::uint32_t core) {
    const std::scoped_lock lock(mutex_);
    const auto found = where_.find(core);
    if (found == where_.end()) return nullptr;
    slots_[found->second].used = true;
    return slots_[found->second].row;
}

void RowStore::cache(std::uint32_t core, std::shared_ptr<const RouteTable> row) {
    const std::scoped_lock lock(mutex_);
    if (where_.contains(core)) return;
    if (slots_.size() < capacity_) {
        where_[core] = slots_.size();
        slots_.push_back({core, true, std::move(row)});
        return;
    }
    for (; slots_[hand_].used; hand_ = (hand_ + 1) % slots_.size()) slots_[hand_].used = false;
    Slot& slot = slots_[hand_];
    where_.erase(slot.core);
    where_[core] = hand_;
    slot = {core, true, std::move(row)};
    hand_ = (hand_ + 1) % slots_.size();
}

}  // namespace gigafleet
