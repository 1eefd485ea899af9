#include "gigafleet/at_prices.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "definition.hpp"
#include "gigafleet/error.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using market_cases::easy_case;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

/// Level by level of priority, at prices alone.
Solution at_prices(const Groundwork& ground, int threads = 1) {
    const std::vector<ShapeId> order = placing_order(ground, Order::kLargeFirst);
    Placement placement(ground.problem);
    std::vector<Ledger> ledgers;
    Prices found;
    const auto priority = [&](ShapeId id) { return ground.problem.shape(id).priority; };
    for (auto first = order.begin(); first != order.end();) {
        const auto last =
            std::find_if(first, order.end(), [&](ShapeId id) { return priority(id) != priority(*first); });
        CHECK(place_at_prices(ground, {first, last}, placement, ledgers, found, {.threads = threads}, quiet));
        first = last;
    }
    return placement.finish(ledgers, 1);
}
Solution at_prices(const Problem& problem) { return at_prices(Groundwork(problem, quiet)); }

struct Count {
    int cases = 0;
    std::int64_t placed = 0, left = 0;
    int shared = 0;   ///< slots with several classes of one shape
    int departs = 0;  ///< pools with several times of leaving in which a timed task was placed
    int full = 0;     ///< carriers with no room for one more Mbps
};

/// Keeps every rule, members and loads add up, and is the same on any number of threads (every fifth case).
void check_at_prices(const Case& c, Count& count) {
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const Solution solution = at_prices(ground);
    Definition definition(c);
    State state(definition, c);
    CHECK(definition::play(c, *problem, solution, definition, state).kept);
    const Loads& loads = solution.loads;
    const auto check_load = [&](std::uint32_t carrier, Quantity wanted) {
        CHECK_EQ(loads.load(carrier), wanted);
        count.full += wanted > 0 && loads.room(carrier) < 1'000'000;
    };
    for (std::size_t a = 0; a < loads.arc_count(); ++a)
        check_load(loads.of_arc(ArcId(a)), state.load(definition::Of::kArc, a));
    for (std::size_t s = 0; s < loads.site_count(); ++s) {
        check_load(loads.of_access_up(SiteId(s)), state.load(definition::Of::kUp, s));
        check_load(loads.of_access_down(SiteId(s)), state.load(definition::Of::kDown, s));
    }
    const Fleet& fleet = problem->fleet();
    const auto& classes = problem->workload().classes();
    std::map<std::tuple<ShapeId, PoolId, std::int64_t>, int> classes_in_slot;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        std::int64_t members = 0;
        for (std::size_t f = solution.of_class[k].first; f < solution.of_class[k].last; ++f) {
            const Filling& filling = solution.fillings[f];
            CHECK(filling.slots > 0 && filling.per_slot > 0);
            members += filling.slots * filling.per_slot;
            for (std::int64_t i = 0; i < filling.slots; ++i)
                count.shared += ++classes_in_slot[{classes[k].shape, filling.pool, filling.first + i}] == 2;
            const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
            count.departs += problem->shape(classes[k].shape).duration_ns > 0 &&
                             fleet.available_ns(pool, pool.first_entry) != pool.available_max_ns;
        }
        CHECK_EQ(members, solution.placed[k]);  // members − left
        CHECK(members <= classes[k].members);
        count.placed += members;
        count.left += classes[k].members - members;
    }
    if (++count.cases % 5 == 0)
        for (const int threads : {2, 8}) CHECK(definition::same(at_prices(ground, threads), solution));
}

}  // namespace

TEST(what_prices_place_keeps_the_rules_and_adds_up) {
    std::mt19937 random(351);
    Count count;
    for (int i = 0; i < 500; ++i)
        check_at_prices(i % 2 ? random_case(random, 20, 30) : easy_case(random, 20, 30), count);
    for (int i = 0; i < 10; ++i) check_at_prices(random_case(random, 150, 300, 6), count);
    CHECK(count.placed > 2000 && count.left > 2000);
    CHECK(count.full > 200);
}

TEST(large_pools_keep_the_rules) {
    std::mt19937 random(352);
    Count count;
    for (int i = 0; i < 200; ++i) {
        Case c = easy_case(random, 40, 40);
        for (auto& n : c.nodes)  // few sites and kinds, several times of leaving
            n = {.site = n.site > 2,
                 .compute = n.compute > 2 ? 4.0 : 3.0,
                 .energy_wh = 40,
                 .price_compute = 0.25,
                 .link_up_mbps = 7,
                 .available_s = n.available_s,
                 .count = 3 * n.count};
        for (auto& t : c.tasks)  // and shapes
            t = {.origin = t.origin,
                 .compute = t.compute > 1 ? 1.0 : 0.5,
                 .duration_s = t.duration_s,
                 .count = t.count};
        check_at_prices(c, count);
    }
    CHECK(count.placed > 3000);
    CHECK(count.shared > 100 && count.departs > 300);
}

