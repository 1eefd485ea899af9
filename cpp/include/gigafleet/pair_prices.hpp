// Prices of a problem that is small enough to look at every pair of a class and a pool.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "gigafleet/control.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Optimal prices, at the worst to a thousandth of the bound: multipliers of the linear program whose
/// Lagrangian Bound evaluates. Arguments as of find_shadow_prices; `level_weight` may not be empty. None
/// where there are too many pairs, or they did not come as near in a bounded number of steps. O(pairs · (way
/// + rounds)).
std::optional<Prices> find_pair_prices(const Problem& problem, Aim aim, std::size_t levels,
                                       std::span<const WideQuantity> level_weight, Control& control);

}  // namespace gigafleet
