#include "gigafleet/network_ascent.hpp"

#include "gigafleet/bound.hpp"
#include "network_cases.hpp"

using namespace gigafleet;
using namespace network_cases;
using problem_cases::Case;

namespace {

constexpr NetworkAscent::Schedule kSchedule{120, 0.1, 0.003};

NetworkAscent climbed(const NetworkMarket& market, int threads = 1) {
    NetworkAscent ascent(market, std::vector<double>(market.groups(), 1.0), threads);
    CHECK(ascent.run(kSchedule, INFINITY, "prices", quiet));
    return ascent;
}

}  // namespace

TEST(a_scarce_link_is_worth_what_passes) {
    // Four tasks at a site without nodes, a link for three of them: the link costs what being left out does.
    Case c = Case::line(3);
    c.capacity_mbps = {3, problem_cases::kInf};
    c.nodes = {{.site = 2, .compute = 40, .price_compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1, .weight = 1, .uplink_mbps = 1, .count = 4}};
    const Stand stand(std::move(c));
    const auto market = market_of(stand, Aim::kWeight);
    const Prices prices = climbed(*market).prices();
    CHECK(std::abs(prices.carrier[0] * 1e6 - 1) < 0.1);  // the arc out, weight a Mbps
    CHECK(prices.carrier[2] == 0 && prices.pool[0] == 0);
    const std::vector<WideQuantity> placed{3'000'000};
    const Bound bound(*stand.problem, placed, 1, quiet);
    CHECK(bound.placed(0, prices, quiet) < 3'500'000);
}

TEST(where_some_stay_out_the_rest_is_no_dearer_than_it_must_be) {
    // Room for four of six at 1 EUR/h; four are asked for, so a place saves nothing that must be paid for.
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.compute = 1, .price_compute = 1, .count = 4},
               {.compute = 1, .price_compute = 3, .count = 1}};
    c.tasks = {{.compute = 1, .count = 6}};
    const Stand stand(std::move(c));
    const std::vector<WideQuantity> placed{4'000'000};
    const auto market = market_of(stand, Aim::kCost, placed);
    const Bound bound(*stand.problem, placed, 1, quiet);
    CHECK(bound.cost(climbed(*market).prices(), quiet) > 3.6);
}

TEST(the_same_on_any_threads) {
    std::mt19937 random(12);
    for (int i = 0; i < 15 / check::kShare; ++i) {
        const Stand stand(problem_cases::random_case(random, 20, 60, 2));
        const auto market = market_of(stand);
        if (!market || market->dimensions() == 0) continue;
        const Prices one = climbed(*market).prices();
        for (const int threads : {2, 8}) {
            const auto other = market_of(stand, Aim::kCost, {}, threads);
            const Prices many = climbed(*other, threads).prices();
            CHECK(one.pool == many.pool && one.carrier == many.carrier);
        }
    }
}

TEST(time_that_runs_out_leaves_prices_as_they_are) {
    std::mt19937 random(13);
    Case c = market_cases::easy_case(random, 12, 25);
    while (c.nodes.empty() || c.tasks.empty()) c = market_cases::easy_case(random, 12, 25);
    const Stand stand(std::move(c));
    const auto market = market_of(stand);
    if (!market) return;
    NetworkAscent ascent(*market, std::vector<double>(market->groups(), 1.0), 1);
    CHECK(!ascent.run(kSchedule, -1, "prices", quiet));
    CHECK_EQ(ascent.worth().size(), stand.problem->shapes().size());
}
