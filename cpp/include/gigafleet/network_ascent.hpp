// Prices of what pools have and of what links carry, for a problem of any size: a smoothed dual ascent.
#pragma once

#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/core_kernels.hpp"
#include "gigafleet/dual_prices.hpp"
#include "gigafleet/network_flows.hpp"
#include "gigafleet/network_market.hpp"
#include "gigafleet/prices.hpp"

namespace gigafleet {

/// The ascent of price_ascent.hpp on a NetworkMarket. Beside the resources of groups, arcs and accesses have
/// prices, and so has being left out where only so much weight may be: then it is a pool of that capacity,
/// open to all.
class NetworkAscent {
public:
    struct Schedule {
        int rounds = 80;
        double from = 0.2, to = 0.01;  ///< τ, in NetworkMarket::scale
    };

    /// `shares`: by group, the part of its capacity that is to be used.
    NetworkAscent(const NetworkMarket& market, std::span<const double> shares, int threads);

    /// O(rounds · blocks · (groups + pools + sites + from · to)). The same on any number of threads. False
    /// where `time_limit_s` cut it off: the prices are then what they are.
    bool run(const Schedule& schedule, double time_limit_s, std::string_view stage, Control& control);

    /// By pool and carrier, each of one multiple.
    Prices prices() const;
    /// By shape, EUR/h: what being left out costs. Infinite for shapes that are not on the market.
    std::vector<double> worth() const;

private:
    /// Kinds of prices, one after the other in price_.
    struct Part {
        std::size_t first, last;
    };
    void look(double tau);
    void step(double tau);
    NetworkPrices split(std::span<const double> prices) const;

    const NetworkMarket& market_;
    int threads_;
    CoreKernels kernels_;
    Part groups_, carriers_, levels_;
    std::vector<double> capacity_;     // infinite: no price
    std::vector<std::uint8_t> rose_;   // of links and levels: whether the price last rose
    std::vector<double> most_;         // and how far it may move
    DualPrices price_;                 // EUR/h a unit
    std::vector<NetworkFlows> flows_;  // by shard
    std::vector<Asked> asked_;         // by shard
};

}  // namespace gigafleet
