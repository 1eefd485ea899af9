#include "gigafleet/choices.hpp"

#include <cmath>

#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::easy_case;
using market_cases::random_prices;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

bool same(const Choices& a, const Choices& b) {
    return a.first == b.first && std::ranges::equal(a.all, b.all, [](const auto& x, const auto& y) {
               return x.pool == y.pool && x.cost == y.cost;
           });
}

/// Pool by pool, in the arithmetic of the header: floats. Returns how many choices there are.
std::size_t check_choices(const Market& market, std::span<const double> prices, double slack) {
    const Choices choices = find_choices(market, prices, slack, 1);
    CHECK_EQ(choices.first.size(), market.classes().size() + 1);
    CHECK_EQ(choices.first.back(), choices.all.size());
    std::vector<float> at(market.pools().size());
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) {
        price_pools(market, prices, s, at);
        const auto way = market.ways(market.group(s), market.classes()[c].origin);
        std::vector<float> total;
        for (std::size_t p = 0; p < at.size(); ++p) total.push_back(at[p] + way[market.pools()[p].spot]);
        const float least = *std::ranges::min_element(total);
        std::vector<Choices::Choice> wanted;
        for (std::size_t p = 0; p < at.size(); ++p)
            if (total[p] != Market::kOut && total[p] <= least + static_cast<float>(slack))
                wanted.push_back(
                    {static_cast<std::uint32_t>(p), market.own_cost(s)[p] + way[market.pools()[p].spot]});
        CHECK(std::ranges::equal(choices.of(c), wanted, [](const auto& a, const auto& b) {
            return a.pool == b.pool && a.cost == b.cost;
        }));
        CHECK_EQ(choices.of(c).empty(), least == Market::kOut);
    });
    for (const int threads : {2, 8}) CHECK(same(find_choices(market, prices, slack, threads), choices));
    return choices.all.size();
}

}  // namespace

TEST(choices_are_the_pools_within_slack_of_the_cheapest) {
    std::mt19937 random(321);
    std::size_t narrow = 0, wide = 0, classes = 0;
    for (int i = 0; i < 300; ++i) {
        const Stand stand(i % 2 ? random_case(random, 40, 24, 1 + i % 3)
                                : easy_case(random, 40, 24, 1 + i % 3));
        const auto market = stand.market();
        if (!market) continue;
        const auto prices = random_prices(*market, random);
        classes += market->classes().size();
        narrow += check_choices(*market, prices, 0);
        check_choices(*market, prices, 0.2 * market->scale());
        wide += check_choices(*market, prices, 1e9);
        check_choices(*market, std::vector<double>(prices.size()), 0.1 * market->scale());
    }
    CHECK(narrow < classes + classes / 2);
    CHECK(wide > 4 * narrow);
}

TEST(pools_are_priced_by_what_a_task_takes) {
    std::mt19937 random(322);
    for (int i = 0; i < 200; ++i) {
        const Stand stand(random_case(random, 20, 20));
        const auto market = stand.market();
        if (!market) continue;
        const auto prices = random_prices(*market, random);
        std::vector<float> at(market->pools().size());
        market_cases::for_classes(*market, [&](std::size_t s, std::size_t c) {
            price_pools(*market, prices, s, at);
            for (std::size_t p = 0; p < at.size(); ++p) {
                if (market->own_cost(s)[p] == Market::kOut) {
                    CHECK_EQ(at[p], Market::kOut);
                    continue;
                }
                const float way =
                    market->ways(market->group(s), market->classes()[c].origin)[market->pools()[p].spot];
                if (way == Market::kOut) continue;
                const double wanted = market_cases::cost_at(*market, prices, s, c, p);
                CHECK(std::abs(static_cast<double>(at[p] + way) - wanted) < 1e-5 * (1 + std::abs(wanted)));
            }
        });
    }
}

TEST(a_price_turns_a_class_away) {
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.price_compute = 1}, {.price_compute = 2}};
    c.tasks = {{.compute = 1}};
    const Stand stand(c);
    const auto market = stand.market();
    const std::size_t cheap = market->own_cost(0)[0] == 1 ? 0 : 1;
    const auto pools = [&](double price, double slack) {
        std::vector<double> prices(2);
        prices[cheap] = price;
        std::vector<std::size_t> found;
        const Choices choices = find_choices(*market, prices, slack, 1);
        for (const auto& [pool, cost] : choices.of(0)) {
            found.push_back(pool);
            CHECK_EQ(cost, pool == cheap ? 1.0f : 2.0f);  // prices aside
        }
        return found;
    };
    CHECK(pools(0, 0.5) == (std::vector<std::size_t>{cheap}));
    CHECK(pools(0, 1) == (std::vector<std::size_t>{0, 1}));
    CHECK(pools(1, 0) == (std::vector<std::size_t>{0, 1}));
    CHECK(pools(2, 0.5) == (std::vector<std::size_t>{1 - cheap}));
}

TEST(nothing_in_reach_is_an_empty_list) {
    Case c = Case::line(3);
    c.nodes = {{.site = 2}};
    c.tasks = {{.origin = 0, .max_rtt_ms = 1}, {.origin = 1, .max_rtt_ms = 2}, {.origin = 2, .compute = 5}};
    const Stand stand(c);
    const auto market = stand.market();
    const Choices choices = find_choices(*market, std::vector<double>(market->dimensions()), 1e9, 1);
    CHECK_EQ(choices.all.size(), 1u);
    const auto& classes = stand.problem->workload().classes();
    for (std::size_t k = 0; k < 3; ++k)
        CHECK_EQ(choices.of(k).size(), classes[market->classes()[k].id.at()].origin == SiteId(1) ? 1u : 0u);
}
