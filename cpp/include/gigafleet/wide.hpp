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

// Lanes: kLanes numbers side by side, one a shape. An array of n of them is n rows of kLanes.

/// `k` are roots, so that a float reaches far enough.

/// out = Σ k[i]² · x[i] over n rows of lanes.
void sum_lanes(const float* k, const double* x, std::size_t n, double* out);

/// a[i] += k[i]² · x and b[i] += k[i]⁴ · y over n rows of lanes.
void add_lanes(const float* k, const double* x, const double* y, std::size_t n, double* a, double* b);

/// a[i] += v · s and b[i] += w · s with s = k[i]² · Σ over lanes of x · y[i], n rows of y.
void join_lanes(const float* k, const double* x, const double* y, std::size_t n, double v, double w,
                double* a, double* b);

/// out[i] = own[i] + Σ price[i][d] · demand[d] over n rows of lanes; `price` by row and dimension, `demand`
/// by dimension, lane by lane. least: the least of each lane, infinity where there is none.
void price_lanes(const float* own, const double* price, const double* demand, std::size_t dimensions,
                 std::size_t n, float* out, float* least);

/// out[i] = exp((least − x[i]) · scale) to within 1e-4 relative; below exp(−650), and for infinity, 0.
void exp_lanes(const float* x, std::size_t n, const float* least, float scale, double* out);

}  // namespace gigafleet
