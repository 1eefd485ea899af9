// The entries of a fleet: node rows brought to their pools and sorted, and what is kept of each.
#include <algorithm>
#include <tuple>
#include <utility>

#include "gigafleet/fleet.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/read_quantities.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of pools: more than threads, for balance

/// Sorts the entries of a pool by when they leave, those that leave together by row (as they come).
class StaySorter {
public:
    void sort(std::span<std::int64_t> stays, std::span<std::uint32_t> rows) {
        if (std::ranges::is_sorted(stays)) return;
        keyed_.clear();
        for (std::size_t i = 0; i < rows.size(); ++i) keyed_.emplace_back(stays[i], rows[i]);
        std::ranges::sort(keyed_);
        for (std::size_t i = 0; i < rows.size(); ++i) std::tie(stays[i], rows[i]) = keyed_[i];
    }

private:
    std::vector<std::pair<std::int64_t, std::uint32_t>> keyed_;
};

}  // namespace

/// Refuses what a row says beyond its kind, as `read_entries` would.
void Fleet::check_entry(const NodeColumns& columns, std::int64_t row) const {
    Quantity ignored;
    if (!available_.empty())
        read_quantities(columns.available_s, row, 1, kTimeResolutionS, Rounding::kDown, true, &ignored);
    for (std::size_t d = 0; d < schema_.dimensions(); ++d)
        if (is_varied(d))
            read_quantities(dimension_column(columns, d), row, 1, dimension_resolution(d), Rounding::kDown,
                            true, &ignored);
}

/// Writes each row to its place among the entries. Rows without members have none, but their values must do.
void Fleet::scatter_rows(const NodeColumns& columns, const RowGroups& groups, const Layout& layout,
                         int threads, Control& control) {
    const Column& count = columns.count;
    const bool all_count = count.is_scalar() && rows_ > 0 && count.as_int64(0) > 0;
    auto places = groups.places(layout.first_entry);
    control.poll("sort nodes", 0, rows_);
    parallel_for(threads, static_cast<std::int64_t>(places.size()), [&](std::int64_t s) {
        const RowGroups::Shard& shard = groups.shards()[static_cast<std::size_t>(s)];
        std::uint32_t* next = places[static_cast<std::size_t>(s)].data();
        const std::uint32_t* number = groups.numbers().data();
        std::uint32_t* out = rows_by_pool_.data();
        for (std::int64_t row = shard.first; row < shard.last; ++row) {
            if (!all_count && count.as_int64(row) == 0)
                check_entry(columns, row);
            else
                out[next[number[row]]++] = static_cast<std::uint32_t>(row);
        }
    });
    for (const auto& [first, last] : layout.ties)
        std::sort(rows_by_pool_.begin() + first, rows_by_pool_.begin() + last);
    control.poll("sort nodes", rows_, rows_);
}

/// Reads what is kept entry by entry, pool by pool, and what the pools and the fleet know of all of them.
void Fleet::read_entries(const NodeColumns& columns, int threads, Control& control) {
    std::vector<std::size_t> varied;
    for (std::size_t d = 0; d < schema_.dimensions(); ++d) {
        if (!is_varied(d)) continue;
        varied.push_back(d);
        varied_[d].resize(rows_by_pool_.size());
    }
    std::vector<std::array<WideQuantity, kMaxDimensions>> totals(kShards);
    parallel_for(threads, kShards, [&](std::int64_t s) {
        auto& total = totals[static_cast<std::size_t>(s)];
        total.fill(0);
        StaySorter sorter;
        const auto [first, last] = shard_range(static_cast<std::int64_t>(pools_.size()), kShards, s);
        for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p) {
            Pool& pool = pools_[p];
            const auto begin = static_cast<std::size_t>(pool.first_entry);
            const auto size = static_cast<std::size_t>(pool.entries);
            const std::span rows(rows_by_pool_.data() + begin, size);
            if (!available_.empty()) {
                read_quantities(columns.available_s, rows, kTimeResolutionS, Rounding::kDown, true,
                                available_.data() + begin);
                sorter.sort({available_.data() + begin, size}, rows);
                pool.available_max_ns = size > 0 ? available_[begin + size - 1] : 0;
            }
            std::int64_t slot = 0;
            for (std::size_t i = 0; i < size && !slot_begin_.empty(); ++i)
                slot_begin_[begin + i] = std::exchange(slot, slot + columns.count.as_int64(rows[i]));
            for (const std::size_t d : varied) {
                Quantity* amounts = varied_[d].data() + begin;
                read_quantities(dimension_column(columns, d), rows, dimension_resolution(d), Rounding::kDown,
                                true, amounts);
                for (std::size_t i = 0; i < size; ++i) {
                    pool.capacity_max[d] = std::max(pool.capacity_max[d], amounts[i]);
                    const std::int64_t count = slot_begin_.empty() ? 1 : columns.count.as_int64(rows[i]);
                    if (amounts[i] != kUnlimited) total[d] += WideQuantity{amounts[i]} * count;
                }
            }
            for (std::size_t d = 0; d < schema_.dimensions(); ++d)
                if (!is_varied(d) && pool.capacity_max[d] != kUnlimited)
                    total[d] += WideQuantity{pool.capacity_max[d]} * pool.slots;
        }
    });
    for (const auto& total : totals)
        for (std::size_t d = 0; d < kMaxDimensions; ++d) total_[d] += total[d];
    control.poll("sort nodes", rows_, rows_);
}

}  // namespace gigafleet
