// Markets made from rows, and what a class pays at given prices: for the tests of everything that uses
// prices.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "check.hpp"
#include "gigafleet/choices.hpp"
#include "gigafleet/market.hpp"
#include "problem_cases.hpp"

namespace market_cases {

using namespace gigafleet;
using problem_cases::Case;

inline NoControl quiet;

/// A case with all that stands on it; nothing is placed.
struct Stand {
    Case c;
    std::shared_ptr<const Problem> problem;
    Groundwork ground;
    std::vector<ShapeId> level;  ///< all shapes
    Placement placement;

    explicit Stand(Case a_case)
        : c(std::move(a_case)),
          problem(c.problem()),
          ground(*problem, quiet),
          level(placing_order(ground, Order::kLargeFirst)),
          placement(*problem) {}
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;

    std::optional<Market> market(int threads = 1) const {
        return Market::make(ground, level, placement, threads);
    }
};

/// Prices by pool and dimension, some of them 0.
inline std::vector<double> random_prices(const Market& market, std::mt19937& random) {
    std::vector<double> prices(market.pools().size() * market.dimensions());
    for (double& price : prices)
        price = random() % 3 == 0 ? 0 : market.scale() * static_cast<double>(random() % 1000) * 1e-3;
    return prices;
}

/// EUR/h of a task of class `c` (of shape `s`) in a pool, prices included; infinite where it may not run.
inline double cost_at(const Market& market, std::span<const double> prices, std::size_t s, std::size_t c,
                      std::size_t pool) {
    double cost = static_cast<double>(market.own_cost(s)[pool]) +
                  static_cast<double>(
                      market.ways(market.group(s), market.classes()[c].origin)[market.pools()[pool].spot]);
    for (std::size_t d = 0; d < market.dimensions(); ++d)
        cost += prices[pool * market.dimensions() + d] * market.demand(s)[d];
    return cost;
}

/// Calls f(s, c) for each class c of each shape s.
template <class F>
void for_classes(const Market& market, F&& f) {
    for (std::size_t s = 0; s < market.shapes(); ++s)
        for (std::size_t c = market.first_class(s); c < market.first_class(s + 1); ++c) f(s, c);
}

/// A random case without negative prices of links, in which most tasks find many nodes.
inline Case easy_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks, int parts = 1) {
    Case c = problem_cases::random_case(random, most_nodes, most_tasks, parts);
    for (double& price : c.links.price) price = std::abs(price);
    for (auto& n : c.nodes) n.price_compute = std::abs(n.price_compute);
    for (auto& t : c.tasks) {
        t.require = t.any_of = t.forbid = t.transit_require = t.transit_forbid = 0;
        t.max_rtt_ms = problem_cases::kInf;
    }
    return c;
}

}  // namespace market_cases
