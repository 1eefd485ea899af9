#include "gigafleet/candidates.hpp"

#include <algorithm>
#include <set>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/objective.hpp"

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

/// Pools that hold a few tasks each, searched by going over all of them.
struct Search {
    const Case& c;
    Definition definition;
    std::shared_ptr<const Problem> problem;
    Loads loads;                                       ///< the engine's
    std::map<definition::Carrier, Quantity> reserved;  ///< ours
    std::vector<std::int64_t> left;                    ///< tasks that each pool still takes
    std::set<std::size_t> full;                        ///< pools found full for the shape

    Search(const Case& a_case, std::mt19937& random)
        : c(a_case), definition(c), problem(c.problem()), loads(problem->network(), true, true) {
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
            left.push_back(static_cast<std::int64_t>(random() % 4));
    }

    bool is_candidate(const Problem::Shape& shape, std::size_t p) const {
        const Fleet::Pool& pool = problem->fleet().pools()[p];
        if (pool.slots == 0 || !problem->labels_pass(shape, pool)) return false;
        if (pool.available_max_ns < problem->needed_ns(shape)) return false;
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            if (pool.capacity_max[d] < shape.demand[d]) return false;
        return true;
    }
    std::int64_t room(const problem_cases::TaskRow& t, SiteId site, std::int64_t wanted) {
        for (const auto& [carrier, amount] : definition.way(t, static_cast<std::int32_t>(site.value))) {
            const Quantity limit = definition.limit(carrier);
            if (amount > 0 && limit != kUnlimited)
                wanted = std::min(wanted, (limit - reserved[carrier]) / amount);
        }
        return wanted;
    }
    struct Found {
        double cost = MinTree::kOut;
        std::set<std::size_t> pools;  ///< near enough to the cheapest to be it
    };
    /// The cheapest pools in reach that have room on the way and are not known to be full.
    Found cheapest(const problem_cases::TaskRow& t, const Problem::Shape& shape) {
        std::vector<std::pair<double, std::size_t>> open;
        const SiteId origin(static_cast<std::size_t>(t.origin));
        for (std::size_t p = 0; p < left.size(); ++p) {
            const Fleet::Pool& pool = problem->fleet().pools()[p];
            if (full.contains(p) || !is_candidate(shape, p)) continue;
            const auto trip = definition.trip(t, static_cast<std::int32_t>(pool.site.value));
            if (!trip.exists) continue;
            const std::int64_t rtt = trip.rtt_ns + problem->fleet().kinds()[pool.kind.at()].access_rtt_ns;
            if (rtt > shape.max_rtt_ns || room(t, pool.site, 1) == 0) continue;
            open.emplace_back(pair_cost(*problem, shape, origin, pool), p);
        }
        Found found;
        for (const auto& [cost, p] : open) found.cost = std::min(found.cost, cost);
        for (const auto& [cost, p] : open)
            if (cost <= found.cost + 1e-9) found.pools.insert(p);
        return found;
    }
};

/// Shape by shape and class by class, each offer against the cheapest of all pools.
int check_offers(const Case& c, std::mt19937& random) {
    Search s(c, random);
    const auto& classes = s.problem->workload().classes();
    int offers = 0;
    std::vector<PoolView> views;
    views.reserve(s.problem->policies().size());
    std::vector<Candidates> searches;
    const PoolRooms empty(*s.problem);
    for (const auto& routes : s.problem->policies()) {
        views.emplace_back(*s.problem, *routes);
        searches.emplace_back(*s.problem, views.back(), s.loads, empty);
    }
    for (std::size_t number = 0; number < s.problem->shapes().size(); ++number) {
        const Problem::Shape& shape = s.problem->shapes()[number];
        Candidates& search = searches[shape.policy];
        search.start(ShapeId(number));
        s.full.clear();
        for (int turn = 0; turn < 2; ++turn)  // a class may come again
            for (const Workload::Class& k : classes) {
                if (k.shape != ShapeId(number)) continue;
                problem_cases::TaskRow t = c.tasks[static_cast<std::size_t>(k.first_row)];
                std::int64_t wanted = static_cast<std::int64_t>(random() % 6);
                const bool stops = random() % 10 == 0;
                bool stopped = false;
                const std::int64_t rest = search.place(k.origin, wanted, [&](PoolId pool, std::int64_t room) {
                    ++offers;
                    const auto found = s.cheapest(t, shape);
                    CHECK(found.pools.contains(pool.at()));
                    const SiteId site = s.problem->fleet().pools()[pool.at()].site;
                    CHECK_EQ(room, s.room(t, site, wanted));
                    if (stops) {
                        stopped = true;
                        return Candidates::kStop;
                    }
                    const std::int64_t taken = std::min(room, s.left[pool.at()]);
                    s.left[pool.at()] -= taken;
                    if (taken < room) s.full.insert(pool.at());
                    for (const auto& [carrier, amount] :
                         s.definition.way(t, static_cast<std::int32_t>(site.value)))
                        s.reserved[carrier] += amount * taken;
                    wanted -= taken;
                    return taken;
                });
                CHECK_EQ(rest, wanted);
                CHECK(rest == 0 || stopped || s.cheapest(t, shape).pools.empty());
                for (const auto& [carrier, load] : s.reserved)
                    if (carrier.first == definition::Of::kArc)
                        CHECK_EQ(s.loads.load(s.loads.of_arc(ArcId(carrier.second))), load);
            }
    }
    return offers;
}

}  // namespace

