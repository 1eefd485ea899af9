// The ways that a solution uses, and which parts of the network each of them needs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/ids.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Members by the way that they take: an origin, the site of a node, a transit policy.
class Trips {
public:
    struct Trip {
        SiteId origin, site;
        std::uint32_t policy;
        std::uint32_t first, last;  ///< of its parts
    };
    /// With what is asked of each when its way is lost, so that nothing else need be looked up.
    struct Part {
        ClassId of;
        std::uint32_t filling;  ///< number in Solution::fillings
        ShapeId shape;          ///< of the class
        KindId kind;            ///< of the nodes
        std::int64_t tasks;
    };

    /// At most 2^32 - 1 fillings. O(fillings · log(fillings an origin)), 24 bytes a filling and 20 a trip.
    Trips(const Problem& problem, const Solution& solution);

    std::size_t size() const { return trips_.size(); }
    const Trip& operator[](std::size_t i) const { return trips_[i]; }
    std::span<const Part> parts(const Trip& trip) const {
        return {parts_.data() + trip.first, parts_.data() + trip.last};
    }

private:
    std::vector<Trip> trips_;
    std::vector<Part> parts_;
};

/// Parts of the network that may be lost, each with all its sites and links at once.
struct Elements {
    static constexpr std::uint32_t kNone = UINT32_MAX;
    std::uint32_t count = 0;
    std::vector<std::uint32_t> of_site, of_link;  ///< by site and by link; kNone: of none; empty: none are
};

/// The trips that need each element: they begin or end there, or lead over it, out or back.
class Crossings {
public:
    /// O(trips · links of a way), 4 bytes a trip and element on its way.
    Crossings(const Problem& problem, const Trips& trips, const Elements& elements);

    /// Numbers of trips, ascending.
    std::span<const std::uint32_t> of(std::uint32_t element) const {
        return {trips_.data() + first_[element], trips_.data() + first_[element + 1]};
    }

private:
    std::vector<std::size_t> first_;  // by element, and one more
    std::vector<std::uint32_t> trips_;
};

}  // namespace gigafleet
