// Which pools are known to be full for which needs, so that no shape asks a full pool twice.
#pragma once

#include <cstdint>
#include <vector>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Shapes that differ in origin, labels or latency often need the same: a demand and a duration. A pool
/// without room for one need has none for any need at least as large in everything, and room never comes back
/// while placing. The 64 needs with the most shapes are remembered, one bit each; the others are simply asked
/// again.
class FullPools {
public:
    /// O(shapes · 64 + pools).
    explicit FullPools(const Problem& problem);

    bool is_full(PoolId pool, ShapeId shape) const { return (full_[pool.at()] & bit_[shape.at()]) != 0; }
    void set_full(PoolId pool, ShapeId shape) { set(pool, implied_[shape.at()]); }
    /// No room for any shape.
    void set_exhausted(PoolId pool) { set(pool, ~std::uint64_t{0}); }

    /// The needs that a pool is full for, and the bit of a shape's own need (0: not remembered).
    std::uint64_t needs(PoolId pool) const { return full_[pool.at()]; }
    std::uint64_t bit(ShapeId shape) const { return bit_[shape.at()]; }
    /// Pools in the order in which they changed; one may come several times.
    const std::vector<PoolId>& changes() const { return changes_; }

private:
    void set(PoolId pool, std::uint64_t needs) {
        if ((needs & ~full_[pool.at()]) == 0) return;
        full_[pool.at()] |= needs;
        changes_.push_back(pool);
    }

    std::vector<std::uint64_t> full_;     // by pool
    std::vector<std::uint64_t> bit_;      // by shape: its own need
    std::vector<std::uint64_t> implied_;  // by shape: its own need and all that are at least as large
    std::vector<PoolId> changes_;
};

}  // namespace gigafleet
