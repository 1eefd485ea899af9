#include "gigafleet/reopen.hpp"

#include <cmath>

#include "check.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/seating.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

namespace {

Solution reopened(const Problem& problem, const Assignments& runs, int threads) {
    NoControl control;
    const Groundwork ground(problem, control);
    const Previous previous(problem, earlier_of(runs), threads, control);
    Placement placement(problem);
    std::vector<Ledger> ledgers;
    reopen(ground, previous, placing_order(ground, ground.suggested), placement, ledgers, threads, control);
    Solution solution = placement.finish(ledgers, threads);
    // Nobody sits where nobody of the class sat.
    Seating seating(problem, previous);
    for (std::size_t c = 0; c < solution.placed.size(); ++c) {
        seating.match(ClassId(c), solution.of(ClassId(c)));
        if (!previous.shrank(ClassId(c))) CHECK_EQ(seating.kept_members(), solution.placed[c]);
    }
    return solution;
}

}  // namespace

TEST(what_is_unchanged_goes_back_whole) {
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        const Stand stand(random, 20, 30);
        const auto problem = stand.before.problem();
        const Solution solution = reopened(*problem, stand.runs, 1);
        CHECK(seats_of(stream_assignments(*problem, solution)).size() <= seats_of(stand.runs).size());
        std::int64_t was = 0, is = 0;
        for (const auto& [seat, held] : seats_of(stand.runs)) was += held;
        for (const std::int64_t placed : solution.placed) is += placed;
        CHECK_EQ(was, is);
        check_fits(*problem, solution);
    }
}

TEST(what_changed_breaks_no_rule) {
    std::mt19937 random(2);
    for (int i = 0; i < 500; ++i) {
        const Stand stand(random, 20, 40);
        const Solution one = reopened(*stand.problem, stand.runs, 1);
        check_fits(*stand.problem, one);
        const Solution many = reopened(*stand.problem, stand.runs, 3);
        CHECK_EQ(one.cost, many.cost);
        CHECK(seats_of(stream_assignments(*stand.problem, one)) ==
              seats_of(stream_assignments(*stand.problem, many)));
    }
}

TEST(the_costs_are_those_of_the_pairs) {
    std::mt19937 random(3);
    for (int i = 0; i < 100; ++i) {
        const Stand stand(random, 20, 40);
        const Solution solution = reopened(*stand.problem, stand.runs, 1);
        const auto& classes = stand.problem->workload().classes();
        double cost = 0;
        for (std::size_t c = 0; c < classes.size(); ++c)
            for (const Filling& f : solution.of(ClassId(c))) {
                const Fleet& fleet = stand.problem->fleet();
                const Fleet::Pool& pool = fleet.pools()[f.pool.at()];
                const Problem::Shape& shape = stand.problem->shape(classes[c].shape);
                for (std::int64_t slot = f.first; slot < f.first + f.slots; ++slot)
                    cost += static_cast<double>(f.per_slot) *
                            (pair_cost(*stand.problem, shape, classes[c].origin, pool) +
                             risk_cost(*stand.problem, shape,
                                       fleet.available_ns(pool, fleet.entry_of_slot(pool, slot))));
            }
        CHECK(std::abs(cost - solution.cost) <= 1e-9 * (1 + std::abs(cost)));
    }
}

TEST(those_that_come_later_in_the_order_give_way) {
    problem_cases::Case c = problem_cases::Case::one_site();
    c.nodes.resize(1);
    c.nodes[0].compute = 4;
    c.tasks.resize(4);
    for (auto& task : c.tasks) task.compute = 1;
    c.tasks[2].priority = c.tasks[3].priority = 1;
    Assignments runs;
    for (std::int64_t t = 0; t < 4; ++t) {
        runs.task.push_back(t);
        runs.node.push_back(0);
        runs.first_instance.push_back(0);
        runs.instances.push_back(1);
        runs.per_instance.push_back(1);
    }
    c.nodes[0].compute = 3;
    const auto problem = c.problem();
    const Solution solution = reopened(*problem, runs, 1);
    for (std::size_t k = 0; k < solution.placed.size(); ++k)
        CHECK_EQ(solution.placed[k],
                 problem->shape(problem->workload().classes()[k].shape).priority == 1 ? 2 : 1);
}
