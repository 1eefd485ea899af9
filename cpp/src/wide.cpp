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

/// exp(−x) for 0 <= x <= 80: 2^n · 2^f, |f| <= 1/2, the latter by its Taylor polynomial.
[[gnu::always_inline]] inline float exp_minus(float x) {
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
    return p * std::bit_cast<float>((n + 127) << 23);
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

}  // namespace gigafleet
