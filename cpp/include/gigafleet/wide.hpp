// Inner loops over arrays of numbers, for the widest vector instructions that the processor has. All ways to
// compute them give the same bits: sums run in a fixed number of lanes.
#pragma once

#include <cstddef>
#include <span>

namespace gigafleet {

/// Arrays for `dot` and `add_row` have a multiple of this many elements.
inline constexpr std::size_t kLanes = 8;

/// Σ a[i] · b[i] over n elements.
double dot(const double* a, const double* b, std::size_t n);

/// a[i] += w · k[i] and b[i] += v · k[i]² over n elements.
void add_row(const double* k, double w, double v, double* a, double* b, std::size_t n);

/// sum[i] = a[i] + b[i]; returns the least sum, infinity where there is none. Any number of elements.
float add_and_find_least(std::span<const float> a, std::span<const float> b, float* sum);

/// x[i] = exp((least − x[i]) · scale) to within 5e-6 relative, 0 where the exponent is below −`cut` (at most
/// 80); returns the sum. Needs x[i] >= least, scale > 0. Any number of elements.
float exp_and_sum(std::span<float> x, float least, float scale, float cut);

}  // namespace gigafleet
