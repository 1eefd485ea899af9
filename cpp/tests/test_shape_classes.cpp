#include "gigafleet/shape_classes.hpp"

#include <algorithm>

#include "check.hpp"
#include "definition.hpp"

using namespace gigafleet;
using definition::Definition;
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

TEST(static_gates_are_those_of_the_definition) {
    std::mt19937 random(112);
    for (int i = 0; i < 500; ++i) {
        const Case c = random_case(random, 12, 12);
        const Definition wanted(c);
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        for (std::size_t row = 0; row < c.tasks.size(); ++row) {
            const auto& t = c.tasks[row];
            const Problem::Shape& shape =
                problem->shape(problem->workload().classes()[problem->workload().class_of_row()[row]].shape);
            std::size_t furthest = 0;
            const auto passed = [&](const problem_cases::NodeRow& n) -> std::size_t {
                if (n.count == 0 || !wanted.labels_pass(t, n)) return 0;
                if (!wanted.fits(wanted.capacity(n), t)) return 1;
                return wanted.stays(t, n) ? 3 : 2;
            };
            for (const auto& n : c.nodes) furthest = std::max(furthest, passed(n));
            const Reason gates[] = {Reason::kLabel, Reason::kTooBig, Reason::kTime, Reason::kPlaced};
            CHECK_EQ(first_static_gate(*problem, shape), gates[furthest]);
            for (const Fleet::Pool& pool : fleet.pools()) {
                bool admits = false;
                for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
                    admits = admits || passed(c.nodes[static_cast<std::size_t>(fleet.row_of_entry(e))]) == 3;
                CHECK_EQ(admits_exactly(*problem, shape, pool), admits);
            }
        }
    }
}

TEST(largest_and_longest_need_not_be_the_same_node) {
    // The pool knows a node of 9 and a node that stays, but no node is both.
    Case c = Case::one_site();
    c.nodes = {{.compute = 9, .available_s = 10},
               {.compute = 1, .available_s = 100},
               {.compute = 2, .available_s = 50}};
    c.tasks = {{.compute = 2, .duration_s = 60}, {.compute = 2, .duration_s = 40}, {.compute = 10}};
    const auto problem = c.problem();
    CHECK(problem->fleet().is_varied(0));
    CHECK(!admits_exactly(*problem, problem->shapes()[0], problem->fleet().pools()[0]));
    CHECK(admits_exactly(*problem, problem->shapes()[1], problem->fleet().pools()[0]));
    CHECK_EQ(first_static_gate(*problem, problem->shapes()[0]), Reason::kTime);
    CHECK_EQ(first_static_gate(*problem, problem->shapes()[1]), Reason::kPlaced);
    CHECK_EQ(first_static_gate(*problem, problem->shapes()[2]), Reason::kTooBig);
}
