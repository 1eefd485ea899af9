// Columns read into quantities, a block of rows at a time.
#pragma once

#include <cstdint>

#include "gigafleet/column.hpp"
#include "gigafleet/quantity.hpp"

namespace gigafleet {

/// Quantities of rows [first, first + count) of `column`, as `quantise` gives them one by one, into `out`.
/// Returns whether a finite one was rounded, or may have been (beyond 1e15 multiples).
/// Throws InputError naming the column and the first bad row. A few cycles a row: for columns read whole.
bool read_quantities(const Column& column, std::int64_t first, std::int64_t count, double resolution,
                     Rounding rounding, bool allow_unlimited, Quantity* out);

}  // namespace gigafleet
