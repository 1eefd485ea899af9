#include "gigafleet/bond_slots.hpp"

#include <utility>

#include "gigafleet/fillings.hpp"

namespace gigafleet {

void seat_in(PoolState& state, const PoolState::Context& context, const Problem::Shape& shape,
             const Filling& wanted, std::vector<Filling>& out) {
    const PoolState::Wish wish{wanted.first, wanted.slots, wanted.per_slot, &shape, 0};
    std::vector<PoolState::Refusal> refused;
    state.seat(context, {&wish, 1}, refused);
    std::int64_t slot = wanted.first;
    for (const PoolState::Refusal& no : refused) {
        if (slot < no.first) append(out, {wanted.pool, slot, no.first - slot, wanted.per_slot});
        if (no.per_slot < wanted.per_slot)
            append(out, {wanted.pool, no.first, no.slots, wanted.per_slot - no.per_slot});
        slot = no.first + no.slots;
    }
    const std::int64_t last = wanted.first + wanted.slots;
    if (slot < last) append(out, {wanted.pool, slot, last - slot, wanted.per_slot});
}

void PlacementSlots::rewind() {
    for (auto& [pool, mark] : saved_) placement_.state(pool).rewind(std::move(mark));
    saved_.clear();
}

/// What pools of one site may load was less with each: the first mark tells.
void ResidentSlots::rewind() {
    for (; !saved_.empty(); saved_.pop_back())
        residents_.rewind(saved_.back().first, std::move(saved_.back().second));
}

}  // namespace gigafleet
