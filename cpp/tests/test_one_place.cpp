#include "gigafleet/one_place.hpp"

#include "network_cases.hpp"

using namespace gigafleet;
using namespace network_cases;
using problem_cases::Case;

TEST(a_cheap_kind_is_dearer_by_what_it_saves) {
    Case c = Case::line(4);
    c.objective.rtt_price = 0;
    for (std::int32_t site = 0; site < 4; ++site) {
        c.nodes.push_back({.site = site, .compute = 1, .price_compute = 1, .count = 2});
        c.nodes.push_back({.site = site, .compute = 1, .price_compute = 1.5, .count = 9});
        c.tasks.push_back({.origin = site, .compute = 1, .count = 5});
    }
    const Stand stand(std::move(c));
    const auto market = market_of(stand);
    CHECK(market.has_value());
    const OnePlace found = prices_of_one_place(*market, market->capacity());
    for (std::size_t g = 0; g < market->groups(); ++g) {
        const bool cheap = stand.problem->fleet().kinds()[market->kind(g).at()].price[0] == 1;
        CHECK(std::abs(found.group[g * market->dimensions()] - (cheap ? 0.5 : 0)) < 0.05);
    }
}
