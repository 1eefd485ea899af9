#include "gigafleet/loads.hpp"

#include <cmath>
#include <set>
#include <vector>

#include "check.hpp"

using namespace gigafleet;

namespace {

Network line_of_three(bool directed) {
    static const std::vector<std::int32_t> tail{0, 1}, head{1, 2};
    static const std::vector<double> latency{1, 1}, capacity{5, 0}, access_up{1, 2, 3},
        access_down{4, INFINITY, 6};
    NetworkInput in;
    in.sites = 3;
    in.directed = directed;
    in.tail = tail;
    in.head = head;
    in.latency_ms = latency;
    in.capacity_mbps = capacity;
    in.access_up_mbps = access_up;
    in.access_down_mbps = access_down;
    return Network(in);
}
constexpr Quantity kMbps = 1'000'000;

}  // namespace

TEST(carriers_are_numbered_apart) {
    for (const bool directed : {false, true}) {
        const Network network = line_of_three(directed);
        const Loads loads(network, true, true);
        CHECK_EQ(loads.arc_count(), network.arc_count());
        CHECK_EQ(loads.site_count(), 3u);
        std::set<std::uint32_t> carriers;
        for (std::size_t a = 0; a < network.arc_count(); ++a) carriers.insert(loads.of_arc(ArcId(a)));
        for (std::size_t s = 0; s < 3; ++s) carriers.insert(loads.of_access_up(SiteId(s)));
        for (std::size_t s = 0; s < 3; ++s) carriers.insert(loads.of_access_down(SiteId(s)));
        CHECK_EQ(carriers.size(), network.arc_count() + 6);
        CHECK_EQ(*carriers.rbegin(), network.arc_count() + 5);
    }
}

TEST(room_is_capacity_less_load) {
    const Network network = line_of_three(false);
    Loads loads(network, true, true);
    CHECK_EQ(loads.room(loads.of_arc(ArcId(0))), 5 * kMbps);
    CHECK_EQ(loads.room(loads.of_arc(ArcId(1))), 5 * kMbps);
    CHECK_EQ(loads.room(loads.of_arc(ArcId(2))), 0);
    CHECK_EQ(loads.room(loads.of_access_up(SiteId(2))), 3 * kMbps);
    CHECK_EQ(loads.room(loads.of_access_down(SiteId(0))), 4 * kMbps);
    loads.add(loads.of_arc(ArcId(1)), 2 * kMbps);
    loads.add(loads.of_arc(ArcId(1)), kMbps);
    CHECK_EQ(loads.load(loads.of_arc(ArcId(1))), 3 * kMbps);
    CHECK_EQ(loads.room(loads.of_arc(ArcId(1))), 2 * kMbps);
    CHECK_EQ(loads.room(loads.of_arc(ArcId(0))), 5 * kMbps);
    loads.add(loads.of_arc(ArcId(1)), -3 * kMbps);
    CHECK_EQ(loads.load(loads.of_arc(ArcId(1))), 0);
}

TEST(no_limit_stays_none) {
    const Network network = line_of_three(true);
    Loads loads(network, true, true);
    const std::uint32_t open = loads.of_access_down(SiteId(1));
    loads.add(open, kLargest);
    CHECK_EQ(loads.room(open), kUnlimited);
    CHECK_EQ(loads.load(open), kLargest);
}

TEST(limits_can_be_lifted_each_on_its_own) {
    const Network network = line_of_three(true);
    for (const bool arcs : {false, true})
        for (const bool access : {false, true}) {
            const Loads loads(network, arcs, access);
            CHECK_EQ(loads.room(loads.of_arc(ArcId(0))), arcs ? 5 * kMbps : kUnlimited);
            CHECK_EQ(loads.room(loads.of_access_up(SiteId(0))), access ? kMbps : kUnlimited);
            CHECK_EQ(loads.room(loads.of_access_down(SiteId(2))), access ? 6 * kMbps : kUnlimited);
        }
}
