#include "gigafleet/forest.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

/// The fastest of `arcs` whose far end (by `end`) is `site`, then the smallest; invalid where there is none
/// that is not `lost`.
template <class End>
ArcId best_arc(const Network& network, std::span<const ArcId> arcs, SiteId site,
               std::span<const std::uint8_t> lost, End&& end) {
    ArcId best;
    for (const ArcId a : arcs)
        if (end(a) == site && !is_lost(network, a, lost) &&
            (!best.valid() || network.latency_ns(a) < network.latency_ns(best)))
            best = a;
    return best;
}

}  // namespace

Forest::Forest(const Network& network, std::span<const std::uint8_t> allowed,
               std::span<const std::uint8_t> lost)
    : nodes_(network.site_count()), sizes_(network.site_count(), 0) {
    const std::vector<SiteId> peeled = peel(network, allowed, lost);
    hang(network, peeled, lost);
    sort(peeled);
}

/// Sets parents, and root and core of core sites. Returns the peeled sites, children before parents.
std::vector<SiteId> Forest::peel(const Network& network, std::span<const std::uint8_t> allowed,
                                 std::span<const std::uint8_t> lost) {
    const std::size_t sites = nodes_.size();
    const auto is_allowed = [&](SiteId s) { return allowed.empty() || allowed[s.at()] != 0; };

    // Neighbours of a site: how many, and the exclusive or of their numbers, which is the last one's number
    // once the others are peeled.
    struct Neighbours {
        std::uint32_t count = 0, mix = 0, height = 0, seen_from = UINT32_MAX;
    };
    std::vector<Neighbours> near(sites);
    for (std::size_t i = 0; i < sites; ++i) {
        const SiteId s{i};
        if (!is_allowed(s)) continue;
        const auto visit = [&](ArcId a, SiteId other) {
            if (!is_allowed(other) || near[other.at()].seen_from == s.value || is_lost(network, a, lost))
                return;
            near[other.at()].seen_from = s.value;
            ++near[i].count;
            near[i].mix ^= other.value;
        };
        for (const ArcId a : network.out_arcs(s)) visit(a, network.head(a));
        if (network.directed())
            for (const ArcId a : network.in_arcs(s)) visit(a, network.tail(a));
    }

    const auto out_arc = [&](SiteId s, SiteId to) {
        return best_arc(network, network.out_arcs(s), to, lost, [&](ArcId a) { return network.head(a); });
    };
    const auto in_arc = [&](SiteId s, SiteId from) {
        return best_arc(network, network.in_arcs(s), from, lost, [&](ArcId a) { return network.tail(a); });
    };
    std::vector<SiteId> peeled;
    for (std::size_t i = 0; i < sites; ++i)
        if (is_allowed(SiteId{i}) && near[i].count == 1) peeled.push_back(SiteId{i});
    std::size_t kept = 0;  // peeled[0, kept) are decided, the rest waits
    for (std::size_t at = 0; at < peeled.size(); ++at) {
        const SiteId s = peeled[at];
        Neighbours& own = near[s.at()];
        if (own.count != 1 || own.height == kMaxDepth) continue;
        const SiteId parent{own.mix};
        // A one-way link stays in the core: inside a tree every way out has its way back.
        if (network.directed() && !(out_arc(s, parent).valid() && in_arc(s, parent).valid())) continue;
        Neighbours& above = near[parent.at()];
        nodes_[s.at()].parent = parent;
        own.count = 0;
        above.mix ^= s.value;
        above.height = std::max(above.height, own.height + 1);
        if (--above.count == 1) peeled.push_back(parent);
        peeled[kept++] = s;
    }
    peeled.resize(kept);

    for (std::size_t i = 0; i < sites; ++i) {
        if (!is_allowed(SiteId{i}) || nodes_[i].parent.valid()) continue;
        nodes_[i].root = SiteId{i};
        nodes_[i].core = static_cast<std::uint32_t>(cores_.size());
        cores_.push_back(SiteId{i});
    }
    return peeled;
}

/// Fills in what peeled sites inherit from their parents.
void Forest::hang(const Network& network, const std::vector<SiteId>& peeled,
                  std::span<const std::uint8_t> lost) {
    for (std::size_t i = peeled.size(); i-- > 0;) {
        const SiteId s = peeled[i];
        Node& own = nodes_[s.at()];
        const Node& above = nodes_[own.parent.at()];
        own.root = above.root;
        own.core = above.core;
        own.depth = above.depth + 1;
        own.up_arc = best_arc(network, network.out_arcs(s), own.parent, lost,
                              [&](ArcId a) { return network.head(a); });
        own.down_arc =
            best_arc(network, network.in_arcs(s), own.parent, lost, [&](ArcId a) { return network.tail(a); });
        own.up_ns = above.up_ns + network.latency_ns(own.up_arc);
        own.down_ns = above.down_ns + network.latency_ns(own.down_arc);
        own.up_price = above.up_price + network.price(own.up_arc);
        own.down_price = above.down_price + network.price(own.down_arc);
    }
}

/// Lays the trees out in preorder.
void Forest::sort(const std::vector<SiteId>& peeled) {
    for (const SiteId s : peeled) sizes_[nodes_[s.at()].parent.at()] += ++sizes_[s.at()];
    std::uint32_t placed = 0;
    std::vector<std::uint32_t> next(nodes_.size(), 0);  // where a site's next child goes
    for (const SiteId s : cores_) {
        nodes_[s.at()].first = placed;
        next[s.at()] = placed + 1;
        placed += ++sizes_[s.at()];
    }
    order_.resize(placed);
    for (const SiteId s : cores_) order_[nodes_[s.at()].first] = s;
    for (std::size_t i = peeled.size(); i-- > 0;) {
        const SiteId s = peeled[i];
        Node& own = nodes_[s.at()];
        own.first = next[own.parent.at()];
        next[own.parent.at()] += sizes_[s.at()];
        next[s.at()] = own.first + 1;
        order_[own.first] = s;
    }
}

SiteId Forest::meet(SiteId a, SiteId b) const {
    while (a != b) {
        SiteId& deeper = depth(a) >= depth(b) ? a : b;
        deeper = parent(deeper);
    }
    return a;
}

}  // namespace gigafleet
