#include "gigafleet/knapsack.hpp"

#include <functional>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

/// The best whole choices, by trying all: `best(value, size)` of every one.
void try_all(const std::vector<Good>& goods, const std::function<void(std::int64_t, std::int64_t)>& visit,
             std::size_t at = 0, std::int64_t value = 0, std::int64_t size = 0) {
    if (at == goods.size()) return visit(value, size);
    for (std::int64_t n = 0; n <= goods[at].count; ++n)
        try_all(goods, visit, at + 1, value + n * goods[at].value, size + n * goods[at].size);
}

}  // namespace

TEST(fractions_by_hand) {
    const std::vector<Good> goods{{6, 2, 2}, {10, 5, 1}, {-1, 1, 3}};
    CHECK(least_value(goods, 0) == -3);  // what costs less than nothing is always taken
    CHECK(least_value(goods, 3) == -3);
    CHECK(least_value(goods, 6) == 3);    // three more at 2 each
    CHECK(least_value(goods, 9) == 10);   // 5 at 10, then half of one at 6: 3
    CHECK(least_value(goods, 99) == 19);  // all there is
    const std::vector<Good> gains{{6, 2, 2}, {10, 5, 1}, {3, 0, 4}};
    CHECK(most_value(gains, 0) == 12);
    CHECK(most_value(gains, 3) == 21);
    CHECK(most_value(gains, 7) == 30);
    CHECK(most_value(gains, 9) == 34);
    CHECK(most_value({{5, 3, 1}}, 2) == 3);  // 10/3, rounded down
    CHECK(least_value({{5, 3, 1}}, 2) == 3);
    CHECK(least_value({}, 5) == 0);
    CHECK(most_value({}, 5) == 0);
}

TEST(no_whole_choice_is_better) {
    std::mt19937 random(3);
    const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    for (int i = 0; i < 2000; ++i) {
        std::vector<Good> costs, gains;
        for (int g = 0; g < 4; ++g) {
            costs.push_back({below(20) - 6, 1 + below(6), below(4)});
            gains.push_back({1 + below(20), below(6), below(4)});
        }
        const std::int64_t amount = below(30);
        const WideQuantity least = least_value(costs, amount), most = most_value(gains, amount);
        try_all(costs,
                [&](std::int64_t value, std::int64_t size) { CHECK(size < amount || value >= least); });
        try_all(gains, [&](std::int64_t value, std::int64_t size) { CHECK(size > amount || value <= most); });
    }
}

TEST(large_numbers_do_not_overflow) {
    constexpr std::int64_t kBig = std::int64_t{1} << 61;
    const WideQuantity all = WideQuantity{kBig} * kBig;
    CHECK(least_value({{kBig, kBig, kBig}}, all) == all);
    CHECK(least_value({{kBig, kBig, kBig}}, all - 1) == all - 1);
    CHECK(most_value({{kBig, kBig, kBig}}, all - 1) == all - 1);
    CHECK(least_value({{-kBig, kBig, kBig}}, all) == -all);
}
