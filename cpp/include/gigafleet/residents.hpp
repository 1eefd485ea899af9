// Slots and the models on them: what tasks and weights leave of each, and where one more task of a model
// fits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/device_states.hpp"
#include "gigafleet/pool_state.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Slots side by side that offer the same: capacity, line, models held at the start or in use before.
struct AlikeSlots {
    std::int64_t first, last;
    const Amounts& capacity;
    ModelSet held;
};

/// Calls `f(AlikeSlots)` for the slots [first, last) of a pool, in order; ends where f returns false.
/// O(entries) where nodes differ.
template <class F>
void for_alike_slots(const Problem& problem, PoolId id, std::int64_t first, std::int64_t last, F&& f) {
    if (first >= last) return;
    const Fleet& fleet = problem.fleet();
    const Models& models = *problem.models();
    const Fleet::Pool& pool = fleet.pools()[id.at()];
    const auto among = [&](std::int64_t end, const Amounts& capacity, ModelSet held) {
        return models.for_in_use(id, first, end, [&](std::int64_t from, std::int64_t to, ModelSet in_use) {
            return f(AlikeSlots{from, to, capacity, held | in_use});
        });
    };
    if (!fleet.any_varied() && models.all_hold_alike()) {
        among(last, fleet.kinds()[pool.kind.at()].capacity, models.held(pool.first_entry));
        return;
    }
    const std::int64_t end = pool.first_entry + pool.entries;
    const auto slots_end = [&](std::int64_t entry) {
        return entry + 1 < end ? fleet.slot_of_entry(pool, entry + 1) : pool.slots;
    };
    for (std::int64_t entry = fleet.entry_of_slot(pool, first); first < last; ++entry) {
        const ModelSet held = models.held(entry);
        while (!fleet.any_varied() && slots_end(entry) < last && models.held(entry + 1) == held) ++entry;
        const std::int64_t next = std::min(last, slots_end(entry));
        if (!among(next, fleet.capacity(pool, entry), held)) return;
        first = next;
    }
}

/// 1e-6 Mb that the slots [first, last) of a pool load where these models are in use.
Quantity megabits_loaded(const Problem& problem, PoolId pool, std::int64_t first, std::int64_t last,
                         ModelSet in_use);

/// Weights count for the models in use on a slot: those that a task there uses. Room only shrinks.
class Residents {
public:
    /// Slots side by side with the same on them.
    struct Run {
        std::int64_t first, slots;
        Amounts used;     ///< by tasks, weights aside
        ModelSet in_use;  ///< models that these tasks use
    };

    /// Nothing on any slot. Keeps a reference. O(pools + sites).
    explicit Residents(const Problem& problem);

    /// What is on the slots of a pool, in runs that do not overlap; slots in none have no room for anything.
    /// `on_devices`: by run what its devices hold, states of devices(pool), where that is any.
    void set(PoolId pool, std::span<const Run> runs, std::span<const DeviceStates::State> on_devices = {});
    /// What tells whether tasks fit on the devices of the pool's nodes; none where no task could use any.
    /// One thread at a time may ask of a pool, here and in all that follows.
    DeviceStates* devices(PoolId pool) const {
        return devices_.empty() || !devices_[pool.at()] ? nullptr : &devices_[pool.at()]->states;
    }
    std::span<const Run> runs(PoolId pool) const { return runs_[pool.at()]; }
    std::span<const DeviceStates::State> on_devices(PoolId pool) const {
        return devices(pool) == nullptr ? std::span<const DeviceStates::State>{}
                                        : devices_[pool.at()]->of_run;
    }
    /// Whether slots with so much on them are of no use to any shape of the problem.
    bool is_exhausted(const Amounts& capacity, const Amounts& used, ModelSet in_use) const;
    /// 1e-6 Mb that the nodes of a site may still load.
    Quantity allowance(SiteId site) const { return allowance_[site.at()]; }
    void take_allowance(SiteId site, Quantity amount) {
        if (allowance_[site.at()] != kUnlimited) allowance_[site.at()] -= amount;
    }

    /// Puts up to `wanted` tasks of the shape into the pool and appends where to `out`; links are the
    /// caller's. Returns how many: fewer only where no slot could hold one more. First slots on which the
    /// model is in use, then those that hold it, then those that load it. O(runs), and where nodes differ,
    /// slots.
    std::int64_t fill(const Problem::Shape& shape, PoolId pool, std::int64_t wanted,
                      std::vector<Filling>& out);

    /// Puts up to `per_slot` tasks of the shape into each of these very slots of a filling, in the same
    /// order, and appends where.
    void seat(const Problem::Shape& shape, const Filling& wanted, std::vector<Filling>& out);

    /// What goes into one slot together.
    struct Ask {
        const Amounts& demand;                          ///< of all
        std::span<const DeviceStates::Part> devices;    ///< of all; if more than one go in together
        std::span<const Problem::Shape* const> shapes;  ///< of each: for their models
        bool for_one = false;  ///< any one of the slots, not all: what they load is not added up
    };
    /// As PoolState::find_offers, slots that need no more weights first, then those that hold them. All of
    /// them may be taken, but `for_one`: they load no more than their site may.
    void find_offers(PoolId pool, const Ask& ask, std::int64_t from, std::int64_t most,
                     std::span<const PoolState::Held> held, std::int64_t wanted,
                     std::vector<PoolState::Offer>& out) const;

