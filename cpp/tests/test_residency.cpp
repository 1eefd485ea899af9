#include "gigafleet/residency.hpp"

#include "check.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/restore.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

Plan place_case(const Case& c, int threads = 1) {
    NoControl quiet;
    const auto network = c.network();
    const ModelTable table = c.models();
    PlaceOptions options;
    options.objective = c.objective;
    options.threads = threads;
    options.models = &table;
    return place(network, c.fleet(*network), c.workload(*network), options, quiet);
}

}  // namespace

TEST(loads_are_told_and_paid_once) {
    Case c = Case::one_site();
    c.weights = {1, 2};
    c.objective.load_eur_per_gb = 0.5;
    c.objective.rtt_price = 0;
    c.nodes = {{.compute = 8, .link_down_mbps = 80, .count = 3, .models = 2}};
    c.tasks = {{.duration_s = 1800, .count = 4, .model = 0},
               {.duration_s = 600, .count = 3, .model = 0},
               {.count = 4, .model = 1}};
    const Plan plan = place_case(c);
    CHECK_EQ(plan.placed_tasks, 11);
    const auto loads = loads_of(*plan.problem, plan.solution, 1);
    double cost = 0;
    for (const ModelLoad& load : loads) {
        CHECK_EQ(load.model, 0);
        CHECK_EQ(load.line, 80'000'000);
        cost += 0.5 * 1 * static_cast<double>(load.slots) * 3600 / load.longest_s;
    }
    CHECK(!loads.empty());
    CHECK(std::abs(plan.cost() - cost) < 1e-12);
    CHECK_EQ(load_cost(*plan.problem, plan.solution, 2), plan.cost());
}

TEST(the_answer_does_not_depend_on_threads) {
    std::mt19937 random(8);
    for (int i = 0; i < 300 / check::kShare; ++i) {
        const Case c = problem_cases::random_model_case(random, 10, 14);
        const Plan plan = place_case(c);
        const Plan other = place_case(c, 3);
        CHECK(other.solution.placed == plan.solution.placed);
        CHECK_EQ(other.cost(), plan.cost());
        CHECK(plan.solution.status == Status::kComplete);
        for (std::size_t k = 0; k < plan.solution.placed.size(); ++k)
            CHECK(plan.solution.placed[k] <= plan.problem->workload().classes()[k].members);
    }
}

TEST(who_is_not_placed_yet_is_placed_beside_who_is) {
    std::mt19937 random(9);
    NoControl quiet;
    std::int64_t more = 0;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        const Case c = problem_cases::random_model_case(random, 10, 14);
        const Plan plan = place_case(c);
        const Problem& problem = *plan.problem;
        std::vector<std::int64_t> left = members_of_classes(problem);
        std::vector<Ledger> ledgers(1);
        for (std::size_t k = 0; k < left.size(); ++k) {  // every other class keeps its seats
            if (problem.is_bound(ClassId(k)) || k % 2 == 0) continue;
            for (const Filling& filling : plan.solution.of(ClassId(k)))
                ledgers[0].fillings.push_back(filling);
            ledgers[0].close(ClassId(k));
            left[k] -= plan.solution.placed[k];
        }
        Solution half = solution_of(problem, ledgers, left, Loads(problem), 1);
        half.loads = restore(problem, half).loads();
        half.status = Status::kComplete;
        const Solution whole = place_beside(problem, half, left, {}, quiet);
        std::vector<std::int64_t> some(left.size(), 0);
        for (std::size_t k = 0; k < left.size(); k += 3) some[k] = std::min<std::int64_t>(left[k], 1);
        const Solution one = place_beside(problem, half, some, {}, quiet);
        for (std::size_t k = 0; k < left.size(); ++k)
            CHECK(half.placed[k] <= one.placed[k] && one.placed[k] <= half.placed[k] + some[k]);
        CHECK(whole.status == Status::kComplete);
        for (std::size_t k = 0; k < left.size(); ++k) {
            CHECK(whole.placed[k] >= half.placed[k]);
            more += whole.placed[k] - half.placed[k];
        }
        for (std::size_t k = 0; k < left.size(); ++k) left[k] -= whole.placed[k] - half.placed[k];
        const Solution again = place_beside(problem, whole, left, {}, quiet);
        CHECK(again.placed == whole.placed);
        CHECK(std::abs(again.cost - whole.cost) < 1e-9);
    }
    CHECK(more > 100 / check::kShare);
}

TEST(an_engine_without_the_rule_loads_nothing) {
    Case c = Case::one_site();
    c.weights = {9};
    c.nodes = {{.compute = 4}};
    c.tasks = {{.count = 4, .model = 0}};
    CHECK_EQ(place_case(c).placed_tasks, 0);
    NoControl quiet;
    const auto network = c.network();
    const ModelTable table = c.models();
    PlaceOptions options;
    options.models = &table;
    options.disabled_rules = kRuleModel;
    const Plan plan = place(network, c.fleet(*network), c.workload(*network), options, quiet);
    CHECK_EQ(plan.placed_tasks, 4);
    CHECK(plan.problem->models() == nullptr);
}
