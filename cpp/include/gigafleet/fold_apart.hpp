// A second level of folding: groups told apart by one more column of few values.
#pragma once

#include <cstdint>
#include <optional>

#include "gigafleet/column.hpp"
#include "gigafleet/fold.hpp"

namespace gigafleet {

/// A column of whole numbers of which the largest is less than 64 above the least.
class NarrowColumn {
public:
    static constexpr int kMostValues = 64;

    /// None where the column is a scalar, of floats, or wider. O(rows).
    static std::optional<NarrowColumn> of(const Column& column, std::int64_t rows, int threads);

    /// Reads rows [first, first + n) into `out`, as numbers from 0 on.
    void read(std::int64_t first, std::int64_t n, std::uint8_t* out) const;

private:
    NarrowColumn(const Column& column, std::int64_t least) : column_(&column), least_(least) {}

    const Column* column_;
    std::int64_t least_;
};

/// Tells the rows of each group, and of each what, apart by what a column says. What was one stands together
/// then, in the order of the values; groups that were apart are in the order that they had. So the first
/// level looks rows up among groups that are few, and the second finds them by counting bits: a column whose
/// values go with any of the groups costs neither a table nor a hash of them all. `count`: as it was folded.
/// The same on any number of threads. O(rows + groups); memory 16 bytes a group for the time.
Fold tell_apart(Fold&& fold, const NarrowColumn& by, const Column& count, int threads);

}  // namespace gigafleet
