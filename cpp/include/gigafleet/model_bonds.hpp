// Gangs and spread groups beside models: whole or not at all, each member beside the weights of its model.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/bond_slots.hpp"
#include "gigafleet/bound_tasks.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/model_deal.hpp"

namespace gigafleet {

/// What ledgers place. O(fillings · log(fillings a pool) + pools).
std::unique_ptr<Residents> residents_of(const Problem& problem, std::span<const Ledger> ledgers);

/// Those of a placement, or of residents whose links bear `loads` already; they are kept.
std::unique_ptr<BondSlots> slots_of(Placement&& placement);
std::unique_ptr<BondSlots> slots_of(const Problem& problem, std::unique_ptr<Residents> residents,
                                    const Loads& loads);
/// Nodes on which nothing is, with links that bear all; where there are models, with room for weights.
std::unique_ptr<BondSlots> empty_slots(const Problem& problem);
/// What those leave who are there, which may be tasks of a problem made beside this one: `there`, sorted, on
/// the nodes of a pool. `may_load`: what those of a site may load yet, 1e-6 Mb. O(pools + who is there).
std::unique_ptr<BondSlots> slots_beside(const Problem& problem,
                                        const std::function<std::vector<PoolState::Wish>(PoolId)>& there,
                                        const Loads& loads, const std::function<Quantity(SiteId)>& may_load);
/// What a solution leaves of nodes and links, weights included.
std::unique_ptr<BondSlots> slots_after(const Problem& problem, const Solution& solution);

/// Gangs some members of which were dealt no seat give up those of the others. False where there are none;
/// else residents are to be made anew. O(fillings).
bool give_up_broken_gangs(const Problem& problem, ModelDeal& dealt);

/// Bound tasks that have no seat, placed as ever (bound_tasks.hpp) on slots as they are, with models.
class BoundRest {
public:
    /// Takes them out of what is left. Keeps references. O(ShapeGroundwork + classes), and where there are
    /// spread groups, fillings.
    BoundRest(const Problem& problem, Residents& residents, ModelDeal& dealt, int threads, Control& control);

    /// Their levels of priority, from the highest; none where none is left.
    const std::vector<std::int64_t>& levels() const { return levels_; }
    /// Places those of a level. False where the time limit cut it off.
    bool place(std::int64_t priority, double time_limit_s, std::string_view stage, Control& control) {
        return tasks_->place(priority, dealt_.ledgers, time_limit_s, stage, control);
    }
    /// Those of a level go back to where they ran, as far as they can (BoundTasks::go_back).
    void go_back(const Previous& previous, std::int64_t priority, Control& control) {
        tasks_->go_back(previous, priority, dealt_.ledgers, control);
    }
    /// Gives back what is left.
    void finish() { tasks_->finish(); }

private:
    ModelDeal& dealt_;
    std::vector<std::int64_t> levels_;
    ShapeGroundwork ground_;
    ResidentSlots slots_;
    std::optional<BoundTasks> tasks_;
};

/// Whether some bound task is left. O(classes).
bool is_any_bound_left(const Problem& problem, std::span<const std::int64_t> left);

}  // namespace gigafleet
