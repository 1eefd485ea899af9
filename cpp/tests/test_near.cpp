#include "gigafleet/near.hpp"

#include <algorithm>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

bool is_spared(const Groundwork& ground, SiteId site) {
    return !ground.scarce.spared.empty() && ground.scarce.spared[site.at()];
}

NoControl quiet;

enum class Reach { kHome, kTree };

/// All shapes at home, then in their trees where `reach` says so; in placing order, or in the order given.
Solution near(const Groundwork& ground, Reach reach, int threads = 1, std::vector<ShapeId> order = {}) {
    if (order.empty()) order = placing_order(ground, Order::kLargeFirst);
    Placement placement(ground.problem);
    std::vector<Ledger> ledgers;
    const NearOptions options{.threads = threads};
    CHECK(place_at_home(ground, order, placement, ledgers, options, quiet));
    if (reach == Reach::kTree) CHECK(place_in_trees(ground, order, placement, ledgers, options, quiet));
    return placement.finish(ledgers, 1);
}
Solution at_home(const Groundwork& ground, int threads = 1, std::vector<ShapeId> order = {}) {
    return near(ground, Reach::kHome, threads, std::move(order));
}
/// As if no access were scarce.
Groundwork unspared(const Problem& problem) {
    Groundwork ground(problem, quiet);
    ground.scarce = {};
    return ground;
}
Solution at_home(const Problem& problem) { return at_home(unspared(problem)); }

/// Members placed by task row; Case::tasks must be shapes or origins of their own.
std::vector<std::int64_t> placed(const Case& c, unsigned disabled = 0) {
    const auto problem = c.problem(disabled);
    const Solution solution = at_home(*problem);
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < problem->workload().rows(); ++row)
        rows.push_back(solution.placed[problem->workload().class_of_row(row).at()]);
    return rows;
}
using Counts = std::vector<std::int64_t>;

/// Against the definition: rules, nothing of dear kinds or further away, nothing left that had room.
/// Returns how many members were placed away from their origin, or at all.
int check_near(const Case& c, Reach reach, bool spares) {
    const auto problem = c.problem();
    const Fleet& fleet = problem->fleet();
    const Groundwork ground = spares ? Groundwork(*problem, quiet) : unspared(*problem);
    const Solution solution = near(ground, reach);
    Definition definition(c);
    State state(definition, c);
    CHECK(definition::play(c, *problem, solution, definition, state).kept);
    const Loads& loads = solution.loads;
    for (std::size_t a = 0; a < loads.arc_count(); ++a)
        CHECK_EQ(loads.load(loads.of_arc(ArcId(a))), state.load(definition::Of::kArc, a));
    for (std::size_t s = 0; s < loads.site_count(); ++s) {
        CHECK_EQ(loads.load(loads.of_access_up(SiteId(s))), state.load(definition::Of::kUp, s));
        CHECK_EQ(loads.load(loads.of_access_down(SiteId(s))), state.load(definition::Of::kDown, s));
    }
    std::vector<PoolId> pool_of_row(c.nodes.size());
    for (std::size_t p = 0; p < fleet.pools().size(); ++p)
        for (std::int64_t e = 0; e < fleet.pools()[p].entries; ++e)
            pool_of_row[static_cast<std::size_t>(fleet.row_of_entry(fleet.pools()[p].first_entry + e))] =
                PoolId(p);
    int members = 0;
    const auto& classes = problem->workload().classes();
    for (std::size_t k = 0; k < classes.size(); ++k) {
        const auto& t = c.tasks[static_cast<std::size_t>(classes[k].first_row)];
        const Forest& forest = ground.views[problem->shape(classes[k].shape).policy].routes().forest();
        const auto in_reach = [&](SiteId site) {
            return reach == Reach::kHome ? site == classes[k].origin
                                         : forest.core_index(site) == forest.core_index(classes[k].origin);
        };
        for (std::size_t f = solution.of_class[k].first; f < solution.of_class[k].last; ++f) {
            const Fleet::Pool& pool = fleet.pools()[solution.fillings[f].pool.at()];
            CHECK(in_reach(pool.site));
            CHECK(ground.is_cheap[pool.kind.at()] && !is_spared(ground, pool.site));
            if (reach == Reach::kHome || pool.site != classes[k].origin)
                members += static_cast<int>(solution.fillings[f].slots * solution.fillings[f].per_slot);
        }
        CHECK_EQ(solution.reason[k],
                 solution.placed[k] == classes[k].members ? Reason::kPlaced : Reason::kNotTried);
        const bool waits = !ground.scarce.waits.empty() && ground.scarce.waits[k];
        if (waits) CHECK_EQ(solution.placed[k], 0);
        if (waits || solution.placed[k] == classes[k].members ||
            !definition.allowed(t)[classes[k].origin.at()])
            continue;
        for (std::size_t n = 0; n < c.nodes.size(); ++n) {
            const auto& node = c.nodes[n];
            const SiteId site(static_cast<std::size_t>(node.site));
            if (node.count == 0 || !in_reach(site) || is_spared(ground, site)) continue;
            if (!ground.is_cheap[fleet.pools()[pool_of_row[n].at()].kind.at()]) continue;
            CHECK(!definition.labels_pass(t, node) || !definition.stays(t, node) ||
                  definition.rtt_ns(t, node) > definition::down(t.max_rtt_ms, 1e-6) ||
                  !state.way_open(t, node) || !state.room_on(t, n));
        }
    }
    for (const int threads : {2, 8}) CHECK(definition::same(near(ground, reach, threads), solution));
    return members;
}

}  // namespace