    /// What a pool is like, with what its site may load, to go back to: what was marked last first.
    class Mark;
    Mark mark(PoolId pool) const;
    void rewind(PoolId pool, Mark&& mark);

    /// Tasks of a shape where a filling of a pool has them.
    struct Seated {
        const Filling* filling;
        const Problem::Shape* shape;
    };
    /// All that is on the slots of a pool, whose site loads for it what it has to. `all`: slots that are of
    /// no more use are remembered, too. O(n log n).
    void settle(PoolId pool, std::span<const Seated> seated, bool all = false);

    /// Whether `fill` may place a task, by whether the model is around or can be loaded. O(1).
    bool may_take(const Problem::Shape& shape, PoolId pool) const {
        const SiteId site = problem_.fleet().pools()[pool.at()].site;
        return is_around(shape, pool) || allowance(site) >= models_.megabits(shape.model);
    }
    /// Whether `fill` would place a task. O(1) where the model is not around and nothing more can be loaded.
    bool can_take(const Problem::Shape& shape, PoolId pool) const;
    /// Whether some slot has room for a task of the shape, whatever its model: beside the weights in use
    /// there, but its own aside.
    bool has_room(const Problem::Shape& shape, PoolId pool) const;

    /// What a slot could take more: tasks, and whether it has to load for that.
    struct Fit {
        std::int64_t tasks;
        bool loads;
    };
    /// How many tasks of the shape, at most `limit`, fit on each of `slots`, which are of `run`.
    Fit fit(const Problem::Shape& shape, const AlikeSlots& slots, const Run& run, SiteId site,
            std::int64_t limit) const;

    /// Per dimension the most that one slot has left, weights aside, or more.
    Amounts room(PoolId pool) const;
    /// Whether a pool of that `room`, now or before, may have room for a task of the shape and the weights of
    /// its model, where no slot uses it. O(dimensions).
    bool may_hold(const Problem::Shape& shape, PoolId pool, const Amounts& room) const;
    bool is_open(PoolId pool) const { return !runs_[pool.at()].empty(); }

private:
    enum class Turn { kInUse, kHeld, kLoad };
    struct Request {
        const Problem::Shape& shape;
        PoolId pool;
        SiteId site;
        std::int64_t from, wanted;
        std::vector<Filling>& out;
        std::int64_t last = INT64_MAX, most_a_slot = INT64_MAX;
        Turn turn = Turn::kInUse;
    };
    /// Of a pool whose devices tasks could use.
    struct Devices {
        DeviceStates states;
        std::vector<DeviceStates::State> of_run;  ///< by run: what the devices of a slot hold
    };
    /// Of `limit` tasks of a shape, how many the devices of each slot of a run hold.
    std::int64_t on_devices(const Problem::Shape& shape, PoolId pool, std::size_t run,
                            std::int64_t limit) const {
        if (devices_.empty() || !devices_[pool.at()]) [[likely]]
            return limit;
        Devices& own = *devices_[pool.at()];
        return own.states.fit(own.of_run[run], shape.device_demand, limit);
    }
    std::size_t number(PoolId pool, const Run& run) const {
        return static_cast<std::size_t>(&run - runs_[pool.at()].data());
    }
    /// How many tasks of `demand` a slot holds beside what is used and so much weights, at most `limit`.
    std::int64_t fits(const Amounts& capacity, const Amounts& used, Quantity weights, const Amounts& demand,
                      std::int64_t limit) const;
    void keep(PoolId pool, const Run& run, DeviceStates::State on_devices);
    void add(PoolId pool, const Run& run, DeviceStates::State on_devices);
    void forget_empty(PoolId pool);
    bool is_exhausted(PoolId pool, const Run& run) const;
    Quantity weights_beside(const Problem::Shape& shape, const Run& run) const;
    bool is_around(const Problem::Shape& shape, PoolId pool) const;
    void take(Request& request);
    void fill_run(Request& request, std::size_t at);
    std::int64_t on_devices(PoolId pool, std::size_t run, const Ask& ask, std::int64_t limit) const;
    void settle(PoolId pool, Run run, std::span<const std::pair<const Problem::Shape*, std::int64_t>> tasks,
                bool all);

    const Problem& problem_;
    const Models& models_;
    std::size_t dimensions_;
    Amounts least_;  ///< of any shape
    std::vector<std::vector<Run>> runs_;
    std::vector<Own<Devices>> devices_;  ///< by pool, some; empty where no task uses any
    std::vector<ModelSet> in_use_;       ///< by pool, of any slot that has room or had
    std::vector<Quantity> allowance_;
};

class Residents::Mark {
    friend class Residents;
    std::vector<Run> runs;
    std::vector<DeviceStates::State> on_devices;
    ModelSet in_use;
    Quantity allowance;
};

}  // namespace gigafleet
