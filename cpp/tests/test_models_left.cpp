#include "gigafleet/models_left.hpp"

#include "check.hpp"
#include "gigafleet/residency.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

/// A cell that loads 150 Gb in its window, 18.75 GB; of its three cars of 16 GB one has loaded 4 GB for a
/// task.
struct Cell {
    Cell() {
        c.access_down_mbps = {500};
        c.weights = {4, 8, 20};
        c.nodes = {{.compute = 16, .link_down_mbps = 80, .count = 3}};
        c.tasks = {{.compute = 2, .model = 0},
                   {.compute = 2, .model = 1, .max_wait_s = 799},
                   {.compute = 13, .model = 0},
                   {.compute = 1, .model = 2},
                   {.compute = 1, .model = 1, .max_wait_s = 800},
                   {.compute = 1}};
        problem = c.problem();
        Solution solution{{}, {}, {}, {}, Loads(*problem)};
        solution.of_class.resize(problem->workload().classes().size());
        const ClassId first = problem->workload().class_of_row(0);
        solution.fillings = {{PoolId(std::size_t{0}), 0, 1, 1}};
        for (std::size_t k = 0; k < solution.of_class.size(); ++k)
            solution.of_class[k] = {k > first.at() ? std::size_t{1} : 0,
                                    k >= first.at() ? std::size_t{1} : 0};
        left.emplace(*problem, solution);
    }

    ModelsLeft::Lack lack(std::int64_t row, ModelSet held = 0, ModelSet in_use = 0) const {
        const Workload& workload = problem->workload();
        const ShapeId shape = workload.classes()[workload.class_of_row(row).at()].shape;
        const Amounts& capacity = problem->fleet().kinds()[0].capacity;
        return left->lack(problem->shape(shape), {SiteId(0), capacity, held, in_use});
    }

    Case c = Case::one_site();
    std::shared_ptr<const Problem> problem;
    std::optional<ModelsLeft> left;
};

}  // namespace

TEST(what_is_loaded_leaves_less_of_the_window) {
    const Cell cell;
    CHECK_EQ(cell.left->window(SiteId(0)), 150'000'000'000);
    CHECK_EQ(cell.left->window_left(SiteId(0)), 118'000'000'000);
    CHECK_EQ(cell.left->access_for(1, SiteId(0)), 320'000'000);  // 12 GB in 300 s
}

TEST(what_keeps_a_model_out) {
    const Cell cell;
    CHECK(!cell.lack(0).shuts() && !cell.lack(0).window);
    CHECK(cell.lack(1).too_slow && cell.lack(1).shuts() && !cell.lack(1).memory);
    CHECK(!cell.lack(4).too_slow && !cell.lack(4).shuts());
    CHECK(!cell.lack(1, 0b010).shuts());  // who holds it does not wait
    CHECK(cell.lack(2).memory && cell.lack(2).shuts() && !cell.lack(2).too_slow);
    CHECK(cell.lack(3).window_of_all && cell.lack(3).window && cell.lack(3).memory);
    CHECK(!cell.lack(3, 0b100).window_of_all && cell.lack(3, 0b100).memory);
    CHECK(!cell.lack(5).shuts());
}

TEST(weights_count_once) {
    const Cell cell;
    CHECK(cell.lack(0).more == 4000 && cell.lack(0).in_use == 0);
    CHECK(cell.lack(0, 0, 0b001).more == 0 && cell.lack(0, 0, 0b001).in_use == 4000);
    CHECK(cell.lack(4, 0, 0b001).more == 8000 && cell.lack(4, 0, 0b001).in_use == 4000);
    CHECK(cell.lack(5, 0, 0b011).more == 0 && cell.lack(5, 0, 0b011).in_use == 12000);
}

TEST(without_models_nobody_waits) {
    Case c = Case::one_site();
    c.nodes = {{}};
    c.tasks = {{}};
    const auto problem = c.problem();
    const ModelsLeft left(*problem, Solution{{}, {}, {}, {}, Loads(*problem)});
    const auto lack = left.lack(problem->shape(ShapeId(std::size_t{0})),
                                {SiteId(0), problem->fleet().kinds()[0].capacity, 0, 0});
    CHECK(!lack.shuts() && !lack.window && lack.more == 0 && lack.in_use == 0);
}
