#include "gigafleet/seating.hpp"

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/objective.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

namespace {

using Slots = std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t>;
void add(Slots& slots, const Filling& f) {
    for (std::int64_t s = f.first; s < f.first + f.slots; ++s) slots[{f.pool.value, s}] += f.per_slot;
}

}  // namespace

TEST(as_many_stay_as_can) {
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
        const Stand stand(random, 20, 30);
        NoControl control;
        const Groundwork ground(*stand.problem, control);
        const Solution solution = place_greedily(ground, {}, control);
        const Previous previous(*stand.problem, earlier_of(stand.runs), 1, control);
        Seating seating(*stand.problem, previous);
        std::int64_t moved = 0;
        for (std::size_t c = 0; c < solution.placed.size(); ++c) {
            seating.match(ClassId(c), solution.of(ClassId(c)));
            Slots before, now, kept, all;
            for (const Previous::Run& run : previous.runs(ClassId(c)))
                if (run.pool.valid()) add(before, {run.pool, run.first, run.slots, run.per_slot});
            for (const Filling& f : solution.of(ClassId(c))) add(now, f);
            std::map<std::uint32_t, std::int64_t> of_row;
            for (const Seating::Kept& k : seating.kept()) {
                add(kept, k.at);
                add(all, k.at);
                of_row[k.row] += members(k.at);
            }
            for (const Filling& f : seating.rest()) add(all, f);
            CHECK(all == now);
            std::int64_t most = 0, sum = 0;
            for (const auto& [slot, held] : now) most += std::min(held, before[slot]);
            for (const auto& [slot, held] : kept) {
                CHECK(held <= before[slot]);
                sum += held;
            }
            CHECK_EQ(sum, seating.kept_members());
            if (!previous.shrank(ClassId(c))) CHECK_EQ(sum, most);
            for (const auto& [row, held] : of_row) CHECK(held <= stand.problem->workload().count(row));
            moved += std::min(previous.ran(ClassId(c)), solution.placed[c]) - sum;
        }
        for (const int threads : {1, 2, 8}) {
            const Moves moves = moves_of(*stand.problem, previous, solution, threads);
            CHECK_EQ(moves.tasks, moved);
            CHECK_EQ(moves.cost, moves_of(*stand.problem, previous, solution, 1).cost);
        }
    }
}

TEST(a_move_costs_more_an_hour_where_the_task_ends_sooner) {
    problem_cases::Case c = problem_cases::Case::one_site();
    c.objective.move_cost = 2;
    c.objective.horizon_s = 1800;
    c.tasks.resize(2);
    c.tasks[1].duration_s = 900;
    const auto problem = c.problem();
    CHECK_EQ(move_price(*problem, problem->shape(ShapeId(0))), 4.0);
    CHECK_EQ(move_price(*problem, problem->shape(ShapeId(1))), 8.0);
}
