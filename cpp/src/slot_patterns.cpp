#include "gigafleet/slot_patterns.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gigafleet {

namespace {

constexpr double kForLarge = 1.05;  // a large item is worth more than small ones of the same size together

}  // namespace

/// How many more tasks of the item the slot at hand holds.
std::int64_t SlotPacker::fit(std::size_t item, std::int64_t limit) const {
    const Amounts& demand = *items_[item].demand;
    for (std::size_t d = 0; d < capacity_.size(); ++d)
        if (demand[d] > 0 && capacity_[d] != kUnlimited) limit = std::min(limit, residual_[d] / demand[d]);
    return devices_ == nullptr ? limit : devices_->fit(state_, items_[item].device_demand, limit);
}

void SlotPacker::take(std::size_t item, std::int64_t tasks) {
    const Amounts& demand = *items_[item].demand;
    for (std::size_t d = 0; d < capacity_.size(); ++d)
        if (capacity_[d] != kUnlimited) residual_[d] -= demand[d] * tasks;
    if (devices_ != nullptr) state_ = devices_->with(state_, items_[item].device_demand, tasks);
}

/// The slot at hand holds nothing.
void SlotPacker::empty() {
    std::ranges::copy(capacity_, residual_.begin());
    state_ = DeviceStates::kEmpty;
}

/// Each dimension counts by the cube of its load.
void SlotPacker::find_values(std::int64_t slots) {
    std::array<double, kMaxDimensions> load{};
    double total = 0;
    for (std::size_t d = 0; d < capacity_.size(); ++d) {
        if (capacity_[d] == kUnlimited || capacity_[d] == 0) continue;
        for (const Item& item : items_)
            load[d] += static_cast<double>((*item.demand)[d]) * static_cast<double>(item.tasks);
        load[d] = std::pow(load[d] / (static_cast<double>(capacity_[d]) * static_cast<double>(slots)), 3);
        total += load[d];
    }
    value_.assign(items_.size(), 0);
    for (std::size_t i = 0; total > 0 && i < items_.size(); ++i) {
        double size = 0;
        for (std::size_t d = 0; d < capacity_.size(); ++d)
            if (load[d] > 0)
                size += load[d] / total * static_cast<double>((*items_[i].demand)[d]) /
                        static_cast<double>(capacity_[d]);
        value_[i] = std::pow(size, kForLarge);
    }
}

std::vector<Pattern> SlotPacker::pack(std::span<const Item> items, std::int64_t slots) {
    items_ = items;
    find_values(slots);
    left_.clear();
    order_.clear();
    empty();
    for (std::size_t i = 0; i < items.size(); ++i) {
        left_.push_back(items[i].tasks);
        if (fit(i, 1) > 0) order_.push_back(i);
    }
    std::ranges::stable_sort(order_, std::greater<>(), [&](std::size_t i) { return value_[i]; });
    due_.assign(items.size(), 0);
    mix_.assign(items.size(), 0);
    std::vector<Pattern> patterns;
    while (slots > 0) {
        std::erase_if(order_, [&](std::size_t i) { return left_[i] == 0; });
        if (order_.empty()) break;
        Pattern pattern = next(slots);
        if (pattern.parts.empty()) break;
        slots -= pattern.slots;
        patterns.push_back(std::move(pattern));
    }
    return patterns;
}

Pattern SlotPacker::next(std::int64_t slots) {
    empty();
    for (const std::size_t i : order_) {
        due_[i] = fit(i, left_[i] / slots);
        take(i, due_[i]);
    }
    best_value_ = -1;
    nodes_left_ = nodes_;
    search(0, 0);
    Pattern pattern{{}, slots};
    for (const std::size_t i : order_) {
        const std::int64_t tasks = due_[i] + best_[i];
        if (tasks == 0) continue;
        pattern.parts.push_back({i, tasks});
        pattern.slots = std::min(pattern.slots, left_[i] / tasks);
    }
    for (const Pattern::Part& part : pattern.parts) left_[part.item] -= part.tasks * pattern.slots;
    return pattern;
}

/// The best mix of the items from order_[depth] on for what is left of the slot, as many of each as fit
/// first. Judged at its end, so that items worth nothing are in it too.
void SlotPacker::search(std::size_t depth, double value) {
    if (depth == order_.size() || --nodes_left_ < 0) {
        if (value > best_value_) {
            best_value_ = value;
            best_ = mix_;
        }
        return;
    }
    const std::size_t item = order_[depth];
    const std::int64_t most = fit(item, left_[item] - due_[item]);
    const std::int64_t least = depth + 1 < order_.size() ? 0 : most;  // fewer of the last are never better
    take(item, most);
    for (std::int64_t tasks = most;; --tasks) {
        mix_[item] = tasks;
        search(depth + 1, value + static_cast<double>(tasks) * value_[item]);
        if (tasks == least || nodes_left_ < 0) break;
        take(item, -1);
    }
    take(item, -mix_[item]);
    mix_[item] = 0;
}

}  // namespace gigafleet
