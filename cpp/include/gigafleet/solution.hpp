// What an algorithm returns: where the members of each class run, and what that reserves on the network.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/loads.hpp"
#include "gigafleet/pool_state.hpp"

namespace gigafleet {

/// Reasons of SEMANTICS, frozen: journals and plans on disk hold the numbers.
enum class Reason : std::uint8_t {
    kPlaced,
    kLabel,
    kTooBig,
    kTime,
    kModel,
    kRoute,
    kRtt,
    kQuota,
    kGang,
    kSpread,
    kLink,
    kCapacity,
    kFairness,
    kDisplaced,
    kNotTried
};

enum class Status : std::uint8_t { kComplete, kTimeLimit };

/// A plan keeps it, for warm starts and what-if.
struct Solution {
    struct Span {
        std::size_t first = 0, last = 0;
    };
    std::vector<Filling> fillings;
    std::vector<Span> of_class;  ///< fillings of each class, in the order in which its members take them
    std::vector<std::int64_t> placed;  ///< members of each class
    std::vector<Reason> reason;        ///< of the members of each class that are not placed
    Loads loads;
    double cost = 0;  ///< EUR/h of what is placed, moves aside
    Status status = Status::kComplete;

    /// Fillings of a class.
    std::span<const Filling> of(ClassId id) const {
        const Span span = of_class[id.at()];
        return {fillings.data() + span.first, span.last - span.first};
    }
};

}  // namespace gigafleet
