#include "gigafleet/placement.hpp"

#include <cmath>
#include <map>
#include <tuple>

#include "check.hpp"
#include "gigafleet/objective.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

using Key = std::tuple<std::uint32_t, std::int64_t, std::int64_t, std::int64_t>;
Key key(const Filling& f) { return {f.pool.value, f.first, f.slots, f.per_slot}; }

std::vector<Key> of_class(const Solution& s, std::size_t c) {
    std::vector<Key> keys;
    for (std::size_t f = s.of_class[c].first; f < s.of_class[c].last; ++f) keys.push_back(key(s.fillings[f]));
    return keys;
}

}  // namespace

TEST(an_entry_holds_what_came_since_the_last_one) {
    Ledger ledger;
    ledger.close(ClassId(3));  // nothing: no entry
    CHECK(ledger.entries.empty());
    ledger.fillings.resize(2);
    ledger.close(ClassId(1));
    ledger.close(ClassId(2));
    ledger.fillings.resize(3);
    ledger.close(ClassId(1));
    CHECK_EQ(ledger.entries.size(), 2u);
    CHECK(ledger.entries[0].of == ClassId(1));
    CHECK_EQ(ledger.entries[0].last, 2u);
    CHECK(ledger.entries[1].of == ClassId(1));
    CHECK_EQ(ledger.entries[1].last, 3u);
}

TEST(ledgers_are_joined_in_order) {
    std::mt19937 random(231);
    for (int i = 0; i < 300; ++i) {
        Case c = random_case(random, 6, 20);
        c.objective.risk_price = 0;  // it asks for the slots, which are made up here
        const auto problem = c.problem();
        const auto& classes = problem->workload().classes();
        const auto& pools = problem->fleet().pools();
        if (pools.empty()) continue;
        Placement placement(*problem);
        double cost = 0;
        std::vector<std::vector<Key>> wanted(classes.size());
        std::vector<Ledger> ledgers(random() % 6);
        std::size_t total = 0;
        for (Ledger& ledger : ledgers)
            for (std::size_t entries = classes.empty() ? 0 : random() % 8; entries > 0; --entries) {
                const std::size_t of = random() % classes.size();
                double own = 0;
                for (std::size_t n = random() % 4; n > 0; --n) {
                    const auto number = static_cast<std::int64_t>(++total);
                    const PoolId pool(total % pools.size());
                    ledger.fillings.push_back({pool, number, 1 + number % 3, 2});
                    own += static_cast<double>(2 * (1 + number % 3)) *
                           pair_cost(*problem, problem->shape(classes[of].shape), classes[of].origin,
                                     pools[pool.at()]);
                    wanted[of].push_back(key(ledger.fillings.back()));
                }
                const bool known = own != 0 && random() % 2;
                if (known) own += 1;  // wrong, to see that it is taken
                ledger.close(ClassId(of), known ? own : Ledger::kUnknown);
                cost += own;
            }
        std::vector<std::int64_t> placed(classes.size());
        for (std::size_t k = 0; k < classes.size(); ++k) {
            CHECK_EQ(placement.left(ClassId(k)), classes[k].members);
            placed[k] = static_cast<std::int64_t>(random() % static_cast<unsigned>(classes[k].members + 1));
            placement.left(ClassId(k)) -= placed[k];
        }
        placement.loads().add(0, 77);
        const Solution solution = placement.finish(ledgers, 2);
        CHECK_EQ(solution.fillings.size(), total);
        CHECK_EQ(solution.loads.load(0), 77);
        CHECK(std::isfinite(cost) ? std::abs(solution.cost - cost) <= 1e-9 * (1 + std::abs(cost))
                                  : !std::isfinite(solution.cost));
        CHECK_EQ(solution.status, Status::kComplete);
        CHECK(solution.placed == placed);
        std::size_t end = 0;
        for (std::size_t k = 0; k < classes.size(); ++k) {
            CHECK_EQ(solution.of_class[k].first, end);
            end = solution.of_class[k].last;
            CHECK(of_class(solution, k) == wanted[k]);
            CHECK_EQ(solution.reason[k],
                     placed[k] == classes[k].members ? Reason::kPlaced : Reason::kNotTried);
        }
    }
}

TEST(nothing_placed_is_an_answer) {
    Case c = Case::line(2);
    c.tasks = {{.count = 2}, {.compute = 3, .count = 0}};
    const auto problem = c.problem();
    const Solution solution = Placement(*problem).finish({}, 1);
    CHECK(solution.fillings.empty());
    CHECK_EQ(solution.reason[0], Reason::kNotTried);
    CHECK_EQ(solution.reason[1], Reason::kPlaced);  // nobody is missing
}

