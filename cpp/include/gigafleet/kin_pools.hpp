// Of a few pools, those that may still take a shape: found once for all shapes that ask a slot for the same.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/interner.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

/// By shape: a number that it shares with those to which a slot is full all at once, as they ask for the same
/// of it: demand, stay, model and how long that may take. O(shapes · log kin).
std::vector<std::uint32_t> kin_of_shapes(const Problem& problem);

/// Room only shrinks, so a pool that is full to one shape is full to its kin.
class KinPools {
public:
    /// `kin`: of kin_of_shapes. Keeps references.
    KinPools(const Problem& problem, const Residents& residents, std::span<const std::uint32_t> kin)
        : problem_(problem), residents_(residents), kin_(kin) {}

    /// Begins anew, without pools.
    void clear();
    /// Pools are numbered as they come. O(runs).
    void add(PoolId pool);
    PoolId operator[](std::uint32_t number) const { return pools_[number].id; }

    /// Numbers, ascending, of pools that may have room for the shape; whoever finds one full takes it out.
    /// O(1), and for the first of its kin O(pools).
    std::vector<std::uint32_t>& open(ShapeId shape);

private:
    struct Pool {
        PoolId id;
        Amounts room;  ///< when it was added
    };

    const Problem& problem_;
    const Residents& residents_;
    std::span<const std::uint32_t> kin_;
    std::vector<Pool> pools_;
    Interner known_;                                ///< kin that were asked for since the pools were cleared
    std::vector<std::vector<std::uint32_t>> open_;  ///< by number in known_; may be longer
};

}  // namespace gigafleet