TEST(what_stays_home_keeps_the_rules_and_what_does_not_has_no_room) {
    std::mt19937 random(261);
    int members = 0;
    for (int i = 0; i < 800; ++i) {
        Case c = random_case(random, 20, 30);
        const auto sites =
            static_cast<std::int32_t>(i % 3 ? c.links.sites : std::min(c.links.sites, std::int64_t{3}));
        for (auto& n : c.nodes) n.site %= sites;  // few sites with much to do, at times
        for (auto& t : c.tasks) t.origin %= sites;
        members += check_near(c, Reach::kHome, i % 2 == 0);
    }
    for (int i = 0; i < 10; ++i) members += check_near(random_case(random, 150, 300, 6), Reach::kHome, false);
    CHECK(members > 2500);
}

TEST(what_stays_in_its_tree_keeps_the_rules_and_what_does_not_has_no_room) {
    std::mt19937 random(262);
    int members = 0;
    for (int i = 0; i < 800; ++i)
        members += check_near(random_case(random, 20, 30), Reach::kTree, i % 2 == 0);
    for (int i = 0; i < 10; ++i) members += check_near(random_case(random, 150, 300, 6), Reach::kTree, true);
    CHECK(members > 500);
}

TEST(large_trees_are_left_alone) {
    for (const int pools : {static_cast<int>(kMostNearPools), static_cast<int>(kMostNearPools) + 1}) {
        Case c;
        c.links.sites = pools + 1;
        for (std::int32_t s = 1; s <= pools; ++s) {
            c.links.add(0, s, 1);
            c.nodes.push_back({.site = s});
        }
        c.tasks = {{.origin = 0, .count = pools}};
        const auto problem = c.problem();
        const Solution solution = near(Groundwork(*problem, quiet), Reach::kTree);
        CHECK_EQ(solution.placed[0], pools > static_cast<int>(kMostNearPools) ? 0 : pools);
    }
}

TEST(large_sites_are_left_alone) {
    for (const int pools : {static_cast<int>(kMostNearPools), static_cast<int>(kMostNearPools) + 1}) {
        Case c = Case::one_site();
        c.objective.rtt_price = 0;
        for (int i = 0; i < pools; ++i) c.nodes.push_back({.access_rtt_ms = 1.0 + i});
        c.tasks = {{.count = pools}};
        const auto problem = c.problem();
        CHECK_EQ(at_home(*problem).placed[0], pools > static_cast<int>(kMostNearPools) ? 0 : pools);
    }
}

