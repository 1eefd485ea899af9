#include "gigafleet/zone_forest.hpp"

#include "check.hpp"
#include "gigafleet/control.hpp"
#include "net_cases.hpp"

using namespace gigafleet;

namespace {

struct Stand {
    std::shared_ptr<const Network> net;
    NoControl quiet;
    Routes routes;
    std::vector<std::uint8_t> wanted;

    Stand(std::mt19937& random, bool directed)
        : net(net_cases::random_links(random, directed).network()), routes(net, {}, 1, quiet) {
        for (std::size_t c = 0; c < routes.core_count(); ++c) wanted.push_back(random() % 4 != 0);
    }
    std::size_t many() const { return static_cast<std::size_t>(std::ranges::count(wanted, 1)); }
    bool both_ways(std::uint32_t a, std::uint32_t b) const {
        const SiteId from = routes.forest().core_site(a), to = routes.forest().core_site(b);
        return routes.one_way_ns(from, to) != kUnreachable && routes.one_way_ns(to, from) != kUnreachable;
    }
};

/// Whether the arcs, in any order, make up a way: as long as the route, and each site entered is left again.
bool is_way(const Routes& routes, SiteId from, SiteId to, std::span<const ArcId> arcs) {
    std::vector<int> balance(routes.network().site_count());
    std::int64_t ns = 0;
    for (const ArcId arc : arcs) {
        ns += routes.network().latency_ns(arc);
        balance[routes.network().tail(arc).at()] -= 1;
        balance[routes.network().head(arc).at()] += 1;
    }
    balance[from.at()] += 1;
    balance[to.at()] -= 1;
    return ns == routes.one_way_ns(from, to) && std::ranges::all_of(balance, [](int b) { return b == 0; });
}

}  // namespace

TEST(with_hubs_enough_it_is_the_forest_of_the_network) {
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        const Stand stand(random, round % 2 == 0);
        const ZoneForest zones(stand.routes, stand.wanted, stand.many());
        const Forest& forest = stand.routes.forest();
        CHECK_EQ(zones.hubs().size(), stand.many());
        CHECK_EQ(zones.size(), stand.net->site_count());
        for (std::uint32_t i = 0; i < zones.size(); ++i) {
            const SiteId site = zones.site(i), parent = forest.parent(site);
            CHECK_EQ(zones.place(site), i);
            CHECK_EQ(zones.parent(i), parent.valid() ? zones.place(parent) : ZoneForest::kNone);
            CHECK(!zones.has_way(i) || zones.up(i)[0] == forest.up_arc(site));
        }
        for (std::uint32_t c = 0; c < stand.wanted.size(); ++c) {
            CHECK_EQ(zones.hub_of(c) != ZoneForest::kNone, stand.wanted[c] != 0);
            if (stand.wanted[c]) CHECK_EQ(zones.hubs()[zones.hub_of(c)], c);
        }
    }
}

TEST(zones_gather_what_is_near) {
    std::mt19937 random(2);
    int gathered = 0;
    for (int round = 0; round < 600; ++round) {
        const Stand stand(random, round % 2 == 0);
        const std::size_t most = 1 + random() % 3;
        const ZoneForest zones(stand.routes, stand.wanted, most);
        const Forest& forest = stand.routes.forest();
        for (std::uint32_t i = 0; i < zones.size(); ++i) {
            const std::uint32_t parent = zones.parent(i);
            if (parent == ZoneForest::kNone) continue;
            CHECK(parent < i);
            if (!zones.has_way(i)) continue;
            CHECK(is_way(stand.routes, zones.site(i), zones.site(parent), zones.up(i)));
            CHECK(is_way(stand.routes, zones.site(parent), zones.site(i), zones.down(i)));
        }
        for (std::uint32_t c = 0; c < stand.wanted.size(); ++c) {
            if (!stand.wanted[c]) continue;
            const std::uint32_t hub = zones.hubs()[zones.hub_of(c)];
            CHECK(hub == c || stand.both_ways(hub, c));
            gathered += hub != c;
            // No other hub is nearer; and beyond `most` there are only those that reach no other.
            for (std::size_t h = 0; h < zones.hubs().size(); ++h) {
                const std::uint32_t other = zones.hubs()[h];
                if (!stand.both_ways(other, c)) continue;
                CHECK(stand.routes.one_way_ns(forest.core_site(hub), forest.core_site(c)) <=
                      stand.routes.one_way_ns(forest.core_site(other), forest.core_site(c)));
            }
        }
        std::size_t joined = 0;
        for (std::size_t a = 0; a < zones.hubs().size(); ++a)
            for (std::size_t b = 0; b < a; ++b)
                if (stand.both_ways(zones.hubs()[a], zones.hubs()[b])) {
                    ++joined;
                    break;
                }
        CHECK(joined < most);
    }
    CHECK(gathered > 300);
}
