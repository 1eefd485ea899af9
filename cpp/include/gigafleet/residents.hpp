// Slots and the models on them: what tasks and weights leave of each, and where one more task of a model
// fits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/pool_state.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Slots side by side that offer the same: capacity, line, models held at the start.
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
    if (!fleet.any_varied() && models.all_hold_alike()) {
        f(AlikeSlots{first, last, fleet.kinds()[pool.kind.at()].capacity, models.held_in(id)});
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
        if (!f(AlikeSlots{first, next, fleet.capacity(pool, entry), held})) return;
        first = next;
    }
}

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
    void set(PoolId pool, std::span<const Run> runs);
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

    /// Per dimension the most that one slot has left, weights aside, or more.
    Amounts room(PoolId pool) const;
    /// Whether a pool of that `room`, now or before, may have room for a task of the shape and the weights of
    /// its model, where no slot uses it. O(dimensions).
    bool may_hold(const Problem::Shape& shape, PoolId pool, const Amounts& room) const;
    bool is_open(PoolId pool) const { return !runs_[pool.at()].empty(); }

private:
    enum class Turn { kInUse, kHeld, kLoad };
    /// What a slot could take more: tasks, and whether it has to load for that.
    struct Fit {
        std::int64_t tasks;
        bool loads;
    };
    struct Request;

    void keep(PoolId pool, const Run& run);
    bool is_exhausted(PoolId pool, const Run& run) const;
    Quantity weights_beside(const Problem::Shape& shape, const Run& run) const;
    bool is_around(const Problem::Shape& shape, PoolId pool) const;
    Fit fit(const Problem::Shape& shape, const AlikeSlots& slots, const Run& run, SiteId site,
            std::int64_t limit) const;
    void fill_run(Request& request, std::size_t at);

    const Problem& problem_;
    const Models& models_;
    std::size_t dimensions_;
    Amounts least_;  ///< of any shape
    std::vector<std::vector<Run>> runs_;
    std::vector<ModelSet> in_use_;  ///< by pool, of any slot that has room or had
    std::vector<Quantity> allowance_;
};

}  // namespace gigafleet
