// Prices of what pools have: a smoothed dual ascent.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/choices.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/dual_prices.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/prices.hpp"

namespace gigafleet {

/// Maximises over prices λ >= 0 the Lagrangian
///
///     Σ_class members · softmin_τ over pools (cost + λ·demand) − λ·capacity,
///
/// with "left out, at a penalty" one of the choices. Its gradient is load − capacity, where a class spreads
/// over pools by exp(−(cost + λ·demand) / τ) (entropic smoothing, as in Sinkhorn's iteration for optimal
/// transport; Cuturi, NIPS 2013). A round moves each price by Newton's step for log(load) = log(capacity)
/// with the curvature of its own pool, at most τ, with Nesterov's momentum, restarted regularly. τ falls
/// geometrically: broad rounds, in which every pool matters, are products of a matrix of ways with vectors;
/// sharp rounds look at the choices alone that are nearly the cheapest.
class PriceAscent {
public:
    struct Schedule {
        int broad_rounds = 60, sharp_rounds = 30;
        double broad_from = 0.2, broad_to = 0.02, sharp_to = 0.01;  ///< τ, in Market::scale
    };

    /// `shares`: by pool, the part of its capacity that is to be used.
    PriceAscent(const Market& market, std::vector<double> shares, int threads);

    /// O(broad rounds · shapes · origins · spots + sharp rounds · choices + refreshes · classes · spots). The
    /// same on any number of threads. False where `time_limit_s` cut it off: the prices are then what they
    /// are.
    bool run(const Schedule& schedule, double time_limit_s, std::string_view stage, Control& control);

    /// By pool and dimension of the market, EUR/h per unit.
    std::span<const double> prices() const { return price_.now(); }
    /// The same by pool of the fleet, of one multiple each.
    Prices prices_by_pool() const;
    const std::vector<double>& shares() const { return shares_; }
    void set_shares(std::vector<double> shares) { shares_ = std::move(shares); }

    /// Members that chose to be left out in the last round.
    double left_out() const { return left_out_; }

private:
    void look_broadly(double tau);
    void look_sharply(double tau);
    void broad_shape(double tau, std::size_t s);
    void sharp_shape(double tau, std::size_t s);
    void make_kernels(double tau);
    void step(double tau);
    void start_together();
    /// Of a pool and dimension: what may be used of its capacity.
    double usable(std::size_t i) const {
        return shares_[i / dimensions_] * market_.capacity(i / dimensions_)[i % dimensions_];
    }

    const Market& market_;
    std::vector<double> shares_;
    int threads_;
    std::size_t pools_, dimensions_, stride_;
    DualPrices price_;                          // by pool and dimension
    std::vector<std::vector<double>> kernels_;  // by group: exp((nearest − way) / τ), rows of stride_
    std::vector<float> nearest_;                // by group and origin: the least way
    Choices choices_;
    std::vector<double> members_, spread_;  // by shape and pool: Σ n·P and Σ n·P·(1 − P)
    std::vector<double> left_out_by_shape_;
    double left_out_ = 0;
};

}  // namespace gigafleet
