#include "gigafleet/fold.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/interner.hpp"
#include "gigafleet/key_columns.hpp"
#include "gigafleet/pair_numbers.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kBlock = KeyColumns::kBlock;
constexpr std::int64_t kPollRows = 64 * kBlock;
constexpr std::int64_t kMinCells = std::int64_t{1} << 21;
constexpr std::int64_t kSample = std::int64_t{1} << 16, kSampleBlock = 64;

/// What all shards read.
struct Table {
    const KeyColumns& key;
    const Column& where;
    std::int64_t sites, common;
    const Column& count;
};

void refuse_count(const Column& count, std::int64_t row) {
    throw InputError(count.name(), count.error_row(row), count.integer_text(row),
                     "a whole number from 0 to 2^63 - 1");
}

void add_members(std::int64_t& sum, std::int64_t members, const Column& count, std::int64_t row) {
    if (__builtin_add_overflow(sum, members, &sum))
        throw InputError(count.name(), row, std::to_string(members),
                         "at most 2^63 - 1 members that are alike");
}

/// What a shard knows of its whats and groups, each by its own numbers. Lean, since at first nearly every row
/// makes a group.
struct Found {
    struct Group {
        std::uint32_t what, where;
        std::int64_t first_row;
    };

    Found(const Table& table, std::int64_t max_cells) : values(table.key), pairs(table.common, max_cells) {}

    Interner whats;  // by fingerprint
    std::vector<std::uint64_t> prints;
    Buffer<std::int64_t> first_rows;
    KeyValues values;

    PairNumbers pairs;
    std::vector<Group> groups;
    std::vector<std::uint32_t> rows;    // of each group, with a count of at least 1
    std::vector<std::int64_t> members;  // of each group; none where the count is a scalar

    void make_room() { pairs.make_room(first_rows.size()); }
};

/// Folds consecutive rows, a block at a time.
class Folder {
public:
    Folder(const Table& table, Found& found) : table_(table), found_(found) {}

    /// Numbers the groups of rows [first, last) into `numbers`. False where two whats have one fingerprint.
    template <class Poll>
    bool run(std::int64_t first, std::int64_t last, std::uint32_t* numbers, Poll&& poll) {
        const bool counted = !table_.count.is_scalar();
        for (std::int64_t row = first; row < last; row += kBlock) {
            if ((row - first) % kPollRows == 0) poll(row - first);
            const std::int64_t n = std::min(kBlock, last - row);
            read_where(row, n);
            if (counted) read_count(row, n);
            if (!number_whats(row, n)) return false;
            if (found_.pairs.are_in_table(found_.first_rows.size(), largest_where_))
                number_groups<true>(row, n, numbers + row);
            else
                number_groups<false>(row, n, numbers + row);
            if (counted) add_counts(row, n, numbers + row);
        }
        if (!counted && table_.count.as_int64(0) == 0) std::ranges::fill(found_.rows, 0);
        return true;
    }

private:
    void read_where(std::int64_t row, std::int64_t n) {
        with_type(table_.where.type(), [&](auto zero) {
            using T = decltype(zero);
            using Wide = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
            Wide largest = 0;
            std::uint32_t* out = where_.data();
            table_.where.for_pieces(
                row, n, [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t count, std::int64_t) {
                    for (std::int64_t i = 0; i < count; ++i) {
                        const auto site = static_cast<Wide>(Column::load<T>(data + i * stride));
                        largest = std::max(largest, site);
                        out[i] = static_cast<std::uint32_t>(site);
                    }
                    out += count;
                });
            if (largest >= static_cast<std::uint64_t>(table_.sites)) refuse_where(row);
            largest_where_ = static_cast<std::uint32_t>(largest);
        });
    }

    void refuse_where(std::int64_t row) const {
        const Column& where = table_.where;
        const auto is_site = [&](std::int64_t at) {
            return where.as_int64(at) >= 0 && where.as_int64(at) < table_.sites;
        };
        while (is_site(row)) ++row;
        throw InputError(where.name(), where.error_row(row), where.integer_text(row),
                         "a site position from 0 to " + std::to_string(table_.sites - 1));
    }

    void read_count(std::int64_t row, std::int64_t n) {
        const Column& count = table_.count;
        std::int64_t* const out = count_.data();
        count.for_integers(row, n, [&](std::int64_t at, std::int64_t value) { out[at - row] = value; });
        for (std::int64_t i = 0; i < n; ++i)
            if (count_[i] < 0) refuse_count(count, row + i);
    }

    bool number_whats(std::int64_t row, std::int64_t n) {
        table_.key.fingerprints(row, n, prints_.data());
        if (found_.whats.is_large())
            for (std::int64_t i = 0; i < n; ++i) found_.whats.prefetch(prints_[i]);
        const std::size_t known = found_.first_rows.size();
        for (std::int64_t i = 0; i < n; ++i) {
            what_[i] = found_.whats.intern(prints_[i]);
            if (what_[i] == found_.first_rows.size()) add_what(row + i, prints_[i]);
        }
        found_.values.append(std::span(found_.first_rows).subspan(known));
        found_.make_room();
        return found_.values.match(row, n, what_.data());
    }

