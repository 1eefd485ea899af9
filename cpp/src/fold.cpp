#include "gigafleet/fold.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "gigafleet/error.hpp"
#include "gigafleet/interner.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kBlock = 256;  // rows whose keys stay in the first-level cache together

/// Copies the values of one column for rows [first, first + n) to `out`, `step` bytes apart.
void copy_values(const Column& column, std::int64_t first, std::int64_t n, std::byte* out, std::size_t step) {
    with_type(column.type(), [&](auto zero) {
        using T = decltype(zero);
        column.for_pieces(
            first, n, [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t count, std::int64_t) {
                for (std::int64_t i = 0; i < count; ++i, data += stride, out += step)
                    std::memcpy(out, data, sizeof(T));
            });
    });
}

/// The same as int64, so that a range can be checked.
void copy_integers(const Column& column, std::int64_t first, std::int64_t n, std::int64_t* out) {
    with_type(column.type(), [&](auto zero) {
        using T = decltype(zero);
        column.for_pieces(
            first, n, [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t count, std::int64_t) {
                for (std::int64_t i = 0; i < count; ++i, data += stride)
                    *out++ = static_cast<std::int64_t>(Column::load<T>(data));
            });
    });
}

/// The smallest column offsets that keep each value aligned: widest first.
struct KeyLayout {
    std::vector<const Column*> columns;
    std::vector<std::size_t> offsets;
    std::size_t words = 0;

    explicit KeyLayout(std::span<const Column* const> what) {
        for (const Column* column : what)
            if (!column->is_scalar()) columns.push_back(column);
        std::ranges::stable_sort(columns, std::ranges::greater{},
                                 [](const Column* c) { return size_of(c->type()); });
        std::size_t bytes = 0;
        for (const Column* column : columns) {
            offsets.push_back(bytes);
            bytes += size_of(column->type());
        }
        words = (bytes + 7) / 8;
    }
};

class Shard {
public:
    Shard(const KeyLayout& layout, const Column& where, std::int64_t sites, const Column& count)
        : layout_(layout), where_(where), count_(count), sites_(sites), whats(layout.words), pairs(1) {}

    void run(std::int64_t first, std::int64_t last, std::uint32_t* group_of_row) {
        const std::size_t words = std::max<std::size_t>(layout_.words, 1);
        std::vector<std::uint64_t> keys(kBlock * words, 0);
        std::array<std::int64_t, kBlock> where{}, count{};
        std::array<std::uint32_t, kBlock> what{};
        std::array<std::uint64_t, kBlock> hashes{};
        count.fill(count_.is_scalar() ? count_.as_int64(0) : 0);
        for (std::int64_t row = first; row < last; row += kBlock) {
            const std::int64_t n = std::min(kBlock, last - row);
            for (std::size_t c = 0; c < layout_.columns.size(); ++c)
                copy_values(*layout_.columns[c], row, n,
                            reinterpret_cast<std::byte*>(keys.data()) + layout_.offsets[c], words * 8);
            copy_integers(where_, row, n, where.data());
            if (!count_.is_scalar()) copy_integers(count_, row, n, count.data());
            check(row, n, where.data(), count.data());
            for (std::int64_t i = 0; i < n; ++i) {
                hashes[i] = hash_words(&keys[i * words], layout_.words);
                whats.prefetch(hashes[i]);
            }
            for (std::int64_t i = 0; i < n; ++i) {
                what[i] = whats.intern(&keys[i * words], hashes[i]);
                if (what[i] == first_rows.size()) first_rows.push_back(row + i);
                const std::uint64_t pair =
                    std::uint64_t{what[i]} << 32 | static_cast<std::uint64_t>(where[i]);
                hashes[i] = hash_words(&pair, 1);
                pairs.prefetch(hashes[i]);
            }
            for (std::int64_t i = 0; i < n; ++i) {
                const std::uint64_t pair =
                    std::uint64_t{what[i]} << 32 | static_cast<std::uint64_t>(where[i]);
                const std::uint32_t g = pairs.intern(&pair, hashes[i]);
                if (g == groups.size())
                    groups.push_back({what[i], static_cast<std::uint32_t>(where[i]), row + i, 0, 0});
                groups[g].rows += count[i] > 0;
                add_members(groups[g], count[i], row + i);
                group_of_row[row + i] = g;
            }
        }
    }

