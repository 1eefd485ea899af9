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

TEST(lanes_do_what_their_formulas_say) {
    std::mt19937 random(8);
    const auto doubles = [&](std::size_t n) {
        std::vector<double> x(n);
        for (double& value : x) value = static_cast<double>(random() % 1000) * 1e-3;
        return x;
    };
    for (std::size_t n = 0; n < 20; ++n) {
        const auto k = drawn(random, n, 0.0F, 1.0F);
        const auto y = doubles(n * kLanes), x = doubles(kLanes), z = doubles(kLanes);
        std::vector<double> sum(kLanes), a(n * kLanes, 1.0), b(n * kLanes, 2.0), c(n, 1.0), d(n, 2.0);
        sum_lanes(k.data(), y.data(), n, sum.data());
        add_lanes(k.data(), x.data(), z.data(), n, a.data(), b.data());
        join_lanes(k.data(), x.data(), y.data(), n, 2, 3, c.data(), d.data());
        std::vector<double> expected(kLanes);
        for (std::size_t i = 0; i < n; ++i) {
            const double weight = static_cast<double>(k[i]) * static_cast<double>(k[i]);
            double joined = 0;
            for (std::size_t l = 0; l < kLanes; ++l) {
                expected[l] += weight * y[i * kLanes + l];
                joined += x[l] * y[i * kLanes + l];
                CHECK(std::abs(a[i * kLanes + l] - (1 + weight * x[l])) < 1e-12);
                CHECK(std::abs(b[i * kLanes + l] - (2 + weight * weight * z[l])) < 1e-12);
            }
            CHECK(std::abs(c[i] - (1 + 2 * weight * joined)) < 1e-9);
            CHECK(std::abs(d[i] - (2 + 3 * weight * joined)) < 1e-9);
        }
        for (std::size_t l = 0; l < kLanes; ++l) CHECK(std::abs(sum[l] - expected[l]) < 1e-9);
    }
}

TEST(lanes_are_priced_and_far_exponentials_reach_far) {
    std::mt19937 random(9);
    const std::size_t n = 7, dimensions = 2;
    auto own = drawn(random, n * kLanes, 0.0F, 2.0F);
    own[3] = kInf;
    std::vector<double> price(n * dimensions, 0.5), demand(dimensions * kLanes, 2), far(n * kLanes);
    std::vector<float> out(n * kLanes), least(kLanes);
    price_lanes(own.data(), price.data(), demand.data(), dimensions, n, out.data(), least.data());
    for (std::size_t l = 0; l < kLanes; ++l) {
        float lowest = kInf;
        for (std::size_t i = 0; i < n; ++i) {
            CHECK_EQ(out[i * kLanes + l], own[i * kLanes + l] + 2.0F);
            lowest = std::min(lowest, out[i * kLanes + l]);
        }
        CHECK_EQ(least[l], lowest);
    }
    exp_lanes(out.data(), n, least.data(), 300, far.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double exponent = (static_cast<double>(out[i]) - static_cast<double>(least[i % kLanes])) * 300;
        if (exponent > 649)
            CHECK(exponent < 651 || far[i] == 0);
        else
            CHECK(std::abs(far[i] / std::exp(-exponent) - 1) < 2e-4);
    }
}
