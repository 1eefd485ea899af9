#include "gigafleet/candidates.hpp"

#include "candidate_search.hpp"
#include "check.hpp"

using namespace gigafleet;
using candidate_search::check_offers;
using candidate_search::Search;
using problem_cases::Case;
using problem_cases::random_case;

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

namespace {

/// More core sites than may be majors, small nodes at each, and a few large ones: at core sites, and at
/// leaves that hang on them.
Case with_majors(std::mt19937& random) {
    const auto below = [&](int n) { return static_cast<std::int32_t>(random() % static_cast<unsigned>(n)); };
    const auto pick = [&](std::initializer_list<double> from) {
        return from.begin()[random() % from.size()];
    };
    Case c;
    const std::int32_t ring = 66 + below(10), leaves = 6;
    c.links.sites = ring + leaves;
    c.links.directed = below(3) == 0;
    const auto join = [&](std::int64_t u, std::int64_t v) {
        c.links.add(u, v, pick({1, 2}), pick({0, 0, 0.125}));
        if (c.links.directed) c.links.add(v, u, pick({1, 2}), pick({0, 0.125}));
    };
    const bool free = below(2) == 0, tight = below(2) == 0;
    for (std::int32_t s = 0; s < ring; ++s) join(s, (s + 1) % ring);
    for (int chord = 0; chord < 12; ++chord) {
        const std::int32_t u = below(ring);
        join(u, (u + 2 + below(ring - 3)) % ring);
    }
    for (std::int32_t leaf = ring; leaf < ring + leaves; ++leaf)
        join(leaf, below(3) ? below(ring) : leaf - 1);
    if (free) c.links.price.assign(c.links.price.size(), 0);
    for (std::size_t l = 0; l < c.links.tail.size() && tight; ++l)
        c.capacity_mbps.push_back(pick({problem_cases::kInf, 30, 8, 3, 0}));
    for (std::int64_t s = tight && below(2) ? c.links.sites : 0; s > 0; --s) {
        c.access_up_mbps.push_back(pick({problem_cases::kInf, 12, 1}));
        c.access_down_mbps.push_back(pick({problem_cases::kInf, 12, 1}));
    }
    c.access_up_mbps.resize(static_cast<std::size_t>(c.links.sites), problem_cases::kInf);
    c.access_down_mbps.resize(static_cast<std::size_t>(c.links.sites), problem_cases::kInf);
    c.objective.rtt_price = pick({1e-5, 0.0078125, 0.03125});
    const bool varied = below(4) == 0;
    for (std::int32_t s = 0; s < ring + leaves - 2; ++s)
        c.nodes.push_back({.site = s,
                           .compute = varied ? 1 + 0.01 * below(100) : 1,
                           .price_compute = 1,
                           .labels = static_cast<std::uint8_t>(below(2) * 2)});
    for (int kind = 1 + below(6); kind > 0; --kind) {
        const double price = pick({0.125, 0.25, 0.5, 1.5}), access = pick({0, 1, 3});
        for (int n = 2 + below(6); n > 0; --n)
            c.nodes.push_back({.site = below(3) ? ring + below(leaves) : below(ring),
                               .compute = 50.0 + kind,
                               .price_compute = price,
                               .access_rtt_ms = access,
                               .available_s = pick({problem_cases::kInf, 100}),
                               .labels = 1});
    }
    for (int t = 0; t < 14; ++t)
        c.tasks.push_back({.origin = below(4) ? below(ring + leaves) : c.nodes.back().site,
                           .compute = 1.0 + below(2) * 0.5,
                           .uplink_mbps = pick({0, 1}),
                           .downlink_mbps = pick({0, 2}),
                           .max_rtt_ms = pick({problem_cases::kInf, problem_cases::kInf, 12, 25}),
                           .duration_s = pick({0, 0, 200}),
                           .require = static_cast<std::uint8_t>(below(5) == 0),
                           .forbid = static_cast<std::uint8_t>(below(8) == 0)});
    return c;
}

}  // namespace

