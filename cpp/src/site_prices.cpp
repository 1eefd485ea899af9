#include "gigafleet/site_prices.hpp"

#include "gigafleet/quantity.hpp"

namespace gigafleet {

SitePrices::SitePrices(const Problem& problem, const Routes& routes, const Prices* shadow)
    : sites_(problem.network().site_count()) {
    const Forest& forest = routes.forest();
    const bool priced = shadow != nullptr && !shadow->carrier.empty();
    const std::size_t arcs = problem.network().arc_count(), sites = sites_.size();
    const auto of = [&](std::size_t carrier) { return shadow->carrier[carrier] / kMbpsResolution; };
    for (const SiteId site : forest.order()) {  // parents come first
        Site& own = sites_[site.at()];
        own = {forest.up_price(site), forest.down_price(site), 0, 0};
        if (!priced) continue;
        own.access_up = of(arcs + site.at());
        own.access_down = of(arcs + sites + site.at());
        const SiteId parent = forest.parent(site);
        if (!parent.valid()) continue;
        const auto shadow_of = [&](ArcId arc) { return arc.valid() ? of(arc.at()) : 0; };
        own.up = sites_[parent.at()].up + forest.up_price(site) - forest.up_price(parent) +
                 shadow_of(forest.up_arc(site));
        own.down = sites_[parent.at()].down + forest.down_price(site) - forest.down_price(parent) +
                   shadow_of(forest.down_arc(site));
    }
}

}  // namespace gigafleet
