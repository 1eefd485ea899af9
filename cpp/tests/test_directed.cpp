#include "gigafleet/directed.hpp"

#include <random>

#include "check.hpp"

using namespace gigafleet;

TEST(below_and_above_enclose_what_was_rounded) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (int i = 0; i < 10000; ++i) {
        const double a = std::ldexp(uniform(random), static_cast<int>(random() % 60));
        const double b = std::ldexp(uniform(random), static_cast<int>(random() % 60));
        const long double sum = static_cast<long double>(a) + b, product = static_cast<long double>(a) * b;
        CHECK(below(a + b) <= sum && above(a + b) >= sum);
        CHECK(below(a * b) <= product && above(a * b) >= product);
        CHECK(above(a * b) - below(a * b) <= std::abs(a * b) * 0x1p-48);
    }
    CHECK_EQ(below(0), 0);
    CHECK_EQ(below(INFINITY), INFINITY);
    CHECK_EQ(above(-INFINITY), -INFINITY);
}

TEST(scaled_values_are_rounded_down_and_clamped) {
    CHECK_EQ(scaled_floor(1.75, 1), 3);
    CHECK_EQ(scaled_floor(-1.75, 1), -4);
    CHECK_EQ(scaled_floor(INFINITY, 0), std::int64_t{1} << 61);
    CHECK_EQ(scaled_floor(-1e300, 0), -(std::int64_t{1} << 61));
    CHECK_EQ(scale_of(1), 59);
    CHECK_EQ(scale_of(0), 59);
    CHECK_EQ(scaled_floor(0.75, scale_of(0.75)), std::int64_t{3} << 58);
}

TEST(products_are_exact_or_rounded_up) {
    CHECK(scaled_product_above(0.5, 3, 0) == WideQuantity{2});
    CHECK(scaled_product_above(0.5, 4, 0) == WideQuantity{2});
    CHECK(scaled_product_above(0.5, 3, 1) == WideQuantity{3});
    CHECK(scaled_product_above(3, 5, 3) == WideQuantity{120});
    CHECK(scaled_product_above(5e-324, 1, 0) == WideQuantity{1});
    CHECK(scaled_product_above(0, 1, 900) == WideQuantity{0});
    CHECK(scaled_product_above(1, WideQuantity{1} << 120, 0) == WideQuantity{1} << 120);
    CHECK(scaled_product_above(1, (WideQuantity{1} << 120) + 1, 0) > WideQuantity{1} << 120);
    CHECK(!scaled_product_above(1, WideQuantity{1} << 120, 4));
    CHECK(!scaled_product_above(1e300, 1, 0));
    std::mt19937_64 random(2);
    for (int i = 0; i < 10000; ++i) {
        const auto amount = static_cast<std::int64_t>(random() >> 30);
        const double price = std::ldexp(static_cast<double>(random() >> 34), -30);
        const auto product = scaled_product_above(price, amount, 10);
        const auto exact = static_cast<long double>(price) * static_cast<long double>(amount) * 1024;
        CHECK(product && *product == static_cast<WideQuantity>(std::ceil(exact)));
    }
}

TEST(totals_come_back_rounded_down) {
    CHECK_EQ(unscaled_below(3, 1), 1.5);
    CHECK_EQ(unscaled_below(-3, 0), -3);
    const WideQuantity odd = (WideQuantity{1} << 60) + 1;
    CHECK(static_cast<WideQuantity>(unscaled_below(odd, 0)) <= odd);
    CHECK(static_cast<WideQuantity>(unscaled_below(-odd, 0)) <= -odd);
}
