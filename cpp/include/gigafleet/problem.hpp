// The immutable problem: who wants what (workload), who has what (fleet), what lies between (routes), what it
// costs.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/fleet.hpp"
#include "gigafleet/label_rule.hpp"
#include "gigafleet/models.hpp"
#include "gigafleet/network.hpp"
#include "gigafleet/routes.hpp"
#include "gigafleet/workload.hpp"

namespace gigafleet {

/// Prices that belong to no node, resource or link. gigafleet.Objective documents them.
struct Objective {
    double rtt_price = 1e-5;    ///< EUR/h per ms of round-trip time
    double horizon_s = 3600.0;  ///< how long an open-ended task is taken to run
    double risk_price = 0.0;    ///< EUR/h where the node leaves before the task's end
    double move_cost = 1e-3;    ///< EUR, once, for a task that ran before and is moved
    double evict_cost = 1e-2;  ///< EUR, once, for a task that ran before, is asked for still and has no place
    double load_eur_per_gb = 1e-4;  ///< EUR, once, for weights that a node loads
    double load_window_s = 600.0;   ///< in which the nodes of a site load, and ...
    double load_share = 0.5;        ///< ... of the site's access, the part that they may use
};

/// One bit a hard rule. Tests switch rules off to prove that each is tested; nothing else does.
enum Rule : unsigned {
    kRuleCapacity = 1,
    kRuleLatency = 2,
    kRuleLink = 4,
    kRuleAccess = 8,
    kRuleLine = 16,
    kRuleLabel = 32,
    kRuleTransit = 64,
    kRuleTime = 128,
    kRuleDevices = 256,
    kRuleGang = 512,
    kRuleSpread = 1024,
    kRuleModel = 2048,
    kRuleEvict = 4096,
    kRuleQuota = 8192,
    kRuleFairness = 16384,  ///< of tenants, which is no rule of a plan alone
};

/// Devices that a task uses which asks for so many thousandths of them: a share stays on one.
inline std::int64_t devices_used(Quantity share) {
    return share > 0 && share < kWholeDevice ? 1 : share / kWholeDevice;
}

/// What a task asks of a node's devices.
struct DeviceDemand {
    Quantity share;  ///< thousandths: of one device, or a whole number of devices
    Amounts each;    ///< of each of them, in the dimensions of devices
    auto operator<=>(const DeviceDemand&) const = default;
};

class Problem {
public:
    /// Workload::Shape in the quantities of this fleet's schema.
    struct Shape {
        Amounts demand;  ///< per dimension; a consumable is 0 for an open-ended task
        Quantity uplink, downlink;
        std::int64_t max_rtt_ns;
        std::int64_t duration_ns;
        double tau_s;  ///< duration, or the horizon
        Quantity weight;
        std::int64_t priority;
        std::uint32_t rule;           ///< into rules()
        std::uint32_t policy;         ///< into policies()
        std::uint32_t device_demand;  ///< into device_demands(); 0: asks for no device
        std::int32_t model;           ///< position in the table of models, or kNoModel
        std::int64_t max_wait_ns;     ///< for the model to be loaded
    };

    /// Throws InputError where tasks demand a resource that no node has, on unknown domain levels, on totals
    /// that overflow. Routes are computed for the origins and hosts at hand; `route_seconds()` tells how long
    /// it took. `beside`: a problem of the same fleet, whose demands of devices keep their numbers and
    /// weights here, so that tasks of both can be on one node.
    Problem(std::shared_ptr<const Network> network, std::shared_ptr<const Fleet> fleet,
            std::shared_ptr<const Workload> workload, const Objective& objective, unsigned disabled_rules,
            int threads, Control& control, const ModelTable* models = nullptr,
            const Problem* beside = nullptr);

    /// What shapes may ask for beside what those of another problem do, numbered after that.
    struct More {
        std::vector<NodeRule> rules;
        std::vector<std::shared_ptr<const Routes>> policies;
    };
    /// The same fleet, network, routes and rules, and `more`, for other tasks: those of a Workload made from
    /// that of `of`, with `shapes` as they are there, in the quantities of the schema.
    Problem(const Problem& of, std::shared_ptr<const Workload> workload, std::span<const Shape> shapes,
            More more = {});

    /// The same for other pools of the same nodes. With `charge_loads` a task that has to load its model on a
    /// kind pays for all of it: a hint where to go, which no plan pays.
    Problem(const Problem& of, std::shared_ptr<const Fleet> fleet, bool charge_loads);

    const Network& network() const { return *network_; }
    const std::shared_ptr<const Network>& network_ptr() const { return network_; }
    const Fleet& fleet() const { return *fleet_; }
    const std::shared_ptr<const Fleet>& fleet_ptr() const { return fleet_; }
    const Workload& workload() const { return *workload_; }
    const Objective& objective() const { return objective_; }
    unsigned disabled_rules() const { return disabled_rules_; }
    /// None where no table was given, or the rule is switched off: no shape has a model then.
    const Models* models() const { return models_.get(); }