TEST(a_pool_is_filled_with_nodes_that_stay) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 2, .available_s = 50}, {.compute = 2, .available_s = 200, .count = 2}};
    c.tasks = {{.compute = 1, .duration_s = 100, .count = 9}, {.compute = 1, .energy_wh = 0, .count = 9}};
    for (const unsigned disabled : {0u, static_cast<unsigned>(kRuleTime)}) {
        const auto problem = c.problem(disabled);
        Placement placement(*problem);
        std::vector<Filling> out;
        const std::size_t timed = problem->shapes()[0].duration_ns > 0 ? 0 : 1;
        CHECK_EQ(placement.room(PoolId(0))[0], 2000);
        CHECK(placement.is_open(PoolId(0)));
        CHECK_EQ(placement.fill(ShapeId(timed), PoolId(0), 9, out), disabled ? 6 : 4);
        CHECK_EQ(placement.is_open(PoolId(0)), disabled == 0);
        CHECK_EQ(placement.fill(ShapeId(1 - timed), PoolId(0), 1, out), disabled ? 0 : 1);
        CHECK_EQ(placement.room(PoolId(0))[0], disabled ? 0 : 1000);
        CHECK_EQ(placement.fill(ShapeId(1 - timed), PoolId(0), 9, out), disabled ? 0 : 1);
        CHECK(!placement.is_open(PoolId(0)));
        CHECK_EQ(placement.room(PoolId(0))[0], 0);
        std::int64_t members = 0;
        for (const Filling& f : out) members += f.slots * f.per_slot;
        CHECK_EQ(members, 6);
        CHECK_EQ(placement.left(ClassId(0)), 9);  // the caller's
    }
}

TEST(rules_switched_off_lift_the_limits) {
    Case c = Case::line(2);
    c.capacity_mbps = {1};
    c.access_up_mbps = {2, 2};
    c.access_down_mbps = {3, 3};
    const auto room = [&](unsigned disabled, auto carrier) {
        const auto problem = c.problem(disabled);
        const Placement placement(*problem);
        return placement.loads().room(carrier(placement.loads()));
    };
    const auto arc = [](const Loads& loads) { return loads.of_arc(ArcId(0)); };
    const auto up = [](const Loads& loads) { return loads.of_access_up(SiteId(1)); };
    const auto down = [](const Loads& loads) { return loads.of_access_down(SiteId(0)); };
    CHECK_EQ(room(0, arc), 1'000'000);
    CHECK_EQ(room(0, up), 2'000'000);
    CHECK_EQ(room(0, down), 3'000'000);
    CHECK_EQ(room(kRuleLink, arc), kUnlimited);
    CHECK_EQ(room(kRuleLink, up), 2'000'000);
    CHECK_EQ(room(kRuleAccess, arc), 1'000'000);
    CHECK_EQ(room(kRuleAccess, up), kUnlimited);
    CHECK_EQ(room(kRuleAccess, down), kUnlimited);
}

TEST(slots_are_opened_one_by_one) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 6}, {.compute = 4, .price_compute = 1, .count = 2}};
    c.tasks = {{.compute = 1, .count = 9}};
    const auto problem = c.problem();
    Placement placement(*problem);
    std::vector<Filling> out;
    CHECK_EQ(placement.untouched(PoolId(0)), 6);
    CHECK_EQ(placement.open(PoolId(0), 2, 3, {2000}, {}, out), 3);
    CHECK_EQ(placement.open(PoolId(0), 3, 9, {4000}, {}, out), 1);
    CHECK_EQ(out.size(), 2u);
    CHECK(key(out[0]) == (Key{0, 2, 3, 1}));
    CHECK(key(out[1]) == (Key{0, 5, 1, 1}));
    CHECK_EQ(placement.untouched(PoolId(0)), 2);
    CHECK_EQ(placement.untouched(PoolId(1)), 2);
    CHECK_EQ(placement.left(ClassId(0)), 9);  // the caller's
    CHECK_EQ(placement.fill(ShapeId(0), PoolId(0), 99, out), 6 + 8);
    CHECK_EQ(placement.untouched(PoolId(0)), 0);
}

TEST(mean_capacity_shares_out_evenly) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .energy_wh = kInf, .count = 3}};
    c.tasks = {{}};
    const auto mean = [&] {
        const auto problem = c.problem();
        CHECK_EQ(problem->fleet().pools().size(), 1u);
        return Placement(*problem).mean_capacity(PoolId(0));
    };
    CHECK_EQ(mean()[0], 4000);
    CHECK_EQ(mean()[1], kUnlimited);
    c.nodes = {
        {.compute = 1, .energy_wh = 5}, {.compute = 2, .energy_wh = kInf}, {.compute = 6, .energy_wh = 7}};
    CHECK_EQ(mean()[0], 3000);
    CHECK(mean()[1] > kLargest / 4);  // one has no limit
    CHECK_EQ(mean()[2], kUnlimited);
    c.nodes = {{.compute = 1, .count = 3}, {.compute = 5}, {.compute = 6}, {.compute = 9, .count = 0}};
    CHECK_EQ(mean()[0], 2800);  // of nodes, not rows
}
