// From rows of nodes to slots of pools.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gigafleet/buffer.hpp"
#include "gigafleet/fleet.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

/// Pool and slots of each row of a fleet. Keeps a reference. 8 bytes a row.
class NodeSlots {
public:
    /// O(rows).
    NodeSlots(const Fleet& fleet, int threads);

    [[gnu::always_inline]] void prefetch(std::uint32_t row) const { __builtin_prefetch(&of_row_[row]); }
    /// Pool of a row, and its slots there: none where the row has no nodes.
    PoolId find(std::uint32_t row, std::int64_t& first, std::int64_t& slots) const {
        const auto [id, own] = of_row_[row];
        slots = 0;
        if (!id.valid()) return id;
        if (fleet_.single()) {
            first = own;
            slots = 1;
            return id;
        }
        const Fleet::Pool& pool = fleet_.pools()[id.at()];
        const std::int64_t entry = pool.first_entry + own;
        first = fleet_.slot_of_entry(pool, entry);
        slots = (own + 1 < pool.entries ? fleet_.slot_of_entry(pool, entry + 1) : pool.slots) - first;
        return id;
    }

private:
    struct Place {
        PoolId pool;
        std::uint32_t entry = 0;  ///< within the pool
    };
    const Fleet& fleet_;
    Buffer<Place> of_row_;
};

}  // namespace gigafleet
