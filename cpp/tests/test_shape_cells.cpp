#include "gigafleet/shape_cells.hpp"

#include <map>
#include <set>
#include <tuple>

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

std::vector<ShapeId> all_shapes(const Problem& problem) {
    std::vector<ShapeId> shapes;
    for (std::size_t s = 0; s < problem.shapes().size(); ++s) shapes.emplace_back(s);
    return shapes;
}

}  // namespace

TEST(shapes_of_one_model_share_a_cell) {
    Case c = Case::one_site();
    c.nodes.resize(1);
    std::mt19937 random(1);
    const std::vector<double> models{1, 1.8, 5, 40};
    for (int i = 0; i < 400; ++i)
        c.tasks.push_back(
            {.compute = models[random() % 4] * (0.95 + static_cast<double>(random() % 100) * 1e-3)});
    const auto problem = c.problem();
    const ShapeCells cells(*problem, all_shapes(*problem), {16, 1.25});
    CHECK_EQ(cells.size(), 4u);
    std::set<std::pair<int, std::uint32_t>> seen;
    for (const Problem::Shape& shape : problem->shapes()) {
        int model = 0;
        while (static_cast<double>(shape.demand[0]) > models[static_cast<std::size_t>(model)] * 1.1e3)
            ++model;
        seen.emplace(model, cells.of(shape));
    }
    CHECK_EQ(seen.size(), 4u);
}

TEST(never_more_cells_than_asked_for_but_for_labels) {
    std::mt19937 random(2);
    for (int i = 0; i < 100; ++i) {
        const auto problem = problem_cases::random_case(random, 4, 60).problem();
        std::set<std::tuple<std::int64_t, std::uint32_t, std::uint32_t, bool>> keys;
        for (const Problem::Shape& s : problem->shapes())
            keys.emplace(s.priority, s.rule, s.policy, s.duration_ns == 0);
        const ShapeCells cells(*problem, all_shapes(*problem), {5, 1.25});
        CHECK(cells.size() <= std::max<std::size_t>(5, keys.size()));
        // What is not a number is alike in a cell.
        std::map<std::uint32_t, std::size_t> first;
        for (std::size_t s = 0; s < problem->shapes().size(); ++s) {
            const Problem::Shape& shape = problem->shapes()[s];
            const Problem::Shape& like =
                problem->shapes()[first.try_emplace(cells.of(shape), s).first->second];
            CHECK_EQ(shape.priority, like.priority);
            CHECK_EQ(shape.rule, like.rule);
            CHECK_EQ(shape.policy, like.policy);
            CHECK_EQ(shape.duration_ns == 0, like.duration_ns == 0);
        }
    }
}
