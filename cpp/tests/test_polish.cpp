#include "gigafleet/polish.hpp"

#include "definition.hpp"
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

std::int64_t members_of(const Solution& solution) {
    std::int64_t sum = 0;
    for (const std::int64_t placed : solution.placed) sum += placed;
    return sum;
}

}  // namespace

TEST(a_polished_solution_keeps_rules_and_is_maximal) {
    std::mt19937 random(8);
    for (int i = 0; i < 300; ++i) {
        Case a_case = random_case(random, 10, 30);
        for (auto& t : a_case.tasks) {
            t.priority = 0;
            t.weight = 1;
        }
        const Stand stand(std::move(a_case));
        Solution solution = place_greedily(stand.ground, {.first = First::kAtPrices}, quiet);
        const std::int64_t before = members_of(solution);
        const double cost = solution.cost;
        polish(stand.ground, solution, {.thorough = i % 2 == 0}, quiet);
        CHECK(members_of(solution) >= before);
        if (members_of(solution) == before) CHECK(solution.cost <= cost);
        Definition definition(stand.c);
        State state(definition, stand.c);
        const auto played = definition::play(stand.c, *stand.problem, solution, definition, state);
        CHECK(played.kept);
        const auto& classes = stand.problem->workload().classes();
        for (std::size_t k = 0; k < classes.size(); ++k)
            if (solution.placed[k] < classes[k].members) {
                const auto row = static_cast<std::size_t>(classes[k].first_row);
                CHECK(state.first_gate(stand.c.tasks[row]) != Reason::kPlaced);
            }
    }
}

TEST(prices_tell_who_belongs_where) {
    // Small nodes are short of energy, large ones of compute: lean and hungry tasks, mixed up, have to change
    // places before the rest fits. Placing at prices places more than ejecting alone, with as many steps.
    std::mt19937 random(9);
    std::int64_t by_prices = 0, by_ejecting = 0;
    for (int i = 0; i < 12; ++i) {
        Case c = Case::line(2);
        c.objective.rtt_price = 0;
        c.nodes = {{.site = 0, .compute = 8, .energy_wh = 4, .count = 8},
                   {.site = 1, .compute = 8, .energy_wh = 30, .count = 8}};
        for (int t = 0; t < 40; ++t)
            c.tasks.push_back({.origin = static_cast<std::int32_t>(random() % 2),
                               .compute = 0.5 + 0.25 * static_cast<double>(random() % 10),
                               .energy_wh = 0.25 * static_cast<double>(random() % 20),
                               .duration_s = 3600,
                               .count = 2});
        const Stand stand(std::move(c));
        Solution ejected = place_greedily(stand.ground, {}, quiet), priced = ejected;
        polish(stand.ground, ejected, {.cheaper = false}, quiet);
        polish(stand.ground, priced, {.cheaper = true}, quiet);
        by_ejecting += members_of(ejected);
        by_prices += members_of(priced);
    }
    CHECK(by_prices > by_ejecting);
}

TEST(what_has_priority_is_never_left_out_for_others) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}};
    c.tasks = {{.compute = 1, .priority = 1}, {.compute = 4, .weight = 9}, {.compute = 3, .weight = 1}};
    const Stand stand(std::move(c));
    Solution solution = place_greedily(stand.ground, {.order = Order::kLargeFirst}, quiet);
    polish(stand.ground, solution, {.thorough = true}, quiet);
    const auto& classes = stand.problem->workload().classes();
    for (std::size_t k = 0; k < classes.size(); ++k)
        CHECK_EQ(solution.placed[k], stand.problem->shape(classes[k].shape).demand[0] < 4'000);
}

TEST(each_level_in_turn_reaches_no_less) {
    std::mt19937 random(10);
    int more = 0;
    for (int i = 0; i < 300 / check::kShare; ++i) {
        Case a_case = random_case(random, 10, 40);
        for (auto& t : a_case.tasks) t.priority = static_cast<std::int32_t>(random() % 3);
        const Stand stand(std::move(a_case));
        Solution solution = place_greedily(stand.ground, {.first = First::kAtPrices}, quiet);
        const auto before = weight_by_level(*stand.problem, solution.placed);
        const double cost = solution.cost;
        polish(stand.ground, solution, {.thorough = i % 2 == 0}, quiet);
        const auto after = weight_by_level(*stand.problem, solution.placed);
        CHECK(after > before || (after == before && solution.cost <= cost));
        more += after > before;
        CHECK(definition::keeps_rules(stand.c, *stand.problem, solution));
    }
    CHECK(more > 0);
}

TEST(no_time_is_told_and_keeps_what_there_is) {
    Case c = Case::line(2);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 4, .price_compute = 0}, {.site = 1, .compute = 1, .price_compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1}, {.origin = 0, .compute = 4}};
    const Stand stand(std::move(c));
    const Solution before = place_greedily(stand.ground, {.order = Order::kDenseFirst}, quiet);
    Solution solution = before;
    polish(stand.ground, solution, {.time_limit_s = 0}, quiet);
    CHECK_EQ(solution.status, Status::kTimeLimit);
    CHECK(solution.placed == before.placed);
    polish(stand.ground, solution = before, {}, quiet);
    CHECK_EQ(solution.status, Status::kComplete);
    CHECK_EQ(members_of(solution), 2);
}
