// What lies at and below each site, nearest first: so that the cheapest within a limit is one look-up.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/pool_view.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Pools of a view at one site with one access_rtt are a spot: the way to them is the same. A site's list
/// holds the spots of its subtree (Forest) by their round trip from there, the node's access included. The
/// way from an origin to a spot in its own tree turns at the lowest common ancestor; by any higher one it is
/// longer, so a look at the lists of all the origin's ancestors finds the least.
class ReachLists {
public:
    struct Spot {
        SiteId site;
        std::int64_t access_ns;
    };
    struct Range {
        std::size_t first, last;
    };

    /// Lists of the sites that `wanted` flags (by site; an origin and all above it), and of all core sites.
    /// O(pools log pools + spots · depth · log).
    ReachLists(const Problem& problem, const PoolView& view, std::span<const std::uint8_t> wanted);

    const PoolView& view() const { return view_; }
    std::span<const Spot> spots() const { return spots_; }
    /// Spot of the pool at a position of the view.
    std::uint32_t spot_of(std::size_t position) const { return spot_of_[position]; }

    /// Entries of a site's list; empty where there is none.
    Range list(SiteId site) const { return {first_[site.at()], first_[site.at()] + sizes_[site.at()]}; }
    std::size_t entries() const { return ns_.size(); }
    std::int64_t ns(std::size_t entry) const { return ns_[entry]; }
    std::uint32_t spot(std::size_t entry) const { return spot_[entry]; }
    /// How many of the list are within `ns`. O(log), O(1) where all are.
    std::size_t within(Range list, std::int64_t ns) const;

private:
    void make_spots(const Problem& problem);
    void count(std::span<const std::uint8_t> wanted);
    void fill(const Problem& problem);

    const PoolView& view_;
    std::vector<Spot> spots_;
    std::vector<std::uint32_t> spot_of_;  // by position
    std::vector<std::size_t> first_;      // by site
    std::vector<std::uint32_t> sizes_;    // by site
    std::vector<std::int64_t> ns_;        // by entry
    std::vector<std::uint32_t> spot_;     // by entry
};

}  // namespace gigafleet
