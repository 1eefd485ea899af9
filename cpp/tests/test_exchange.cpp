#include "gigafleet/exchange.hpp"

#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

constexpr std::int64_t kEnough = 1'000'000;

/// Tables that cannot be made cheaper by one move, exchange or replacement, if the search is right.
struct Settled {
    Settled(const Stand& stand, const Market& market)
        : table(stand.ground, market, place_greedily(stand.ground, {}, quiet)), problem(*stand.problem) {
        make_cheaper(table, {.steps = kEnough}, quiet);
    }
    SlotTable table;
    const Problem& problem;

    std::size_t slots() const { return table.first_slot(table.market().pools().size()); }
    float cost(std::uint32_t c, std::size_t slot) const { return table.cost(c, table.pool_of(slot)); }
    bool may_run(std::uint32_t c, std::size_t slot) {
        return cost(c, slot) != Market::kOut && table.fits(table.shape(c), slot) &&
               table.links_hold(c, table.pool_of(slot));
    }
    std::pair<std::int64_t, Quantity> rank(std::uint32_t c) const {
        const ShapeId shape = table.market().shape(table.shape(c));
        return {-static_cast<std::int64_t>(levels_of_shapes(problem)[shape.at()]),
                problem.shape(shape).weight};
    }

    bool any_move(std::uint32_t c, std::size_t from) {
        const float now = cost(c, from);
        table.remove(c, from);
        bool any = false;
        for (std::size_t to = 0; to < slots(); ++to)
            any = any || (cost(c, to) + 1e-3F < now && may_run(c, to));
        table.undo_to(0);
        return any;
    }
    bool any_exchange(std::uint32_t a, std::size_t at_a, std::uint32_t b, std::size_t at_b) {
        const float now = cost(a, at_a) + cost(b, at_b);
        // Only one that pays less is looked for a partner: where both pay more, together they do as well.
        if (!(cost(a, at_b) + cost(b, at_a) + 1e-3F < now)) return false;
        table.remove(a, at_a);
        table.remove(b, at_b);
        bool any = may_run(a, at_b);
        if (any) {
            table.add(a, at_b);
            any = may_run(b, at_a);
        }
        table.undo_to(0);
        return any;
    }
    bool any_replacement(std::uint32_t left_over, std::uint32_t c, std::size_t slot) {
        if (table.left(left_over) == 0 || rank(c) > rank(left_over)) return false;
        if (!(cost(left_over, slot) + 1e-3F < cost(c, slot))) return false;
        table.remove(c, slot);
        const bool any = may_run(left_over, slot);
        table.undo_to(0);
        return any;
    }
};

}  // namespace

TEST(what_tasks_pay_counts_as_cost) {
    // The cheap node becomes the dear one while the task pays 5 there.
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 1, .price_compute = 1}, {.site = 1, .compute = 1, .price_compute = 2}};
    c.tasks = {{.origin = 0, .compute = 1}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    const std::size_t cheap = market->pools()[0].id == PoolId(0) ? 0 : 1;
    std::vector<float> payments(2, 0);
    payments[cheap] = 5;
    table.set_payments(payments);
    CHECK_EQ(table.cost(0, cheap), 6.0f);
    make_cheaper(table, {.steps = 100}, quiet);
    CHECK_EQ(table.at(1 - cheap).size(), 1u);
    CHECK_EQ(table.solution(1).cost, 2.0);  // what is paid is no cost of the solution
    table.set_payments({});
    make_cheaper(table, {.steps = 100}, quiet);
    CHECK_EQ(table.at(cheap).size(), 1u);
}

