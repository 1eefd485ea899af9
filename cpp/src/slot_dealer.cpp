#include "gigafleet/slot_dealer.hpp"

#include <algorithm>

namespace gigafleet {

/// Those at the front are served first (choose).
void SlotDealer::skip_served(Seats& seats) {
    while (!seats.shares.empty() && seats.shares.front().tasks == 0) seats.shares = seats.shares.subspan(1);
}

bool SlotDealer::change(ClassId of, std::int64_t tasks) {
    const auto it = std::ranges::find(seats_, of, &Seats::of);
    if (it == seats_.end()) return false;
    it->tasks += tasks;
    if (it->tasks == 0) seats_.erase(it);
    return true;
}

SlotDealer::Slot SlotDealer::deal(const AlikeSlots& alike, std::int64_t slots, const Base& base) {
    Slot slot;
    slot.slots = slots;
    slot.used = base.used;
    slot.in_use = base.in_use;
    left_.assign(seats_.size(), 0);
    open_ = 0;
    const std::size_t memory = models_.memory();
    slot.memory = alike.capacity[memory];
    if (slot.memory != kUnlimited) slot.memory -= base.used[memory] + models_.weight_of(base.in_use);
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        left_[i] = seats_[i].tasks;
        open_ += seats_[i].tasks;
        if (slot.memory != kUnlimited) slot.memory -= seats_[i].tasks * demand(i)[memory];
    }
    picks_.clear();
    // Higher levels may have taken more than their own seats.
    while (open_ > 0 && (slot.memory < 0 || !fits(alike, base))) leave_empty(least_worth(), slot);
    while (open_ > 0) {
        const std::int32_t model = choose(alike, slot);
        if (model == kNobody)
            leave_empty(least_worth(), slot);
        else
            open_ -= give(model, alike, slot);
    }
    for (const Pick& pick : picks_) pick.share->tasks -= pick.tasks * (slot.slots - 1);
    for (Seats& seats : seats_) skip_served(seats);
    return slot;
}

/// Whether the seats have room beside what is there, weights aside.
bool SlotDealer::fits(const AlikeSlots& alike, const Base& base) const {
    if (base.in_use == 0 && base.used == Amounts{}) return true;
    DeviceStates::State state = base.on_devices;
    Amounts used = base.used;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        if (left_[i] == 0) continue;
        for (std::size_t d = 0; d < kMaxDimensions; ++d) used[d] += left_[i] * demand(i)[d];
        if (base.states != nullptr)
            state = base.states->with(state, seats_[i].shape->device_demand, left_[i]);
    }
    return holds(alike.capacity, used) && (base.states == nullptr || base.states->packs(state));
}

/// One seat, which leaves its memory to weights.
void SlotDealer::leave_empty(std::size_t seat, Slot& slot) {
    --left_[seat];
    --open_;
    if (slot.memory != kUnlimited) slot.memory += demand(seat)[models_.memory()];
}

/// Which of the seats that nobody has yet counts the least.
std::size_t SlotDealer::least_worth() const {
    std::size_t least = SIZE_MAX;
    for (std::size_t i = 0; i < seats_.size(); ++i)
        if (left_[i] > 0 && (least == SIZE_MAX || worth(i) < worth(least))) least = i;
    return least;
}

bool SlotDealer::has_memory(std::int32_t model, const Slot& slot) const {
    return model == kNoModel || has(slot.in_use, model) || slot.memory == kUnlimited ||
           slot.memory >= models_.weight(model);
}

/// Whether a task of the share may have a seat of the slot.
bool SlotDealer::may_have(const ModelShare& share, const AlikeSlots& alike, const Slot& slot) const {
    const std::int32_t model = share.model;
    if (model == kNoModel) return true;
    const bool holds = has(alike.held, model), in_use = has(slot.in_use, model);
    if (!has_memory(model, slot)) return false;
    if (holds) return true;
    const Quantity line = alike.capacity[problem_.fleet().schema().line_down()];
    return models_.loads_in(model, line, share.max_wait_ns) &&
           (in_use || residents_.allowance(site_) - slot.load >= models_.megabits(model));
}

