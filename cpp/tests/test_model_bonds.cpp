#include "gigafleet/model_bonds.hpp"

#include <random>

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

struct Dealt {
    std::shared_ptr<const Problem> problem;
    Residents residents;
    ModelDeal deal;

    explicit Dealt(const Case& c) : problem(c.problem()), residents(*problem), deal(made()) {}
    ModelDeal made() {
        const Coarse coarse = without_models(*problem, 1);
        const Solution plan = place_greedily(Groundwork(*coarse.problem, quiet), {}, quiet);
        return deal_models(*problem, coarse, plan, residents, 1);
    }
    std::int64_t left(std::int64_t row) const {
        return deal.left[problem->workload().class_of_row(row).at()];
    }
};

/// A rack of three nodes, of which a task of the higher level with weights of its own takes most of one.
Case crowded() {
    Case c = Case::line(2);
    c.weights = {4, 2};
    c.nodes = {{.site = 1, .compute = 8, .count = 3}};
    c.tasks = {{.compute = 2, .priority = 1, .count = 1, .model = 0},
               {.compute = 3, .uplink_mbps = 1, .count = 4, .gang = 0, .model = 1},
               {.compute = 3, .uplink_mbps = 1, .count = 2, .gang = 1, .model = 1}};
    return c;
}

}  // namespace

TEST(residents_of_ledgers_are_those_that_were_dealt) {
    std::mt19937 random(21);
    for (int i = 0; i < 200; ++i) {
        Case c = problem_cases::random_model_case(random, 10, 14);
        if (i % 2 == 0)
            for (auto& node : c.nodes) node.devices = 2;
        for (auto& task : c.tasks) task.devices = i % 2 == 0 && random() % 2 == 0 ? 0.4 : 0;
        Dealt made(c);
        const auto again = residents_of(*made.problem, made.deal.ledgers);
        for (std::uint32_t s = 0; s < made.problem->network().site_count(); ++s)
            CHECK_EQ(again->allowance(SiteId(s)), made.residents.allowance(SiteId(s)));
        for (std::uint32_t p = 0; p < made.problem->fleet().pools().size(); ++p) {
            const PoolId pool(p);
            CHECK(again->is_open(pool) == made.residents.is_open(pool));
            CHECK(again->room(pool) == made.residents.room(pool));
            for (const Problem::Shape& shape : made.problem->shapes())
                CHECK(again->can_take(shape, pool) == made.residents.can_take(shape, pool));
            std::vector<Filling> one, other;
            for (const Problem::Shape& shape : made.problem->shapes())
                CHECK_EQ(again->fill(shape, pool, 3, one), made.residents.fill(shape, pool, 3, other));
        }
    }
}

TEST(broken_gangs_give_up_their_seats) {
    Dealt made(crowded());
    std::int64_t placed = 0;
    for (const std::int64_t row : {1, 2}) placed += made.left(row) == 0 ? (row == 1 ? 4 : 2) : 0;
    const bool broken = (made.left(1) > 0 && made.left(1) < 4) || (made.left(2) > 0 && made.left(2) < 2);
    CHECK(broken);
    CHECK(give_up_broken_gangs(*made.problem, made.deal));
    CHECK(made.left(1) == 0 || made.left(1) == 4);
    CHECK(made.left(2) == 0 || made.left(2) == 2);
    CHECK_EQ(made.left(0), 0);
    Quantity up = 0;
    for (std::uint32_t a = 0; a < made.problem->network().arc_count(); ++a) up += made.deal.loads.load(a);
    CHECK_EQ(up, placed * 1'000'000);
    CHECK(!give_up_broken_gangs(*made.problem, made.deal));
}

TEST(what_is_left_is_placed_beside_weights) {
    Case c = crowded();
    c.tasks.pop_back();
    Dealt made(c);
    CHECK(give_up_broken_gangs(*made.problem, made.deal));
    const auto residents = residents_of(*made.problem, made.deal.ledgers);
    CHECK(is_any_bound_left(*made.problem, made.deal.left));
    BoundRest rest(*made.problem, *residents, made.deal, 1, quiet);
    CHECK(rest.levels() == std::vector<std::int64_t>{0});
    CHECK_EQ(made.left(1), 0);  // nobody else places them
    CHECK(!rest.place(0, 0, "models", quiet));
    CHECK(rest.place(0, INFINITY, "models", quiet));
    rest.finish();
    CHECK_EQ(made.left(1), 0);
    CHECK_EQ(members(made.deal.ledgers.back().fillings), 4);  // two on each of two nodes
}

TEST(without_gangs_nothing_is_given_up) {
    std::mt19937 random(22);
    Dealt made(problem_cases::random_model_case(random, 10, 14));
    CHECK(!give_up_broken_gangs(*made.problem, made.deal));
    CHECK(!is_any_bound_left(*made.problem, made.deal.left));
}
