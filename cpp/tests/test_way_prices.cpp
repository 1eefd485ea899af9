#include "gigafleet/way_prices.hpp"

#include <cmath>
#include <numeric>

#include "check.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(steps_and_accesses_by_hand) {
    Case c = Case::line(2);
    c.objective.rtt_price = 0.5;
    c.links.price = {2};
    c.capacity_mbps = {9};
    c.access_up_mbps = {9, 9};
    c.access_down_mbps = {9, 9};
    c.tasks = {{.uplink_mbps = 1, .downlink_mbps = 3}};
    const auto problem = c.problem();
    const auto relaxed = relaxed_shapes(*problem);
    Prices prices = Prices::zero(*problem);
    prices.carrier = {1e-6, 4e-6, 1e-6, 2e-6, 3e-6, 5e-6};
    const WayPrices with({*problem, relaxed, prices, true}), without({*problem, relaxed, prices, false});
    const auto is = [](double found, double wanted) { return found <= wanted && found > wanted - 1e-9; };
    const auto step = [&](const WayPrices& ways) {
        const auto bandwidth = ways.bandwidth(problem->shapes()[0], relaxed[0]);
        CHECK_EQ(bandwidth.correction, 0);
        return ways.step(bandwidth, ways.arc(ArcId{0}), ways.arc(ArcId{1}), 2'000'000);
    };
    CHECK(is(step(with), 1 * (2 + 1) + 3 * (2 + 4) + 2 * 0.5));
    CHECK(is(step(without), 1 * 1 + 3 * 4));
    CHECK(is(with.at_origin(relaxed[0], SiteId{0}), 1 * 1 + 3 * 3));
    CHECK(is(with.at_node(relaxed[0], SiteId{1}), 3 * 2 + 1 * 5));
    CHECK(with.is_priced() && without.is_priced());
    CHECK_EQ(with.negative(), 0);
    CHECK(!WayPrices({*problem, relaxed, Prices{}, false}).is_priced());
}

TEST(where_links_pay_the_bandwidth_is_as_it_is_and_the_prices_of_carriers_are_made_good) {
    Case c = Case::line(2);
    c.links.price = {-2};
    c.capacity_mbps = {9};
    c.tasks = {{.uplink_mbps = 1.0 / 3}};
    const auto problem = c.problem();
    const auto relaxed = relaxed_shapes(*problem);
    Prices prices = Prices::zero(*problem);
    prices.carrier = {1e-6, 4e-6, 0, 0, 0, 0};
    const WayPrices ways({*problem, relaxed, prices, true});
    const auto bandwidth = ways.bandwidth(problem->shapes()[0], relaxed[0]);
    CHECK_EQ(bandwidth.up, 333334);
    CHECK(bandwidth.correction <= -1e-5 && bandwidth.correction > -1.1e-5);
    CHECK(ways.negative() < 0);
}

TEST(sums_between_core_sites_are_those_of_their_routes) {
    std::mt19937 random(51);
    for (int i = 0; i < 200; ++i) {
        const Case c = random_case(random, 5, 10, 2);
        const auto problem = c.problem();
        const auto relaxed = relaxed_shapes(*problem);
        const Prices prices = price_cases::random_prices(random, *problem, 1);
        const WayPrices ways({*problem, relaxed, prices, true});
        for (const auto& routes : problem->policies()) {
            std::vector<std::uint32_t> cores(routes->core_count());
            std::iota(cores.begin(), cores.end(), 0u);
            const CoreSums sums(*problem, *routes, ways, cores, cores, 1 + i % 2);
            if (!sums.is_priced()) continue;
            for (const std::uint32_t a : cores)
                for (const std::uint32_t b : cores) {
                    const SiteId from = routes->forest().core_site(a), to = routes->forest().core_site(b);
                    if (routes->rtt_ns(from, to) == kUnreachable) continue;
                    double out = 0, back = 0;
                    routes->for_each_arc(from, to, [&](ArcId arc) { out += ways.arc(arc); });
                    routes->for_each_arc_back(from, to, [&](ArcId arc) { back += ways.arc(arc); });
                    const CoreSums::Sum sum = sums.row(a)[b];
                    CHECK(std::abs(sum.out - out) < 1e-15 && std::abs(sum.back - back) < 1e-15);
                }
        }
    }
}
