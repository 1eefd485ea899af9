// Canonicalise: folds the rows of a table into groups that are alike. One pass over the memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/column.hpp"
#include "gigafleet/control.hpp"

namespace gigafleet {

/// The group of every row. Rows lie in shards, and a shard has numbers of its own for the groups it met, so
/// that folding writes each row once and whoever walks the rows knows how many of each group a shard holds.
class RowGroups {
public:
    struct Shard {
        std::int64_t first = 0, last = 0;  ///< rows
        std::vector<std::uint32_t> group;  ///< by number within the shard
        std::vector<std::uint32_t> rows;   ///< of each number, with a count of at least 1
    };

    RowGroups() = default;
    RowGroups(Buffer<std::uint32_t> numbers, std::vector<Shard> shards)
        : numbers_(std::move(numbers)), shards_(std::move(shards)) {}

    std::int64_t rows() const { return static_cast<std::int64_t>(numbers_.size()); }
    const std::vector<Shard>& shards() const { return shards_; }
    /// By row: the number within the row's shard.
    std::span<const std::uint32_t> numbers() const& { return numbers_; }
    std::span<std::uint32_t> numbers() & { return numbers_; }
    Buffer<std::uint32_t> numbers() && { return std::move(numbers_); }

    /// Group of a row. O(shards).
    std::uint32_t operator[](std::size_t row) const {
        const Shard* shard = shards_.data();
        while (static_cast<std::int64_t>(row) >= shard->last) ++shard;
        return shard->group[numbers_[row]];
    }

    /// Calls `f(row, group)` for every row, in order.
    template <class F>
    void for_rows(F&& f) const {
        for (const Shard& shard : shards_)
            for (std::int64_t row = shard.first; row < shard.last; ++row)
                f(row, shard.group[numbers_[static_cast<std::size_t>(row)]]);
    }

    /// Where each shard puts its rows, by its numbers, when rows with a count go in order and those of group
    /// g go to next[g], next[g] + 1, ... O(groups · shards).
    std::vector<std::vector<std::uint32_t>> places(std::vector<std::uint32_t> next) const;

    /// Gives group g the number `number[g]` from now on. O(groups · shards).
    void renumber(std::span<const std::uint32_t> number) {
        for (Shard& shard : shards_)
            for (std::uint32_t& group : shard.group) group = number[group];
    }

private:
    Buffer<std::uint32_t> numbers_;
    std::vector<Shard> shards_;
};

/// Rows grouped by what they are (every column of `what`, bit for bit) and where (a site number).
/// Tasks fold into shapes and classes, nodes into kinds and pools. Groups and whats are numbered by first
/// appearance, whatever the number of threads.
struct Fold {
    struct Group {
        std::uint32_t what;
        std::uint32_t where;
        std::int64_t first_row;
        std::int64_t rows;     ///< with a count of at least 1
        std::int64_t members;  ///< sum of the counts
    };
    RowGroups group_of_row;
    Buffer<Group> groups;
    Buffer<std::int64_t> first_row_of_what;
};

/// Rows that one table may have: they, and what is counted over them, are 32-bit numbers.
inline constexpr std::int64_t kMaxRows = std::int64_t{UINT32_MAX} - 1;

/// Folds `rows` rows, at most kMaxRows. `where` must hold site numbers below `sites`, of which those from
/// `common` on are rare; `count` whole numbers >= 0. Rows with a count of 0 are grouped too (their members
/// count for nothing). Throws InputError naming the column and the first bad row, and where more than 2^63
/// members come together. Where rows hardly fold at all, by a large sample, each is a group and a what of its
/// own, alike or not. O(rows · columns); memory 4 bytes a row and about 50 bytes a group, and up to 8 bytes a
/// row for the time.
Fold fold_rows(std::span<const Column* const> what, const Column& where, std::int64_t sites,
               std::int64_t common, const Column& count, std::int64_t rows, int threads, Control& control);

}  // namespace gigafleet