/// The most that any model can have of the seats of a slot.
SlotDealer::Claim SlotDealer::most_possible(const AlikeSlots& alike, const Slot& slot) const {
    Claim most{Rank::kNever, alike.held != 0 ? 1 : 0, 0};
    bool any_free = slot.in_use != 0;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        if (left_[i] == 0) continue;
        const auto [rank, weight] = worth(i);
        any_free = any_free || (!seats_[i].shares.empty() && seats_[i].shares.front().model == kNoModel);
        std::get<0>(most) = std::max(std::get<0>(most), rank);
        std::get<2>(most) += static_cast<double>(weight) * static_cast<double>(left_[i]);
    }
    if (any_free) std::get<1>(most) = 2;
    return most;
}

/// The model to come next: of seats of the highest rank, one in use, then one that is held, then the
/// one with the most weight. kNobody: some seat has to stay empty first.
std::int32_t SlotDealer::choose(const AlikeSlots& alike, const Slot& slot) {
    std::fill_n(gain_.begin(), models_.size() + 1, 0);
    std::int32_t best = kNobody;
    Rank crowded_out = Rank::kNever;  // the highest that has no room beside what is there
    Claim most{Rank::kNever, 0, 0};
    const Claim possible = most_possible(alike, slot);
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        if (left_[i] == 0) continue;
        const auto [rank, weight] = worth(i);
        std::int32_t model = kNobody;
        std::int64_t open = 0;  // seats that the model can have beside those of the shares before
        for (const ModelShare& share : seats_[i].shares) {
            if (share.tasks == 0) continue;
            if (!has_memory(share.model, slot)) crowded_out = std::max(crowded_out, rank);
            if (!may_have(share, alike, slot)) continue;
            if (std::exchange(model, share.model) != share.model) open = left_[i];
            const std::int64_t tasks = std::min(share.tasks, open);
            open -= tasks;
            double& gain = gain_[static_cast<std::size_t>(share.model + 1)];
            gain += static_cast<double>(weight) * static_cast<double>(tasks);
            const bool free = share.model == kNoModel || has(slot.in_use, share.model);
            const Claim claim{rank, free ? 2 : has(alike.held, share.model) ? 1 : 0, gain};
            if (!(claim > most)) continue;
            most = claim;
            best = share.model;
            if (claim == possible) return best;
        }
    }
    return crowded_out > std::get<0>(most) ? kNobody : best;
}

/// Gives seats of the slot to tasks of the model; returns how many.
std::int64_t SlotDealer::give(std::int32_t model, const AlikeSlots& alike, Slot& slot) {
    std::int64_t given = 0;
    for (std::size_t i = 0; i < seats_.size(); ++i)
        for (ModelShare& share : seats_[i].shares) {
            if (left_[i] == 0 || share.model > model) break;  // shares are in the order of models
            if (share.model != model || share.tasks == 0 || !may_have(share, alike, slot)) continue;
            const std::int64_t tasks = std::min(left_[i], share.tasks);
            if (model != kNoModel && !has(slot.in_use, model)) enter(model, alike, slot);
            picks_.push_back({&share, seats_[i].cost, tasks});
            share.tasks -= tasks;
            slot.slots = std::min(slot.slots, 1 + share.tasks / tasks);
            for (std::size_t d = 0; d < kMaxDimensions; ++d) slot.used[d] += demand(i)[d] * tasks;
            left_[i] -= tasks;
            given += tasks;
        }
    return given;
}

void SlotDealer::enter(std::int32_t model, const AlikeSlots& alike, Slot& slot) const {
    slot.in_use |= only(model);
    if (slot.memory != kUnlimited) slot.memory -= models_.weight(model);
    if (has(alike.held, model)) return;
    slot.load += models_.megabits(model);
    if (slot.load > 0 && residents_.allowance(site_) != kUnlimited)
        slot.slots = std::min(slot.slots, residents_.allowance(site_) / slot.load);
}

}  // namespace gigafleet