TEST(every_offer_is_the_cheapest_with_room) {
    std::mt19937 random(131);
    int offers = 0;
    for (int i = 0; i < 800; ++i) offers += check_offers(random_case(random, 14, 20), random);
    CHECK(offers > 2000);
}

TEST(trees_with_tight_links) {
    // Ways turn at every height, and subtrees are shut off for some origins and not for others.
    std::mt19937 random(135);
    for (int i = 0; i < 400; ++i) {
        Case c = random_case(random, 25, 25);
        c.links = {};
        c.links.sites = 15;
        c.links.directed = random() % 2 == 0;
        c.capacity_mbps.clear();
        for (std::int32_t s = 1; s < 15; ++s) {
            const auto parent = static_cast<std::int64_t>(random() % static_cast<unsigned>(s));
            c.links.add(parent, s, 1, 0.25);
            if (c.links.directed) c.links.add(s, parent, 1, 0.5);
        }
        for (std::size_t l = 0; l < c.links.tail.size(); ++l)
            c.capacity_mbps.push_back(2.5 * static_cast<double>(random() % 4));
        c.access_up_mbps.clear();
        c.access_down_mbps.clear();
        c.site_labels.clear();
        c.country.clear();
        for (auto& n : c.nodes)
            n = {.site = static_cast<std::int32_t>(random() % 15), .price_compute = n.price_compute};
        for (auto& t : c.tasks)
            t = {.origin = static_cast<std::int32_t>(random() % 15),
                 .compute = t.compute,
                 .uplink_mbps = t.uplink_mbps,
                 .downlink_mbps = t.downlink_mbps};
        check_offers(c, random);
    }
}

TEST(networks_of_many_core_sites) {
    std::mt19937 random(134);
    int offers = 0;
    for (int i = 0; i < 25; ++i) {
        Case c = random_case(random, 150, 80, 10);
        for (auto& t : c.tasks)
            t = {.origin = t.origin,
                 .uplink_mbps = t.uplink_mbps,
                 .max_rtt_ms = t.max_rtt_ms,
                 .count = t.count};
        offers += check_offers(c, random);
    }
    CHECK(offers > 1000);
}

TEST(many_classes_of_one_shape) {
    // Few shapes with many origins: what one class shuts off must not stay shut for the next.
    std::mt19937 random(132);
    for (int i = 0; i < 600; ++i) {
        Case c = random_case(random, 14, 40);
        for (auto& t : c.tasks)
            t = {.origin = t.origin,
                 .compute = 1,
                 .uplink_mbps = c.tasks[0].uplink_mbps,
                 .downlink_mbps = c.tasks[0].downlink_mbps,
                 .max_rtt_ms = c.tasks[0].max_rtt_ms};
        check_offers(c, random);
    }
}

TEST(reach_is_the_round_trip_without_links_and_access) {
    std::mt19937 random(133);
    for (int i = 0; i < 400; ++i) {
        const Case c = random_case(random, 12, 10);
        Search s(c, random);
        Loads& loads = s.loads;
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const auto& t = c.tasks[row];
            const Workload::Class& k =
                s.problem->workload().classes()[s.problem->workload().class_of_row()[row]];
            const Problem::Shape& shape = s.problem->shape(k.shape);
            const PoolView view(*s.problem, *s.problem->policies()[shape.policy]);
            const PoolRooms empty(*s.problem);
            Candidates search(*s.problem, view, loads, empty);
            search.start(k.shape);
            std::set<std::size_t> liked;
            for (std::size_t p = 0; p < s.left.size(); ++p)
                if (random() % 3 == 0) liked.insert(p);
            for (const std::int64_t limit : {std::int64_t{0}, std::int64_t{3'000'000}, kUnlimited}) {
                bool wanted = false;
                for (const std::size_t p : liked) {
                    const Fleet::Pool& pool = s.problem->fleet().pools()[p];
                    const auto trip = s.definition.trip(t, static_cast<std::int32_t>(pool.site.value));
                    const std::int64_t rtt =
                        trip.rtt_ns + s.problem->fleet().kinds()[pool.kind.at()].access_rtt_ns;
                    wanted = wanted || (s.is_candidate(shape, p) && trip.exists && rtt <= limit);
                }
                CHECK_EQ(
                    search.any_in_reach(k.origin, limit, [&](PoolId p) { return liked.contains(p.at()); }),
                    wanted);
            }
        }
        for (std::uint32_t i2 = 0; i2 < loads.arc_count(); ++i2) CHECK_EQ(loads.load(i2), 0);
    }
}

TEST(pools_without_room_are_not_offered) {
    Case c = Case::line(3);
    c.nodes = {{.site = 0, .compute = 4}, {.site = 1, .compute = 4}, {.site = 2, .compute = 4}};
    c.tasks = {{.origin = 0, .compute = 2}};
    const auto problem = c.problem();
    const PoolView view(*problem, *problem->policies()[0]);
    Loads loads(problem->network(), true, true);
    PoolRooms rooms(*problem);
    Candidates search(*problem, view, loads, rooms);
    rooms.set(PoolId(0), {1999, kUnlimited, kUnlimited, kUnlimited});
    rooms.set(PoolId(1), {2000, kUnlimited, kUnlimited, kUnlimited});
    search.start(ShapeId(0));
    std::vector<PoolId> offered;
    CHECK_EQ(search.place(SiteId(0), 5,
                          [&](PoolId pool, std::int64_t) {
                              offered.push_back(pool);
                              return 1;
                          }),
             3);
    CHECK(offered == (std::vector<PoolId>{PoolId(1), PoolId(2)}));
}
