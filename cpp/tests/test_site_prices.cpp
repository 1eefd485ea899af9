#include "gigafleet/site_prices.hpp"

#include "network_cases.hpp"

using namespace gigafleet;
using namespace network_cases;

TEST(sums_are_those_of_the_ways_to_the_core) {
    std::mt19937 random(5);
    int deep = 0;
    for (int i = 0; i < 60; ++i) {
        const Stand stand(market_cases::easy_case(random, 6, 8, 2));
        const Network& network = stand.problem->network();
        Prices shadow = Prices::zero(*stand.problem);
        for (double& price : shadow.carrier) price = 1e-6 * static_cast<double>(random() % 8);
        for (const auto& routes : stand.problem->policies()) {
            const SitePrices plain(*stand.problem, *routes, nullptr),
                priced(*stand.problem, *routes, &shadow);
            for (const SiteId site : routes->forest().order()) {
                const SiteId root = routes->forest().root(site);
                double up = 0, down = 0;
                const bool both = routes->for_each_arc(site, root, [&](ArcId a) {
                    up += shadow.carrier[a.at()] * 1e6 + network.price(a);
                }) && routes->for_each_arc(root, site, [&](ArcId a) {
                    down += shadow.carrier[a.at()] * 1e6 + network.price(a);
                });
                if (!both) continue;
                CHECK(std::abs(priced.up(site) - up) < 1e-9 && std::abs(priced.down(site) - down) < 1e-9);
                CHECK_EQ(plain.up(site), routes->forest().up_price(site));
                CHECK_EQ(plain.access_up(site), 0.0);
                CHECK(std::abs(priced.access_up(site) -
                               shadow.carrier[network.arc_count() + site.at()] * 1e6) < 1e-9);
                deep += routes->forest().depth(site) > 1;
            }
        }
    }
    CHECK(deep > 10);
}
