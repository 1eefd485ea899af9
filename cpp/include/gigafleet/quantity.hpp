// Quantities are integers times a decimal resolution (SEMANTICS: "Quantities").
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace gigafleet {

/// A multiple of a resource's resolution, of a nanosecond, or of 1e-6 Mbps.
using Quantity = std::int64_t;
/// Totals over rows.
using WideQuantity = __int128;

/// "No limit", for capacities and times; a demand is never unlimited.
inline constexpr Quantity kUnlimited = std::numeric_limits<Quantity>::max();
/// The largest finite quantity: sums of two never overflow.
inline constexpr Quantity kLargest = std::int64_t{1} << 61;

inline constexpr double kDefaultResolution = 1e-6;  ///< of the resource's unit
inline constexpr double kTimeResolutionS = 1e-9;
inline constexpr double kTimeResolutionMs = 1e-6;  ///< ns in a column of milliseconds
inline constexpr double kMbpsResolution = 1e-6;

enum class Rounding { kUp, kDown };

/// `value` in multiples of `resolution`. Within 1e-9 relative of a multiple it is that multiple, otherwise it
/// is rounded up (demand) or down (capacity). +inf is kUnlimited where `allow_unlimited`. Integers that a
/// double holds exactly are exact.
/// Throws InputError naming `argument` and `row` on NaN, a negative or an infinite value that is not allowed,
/// and on more than kLargest multiples.
Quantity quantise(double value, double resolution, Rounding rounding, bool allow_unlimited,
                  std::string_view argument, std::int64_t row);

/// A number of units that `quantise` reads as `quantity`, at most kLargest or kUnlimited (inf). Where doubles
/// are too coarse, beyond 2^51 or so, the nearest that asks for no more (kUp) or offers no less (kDown).
double in_units(Quantity quantity, double resolution, Rounding rounding);

}  // namespace gigafleet
