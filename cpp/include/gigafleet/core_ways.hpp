// What the way between two core sites costs a shape, out and back.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "gigafleet/pool_view.hpp"
#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/routes.hpp"

namespace gigafleet {

/// rtt_price · rtt, and price_per_mbps of the arcs for the shape's bandwidth. Where no link has a price, ways
/// do not depend on the shape, and what was asked for is kept.
class CoreWays {
public:
    struct Way {
        std::int64_t ns;
        double cost;  ///< EUR/h; infinite where there is no route
    };

    /// Core sites up to which shadow prices of the links between them are looked at.
    static constexpr std::size_t kMostShadowed = 2048;

    /// `shadow`: prices of links that come on top, or null.
    CoreWays(const Problem& problem, const PoolView& view, const Prices* shadow = nullptr);

    /// Turns to a shape of this bandwidth.
    void start(double up_mbps, double down_mbps);

    /// The ways from one core site. Kept as long as it is needed; no table is copied.
    class From {
    public:
        From(const CoreWays& ways, std::uint32_t from)
            : ways_(ways),
              from_(from),
              row_(ways.view_.routes().row(from)),
              directed_(ways.problem_.network().directed()) {}
        /// O(1).
        Way to(std::uint32_t core) const;
        /// Way::cost where no link has a price.
        double free_cost(std::uint32_t core) const {
            const std::int64_t ns = ns_to(core);
            return ns == kUnreachable ? std::numeric_limits<double>::infinity()
                                      : ways_.rtt_price_ns_ * static_cast<double>(ns);
        }
        /// Round trip alone; kUnreachable where there is no route.
        std::int64_t ns_to(std::uint32_t core) const {
            const std::int64_t out = row_.ns[core];
            if (out == kUnreachable) return kUnreachable;
            if (!directed_) return 2 * out;
            const std::int64_t back = ways_.view_.routes().row(core).ns[from_];
            return back == kUnreachable ? kUnreachable : out + back;
        }

    private:
        const CoreWays& ways_;
        std::uint32_t from_;
        Routes::Row row_;
        bool directed_;
    };
    From from(std::uint32_t core) const { return {*this, core}; }
    /// True where costs_from() is O(1) but for the first time.
    bool keeps_costs() const { return keep_; }

    /// Costs of the ways from a core site to each of view.cores(); holds until the next call.
    /// O(view.cores()), or O(1) where it is kept.
    std::span<const double> costs_from(std::uint32_t core);

private:
    /// Shadow prices along a route, EUR/h per Mbps: out, and in a Graph back.
    struct Shadow {
        double out = 0, back = 0;
    };
    void add_up_shadows(const Prices& shadow);
    std::vector<Shadow> shadows_from(std::uint32_t core, const Prices& shadow) const;

    const Problem& problem_;
    const PoolView& view_;
    std::vector<std::vector<Shadow>> shadows_;  // by core sites; none where no link between them has any
    double rtt_price_ns_, up_mbps_ = 0, down_mbps_ = 0;
    bool keep_;
    std::vector<std::vector<double>> kept_;  // by core site
    std::vector<double> row_;                // where they are not kept
};

}  // namespace gigafleet