TEST(varied_batteries_keep_the_rules) {
    std::mt19937 random(353);
    Count count;
    int varied = 0;
    for (int i = 0; i < 200; ++i) {
        Case c = easy_case(random, 40, 40);
        for (auto& n : c.nodes)
            n = {.site = n.site > 2,
                 .compute = 4,
                 .energy_wh = static_cast<double>(random() % 60000) * 1e-3,
                 .price_compute = 0.25,
                 .available_s = n.available_s};
        varied += c.problem()->fleet().any_varied();
        check_at_prices(c, count);
    }
    CHECK(varied > 150);
    CHECK(count.placed > 1500 && count.departs > 300);
}

TEST(many_levels_of_priority) {
    std::mt19937 random(354);
    Count count;
    for (int i = 0; i < 150; ++i) {
        Case c = easy_case(random, 20, 30);
        for (auto& t : c.tasks) t.priority = static_cast<std::int32_t>(random() % 5) - 2;
        check_at_prices(c, count);
    }
    CHECK(count.placed > 500);
}

TEST(all_are_placed_where_there_is_room) {
    std::mt19937 random(355);
    for (int i = 0; i < 40; ++i) {
        Case c;
        c.links.sites = 20;
        for (std::int32_t s = 0; s < 20; ++s) {
            if (s > 0) c.links.add(0, s, static_cast<double>(random() % 5));
            c.nodes.push_back({.site = s,
                               .compute = 16,
                               .price_compute = 0.2 + 0.02 * static_cast<double>(random() % 5),
                               .count = 10 + static_cast<std::int64_t>(random() % 20)});
            for (const double compute : {1.0, 2.0, 4.0})
                c.tasks.push_back(
                    {.origin = s, .compute = compute, .count = static_cast<std::int64_t>(random() % 50)});
        }
        const auto problem = c.problem();
        const Solution solution = at_prices(*problem);
        std::int64_t left = 0, members = 0;
        for (std::size_t k = 0; k < solution.placed.size(); ++k) {
            members += problem->workload().classes()[k].members;
            left += problem->workload().classes()[k].members - solution.placed[k];
        }
        CHECK(members > 500);
        CHECK_EQ(left, 0);
    }
}

TEST(the_cheap_goes_to_those_who_are_far_from_the_rest) {
    // Both would rather use site 1; site 0's tasks have a dear way to the other one.
    Case c = Case::line(3);
    c.objective.rtt_price = 0.25;
    c.nodes = {{.site = 1, .compute = 100, .price_compute = 0.1},
               {.site = 2, .compute = 200, .price_compute = 0.1}};
    c.tasks = {{.origin = 0, .compute = 1, .count = 100}, {.origin = 1, .compute = 1, .count = 100}};
    const auto problem = c.problem();
    const Solution solution = at_prices(*problem);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> by_site;  // origin, site
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t f = solution.of_class[k].first; f < solution.of_class[k].last; ++f)
            by_site[{problem->workload().classes()[k].origin.value,
                     problem->fleet().pools()[solution.fillings[f].pool.at()].site.value}] +=
                solution.fillings[f].slots * solution.fillings[f].per_slot;
    CHECK_EQ(solution.placed[0] + solution.placed[1], 200);
    // Either way costs the same: 1 to 2 and 0 to 2 differ by what 0 to 1 costs. All of site 1 is used.
    CHECK((by_site[{0, 1}] + by_site[{1, 1}]) > 90);
}

TEST(links_are_reserved_for_what_is_placed_alone) {
    Case c = Case::line(2);
    c.capacity_mbps = {5};
    c.nodes = {{.site = 1, .compute = 4, .count = 100}};
    c.tasks = {{.origin = 0, .compute = 1, .uplink_mbps = 1, .count = 50}};
    auto problem = c.problem();
    Solution solution = at_prices(*problem);
    CHECK_EQ(solution.placed[0], 5);
    CHECK_EQ(solution.loads.load(solution.loads.of_arc(ArcId(0))), 5'000'000);
    // The link has room, the only slot has not: what the flow reserved is given back.
    c.capacity_mbps = {50};
    c.nodes = {{.site = 1, .compute = 4}};
    problem = c.problem();
    solution = at_prices(*problem);
    CHECK(solution.placed[0] <= 4);
    CHECK_EQ(solution.loads.load(solution.loads.of_arc(ArcId(0))), solution.placed[0] * 1'000'000);
}

