// What bandwidth pays between each site and the core, and at the access of a node.
#pragma once

#include <vector>

#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/routes.hpp"

namespace gigafleet {

/// EUR/h per Mbps: price_per_mbps of the links, and shadow prices where there are some.
class SitePrices {
public:
    /// `shadow`: of cost, or null. O(sites).
    SitePrices(const Problem& problem, const Routes& routes, const Prices* shadow);

    /// Sums over the arcs from the site up to its core site, and from there down to it.
    double up(SiteId site) const { return sites_[site.at()].up; }
    double down(SiteId site) const { return sites_[site.at()].down; }
    /// At the site's access: what leaves by it, and what comes in.
    double access_up(SiteId site) const { return sites_[site.at()].access_up; }
    double access_down(SiteId site) const { return sites_[site.at()].access_down; }

    /// A task's way from a core site down to a node at the site, its access included.
    double to_node(SiteId site, double up_mbps, double down_mbps) const {
        const Site& s = sites_[site.at()];
        return (s.down + s.access_down) * up_mbps + (s.up + s.access_up) * down_mbps;
    }

private:
    struct Site {
        double up = 0, down = 0, access_up = 0, access_down = 0;
    };
    std::vector<Site> sites_;
};

}  // namespace gigafleet
