#include "gigafleet/market.hpp"

#include <cmath>
#include <map>
#include <set>

#include "definition.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using definition::Definition;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * (1 + std::abs(a) + std::abs(b)); }

/// Node rows of a pool that have members.
std::vector<std::size_t> rows_of(const Case& c, const Fleet& fleet, PoolId id) {
    std::vector<std::size_t> rows;
    const Fleet::Pool& pool = fleet.pools()[id.at()];
    for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
        if (const auto row = static_cast<std::size_t>(fleet.row_of_entry(e)); c.nodes[row].count > 0)
            rows.push_back(row);
    return rows;
}

/// What of a case a test has placed, and how many slots of each pool it touched.
struct Begun {
    std::vector<std::set<std::int64_t>> touched;

    Begun(Stand& stand, std::mt19937& random) : touched(stand.problem->fleet().pools().size()) {
        const auto& shapes = stand.problem->shapes();
        const auto& classes = stand.problem->workload().classes();
        for (std::size_t k = 0; k < classes.size(); ++k)
            stand.placement.left(ClassId(k)) -= random() % 3 ? 0 : classes[k].members;
        if (stand.problem->fleet().any_varied()) return;
        for (std::size_t p = 0; p < touched.size() && !shapes.empty(); ++p) {
            std::vector<Filling> out;
            if (random() % 2 == 0)
                stand.placement.fill(ShapeId(random() % shapes.size()), PoolId(p),
                                     static_cast<std::int64_t>(random() % 5), out);
            for (const Filling& f : out)
                for (std::int64_t slot = f.first; slot < f.first + f.slots; ++slot) touched[p].insert(slot);
        }
    }
};

void check_classes(const Stand& stand, const Market& market) {
    const auto& classes = stand.problem->workload().classes();
    std::set<ClassId> wanted, seen;
    for (std::size_t k = 0; k < classes.size(); ++k)
        if (stand.placement.left(ClassId(k)) > 0 && std::ranges::count(stand.level, classes[k].shape))
            wanted.insert(ClassId(k));
    std::map<std::uint32_t, SiteId> origin_of_row;
    std::set<SiteId> origins;
    CHECK_EQ(market.first_class(0), 0u);
    CHECK_EQ(market.first_class(market.shapes()), market.classes().size());
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) {
        const Market::Class& k = market.classes()[c];
        CHECK(seen.insert(k.id).second);
        CHECK(classes[k.id.at()].shape == market.shape(s));
        CHECK_EQ(k.members, static_cast<double>(stand.placement.left(k.id)));
        CHECK(k.origin < market.origins());
        CHECK(origin_of_row.try_emplace(k.origin, classes[k.id.at()].origin).first->second ==
              classes[k.id.at()].origin);
        origins.insert(classes[k.id.at()].origin);
    });
    CHECK(seen == wanted);
    CHECK_EQ(origins.size(), market.origins());
    for (std::size_t s = 0; s < market.shapes(); ++s)
        CHECK(market.first_class(s) < market.first_class(s + 1));
}

void check_pools(const Stand& stand, const Market& market, const Begun& begun) {
    const Fleet& fleet = stand.problem->fleet();
    std::set<PoolId> wanted, seen;
    for (std::size_t p = 0; p < fleet.pools().size(); ++p)
        if (fleet.pools()[p].slots > static_cast<std::int64_t>(begun.touched[p].size()))
            wanted.insert(PoolId(p));
    std::map<std::pair<SiteId, std::int64_t>, std::size_t> spots;
    for (std::size_t h = 0; h < market.spots(); ++h)
        for (std::size_t p = market.first_pool(h); p < market.first_pool(h + 1); ++p) {
            const Market::Pool& pool = market.pools()[p];
            const Fleet::Pool& of = fleet.pools()[pool.id.at()];
            CHECK(seen.insert(pool.id).second);
            CHECK_EQ(pool.spot, h);
            CHECK_EQ(pool.slots, of.slots - static_cast<std::int64_t>(begun.touched[pool.id.at()].size()));
            const auto rtt = definition::up(
                stand.c.nodes[static_cast<std::size_t>(fleet.row_of_entry(of.first_entry))].access_rtt_ms,
                1e-6);
            CHECK_EQ(spots.try_emplace({of.site, rtt}, h).first->second, h);
        }
    CHECK(seen == wanted);
    CHECK_EQ(spots.size(), market.spots());
}

