#include "gigafleet/read_quantities.hpp"

#include <cmath>

namespace gigafleet {

namespace {

/// Quantities of one column, one by one.
class Reader {
public:
    Reader(const Column& column, double resolution, Rounding rounding, bool allow_unlimited)
        : column_(column),
          resolution_(resolution),
          scale_(resolution < 1 ? std::round(1 / resolution) : resolution),
          rounding_(rounding),
          allow_unlimited_(allow_unlimited) {}

    Quantity operator()(double value, std::int64_t row) const {
        const double multiples = resolution_ < 1 ? value * scale_ : value / scale_;
        // A finite whole number of multiples, or near one, needs no more thought.
        double nearest = std::nearbyint(multiples);
        if (multiples - nearest == 0.5) nearest += 1;  // ties go up, as in quantise
        if (value >= 0 && multiples <= 1e15 && std::abs(multiples - nearest) <= 1e-9 * multiples)
            return static_cast<Quantity>(nearest);
        return quantise(value, resolution_, rounding_, allow_unlimited_, column_.name(),
                        column_.error_row(row));
    }

private:
    const Column& column_;
    double resolution_, scale_;
    Rounding rounding_;
    bool allow_unlimited_;
};

}  // namespace

void read_quantities(const Column& column, std::int64_t first, std::int64_t count, double resolution,
                     Rounding rounding, bool allow_unlimited, Quantity* out) {
    const Reader read(column, resolution, rounding, allow_unlimited);
    with_type(column.type(), [&](auto zero) {
        using T = decltype(zero);
        column.for_pieces(
            first, count,
            [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t n, std::int64_t row) {
                for (std::int64_t i = 0; i < n; ++i, data += stride)
                    *out++ = read(static_cast<double>(Column::load<T>(data)), row + i);
            });
    });
}

void read_quantities(const Column& column, std::span<const std::uint32_t> rows, double resolution,
                     Rounding rounding, bool allow_unlimited, Quantity* out) {
    const Reader read(column, resolution, rounding, allow_unlimited);
    with_type(column.type(), [&](auto zero) {
        using T = decltype(zero);
        for (const std::uint32_t row : rows)
            *out++ = read(static_cast<double>(Column::load<T>(column.at(row))), row);
    });
}

}  // namespace gigafleet