TEST(majors_are_asked_first_where_nothing_else_is_as_cheap) {
    std::mt19937 random(136);
    candidate_search::from_majors = 0;
    int offers = 0;
    for (int i = 0; i < 150 / check::kShare; ++i) offers += check_offers(with_majors(random), random);
    CHECK(offers > 2000 / check::kShare);
    CHECK(candidate_search::from_majors > 300 / check::kShare);
}

namespace {

using Sites = std::vector<std::size_t>;

/// Site that is offered first, shape by shape, from each of some origins; `full`: its pools take nothing.
Sites sites(const Case& c, std::initializer_list<std::size_t> origins, std::size_t full = 99) {
    const auto problem = c.problem();
    const PoolView view(*problem, *problem->policies()[0]);
    Loads loads(problem->network(), true, true);
    const PoolRooms rooms(*problem);
    Candidates search(*problem, view, loads, rooms);
    Sites offered;
    for (std::size_t shape = 0; shape < problem->shapes().size(); ++shape) {
        search.start(ShapeId(shape));
        for (const std::size_t origin : origins)
            search.place(SiteId(origin), 1, [&](PoolId pool, std::int64_t) {
                const std::size_t site = problem->fleet().pools()[pool.at()].site.at();
                if (site == full) return 0;
                offered.push_back(site);
                return 1;
            });
    }
    return offered;
}

}  // namespace

TEST(what_keeps_a_task_from_a_major) {
    // A ring of 70 with a dear node at each site; the major hangs on site 35, by link 70, at site 70.
    Case fresh;
    fresh.links.sites = 71;
    for (std::int32_t s = 0; s < 70; ++s) {
        fresh.links.add(s, (s + 1) % 70, 1);
        fresh.nodes.push_back({.site = s, .compute = 1, .price_compute = 1});
    }
    fresh.links.add(35, 70, 1);
    fresh.nodes.push_back({.site = 70, .compute = 99, .price_compute = 0.25, .access_rtt_ms = 3});
    fresh.capacity_mbps.assign(71, problem_cases::kInf);
    fresh.access_down_mbps.assign(71, problem_cases::kInf);
    fresh.tasks = {{.origin = 0, .uplink_mbps = 1}};
    CHECK(sites(fresh, {0, 40, 70, 35}) == (Sites{70, 70, 70, 70}));
    CHECK(sites(fresh, {0, 40, 35, 70}, 70) == (Sites{0, 40, 35, 35}));  // full
    Case c = fresh;
    c.capacity_mbps[34] = 0;  // in the core, on the way of some
    CHECK(sites(c, {0, 10, 40, 35}) == (Sites{0, 10, 70, 70}));
    c = fresh;
    c.capacity_mbps[70] = 0;  // the tail: only who lives there gets in
    CHECK(sites(c, {0, 70, 40, 35}) == (Sites{0, 70, 40, 35}));
    c = fresh;
    c.access_down_mbps[70] = 0.5;
    CHECK(sites(c, {0, 40, 35}) == (Sites{0, 40, 35}));
    c = fresh;
    c.tasks[0].max_rtt_ms = 25;  // 10 links, 3 ms of access
    CHECK(sites(c, {24, 25, 26, 45, 46}) == (Sites{24, 70, 70, 70, 46}));
    c.tasks[0].max_rtt_ms = problem_cases::kInf;
    c.objective.rtt_price = 0.0625;  // 12 ms cost as much as the major saves
    CHECK(sites(c, {30, 31, 32, 33, 38, 39}) == (Sites{30, 31, 70, 70, 70, 39}));
    // In its own tree the origin turns before the core, so a major elsewhere must be compared with that.
    c = fresh;
    c.nodes.push_back({.site = 36, .compute = 98, .price_compute = 0.25});
    c.objective.rtt_price = 0.015625;
    CHECK(sites(c, {70, 35, 20, 0}) == (Sites{70, 36, 36, 0}));
}