/// Demand, capacity: in the dimensions that matter, in multiples of the mean demand.
void check_amounts(const Stand& stand, const Market& market, Definition& definition) {
    const Fleet& fleet = stand.problem->fleet();
    const auto& classes = stand.problem->workload().classes();
    const auto task_of = [&](ClassId id) {
        return stand.c.tasks[static_cast<std::size_t>(classes[id.at()].first_row)];
    };
    std::vector<std::size_t> dimensions;
    for (std::size_t d = 0; d < 4; ++d) {
        double asked = 0, members = 0;
        for (const Market::Class& k : market.classes()) {
            asked += k.members * static_cast<double>(definition.demand(task_of(k.id))[d]);
            members += k.members;
        }
        bool limited = false;
        for (const Market::Pool& pool : market.pools()) {
            bool endless = false;
            for (const std::size_t row : rows_of(stand.c, fleet, pool.id))
                endless = endless || definition.capacity(stand.c.nodes[row])[d] == kUnlimited;
            limited = limited || !endless;
        }
        if (asked == 0 || !limited) continue;
        const std::size_t at = dimensions.size();
        dimensions.push_back(d);
        if (at >= market.dimensions()) continue;
        CHECK(near(market.unit(at), asked / members));
        for (std::size_t s = 0; s < market.shapes(); ++s)
            CHECK(near(market.demand(s)[at] * market.unit(at),
                       static_cast<double>(stand.problem->shape(market.shape(s)).demand[d])));
    }
    CHECK_EQ(market.dimensions(), dimensions.size());
    for (std::size_t at = 0; at < market.dimensions(); ++at) CHECK_EQ(market.dimension(at), dimensions[at]);
    for (std::size_t p = 0; p < market.pools().size(); ++p) {
        const Market::Pool& pool = market.pools()[p];
        double tasks = INFINITY;
        for (std::size_t at = 0; at < market.dimensions(); ++at) {
            double sum = 0, nodes = 0;
            bool some = false, all = true;
            for (const std::size_t row : rows_of(stand.c, fleet, pool.id)) {
                const Quantity own = definition.capacity(stand.c.nodes[row])[dimensions[at]];
                sum += static_cast<double>(own) * static_cast<double>(stand.c.nodes[row].count);
                nodes += static_cast<double>(stand.c.nodes[row].count);
                some = some || own == kUnlimited;
                all = all && own == kUnlimited;
            }
            const double mean = sum / nodes / market.unit(at);
            tasks = std::min(tasks, all ? INFINITY : mean);
            if (some && !all) tasks = pool.tasks_a_slot;  // neither finite nor endless: see below
            if (all && !fleet.is_varied(dimensions[at]))
                CHECK_EQ(market.capacity(p)[at], INFINITY);
            else if (some)
                CHECK(market.capacity(p)[at] > 1e10);
            else
                CHECK(std::abs(market.capacity(p)[at] / static_cast<double>(pool.slots) - mean) <
                      1e-5 * mean + 2 / market.unit(at));
        }
        if (!fleet.any_varied())
            CHECK(std::isinf(tasks) ? std::isinf(pool.tasks_a_slot) : near(pool.tasks_a_slot, tasks));
    }
}

