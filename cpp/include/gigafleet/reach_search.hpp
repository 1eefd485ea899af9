// A looser least price of members: no latency limit, and any way through the network.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/node_prices.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/relaxed.hpp"
#include "gigafleet/shape_classes.hpp"
#include "gigafleet/way_prices.hpp"

namespace gigafleet {

/// One shortest-path search a shape, from all pools at once, against the direction of the arcs: the cost to
/// reach. In a DiGraph the way back is left out. Arcs of negative price count as free, and all that they
/// could save, once each, is taken off in the end. An object a thread.
class ReachSearch {
public:
    /// Everything must outlive it.
    ReachSearch(const PriceQuestion& question, const WayPrices& ways, const PoolView& view);

    /// Writes the price of each class of the shape, by class. O(pools + arcs · log sites).
    void find(ShapeId shape, const ShapeClasses& by_shape, std::span<double> by_class);

private:
    void price_sites();
    void search();
    double arc_price(ArcId arc) const;

    const PriceQuestion& question_;
    const WayPrices& ways_;
    const PoolView& view_;
    NodePrices nodes_;
    const RelaxedShape* demand_ = nullptr;
    WayPrices::Bandwidth bandwidth_{};
    std::vector<double> price_;  ///< by site
    std::vector<std::pair<double, std::uint32_t>> heap_;
};

}  // namespace gigafleet