TEST(the_way_up_to_the_core_may_cost_more_than_a_major_saves) {
    Case c;
    c.links.sites = 71;
    c.objective.rtt_price = 0.015625;
    for (std::int32_t s = 0; s < 70; ++s) {
        c.links.add(s, (s + 1) % 70, 1);
        c.nodes.push_back({.site = s, .compute = 1, .price_compute = 1});
    }
    c.links.add(0, 70, 20);  // a leaf far off, with a node of its own
    c.nodes.push_back({.site = 70, .compute = 1, .price_compute = 1});
    c.nodes.push_back({.site = 5, .compute = 99, .price_compute = 0.5});
    c.tasks = {{.origin = 70}};
    CHECK(sites(c, {70, 0}) == (Sites{70, 5}));
    c.links.latency_ms.back() = 10;
    CHECK(sites(c, {70, 0}) == (Sites{5, 5}));
}

TEST(what_one_shape_was_shut_off_from_is_open_to_the_next) {
    for (const bool major : {false, true}) {
        Case c;
        c.links.sites = 70;
        for (std::int32_t s = 0; s < 70; ++s) {
            c.links.add(s, (s + 1) % 70, s == 69 ? 2 : 1);
            if (s > 0) c.nodes.push_back({.site = s, .compute = 1, .price_compute = 1});
        }
        if (major) c.nodes.push_back({.site = 1, .compute = 99, .price_compute = 0.5});
        c.capacity_mbps.assign(70, problem_cases::kInf);
        c.capacity_mbps[0] = 3;  // from 0 to 1
        c.tasks = {{.origin = 0, .uplink_mbps = 5}, {.origin = 0, .uplink_mbps = 1}};
        CHECK(sites(c, {0}) == (Sites{69, 1}));
    }
}

TEST(a_class_may_come_back_after_another_core_site) {
    // Priced links, so ways are not kept. From site 1, which has no pools, the majors do, and one is full.
    Case c;
    c.links.sites = 4;
    c.links.add(0, 1, 10, 5);
    c.links.add(1, 2, 1, 1);
    c.links.add(2, 3, 1, 0.125);
    c.links.add(3, 0, 1, 0.125);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .price_compute = 3},
               {.site = 2, .price_compute = 0.5},
               {.site = 2, .price_compute = 1},
               {.site = 3, .price_compute = 1.5}};
    c.tasks = {{.origin = 0, .uplink_mbps = 1}};
    const auto problem = c.problem();
    const PoolView view(*problem, *problem->policies()[0]);
    Loads loads(problem->network(), true, true);
    const PoolRooms rooms(*problem);
    Candidates search(*problem, view, loads, rooms);
    search.start(ShapeId(0));
    std::vector<double> prices;
    for (const std::size_t origin : {0, 1, 0})
        search.place(SiteId(origin), 1, [&](PoolId pool, std::int64_t) {
            const KindId kind = problem->fleet().pools()[pool.at()].kind;
            prices.push_back(problem->fleet().kinds()[kind.at()].price[0]);
            return origin == 1 && prices.back() == 0.5 ? 0 : 1;
        });
    CHECK(prices == (std::vector<double>{0.5, 0.5, 1, 1}));
}

TEST(links_that_pay_make_a_minor_cheaper_than_its_kind) {
    Case c;
    c.links.sites = 70;
    c.objective.rtt_price = 0;
    for (std::int32_t s = 0; s < 70; ++s) {
        c.links.add(s, (s + 1) % 70, 1, s == 0 ? -0.5 : 0);
        if (s > 0) c.nodes.push_back({.site = s, .compute = 1, .price_compute = 1});
    }
    c.nodes.push_back({.site = 69, .compute = 99, .price_compute = 0.875});
    c.tasks = {{.origin = 0, .uplink_mbps = 1}};
    const auto problem = c.problem();
    const PoolView view(*problem, *problem->policies()[0]);
    Loads loads(problem->network(), true, true);
    const PoolRooms rooms(*problem);
    Candidates search(*problem, view, loads, rooms);
    search.start(ShapeId(0));
    search.place(SiteId(0), 1, [&](PoolId pool, std::int64_t) {
        CHECK(problem->fleet().pools()[pool.at()].site == SiteId(1));  // 1 - 0.5 on the way
        return 1;
    });
}