/// Returns how many pairs are open.
int check_costs(const Stand& stand, const Market& market, Definition& definition) {
    const Fleet& fleet = stand.problem->fleet();
    const auto& classes = stand.problem->workload().classes();
    int open_pairs = 0;
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) {
        const auto& t =
            stand.c.tasks[static_cast<std::size_t>(classes[market.classes()[c].id.at()].first_row)];
        const Amounts need = definition.demand(t);
        for (std::size_t p = 0; p < market.pools().size(); ++p) {
            const auto rows = rows_of(stand.c, fleet, market.pools()[p].id);
            const auto& n = stand.c.nodes[rows.front()];
            Amounts most{};
            bool stays = false;
            for (const std::size_t row : rows) {
                const Amounts capacity = definition.capacity(stand.c.nodes[row]);
                for (std::size_t d = 0; d < 4; ++d) most[d] = std::max(most[d], capacity[d]);
                stays = stays || definition.stays(t, stand.c.nodes[row]);
            }
            const bool may_run = definition.labels_pass(t, n) && stays && holds(most, need);
            const bool in_reach = definition.trip(t, n.site).exists &&
                                  definition.rtt_ns(t, n) <= definition::down(t.max_rtt_ms, 1e-6);
            const float own = market.own_cost(s)[p];
            const float way =
                market.ways(market.group(s), market.classes()[c].origin)[market.pools()[p].spot];
            CHECK_EQ(own != Market::kOut, may_run);
            CHECK_EQ(way != Market::kOut, in_reach);
            if (own != Market::kOut) CHECK(market.penalty(s) > static_cast<double>(own));
            if (!may_run || !in_reach) continue;
            CHECK(near(static_cast<double>(own + way), definition.cost(t, n)));
            ++open_pairs;
        }
    });
    CHECK(market.scale() > 0);
    return open_pairs;
}

}  // namespace

TEST(a_market_is_what_the_definition_says) {
    std::mt19937 random(311);
    int none = 0, open_pairs = 0, unlike = 0;
    for (int i = 0; i < 600; ++i) {
        Case c = random_case(random, 14, 24, i % 20 ? 1 : 4);
        c.objective.risk_price = 0;  // it is of a slot, not of a pool
        if (i % 3 == 0)              // few kinds: large pools
            for (auto& n : c.nodes)
                n = {
                    .site = n.site > 2, .compute = n.compute, .available_s = n.available_s, .count = n.count};
        if (i % 2 == 0)
            for (auto& t : c.tasks) t.require = t.any_of = t.forbid = 0;
        Stand stand(std::move(c));
        const Begun begun(stand, random);
        std::erase_if(stand.level, [&](ShapeId) { return random() % 5 == 0; });
        bool any_class = false, any_pool = false;
        for (std::size_t k = 0; k < stand.problem->workload().classes().size(); ++k)
            any_class =
                any_class || (stand.placement.left(ClassId(k)) > 0 &&
                              std::ranges::count(stand.level, stand.problem->workload().classes()[k].shape));
        for (std::size_t p = 0; p < begun.touched.size(); ++p)
            any_pool = any_pool || stand.problem->fleet().pools()[p].slots >
                                       static_cast<std::int64_t>(begun.touched[p].size());
        const std::optional<Market> market = stand.market(1 + i % 3);
        CHECK_EQ(market.has_value(), any_class && any_pool);
        CHECK(Market::is_possible(stand.ground));
        if (!market) {
            ++none;
            continue;
        }
        Definition definition(stand.c);
        unlike += stand.problem->fleet().any_varied();
        check_classes(stand, *market);
        check_pools(stand, *market, begun);
        check_amounts(stand, *market, definition);
        open_pairs += check_costs(stand, *market, definition);
    }
    CHECK(none > 20 && none < 200);
    CHECK(open_pairs > 1500);
    CHECK(unlike > 100);
}

TEST(rules_switched_off_open_pairs) {
    Case c = Case::line(2);
    c.nodes = {{.site = 1, .available_s = 10}};
    c.tasks = {{.origin = 0, .max_rtt_ms = 1, .duration_s = 20, .require = 1}};
    for (const unsigned disabled : {0u, unsigned{kRuleTime}, unsigned{kRuleLabel}, unsigned{kRuleLatency},
                                    unsigned{kRuleTime | kRuleLabel}}) {
        const auto problem = c.problem(disabled);
        const Groundwork ground(*problem, quiet);
        const auto market = Market::make(ground, std::vector{ShapeId(0)}, Placement(*problem), 1);
        CHECK_EQ(market->own_cost(0)[0] != Market::kOut, disabled == unsigned{kRuleTime | kRuleLabel});
        CHECK_EQ(market->ways(0, 0)[0] != Market::kOut, disabled == unsigned{kRuleLatency});
    }
}

