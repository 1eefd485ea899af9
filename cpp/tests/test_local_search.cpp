#include "gigafleet/local_search.hpp"

#include "definition.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

WideQuantity weight_of(const Problem& problem, const Solution& solution) {
    WideQuantity weight = 0;
    for (std::size_t c = 0; c < solution.placed.size(); ++c)
        weight +=
            WideQuantity{problem.shape(problem.workload().classes()[c].shape).weight} * solution.placed[c];
    return weight;
}

Case one_level(std::mt19937& random) {
    Case c = random_case(random, 8, 30);
    for (auto& t : c.tasks) t.priority = 0;
    return c;
}

}  // namespace

TEST(a_task_in_the_way_moves_on) {
    // The small task fits both nodes and sits on the large one, which the large task needs.
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 4, .price_compute = 0}, {.site = 1, .compute = 1, .price_compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1}, {.origin = 0, .compute = 4}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {.order = Order::kDenseFirst}, quiet);
    CHECK_EQ(greedy.placed[0] + greedy.placed[1], 1);
    SlotTable table(stand.ground, *market, greedy);
    place_rest(table, {.steps = 1000}, quiet);
    const Solution solution = table.solution(1);
    CHECK_EQ(solution.placed[0] + solution.placed[1], 2);
}

TEST(a_set_of_different_tasks_makes_room) {
    // The large node holds one task of each small kind; only without both is there room for the large task.
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 4, .price_compute = 0}, {.site = 1, .compute = 3, .price_compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1}, {.origin = 0, .compute = 2}, {.origin = 0, .compute = 4}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market,
                    place_greedily(stand.ground, {.order = Order::kDenseFirst}, quiet));
    CHECK_EQ(table.at(0).size(), 2u);
    place_rest(table, {.steps = 1000}, quiet);
    const Solution solution = table.solution(1);
    CHECK_EQ(solution.placed[0] + solution.placed[1] + solution.placed[2], 3);
}

TEST(nobody_leaves_who_makes_no_room_that_is_needed) {
    // Two of the four small tasks are enough; the others stay.
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 4, .price_compute = 0}, {.site = 1, .compute = 2, .price_compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1, .count = 4}, {.origin = 0, .compute = 2, .duration_s = 1}};
    c.nodes[1].available_s = 0.5;  // too short for the large task
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market,
                    place_greedily(stand.ground, {.order = Order::kDenseFirst}, quiet));
    place_rest(table, {.steps = 1000}, quiet);
    const Solution solution = table.solution(1);
    CHECK_EQ(solution.placed[0] + solution.placed[1], 5);
}

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

TEST(never_worse_and_never_against_a_rule) {
    std::mt19937 random(5);
    int more = 0, cheaper = 0;
    for (int i = 0; i < 500; ++i) {
        const Stand stand(one_level(random));
        const auto market = stand.market();
        if (!market) continue;
        const Solution greedy = place_greedily(stand.ground, {.first = static_cast<First>(i % 3)}, quiet);
        SlotTable table(stand.ground, *market, greedy);
        place_rest(table, {.steps = 3000, .seed = static_cast<std::uint64_t>(i)}, quiet);
        const Solution placed = table.solution(1);
        CHECK(weight_of(*stand.problem, placed) >= weight_of(*stand.problem, greedy));
        more += weight_of(*stand.problem, placed) > weight_of(*stand.problem, greedy);
        make_cheaper(table, {.steps = 3000}, quiet);
        const Solution solution = table.solution(1);
        CHECK(solution.placed == placed.placed);
        CHECK(solution.cost <= placed.cost + 1e-5 * (1 + std::abs(placed.cost)));
        cheaper += solution.cost < placed.cost - 1e-5 * (1 + std::abs(placed.cost));
        Definition definition(stand.c);
        State state(definition, stand.c);
        CHECK(definition::play(stand.c, *stand.problem, solution, definition, state).kept);
    }
    CHECK(more > 20);
    CHECK(cheaper > 3);
}

TEST(a_seed_gives_one_answer) {
    std::mt19937 random(6);
    for (int i = 0; i < 30; ++i) {
        const Stand stand(one_level(random));
        const auto market = stand.market();
        if (!market) continue;
        const Solution greedy = place_greedily(stand.ground, {}, quiet);
        const auto run = [&] {
            SlotTable table(stand.ground, *market, greedy);
            place_rest(table, {.steps = 2000, .seed = 7}, quiet);
            make_cheaper(table, {.steps = 2000}, quiet);
            return table.solution(1);
        };
        CHECK(definition::same(run(), run()));
    }
}

TEST(no_steps_and_no_time_change_nothing) {
    std::mt19937 random(7);
    const Stand stand(one_level(random));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {}, quiet);
    SlotTable table(stand.ground, *market, greedy);
    place_rest(table, {.steps = 0}, quiet);
    make_cheaper(table, {.steps = 0}, quiet);
    CHECK(table.solution(1).placed == greedy.placed);
}
