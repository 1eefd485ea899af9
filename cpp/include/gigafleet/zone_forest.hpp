// The sites of a network hung on few hubs: its trees, and where the core is large, core sites near each
// other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/ids.hpp"
#include "gigafleet/routes.hpp"

namespace gigafleet {

/// A forest whose roots are *hubs*. A site of a tree hangs on its parent there, the core site of a tree on
/// the hub of its *zone* by the routes between the two. Each site has a *place*, parents before their
/// children. With every core site a hub it is the forest of the network itself; with fewer, ways between
/// zones lead through their hubs, which is near the truth where zones are small.
class ZoneForest {
public:
    static constexpr std::uint32_t kNone = 0xffffffff;

    ZoneForest() = default;
    /// `wanted`: by core site, whether anything starts or ends in its tree; the others are no hubs and hang
    /// on none. Every wanted one is a hub where there are at most `most_hubs`; else hubs are each the
    /// farthest from those before it (Gonzalez, Theor. Comput. Sci. 38, 1985: zones at most twice as wide as
    /// the narrowest that as many could be), and core sites with no way to a hub and back are hubs too.
    /// O(sites + hubs · core sites), and in a DiGraph the rows of all wanted core sites.
    ZoneForest(const Routes& routes, std::span<const std::uint8_t> wanted, std::size_t most_hubs);

    std::size_t size() const { return parent_.size(); }
    SiteId site(std::uint32_t place) const { return site_[place]; }
    /// kNone where the site is not allowed.
    std::uint32_t place(SiteId site) const { return place_[site.at()]; }
    /// kNone at hubs and at core sites that are not wanted.
    std::uint32_t parent(std::uint32_t place) const { return parent_[place]; }
    /// Core indices of the hubs, ascending. The i-th hub has place i.
    std::span<const std::uint32_t> hubs() const { return hubs_; }
    /// Number of the hub that a core site hangs on or is; kNone where it is not wanted.
    std::uint32_t hub_of(std::uint32_t core) const { return hub_of_[core]; }

    /// Arcs from the place to its parent, and from the parent to it. Both empty where it has none, or where
    /// the way leads only one way.
    std::span<const ArcId> up(std::uint32_t place) const { return up_.of(place); }
    std::span<const ArcId> down(std::uint32_t place) const { return down_.of(place); }
    /// Whether there is a way to the parent and back.
    bool has_way(std::uint32_t place) const { return !up(place).empty() && !down(place).empty(); }

private:
    struct Arcs {
        std::vector<std::uint32_t> first{0};  // by place
        std::vector<ArcId> arcs;
        std::span<const ArcId> of(std::uint32_t place) const {
            return std::span(arcs).subspan(first[place], first[place + 1] - first[place]);
        }
        void close() { first.push_back(static_cast<std::uint32_t>(arcs.size())); }
    };
    void choose_hubs(const Routes& routes, std::span<const std::uint8_t> wanted, std::size_t most_hubs);
    void add(SiteId site, std::uint32_t parent);

    std::vector<SiteId> site_;
    std::vector<std::uint32_t> place_, parent_, hubs_, hub_of_;
    Arcs up_, down_;
};

}  // namespace gigafleet
