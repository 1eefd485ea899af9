#include "gigafleet/wide.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

// A copy of each function for AVX-512, AVX2 and the baseline, chosen when the library is loaded. Not under
// sanitizers, which are not ready yet at that time.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GIGAFLEET_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GIGAFLEET_WIDE
#endif

namespace gigafleet {

namespace {

constexpr float kLog2E = 1.44269504F;

[[gnu::always_inline]] inline double squared(float k) {
    return static_cast<double>(k) * static_cast<double>(k);
}

constexpr float kFarthest = 650;

/// exp(−x) = 2^n · 2^f, |f| <= 1/2, the latter by its Taylor polynomial.
struct Power {
    std::int32_t n;
    float rest;
};
[[gnu::always_inline]] inline Power exp_power(float x) {
    const float y = -x * kLog2E;
    const auto n = static_cast<std::int32_t>(y - 0.5F);  // y <= 0: rounds to the nearest
    const float f = (y - static_cast<float>(n)) * 0.693147181F;
    float p = 1.0F / 5040;
    p = p * f + 1.0F / 720;
    p = p * f + 1.0F / 120;
    p = p * f + 1.0F / 24;
    p = p * f + 1.0F / 6;
    p = p * f + 0.5F;
    p = p * f + 1.0F;
    p = p * f + 1.0F;
    return {n, p};
}
/// For 0 <= x <= 80.
[[gnu::always_inline]] inline float exp_minus(float x) {
    const Power e = exp_power(x);
    return e.rest * std::bit_cast<float>((e.n + 127) << 23);
}
/// For 0 <= x <= kFarthest.
[[gnu::always_inline]] inline double exp_minus_far(float x) {
    const Power e = exp_power(x);
    return static_cast<double>(e.rest) * std::bit_cast<double>(static_cast<std::int64_t>(e.n + 1023) << 52);
}

}  // namespace

GIGAFLEET_WIDE double dot(const double* a, const double* b, std::size_t n) {
    std::array<double, kLanes> sum{};
    for (std::size_t i = 0; i < n; i += kLanes)
        for (std::size_t k = 0; k < kLanes; ++k) sum[k] += a[i + k] * b[i + k];
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

GIGAFLEET_WIDE void add_row(const double* k, double w, double v, double* a, double* b, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        a[i] += w * k[i];
        b[i] += v * (k[i] * k[i]);
    }
}

GIGAFLEET_WIDE float add_and_find_least(std::span<const float> a, std::span<const float> b, float* sum) {
    std::array<float, 2 * kLanes> least;
    least.fill(std::numeric_limits<float>::infinity());
    std::size_t i = 0;
    for (; i + least.size() <= a.size(); i += least.size())
        for (std::size_t k = 0; k < least.size(); ++k) {
            const float x = a[i + k] + b[i + k];
            sum[i + k] = x;
            least[k] = x < least[k] ? x : least[k];
        }
    for (; i < a.size(); ++i) {
        sum[i] = a[i] + b[i];
        least[0] = std::min(least[0], sum[i]);
    }
    return *std::ranges::min_element(least);
}

GIGAFLEET_WIDE float exp_and_sum(std::span<float> x, float least, float scale, float cut) {
    std::array<float, 2 * kLanes> sum{};
    const auto one = [=](float value) {
        const float exponent = (value - least) * scale;
        const float e = exp_minus(exponent < cut ? exponent : cut);
        return exponent < cut ? e : 0.0F;
    };
    std::size_t i = 0;
    for (; i + sum.size() <= x.size(); i += sum.size())
        for (std::size_t k = 0; k < sum.size(); ++k) {
            x[i + k] = one(x[i + k]);
            sum[k] += x[i + k];
        }
    for (; i < x.size(); ++i) {
        x[i] = one(x[i]);
        sum[0] += x[i];
    }
    float total = 0;
    for (const float s : sum) total += s;
    return total;
}

GIGAFLEET_WIDE void sum_lanes(const float* k, const double* x, std::size_t n, double* out) {
    std::array<double, kLanes> even{}, odd{};
    std::size_t i = 0;
    for (; i + 2 <= n; i += 2)
        for (std::size_t l = 0; l < kLanes; ++l) {
            even[l] += squared(k[i]) * x[i * kLanes + l];
            odd[l] += squared(k[i + 1]) * x[(i + 1) * kLanes + l];
        }
    for (; i < n; ++i)
        for (std::size_t l = 0; l < kLanes; ++l) even[l] += squared(k[i]) * x[i * kLanes + l];
    for (std::size_t l = 0; l < kLanes; ++l) out[l] = even[l] + odd[l];
}

GIGAFLEET_WIDE void add_lanes(const float* k, const double* x, const double* y, std::size_t n, double* a,
                              double* b) {
    std::array<double, kLanes> first, second;
    std::copy_n(x, kLanes, first.begin());
    std::copy_n(y, kLanes, second.begin());
    for (std::size_t i = 0; i < n; ++i) {
        const double weight = squared(k[i]);
        for (std::size_t l = 0; l < kLanes; ++l) {
            a[i * kLanes + l] += weight * first[l];
            b[i * kLanes + l] += weight * weight * second[l];
        }
    }
}

GIGAFLEET_WIDE void join_lanes(const float* k, const double* x, const double* y, std::size_t n, double v,
                               double w, double* a, double* b) {
    std::array<double, kLanes> row;
    std::copy_n(x, kLanes, row.begin());
    for (std::size_t i = 0; i < n; ++i) {
        std::array<double, kLanes> product;
        for (std::size_t l = 0; l < kLanes; ++l) product[l] = row[l] * y[i * kLanes + l];
        const double sum = squared(k[i]) * (((product[0] + product[4]) + (product[1] + product[5])) +
                                            ((product[2] + product[6]) + (product[3] + product[7])));
        a[i] += v * sum;
        b[i] += w * sum;
    }
}

GIGAFLEET_WIDE void price_lanes(const float* own, const double* price, const double* demand,
                                std::size_t dimensions, std::size_t n, float* out, float* least) {
    std::array<float, kLanes> lowest;
    lowest.fill(std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < n; ++i) {
        std::array<double, kLanes> pays{};
        for (std::size_t d = 0; d < dimensions; ++d)
            for (std::size_t l = 0; l < kLanes; ++l)
                pays[l] += price[i * dimensions + d] * demand[d * kLanes + l];
        for (std::size_t l = 0; l < kLanes; ++l) {
            const float x = own[i * kLanes + l] + static_cast<float>(pays[l]);
            out[i * kLanes + l] = x;
            lowest[l] = x < lowest[l] ? x : lowest[l];
        }
    }
    std::copy_n(lowest.begin(), kLanes, least);
}

GIGAFLEET_WIDE void exp_lanes(const float* x, std::size_t n, const float* least, float scale, double* out) {
    std::array<float, kLanes> lowest;
    for (std::size_t l = 0; l < kLanes; ++l)
        lowest[l] = least[l] < std::numeric_limits<float>::infinity() ? least[l] : 0.0F;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t l = 0; l < kLanes; ++l) {
            const float exponent = (x[i * kLanes + l] - lowest[l]) * scale;
            const double e = exp_minus_far(exponent < kFarthest ? exponent : kFarthest);
            out[i * kLanes + l] = exponent < kFarthest ? e : 0.0;
        }
}

}  // namespace gigafleet
