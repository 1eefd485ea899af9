// The least that members of a shape's classes pay, over every pool within the latency limit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/core_ways.hpp"
#include "gigafleet/node_prices.hpp"
#include "gigafleet/reach_lists.hpp"
#include "gigafleet/relaxed.hpp"
#include "gigafleet/shape_classes.hpp"
#include "gigafleet/way_prices.hpp"

namespace gigafleet {

/// Each pool is priced once a shape; then the cheapest among the nearest so many of each site's list is
/// known, and an origin asks the lists of the sites above it and of the other core sites. An object a thread.
class ExactSearch {
public:
    /// `origins`: core sites of all origins, ascending: the rows of `sums`. Everything must outlive it; rows
    /// of routes must all be kept.
    ExactSearch(const PriceQuestion& question, const WayPrices& ways, const ReachLists& lists,
                std::span<const std::uint32_t> origins, const CoreSums& sums);

    /// Writes the price of each class of the shape, by class. O(pools · depth + classes · core sites).
    void find(ShapeId shape, const ShapeClasses& by_shape, std::span<double> by_class);

private:
    void price_lists();
    void price_ways(std::uint32_t core);
    double least(SiteId origin);
    double least_elsewhere(double paid, std::int64_t left, double best) const;

    const PriceQuestion& question_;
    const WayPrices& ways_;
    const ReachLists& lists_;
    const Routes& routes_;
    std::span<const std::uint32_t> origins_;
    const CoreSums& sums_;
    CoreWays core_ways_;
    NodePrices nodes_;
    std::vector<ReachLists::Range> core_lists_;  ///< by place among view().cores()

    // Of the shape:
    const Problem::Shape* shape_ = nullptr;
    const RelaxedShape* demand_ = nullptr;
    WayPrices::Bandwidth bandwidth_{};
    std::vector<double> spot_;   ///< by spot
    std::vector<double> entry_;  ///< by entry of the lists: the least of the list up to there
    std::vector<double> core_;   ///< by place among cores(): the least of the list
    // Of the origin's core site, by place among cores():
    std::vector<double> way_;
    std::vector<std::int64_t> way_ns_;
    std::uint32_t core_site_ = kNoCore;
};

}  // namespace gigafleet
