// The entries of a fleet: node rows brought to their pools and sorted, and what is kept of each.
#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "gigafleet/fleet.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/read_quantities.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of pools: more than threads, for balance
constexpr std::int64_t kBlock = 1024;

/// Sorts the entries of a pool by when they leave, those that leave together by row (as they come): into as
/// many buckets of equal width as there are entries, then each bucket. O(entries) where times are spread
/// evenly.
class StaySorter {
public:
    /// Leaves the order alone and returns false where it is right.
    bool order(std::span<const std::int64_t> stays) {
        if (std::ranges::is_sorted(stays)) return false;
        const auto [least, most] = std::ranges::minmax(stays);
        const std::size_t last = stays.size() - 1;
        const double scale = static_cast<double>(stays.size()) / static_cast<double>(most - least);
        const auto bucket = [&, low = least](std::int64_t stay) {
            return std::min(last, static_cast<std::size_t>(static_cast<double>(stay - low) * scale));
        };
        end_.assign(stays.size() + 1, 0);
        for (const std::int64_t stay : stays) ++end_[bucket(stay) + 1];
        for (std::size_t b = 0; b <= last; ++b) end_[b + 1] += end_[b];
        order_.resize(stays.size());
        for (std::uint32_t i = 0; i < stays.size(); ++i) order_[end_[bucket(stays[i])]++] = {stays[i], i};
        for (std::size_t b = 0, first = 0; b <= last; first = end_[b++])
            if (end_[b] - first > 1)
                std::sort(order_.begin() + first, order_.begin() + static_cast<std::ptrdiff_t>(end_[b]));
        return true;
    }
    /// Brings what belongs to the entries into that order.
    template <class T>
    void apply(T* data) {
        values_.assign(data, data + order_.size());
        for (std::size_t i = 0; i < order_.size(); ++i) data[i] = static_cast<T>(values_[order_[i].second]);
    }

private:
    std::vector<std::uint32_t> end_;  // of each bucket
    std::vector<std::pair<std::int64_t, std::uint32_t>> order_;
    std::vector<std::int64_t> values_;
};

}  // namespace

/// What is kept of every entry, beside its row.
std::vector<Fleet::Kept> Fleet::kept_columns(const NodeColumns& columns) {
    std::vector<Kept> kept;
    if (!available_.empty()) kept.push_back({&columns.available_s, kTimeResolutionS, available_.data(), 0});
    for (std::size_t d = 0; d < schema_.dimensions(); ++d) {
        if (!is_varied(d)) continue;
        varied_[d].resize(rows_by_pool_.size());
        kept.push_back({&dimension_column(columns, d), dimension_resolution(d), varied_[d].data(), 1u << d});
    }
    return kept;
}

/// Writes each row, and what is kept of it, to its place among the entries. Rows without members have none,
/// but their values are checked.
void Fleet::scatter_rows(const NodeColumns& columns, const RowGroups& groups, const Layout& layout,
                         int threads, Control& control) {
    const Column& count = columns.count;
    const bool all_count = count.is_scalar() && rows_ > 0 && count.as_int64(0) > 0;
    const std::vector<Kept> kept = kept_columns(columns);
    auto places = groups.places(layout.first_entry);
    std::atomic<unsigned> rounded{0};  // bits of Kept
    control.poll("sort nodes", 0, rows_);
    parallel_for(threads, static_cast<std::int64_t>(places.size()), [&](std::int64_t s) {
        const RowGroups::Shard& shard = groups.shards()[static_cast<std::size_t>(s)];
        std::uint32_t* next = places[static_cast<std::size_t>(s)].data();
        std::array<std::uint32_t, kBlock> entries;
        std::array<Quantity, kBlock> values;
        for (std::int64_t first = shard.first; first < shard.last; first += kBlock) {
            const std::int64_t n = std::min(kBlock, shard.last - first);
            const std::uint32_t* number = groups.numbers().data() + first;
            const auto for_entries = [&](auto&& write) {
                for (std::int64_t i = 0; i < n; ++i)
                    if (all_count || count.as_int64(first + i) > 0) write(i);
            };
            for_entries([&](std::int64_t i) {
                entries[i] = next[number[i]]++;
                rows_by_pool_[entries[i]] = static_cast<std::uint32_t>(first + i);
            });
            for (const Kept& column : kept) {
                if (read_quantities(*column.from, first, n, column.resolution, Rounding::kDown, true,
                                    values.data()))
                    rounded.fetch_or(column.bit, std::memory_order_relaxed);
                for_entries([&](std::int64_t i) { column.to[entries[i]] = values[i]; });
            }
        }
    });
    for (Kind& kind : kinds_) kind.rounded |= rounded;
    for (const auto& [first, last] : layout.ties)
        std::sort(rows_by_pool_.begin() + first, rows_by_pool_.begin() + last);
    control.poll("sort nodes", rows_, rows_);
}

/// Sorts the entries of each pool, and sums up what the pools and the fleet know of all of them.
void Fleet::finish_pools(const Column& count, int threads, Control& control) {
    const std::size_t dimensions = schema_.dimensions();
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
            if (!available_.empty() && size > 0) {
                if (sorter.order({available_.data() + begin, size})) {
                    sorter.apply(rows_by_pool_.data() + begin);
                    sorter.apply(available_.data() + begin);
                    for (std::size_t d = 0; d < dimensions; ++d)
                        if (is_varied(d)) sorter.apply(varied_[d].data() + begin);
                }
                pool.available_max_ns = available_[begin + size - 1];
            }
            const auto members = [&](std::size_t i) {
                return slot_begin_.empty() ? 1 : count.as_int64(rows_by_pool_[begin + i]);
            };
            std::int64_t slot = 0;
            for (std::size_t i = 0; i < size && !slot_begin_.empty(); ++i)
                slot_begin_[begin + i] = std::exchange(slot, slot + members(i));
            for (std::size_t d = 0; d < dimensions; ++d) {
                if (!is_varied(d)) {
                    if (pool.capacity_max[d] != kUnlimited)
                        total[d] += WideQuantity{pool.capacity_max[d]} * pool.slots;
                    continue;
                }
                const std::span amounts(varied_[d].data() + begin, size);
                for (std::size_t i = 0; i < size; ++i) {
                    pool.capacity_max[d] = std::max(pool.capacity_max[d], amounts[i]);
                    if (amounts[i] != kUnlimited) total[d] += WideQuantity{amounts[i]} * members(i);
                }
            }
        }
    });
    for (const auto& total : totals)
        for (std::size_t d = 0; d < kMaxDimensions; ++d) total_[d] += total[d];
    control.poll("sort nodes", rows_, rows_);
}

}  // namespace gigafleet
