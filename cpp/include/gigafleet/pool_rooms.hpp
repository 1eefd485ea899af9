// How much room each pool has left at most, so that no shape asks a full pool in vain.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Per pool and dimension the most that any one slot has left. No task that needs more of anything fits; one
/// that needs less of everything may still not fit, where no single slot has it all. Rooms only shrink while
/// placing.
class PoolRooms {
public:
    /// All pools empty. O(pools).
    explicit PoolRooms(const Problem& problem) : dimensions_(problem.fleet().schema().dimensions()) {
        room_.reserve(problem.fleet().pools().size() * dimensions_);
        for (const Fleet::Pool& pool : problem.fleet().pools())
            room_.insert(room_.end(), pool.capacity_max.begin(),
                         pool.capacity_max.begin() + static_cast<std::ptrdiff_t>(dimensions_));
    }

    std::span<const Quantity> room(PoolId pool) const {
        return {room_.data() + pool.at() * dimensions_, dimensions_};
    }
    bool may_hold(PoolId pool, const Amounts& demand) const { return holds(room(pool), demand); }

    void set(PoolId pool, const Amounts& room) {
        Quantity* own = room_.data() + pool.at() * dimensions_;
        bool changed = false;
        for (std::size_t d = 0; d < dimensions_; ++d) {
            changed = changed || own[d] != room[d];
            own[d] = room[d];
        }
        if (changed) changes_.push_back(pool);
    }
    /// Pools in the order in which their rooms changed by set(); one may come several times.
    const std::vector<PoolId>& changes() const { return changes_; }

private:
    std::size_t dimensions_;
    std::vector<Quantity> room_;  // by pool, then dimension
    std::vector<PoolId> changes_;
};

}  // namespace gigafleet