TEST(the_access_carries_both_ends) {
    Case c = Case::line(2);
    c.access_up_mbps = {10, kInf};
    c.access_down_mbps = {kInf, 9};
    c.nodes = {{.site = 0, .compute = 99}, {.site = 1, .compute = 99}};
    c.tasks = {{.origin = 0, .uplink_mbps = 2, .downlink_mbps = 1, .count = 9},
               {.origin = 1, .uplink_mbps = 1, .downlink_mbps = 2, .count = 9}};
    CHECK(placed(c) == (Counts{3, 3}));
    CHECK(placed(c, kRuleAccess) == (Counts{9, 9}));
    c.tasks.push_back({.origin = 0, .compute = 2, .uplink_mbps = 1, .count = 9});  // larger: goes first
    CHECK(placed(c) == (Counts{0, 3, 9}));
    c.tasks[2].uplink_mbps = 3;
    CHECK(placed(c) == (Counts{0, 3, 3}));
    c.tasks[2].uplink_mbps = 0;  // needs none
    CHECK(placed(c) == (Counts{3, 3, 9}));
    const auto problem = c.problem();
    const Solution solution = at_home(*problem);
    CHECK_EQ(solution.loads.load(solution.loads.of_access_up(SiteId(0))), 9'000'000);
    CHECK_EQ(solution.loads.load(solution.loads.of_access_down(SiteId(0))), 9'000'000);
    CHECK_EQ(solution.loads.load(solution.loads.of_arc(ArcId(0))), 0);
}

TEST(each_rule_by_hand) {
    Case c = Case::line(2);
    c.country = {0, 1};
    c.site_labels = {1, 2};
    c.nodes = {
        {.site = 0, .compute = 4, .access_rtt_ms = 2, .link_up_mbps = 3, .available_s = 60, .labels = 1}};
    const auto stays = [&](problem_cases::TaskRow t, unsigned disabled = 0) {
        c.tasks = {t};
        return placed(c, disabled)[0];
    };
    CHECK_EQ(stays({}), 1);
    CHECK_EQ(stays({.origin = 1}), 0);
    CHECK_EQ(stays({.compute = 5}), 0);
    CHECK_EQ(stays({.downlink_mbps = 4}), 0);  // its own line
    CHECK_EQ(stays({.max_rtt_ms = 1.9}), 0);
    CHECK_EQ(stays({.max_rtt_ms = 1.9}, kRuleLatency), 1);
    CHECK_EQ(stays({.max_rtt_ms = 2}), 1);
    CHECK_EQ(stays({.duration_s = 61}), 0);
    CHECK_EQ(stays({.duration_s = 61}, kRuleTime), 1);
    CHECK_EQ(stays({.duration_s = 60}), 1);
    CHECK_EQ(stays({.require = 2}), 0);
    CHECK_EQ(stays({.require = 2}, kRuleLabel), 1);
    CHECK_EQ(stays({.require = 5}), 1);
    CHECK_EQ(stays({.require = 8}), 0);         // country=Y
    CHECK_EQ(stays({.transit_forbid = 1}), 0);  // the origin itself may not be touched
    CHECK_EQ(stays({.transit_forbid = 1}, kRuleTransit), 1);
    CHECK_EQ(stays({.transit_forbid = 2}), 1);
}

TEST(the_cheapest_at_home_comes_first) {
    Case c = Case::one_site();
    c.objective.rtt_price = 0.25;
    c.nodes = {{.compute = 1, .price_compute = 3},
               {.compute = 1, .price_compute = 1, .access_rtt_ms = 4},  // 2 with its access
               {.compute = 1, .price_compute = 1},
               {.compute = 1, .price_compute = 2.5}};
    c.tasks = {{.compute = 1, .count = 3}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    CHECK(ground.is_cheap == (std::vector<std::uint8_t>(4, 1)));  // 3.3 of 3, or of 4
    const Solution solution = at_home(ground);
    std::vector<std::int64_t> rows;
    for (const Filling& f : solution.fillings)
        rows.push_back(
            problem->fleet().row_of_entry(problem->fleet().pools()[f.pool.at()].first_entry + f.first));
    CHECK(rows == (std::vector<std::int64_t>{2, 1, 3}));
}

TEST(dear_kinds_wait) {
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 10, .price_compute = 2},
               {.site = 1, .compute = 10, .price_compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1, .count = 5}, {.origin = 1, .compute = 1, .count = 4}};
    CHECK(placed(c) == (Counts{0, 4}));
    c.tasks[0].count = 6;  // 11 wanted
    CHECK(placed(c) == (Counts{6, 4}));
}

