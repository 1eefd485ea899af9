// The room that every single slot has left.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/seats.hpp"

namespace gigafleet {

/// Slots with room, pool by pool; those that nobody has touched are one, the fresh one, where they are alike.
/// Rooms only shrink. Reading is safe from several threads.
class OpenSlots {
public:
    static constexpr std::size_t kFresh = SIZE_MAX;

    /// Slots that have not the `least` of every dimension are left out. O(slots held + pools); + slots where
    /// nodes differ.
    OpenSlots(const Problem& problem, const Held& held, const Amounts& least, int threads);

    /// Whether some slot of the pool may have room, dimension by dimension.
    bool may_hold(PoolId pool, const Amounts& demand) const {
        return has_room(most_.data() + pool.at() * dimensions_, demand);
    }
    /// How many slots of the pool are listed: those opened later come after them.
    std::size_t listed(PoolId pool) const { return pools_[pool.at()].slots.size(); }
    /// Appends the listed slots that have room for `demand`, and kFresh where a fresh one has.
    void find(PoolId pool, const Amounts& demand, std::vector<std::size_t>& out) const;
    /// Whether a slot from `from` on has room: a listed one at its place, or kFresh.
    bool fits(PoolId pool, std::size_t at, const Amounts& demand, std::int64_t from) const;
    /// Takes the room for `demand` of a slot for which that holds. Returns the slot.
    std::int64_t take(PoolId pool, std::size_t at, const Amounts& demand, std::int64_t from);

private:
    struct Interval {
        std::int64_t first, last;
    };
    struct Pool {
        std::vector<std::int64_t> slots;
        std::vector<Quantity> rooms;  ///< dimensions_ numbers a slot
        std::vector<Interval> fresh;  ///< untouched slots; none where nodes differ: all are listed
        Amounts capacity{};           ///< of a fresh one
    };
    void list(std::size_t pool, std::int64_t slot, const Amounts& room);
    void note(std::size_t pool, const Amounts& room);
    bool has_room(const Quantity* room, const Amounts& demand) const {
        for (std::size_t d = 0; d < dimensions_; ++d)
            if (room[d] < demand[d]) return false;
        return true;
    }

    std::size_t dimensions_;
    Amounts least_;
    std::vector<Pool> pools_;
    std::vector<Quantity> most_;  // by pool and dimension: that any slot had left
};

}  // namespace gigafleet
