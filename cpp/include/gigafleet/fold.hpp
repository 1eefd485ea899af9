// Canonicalise: folds the rows of a table into groups that are alike. One pass over the memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/column.hpp"
#include "gigafleet/control.hpp"

namespace gigafleet {

/// Rows grouped by what they are (every column of `what`, bit for bit) and where (a site number).
/// Tasks fold into shapes and classes, nodes into kinds and pools. Numbers go by first appearance, whatever
/// the number of threads.
struct Fold {
    struct Group {
        std::uint32_t what;
        std::uint32_t where;
        std::int64_t first_row;
        std::int64_t rows;     ///< with a count of at least 1
        std::int64_t members;  ///< sum of the counts
    };
    std::vector<std::uint32_t> group_of_row;
    std::vector<Group> groups;
    std::vector<std::int64_t> first_row_of_what;
};

/// Folds `rows` rows. `where` must hold site numbers below `sites`, `count` whole numbers >= 0.
/// Rows with a count of 0 are grouped too (their members count for nothing).
/// Throws InputError naming the column and the first bad row, and where more than 2^63 members come together.
/// O(rows · columns); memory 4 bytes a row and about 50 bytes a group.
Fold fold_rows(std::span<const Column* const> what, const Column& where, std::int64_t sites,
               const Column& count, std::int64_t rows, int threads, Control& control);

}  // namespace gigafleet
