#include "gigafleet/fold_apart.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kBlock = 512;
constexpr std::int64_t kFewRows = 1 << 15;  // read before a thread has started
constexpr std::int64_t kShards = 64;

/// A bit a value.
using Values = std::uint64_t;

template <class F>
void for_values(Values values, F&& f) {
    for (; values != 0; values &= values - 1) f(static_cast<unsigned>(std::countr_zero(values)));
}

/// Least and largest number of some rows.
template <class T>
std::pair<T, T> range_of(const Column& column, std::int64_t first, std::int64_t last) {
    T least = std::numeric_limits<T>::max(), most = std::numeric_limits<T>::lowest();
    column.for_pieces(first, last - first,
                      [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t n, std::int64_t) {
                          for (std::int64_t i = 0; i < n; ++i) {
                              const T value = Column::load<T>(data + i * stride);
                              least = std::min(least, value);
                              most = std::max(most, value);
                          }
                      });
    return {least, most};
}

/// Of numbers or groups: which values they have, and the first number of these.
struct Level {
    Values values = 0;
    std::uint32_t first = 0;

    std::uint32_t number(unsigned value) const {
        const Values before = values & ((Values{1} << value) - 1);
        return first + static_cast<std::uint32_t>(std::popcount(before));
    }
};

/// Gives values their numbers, level by level; returns how many there are.
std::uint32_t number_all(std::span<Level> levels) {
    std::uint32_t sum = 0;
    for (Level& level : levels) {
        level.first = sum;
        sum += static_cast<std::uint32_t>(std::popcount(level.values));
    }
    return sum;
}

/// One shard of rows.
class Teller {
public:
    Teller(const NarrowColumn& by, const Column& count, const RowGroups::Shard& shard, std::uint32_t* numbers)
        : by_(by), count_(count), shard_(shard), numbers_(numbers) {
        levels_.assign(shard.group.size(), {});
    }

    void run() {
        for_blocks([&](std::int64_t, std::int64_t n, std::uint32_t* number) {
            for (std::int64_t i = 0; i < n; ++i) levels_[number[i]].values |= Values{1} << value_[i];
        });
        seen_.assign(number_all(levels_), {});
        if (!count_.is_scalar()) members_.assign(seen_.size(), 0);
        // Loop by loop, so that what waits for memory in one row does not hold up the next.
        for_blocks([&](std::int64_t row, std::int64_t n, std::uint32_t* number) {
            for (std::int64_t i = 0; i < n; ++i) number[i] = levels_[number[i]].number(value_[i]);
            const auto at = static_cast<std::uint32_t>(row - shard_.first);
            for (std::int64_t i = 0; i < n; ++i) {
                Seen& seen = seen_[number[i]];
                seen.first_row = std::min(seen.first_row, at + static_cast<std::uint32_t>(i));
                ++seen.rows;
            }
            if (!count_.is_scalar()) add_counts(row, n, number);
        });
        if (count_.is_scalar() && count_.as_int64(0) == 0)
            for (Seen& seen : seen_) seen.rows = 0;
    }

    std::span<const Level> levels() const { return levels_; }

    /// Adds what is known here of each of the groups: `all`, by group as it was.
    RowGroups::Shard write(std::span<const Level> all, std::span<Fold::Group> groups) {
        RowGroups::Shard out{shard_.first, shard_.last, {}, {}};
        out.group.reserve(seen_.size());
        out.rows.reserve(seen_.size());
        for (std::size_t n = 0; n < levels_.size(); ++n)
            for_values(levels_[n].values,
                       [&](unsigned value) { out.group.push_back(all[shard_.group[n]].number(value)); });
        for (std::size_t g = 0; g < seen_.size(); ++g) {
            Fold::Group& group = groups[out.group[g]];
            const auto [first_row, rows] = seen_[g];
            if (group.first_row < 0) group.first_row = shard_.first + first_row;
            group.rows += rows;
            group.members += count_.is_scalar() ? rows * count_.as_int64(0) : members_[g];
            out.rows.push_back(rows);
        }
        return out;
    }

private:
    /// Of what is told apart.
    struct Seen {
        std::uint32_t first_row = UINT32_MAX;  ///< of the shard
        std::uint32_t rows = 0;                ///< with a count of at least 1
    };

