// A solution laid open: what every single slot holds. For local search, which moves single tasks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/device_states.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/solution.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

/// Slots of all pools of a market in one numbering, pool by pool. Tasks are known by their class, a place in
/// Market::classes. Every change keeps all rules; `undo_to` takes changes back, the last first. Bound tasks
/// stay where they are: what they take is not there, and nothing else is seen of them.
class SlotTable {
public:
    /// Solutions with more slots or more placed tasks are not laid open.
    static constexpr std::int64_t kMostSlots = std::int64_t{1} << 18;
    static constexpr std::int64_t kMostTasks = std::int64_t{1} << 21;
    static constexpr std::size_t kMostPairs = std::size_t{1} << 26;  ///< of class and pool: see OpenPools

    struct Entry {
        std::uint32_t of;
        std::uint32_t tasks;
    };

    struct Seat {
        std::uint32_t of, slot, tasks;
    };
    struct OfShape {
        std::uint32_t shape;
        std::vector<Seat> seats;  ///< by class, then slot
    };

    static bool is_possible(const Market& market, const Solution& solution);
    SlotTable(const Groundwork& ground, const Market& market, const Solution& solution);

    const Market& market() const { return market_; }
    std::uint32_t shape(std::uint32_t of) const { return shape_of_class_[of]; }
    std::size_t pool_of(std::size_t slot) const { return pool_of_slot_[slot]; }
    std::size_t first_slot(std::size_t pool) const { return first_slot_[pool]; }
    std::span<const Entry> at(std::size_t slot) const { return held_[slot]; }
    /// Whether some slot of the pool holds bound tasks.
    bool has_bound(std::size_t pool) const { return !has_bound_.empty() && has_bound_[pool] != 0; }
    /// Where a pool holds tasks of a shape, by shape; some may be empty.
    std::span<const OfShape> in_pool(std::size_t pool) const { return in_pool_[pool]; }
    /// No slot of the pool has more left, dimension by dimension.
    std::span<const Quantity> most_residual(std::size_t pool);
    /// Members of a class that are in no slot.
    std::int64_t left(std::uint32_t of) const { return left_[of]; }

    /// What tasks pay in a pool beside what they cost, EUR/h by shape and pool, until it is set anew; empty
    /// for nothing. O(shapes · pools + classes).
    void set_payments(std::vector<float> payments);

    /// EUR/h of one task of the class in the pool, what it pays there included; Market::kOut where no route,
    /// label or time allows it.
    float cost(std::uint32_t of, std::size_t pool) const {
        const Costs& costs = costs_[of];
        return costs.own[pool] + costs.way[spot_[pool]];
    }

    /// Demand of a shape and residual of a slot, in the market's dimensions, multiples of the resolution.
    std::span<const Quantity> demand(std::uint32_t s) const {
        return {demand_.data() + s * dimensions_, dimensions_};
    }
    std::span<const Quantity> residual(std::size_t slot) const {
        return {residual_.data() + slot * dimensions_, dimensions_};
    }
    /// Whether the slot has room for one more task of the shape, and stays long enough.
    bool fits(std::uint32_t s, std::size_t slot) const {
        const Quantity *need = demand_.data() + s * dimensions_, *has = residual_.data() + slot * dimensions_;
        for (std::size_t d = 0; d < dimensions_; ++d)
            if (has[d] < need[d]) return false;
        return stays(s, slot) && devices_hold(s, slot);
    }
    /// Whether the slot's devices have room for one more task of the shape.
    bool devices_hold(std::uint32_t s, std::size_t slot) const {
        if (device_demand(s) == 0) return true;
        DeviceStates* own = devices_[pool_of_slot_[slot]];
        return own != nullptr && own->fit(state_[slot], device_demand_[s], 1) == 1;
    }
    /// The states of a pool's devices; none where it has none, or nobody asks for any.
    DeviceStates* devices(std::size_t pool) const { return devices_.empty() ? nullptr : devices_[pool]; }
    /// Of a slot in a pool that has them.
    DeviceStates::State device_state(std::size_t slot) const { return state_[slot]; }
    /// Problem::Shape::device_demand.
    std::uint32_t device_demand(std::uint32_t s) const {
        return device_demand_.empty() ? 0 : device_demand_[s];
    }
    bool stays(std::uint32_t s, std::size_t slot) const {
        return !timed_ || needed_slot(s, pool_of_slot_[slot]) <= slot;
    }
    /// First slot of the pool with room for the shape; none where all are full for it. Slots that are known
    /// to be full are not looked at again until something leaves one of them.
    std::optional<std::size_t> find(std::uint32_t s, std::size_t pool);

    /// Whether the links have room for one more task of the class in the pool.
    bool links_hold(std::uint32_t of, std::size_t pool);

    void add(std::uint32_t of, std::size_t slot);
    void remove(std::uint32_t of, std::size_t slot);

    /// How many changes were made so far; `undo_to` takes back those after.
    std::size_t changes() const { return changes_.size(); }
    void undo_to(std::size_t changes);
    /// Changes up to now are there to stay.
    void settle() { changes_.clear(); }

    /// The solution as it is now. `status` as it was.
    Solution solution(int threads) const;

private:
    struct Change {
        std::uint32_t of;
        std::size_t slot;
        bool added;
    };

    std::size_t needed_slot(std::uint32_t s, std::size_t pool) const {
        return needed_[s * market_.pools().size() + pool];
    }
    /// Where the costs of a class stand: local search asks for little else.
    struct Costs {
        const float *own, *way;  ///< by pool, payments included; by spot
    };

    void open_devices();
    void hold_bound(const Solution& solution, std::span<const std::uint32_t> place);
    void put(std::uint32_t of, std::size_t slot, std::int64_t tasks);
    void seat(std::uint32_t of, std::size_t slot, std::int64_t tasks);
    Path& path(std::uint32_t of, std::size_t pool);

    const Problem& problem_;
    const Market& market_;
    std::size_t dimensions_;
    bool timed_, linked_;
    std::vector<std::uint32_t> shape_of_class_;
    std::vector<std::size_t> first_slot_;
    std::vector<std::uint32_t> pool_of_slot_;
    std::vector<std::uint32_t> spot_;  ///< by pool
    std::vector<float> paid_;          ///< own costs and payments by shape and pool; empty without payments
    std::vector<Costs> costs_;         ///< by class
    std::vector<Quantity> demand_, residual_;
    // Where tasks ask for devices, else empty:
    std::vector<std::uint32_t> device_demand_;          ///< by shape
    std::vector<std::unique_ptr<DeviceStates>> kinds_;  ///< by kind; none where it has no devices
    std::vector<DeviceStates*> devices_;                ///< by pool
    std::vector<DeviceStates::State> state_;            ///< by slot
    std::vector<std::size_t> needed_;  ///< by shape and pool: first slot that stays long enough
    std::vector<std::vector<Entry>> held_;
    std::vector<std::vector<OfShape>> in_pool_;
    std::vector<Quantity> most_residual_;      // by pool and dimension
    std::vector<std::uint8_t> is_most_known_;  // by pool: whether that is up to date
    std::vector<std::int64_t> left_;
    std::vector<std::uint32_t> first_open_;  ///< by pool and shape: slots before it are full
    Loads loads_;
    Ways ways_;
    std::vector<Change> changes_;
    std::vector<std::uint8_t> has_bound_;                          ///< by pool; empty where no task is bound
    std::vector<std::pair<ClassId, std::vector<Filling>>> bound_;  ///< and where they are
    Status status_;
};

}  // namespace gigafleet
