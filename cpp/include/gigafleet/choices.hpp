// What each class would choose at given prices: the pools within a little of its cheapest.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/market.hpp"

namespace gigafleet {

/// Lists by class of a market, in its order of spots.
struct Choices {
    struct Choice {
        std::uint32_t pool;
        float cost;  ///< EUR/h of a task there, prices aside
    };
    std::vector<Choice> all;
    std::vector<std::size_t> first;  ///< by class, and one more

    std::span<const Choice> of(std::size_t c) const {
        return {all.data() + first[c], all.data() + first[c + 1]};
    }
};

/// What shape `s` pays in each pool: its own cost and the prices of what it takes there. `prices`: by pool
/// and dimension, EUR/h per unit.
void price_pools(const Market& market, std::span<const double> prices, std::size_t s, std::span<float> out);

/// The prices alone: what a task of shape `s` pays for what it takes in each pool.
void find_payments(const Market& market, std::span<const double> prices, std::size_t s, std::span<float> out);

/// Pools that cost a class at most `slack` EUR/h more than its cheapest, prices included. A class that
/// nothing is open to has an empty list. O(classes · spots) on `threads` threads.
Choices find_choices(const Market& market, std::span<const double> prices, double slack, int threads);

}  // namespace gigafleet
