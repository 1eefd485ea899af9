// Prices under which a bound is tight.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "gigafleet/control.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/prices.hpp"

namespace gigafleet {

/// What a multiple of each capacity is worth: in EUR/h for Aim::kCost, in the unit of `weight` for
/// Aim::kWeight. Levels of priority below the `levels` highest are left aside; of those above the lowest, and
/// for Aim::kCost of that one too, as much weight is to be placed as `level_weight` says (by level, in 1e-6;
/// empty: all). Optimal where pairs of class and pool are few (pair_prices.hpp); else by dual ascent over all
/// capacities, on a Market (price_ascent.hpp) where all is placed and no link has a limit, or on the network
/// (network_ascent.hpp), which has prices for links too. None where the problem is too large for all three.
/// The same on any number of threads.
std::optional<Prices> find_shadow_prices(const Groundwork& ground, Aim aim, std::size_t levels,
                                         std::span<const WideQuantity> level_weight, int threads,
                                         Control& control);

/// Prices of cost, links included, to search by (First::kPriced). Empty where
/// the problem is too large for a NetworkMarket, or time ran out.
Guide find_guide(const Groundwork& ground, double time_limit_s, int threads, Control& control);

}  // namespace gigafleet
