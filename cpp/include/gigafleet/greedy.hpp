// A sound greedy: shape by shape, each class to its cheapest pools that have room.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/shape_classes.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// In which order the shapes of one level of priority are placed. None is best everywhere.
enum class Order : std::uint8_t {
    kLargeFirst,  ///< by share of what can take it, from large to small: packs tightest where all fit
    kDenseFirst,  ///< by weight per share, from high to low: drops least where not all fit
    kTightFirst,  ///< by latency limit, from tight to loose: those with few nodes in reach choose first
};

/// What every order of a problem needs, made once. O(shapes · kinds), bounded, + classes + pools. Keeps a
/// reference to the problem.
struct Groundwork {
    Groundwork(const Problem& problem, Control& control);

    const Problem& problem;
    ShapeClasses by_shape;
    std::vector<PoolView> views;  ///< by transit policy
    /// By shape: the largest share that one task takes of what can take it, labels of sites aside; infinite
    /// where nothing can. Where shapes and kinds are too many to compare, of the whole fleet.
    std::vector<double> shares;
    /// kLargeFirst where the fleet has room for the demand of all tasks together and 5 % to spare, else
    /// kDenseFirst.
    Order suggested = Order::kLargeFirst;
};

/// Shapes by priority from high to low, then by `order`, then the tighter latency limit.
std::vector<ShapeId> placing_order(const Groundwork& ground, Order order);

/// Places every class in placing_order. Maximal: a member is left over only where no node could hold it,
/// since what is full stays full. Stops at `time_limit_s` (infinity: never) with what it has; `reason` of the
/// rest is then kNotTried. Reports to `control` as `stage`. O(shapes · groups of pools + classes · candidates
/// tried).
Solution place_greedily(const Groundwork& ground, Order order, double time_limit_s, std::string_view stage,
                        Control& control);

/// Why what `solution` left over was left: the first gate, in the order of SEMANTICS, that no node passes in
/// the final state. Sets solution.reason of every class with members left.
void explain_unplaced(const Groundwork& ground, Solution& solution, Control& control);

}  // namespace gigafleet
