// Markets made from rows, and what a class pays at given prices: for the tests of everything that uses
// prices.
#pragma once

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

    explicit Stand(Case a_case);
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;

    std::optional<Market> market(int threads = 1) const;
};

/// Prices by pool and dimension, some of them 0.
std::vector<double> random_prices(const Market& market, std::mt19937& random);

/// EUR/h of a task of class `c` (of shape `s`) in a pool, prices included; infinite where it may not run.
double cost_at(const Market& market, std::span<const double> prices, std::size_t s, std::size_t c,
               std::size_t pool);

/// Calls f(s, c) for each class c of each shape s.
template <class F>
void for_classes(const Market& market, F&& f) {
    for (std::size_t s = 0; s < market.shapes(); ++s)
        for (std::size_t c = market.first_class(s); c < market.first_class(s + 1); ++c) f(s, c);
}

/// A random case without negative prices of links, in which most tasks find many nodes.
Case easy_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks, int parts = 1);

}  // namespace market_cases
