// Candidates by transit policy, among pools that have room.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/candidates.hpp"
#include "gigafleet/pool_rooms.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Which pools have room, and how much.
struct OpenPools {
    /// As `slots` has them now, by its is_open(pool) and room(pool): a Placement, BondSlots or Residents. The
    /// rooms of pools that are not open are not asked for. O(pools).
    template <typename Slots>
    OpenPools(const Problem& problem, const Slots& slots)
        : open(problem.fleet().pools().size()), rooms(problem) {
        for (std::size_t p = 0; p < open.size(); ++p) {
            open[p] = slots.is_open(PoolId(p));
            if (open[p] != 0) rooms.set(PoolId(p), slots.room(PoolId(p)));
        }
    }

    std::vector<std::uint8_t> open;  ///< by pool
    PoolRooms rooms;                 ///< whoever places writes down how they shrink
};

/// A search for each transit policy: a shape asks that of its own.
class OpenSearch {
public:
    /// Among pools that `open` flags, with the `rooms` they have left and `shadow` prices as in Candidates.
    /// References to `problem`, `loads` and `rooms` are kept. O(policies · (pools + sites)).
    OpenSearch(const Problem& problem, Loads& loads, const PoolRooms& rooms,
               std::span<const std::uint8_t> open, const Prices* shadow = nullptr) {
        views_.reserve(problem.policies().size());
        candidates_.reserve(problem.policies().size());
        for (const auto& routes : problem.policies()) {
            views_.emplace_back(problem, *routes, open);
            candidates_.emplace_back(problem, views_.back(), loads, rooms, shadow);
        }
    }
    OpenSearch(const OpenSearch&) = delete;  // candidates_ refer to views_
    OpenSearch& operator=(const OpenSearch&) = delete;

    Candidates& of(const Problem::Shape& shape) { return candidates_[shape.policy]; }
    /// The pools that it searches among.
    const PoolView& view(const Problem::Shape& shape) const { return views_[shape.policy]; }

private:
    std::vector<PoolView> views_;         ///< by transit policy
    std::vector<Candidates> candidates_;  ///< by transit policy
};

}  // namespace gigafleet
