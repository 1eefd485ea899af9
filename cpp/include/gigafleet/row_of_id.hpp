// From the ids of a table back to its rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/interner.hpp"

namespace gigafleet {

/// A look-up table where ids lie close together, else a hash table; nothing where ids are the row numbers.
class RowOfId {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    /// `ids`: by row, at least 0 and all different; empty: the row numbers. O(rows).
    RowOfId(std::span<const std::int64_t> ids, std::int64_t rows);

    /// kNone where no row has the id.
    std::uint32_t operator()(std::int64_t id) const {
        const auto place = static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(least_);
        if (is_hashed_) return hashed_.find(static_cast<std::uint64_t>(id));
        if (place >= range_) return kNone;
        return row_.empty() ? static_cast<std::uint32_t>(place) : row_[place];
    }

    /// Asks for the memory of a coming look-up ahead of time.
    [[gnu::always_inline]] void prefetch(std::int64_t id) const {
        const auto place = static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(least_);
        if (is_hashed_)
            hashed_.prefetch(static_cast<std::uint64_t>(id));
        else if (place < row_.size())
            __builtin_prefetch(row_.data() + place);
    }

private:
    static constexpr std::uint64_t kPlacesARow = 8;

    std::int64_t least_ = 0;
    std::uint64_t range_;  ///< ids from least_ on that the table covers
    Buffer<std::uint32_t> row_;
    bool is_hashed_ = false;
    Interner hashed_;  ///< ids are met in row order, so their numbers are their rows
};

}  // namespace gigafleet
