#include "gigafleet/network_flows.hpp"

#include "network_cases.hpp"

using namespace gigafleet;
using namespace network_cases;
using problem_cases::Case;
using problem_cases::kInf;

namespace {

void compare(const NetworkMarket& market, const Asked& found, const Asked& wanted) {
    double members = 0;
    for (const NetworkMarket::Kin& kin : market.kins()) members += kin.members;
    const double carried = members * market.bandwidth_unit();
    for (std::size_t i = 0; i < wanted.group.size(); ++i) {
        CHECK(near(found.group[i], wanted.group[i], members));
        CHECK(near(found.group_bend[i], wanted.group_bend[i], members));
    }
    for (std::size_t c = 0; c < wanted.carrier.size(); ++c)
        CHECK(near(found.carrier[c], wanted.carrier[c], carried));
    for (std::size_t l = 0; l < wanted.out.size(); ++l) CHECK(near(found.out[l], wanted.out[l], members));
}

}  // namespace

TEST(walks_find_what_pairs_ask_for) {
    std::mt19937 random(3);
    int compared = 0;
    for (int i = 0; i < 150; ++i) {
        Case c = market_cases::easy_case(random, 12, 25, 1 + i % 2);
        for (auto& n : c.nodes) n.access_rtt_ms = 0;
        const Stand stand(std::move(c));
        const auto market = market_of(stand);
        if (!market || market->dimensions() == 0) continue;
        const NetworkPrices prices = random_prices(*market, random);
        const double tau = 0.4 * market->scale();
        const auto all = [](const auto&, SiteId, const auto&) { return true; };
        compare(*market, asked_by_walks(*market, prices, tau), asked_by_pairs(*market, prices, tau, all));
        ++compared;
    }
    CHECK(compared > 80);
}

TEST(limits_of_latency_hold_between_core_sites) {
    std::mt19937 random(4);
    for (int i = 0; i < 40; ++i) {
        Case c;
        c.links.sites = 6;  // a ring is all core
        for (std::int64_t s = 0; s < 6; ++s)
            c.links.add(s, (s + 1) % 6, 1 + static_cast<double>(random() % 4));
        for (int n = 0; n < 8; ++n)
            c.nodes.push_back({.site = static_cast<std::int32_t>(random() % 6),
                               .price_compute = 0.25 * static_cast<double>(1 + random() % 3),
                               .access_rtt_ms = static_cast<double>(random() % 3)});
        for (int t = 0; t < 12; ++t)
            c.tasks.push_back({.origin = static_cast<std::int32_t>(random() % 6),
                               .uplink_mbps = 1,
                               .max_rtt_ms = 2.5 + static_cast<double>(random() % 6)});
        const Stand stand(std::move(c));
        const auto market = market_of(stand);
        CHECK(market.has_value());
        const NetworkPrices prices = random_prices(*market, random);
        const auto reach = [&](const NetworkMarket::Block& block, SiteId origin,
                               const NetworkMarket::Pool& pool) {
            const Fleet::Pool& own = stand.problem->fleet().pools()[pool.id.at()];
            const std::int64_t rtt = stand.problem->policies()[block.policy]->rtt_ns(origin, own.site) +
                                     stand.problem->fleet().kinds()[own.kind.at()].access_rtt_ns;
            return rtt <= market->kins()[block.kin[0]].shape.max_rtt_ns;
        };
        compare(*market, asked_by_walks(*market, prices, 0.4 * market->scale()),
                asked_by_pairs(*market, prices, 0.4 * market->scale(), reach));
    }
}

TEST(ways_between_zones_lead_through_their_hubs) {
    // A ring of hubs, each with two sites next to it that are joined by a slower link: where all routes lead
    // through hubs, gathering what is next to them changes nothing.
    constexpr std::int32_t kHubs = 9;
    std::mt19937 random(5);
    for (int i = 0; i < 30; ++i) {
        Case c;
        c.links.sites = 3 * kHubs;
        for (std::int32_t h = 0; h < kHubs; ++h) {
            c.links.add(3 * h, 3 * h + 1, 0, 0.01);
            c.links.add(3 * h, 3 * h + 2, 0);
            c.links.add(3 * h + 1, 3 * h + 2, 1);
            c.links.add(3 * h, 3 * ((h + 1) % kHubs), 1 + static_cast<double>(random() % 4));
        }
        for (std::int32_t h = 0; h < kHubs; ++h) {
            const auto near = static_cast<std::int32_t>(3 * h + 1 + i % 2);
            c.nodes.push_back({.site = random() % 3 == 0 ? 3 * h : near,
                               .price_compute = 0.25 * static_cast<double>(1 + random() % 3)});
            c.tasks.push_back({.origin = random() % 3 == 0 ? 3 * h : near,
                               .uplink_mbps = 1,
                               .downlink_mbps = static_cast<double>(random() % 3)});
        }
        const Stand stand(std::move(c));
        const auto market = market_of(stand, Aim::kCost, {}, 1, kHubs);
        CHECK(market.has_value());
        const NetworkMarket::Policy& policy = market->policies()[0];
        CHECK_EQ(policy.sites.hubs().size(), std::size_t{kHubs});
        const NetworkPrices prices = random_prices(*market, random);
        const double tau = 0.4 * market->scale();
        const auto all = [](const auto&, SiteId, const auto&) { return true; };
        compare(*market, asked_by_walks(*market, prices, tau), asked_by_pairs(*market, prices, tau, all));
    }
}

TEST(far_costs_do_not_vanish) {
    // A class that reaches only what is 400 temperatures dearer than another's node still goes there.
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 9, .price_compute = 1},
               {.site = 1, .compute = 9, .price_compute = 5, .labels = 1}};
    c.tasks = {{.origin = 0, .count = 1}, {.origin = 1, .count = 2, .require = 1}};
    const Stand stand(std::move(c));
    const auto market = market_of(stand);
    CHECK(market.has_value());
    const NetworkPrices none{std::vector<double>(market->groups() * market->dimensions()),
                             std::vector<double>(2 + 4), std::vector<double>(1)};
    const Asked asked = asked_by_walks(*market, none, 0.01);
    CHECK(asked.out[0] < 1e-6);
    double all = 0;
    for (const double load : asked.group) all += load;
    CHECK(std::abs(all - 3) < 1e-3);
}
