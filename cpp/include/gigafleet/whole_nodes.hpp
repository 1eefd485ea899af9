// What whole tasks can pay in one node at most: a pool of nodes is worth no more than so many of these.
#pragma once

#include <span>
#include <vector>

#include "gigafleet/least_prices.hpp"

namespace gigafleet {

/// Prices take the nodes of a pool for one of their joint capacity, price · capacity a node. But a node holds
/// a set of whole tasks, and no set of them pays more than the best does that fits: this is the bound of
/// configurations (Gilmore and Gomory, "A Linear Programming Approach to the Cutting-Stock Problem", 1961) at
/// given prices. In a pool a task pays price · demand at most, and never more than its *rent*: what its class
/// would pay where it pays least, less what a node of the pool costs.
///
/// By pool, the most that tasks pay in one node, rounded up; infinite where that is not below price ·
/// capacity by a thousandth, or a bounded search cannot tell. `usable` and `with_cost` as in
/// LeastPrices::find; `rents`: by shape, -infinity where none of its tasks may run; infinite for no such
/// limit. Nodes of one kind that have the same prices are searched once: O(pools + kinds with different
/// prices · (shapes + a bounded number of steps)). The same on any number of threads.
std::vector<double> most_paid_in_nodes(const LeastPrices& least, const Prices& usable, bool with_cost,
                                       std::span<const double> rents, int threads);

}  // namespace gigafleet
