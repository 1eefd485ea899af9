// What a task pays on the nodes themselves, at the least: their cost, and the prices of their capacities.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "gigafleet/pool_view.hpp"
#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/relaxed.hpp"

namespace gigafleet {

/// One shape at a time; an object a thread. The way, its latency and the node's access are not part of it.
class NodePrices {
public:
    /// Price of what cannot take the shape.
    static constexpr double kNever = std::numeric_limits<double>::infinity();

    /// What `question` refers to must outlive it. O(kinds + pools).
    explicit NodePrices(const PriceQuestion& question);

    /// Turns to a shape. O(kinds).
    void start(ShapeId shape);
    /// At most what a task pays on any node of the pool; kNever where none could take it, if empty, by what
    /// the pool knows of its nodes at best (may_take_relaxed). O(dimensions).
    double price(PoolId pool) const;
    /// The same over all pools of a kind, wherever they are; looser, since labels of sites and departures are
    /// not looked at.
    double price(KindId kind) const;
    /// False where no pool of the kind can take it. O(1), and known before the pool is looked up.
    bool may_take(KindId kind) const { return kind_cost_[kind.at()] != kNever; }
    /// What the nodes of a kind cost, prices of capacities aside; kNever as above.
    double cost(KindId kind) const { return kind_cost_[kind.at()]; }
    /// The same, looser still: as if one node had the largest of each capacity and the least of each price of
    /// all kinds, its access included. Needs no start(). O(dimensions).
    double floor(ShapeId shape) const;

private:
    /// Component by component over all kinds that have nodes.
    struct Best {
        Amounts capacity{};
        std::array<double, kMaxResources> price{};
        std::array<double, kMaxDimensions> shadow{};
        std::int64_t access_rtt_ns = 0;
    };
    void find_best();
    double cost_on(const Fleet::Kind& kind) const;
    double paid(const double* prices) const;
    double least_risk(const Fleet::Pool& pool) const;
    void find_least_prices();

    const Problem& problem_;
    PriceQuestion question_;
    std::size_t dimensions_;
    std::vector<double> least_;  ///< by kind and dimension: the least price of its pools

    const Problem::Shape* shape_ = nullptr;
    const RelaxedShape* demand_ = nullptr;
    std::array<double, kMaxDimensions> amount_{};
    std::array<double, kMaxResources> units_{};  ///< paid_units
    std::vector<double> kind_cost_;
    bool check_labels_ = false;
    std::optional<Best> best_;  ///< none where there are no nodes
};

}  // namespace gigafleet