    template <bool kInTable>
    void number_groups(std::int64_t row, std::int64_t n, std::uint32_t* numbers) {
        for (std::int64_t i = 0; i < n; ++i) found_.pairs.prefetch<kInTable>(what_[i], where_[i]);
        for (std::int64_t i = 0; i < n; ++i) {
            const std::uint32_t g = found_.pairs.number<kInTable>(what_[i], where_[i]);
            if (g == found_.groups.size()) add_group(what_[i], where_[i], row + i);
            numbers[i] = g;
        }
        // Apart, so that what is new in the loop above does not hold up these.
        for (std::int64_t i = 0; i < n; ++i) ++found_.rows[numbers[i]];
    }

    void add_counts(std::int64_t row, std::int64_t n, const std::uint32_t* numbers) {
        found_.members.resize(found_.groups.size());
        for (std::int64_t i = 0; i < n; ++i) {
            found_.rows[numbers[i]] -= count_[i] == 0;
            add_members(found_.members[numbers[i]], count_[i], table_.count, row + i);
        }
    }

    // Rare where rows are many: out of the loops.
    [[gnu::noinline]] void add_what(std::int64_t row, std::uint64_t print) {
        found_.first_rows.push_back(row);
        found_.prints.push_back(print);
    }
    [[gnu::noinline]] void add_group(std::uint32_t what, std::uint32_t where, std::int64_t row) {
        found_.groups.push_back({what, where, row});
        found_.rows.push_back(0);
    }

    const Table& table_;
    Found& found_;
    std::array<std::uint32_t, kBlock> where_, what_;
    std::uint32_t largest_where_ = 0;  ///< of the block
    std::array<std::int64_t, kBlock> count_;
    std::array<std::uint64_t, kBlock> prints_;
};

/// Adds the whats and groups of `part` to those of `all`, which holds the rows before. `map` becomes the
/// number in `all` of each group of `part`. False where two whats have one fingerprint.
bool merge(Found& all, const Found& part, std::vector<std::uint32_t>& map) {
    std::vector<std::uint32_t> what(part.first_rows.size());
    for (std::uint32_t w = 0; w < what.size(); ++w) {
        what[w] = all.whats.intern(part.prints[w]);
        if (what[w] == all.first_rows.size()) {
            all.first_rows.push_back(part.first_rows[w]);
            all.values.append({&part.first_rows[w], 1});
        } else if (!all.values.match(what[w], part.values, w)) {
            return false;
        }
    }
    all.make_room();
    constexpr std::size_t kAhead = 16;
    map.resize(part.groups.size());
    for (std::size_t g = 0; g < map.size(); ++g) {
        if (g + kAhead < map.size()) {
            const Found::Group& ahead = part.groups[g + kAhead];
            all.pairs.prefetch(what[ahead.what], ahead.where);
        }
        const Found::Group& group = part.groups[g];
        map[g] = all.pairs.number(what[group.what], group.where);
        if (map[g] == all.groups.size())
            all.groups.push_back({what[group.what], group.where, group.first_row});
    }
    return true;
}

/// Names the row with which a group's members become too many.
[[noreturn]] void refuse_members(const RowGroups& group_of_row, std::size_t groups, const Column& count) {
    std::vector<std::int64_t> members(groups);
    group_of_row.for_rows([&](std::int64_t row, std::uint32_t group) {
        add_members(members[group], count.as_int64(row), count, row);
    });
    throw EngineError("fold: sums of shards overflow where the sum of their rows does not");
}

/// Adds up what the shards know of the groups.
void sum_up(Fold& fold, const std::vector<std::unique_ptr<Found>>& parts, const Column& count) {
    fold.groups.reserve(parts[0]->groups.size());
    for (const Found::Group& group : parts[0]->groups)
        fold.groups.push_back({group.what, group.where, group.first_row, 0, 0});
    bool overflow = false;
    for (std::size_t s = 0; s < parts.size(); ++s) {
        const RowGroups::Shard& shard = fold.group_of_row.shards()[s];
        for (std::size_t g = 0; g < shard.group.size(); ++g) {
            Fold::Group& group = fold.groups[shard.group[g]];
            group.rows += shard.rows[g];
            if (!count.is_scalar())
                overflow |= __builtin_add_overflow(group.members, parts[s]->members[g], &group.members);
        }
    }
    if (count.is_scalar())
        for (Fold::Group& group : fold.groups)
            overflow |= __builtin_mul_overflow(group.rows, count.as_int64(0), &group.members);
    if (overflow) refuse_members(fold.group_of_row, fold.groups.size(), count);
}

