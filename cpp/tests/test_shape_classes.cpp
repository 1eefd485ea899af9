#include "gigafleet/shape_classes.hpp"

#include <algorithm>

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(classes_with_members_stand_under_their_shape_by_core_site) {
    std::mt19937 random(111);
    for (int i = 0; i < 200; ++i) {
        Case c = random_case(random, 3, 60);
        for (auto& t : c.tasks) t = {.origin = t.origin, .compute = t.compute, .count = t.count};
        const auto problem = c.problem();
        const auto& classes = problem->workload().classes();
        const ShapeClasses by_shape(*problem);
        std::vector<int> seen(classes.size());
        for (std::size_t s = 0; s < problem->shapes().size(); ++s) {
            const Forest& forest = problem->policies()[problem->shapes()[s].policy]->forest();
            std::vector<std::uint32_t> cores;
            for (const ClassId k : by_shape.classes(ShapeId(s))) {
                CHECK(classes[k.at()].shape == ShapeId(s));
                CHECK(classes[k.at()].members > 0);
                ++seen[k.at()];
                const std::uint32_t core = forest.core_index(classes[k.at()].origin);
                if (cores.empty() || cores.back() != core) cores.push_back(core);
            }
            std::ranges::sort(cores);
            CHECK(std::ranges::adjacent_find(cores) == cores.end());  // each core site once
        }
        for (std::size_t k = 0; k < classes.size(); ++k) CHECK_EQ(seen[k], classes[k].members > 0);
    }
}

TEST(some_classes_stand_in_the_order_in_which_all_do) {
    std::mt19937 random(112);
    for (int i = 0; i < 200; ++i) {
        const auto problem = random_case(random, 3, 60).problem();
        const auto& classes = problem->workload().classes();
        std::vector<ClassId> some;
        std::vector<std::uint8_t> is_in(classes.size());
        for (std::size_t k = 0; k < classes.size(); ++k) {
            is_in[k] = classes[k].members > 0 && random() % 2 == 0;
            if (is_in[k] != 0) some.emplace_back(k);
        }
        const ShapeClasses all(*problem), by_shape(*problem, some);
        for (std::size_t s = 0; s < problem->shapes().size(); ++s) {
            std::vector<ClassId> expected;
            for (const ClassId k : all.classes(ShapeId(s)))
                if (is_in[k.at()] != 0) expected.push_back(k);
            CHECK(std::ranges::equal(by_shape.classes(ShapeId(s)), expected));
            const auto origin = [&](ClassId k) { return classes[k.at()].origin; };
            CHECK(std::ranges::equal(by_shape.origins(ShapeId(s)), expected, {}, {}, origin));
        }
    }
}
