#include "gigafleet/zone_forest.hpp"

#include <algorithm>
#include <numeric>

namespace gigafleet {

ZoneForest::ZoneForest(const Routes& routes, std::span<const std::uint8_t> wanted, std::size_t most_hubs)
    : place_(routes.network().site_count(), kNone) {
    choose_hubs(routes, wanted, most_hubs);
    const Forest& forest = routes.forest();
    for (const std::uint32_t hub : hubs_) {
        add(forest.core_site(hub), kNone);
        up_.close();
        down_.close();
    }
    for (std::uint32_t core = 0; core < forest.core_count(); ++core) {
        const SiteId site = forest.core_site(core);
        if (place_[site.at()] != kNone) continue;
        add(site, hub_of_[core]);
        if (hub_of_[core] != kNone) {
            const SiteId hub = site_[hub_of_[core]];
            routes.for_each_arc(hub, site, [&](ArcId arc) { down_.arcs.push_back(arc); });
            routes.for_each_arc_back(hub, site, [&](ArcId arc) { up_.arcs.push_back(arc); });
        }
        up_.close();
        down_.close();
    }
    for (const SiteId site : forest.order()) {
        if (place_[site.at()] != kNone) continue;
        add(site, place_[forest.parent(site).at()]);
        const ArcId up = forest.up_arc(site), down = forest.down_arc(site);
        if (up.valid() && down.valid()) {
            up_.arcs.push_back(up);
            down_.arcs.push_back(down);
        }
        up_.close();
        down_.close();
    }
}

void ZoneForest::add(SiteId site, std::uint32_t parent) {
    place_[site.at()] = static_cast<std::uint32_t>(site_.size());
    site_.push_back(site);
    parent_.push_back(parent);
}

void ZoneForest::choose_hubs(const Routes& routes, std::span<const std::uint8_t> wanted,
                             std::size_t most_hubs) {
    hub_of_.assign(wanted.size(), kNone);
    const auto many = static_cast<std::size_t>(std::ranges::count_if(wanted, [](auto w) { return w != 0; }));
    std::vector<std::int64_t> nearest_ns(wanted.size(), kUnreachable);
    std::vector<std::uint32_t> nearest(wanted.size(), kNone);
    const auto make_hub = [&](std::uint32_t hub) {
        hubs_.push_back(hub);
        nearest[hub] = hub;
        nearest_ns[hub] = -1;
        if (many <= most_hubs) return;
        const Routes::Row row = routes.row(hub);
        for (std::uint32_t core = 0; core < wanted.size(); ++core) {
            if (!wanted[core] || row.ns[core] >= nearest_ns[core]) continue;
            if (routes.network().directed() && routes.row(core).ns[hub] == kUnreachable) continue;
            nearest_ns[core] = row.ns[core];
            nearest[core] = hub;
        }
    };
    while (hubs_.size() < many) {
        std::uint32_t farthest = kNone;
        for (std::uint32_t core = 0; core < wanted.size(); ++core)
            if (wanted[core] && nearest_ns[core] >= 0 &&
                (farthest == kNone || nearest_ns[core] > nearest_ns[farthest]))
                farthest = core;
        if (hubs_.size() >= most_hubs && nearest[farthest] != kNone) break;
        make_hub(farthest);
    }
    std::ranges::sort(hubs_);
    for (std::uint32_t core = 0; core < wanted.size(); ++core)
        if (wanted[core])
            hub_of_[core] =
                static_cast<std::uint32_t>(std::ranges::lower_bound(hubs_, nearest[core]) - hubs_.begin());
}

}  // namespace gigafleet
