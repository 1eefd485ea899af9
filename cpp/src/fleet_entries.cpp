// The entries of a fleet: node rows brought to their pools and sorted, in passes over the memory in its
// order.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "gigafleet/fleet.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/read_quantities.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kBlock = 1024;
constexpr std::int64_t kShards = 64;  // of pools: more than threads, for balance

}  // namespace

/// Reads every row once, in order, and writes what is kept of it to its place among the entries.
/// `next`: by group, where its first entry goes.
void Fleet::scatter_entries(const NodeColumns& columns, std::span<const std::uint32_t> group_of_row,
                            std::vector<std::int64_t> next, int threads, Control& control) {
    const std::size_t entries = rows_by_pool_.size();
    const Column& count = columns.count;
    const Column& available = columns.available_s;
    const auto read_available = [&](std::int64_t row, std::int64_t rows, Quantity* out) {
        read_quantities(available, row, rows, kTimeResolutionS, Rounding::kDown, true, out);
    };
    if (available.is_scalar()) read_available(0, 1, &available_all_);
    if (entries == 0) return;
    if (!available.is_scalar()) available_.resize(entries);
    std::vector<std::size_t> varied;
    for (std::size_t d = 0; d < schema_.dimensions(); ++d) {
        if (!is_varied(d)) continue;
        varied.push_back(d);
        varied_[d].resize(entries);
    }

    const std::int64_t shards = rows_ < 1 << 15 ? 1 : threads;
    const auto is_kept = [&](std::int64_t row) { return count.is_scalar() || count.as_int64(row) > 0; };
    std::vector<std::vector<std::int64_t>> starts(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t s) {
        auto& rows_of = starts[static_cast<std::size_t>(s)];
        rows_of.assign(next.size(), 0);
        const auto [first, last] = shard_range(rows_, shards, s);
        for (std::int64_t row = first; row < last; ++row)
            rows_of[group_of_row[static_cast<std::size_t>(row)]] += is_kept(row);
    });
    for (auto& start : starts)
        for (std::size_t g = 0; g < next.size(); ++g) next[g] += std::exchange(start[g], next[g]);
    control.poll("sort nodes", 0, rows_);

    parallel_for(threads, shards, [&](std::int64_t s) {
        auto& start = starts[static_cast<std::size_t>(s)];
        const auto [first, last] = shard_range(rows_, shards, s);
        std::array<Quantity, kBlock> stays;
        std::vector<std::array<Quantity, kBlock>> amounts(varied.size());
        for (std::int64_t row = first; row < last; row += kBlock) {
            const std::int64_t n = std::min(kBlock, last - row);
            if (!available_.empty()) read_available(row, n, stays.data());
            for (std::size_t v = 0; v < varied.size(); ++v)
                read_quantities(dimension_column(columns, varied[v]), row, n, dimension_resolution(varied[v]),
                                Rounding::kDown, true, amounts[v].data());
            for (std::int64_t i = 0; i < n; ++i) {
                if (!is_kept(row + i)) continue;
                const auto entry =
                    static_cast<std::size_t>(start[group_of_row[static_cast<std::size_t>(row + i)]]++);
                rows_by_pool_[entry] = static_cast<std::uint32_t>(row + i);
                if (!available_.empty()) available_[entry] = stays[static_cast<std::size_t>(i)];
                for (std::size_t v = 0; v < varied.size(); ++v)
                    varied_[varied[v]][entry] = amounts[v][static_cast<std::size_t>(i)];
            }
        }
    });
    control.poll("sort nodes", rows_, rows_);
}

/// Within each pool, those that leave sooner first; then by row.
void Fleet::sort_entries(int threads) {
    if (available_.empty()) return;
    parallel_for(threads, kShards, [&](std::int64_t s) {
        std::vector<std::pair<std::int64_t, std::uint32_t>> keyed;
        std::vector<std::int64_t> values;
        const auto [first, last] = shard_range(static_cast<std::int64_t>(pools_.size()), kShards, s);
        for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p) {
            const auto begin = static_cast<std::size_t>(pools_[p].first_entry);
            const auto size = static_cast<std::size_t>(pools_[p].entries);
            const std::span<std::int64_t> stays(available_.data() + begin, size);
            if (std::ranges::is_sorted(stays)) continue;
            keyed.clear();
            for (std::uint32_t i = 0; i < size; ++i) keyed.emplace_back(stays[i], i);
            std::ranges::sort(keyed);
            const auto permute = [&](auto* data) {
                values.assign(data, data + size);
                for (std::size_t i = 0; i < size; ++i)
                    data[i] = static_cast<std::remove_reference_t<decltype(*data)>>(values[keyed[i].second]);
            };
            permute(rows_by_pool_.data() + begin);
            for (std::size_t d = 0; d < schema_.dimensions(); ++d)
                if (is_varied(d)) permute(varied_[d].data() + begin);
            for (std::size_t i = 0; i < size; ++i) stays[i] = keyed[i].first;
        }
    });
}

/// What the pools know of all their entries, and the totals of the fleet.
void Fleet::sum_entries(const NodeColumns& columns, int threads) {
    std::vector<std::array<WideQuantity, kMaxDimensions>> totals(kShards);
    parallel_for(threads, kShards, [&](std::int64_t s) {
        auto& total = totals[static_cast<std::size_t>(s)];
        total.fill(0);
        const auto [first, last] = shard_range(static_cast<std::int64_t>(pools_.size()), kShards, s);
        for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p) {
            Pool& pool = pools_[p];
            const auto begin = static_cast<std::size_t>(pool.first_entry);
            const std::size_t end = begin + static_cast<std::size_t>(pool.entries);
            pool.available_max_ns = available_.empty() ? available_all_
                                    : begin < end      ? available_[end - 1]
                                                       : 0;
            const auto count = [&](std::size_t e) {
                return slot_begin_.empty()
                           ? 1
                           : columns.count.as_int64(row_of_entry(static_cast<std::int64_t>(e)));
            };
            std::int64_t slot = 0;
            for (std::size_t e = begin; e < end && !slot_begin_.empty(); ++e)
                slot_begin_[e] = std::exchange(slot, slot + count(e));
            for (std::size_t d = 0; d < schema_.dimensions(); ++d) {
                if (!is_varied(d)) {
                    if (pool.capacity_max[d] != kUnlimited)
                        total[d] += WideQuantity{pool.capacity_max[d]} * pool.slots;
                    continue;
                }
                for (std::size_t e = begin; e < end; ++e) {
                    const Quantity q = varied_[d][e];
                    pool.capacity_max[d] = std::max(pool.capacity_max[d], q);
                    if (q != kUnlimited) total[d] += WideQuantity{q} * count(e);
                }
            }
        }
    });
    for (const auto& total : totals)
        for (std::size_t d = 0; d < kMaxDimensions; ++d) total_[d] += total[d];
}

}  // namespace gigafleet
