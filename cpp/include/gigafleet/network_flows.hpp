// Where the tasks of a block of shapes go at given prices, and what that takes: one walk up the trees of the
// network, through its core, and down again, and the same backwards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/core_kernels.hpp"
#include "gigafleet/network_market.hpp"

namespace gigafleet {

/// What is asked for at some prices, Σ n·P of members that choose something with probability P, times what
/// they take; of groups also how much that would change with prices: τ times the slope, Σ n·P·(1 − P) times
/// the square.
struct Asked {
    std::vector<double> group, group_bend;  ///< by group and dimension, in units
    std::vector<double> carrier;            ///< by carrier, in multiples of 1e-6 Mbps
    std::vector<double> out;                ///< by level: weight left out
    std::vector<std::vector<double>> core_out,
        core_back;  ///< by policy, from · to: bandwidth, to be added up

    void clear(const NetworkMarket& market, bool with_core);
    void add(const Asked& other);
};

/// Prices as NetworkFlows needs them.
struct NetworkPrices {
    std::vector<double> group;    ///< by group and dimension, EUR/h a unit
    std::vector<double> carrier;  ///< by carrier, EUR/h for a multiple of 1e-6 Mbps
    std::vector<double> level;    ///< by level, EUR/h for a unit of weight left out
};

/// A class spreads over pools by slots · exp(−(cost + prices) / τ), all pools at once: what a subtree is
/// worth to a task that enters it is the sum over its pools, so one walk up a tree sums up all subtrees, one
/// walk down adds what lies outside each, and ways turn at the lowest common ancestor without anybody asking
/// for it (the sum-product algorithm on a tree; Kschischang, Frey, Loeliger, IEEE Trans. Inf. Theory, 2001).
class NetworkFlows {
public:
    NetworkFlows(const NetworkMarket& market, const CoreKernels& kernels)
        : market_(market), kernels_(kernels) {}

    /// Adds what the block asks for. O(lanes · (groups + pools + sites + origins + bands · from · to)).
    void ask(const NetworkMarket::Block& block, const NetworkPrices& prices, double tau, Asked& asked);

private:
    using Lanes = std::vector<double>;  // rows of kLanes

    double penalty(std::size_t lane) const;
    void price_groups();
    void price_links();
    void gather();
    void enter_core();
    void descend();
    void choose();
    void ascend();
    void return_through_core();
    void spread();
    void serve();
    double carrier(std::uint32_t number) const { return prices_->carrier[number]; }
    double* at(Lanes& lanes, std::size_t row) const { return lanes.data() + row * kLanes; }

    const NetworkMarket& market_;
    const CoreKernels& kernels_;
    const NetworkMarket::Block* block_ = nullptr;
    const NetworkMarket::Policy* policy_ = nullptr;
    const NetworkPrices* prices_ = nullptr;
    Asked* asked_ = nullptr;
    double tau_ = 0, up_ = 0, down_ = 0;
    std::vector<float> price_;           // by group: cost and prices
    Lanes pull_;                         // by group: exp((least − price) / τ + lift)
    std::array<double, kLanes> lift_{};  // exponents added to all, so that they reach further
    std::array<float, kLanes> least_{};  // price of the cheapest group
    std::vector<double> in_, out_;       // by place: exp(−way / τ) of the link to the parent, either way
    std::vector<double> node_, origin_;  // by place: exp(−access / τ) of a node, price of the origin's access
    std::vector<Lanes> inside_, outside_;  // by band: what a subtree is worth to who enters it, and the rest
    std::vector<Lanes> hub_, back_, back2_;  // by band: inside_, sent_in_, sent2_in_ at Policy::to
    Lanes sent_, sent2_;                     // by place: members for a unit of worth at and below it; squared
    std::vector<Lanes> sent_in_, sent2_in_;  // by band: members for a unit of worth inside; squared
    Lanes served_, wavering_;                // by group: members; those that may go elsewhere
};

}  // namespace gigafleet
