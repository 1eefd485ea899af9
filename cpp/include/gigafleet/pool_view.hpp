// The pools as one transit policy sees them: in the preorder of its forest, so that a subtree is a range.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Positions 0..size()-1 number the pools whose site the policy allows. O(pools + sites) to build.
class PoolView {
public:
    struct Item {
        PoolId pool;
        KindId kind;
        SiteId site;
    };
    struct Range {
        std::size_t first, last;
        std::size_t size() const { return last - first; }
    };

    /// `open`: one flag per pool, 0 leaves it out; empty for all pools.
    PoolView(const Problem& problem, const Routes& routes, std::span<const std::uint8_t> open = {});

    const Routes& routes() const { return routes_; }
    std::size_t size() const { return items_.size(); }
    const Item& operator[](std::size_t position) const { return items_[position]; }

    /// Pools at a site; at it and below it; in the tree of a core site.
    Range at_site(SiteId site) const {
        const std::uint32_t i = routes_.forest().first(site);
        return {first_[i], first_[i + 1]};
    }
    Range below(SiteId site) const {
        return {first_[routes_.forest().first(site)], first_[routes_.forest().last(site)]};
    }
    Range of_core(std::uint32_t core) const { return below(routes_.forest().core_site(core)); }
    /// Core sites that have pools in their trees, ascending.
    std::span<const std::uint32_t> cores() const { return cores_; }

    /// Up to the core and back down again, in ns: the site's share of a round trip.
    std::int64_t round_ns(SiteId site) const {
        return routes_.forest().up_ns(site) + routes_.forest().down_ns(site);
    }

private:
    const Routes& routes_;
    std::vector<Item> items_;
    std::vector<std::uint32_t> cores_;
    std::vector<std::size_t> first_;  // by place of the site in forest().order(), and one more
};

}  // namespace gigafleet
