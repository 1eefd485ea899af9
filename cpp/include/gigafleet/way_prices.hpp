// What bandwidth pays on its way, at the least: price_per_mbps, and the prices of arcs and accesses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/relaxed.hpp"

namespace gigafleet {

/// In EUR/h (or weight) for a multiple of 1e-6 Mbps. Rounded down.
class WayPrices {
public:
    /// What a shape's bandwidth counts as. Demand rounded down where no link has a negative price; else as
    /// it is, and `correction` (<= 0) makes good what that adds to the prices of carriers.
    struct Bandwidth {
        double up, down;
        double correction;
    };

    /// What `question` refers to must outlive it. O(arcs).
    explicit WayPrices(const PriceQuestion& question);

    /// Whether any arc costs anything.
    bool is_priced() const { return priced_; }
    double arc(ArcId arc) const { return arc_[arc.at()]; }
    /// EUR/h for a round trip of a ns; 0 without cost.
    double rtt_ns() const { return rtt_ns_; }
    /// Sum of what is negative among the arcs.
    double negative() const { return negative_; }

    Bandwidth bandwidth(const Problem::Shape& shape, const RelaxedShape& relaxed) const;
    /// What the bandwidth pays on arcs out and back of one link, and for the time of `ns` both ways together.
    double step(const Bandwidth& bandwidth, double out, double back, std::int64_t ns) const;
    /// At the access of the origin's site, and of the node's.
    double at_origin(const RelaxedShape& relaxed, SiteId site) const;
    double at_node(const RelaxedShape& relaxed, SiteId site) const;

private:
    double access(SiteId site, Quantity up, Quantity down) const;

    const Problem& problem_;
    const Prices& usable_;
    double rtt_ns_;
    bool priced_ = false, negative_prices_ = false;
    double negative_ = 0, carriers_ = 0;
    std::vector<double> arc_;
};

/// Prices of the ways between core sites, as sums of WayPrices::arc over the arcs out and back; rounded down.
class CoreSums {
public:
    struct Sum {
        double out = 0, back = 0;
    };
    static constexpr std::size_t kMostPairs = std::size_t{1} << 23;

    /// `from`: core sites of origins, `to`: of pools; at most kMostPairs pairs. Nothing is stored where no
    /// way is priced. O(pairs + from · core sites).
    CoreSums(const Problem& problem, const Routes& routes, const WayPrices& prices,
             std::span<const std::uint32_t> from, std::span<const std::uint32_t> to, int threads);

    bool is_priced() const { return !sums_.empty(); }
    /// From the i-th of `from` to each of `to`.
    std::span<const Sum> row(std::size_t i) const { return {sums_.data() + i * to_, to_}; }

private:
    std::size_t to_;
    std::vector<Sum> sums_;
};

}  // namespace gigafleet