    void add_members(Fold::Group& group, std::int64_t members, std::int64_t row) const {
        if (__builtin_add_overflow(group.members, members, &group.members))
            throw InputError(count_.name(), row, std::to_string(members),
                             "at most 2^63 - 1 members that are alike");
    }

private:
    void check(std::int64_t row, std::int64_t n, const std::int64_t* where, const std::int64_t* count) const {
        for (std::int64_t i = 0; i < n; ++i) {
            if (where[i] < 0 || where[i] >= sites_)
                throw InputError(where_.name(), where_.error_row(row + i), where_.integer_text(row + i),
                                 "a site position from 0 to " + std::to_string(sites_ - 1));
            if (count[i] < 0)
                throw InputError(count_.name(), count_.error_row(row + i), count_.integer_text(row + i),
                                 "a whole number >= 0");
        }
    }

    const KeyLayout& layout_;
    const Column& where_;
    const Column& count_;
    std::int64_t sites_;

public:
    KeyInterner whats, pairs;
    std::vector<std::int64_t> first_rows;
    std::vector<Fold::Group> groups;
};

}  // namespace

Fold fold_rows(std::span<const Column* const> what, const Column& where, std::int64_t sites,
               const Column& count, std::int64_t rows, int threads, Control& control) {
    Fold fold;
    if (rows == 0) return fold;
    fold.group_of_row.resize(static_cast<std::size_t>(rows));
    const KeyLayout layout(what);
    // One shard a thread: merging keeps first appearance, so the cut does not show in the result.
    const std::int64_t shards = rows < 1 << 15 ? 1 : threads;
    std::vector<Shard> parts(static_cast<std::size_t>(shards), Shard(layout, where, sites, count));
    parallel_for(threads, shards, [&](std::int64_t s) {
        const auto [first, last] = shard_range(rows, shards, s);
        parts[static_cast<std::size_t>(s)].run(first, last, fold.group_of_row.data());
    });
    control.poll("fold", rows, rows);

    Shard& all = parts[0];
    std::vector<std::vector<std::uint32_t>> renumber(parts.size());
    for (std::size_t s = 1; s < parts.size(); ++s) {
        const Shard& part = parts[s];
        std::vector<std::uint32_t> what_number(part.first_rows.size());
        for (std::uint32_t w = 0; w < what_number.size(); ++w) {
            what_number[w] = all.whats.intern(part.whats.key(w).data());
            if (what_number[w] == all.first_rows.size()) all.first_rows.push_back(part.first_rows[w]);
        }
        renumber[s].resize(part.groups.size());
        for (std::size_t g = 0; g < part.groups.size(); ++g) {
            Fold::Group group = part.groups[g];
            group.what = what_number[group.what];
            const std::uint64_t pair = std::uint64_t{group.what} << 32 | group.where;
            const std::uint32_t number = all.pairs.intern(&pair);
            renumber[s][g] = number;
            if (number == all.groups.size()) {
                all.groups.push_back(group);
            } else {
                all.groups[number].rows += group.rows;
                all.add_members(all.groups[number], group.members, group.first_row);
            }
        }
    }
    parallel_for(threads, shards, [&](std::int64_t s) {
        if (s == 0) return;
        const auto [first, last] = shard_range(rows, shards, s);
        const auto& map = renumber[static_cast<std::size_t>(s)];
        for (std::int64_t row = first; row < last; ++row)
            fold.group_of_row[row] = map[fold.group_of_row[row]];
    });
    fold.groups = std::move(all.groups);
    fold.first_row_of_what = std::move(all.first_rows);
    return fold;
}

}  // namespace gigafleet
