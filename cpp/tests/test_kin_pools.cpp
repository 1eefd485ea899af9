#include "gigafleet/kin_pools.hpp"

#include <random>

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(kin_ask_a_slot_for_the_same) {
    Case c = Case::one_site();
    c.weights = {1, 2};
    c.nodes = {{.compute = 4}};
    c.tasks = {{.model = 0}, {.model = 1}, {.model = 0, .max_wait_s = 1}, {.max_rtt_ms = 5, .model = 0}, {}};
    const auto problem = c.problem();
    const std::vector<std::uint32_t> kin = kin_of_shapes(*problem);
    const auto of_row = [&](std::int64_t row) {
        return kin[problem->workload().classes()[problem->workload().class_of_row(row).at()].shape.at()];
    };
    CHECK_EQ(of_row(0), of_row(3));
    for (const int row : {1, 2, 4}) CHECK(of_row(0) != of_row(row));
}

TEST(pools_that_have_room_are_open) {
    std::mt19937 random(5);
    for (int i = 0; i < 200; ++i) {
        const auto problem = problem_cases::random_model_case(random, 10, 14).problem();
        const std::vector<std::uint32_t> kin = kin_of_shapes(*problem);
        Residents residents(*problem);
        KinPools pools(*problem, residents, kin);
        for (int round = 0; round < 2; ++round) {  // what was known of other pools is forgotten
            pools.clear();
            std::vector<PoolId> added;
            for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
                if (residents.is_open(PoolId(p)) && random() % 4 != 0) {
                    pools.add(PoolId(p));
                    added.emplace_back(p);
                    CHECK(pools[static_cast<std::uint32_t>(added.size() - 1)] == PoolId(p));
                }
            for (std::size_t s = 0; s < problem->shapes().size(); ++s) {
                const Problem::Shape& shape = problem->shapes()[s];
                std::vector<std::uint32_t>& open = pools.open(ShapeId(s));
                CHECK(std::ranges::is_sorted(open));
                for (std::uint32_t n = 0; n < added.size(); ++n) {
                    const bool is_open = std::ranges::find(open, n) != open.end();
                    if (!is_open) CHECK(!residents.can_take(shape, added[n]));
                    if (!is_open || random() % 2 == 0) continue;
                    std::vector<Filling> out;
                    if (residents.fill(shape, added[n], 2, out) == 2) continue;
                    std::erase(open, n);  // ours, and of all kin
                    CHECK(std::ranges::find(pools.open(ShapeId(s)), n) == open.end());
                }
            }
        }
    }
}
