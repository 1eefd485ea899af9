// Rounding in a known direction, so that what is computed in floating point bounds what is meant.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "gigafleet/quantity.hpp"

namespace gigafleet {

/// At most the exact result of the one operation (sum, difference, product, quotient) that gave `x`, or of a
/// product of three factors each off by an ulp: a few ulps below x. Infinities stay. Products that underflow
/// may be off by 5e-324. O(1).
inline double below(double x) {
    return x - std::min(std::abs(x), std::numeric_limits<double>::max()) * 0x1p-50;
}
/// At least the same.
inline double above(double x) { return -below(-x); }

/// floor(value · 2^exponent), at most 2^61 and at least -2^61. `value` is finite or +inf.
inline std::int64_t scaled_floor(double value, int exponent) {
    return static_cast<std::int64_t>(std::clamp(std::floor(std::ldexp(value, exponent)), -0x1p61, 0x1p61));
}

/// An exponent with which values up to `largest` (>= 0, finite) fill the 60 bits that scaled_floor keeps; of
/// 0, that of 1.
inline int scale_of(double largest) {
    int exponent = 0;
    std::frexp(largest, &exponent);
    return largest > 0 ? std::clamp(60 - exponent, -900, 900) : 59;
}

/// ceil(price · amount · 2^exponent), exact but for amounts beyond 2^73, which are rounded up to 73 bits.
/// `price` is finite and >= 0, `amount` >= 0. None where the result is 2^124 or more.
inline std::optional<WideQuantity> scaled_product_above(double price, WideQuantity amount, int exponent) {
    if (price == 0 || amount == 0) return 0;
    int shift = 0;
    const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(price, &shift), 53));
    shift += exponent - 53;
    for (; amount >= WideQuantity{1} << 73; ++shift) amount = (amount + 1) / 2;
    const WideQuantity product = mantissa * amount, most = WideQuantity{1} << 124;
    if (shift <= -126) return 1;
    if (shift <= 0) {
        const WideQuantity result = ((product - 1) >> -shift) + 1;
        return result < most ? std::optional(result) : std::nullopt;
    }
    if (shift >= 124 || product >= most >> shift) return std::nullopt;
    return product << shift;
}

/// total · 2^-exponent, rounded down.
inline double unscaled_below(WideQuantity total, int exponent) {
    const auto nearest = static_cast<double>(total);
    return std::ldexp(static_cast<WideQuantity>(nearest) == total ? nearest : below(nearest), -exponent);
}

}  // namespace gigafleet
