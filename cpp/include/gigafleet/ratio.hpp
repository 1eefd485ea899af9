// Ratios of quantities, compared exactly.
#pragma once

#include "gigafleet/quantity.hpp"

namespace gigafleet {

/// part / whole, with whole >= 0; at first larger than any other.
struct Ratio {
    Quantity part = 1, whole = 0;

    bool operator<(const Ratio& other) const {
        return WideQuantity{part} * other.whole < WideQuantity{other.part} * whole;
    }
    double value() const { return static_cast<double>(part) / static_cast<double>(whole); }
};

/// By how much `from` changes, of the larger of the two: 0 to 1. Both >= 0, and not both 0.
inline Ratio relative_change(Quantity from, Quantity to) {
    return from < to ? Ratio{to - from, to} : Ratio{from - to, from};
}

}  // namespace gigafleet
