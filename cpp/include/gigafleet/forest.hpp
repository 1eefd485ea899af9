// Pendant trees of a network: what hangs off its core by one neighbour, peeled so that routes need only be
// searched in the core. Inside a tree a route is unique but for parallel links.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/ids.hpp"
#include "gigafleet/network.hpp"

namespace gigafleet {

/// A core position that no site has.
inline constexpr std::uint32_t kNoCore = UINT32_MAX;

/// Whether the arc's link is among those lost: one flag per link, or empty for none.
inline bool is_lost(const Network& network, ArcId arc, std::span<const std::uint8_t> lost) {
    return !lost.empty() && lost[network.link(arc)] != 0;
}

/// Forest of the subnetwork of the allowed sites. A site with one neighbour (parallel links and both
/// directions count once) is peeled, again and again, in trees of at most kMaxDepth; what is left is the
/// core. Every site that is allowed belongs to the tree of one core site, its root; core sites are roots of
/// their own.
class Forest {
public:
    /// Deepest tree: bounds the walk up a tree, so that a long path of sites stays in the core.
    static constexpr std::uint32_t kMaxDepth = 64;

    /// `allowed`: one flag per site, or empty for all sites; `lost`: one per link, which is then not there.
    /// O(sites + arcs), 72 bytes a site.
    Forest(const Network& network, std::span<const std::uint8_t> allowed,
           std::span<const std::uint8_t> lost = {});

    /// Core site that the site's tree hangs on; invalid where the site is not allowed.
    SiteId root(SiteId s) const { return node(s).root; }
    /// Next site on the way to the root; invalid at a root.
    SiteId parent(SiteId s) const { return node(s).parent; }
    /// Links from the root to the site.
    std::uint32_t depth(SiteId s) const { return node(s).depth; }
    /// Latency from the site up to its root, and from the root down to it; kUnreachable where no arc leads
    /// there.
    std::int64_t up_ns(SiteId s) const { return node(s).up_ns; }
    std::int64_t down_ns(SiteId s) const { return node(s).down_ns; }
    /// Sums of price_per_mbps over the same arcs.
    double up_price(SiteId s) const { return node(s).up_price; }
    double down_price(SiteId s) const { return node(s).down_price; }
    /// The fastest arc (then the smallest) from the site to its parent, and back; invalid where there is
    /// none.
    ArcId up_arc(SiteId s) const { return node(s).up_arc; }
    ArcId down_arc(SiteId s) const { return node(s).down_arc; }

    /// Allowed sites, tree by tree in the order of core_index, each tree in preorder.
    std::span<const SiteId> order() const { return order_; }
    /// The subtree of `s` is order()[first(s)] to order()[last(s) - 1].
    std::uint32_t first(SiteId s) const { return node(s).first; }
    std::uint32_t last(SiteId s) const { return node(s).first + sizes_[s.at()]; }

    /// Position among the core sites of the site's root (roots ascend by site); kNoCore where not allowed.
    std::uint32_t core_index(SiteId s) const { return node(s).core; }
    std::size_t core_count() const { return cores_.size(); }
    SiteId core_site(std::uint32_t core) const { return cores_[core]; }

    /// Lowest common ancestor of two sites of one tree. O(depth).
    SiteId meet(SiteId a, SiteId b) const;

private:
    /// All that a route needs to know of a site: one cache line.
    struct alignas(64) Node {
        std::int64_t up_ns = 0, down_ns = 0;
        double up_price = 0, down_price = 0;
        ArcId up_arc, down_arc;
        SiteId parent, root;
        std::uint32_t core = kNoCore, depth = 0, first = 0, unused = 0;
    };

    const Node& node(SiteId s) const { return nodes_[s.at()]; }
    std::vector<SiteId> peel(const Network& network, std::span<const std::uint8_t> allowed,
                             std::span<const std::uint8_t> lost);
    void hang(const Network& network, const std::vector<SiteId>& peeled, std::span<const std::uint8_t> lost);
    void sort(const std::vector<SiteId>& peeled);

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> sizes_;  // sites of the subtree
    std::vector<SiteId> cores_;
    std::vector<SiteId> order_;
};

}  // namespace gigafleet
