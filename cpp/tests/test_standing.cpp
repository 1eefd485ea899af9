#include "gigafleet/standing.hpp"

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

/// Whether one task of each shape has room in each pool.
std::vector<bool> rooms(const Problem& problem, const Trial& trial) {
    std::vector<bool> all;
    for (const Problem::Shape& shape : problem.shapes())
        for (std::size_t p = 0; p < problem.fleet().pools().size(); ++p)
            all.push_back(trial.has_room(shape, PoolId(p)));
    return all;
}

}  // namespace

TEST(a_trial_changes_nothing_but_itself) {
    std::mt19937 random(1);
    NoControl quiet;
    int filled = 0, freed = 0;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        const Case rows = problem_cases::random_case(random, 20, 40);
        const auto problem = rows.problem();
        const std::size_t pools = problem->fleet().pools().size(), shapes = problem->shapes().size();
        if (pools == 0 || shapes == 0) continue;
        const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
        const Standing standing(*problem, solution);
        Trial trial(standing);
        const std::vector<bool> before = rooms(*problem, trial);
        for (int step = 0; step < 10; ++step) {
            const PoolId pool(random() % pools);
            const ShapeId shape(random() % shapes);
            std::vector<Filling> out;
            const bool has_room = trial.has_room(problem->shape(shape), pool);
            const std::int64_t taken = trial.fill(shape, pool, 1, out);
            CHECK_EQ(taken, has_room ? 1 : 0);
            CHECK_EQ(members(out), taken);
            filled += taken > 0;
            for (const Problem::Shape& other : problem->shapes())
                if (standing.may_hold(pool, other.demand))
                    CHECK_EQ(trial.may_still_hold(pool, other.demand), trial.may_hold(pool, other.demand));
            if (step % 3 != 0) continue;
            // Empty, and then full again as it was.
            trial.refill(pool, {});
            for (std::size_t s = 0; s < shapes; ++s) {
                const Problem::Shape& asked = problem->shapes()[s];
                PoolState empty(standing.context(), pool);
                const bool wanted =
                    empty.has_room(standing.context(), asked, first_slot_for(*problem, asked, pool));
                CHECK_EQ(trial.has_room(asked, pool), wanted);
                freed += wanted && !before[s * pools + pool.at()];
            }
            std::vector<PoolState::Wish> wishes;
            for (const Holdings::Held& held : standing.holdings().of(pool))
                wishes.push_back(standing.holdings().wish(held));
            trial.refill(pool, wishes);
            for (std::size_t s = 0; s < shapes; ++s)
                CHECK_EQ(trial.has_room(problem->shapes()[s], pool), before[s * pools + pool.at()]);
        }
        if (trial.loads().arc_count() > 0) trial.loads().add(0, 5);
        trial.reset();
        CHECK(rooms(*problem, trial) == before);
        for (std::uint32_t k = 0; k < trial.loads().arc_count(); ++k)
            CHECK_EQ(trial.loads().load(k), solution.loads.load(k));
        CHECK(rooms(*problem, Trial(standing)) == before);
    }
    CHECK(filled > 20 / check::kShare);
    CHECK(freed > 20 / check::kShare);
}