    /// Whether tasks of a class are placed with regard to others.
    Bond bond(ClassId id) const {
        Bond bond = workload_->bond(id);
        if (disabled_rules_ & kRuleGang) bond.gang = Bond::kNone;
        if (disabled_rules_ & kRuleSpread) bond.spread = Bond::kNone;
        return bond;
    }
    bool is_bound(ClassId id) const { return workload_->has_bonds() && bond(id); }

    std::span<const Shape> shapes() const { return shapes_; }
    const Shape& shape(ShapeId id) const { return shapes_[id.at()]; }
    /// Those that differ, from 1 on; the first is none.
    const std::vector<DeviceDemand>& device_demands() const { return device_demands_; }
    const std::vector<NodeRule>& rules() const { return rules_; }
    /// A rule, or a demand of devices, more, that no shape asks for: for who tries what would do if one did.
    /// Returns its number. For one thread.
    std::uint32_t add(NodeRule rule) {
        rules_.push_back(std::move(rule));
        return static_cast<std::uint32_t>(rules_.size() - 1);
    }
    std::uint32_t add(const DeviceDemand& demand) {
        device_demands_.push_back(demand);
        return static_cast<std::uint32_t>(device_demands_.size() - 1);
    }
    /// What names of these label columns come to. Throws InputError on unknown domain levels.
    NodeRule rule_of(const std::vector<std::string>& require, const std::vector<std::string>& any_of,
                     const std::vector<std::string>& forbid) const;
    /// Routes of each transit policy in use.
    const std::vector<std::shared_ptr<const Routes>>& policies() const { return policies_; }
    double route_seconds() const { return route_seconds_; }

    /// How long a node must stay for the shape, ns; 0 where it does not matter.
    std::int64_t needed_ns(const Shape& shape) const {
        return disabled_rules_ & kRuleTime ? 0 : shape.duration_ns;
    }
    /// False where no node of the kind, wherever it stands, could take a task of the shape, if empty.
    bool may_take(const Shape& shape, KindId kind) const;
    /// What a task of a shape pays on kinds that hold none of the models in `unless` (Fleet::Kind::models).
    struct LoadCharge {
        double eur_per_h = 0;
        std::uint64_t unless = 0;
    };
    LoadCharge load_charge(const Shape& shape) const;
    /// False where no node of the kind, wherever it stands, has room for the shape beside its model's
    /// weights, or none holds the model nor loads it in time.
    bool may_use_model(const Shape& shape, KindId kind) const;
    /// True where the devices of a node of the kind, if empty, hold what a task of the shape asks of devices.
    bool devices_hold(const Shape& shape, KindId kind) const {
        return shape.device_demand == 0 ||
               devices_hold(device_demands_[shape.device_demand], fleet_->kinds()[kind.at()]);
    }
    /// True where the pool's nodes pass the shape's labels.
    bool labels_pass(const Shape& shape, const Fleet::Pool& pool) const {
        return rules_[shape.rule].passes(fleet_->kinds()[pool.kind.at()].labels, *network_, pool.site);
    }

private:
    void read_shapes(int threads);
    void read_models(const ModelTable& table, int threads);
    void read_device_demands();
    void weigh_shares();
    bool devices_hold(const DeviceDemand& demand, const Fleet::Kind& kind) const;
    void resolve_labels();
    void prepare_routes(const std::vector<TransitRule>& rules, int threads, Control& control);
    void check_totals() const;

    std::shared_ptr<const Network> network_;
    std::shared_ptr<const Fleet> fleet_;
    std::shared_ptr<const Workload> workload_;
    Objective objective_;
    unsigned disabled_rules_;
    std::shared_ptr<const Models> models_;
    bool charge_loads_ = false;
    double route_seconds_ = 0;
    Buffer<Shape> shapes_;
    std::vector<DeviceDemand> device_demands_{1};
    std::vector<Quantity> share_weights_;  ///< by thousandths; empty: not weighed
    std::vector<NodeRule> rules_;
    std::vector<TransitRule> transit_;
    std::vector<std::shared_ptr<const Routes>> policies_;
};

/// First slot of the pool that stays long enough for a task of the shape.
inline std::int64_t first_slot_for(const Problem& problem, const Problem::Shape& shape, PoolId pool) {
    const std::int64_t needed = problem.needed_ns(shape);
    const Fleet& fleet = problem.fleet();
    return needed > 0 ? fleet.first_slot_staying(fleet.pools()[pool.at()], needed) : 0;
}

/// Levels of priority by shape, from 0 for the highest. O(shapes · log shapes).
std::vector<std::size_t> levels_of_shapes(const Problem& problem);

/// Weight of so many members of each class, by level of priority from the highest. O(classes + shapes).
std::vector<WideQuantity> weight_by_level(const Problem& problem, std::span<const std::int64_t> members);

/// Members of each class. O(classes).
std::vector<std::int64_t> members_of_classes(const Problem& problem);

/// By shape: the weight of a task, in such units for each level of priority that one task outweighs all those
/// of the levels below. None where that is more than a double can tell apart. One level: 1e-6. O(shapes +
/// classes).
std::optional<std::vector<double>> ranked_weights(const Problem& problem);

}  // namespace gigafleet
