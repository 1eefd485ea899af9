#include "gigafleet/row_of_id.hpp"

#include <algorithm>

namespace gigafleet {

RowOfId::RowOfId(std::span<const std::int64_t> ids, std::int64_t rows)
    : range_(static_cast<std::uint64_t>(rows)) {
    if (ids.empty()) return;
    const auto [least, largest] = std::ranges::minmax_element(ids);
    least_ = *least;
    range_ = static_cast<std::uint64_t>(*largest) - static_cast<std::uint64_t>(*least) + 1;
    is_hashed_ = range_ / kPlacesARow > ids.size();
    if (is_hashed_) {
        for (const std::int64_t id : ids) hashed_.intern(static_cast<std::uint64_t>(id));
        return;
    }
    row_.resize(range_);
    std::ranges::fill(row_, kNone);
    for (std::size_t row = 0; row < ids.size(); ++row)
        row_[static_cast<std::uint64_t>(ids[row]) - static_cast<std::uint64_t>(least_)] =
            static_cast<std::uint32_t>(row);
}

}  // namespace gigafleet
