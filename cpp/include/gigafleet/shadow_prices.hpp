// Prices under which a bound is tight.
#pragma once

#include <cstddef>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/prices.hpp"

namespace gigafleet {

/// What a multiple of each capacity is worth, by dual ascent (price_ascent.hpp) over all capacities: in EUR/h
/// for Aim::kCost, in the unit of `weight` for Aim::kWeight. Levels of priority below the `levels` highest
/// are left aside; those above the lowest of them are worth far more than it. Links are free. All 0 where the
/// problem is too large for a Market. The same on any number of threads.
Prices find_shadow_prices(const Groundwork& ground, Aim aim, std::size_t levels, int threads,
                          Control& control);

}  // namespace gigafleet
