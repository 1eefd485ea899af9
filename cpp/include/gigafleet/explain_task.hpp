// Why one more task of a class finds no place in a finished plan: what each gate keeps out, node by node, how
// near the nearest comes, and which single change would do. docs/semantics.md, "Explanations", defines it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/leftovers.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// The gates in use, in their order.
inline constexpr std::array kGates{Reason::kLabel, Reason::kTooBig, Reason::kTime,    Reason::kRoute,
                                   Reason::kRtt,   Reason::kLink,   Reason::kCapacity};

struct NodeAt {
    std::int64_t row = -1, instance = -1;
};

/// What a task needs more of than there is.
struct Shortfall {
    enum class Of : std::uint8_t {
        kNode,       ///< dimension `at` of the node
        kStay,       ///< ns that the node stays
        kRoundTrip,  ///< ns; `needed` by the way, `has`: the task's limit
        kArc,        ///< room on arc `at`
        kAccessUp,   ///< on the access of site `at`
        kAccessDown
    };
    Of of;
    std::uint32_t at;
    Quantity needed, has;
};

/// A node that `gate` alone keeps out (kTooBig: and kCapacity, as it must).
struct NearMiss {
    Reason gate;
    double size;  ///< the largest (needed - has) / needed
    NodeAt node;
    std::vector<Shortfall> shortfalls;
};

/// One column of one row changed, all else as it is, so that the node `node` takes the task.
struct Change {
    enum class Of : std::uint8_t {
        kDemand,  ///< of the task, dimension `at`
        kUplink,
        kDownlink,
        kBandwidth,  ///< up and down in one column
        kMaxRtt,
        kDuration,
        kRequire,
        kAnyOf,
        kForbid,
        kTransitRequire,
        kTransitForbid,
        kCapacity,   ///< of the node, dimension `at`
        kAvailable,  ///< of the node
        kLink,       ///< capacity of link `at`
        kAccessUp,   ///< of site `at`
        kAccessDown
    };
    Of of;
    std::uint32_t at;
    Quantity from, to;                 ///< multiples, ns
    std::vector<std::string> dropped;  ///< names, from a column of labels
    double size;                       ///< |from - to| / the larger; of labels how many names
    NodeAt node;
};

struct TaskExplanation {
    std::array<std::int64_t, kGates.size()> counts{};  ///< nodes by the first gate that keeps them out
    std::int64_t open = 0;                             ///< nodes that would take one more task
    std::vector<NearMiss> nearest;                     ///< one a gate that has any, the nearest first
    /// The smallest change of each column that does, the smallest first. None where `open`.
    std::vector<Change> of_task, of_fleet;
};

/// For any number of classes of one plan.
class TaskExplainer {
public:
    /// O(classes + pools + fillings · log).
    TaskExplainer(std::shared_ptr<const Problem> problem, std::shared_ptr<const Solution> solution);

    /// `one_bandwidth`: uplink and downlink are one column, which changes as a whole. O(pools + runs of slots
    /// + arcs on the ways to all sites with nodes), and where nodes differ, slots; with a transit policy also
    /// O(sites + arcs) the first time. Not for several threads at once.
    TaskExplanation explain(ClassId id, bool one_bandwidth, Control& control);

    /// False where the time limit came before the class: its reason is kNotTried.
    bool was_tried(ClassId id) const { return reasons_.empty() || reasons_[id.at()] != Reason::kNotTried; }
    /// EUR/h of so many `members` of the class on each of these node rows, moves aside. O(slots of the
    /// class).
    double cost(ClassId id, std::span<const std::int64_t> node_rows,
                std::span<const std::int64_t> members) const;

private:
    const Routes& routes_without(ShapeId shape, LabelRole role, Control& control);

    std::shared_ptr<const Problem> problem_;
    std::shared_ptr<const Solution> solution_;
    Leftovers leftovers_;
    std::vector<Reason> reasons_;  ///< empty where all were tried
    /// By label sets (kRequire where dropped: see routes_without) of transit_require and transit_forbid.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::unique_ptr<const Routes>> without_;
};

}  // namespace gigafleet
