// What every way to place a problem needs, made once.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/kind_costs.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/scarce_accesses.hpp"
#include "gigafleet/shape_classes.hpp"

namespace gigafleet {

/// In which order the shapes of one level of priority are placed. None is best everywhere.
enum class Order : std::uint8_t {
    kLargeFirst,  ///< by share of what can take it, from large to small: packs tightest where all fit
    kDenseFirst,  ///< by weight per share, from high to low: drops least where not all fit
    kTightFirst,  ///< by latency limit, from tight to loose: those with few nodes in reach choose first
};

/// What asks for shapes and pools alone, however many classes there are. O(shapes · kinds), bounded, + pools.
/// Keeps a reference to the problem.
struct ShapeGroundwork {
    ShapeGroundwork(const Problem& problem, Control& control);

    const Problem& problem;
    KindCosts costs;
    std::vector<PoolView> views;  ///< by transit policy
    /// By shape: the largest share that one task takes of what can take it, labels of sites aside; infinite
    /// where nothing can. Where shapes and kinds are too many to compare, of the whole fleet.
    std::vector<double> shares;

protected:
    explicit ShapeGroundwork(const Problem& problem);  ///< costs alone; the rest is to be found
    void find_views();
    void find_shares(Control& control);
};

/// O(ShapeGroundwork + classes).
struct Groundwork : ShapeGroundwork {
    Groundwork(const Problem& problem, Control& control, int threads = 1);

    ShapeClasses by_shape;
    /// kLargeFirst where the fleet has room for the demand of all tasks together and 5 % to spare, else
    /// kDenseFirst.
    Order suggested = Order::kLargeFirst;
    /// By kind: among the cheapest that together have room for all tasks and 10 % to spare.
    std::vector<std::uint8_t> is_cheap;
    /// What to keep off accesses that their own tasks could fill, and who waits there.
    ScarceAccesses scarce;
};

/// Shapes by priority from high to low, then by `order`, then the tighter latency limit.
std::vector<ShapeId> placing_order(const Groundwork& ground, Order order);

}  // namespace gigafleet