TEST(two_tasks_change_places_where_that_is_cheaper) {
    Case c = Case::line(2);
    c.objective.rtt_price = 1;
    c.nodes = {{.site = 0, .compute = 1}, {.site = 1, .compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1}, {.origin = 1, .compute = 1}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    const auto at = [&](std::uint32_t of) { return table.at(0).front().of == of ? 0u : 1u; };
    if (table.cost(0, at(0)) == 0) {  // put them the wrong way round
        const std::size_t home = at(0);
        table.remove(0, home);
        table.remove(1, 1 - home);
        table.add(0, 1 - home);
        table.add(1, home);
    }
    CHECK(table.solution(1).cost > 3);
    make_cheaper(table, {.steps = 1000}, quiet);
    CHECK_EQ(table.solution(1).cost, 0.0);
}

TEST(a_task_left_over_takes_the_place_of_a_dearer_one) {
    Case c = Case::line(2);
    c.objective.rtt_price = 1;
    c.nodes = {{.site = 0, .compute = 1}};
    c.tasks = {{.origin = 1, .compute = 1}, {.origin = 0, .compute = 1}};
    for (const std::int32_t priority : {0, 1}) {  // of the dearer one
        c.tasks[0].priority = priority;
        const Stand stand(Case{c});
        const auto market = stand.market();
        SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        const std::uint32_t near = table.cost(0, 0) == 0 ? 0 : 1;
        if (table.at(0).front().of == near) {
            table.remove(near, 0);
            table.add(1 - near, 0);
        }
        make_cheaper(table, {.steps = 1000}, quiet);
        CHECK_EQ(table.at(0).front().of, priority == 0 ? near : 1 - near);
        CHECK_EQ(table.left(0) + table.left(1), 1);
    }
}

TEST(cheaper_no_less_at_any_level_and_every_rule_kept) {
    std::mt19937 random(5);
    int cheaper = 0;
    for (int i = 0; i < 500; ++i) {
        const Stand stand(random_case(random, 8, 30));
        const auto market = stand.market();
        if (!market) continue;
        const Solution greedy = place_greedily(stand.ground, {.first = static_cast<First>(i % 3)}, quiet);
        SlotTable table(stand.ground, *market, greedy);
        make_cheaper(table, {.steps = 3000}, quiet);
        const Solution solution = table.solution(1);
        CHECK(weight_by_level(*stand.problem, solution.placed) >=
              weight_by_level(*stand.problem, greedy.placed));
        if (solution.placed == greedy.placed)
            CHECK(solution.cost <= greedy.cost + 1e-5 * (1 + std::abs(greedy.cost)));
        cheaper += solution.cost < greedy.cost - 1e-5 * (1 + std::abs(greedy.cost));
        CHECK(definition::keeps_rules(stand.c, *stand.problem, solution));
    }
    CHECK(cheaper > 20);
}

TEST(nothing_is_left_that_would_be_cheaper_by_itself) {
    std::mt19937 random(8);
    int looked = 0;
    for (int i = 0; i < 300; ++i) {
        const Stand stand(random_case(random, 6, 12));
        const auto market = stand.market();
        if (!market) continue;
        Settled settled(stand, *market);
        std::vector<std::pair<std::uint32_t, std::size_t>> seats;
        for (std::size_t slot = 0; slot < settled.slots(); ++slot)
            for (const SlotTable::Entry& entry : settled.table.at(slot)) seats.emplace_back(entry.of, slot);
        for (const auto& [c, slot] : seats) {
            CHECK(!settled.any_move(c, slot));
            for (const auto& [other, there] : seats)
                CHECK(settled.table.pool_of(slot) == settled.table.pool_of(there) ||
                      !settled.any_exchange(c, slot, other, there));
            for (std::uint32_t left = 0; left < market->classes().size(); ++left)
                CHECK(!settled.any_replacement(left, c, slot));
            ++looked;
        }
    }
    CHECK(looked > 100);
}

TEST(no_steps_and_no_time_change_nothing) {
    std::mt19937 random(7);
    const Stand stand(random_case(random, 8, 30));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {}, quiet);
    SlotTable table(stand.ground, *market, greedy);
    CHECK(make_cheaper(table, {.steps = 0}, quiet));
    CHECK(!make_cheaper(table, {.steps = 1000, .time_limit_s = 0}, quiet));
    CHECK(definition::same(table.solution(1), greedy));
}
