#include "gigafleet/whole_nodes.hpp"

#include <cmath>
#include <limits>

#include "check.hpp"
#include "gigafleet/bound.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using price_cases::solve;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

NoControl quiet;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// At `price` for a unit of compute on all pools, with the same rent for all shapes.
std::vector<double> most_of(const Case& c, double price, double rent) {
    const auto problem = c.problem();
    const LeastPrices least(*problem, 1, quiet);
    Prices prices = Prices::zero(*problem);
    for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
        prices.pool[p * problem->fleet().schema().dimensions()] = price * 1e-3;  // compute in thousandths
    return most_paid_in_nodes(least, prices, false, std::vector<double>(problem->shapes().size(), rent), 1);
}

/// The most that whole sets of shapes from `s` on pay in what is left, by trying them all.
double tried(const std::vector<double>& pays, const std::vector<Amounts>& demand, std::size_t s,
             Amounts left) {
    if (s == pays.size()) return 0;
    double best = 0;
    for (double paid = 0; holds(left, Amounts{}); paid += pays[s]) {
        best = std::max(best, paid + tried(pays, demand, s + 1, left));
        for (std::size_t d = 0; d < left.size(); ++d)
            if (left[d] != kUnlimited) left[d] -= demand[s][d];
        if (std::ranges::any_of(left, [](Quantity some) { return some < 0; })) break;
    }
    return best;
}

}  // namespace

TEST(a_node_takes_no_part_of_a_task) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 14, .count = 5}};
    c.tasks = {{.compute = 8, .count = 20}};
    CHECK(std::abs(most_of(c, 0.125, kInfinite).at(0) - 1) < 1e-9);  // 1.75 as a part of all
    CHECK(std::abs(most_of(c, 0.125, 0.5).at(0) - 0.5) < 1e-9);
    c.tasks.push_back({.compute = 4});
    CHECK(std::abs(most_of(c, 0.125, kInfinite).at(0) - 1.5) < 1e-9);
    c.tasks.push_back({.compute = 2});
    CHECK_EQ(most_of(c, 0.125, kInfinite).at(0), kInfinite);  // fills it
}

TEST(what_is_not_priced_or_cannot_run_does_not_count) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 14}};
    c.tasks = {{.compute = 8, .count = 2}, {.compute = 3, .require = 16}};  // nobody has the label
    CHECK_EQ(most_of(c, 0, kInfinite).at(0), kInfinite);
    CHECK(std::abs(most_of(c, 1, kInfinite).at(0) - 8) < 1e-9);
}

TEST(bounds_know_whole_nodes) {
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.compute = 14, .price_compute = 1, .count = 5},
               {.compute = 100, .price_compute = 9, .count = 2}};
    c.tasks = {{.compute = 8, .count = 20}};
    const Plan plan = solve(c);
    const Certificate found = prove(plan, quiet);
    CHECK_EQ(plan.placed_tasks, 20);
    // Five on the cheap nodes, fifteen on the others: 5 · 8 + 15 · 72. As one node these would take eight.
    CHECK(std::abs(plan.solution.cost - 1120) < 1e-9);
    CHECK(found.cost > 1119.9 && found.cost <= 1120);
    CHECK(found.of_cost.bound < 1000);
    c.nodes.pop_back();
    const Plan few = solve(c);
    CHECK_EQ(few.placed_tasks, 5);
    CHECK(prove(few, quiet).placed[0] == 5'000'000);
}

TEST(searches_find_what_trying_all_sets_finds) {
    std::mt19937 random(51);
    int less = 0;
    for (int i = 0; i < 400 / check::kShare; ++i) {
        Case c = random_case(random, 6, 6);
        for (auto& node : c.nodes) node.compute = 3 + static_cast<double>(random() % 5);
        for (auto& task : c.tasks) task.compute = 1.3 + static_cast<double>(random() % 5);
        const auto problem = c.problem();
        const LeastPrices least(*problem, 1, quiet);
        const Prices prices = price_cases::random_prices(random, *problem, 1);
        std::vector<double> rents;
        for (std::size_t s = 0; s < problem->shapes().size(); ++s)
            rents.push_back(random() % 4 ? static_cast<double>(random() % 9000) : kInfinite);
        const auto most = most_paid_in_nodes(least, prices, false, rents, 1);
        const std::size_t dimensions = problem->fleet().schema().dimensions();
        for (std::size_t p = 0; p < most.size(); ++p) {
            const Fleet::Pool& pool = problem->fleet().pools()[p];
            if (pool.slots == 0) continue;
            std::vector<double> pays;
            std::vector<Amounts> demand;
            double full = 0;
            for (std::size_t d = 0; d < dimensions; ++d)
                if (prices.pool[p * dimensions + d] > 0)
                    full += prices.pool[p * dimensions + d] *
                            static_cast<double>(relaxed_most(*problem, pool, d));
            for (std::size_t s = 0; s < rents.size(); ++s) {
                if (!may_take_relaxed(*problem, problem->shapes()[s], least.relaxed()[s], pool)) continue;
                demand.push_back(least.relaxed()[s].demand);
                double takes = 0;
                for (std::size_t d = 0; d < dimensions; ++d)
                    takes += prices.pool[p * dimensions + d] * static_cast<double>(demand.back()[d]);
                pays.push_back(std::min(takes, rents[s]));
            }
            Amounts capacity;
            for (std::size_t d = 0; d < capacity.size(); ++d) capacity[d] = relaxed_most(*problem, pool, d);
            const double best = tried(pays, demand, 0, capacity);
            CHECK(best <= most[p] * (1 + 1e-12));
            if (std::isfinite(most[p])) CHECK(most[p] < full);
            less += std::isfinite(most[p]);
        }
    }
    CHECK(less > 200 / check::kShare);
}
