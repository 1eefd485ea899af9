#include "gigafleet/wide.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"

using namespace gigafleet;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

template <class T>
std::vector<T> drawn(std::mt19937& random, std::size_t n, T low, T high) {
    std::uniform_real_distribution<T> any(low, high);
    std::vector<T> values(n);
    for (T& value : values) value = any(random);
    return values;
}

}  // namespace

TEST(dot_and_add_row_are_what_they_say) {
    std::mt19937 random(1);
    for (std::size_t n = 0; n <= 10 * kLanes; n += kLanes) {
        const auto a = drawn(random, n, -1.0, 1.0), b = drawn(random, n, -1.0, 1.0);
        long double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += static_cast<long double>(a[i]) * b[i];
        CHECK(std::abs(dot(a.data(), b.data(), n) - static_cast<double>(sum)) < 1e-14);
        auto x = b, y = a;
        add_row(a.data(), 2, 3, x.data(), y.data(), n);
        for (std::size_t i = 0; i < n; ++i) {
            CHECK_EQ(x[i], b[i] + 2 * a[i]);
            CHECK_EQ(y[i], a[i] + 3 * (a[i] * a[i]));
        }
    }
}

TEST(the_least_sum) {
    std::mt19937 random(2);
    for (std::size_t n = 0; n < 100; ++n) {
        auto a = drawn(random, n, -1.0F, 1.0F);
        const auto b = drawn(random, n, -1.0F, 1.0F);
        for (std::size_t i = 0; i < n; i += 3) a[i] = kInf;
        std::vector<float> sum(n);
        const float least = add_and_find_least(a, b, sum.data());
        float expected = kInf;
        for (std::size_t i = 0; i < n; ++i) {
            CHECK_EQ(sum[i], a[i] + b[i]);
            expected = std::min(expected, sum[i]);
        }
        CHECK_EQ(least, expected);
    }
}

TEST(exponentials_are_close_and_cut) {
    std::mt19937 random(3);
    for (std::size_t n = 0; n < 100; ++n) {
        auto x = drawn(random, n, 5.0F, 35.0F);
        if (n > 0) x[n / 2] = 5;
        if (n > 1) x[n / 3] = kInf;
        const auto before = x;
        const float sum = exp_and_sum(x, 5, 2, 20);
        double expected = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const float exponent = (before[i] - 5) * 2;
            const double exact = exponent < 20 ? std::exp(-static_cast<double>(exponent)) : 0;
            CHECK(std::abs(static_cast<double>(x[i]) - exact) <= 5e-6 * exact);
            expected += static_cast<double>(x[i]);
        }
        CHECK(std::abs(static_cast<double>(sum) - expected) <= 1e-6 * expected);
    }
    std::vector<float> one{0};
    CHECK_EQ(exp_and_sum(one, 0, 1, 80), 1.0F);
    std::vector<float> far{79.9F};
    exp_and_sum(far, 0, 1, 80);
    CHECK(std::abs(static_cast<double>(far[0]) / std::exp(-79.9) - 1) < 2e-5);
}
