// The certificate of a plan: what no placement can beat, proven by Lagrange multipliers (docs/semantics.md).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/least_prices.hpp"
#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Bounds of one problem, for plans that place so much at each level. They hold for any prices: prices only
/// make them tight. Each is an integer program's Lagrangian, so no better than its linear relaxation: nodes
/// of a pool count as one node of their joint capacity.
///
/// For prices y >= 0 of capacities b, and a member of class c paying at least m(c) on any pool:
///   cost >= min { sum of x(c) · m(c) : 0 <= x <= count, weight at each level >= the plan's } - y · b
///   weight at a level <= sum of count · max(0, w - m(c)) + y · b - least sum of x · m over the levels above
/// Both inner problems are fractional knapsacks a level (knapsack.hpp), so the best multiplier of "weight at
/// the level" comes with them.
///
/// m(c) is rounded down and y · b up to multiples of a power of two; what follows is sums of integers.
class Bound {
public:
    /// `level_weight`: placed by the plan, by level of priority from high to low, in 1e-6. The problem must
    /// outlive it. `look`: see LeastPrices.
    Bound(const Problem& problem, std::span<const WideQuantity> level_weight, int threads, Control& control,
          std::optional<Look> look = {});

    /// EUR/h, rounded down: no placement with at least the plan's weight at every level costs less. `prices`
    /// in EUR/h a multiple; the better of them and of none counts. Throws InputError on bad prices.
    double cost(const Prices& prices, Control& control) const;
    /// 1e-6 of weight: no placement with at least the plan's weight at every level above `level` reaches more
    /// at it. `prices` in weight a multiple; the best of them, of what some node could take at all, and of a
    /// knapsack over the whole fleet a dimension counts. Throws InputError on bad prices.
    WideQuantity placed(std::size_t level, const Prices& prices, Control& control) const {
        return tightest(level, placed_at(level, prices, control));
    }

    /// What some prices prove by themselves: a Lagrangian, so with capacities b + Δ in place of b a bound of
    /// cost is less by y · Δ and one of weight more by it, as long as no node grows to hold what it did not.
    struct Proof {
        Prices prices;             ///< usable (relaxed.hpp), in the units of `cost` or `placed`
        std::vector<double> pays;  ///< by class, see LeastPrices; with cost, or in 1e-6 of weight
        double cost = -std::numeric_limits<double>::infinity();  ///< which also says: too large to tell
        std::optional<WideQuantity> weight = {};                 ///< the same of weight

        /// Of two proofs of the same.
        bool is_tighter(const Proof& other) const {
            if (weight && other.weight) return *weight < *other.weight;
            return weight.has_value() != other.weight.has_value() ? weight.has_value() : cost > other.cost;
        }
    };
    /// Of `placed` at a level; of `cost` where there is none.
    Proof prove(std::optional<std::size_t> level, const Prices& prices, Control& control) const;
    /// The prices of a proof, with accesses priced anew (access_prices.hpp).
    Prices price_accesses(std::optional<std::size_t> level, const Proof& proof) const;

    /// Makes a proof tighter where nodes hold few tasks (whole_nodes.hpp); it is no longer linear in b then.
    void look_into_nodes(std::optional<std::size_t> level, Proof& proof, int threads) const;

    double cost_at(const Prices& prices, Control& control) const { return prove({}, prices, control).cost; }
    std::optional<WideQuantity> placed_at(std::size_t level, const Prices& prices, Control& control) const {
        return prove(level, prices, control).weight;
    }
    /// `placed`, with what some prices prove by themselves known.
    WideQuantity tightest(std::size_t level, std::optional<WideQuantity> at_prices) const;

    const LeastPrices& least() const { return least_; }

private:
    double priced_cost(std::span<const double> least, const Prices& usable,
                       std::span<const double> most_a_node = {}) const;
    std::optional<WideQuantity> priced_weight(std::size_t level, std::span<const double> least,
                                              const Prices& usable,
                                              std::span<const double> most_a_node = {}) const;
    std::vector<double> rents(std::optional<std::size_t> level, std::span<const double> pays) const;
    WideQuantity knapsack_weight(std::size_t level, std::size_t dimension, WideQuantity room) const;
    bool may_run(std::size_t c) const { return free_[c] != LeastPrices::kNever; }
    std::size_t level_of(const Workload::Class& c) const { return level_of_shape_[c.shape.at()]; }

    const Problem& problem_;
    std::vector<WideQuantity> level_weight_;
    LeastPrices least_;
    std::vector<std::size_t> level_of_shape_;
    std::vector<double> free_;  ///< by class: its least cost, at prices of 0
};

/// Prices, and what they prove by themselves.
struct Priced {
    Prices prices;      ///< empty: all 0
    double bound = 0;   ///< Bound::cost_at in EUR/h, or Bound::placed_at in units of `weight`
    bool found = true;  ///< whether there were any that prove as much as none
};

/// What the engine proves of its own plans.
struct Certificate {
    std::vector<WideQuantity> placed;  ///< Bound::placed by level, in whole nodes, 1e-6
    double cost = 0;                   ///< Bound::cost, in whole nodes
    double terms = 0;  ///< EUR/h of the plan, member by member, without signs: what gaps are measured against
    double seconds = 0;
    Priced of_cost = {};                 ///< prices that `cost` was proven with; 0 where these prove more
    std::vector<Priced> of_weight = {};  ///< the same of `placed`, by level
};

/// EUR/h of a plan, member by member, without signs.
double cost_terms(const Problem& problem, const Solution& solution);

/// Prices that may not have been found.
using MaybePrices = std::optional<Prices>;

/// `placed_prices`: by level; where there are fewer, all 0 for the levels below.
Certificate certify(const Problem& problem, const Solution& solution,
                    std::span<const WideQuantity> level_weight, const MaybePrices& cost_prices,
                    std::vector<MaybePrices> placed_prices, int threads, Control& control,
                    std::optional<Look> look = {});

}  // namespace gigafleet
