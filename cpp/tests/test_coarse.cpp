#include "gigafleet/coarse.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::random_case;

TEST(every_class_with_something_left_stands_in_one) {
    std::mt19937 random(3);
    for (int i = 0; i < 200; ++i) {
        const auto problem = random_case(random, 4, 50).problem();
        const auto& classes = problem->workload().classes();
        std::vector<std::int64_t> left;
        for (const Workload::Class& c : classes) left.push_back(random() % 3 == 0 ? 0 : c.members);
        for (const Stand stand : {Stand::kMean, Stand::kMost, Stand::kLeast}) {
            const Coarse coarse = coarsen(*problem, left, {1 + random() % 8}, stand, 2);
            const Problem& cells = *coarse.problem;
            std::vector<int> seen(classes.size());
            for (std::size_t k = 0; k < cells.workload().classes().size(); ++k) {
                const Workload::Class& group = cells.workload().classes()[k];
                const Problem::Shape& stands = cells.shape(group.shape);
                std::int64_t members = 0;
                for (const ClassId id : coarse.of(k)) {
                    ++seen[id.at()];
                    members += left[id.at()];
                    const Problem::Shape& shape = problem->shape(classes[id.at()].shape);
                    CHECK(classes[id.at()].origin == group.origin);
                    CHECK_EQ(shape.rule, stands.rule);
                    CHECK_EQ(shape.policy, stands.policy);
                    CHECK_EQ(shape.priority, stands.priority);
                    for (std::size_t d = 0; d < kMaxDimensions; ++d) {
                        if (stand == Stand::kMost) CHECK(shape.demand[d] <= stands.demand[d]);
                        if (stand == Stand::kLeast) CHECK(shape.demand[d] >= stands.demand[d]);
                    }
                    const bool loosest = stand == Stand::kLeast;
                    CHECK(loosest ? shape.max_rtt_ns <= stands.max_rtt_ns
                                  : shape.max_rtt_ns >= stands.max_rtt_ns);
                    CHECK(loosest ? shape.duration_ns >= stands.duration_ns
                                  : shape.duration_ns <= stands.duration_ns);
                    if (coarse.exact) CHECK(shape.demand == stands.demand);
                }
                CHECK_EQ(members, group.members);
            }
            for (std::size_t c = 0; c < classes.size(); ++c) CHECK_EQ(seen[c], left[c] > 0);
        }
    }
}

TEST(demands_are_right_in_sum) {
    auto c = problem_cases::Case::one_site();
    c.nodes.resize(1);
    for (int i = 0; i < 50; ++i) c.tasks.push_back({.compute = 1 + 0.004 * i});
    const auto problem = c.problem();
    const std::vector<std::int64_t> left(50, 1);
    const Coarse coarse = coarsen(*problem, left, {1, 2}, Stand::kMean, 1);
    CHECK_EQ(coarse.problem->shapes().size(), 1u);
    CHECK_EQ(coarse.problem->shapes()[0].demand[0], 1098);
}
