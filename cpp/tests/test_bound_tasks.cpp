#include "gigafleet/bound_tasks.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

NoControl quiet;

/// Sites in a row with one node of `compute` each, and gangs of so many members from site 0.
Case gangs(std::vector<double> compute, std::vector<std::int64_t> sizes) {
    Case c = Case::line(std::ssize(compute));
    for (std::size_t s = 0; s < compute.size(); ++s)
        c.nodes.push_back({.site = static_cast<std::int32_t>(s), .compute = compute[s]});
    for (std::size_t g = 0; g < sizes.size(); ++g)
        c.tasks.push_back({.count = sizes[g], .gang = static_cast<std::int64_t>(g)});
    return c;
}

/// Members placed of each row.
std::vector<std::int64_t> placed(const Case& c) {
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    const Solution solution = place_greedily(ground, {}, quiet);
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < std::ssize(c.tasks); ++row)
        rows.push_back(solution.placed[problem->workload().class_of_row(row).at()]);
    return rows;
}

using Rows = std::vector<std::int64_t>;

}  // namespace

TEST(large_gangs_first_and_all_or_nothing) {
    CHECK(placed(gangs({4, 6, 8}, {3, 8, 4, 5, 3})) == Rows({0, 8, 4, 5, 0}));
    CHECK(placed(gangs({5, 5}, {6, 6})) == Rows({0, 0}));
}

TEST(higher_levels_leave_room_to_larger_gangs_of_lower_ones) {
    Case c = gangs({8, 4, 4}, {2, 2, 8});
    c.tasks[0].priority = c.tasks[1].priority = 1;
    CHECK(placed(c) == Rows({2, 2, 8}));  // although the first site is the cheapest
    c.tasks[0].count = 7;
    CHECK(placed(c) == Rows({7, 2, 0}));
    // One each beside what three large ones need, and all others in one place.
    std::vector<std::int64_t> sizes(11, 1);
    sizes.insert(sizes.end(), 3, 8);
    Case many = gangs({9, 9, 9}, sizes);
    for (std::size_t g = 0; g < 11; ++g) many.tasks[g].priority = 1;
    const Rows rows = placed(many);
    CHECK_EQ(std::count(rows.begin(), rows.begin() + 11, 1), 11);
    CHECK_EQ(std::count(rows.begin() + 11, rows.end(), 8), 2);
}

TEST(domains_of_several_sites) {
    Case c = gangs({4, 6, 8}, {10, 9});
    c.country = {0, 0, 1};
    for (auto& row : c.tasks) row.gang_level = kCountryLevel;
    CHECK(placed(c) == Rows({10, 0}));
    c.country = {0, -1, 1};
    CHECK(placed(c) == Rows({0, 0}));
}

TEST(members_leave_the_scarce_access_of_their_own_site_to_others) {
    // On its own site a member takes 1.5 of the access out, elsewhere 0.5: two on site 1, or one each.
    Case c = gangs({4, 1}, {2});
    c.country = {0, 0};
    c.access_up_mbps = {1.5, kInf};
    c.tasks[0].gang_level = kCountryLevel;
    c.tasks[0].uplink_mbps = 0.5;
    c.tasks[0].downlink_mbps = 1;
    CHECK(placed(c) == Rows({0}));  // the other site has room for one
    c.nodes[1].compute = 2;
    CHECK(placed(c) == Rows({2}));
    c.tasks[0].count = 3;
    CHECK(placed(c) == Rows({0}));
    c.access_up_mbps[0] = 2.5;
    CHECK(placed(c) == Rows({3}));
}

TEST(units_are_sorted_and_taken_from_what_others_place) {
    Case c = gangs({4, 6, 8}, {3, 8, 4, 3});
    c.tasks.push_back({.count = 5, .spread = 1});
    c.tasks.push_back({.count = 2});
    c.tasks.push_back({.gang = 9});
    c.tasks.back().count = 0;
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    Placement placement(*problem);
    PlacementSlots slots(placement);
    BoundTasks bound(ground, slots, nullptr);
    std::vector<std::int64_t> members;
    for (const BoundTasks::Unit& unit : bound.units()) members.push_back(bound.parts(unit).front().members);
    CHECK(members == Rows({8, 4, 3, 3, 5}));
    std::int64_t left = 0;
    for (std::uint32_t k = 0; k < problem->workload().classes().size(); ++k)
        left += placement.left(ClassId(k));
    CHECK_EQ(left, 2);
    CHECK(bound.holds(bound.units()[0], PoolId(2)) == BoundTasks::Held::kYes);
    CHECK(bound.holds(bound.units()[0], PoolId(1)) == BoundTasks::Held::kNo);
    std::vector<Ledger> ledgers;
    CHECK(bound.place(0, ledgers, INFINITY, "place", quiet));
    bound.finish();
    for (std::uint32_t k = 0; k < problem->workload().classes().size(); ++k)
        CHECK_EQ(placement.left(ClassId(k)), problem->bond(ClassId(k))
                                                 ? (problem->bond(ClassId(k)).spread == 0 ? 5 : 0)
                                                 : problem->workload().classes()[k].members);
}

