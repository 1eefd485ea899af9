#include "gigafleet/evictions.hpp"

#include "check.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

namespace {

/// Who did not run before, by class.
std::int64_t newcomers(const Previous& previous, const Solution& solution, std::size_t c) {
    return std::max<std::int64_t>(0, solution.placed[c] - previous.ran(ClassId(c)));
}

/// Members by class, pool and slot.
using Held = std::map<std::array<std::size_t, 3>, std::int64_t>;

Held held_by(const Solution& solution) {
    Held held;
    for (std::size_t c = 0; c < solution.of_class.size(); ++c)
        for (const Filling& f : solution.of(ClassId(c)))
            for (std::int64_t slot = f.first; slot < f.first + f.slots; ++slot)
                held[{c, f.pool.at(), static_cast<std::size_t>(slot)}] += f.per_slot;
    return held;
}

/// A problem an hour later, and where its tasks ran before.
struct Later {
    Later(std::mt19937& random, std::size_t nodes, std::size_t tasks)
        : stand(random, nodes, tasks),
          problem(*stand.problem),
          ground(problem, control),
          previous(problem, earlier_of(stand.runs), 1, control),
          level_of(levels_of_shapes(problem)) {}
    std::size_t level(std::size_t c) const { return level_of[problem.workload().classes()[c].shape.at()]; }

    const warm_cases::Stand stand;
    const Problem& problem;
    NoControl control;
    const Groundwork ground;
    const Previous previous;
    const std::vector<std::size_t> level_of;
};

}  // namespace

TEST(without_newcomers_the_others_stay_where_they_were) {
    std::mt19937 random(1);
    std::int64_t gone = 0;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        Later now(random, 20, 40);
        const Problem& problem = now.problem;
        const Groundwork& ground = now.ground;
        const Previous& previous = now.previous;
        const Solution all =
            place_greedily(ground, {.first = First::kNear, .previous = &previous}, now.control);
        for (const std::size_t level : {0, 1}) {
            const Solution rest = without_newcomers(problem, previous, all, level, 1);
            check_fits(problem, rest);
            for (std::size_t c = 0; c < rest.placed.size(); ++c) {
                const bool is_cut = now.level(c) >= level;
                CHECK_EQ(rest.placed[c], all.placed[c] - (is_cut ? newcomers(previous, all, c) : 0));
                gone += all.placed[c] - rest.placed[c];
            }
            const Held held = held_by(all);
            for (const auto& [seat, members] : held_by(rest))
                CHECK(held.contains(seat) && held.at(seat) >= members);
        }
    }
    CHECK(gone > 100 / check::kShare);
}

TEST(who_ran_before_comes_back_before_newcomers_of_its_level) {
    std::mt19937 random(2);
    std::int64_t back = 0;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        Later now(random, 12, 60);
        const Problem& problem = now.problem;
        const Groundwork& ground = now.ground;
        const Previous& previous = now.previous;
        // A plan that knows nothing of who ran.
        Solution solution = place_greedily(ground, {.first = First::kNear}, now.control);
        const Solution before = solution;
        give_back(ground, previous, solution, 1, now.control);
        check_fits(problem, solution);
        for (std::size_t level = 0; level < 3; ++level) {
            std::int64_t was = 0, is = 0;
            for (std::size_t c = 0; c < before.placed.size(); ++c) {
                if (now.level(c) != level) continue;
                was += evicted(previous, before, ClassId(c));
                is += evicted(previous, solution, ClassId(c));
            }
            if (was == is) continue;
            CHECK(is < was);  // at the highest level at which anything changed
            back += was - is;
            break;
        }
        // Nobody evicted would fit without newcomers of its level and below.
        for (std::size_t level = 0; level < 3; ++level) {
            const Solution start = without_newcomers(problem, previous, solution, level, 1);
            GreedyOptions how{.first = First::kNear, .start = &start};
            how.ran = &previous;
            const Solution again = place_greedily(ground, how, now.control);
            for (std::size_t c = 0; c < again.placed.size(); ++c)
                if (now.level(c) == level)
                    CHECK(evicted(previous, again, ClassId(c)) >= evicted(previous, solution, ClassId(c)));
        }
    }
    CHECK(back > 5 / check::kShare);
}
