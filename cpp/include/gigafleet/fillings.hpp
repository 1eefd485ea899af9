// Fillings of one class: counted, put in order, cut.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/pool_state.hpp"

namespace gigafleet {

inline std::int64_t members(const Filling& filling) { return filling.slots * filling.per_slot; }
inline std::int64_t members(std::span<const Filling> fillings) {
    std::int64_t sum = 0;
    for (const Filling& filling : fillings) sum += members(filling);
    return sum;
}

/// Adds a filling at the end, as part of the last one where it continues it.
void append(std::vector<Filling>& fillings, const Filling& more);

/// Sorts fillings by pool and slot and joins those that share slots: afterwards none do. O(n log n).
void flatten(std::vector<Filling>& fillings);

/// Takes `tasks` out, from the last filling backwards: what is left of a filling stays in place, with no
/// slots where nothing is; where a filling is cut within a slot, that slot goes to `more`.
void take_last(std::span<Filling> fillings, std::int64_t tasks, std::vector<Filling>& more);

/// Hands out the seats of fillings one after the other. Keeps a reference.
class Seats {
public:
    explicit Seats(std::span<const Filling> fillings) : fillings_(fillings) {}
    bool is_empty() const { return at_ == fillings_.size(); }

    /// Calls f(filling) for the next `wanted` seats, or as many as are left; each is slots taken whole, or
    /// part of one. Returns how many.
    template <class F>
    std::int64_t take(std::int64_t wanted, F&& f) {
        std::int64_t left = wanted;
        while (left > 0 && !is_empty()) {
            const Filling& filling = fillings_[at_];
            const std::int64_t per_slot = filling.per_slot, used = taken_ % per_slot;
            Filling seats{filling.pool, filling.first + taken_ / per_slot, 1, 0};
            if (used > 0 || left < per_slot) {
                seats.per_slot = std::min(left, per_slot - used);
            } else {
                seats.slots = std::min(left / per_slot, filling.first + filling.slots - seats.first);
                seats.per_slot = per_slot;
            }
            f(seats);
            left -= members(seats);
            taken_ += members(seats);
            if (taken_ == members(filling)) {
                ++at_;
                taken_ = 0;
            }
        }
        return wanted - left;
    }

private:
    std::span<const Filling> fillings_;
    std::size_t at_ = 0;
    std::int64_t taken_ = 0;  ///< seats of fillings_[at_] that are gone
};

}  // namespace gigafleet
