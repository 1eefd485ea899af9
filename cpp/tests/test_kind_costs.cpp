#include "gigafleet/kind_costs.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(as_each_pair_alone) {
    std::mt19937 random(281);
    int never = 0, some = 0;
    for (int i = 0; i < 200; ++i) {
        const Case c = random_case(random, 12, 20);
        const auto problem = c.problem();
        const KindCosts costs(*problem);
        for (std::uint32_t s = 0; s < problem->shapes().size(); ++s) {
            const Problem::Shape& shape = problem->shape(ShapeId(s));
            const KindCosts::Row row = costs.of(ShapeId(s));
            for (std::size_t k = 0; k < problem->fleet().kinds().size(); ++k) {
                const bool may = problem->may_take(shape, KindId(k));
                const double cost = kind_cost(*problem, shape, problem->fleet().kinds()[k]);
                CHECK_EQ(row(KindId(k)), may ? cost : KindCosts::kNever);
                ++(may ? some : never);
            }
        }
    }
    CHECK(never > 100 && some > 100);
}

TEST(beyond_the_largest_table_the_same) {
    Case c = Case::one_site();
    for (int i = 0; i < 1100; ++i) {
        c.nodes.push_back({.compute = 400, .price_compute = 1.0 + i});
        c.tasks.push_back({.compute = 1 + 0.5 * i});
    }
    const auto problem = c.problem();
    CHECK(problem->shapes().size() * problem->fleet().kinds().size() > KindCosts::kLargestTable);
    const KindCosts costs(*problem);
    for (std::uint32_t s = 0; s < 1100; s += 97)
        for (std::size_t k = 0; k < 1100; k += 89) {
            const Problem::Shape& shape = problem->shape(ShapeId(s));
            CHECK_EQ(costs.of(ShapeId(s))(KindId(k)),
                     problem->may_take(shape, KindId(k))
                         ? kind_cost(*problem, shape, problem->fleet().kinds()[k])
                         : KindCosts::kNever);
        }
}
