#include "gigafleet/eject.hpp"

#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

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

TEST(no_less_is_placed_at_any_level_and_every_rule_kept) {
    std::mt19937 random(5);
    int more = 0;
    for (int i = 0; i < 500; ++i) {
        const Stand stand(random_case(random, 8, 30));
        const auto market = stand.market();
        if (!market || !ranked_weights(*stand.problem)) continue;
        const Solution greedy = place_greedily(stand.ground, {.first = static_cast<First>(i % 3)}, quiet);
        SlotTable table(stand.ground, *market, greedy);
        place_rest(table, {.steps = 3000, .seed = static_cast<std::uint64_t>(i)}, quiet);
        const Solution placed = table.solution(1);
        const auto was = weight_by_level(*stand.problem, greedy.placed);
        const auto is = weight_by_level(*stand.problem, placed.placed);
        CHECK(is >= was);
        more += is > was;
        CHECK(definition::keeps_rules(stand.c, *stand.problem, placed));
    }
    CHECK(more > 20);
}

TEST(a_seed_gives_one_answer) {
    std::mt19937 random(6);
    for (int i = 0; i < 30; ++i) {
        const Stand stand(random_case(random, 8, 30));
        const auto market = stand.market();
        if (!market || !ranked_weights(*stand.problem)) continue;
        const Solution greedy = place_greedily(stand.ground, {}, quiet);
        const auto run = [&] {
            SlotTable table(stand.ground, *market, greedy);
            place_rest(table, {.steps = 2000, .seed = 7}, quiet);
            return table.solution(1);
        };
        CHECK(definition::same(run(), run()));
    }
}

TEST(no_steps_change_nothing) {
    std::mt19937 random(7);
    const Stand stand(random_case(random, 8, 30));
    const auto market = stand.market();
    const Solution greedy = place_greedily(stand.ground, {}, quiet);
    SlotTable table(stand.ground, *market, greedy);
    place_rest(table, {.steps = 0}, quiet);
    CHECK(table.solution(1).placed == greedy.placed);
}

TEST(no_time_is_told) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 1}};
    c.tasks = {{.compute = 1, .count = 2}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    CHECK(place_rest(table, {.steps = 1000}, quiet));
    CHECK(!place_rest(table, {.steps = 1000, .time_limit_s = 0}, quiet));
    CHECK_EQ(table.left(0), 1);
}

TEST(a_billion_tasks_left_over_wait_in_little_room) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 1, .count = 3}};
    c.tasks = {{.compute = 1, .count = 1'000'000'000'000}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    for (std::size_t slot = 0; slot < 3; ++slot) table.remove(0, slot);
    CHECK(place_rest(table, {.steps = 100'000}, quiet));
    CHECK_EQ(table.left(0), 999'999'999'997);
}
