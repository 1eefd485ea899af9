#include "gigafleet/core_kernels.hpp"

#include "network_cases.hpp"

using namespace gigafleet;
using namespace network_cases;

TEST(a_table_holds_what_ways_cost) {
    std::mt19937 random(6);
    int pairs = 0;
    for (int i = 0; i < 60; ++i) {
        const Stand stand(market_cases::easy_case(random, 12, 25, 2));
        const auto market = market_of(stand);
        if (!market) continue;
        const NetworkPrices prices = random_prices(*market, random);
        const double tau = market->scale();
        CoreKernels one(*market, 1), two(*market, 2);
        one.make(tau, prices.carrier);
        two.make(tau, prices.carrier);
        for (std::uint32_t k = 0; k < market->kernels().size(); ++k) {
            const NetworkMarket::Kernel& kernel = market->kernels()[k];
            const NetworkMarket::Policy& policy = market->policies()[kernel.policy];
            const Routes& routes = policy.view->routes();
            for (std::size_t a = 0; a < policy.from.size(); ++a)
                for (std::size_t b = 0; b < policy.to.size(); ++b) {
                    const SiteId from = routes.forest().core_site(policy.from[a]),
                                 to = routes.forest().core_site(policy.to[b]);
                    const auto root = static_cast<double>(one.row(k, a)[b]);
                    CHECK_EQ(one.row(k, a)[b], two.row(k, a)[b]);
                    const std::int64_t ns = routes.rtt_ns(from, to);
                    if (from == to || ns == kUnreachable || ns > kernel.limit_ns) {
                        CHECK_EQ(root, 0.0);
                        continue;
                    }
                    double cost = market->rtt_price_ns() * static_cast<double>(ns);
                    const auto add = [&](ArcId arc, Quantity amount) {
                        cost += (prices.carrier[arc.at()] +
                                 stand.problem->network().price(arc) * kMbpsResolution) *
                                static_cast<double>(amount);
                    };
                    routes.for_each_arc(from, to, [&](ArcId arc) { add(arc, kernel.up); });
                    routes.for_each_arc_back(from, to, [&](ArcId arc) { add(arc, kernel.down); });
                    CHECK(std::abs(root * root * one.nearest(k, a) / std::exp(-cost / tau) - 1) < 1e-4);
                    ++pairs;
                }
        }
    }
    CHECK(pairs > 500);
}
