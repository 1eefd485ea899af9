// How much each pair of core sites has to do with each other, at a temperature and at prices of arcs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/network_market.hpp"

namespace gigafleet {

/// For each NetworkMarket::Kernel a table of exp((nearest − way) / τ / 2), 0 where there is no way within its
/// limit and between a core site and itself: a way inside a tree is not a way through the core.
class CoreKernels {
public:
    explicit CoreKernels(const NetworkMarket& market, int threads);

    /// `carrier`: by carrier (Loads), EUR/h for a multiple of 1e-6 Mbps. O(kernels · from · core sites).
    void make(double tau, std::span<const double> carrier);

    /// From the i-th of Policy::from to each of Policy::to.
    const float* row(std::uint32_t kernel, std::size_t i) const {
        return tables_[kernel].data() + i * market_.policies()[market_.kernels()[kernel].policy].to.size();
    }
    /// exp(−nearest / τ) of the i-th of Policy::from.
    double nearest(std::uint32_t kernel, std::size_t i) const { return nearest_[kernel][i]; }

    /// Adds to `load` (by carrier) what bandwidth between core sites takes of the arcs out and back. `out`,
    /// `back`: of one policy, from · to. Consumes both.
    void add_loads(std::uint32_t policy, std::span<double> out, std::span<double> back,
                   std::span<double> load) const;
    /// Whether some arc between core sites has a limit.
    bool any_limited() const { return limited_; }

private:
    struct Ways {
        std::vector<std::int64_t> rtt_ns;  ///< from · to
        std::vector<std::vector<std::uint32_t>>
            order;  ///< by start, core sites nearest first, start left out
        std::vector<std::vector<std::uint32_t>> order_back;  ///< the same by end, of a DiGraph
    };
    void sum_along(const Routes& routes, std::uint32_t start, std::span<const std::uint32_t> order,
                   std::span<const double> out_arc, std::span<const double> back_arc,
                   std::vector<double>& out, std::vector<double>& back) const;

    const NetworkMarket& market_;
    int threads_;
    bool limited_ = false;
    std::vector<Ways> ways_;  // by policy
    std::vector<std::vector<float>> tables_;
    std::vector<std::vector<double>> nearest_;
};

}  // namespace gigafleet
