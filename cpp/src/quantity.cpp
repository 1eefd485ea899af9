#include "gigafleet/quantity.hpp"

#include <cmath>
#include <string>

#include "gigafleet/error.hpp"
#include "gigafleet/error_text.hpp"

namespace gigafleet {

Quantity quantise(double value, double resolution, Rounding rounding, bool allow_unlimited,
                  std::string_view argument, std::int64_t row) {
    if (!(value >= 0)) throw InputError(argument, row, text_of(value), "a number >= 0");
    if (std::isinf(value)) {
        if (allow_unlimited) return kUnlimited;
        throw InputError(argument, row, "inf", "a finite number");
    }
    // Resolutions are powers of ten: dividing by 1e-6 is off by an ulp where multiplying by 1e6 is exact.
    const double multiples = resolution < 1 ? value * std::round(1 / resolution) : value / resolution;
    if (multiples > static_cast<double>(kLargest))
        throw InputError(argument, row, text_of(value),
                         "at most " + text_of(static_cast<double>(kLargest) * resolution));
    const double nearest = std::round(multiples);
    if (std::abs(multiples - nearest) <= 1e-9 * std::abs(multiples)) return static_cast<Quantity>(nearest);
    return static_cast<Quantity>(rounding == Rounding::kUp ? std::ceil(multiples) : std::floor(multiples));
}

double in_units(Quantity quantity, double resolution, Rounding rounding) {
    if (quantity == kUnlimited) return INFINITY;
    const auto multiples = static_cast<double>(quantity);
    double value = resolution < 1 ? multiples / std::round(1 / resolution) : multiples * resolution;
    const auto read = [&] { return quantise(value, resolution, rounding, false, "quantity", kNoRow); };
    while (rounding == Rounding::kUp && read() > quantity) value = std::nextafter(value, 0.0);
    while (rounding == Rounding::kDown && read() < quantity) value = std::nextafter(value, INFINITY);
    return value;
}

}  // namespace gigafleet
