// From prices to whole numbers: how many members of each class go to each pool.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/choices.hpp"

namespace gigafleet {

/// `members` of a class (by its place in the market) in a pool (likewise).
struct Flow {
    std::uint32_t of, pool;
    std::int64_t members;
};

/// Spreads every class over its choices by exp(−(cost + λ·demand) / τ), rounded so that what a pool gets of a
/// shape, summed over its classes, is off by about one member, and so is what is left out (error diffusion).
/// Classes that would rather be left out than pay are left out. By class; O(choices) on `threads` threads,
/// the same on any number of them.
std::vector<Flow> whole_flows(const Market& market, std::span<const double> prices, const Choices& choices,
                              double tau, int threads);

}  // namespace gigafleet