    template <class F>
    void for_blocks(F&& f) {
        for (std::int64_t row = shard_.first; row < shard_.last; row += kBlock) {
            const std::int64_t n = std::min(kBlock, shard_.last - row);
            by_.read(row, n, value_.data());
            f(row, n, numbers_ + row);
        }
    }
    void add_counts(std::int64_t row, std::int64_t n, const std::uint32_t* number) {
        count_.for_integers(row, n, [&](std::int64_t at, std::int64_t members) {
            const std::uint32_t own = number[at - row];
            seen_[own].rows -= members == 0;
            members_[own] += members;  // the sum of the whole group is a number, too
        });
    }

    const NarrowColumn& by_;
    const Column& count_;
    const RowGroups::Shard& shard_;
    std::uint32_t* numbers_;
    std::array<std::uint8_t, kBlock> value_;
    Buffer<Level> levels_;               ///< by number in the shard
    Buffer<Seen> seen_;                  ///< by number told apart
    std::vector<std::int64_t> members_;  ///< the same; none where the count is a scalar
};

}  // namespace

std::optional<NarrowColumn> NarrowColumn::of(const Column& column, std::int64_t rows, int threads) {
    if (rows == 0 || column.is_scalar() || is_float(column.type())) return {};
    return with_type(column.type(), [&](auto zero) -> std::optional<NarrowColumn> {
        using T = decltype(zero);
        const std::int64_t shards = rows < kFewRows ? 1 : kShards;
        std::vector<T> low(static_cast<std::size_t>(shards)), high(low.size());
        parallel_for(threads, shards, [&](std::int64_t s) {
            const auto [first, last] = shard_range(rows, shards, s);
            std::tie(low[static_cast<std::size_t>(s)], high[static_cast<std::size_t>(s)]) =
                range_of<T>(column, first, last);
        });
        const T least = *std::ranges::min_element(low), most = *std::ranges::max_element(high);
        if (static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) >= kMostValues) return {};
        return NarrowColumn(column, static_cast<std::int64_t>(least));
    });
}

void NarrowColumn::read(std::int64_t first, std::int64_t n, std::uint8_t* out) const {
    column_->for_integers(first, n, [out, first, least = least_](std::int64_t row, std::int64_t value) {
        out[row - first] = static_cast<std::uint8_t>(value - least);
    });
}

Fold tell_apart(Fold&& fold, const NarrowColumn& by, const Column& count, int threads) {
    // Each row a what of its own: nothing is left to tell apart.
    if (std::ssize(fold.first_row_of_what) == fold.group_of_row.rows()) return std::move(fold);
    const std::vector<RowGroups::Shard>& shards = fold.group_of_row.shards();
    std::vector<Teller> tellers;
    for (const RowGroups::Shard& shard : shards)
        tellers.emplace_back(by, count, shard, fold.group_of_row.numbers().data());
    parallel_for(threads, std::ssize(tellers),
                 [&](std::int64_t s) { tellers[static_cast<std::size_t>(s)].run(); });

    Buffer<Level> groups;
    groups.assign(fold.groups.size(), {});
    std::vector<Level> whats(fold.first_row_of_what.size());
    for (std::size_t s = 0; s < tellers.size(); ++s)
        for (std::size_t n = 0; n < shards[s].group.size(); ++n)
            groups[shards[s].group[n]].values |= tellers[s].levels()[n].values;
    for (std::size_t g = 0; g < groups.size(); ++g) whats[fold.groups[g].what].values |= groups[g].values;

    Fold apart;
    apart.groups.resize(number_all(groups));
    apart.first_row_of_what.resize(number_all(whats));
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const Fold::Group& was = fold.groups[g];
        std::uint32_t number = groups[g].first;
        for_values(groups[g].values, [&](unsigned value) {
            apart.groups[number++] = {whats[was.what].number(value), was.where, -1, 0, 0};
        });
    }
    std::vector<RowGroups::Shard> result;
    for (Teller& teller : tellers) result.push_back(teller.write(groups, apart.groups));
    std::ranges::fill(apart.first_row_of_what, std::numeric_limits<std::int64_t>::max());
    for (const Fold::Group& group : apart.groups) {
        std::int64_t& first = apart.first_row_of_what[group.what];
        first = std::min(first, group.first_row);
    }
    apart.group_of_row = RowGroups(std::move(fold.group_of_row).numbers(), std::move(result));
    return apart;
}

}  // namespace gigafleet
