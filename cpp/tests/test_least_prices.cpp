#include "gigafleet/least_prices.hpp"

#include <cmath>

#include "check.hpp"
#include "price_cases.hpp"

using namespace gigafleet;
using definition::Definition;
using price_cases::random_prices;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

NoControl quiet;

/// Every look against trying all pools: the exact one finds the least, the others no more than that.
void check_looks(const Case& c, const Prices& prices, bool with_cost) {
    const auto problem = c.problem();
    Definition definition(c);
    std::vector<std::vector<double>> found;
    for (const Look look : {Look::kExactly, Look::kByReach, Look::kByKind, Look::kFloor})
        found.push_back(LeastPrices(*problem, 1, quiet, look).find(prices, with_cost, quiet));
    const auto relaxed = relaxed_shapes(*problem);
    const auto& classes = problem->workload().classes();
    for (std::size_t k = 0; k < classes.size(); ++k) {
        double least = LeastPrices::kNever;
        for (const Fleet::Pool& pool : problem->fleet().pools())
            if (const auto pays = price_cases::pays(*problem, definition, classes[k], pool,
                                                    relaxed[classes[k].shape.at()], prices, with_cost))
                least = std::min(least, *pays);
        if (classes[k].members == 0) continue;
        const double margin = 1e-9 * (1 + std::abs(least));
        CHECK(found[0][k] == least || std::abs(found[0][k] - least) <= margin);
        for (const auto& by_class : found) CHECK(by_class[k] <= least);
    }
}

}  // namespace

TEST(each_class_pays_the_least_over_all_pools) {
    std::mt19937 random(21);
    for (int i = 0; i < 600; ++i) {
        Case c = random_case(random, 12, 15, 1 + i % 3);
        for (double& price : c.links.price) price = std::abs(price);
        const Prices prices = i % 3 ? random_prices(random, *c.problem(), i % 2 ? 1 : 0.01) : Prices{};
        check_looks(c, prices, i % 4 > 0);
    }
}

TEST(links_of_negative_price_only_loosen) {
    Case c = Case::line(3);
    c.links.price[0] = -2;
    c.nodes = {{.site = 1, .price_compute = 1}};
    c.tasks = {{.origin = 0, .uplink_mbps = 1.0 / 3, .downlink_mbps = 2}, {.origin = 2, .uplink_mbps = 1}};
    const auto problem = c.problem();
    Prices prices = Prices::zero(*problem);
    for (const Look look : {Look::kExactly, Look::kByReach, Look::kByKind, Look::kFloor}) {
        const auto found = LeastPrices(*problem, 1, quiet, look).find(prices, true, quiet);
        CHECK(found[0] <= 1 - 2 * (0.333334 + 2) + 2e-5);
        CHECK(found[1] <= 1 + 2e-5);
        if (look == Look::kExactly) CHECK(found[0] > 1 - 2 * (0.333334 + 2) && found[1] > 0.99);
    }
}

TEST(threads_do_not_matter) {
    std::mt19937 random(22);
    const Case c = random_case(random, 200, 400, 10);
    const auto problem = c.problem();
    const Prices prices = random_prices(random, *problem, 1);
    for (const Look look : {Look::kExactly, Look::kByReach, Look::kByKind, Look::kFloor}) {
        const auto one = LeastPrices(*problem, 1, quiet, look).find(prices, true, quiet);
        CHECK(one == LeastPrices(*problem, 4, quiet, look).find(prices, true, quiet));
    }
}

TEST(small_problems_are_looked_at_exactly) {
    std::mt19937 random(23);
    CHECK(LeastPrices(*random_case(random, 20, 20).problem(), 1, quiet).look() == Look::kExactly);
}

TEST(no_pools_and_no_tasks) {
    Case c = Case::one_site();
    CHECK(LeastPrices(*c.problem(), 1, quiet).find({}, true, quiet).empty());
    c.tasks.resize(1);
    for (const Look look : {Look::kExactly, Look::kByReach, Look::kByKind, Look::kFloor})
        CHECK_EQ(LeastPrices(*c.problem(), 1, quiet, look).find({}, true, quiet).at(0), LeastPrices::kNever);
}