TEST(late_is_late_and_stop_is_stop) {
    const Case c = gangs({4, 6}, {3, 5});
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    Placement placement(*problem);
    PlacementSlots slots(placement);
    BoundTasks bound(ground, slots, nullptr);
    std::vector<Ledger> ledgers;
    CHECK(!bound.place(0, ledgers, 0, "place", quiet));
    struct Stop final : Control {
        void poll(std::string_view, std::int64_t, std::int64_t) override { throw Cancelled(); }
    } stop;
    CHECK_THROWS(Cancelled, "", bound.place(0, ledgers, INFINITY, "place", stop));
}

TEST(what_one_call_skips_is_open_to_the_next) {
    // Beside a search that starts anew for each class, and shuts what the other skips.
    std::mt19937 random(136);
    int found = 0, skipped = 0;
    for (int i = 0; i < 500; ++i) {
        Case c = random_case(random, 20, 30, 1 + i % 3);
        for (auto& t : c.tasks)
            t = {.origin = t.origin,
                 .uplink_mbps = c.tasks[0].uplink_mbps,
                 .max_rtt_ms = c.tasks[0].max_rtt_ms};
        const auto problem = c.problem();
        if (problem->shapes().empty()) continue;
        const PoolView view(*problem, *problem->policies()[0]);
        Loads loads(*problem);
        const PoolRooms rooms(*problem);
        Candidates one(*problem, view, loads, rooms), other(*problem, view, loads, rooms);
        one.start(ShapeId(0));
        for (const Workload::Class& k : problem->workload().classes()) {
            std::set<std::size_t> disliked;
            for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
                if (random() % 2 == 0) disliked.insert(p);
            std::vector<PoolView::Range> ranges;  // trees that are skipped whole, when first met
            for (const std::uint32_t core : view.cores())
                if (random() % 3 == 0) ranges.push_back(view.of_core(core));
            for (const PoolView::Range& range : ranges)
                for (std::size_t at = range.first; at < range.last; ++at) disliked.insert(view[at].pool.at());
            PoolId taken, wanted;
            one.place(k.origin, 1, [&](PoolId pool, std::int64_t) {
                if (!disliked.contains(pool.at())) {
                    taken = pool;
                    return Candidates::kStop;
                }
                ++skipped;
                one.skip(ranges);
                return Candidates::kSkip;
            });
            other.start(ShapeId(0));
            other.place(k.origin, 1, [&](PoolId pool, std::int64_t) -> Candidates::Taken {
                if (disliked.contains(pool.at())) return 0;
                wanted = pool;
                return Candidates::kStop;
            });
            CHECK_EQ(taken, wanted);
            found += taken.valid();
        }
    }
    CHECK(found > 500 && skipped > 1000);
}

TEST(gangs_like_one_are_put_in_until_no_domain_holds_another) {
    const auto repeated = [](const Case& c, std::int64_t most) {
        const auto problem = c.problem();
        const Groundwork ground(*problem, quiet);
        Placement placement(*problem);
        PlacementSlots slots(placement);
        BoundTasks tasks(ground, slots, nullptr);
        Ledger ledger;
        const std::int64_t gangs = tasks.repeat(tasks.units().front(), most, ledger);
        std::int64_t members = 0;
        for (const Filling& filling : ledger.fillings) members += filling.slots * filling.per_slot;
        CHECK_EQ(members, gangs * c.tasks[0].count);
        return gangs;
    };
    Case c = gangs({400, 7, 900}, {3});
    CHECK_EQ(repeated(c, 10'000), 133 + 2 + 300);
    CHECK_EQ(repeated(c, 200), 200);
    c.tasks[0].gang_level = kNodeLevel;
    c.nodes[0].count = 50;
    CHECK_EQ(repeated(c, 100'000), 50 * 133 + 2 + 300);
    // At most two of a gang on a node.
    c = gangs({4}, {3});
    c.nodes[0].count = 100;
    c.tasks[0].spread = 0;
    c.tasks[0].spread_max = 2;
    CHECK_EQ(repeated(c, 1000), 133);
    c.nodes[0].compute = 1000;
    c.nodes[0].count = 2;
    const std::int64_t gangs = repeated(c, 1000);  // two of each on the first node, while there is room
    CHECK(500 <= gangs && gangs <= 666);
    c.nodes[0].count = 1;
    CHECK_EQ(repeated(c, 1000), 0);
}