TEST(more_weight_is_dearer_to_leave_out) {
    Case c = Case::one_site();
    c.nodes = {{.price_compute = 1}};
    c.tasks = {{.compute = 1, .weight = 1}, {.compute = 1, .weight = 4}};
    const Stand stand(c);
    const auto market = stand.market();
    const double a = market->penalty(0), b = market->penalty(1);
    CHECK(std::max(a, b) > 3 * std::min(a, b));
    CHECK(std::min(a, b) > 2);
    CHECK(near(market->scale(), 1));
    CHECK_EQ(a > b,
             stand.problem->shape(market->shape(0)).weight > stand.problem->shape(market->shape(1)).weight);
}

TEST(nothing_where_nobody_chooses) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 2}};
    c.tasks = {{.compute = 1, .count = 3}};
    Stand stand(c);
    CHECK(stand.market());
    std::vector<Filling> out;
    stand.placement.open(PoolId(0), 0, 1, {1000}, {}, out);
    CHECK_EQ(stand.market()->pools()[0].slots, 1);
    CHECK_EQ(stand.market()->capacity(0)[0], 4);
    stand.placement.left(ClassId(0)) = 0;
    CHECK(!stand.market());
    stand.placement.left(ClassId(0)) = 1;
    CHECK_EQ(stand.market()->classes()[0].members, 1);
    stand.placement.open(PoolId(0), 0, 1, {1000}, {}, out);
    CHECK(!stand.market());
    CHECK(!Market::make(stand.ground, {}, Placement(*stand.problem), 1));
}

TEST(dimensions_that_nobody_lacks_are_left_out) {
    Case c = Case::one_site();
    for (int i = 0; i < 16; ++i)  // two kinds
        c.nodes.push_back(
            {.compute = kInf, .link_up_mbps = i % 2 ? 7 : kInf, .link_down_mbps = i % 2 ? 5 : kInf});
    c.tasks = {{.compute = 1, .uplink_mbps = 2}};
    const Stand stand(c);
    const auto market = stand.market();
    CHECK_EQ(market->dimensions(), 1u);  // compute has no limit, nobody asks for replies
    CHECK_EQ(market->dimension(0), stand.problem->fleet().schema().line_down());
    for (std::size_t p = 0; p < 2; ++p)
        CHECK(std::isinf(market->capacity(p)[0]) || market->capacity(p)[0] == 20);
    CHECK_EQ(market->pools().size(), 2u);
    Case free = Case::one_site();
    free.nodes = {{.compute = kInf}};
    free.tasks = {{.compute = 1}};
    CHECK_EQ(Stand(free).market()->dimensions(), 0u);
}

TEST(large_tables_are_refused) {
    const auto both = [](const Case& c) {
        const Stand stand(c);
        const bool possible = Market::is_possible(stand.ground);
        CHECK_EQ(stand.market(2).has_value(), possible);
        return possible;
    };
    // Shapes by pools: 2^11 · 2^11.
    Case c = Case::one_site();
    for (int i = 0; i < 2048; ++i) {
        c.nodes.push_back({.compute = 4, .price_compute = 1.0 + i});
        c.tasks.push_back({.compute = 1 + 1e-3 * i});
    }
    CHECK(both(c));
    c.nodes.push_back({.compute = 5});
    CHECK(!both(c));
    // Origins by spots: 2^11 · 2^12, and a group more.
    Case star;
    star.links.sites = 4096;
    for (std::int32_t s = 0; s < 4096; ++s) {
        if (s > 0) star.links.add(0, s, 1);
        star.nodes.push_back({.site = s});
        if (s < 2048) star.tasks.push_back({.origin = s});
    }
    CHECK(both(star));
    star.tasks.push_back({.origin = 0, .compute = 2});
    CHECK(both(star));  // the same ways
    star.nodes.push_back({.site = 0, .access_rtt_ms = 1});
    CHECK(!both(star));
    star.nodes.pop_back();
    star.tasks.push_back({.origin = 0, .max_rtt_ms = 2});
    CHECK(!both(star));
}
