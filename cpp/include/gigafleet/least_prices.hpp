// The least that a member of each class can pay, wherever it runs: cost, and prices of all it takes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/node_prices.hpp"
#include "gigafleet/prices.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/reach_lists.hpp"
#include "gigafleet/relaxed.hpp"
#include "gigafleet/shape_classes.hpp"
#include "gigafleet/way_prices.hpp"

namespace gigafleet {

/// How hard to look; each of the others is a valid relaxation of kExactly.
enum class Look : std::uint8_t {
    kExactly,  ///< every pool within the latency limit. O(shapes · pools · depth + classes · core sites with
               ///< pools)
    kByReach,  ///< no latency limit, any way through the network, in a DiGraph out only.
               ///< O(shapes · (pools + arcs · log sites))
    kByKind,   ///< no way beyond the origin's access: the cheapest kind of node.
               ///< O(shapes · kinds + classes)
    kFloor,    ///< no kind of node: the least of each price by itself. O(shapes + kinds + classes)
};

/// Made once for a problem, asked with many prices; the problem must outlive it. No table of classes and
/// pools: O(classes + pools · depth of trees) memory, and for kExactly with prices on ways a sum for each
/// pair of a core site of origins and one of pools.
class LeastPrices {
public:
    static constexpr double kNever = NodePrices::kNever;

    /// `look`: none for the most exact that a bounded number of steps allows.
    LeastPrices(const Problem& problem, int threads, Control& control, std::optional<Look> look = {});

    Look look() const { return look_; }
    const Problem& problem() const { return problem_; }
    std::span<const RelaxedShape> relaxed() const { return relaxed_; }

    /// By class: at most what a member pays on any pool that could take it if empty; kNever where none could,
    /// and for classes without members. `usable`: of usable_prices. `with_cost`: whether the cost of the pair
    /// counts, or prices alone. The same on any number of threads. Polls `control` with stage "bound".
    std::vector<double> find(const Prices& usable, bool with_cost, Control& control) const;

private:
    /// What one transit policy needs, whatever the prices.
    struct Policy {
        PoolView view;
        std::optional<ReachLists> lists;     ///< kExactly
        std::vector<std::uint32_t> origins;  ///< core sites of the classes, ascending; kExactly

        Policy(const Problem& problem, const Routes& routes) : view(problem, routes) {}
    };
    /// Answers one shape after the other, on one thread.
    class Searches;

    Look affordable() const;
    void make_lists(Policy& policy, std::uint32_t number);
    std::vector<CoreSums> core_sums(const WayPrices& ways) const;

    const Problem& problem_;
    int threads_;
    ShapeClasses by_shape_;
    std::vector<RelaxedShape> relaxed_;
    std::vector<std::unique_ptr<Policy>> policies_;  // lists refer to views
    Look look_;
};

}  // namespace gigafleet
