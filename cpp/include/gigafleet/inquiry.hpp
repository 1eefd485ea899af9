// One class asked of one pool after the other: what is in the way of one more of its tasks on each node, and
// which single change would do.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gigafleet/bonds_left.hpp"
#include "gigafleet/device_rooms.hpp"
#include "gigafleet/explanation.hpp"
#include "gigafleet/label_wishes.hpp"
#include "gigafleet/leftovers.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/models_left.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/routes.hpp"
#include "gigafleet/way_left.hpp"

namespace gigafleet {

/// One class asked of one pool after the other.
class Inquiry {
public:
    /// What a plan leaves.
    struct Left {
        const Loads& loads;
        const Leftovers& leftovers;
        const ModelsLeft& models;
        const BondsLeft& bonds;  ///< of the class
        DevicesLeft& devices;
    };

    Inquiry(const Problem& problem, const Left& left, ClassId id, bool one_bandwidth)
        : problem_(problem),
          fleet_(problem.fleet()),
          left_(left),
          class_(problem.workload().classes()[id.at()]),
          shape_(problem.shape(class_.shape)),
          on_devices_(problem.device_demands()[shape_.device_demand]),
          memory_(problem.models() == nullptr ? SIZE_MAX : problem.models()->memory()),
          one_bandwidth_(one_bandwidth),
          labels_(problem, class_.shape),
          way_(*problem.policies()[shape_.policy], left.loads, shape_, class_.origin),
          findings_(fleet_) {}

    void look_at(PoolId id);
    /// Whether some node takes the task where the routes are these: then a name list `names` less will do.
    void try_routes(const Routes& routes, Change::Of of, const std::vector<std::string>& names);
    Findings& findings() { return findings_; }
    bool any_open() const { return findings_.any_open(); }
    TaskExplanation finish() { return findings_.finish(); }

private:
    using Slot = Findings::Slot;

    /// What keeps a node out, a bit each.
    enum Fail : unsigned {
        kLabels = 1,
        kTooBig = 2,
        kStay = 4,
        kNotLoaded = 8,
        kNoRoute = 16,
        kFar = 32,
        kOutside = 64,   ///< of its gang's domain
        kCrowded = 128,  ///< with others of its spread group
        kNarrow = 256,
        kNoRoom = 512,
        kElsewhere = kLabels | kNoRoute | kFar | kOutside | kCrowded,  ///< what a node cannot help
    };

    /// Slots that have the same, and the same left.
    struct AlikeLeft {
        Slot slot;  ///< one of them
        std::int64_t slots;
        const Amounts &capacity, &left;  ///< weights in use are gone from what is left
        const DeviceRooms* devices;      ///< null where the task asks for none
        ModelsLeft::Lack model;
        BondsLeft::Lack bond;
    };

    /// What of a node is in the way.
    struct Full {
        unsigned dimensions = 0;  ///< a bit each, those of devices aside
        bool devices = false;
        bool window = false, too_slow = false;  ///< to load the model
        bool even_if_empty = false;

        bool any() const { return dimensions != 0 || devices || window || too_slow; }
        bool only_devices() const { return devices && dimensions == 0 && !window && !too_slow; }
        bool only_load() const { return !devices && dimensions == 0; }
        bool only_one_dimension() const { return within(dimensions) && std::has_single_bit(dimensions); }
        /// None but these dimensions, a bit each.
        bool within(unsigned these) const {
            return !devices && !window && !too_slow && (dimensions & ~these) == 0;
        }
    };

    std::vector<Shortfall> short_of_spread(const AlikeLeft& at) const;
    void judge(const AlikeLeft& at, unsigned fails);
    Full full(const AlikeLeft& at) const;
    void note_miss(const AlikeLeft& at, unsigned fails, const Full& full);
    std::vector<Shortfall> short_of_node(const AlikeLeft& at, const Full& full) const;
    std::vector<Shortfall> short_for_model(const AlikeLeft& at) const;
    std::vector<Shortfall> short_on_the_way() const;
    void offer_of_task(const AlikeLeft& at, unsigned fails, const Full& full);
    void offer_of_fleet(const AlikeLeft& at, unsigned fails, const Full& full);
    void offer_devices(const AlikeLeft& at);
    void offer_bandwidth(const AlikeLeft& at, const Full& full);
    /// Where that is possible.
    void change(Change::Of of, std::size_t at, Quantity from, Quantity to, Slot slot) {
        if (to >= 0) findings_.offer(of, at, from, to, slot);
    }
    /// With the weights of its model, where they are not in use.
    Quantity asked(const AlikeLeft& at, std::size_t d) const {
        return shape_.demand[d] + (d == memory_ ? at.model.more : 0);
    }
    /// Calls `f(d)` for each dimension of a node that is one by itself.
    template <class F>
    void for_own_dimensions(F&& f) const {
        const Schema& schema = fleet_.schema();
        for (std::size_t d = 0; d <= schema.line_up(); ++d)
            if (!schema.is_of_devices(d)) f(d);
    }
    std::int64_t stays_ns(Slot slot) const {
        return fleet_.available_ns(pool(slot), fleet_.entry_of_slot(pool(slot), slot.slot));
    }
    const Fleet::Pool& pool(Slot slot) const { return fleet_.pools()[slot.pool.at()]; }
    const Fleet::Kind& kind(Slot slot) const { return fleet_.kinds()[pool(slot).kind.at()]; }

    const Problem& problem_;
    const Fleet& fleet_;
    Left left_;
    const Workload::Class& class_;
    const Problem::Shape& shape_;
    const DeviceDemand& on_devices_;
    std::size_t memory_;  ///< the dimension that weights take
    bool one_bandwidth_;
    LabelWishes labels_;
    WayLeft way_;
    std::int64_t rtt_ns_ = 0;                ///< of the pool at hand
    std::optional<LabelWishes::Lack> lack_;  ///< of its kind
    std::vector<Slot> ready_;                ///< one a pool, where only the way is in the way
    Findings findings_;
};

}  // namespace gigafleet
