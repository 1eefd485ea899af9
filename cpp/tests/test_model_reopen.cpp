#include "gigafleet/model_reopen.hpp"

#include <algorithm>

#include "check.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/stream.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

ClassId class_of(const Problem& problem, std::int64_t row) { return problem.workload().class_of_row(row); }

/// Two cars of 4 units that may load 2 GB together; models of 1 and 2 GB.
Case two_cars() {
    Case c = Case::one_site();
    c.weights = {1, 2};
    c.nodes = {{.compute = 4, .link_down_mbps = 80, .count = 2}};
    c.access_down_mbps = {54};  // 2.025 GB in ten minutes
    c.tasks = {{.count = 9, .model = 0}, {.count = 9, .model = 1}, {.count = 9}};
    return c;
}

std::vector<SeatRefusal> seat(const Problem& problem, const std::vector<ModelSeat>& seats,
                              std::size_t certain, Residents& residents) {
    auto refused = seat_models(problem, seats, certain, residents, 1);
    Residents other(problem);
    CHECK_EQ(seat_models(problem, seats, certain, other, 3).size(), refused.size());
    return refused;
}

/// What a plan leaves for the next one: runs, and what is in use.
struct Before {
    explicit Before(const Plan& plan) : runs(stream_assignments(*plan.problem, plan.solution)) {
        for (const ModelLoad& use : models_in_use(*plan.problem, plan.solution, 1)) {
            Assignments at;
            at.add(plan.problem->fleet(), 0, {use.pool, use.first, use.slots, 1});
            for (std::size_t i = 0; i < at.node.size(); ++i) {
                node.push_back(at.node[i]);
                first.push_back(at.first_instance[i]);
                instances.push_back(at.instances[i]);
                model.push_back(use.model);
            }
        }
    }
    Assignments runs;
    std::vector<std::int64_t> node, first, instances, model;
};

Plan place_case(const Case& c, const Before* before, int threads = 1, Effort effort = Effort::kBalanced) {
    NoControl quiet;
    const auto network = c.network();
    ModelTable table = c.models();
    PlaceOptions options;
    options.objective = c.objective;
    options.effort = effort;
    options.threads = threads;
    options.models = &table;
    EarlierPlan earlier;
    if (before != nullptr) {
        table.before = {before->node, before->first, before->instances, before->model};
        earlier.runs = warm_cases::earlier_of(before->runs);
        options.previous = &earlier;
    }
    return place(network, c.fleet(*network), c.workload(*network), options, quiet);
}

}  // namespace

TEST(seats_keep_capacity_with_weights) {
    const auto problem = two_cars().problem();
    Residents residents(*problem);
    const std::vector<ModelSeat> seats{{class_of(*problem, 0), {PoolId(0), 0, 2, 3}},
                                       {class_of(*problem, 2), {PoolId(0), 0, 1, 1}}};
    const auto refused = seat(*problem, seats, 0, residents);
    CHECK_EQ(refused.size(), 1u);  // 3 and weights of 1 fill a car
    CHECK_EQ(refused[0].number, 1u);
    CHECK_EQ(refused[0].per_slot, 1);
    CHECK(!residents.is_open(PoolId(0)));
    CHECK_EQ(residents.allowance(SiteId(0)), 200'000'000);  // 16,000 of 16,200 Mb are taken
}

TEST(windows_are_of_those_that_are_certain_first) {
    const auto problem = two_cars().problem();
    const std::vector<ModelSeat> seats{{class_of(*problem, 1), {PoolId(0), 1, 1, 1}},
                                       {class_of(*problem, 0), {PoolId(0), 0, 1, 1}}};
    Residents residents(*problem);
    const auto refused = seat(*problem, seats, 1, residents);
    CHECK_EQ(refused.size(), 1u);
    CHECK_EQ(refused[0].number, 1u);
    Residents anew(*problem);
    CHECK_EQ(seat(*problem, seats, 0, anew).at(0).number, 0u);  // by slot
}

TEST(a_window_that_is_short_seats_some_slots) {
    Case c = two_cars();
    c.nodes[0].count = 5;
    const auto problem = c.problem();
    Residents residents(*problem);
    const auto refused = seat(*problem, {{class_of(*problem, 0), {PoolId(0), 0, 5, 2}}}, 0, residents);
    CHECK_EQ(refused.size(), 1u);
    CHECK_EQ(refused[0].first, 2);
    CHECK_EQ(refused[0].slots, 3);
    CHECK_EQ(refused[0].per_slot, 2);
    CHECK_EQ(residents.room(PoolId(0))[0], 4000);  // slots 2 to 4 are empty
}

TEST(who_ran_stays_and_holds_what_was_loaded) {
    Case c = two_cars();
    c.tasks = {{.count = 6, .model = 0}};
    const Plan before = place_case(c, nullptr);
    CHECK_EQ(before.placed_tasks, 6);
    CHECK(!loads_of(*before.problem, before.solution, 1).empty());
    c.tasks[0].max_wait_s = 0;  // no matter: the weights are there
    const Before was(before);
    const Plan after = place_case(c, &was);
    CHECK_EQ(after.placed_tasks, 6);
    CHECK_EQ(after.moves.tasks, 0);
    CHECK(loads_of(*after.problem, after.solution, 1).empty());
    CHECK_EQ(place_case(c, nullptr).placed_tasks, 0);
}

TEST(a_higher_level_takes_what_it_needs_and_equals_do_not) {
    Case c = two_cars();
    c.tasks = {{.count = 6, .model = 0}};
    const Before was(place_case(c, nullptr));
    c.tasks.push_back({.weight = 9, .count = 2, .model = 1});
    CHECK_EQ(place_case(c, &was).solution.placed[class_of(*place_case(c, &was).problem, 0).at()], 6);
    c.tasks[1].priority = 1;
    const Plan plan = place_case(c, &was);
    CHECK_EQ(plan.solution.placed[class_of(*plan.problem, 1).at()], 2);
    CHECK(plan.moves.evicted > 0);
}

TEST(any_change_gives_the_same_plan_on_any_number_of_threads) {
    std::mt19937 random(4);
    for (int i = 0; i < 200 / check::kShare; ++i) {
        Case c = problem_cases::random_model_case(random, 10, 14);
        const Before was(place_case(c, nullptr));
        c = warm_cases::later(random, std::move(c));
        for (const Effort effort : {Effort::kFast, Effort::kBest}) {
            const Plan plan = place_case(c, &was, 1, effort), other = place_case(c, &was, 3, effort);
            CHECK(plan.solution.status == Status::kComplete);
            CHECK(other.solution.placed == plan.solution.placed);
            CHECK_EQ(other.cost(), plan.cost());
            CHECK_EQ(other.moves.tasks, plan.moves.tasks);
        }
    }
}