TEST(shapes_go_in_the_order_given) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 3}};
    c.tasks = {{.compute = 1, .count = 2}, {.compute = 2}, {.compute = 1.5, .count = 2}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const auto with = [&](std::vector<ShapeId> order) { return at_home(ground, 1, order).placed; };
    const ShapeId one(0), two(1), half(2);
    CHECK(with({one, two, half}) == (Counts{2, 0, 0}));
    CHECK(with({two, one, half}) == (Counts{1, 1, 0}));
    CHECK(with({half, two, one}) == (Counts{0, 0, 2}));
    CHECK(with({two}) == (Counts{0, 1, 0}));  // the others are not asked
}

TEST(what_is_placed_already_stays) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}};
    c.tasks = {{.compute = 1, .count = 3}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const auto order = placing_order(ground, Order::kLargeFirst);
    Placement placement(*problem);
    std::vector<Ledger> ledgers(1);
    placement.left(ClassId(0)) -= placement.fill(ShapeId(0), PoolId(0), 2, ledgers[0].fillings);
    ledgers[0].close(ClassId(0));
    CHECK(place_at_home(ground, order, placement, ledgers, {}, quiet));
    CHECK_EQ(placement.left(ClassId(0)), 0);
    CHECK(place_at_home(ground, order, placement, ledgers, {}, quiet));  // nothing to do
    const Solution solution = placement.finish(ledgers, 1);
    std::int64_t members = 0;
    for (const Filling& f : solution.fillings) members += f.slots * f.per_slot;
    CHECK_EQ(members, 3);
    CHECK_EQ(solution.placed[0], 3);
    CHECK_EQ(solution.fillings[0].per_slot, 2);
}

TEST(no_time_keeps_nobody_home) {
    Case c = Case::one_site();
    c.nodes = {{}};
    c.tasks = {{}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    Placement placement(*problem);
    std::vector<Ledger> ledgers;
    const auto order = placing_order(ground, Order::kLargeFirst);
    CHECK(!place_at_home(ground, order, placement, ledgers, {.time_limit_s = -1}, quiet));
    CHECK_EQ(placement.left(ClassId(0)), 1);
    const Solution solution = placement.finish(ledgers, 1);
    CHECK(solution.fillings.empty());
}

TEST(many_classes_go_in_rounds) {
    struct Rounds final : Control {
        void poll(std::string_view stage, std::int64_t done, std::int64_t of) override {
            CHECK_EQ(stage, "home");
            CHECK_EQ(done, polls);
            total = of;
            if (++polls == stop_at) throw Cancelled();
        }
        std::int64_t polls = 0, total = 0, stop_at = -1;
    };
    Case c;
    c.links.sites = 500;
    for (std::int32_t s = 1; s < 500; ++s) c.links.add(0, s, 1);
    for (std::int32_t s = 0; s < 500; ++s) c.nodes.push_back({.site = s, .compute = 500});
    c.tasks.resize(500 * 450);
    for (std::size_t i = 0; i < c.tasks.size(); ++i)
        c.tasks[i] = {.origin = static_cast<std::int32_t>(i / 450),
                      .compute = 1 + 0.001 * static_cast<double>(i % 450)};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const auto order = placing_order(ground, Order::kLargeFirst);
    std::vector<Solution> answers;
    for (const int threads : {1, 2, 8}) {
        Placement placement(*problem);
        std::vector<Ledger> ledgers;
        Rounds control;
        CHECK(
            place_at_home(ground, order, placement, ledgers, {.threads = threads, .stage = "home"}, control));
        CHECK(control.total > 1);
        CHECK_EQ(control.polls, control.total);
        answers.push_back(placement.finish(ledgers, 1));
        CHECK(definition::same(answers.back(), answers.front()));
    }
    for (std::size_t k = 0; k < c.tasks.size(); ++k) {
        const Workload::Class& of = problem->workload().classes()[k];
        for (std::size_t f = answers[0].of_class[k].first; f < answers[0].of_class[k].last; ++f)
            CHECK(problem->fleet().pools()[answers[0].fillings[f].pool.at()].site == of.origin);
    }
    // Demand per site is 551 of 500: what is large goes first, so each site leaves over the same.
    CHECK(std::ranges::count(answers[0].placed, 1) % 500 == 0);
    CHECK(std::ranges::count(answers[0].placed, 1) > 500 * 350);
    Placement placement(*problem);
    std::vector<Ledger> ledgers;
    Rounds control;
    control.stop_at = 2;
    CHECK_THROWS(Cancelled, "", place_at_home(ground, order, placement, ledgers, {.stage = "home"}, control));
}
