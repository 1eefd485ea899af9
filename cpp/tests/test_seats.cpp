#include "gigafleet/seats.hpp"

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

/// Tasks of about 1, dealt from a plan for the mean: who is left.
std::int64_t left_after_dealing(Case& c, std::int64_t nodes, double capacity) {
    c.nodes.assign(1, {.compute = capacity, .count = nodes});
    const auto problem = c.problem();
    Seats seats(*problem);
    const Coarse coarse = coarsen(*problem, seats.left(), {1, 2}, Stand::kMean, 1);
    NoControl quiet;
    const Groundwork ground(*coarse.problem, quiet);
    seats.deal(coarse, place_greedily(ground, {}, quiet), 1);
    std::int64_t left = 0;
    for (const std::int64_t n : seats.left()) left += n;
    return left;
}

}  // namespace

TEST(members_of_a_cell_are_dealt_so_that_slots_hold_them) {
    Case c = Case::one_site();
    std::mt19937 random(5);
    for (int i = 0; i < 400; ++i)
        c.tasks.push_back({.compute = 0.9 + static_cast<double>(random() % 200) * 1e-3});
    // 100 slots of 4 on average: dealt blindly, half of them would hold too much.
    CHECK(left_after_dealing(c, 100, 4.01) <= 20);
    CHECK_EQ(left_after_dealing(c, 100, 4.5), 0);
}

TEST(what_is_dealt_never_exceeds_a_slot) {
    std::mt19937 random(6);
    NoControl quiet;
    for (int i = 0; i < 200; ++i) {
        Case c = problem_cases::random_case(random, 12, 40);
        for (auto& t : c.tasks) t.compute *= 0.7 + static_cast<double>(random() % 600) * 1e-3;
        const auto problem = c.problem();
        Seats seats(*problem);
        const Coarse coarse = coarsen(*problem, seats.left(), {3, 2}, Stand::kMean, 1);
        const Groundwork ground(*coarse.problem, quiet);
        seats.deal(coarse, place_greedily(ground, {}, quiet), 1);
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
            for (const HeldSlot& slot : seats.held().by_pool[p]) {
                const Fleet::Pool& pool = problem->fleet().pools()[p];
                const Amounts capacity =
                    problem->fleet().capacity(pool, problem->fleet().entry_of_slot(pool, slot.slot));
                CHECK(holds(capacity, slot.taken));
            }
        std::vector<std::int64_t> left(seats.left().begin(), seats.left().end());
        const Solution solution = std::move(seats).solution(1);
        for (std::size_t k = 0; k < left.size(); ++k) {
            const std::int64_t members = problem->workload().classes()[k].members;
            CHECK_EQ(solution.placed[k], members - left[k]);
            CHECK(solution.reason[k] == (left[k] > 0 ? Reason::kCapacity : Reason::kPlaced));
        }
    }
}
