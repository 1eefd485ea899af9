// Numbers pairs of a what and a site in order of first appearance.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gigafleet/buffer.hpp"
#include "gigafleet/interner.hpp"

namespace gigafleet {

/// Looks pairs up in a table of all of them while the whats are few, and in a hash table from then on.
class PairNumbers {
public:
    /// The table of all pairs has at most `max_cells` cells; those of whats that never come take no memory.
    PairNumbers(std::int64_t sites, std::int64_t max_cells)
        : sites_(static_cast<std::size_t>(sites)),
          max_whats_(static_cast<std::size_t>(max_cells) / std::max<std::size_t>(sites_, 1)),
          cells_(max_whats_ * sites_) {}

    std::uint32_t size() const { return size_; }
    bool is_hashed() const { return whats_ > max_whats_; }

    /// To be called before numbers are asked for where there are `whats` whats now. `pair(n)` tells the pair
    /// {what, where} that has number n.
    template <class F>
    void make_room(std::size_t whats, F&& pair) {
        if (whats == whats_ || is_hashed()) return;
        if (whats > max_whats_) {
            for (std::uint32_t n = 0; n < size_; ++n) hashed_.intern(key(pair(n).first, pair(n).second));
            cells_ = {};
        } else {
            std::fill(cells_.begin() + whats_ * sites_, cells_.begin() + whats * sites_, 0);
        }
        whats_ = whats;
    }

    /// Number of a pair; where it is new, that is the `size()` before.
    std::uint32_t number(std::uint32_t what, std::uint32_t where) {
        if (!is_hashed()) {
            std::uint32_t& cell = cells_[what * sites_ + where];  // number + 1, 0 where there is none
            if (cell == 0) cell = ++size_;
            return cell - 1;
        }
        const std::uint32_t number = hashed_.intern(key(what, where));
        size_ = hashed_.size();
        return number;
    }
    /// Asks for the memory of a coming `number` ahead of time.
    [[gnu::always_inline]] void prefetch(std::uint32_t what, std::uint32_t where) const {
        if (is_hashed())
            hashed_.prefetch(key(what, where));
        else
            __builtin_prefetch(&cells_[what * sites_ + where], 1);
    }

private:
    static std::uint64_t key(std::uint32_t what, std::uint32_t where) {
        return std::uint64_t{what} << 32 | where;
    }

    std::size_t sites_, max_whats_, whats_ = 0;
    std::uint32_t size_ = 0;
    Buffer<std::uint32_t> cells_;
    Interner hashed_;
};

}  // namespace gigafleet
