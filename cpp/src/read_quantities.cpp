#include "gigafleet/read_quantities.hpp"

#include <cmath>

namespace gigafleet {

bool read_quantities(const Column& column, std::int64_t first, std::int64_t count, double resolution,
                     Rounding rounding, bool allow_unlimited, Quantity* out) {
    const bool fine = resolution < 1;
    const double scale = fine ? std::round(1 / resolution) : resolution;
    bool rounded = false;
    with_type(column.type(), [&](auto zero) {
        using T = decltype(zero);
        column.for_pieces(
            first, count,
            [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t n, std::int64_t row) {
                for (std::int64_t i = 0; i < n; ++i, data += stride, ++out) {
                    const auto value = static_cast<double>(Column::load<T>(data));
                    const double multiples = fine ? value * scale : value / scale;
                    // A finite whole number of multiples, or near one, needs no more thought.
                    double nearest = std::nearbyint(multiples);
                    if (multiples - nearest == 0.5) nearest += 1;  // ties go up, as in quantise
                    if (value >= 0 && multiples <= 1e15 && std::abs(multiples - nearest) <= 1e-9 * multiples)
                        *out = static_cast<Quantity>(nearest);
                    else {
                        *out = quantise(value, resolution, rounding, allow_unlimited, column.name(),
                                        column.error_row(row + i));
                        rounded = rounded || *out != kUnlimited;
                    }
                }
            });
    });
    return rounded;
}

}  // namespace gigafleet
