// Why one more task of a class finds no place in a finished plan: what each gate keeps out, node by node, how
// near the nearest comes, and which single change would do. docs/semantics.md, "Explanations", defines it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gigafleet/bonds_left.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/device_rooms.hpp"
#include "gigafleet/explanation.hpp"
#include "gigafleet/leftovers.hpp"
#include "gigafleet/models_left.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// For any number of classes of one plan.
class TaskExplainer {
public:
    /// O(classes + pools + fillings · log).
    TaskExplainer(std::shared_ptr<const Problem> problem, std::shared_ptr<const Solution> solution);

    /// `count`: members of the row that is asked about; where its gang is left out, this may be less. Near
    /// misses are those of one more of it then, beside all others and as many of it as some domain holds;
    /// where no more than that one is missing, so are changes of the fleet and of spread groups.
    /// `one_bandwidth`: uplink and downlink are one column, which changes as a whole. O(pools + runs of slots
    /// + arcs on the ways to all sites with nodes), and where nodes differ, slots; with a transit policy also
    /// O(sites + arcs) the first time. Not for several threads at once.
    TaskExplanation explain(ClassId id, std::int64_t count, bool one_bandwidth, Control& control);

    /// False where the time limit came before the class: its reason is kNotTried.
    bool was_tried(ClassId id) const { return reasons_.empty() || reasons_[id.at()] != Reason::kNotTried; }
    /// EUR/h of so many `members` of the class on each of these node rows, moves and loads aside. O(slots of
    /// the class).
    double cost(ClassId id, std::span<const std::int64_t> node_rows,
                std::span<const std::int64_t> members) const;

private:
    GangFound look_at_gang(ClassId id, std::int64_t count, const BondsLeft& bonds, Findings& findings,
                           Control& control);
    Solution with(const GangSearch::Arranged& nearly, std::uint32_t spread) const;
    std::vector<NearMiss> look_beside(ClassId id, const GangSearch::Arranged& nearly, Findings& findings);
    const std::vector<std::string>& names(ClassId id, LabelRole role) const;
    std::shared_ptr<const Routes> routes_without(ClassId id, LabelRole role, Control& control);

    std::shared_ptr<const Problem> problem_;
    std::shared_ptr<const Solution> solution_;
    Holdings holdings_;
    Leftovers leftovers_;
    ModelsLeft models_;
    DevicesLeft devices_;
    SpreadCounts spreads_;
    std::unique_ptr<GangSearch> gangs_;  ///< made when first needed
    std::vector<Reason> reasons_;        ///< empty where all were tried
    /// By label sets (kRequire where dropped: see routes_without) of transit_require and transit_forbid.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::shared_ptr<const Routes>> without_;
};

}  // namespace gigafleet
