#include "gigafleet/dual_prices.hpp"

#include <cmath>

#include "check.hpp"

using namespace gigafleet;

TEST(a_step_is_bounded_and_goes_the_right_way) {
    CHECK_EQ(price_step(5, 1, 0, 0.25), 0.25);   // nothing there
    CHECK_EQ(price_step(0, 0, 5, 0.25), -0.25);  // nothing asked for
    CHECK_EQ(price_step(9, 0, 3, 0.25), 0.25);
    CHECK(price_step(3, 3, 3, 0.25) == 0);
    CHECK(price_step(3.1, 3, 3, 0.25) > 0 && price_step(2.9, 3, 3, 0.25) < 0);
}

TEST(momentum_looks_ahead_of_what_moves_and_is_forgotten) {
    DualPrices prices({1, 1});
    for (int round = 0; round < 3; ++round) {
        prices.begin_round();
        prices.begin_moves();
        prices.move(0, 0.5);
        prices.set(1, 2);
        CHECK_EQ(prices.ahead()[0] > prices.now()[0], round > 0);  // once it has a direction
        CHECK_EQ(prices.ahead()[1], prices.now()[1]);
    }
    CHECK(prices.now()[0] > 2.5);  // further than by its steps alone
    CHECK_EQ(prices.now()[1], 2);
    prices.restart();
    CHECK_EQ(prices.ahead()[0], prices.now()[0]);
    prices.begin_moves();
    prices.move(0, -99);
    CHECK_EQ(prices.now()[0], 0);
    CHECK_EQ(prices.ahead()[0], 0);
}

TEST(momentum_comes_sooner_where_a_slope_is_slight) {
    // Two prices climb to where x = 1 and 0.01 x = 0.01; without momentum the second takes 459 rounds.
    const auto rounds = [](bool with) {
        DualPrices prices(std::vector<double>(2));
        int round = 0;
        for (; prices.now()[1] < 0.99; ++round) {
            prices.begin_round();
            if (!with) prices.restart();
            prices.begin_moves();
            for (std::size_t i = 0; i < 2; ++i) prices.move(i, (i == 0 ? 1 : 0.01) * (1 - prices.ahead()[i]));
        }
        return round;
    };
    CHECK_EQ(rounds(false), 459);
    CHECK(rounds(true) < 150);
}
