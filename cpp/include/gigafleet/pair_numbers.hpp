// Numbers pairs of a what and a site in order of first appearance.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gigafleet/buffer.hpp"
#include "gigafleet/interner.hpp"

namespace gigafleet {

/// Looks pairs of the first whats and of common sites up in a table of all of them, others in a hash table:
/// what comes late is mostly rare.
class PairNumbers {
public:
    /// The table has at most `max_cells` cells; those of whats that never come take no memory. Sites below
    /// `common_sites` are in it.
    PairNumbers(std::int64_t common_sites, std::int64_t max_cells)
        : sites_(static_cast<std::size_t>(common_sites)),
          max_whats_(static_cast<std::size_t>(max_cells) / std::max<std::size_t>(sites_, 1)),
          cells_(max_whats_ * sites_) {}

    std::uint32_t size() const { return size_; }

    /// To be called before numbers are asked for where there are `whats` whats now.
    void make_room(std::size_t whats) {
        whats = std::min(whats, max_whats_);
        if (whats <= whats_) return;
        std::fill(cells_.begin() + whats_ * sites_, cells_.begin() + whats * sites_, 0);
        whats_ = whats;
    }

    /// Whether all pairs of the whats there are with sites up to this one are in the table.
    bool are_in_table(std::size_t whats, std::uint32_t largest_site) const {
        return whats <= whats_ && largest_site < sites_;
    }

    /// Number of a pair; where it is new, that is the `size()` before. `kInTable`: it is known to be.
    template <bool kInTable = false>
    std::uint32_t number(std::uint32_t what, std::uint32_t where) {
        if (!kInTable && !has_cell(what, where)) {
            const std::uint32_t number = hashed_.intern(key(what, where), size_);
            size_ += number == size_;
            return number;
        }
        std::uint32_t& cell = cells_[what * sites_ + where];  // number + 1, 0 where there is none
        if (cell == 0) cell = ++size_;
        return cell - 1;
    }
    /// Asks for the memory of a coming `number` ahead of time.
    template <bool kInTable = false>
    [[gnu::always_inline]] void prefetch(std::uint32_t what, std::uint32_t where) const {
        if (kInTable || has_cell(what, where))
            __builtin_prefetch(&cells_[what * sites_ + where], 1);
        else
            hashed_.prefetch(key(what, where));
    }

private:
    bool has_cell(std::uint32_t what, std::uint32_t where) const {
        return what < max_whats_ && where < sites_;
    }
    static std::uint64_t key(std::uint32_t what, std::uint32_t where) {
        return std::uint64_t{what} << 32 | where;
    }

    std::size_t sites_, max_whats_, whats_ = 0;
    std::uint32_t size_ = 0;
    Buffer<std::uint32_t> cells_;
    Interner hashed_;
};

}  // namespace gigafleet
