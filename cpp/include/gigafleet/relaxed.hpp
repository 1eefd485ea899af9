// The set of placements that bounds speak of: quantities rounded against the bound, nodes of a pool as one.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// What a task takes at the least: the demand of Problem::Shape was rounded up, this one is rounded down.
/// What is 0 because its rule is switched off stays so.
struct RelaxedShape {
    Amounts demand;
    Quantity uplink, downlink;
};
/// By shape. O(shapes · resources).
std::vector<RelaxedShape> relaxed_shapes(const Problem& problem);

/// What a node of the pool has at most, in one dimension: capacity rounded up. kUnlimited for no limit.
inline Quantity relaxed_most(const Problem& problem, const Fleet::Pool& pool, std::size_t dimension) {
    const Quantity most = pool.capacity_max[dimension];
    if (most == kUnlimited) return most;
    return most + problem.fleet().rounded_off(problem.fleet().kinds()[pool.kind.at()], dimension);
}
/// What all nodes of the pool have together; none for no limit. O(1), or O(entries) where nodes differ in it.
std::optional<WideQuantity> relaxed_sum(const Fleet& fleet, const Fleet::Pool& pool, std::size_t dimension);
/// What all nodes have together; none for no limit. O(pools).
std::optional<WideQuantity> relaxed_total(const Problem& problem, std::size_t dimension);
/// Capacity of a carrier; none for no limit, and where its rule is switched off.
std::optional<WideQuantity> relaxed_carrier(const Problem& problem, std::size_t carrier);

/// Whether a node of the pool, if empty, may take a task: labels, size, time; by what the pool knows of its
/// nodes at best. Where they differ, none need pass all at once.
bool may_take_relaxed(const Problem& problem, const Problem::Shape& shape, const RelaxedShape& relaxed,
                      const Fleet::Pool& pool);

/// The prices, checked, times `scale`; 0 where there is no limit. Empty parts stay empty.
/// Throws InputTypeError naming `argument` on a wrong number of prices, InputError on one that is negative or
/// not finite. O(prices).
Prices usable_prices(const Problem& problem, const Prices& prices, double scale, const char* argument);

/// What a member pays is asked under these prices.
struct PriceQuestion {
    const Problem& problem;
    std::span<const RelaxedShape> relaxed;  ///< by shape
    const Prices& usable;                   ///< of usable_prices
    bool with_cost;                         ///< whether the cost of the pair counts, or prices alone
};

/// Sum of price · capacity over everything that has a price, rounded up, in units of 2^-exponent; none where
/// that is too large to tell. `most_a_node`: by pool, what a node is worth at most; empty for no such limits.
/// O(prices), and the entries of pools whose nodes differ.
std::optional<WideQuantity> worth(const Problem& problem, const Prices& usable, int exponent,
                                  std::span<const double> most_a_node = {});

}  // namespace gigafleet