TEST(only_untouched_slots_are_used) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 10}};
    c.tasks = {{.compute = 1, .count = 30}};
    Stand stand(c);
    std::vector<Ledger> ledgers(1);
    stand.placement.open(PoolId(0), 2, 5, {1000}, {}, ledgers[0].fillings);
    std::set<std::int64_t> touched;
    for (const Filling& f : ledgers[0].fillings)
        for (std::int64_t i = 0; i < f.slots; ++i) touched.insert(f.first + i);
    CHECK_EQ(touched.size(), 5u);
    ledgers.clear();
    Prices found;
    CHECK(place_at_prices(stand.ground, stand.level, stand.placement, ledgers, found, {}, quiet));
    std::int64_t placed = 0;
    for (const Ledger& ledger : ledgers)
        for (const Filling& f : ledger.fillings) {
            placed += f.slots * f.per_slot;
            for (std::int64_t i = 0; i < f.slots; ++i) CHECK(!touched.contains(f.first + i));
        }
    CHECK(placed > 14 && placed <= 20);  // not quite all of a pool is counted on
    CHECK_EQ(stand.placement.left(ClassId(0)), 30 - placed);
}

TEST(tasks_that_stay_take_the_slots_that_stay) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .available_s = 100, .count = 10},
               {.compute = 4, .available_s = 1000, .count = 10}};
    c.tasks = {{.compute = 1, .duration_s = 500, .count = 40}, {.compute = 2, .duration_s = 50, .count = 20}};
    const auto problem = c.problem();
    CHECK_EQ(problem->fleet().pools().size(), 1u);
    Count count;
    check_at_prices(c, count);
    CHECK(count.placed >= 25);
    c.tasks[1].count = 0;
    const Solution solution = at_prices(*c.problem());
    CHECK_EQ(solution.placed[0] + solution.placed[1], 40);
}

TEST(no_time_and_no_dimension_place_nothing) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}};
    c.tasks = {{.compute = 1, .count = 3}};
    Stand stand(c);
    std::vector<Ledger> ledgers;
    Prices found;
    for (const double limit : {-1.0, 0.0})
        CHECK(!place_at_prices(stand.ground, stand.level, stand.placement, ledgers, found,
                               {.time_limit_s = limit}, quiet));
    CHECK_EQ(stand.placement.left(ClassId(0)), 3);
    CHECK_EQ(stand.placement.untouched(PoolId(0)), 1);
    c.nodes[0].compute = kInf;
    Stand free(c);
    CHECK(place_at_prices(free.ground, free.level, free.placement, ledgers, found, {}, quiet));
    CHECK_EQ(free.placement.left(ClassId(0)), 3);
    CHECK(ledgers.empty());
}

TEST(too_large_is_left_to_the_search) {
    Case c = Case::one_site();
    for (int i = 0; i < 2049; ++i) {
        c.nodes.push_back({.compute = 4, .price_compute = 1.0 + i});
        c.tasks.push_back({.compute = 1 + 1e-3 * i});
    }
    Stand stand(c);
    CHECK(!Market::is_possible(stand.ground));
    std::vector<Ledger> ledgers;
    Prices found;
    CHECK(place_at_prices(stand.ground, stand.level, stand.placement, ledgers, found, {}, quiet));
    CHECK(ledgers.empty());
    for (std::size_t k = 0; k < c.tasks.size(); ++k) CHECK_EQ(stand.placement.left(ClassId(k)), 1);
}

TEST(whoever_stops_finds_nothing_placed) {
    struct StopAt final : Control {
        void poll(std::string_view stage, std::int64_t done, std::int64_t total) override {
            CHECK_EQ(stage, "my stage");
            CHECK(done >= 0 && done <= total);
            if (left-- == 0) throw Cancelled();
        }
        int left = 0;
    };
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}};
    c.tasks = {{.compute = 1, .count = 3}};
    for (int n = 0;; ++n) {
        Stand stand(c);
        std::vector<Ledger> ledgers;
        Prices found;
        StopAt control;
        control.left = n;
        try {
            CHECK(place_at_prices(stand.ground, stand.level, stand.placement, ledgers, found,
                                  {.stage = "my stage"}, control));
            CHECK(n > 60);
            CHECK_EQ(stand.placement.left(ClassId(0)), 0);
            break;
        } catch (const Cancelled&) {
            CHECK_EQ(stand.placement.left(ClassId(0)), 3);
            CHECK(ledgers.empty());
        }
    }
}