/// None where two whats have one fingerprint.
std::optional<Fold> fold_by(const Table& table, std::int64_t rows, int threads, Control& control) {
    // One shard a thread: merging keeps first appearance, so the cut does not show in the result.
    const std::int64_t shards = rows < 1 << 15 ? 1 : std::max(threads, 1);
    const std::int64_t cells = std::min(rows * table.common, std::max(4 * rows / shards, kMinCells));
    Buffer<std::uint32_t> numbers(static_cast<std::size_t>(rows));
    std::vector<std::unique_ptr<Found>> parts(static_cast<std::size_t>(shards));
    std::vector<RowGroups::Shard> result(parts.size());
    std::atomic<bool> collision = false;
    const auto caller = std::this_thread::get_id();
    parallel_for(threads, shards, [&](std::int64_t s) {
        const auto at = static_cast<std::size_t>(s);
        const auto [first, last] = shard_range(rows, shards, s);
        const auto poll = [&](std::int64_t done) {
            if (std::this_thread::get_id() == caller) control.poll("fold", done * shards, rows);
        };
        parts[at] = std::make_unique<Found>(table, cells);
        if (!Folder(table, *parts[at]).run(first, last, numbers.data(), poll)) collision = true;
        result[at] = {first, last, {}, {}};
    });
    control.poll("fold", rows, rows);
    if (collision) return {};

    result[0].group.resize(parts[0]->groups.size());
    std::iota(result[0].group.begin(), result[0].group.end(), 0u);
    for (std::size_t s = 1; s < parts.size(); ++s)
        if (!merge(*parts[0], *parts[s], result[s].group)) return {};
    for (std::size_t s = 0; s < parts.size(); ++s) result[s].rows = std::move(parts[s]->rows);
    Fold fold;
    fold.first_row_of_what = std::move(parts[0]->first_rows);
    fold.group_of_row = RowGroups(std::move(numbers), std::move(result));
    sum_up(fold, parts, table.count);
    return fold;
}

/// Whether in a sample of rows hardly two are alike.
bool all_differ(const KeyColumns& key, std::int64_t rows) {
    if (rows < 2 * kSample) return false;
    Interner whats;
    std::array<std::uint64_t, kSampleBlock> prints;
    constexpr std::int64_t kBlocks = kSample / kSampleBlock;
    for (std::int64_t b = 0; b < kBlocks; ++b) {
        key.fingerprints(shard_range(rows, kBlocks, b).first, kSampleBlock, prints.data());
        for (const std::uint64_t print : prints) whats.intern(print);
    }
    return whats.size() > kSample - kSample / 128;
}

/// Every row a what and a group of its own.
Fold leave_apart(const Table& table, std::int64_t rows, int threads, Control& control) {
    control.poll("fold", 0, rows);
    const auto size = static_cast<std::size_t>(rows);
    Fold fold;
    Buffer<std::uint32_t> numbers(size);
    fold.first_row_of_what.resize(size);
    fold.groups.resize(size);
    const std::int64_t shards = std::max(threads, 1);
    std::vector<RowGroups::Shard> result(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t s) {
        const auto [first, last] = shard_range(rows, shards, s);
        RowGroups::Shard& shard = result[static_cast<std::size_t>(s)];
        shard = {first, last, {}, {}};
        shard.group.reserve(static_cast<std::size_t>(last - first));
        shard.rows.reserve(static_cast<std::size_t>(last - first));
        for (std::int64_t row = first; row < last; ++row) {
            const auto number = static_cast<std::uint32_t>(row);
            const std::int64_t site = table.where.as_int64(row), count = table.count.as_int64(row);
            if (site < 0 || site >= table.sites)
                throw InputError(table.where.name(), table.where.error_row(row),
                                 table.where.integer_text(row),
                                 "a site position from 0 to " + std::to_string(table.sites - 1));
            if (count < 0) refuse_count(table.count, row);
            numbers[static_cast<std::size_t>(row)] = static_cast<std::uint32_t>(row - first);
            shard.group.push_back(number);
            shard.rows.push_back(count > 0);
            fold.first_row_of_what[number] = row;
            fold.groups[number] = {number, static_cast<std::uint32_t>(site), row, count > 0, count};
        }
    });
    control.poll("fold", rows, rows);
    fold.group_of_row = RowGroups(std::move(numbers), std::move(result));
    return fold;
}

}  // namespace

std::vector<std::vector<std::uint32_t>> RowGroups::places(std::vector<std::uint32_t> next) const {
    std::vector<std::vector<std::uint32_t>> places;
    for (const Shard& shard : shards_) {
        auto& first = places.emplace_back(shard.group.size());
        for (std::size_t g = 0; g < first.size(); ++g)
            first[g] = std::exchange(next[shard.group[g]], next[shard.group[g]] + shard.rows[g]);
    }
    return places;
}

Fold fold_rows(std::span<const Column* const> what, const Column& where, std::int64_t sites,
               std::int64_t common, const Column& count, std::int64_t rows, int threads, Control& control) {
    if (rows == 0) return {};
    if (count.is_scalar() && count.as_int64(0) < 0) refuse_count(count, kNoRow);
    for (std::uint64_t seed = 0;; ++seed) {
        const KeyColumns key(what, seed);
        const Table table{key, where, sites, common, count};
        if (seed == 0 && all_differ(key, rows)) return leave_apart(table, rows, threads, control);
        if (auto fold = fold_by(table, rows, threads, control)) return std::move(*fold);
    }
}

}  // namespace gigafleet
