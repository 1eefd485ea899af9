// How many tasks of one shape fit on slots beside what is there, and what is in their way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>

#include "gigafleet/device_states.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

/// Those that are there may be of other problems, made beside each other. Links, and what a site may load,
/// are the caller's. Remembers what devices hold: one thread at a time. Keeps references.
class SlotFit {
public:
    SlotFit(const Problem& problem, const Problem::Shape& shape) : problem_(problem), shape_(shape) {}

    /// Side by side and alike.
    struct Slots {
        KindId kind;
        std::int64_t first, slots;
        const Amounts& capacity;
        ModelSet held;  ///< at the start
        const Stretch& on;
    };
    /// Calls f(Slots) for all slots of a pool in order, with `wishes` (sorted) on them. O(wishes · log), and
    /// where nodes differ, entries.
    template <class F>
    void for_slots(PoolId id, std::span<const PoolState::Wish> wishes, F&& f) const {
        const Fleet& fleet = problem_.fleet();
        const Fleet::Pool& pool = fleet.pools()[id.at()];
        for (const Stretch& stretch : stretches_of(pool.slots, wishes)) {
            const std::int64_t last = stretch.first + stretch.slots;
            const auto call = [&](std::int64_t first, std::int64_t end, const Amounts& capacity,
                                  ModelSet held) {
                f(Slots{pool.kind, first, end - first, capacity, held, stretch});
            };
            if (problem_.models() != nullptr)
                for_alike_slots(problem_, id, stretch.first, last, [&](const AlikeSlots& alike) {
                    call(alike.first, alike.last, alike.capacity, alike.held);
                    return true;
                });
            else if (fleet.any_varied())
                fleet.for_entries(pool, stretch.first, last, [&](std::int64_t entry, auto slot, auto slots) {
                    call(slot, slot + slots, fleet.capacity(pool, entry), 0);
                });
            else
                call(stretch.first, last, fleet.kinds()[pool.kind.at()].capacity, 0);
        }
    }

    /// Whether one task fits an empty slot, its model aside.
    bool is_small_enough(const Slots& slots) const {
        return holds(slots.capacity, shape_.demand) && problem_.devices_hold(shape_, slots.kind);
    }
    /// Gate kModel, where nodes at the site may load `window` together, 1e-6 Mb.
    bool may_use_model(const Slots& slots, Quantity window) const;
    /// Whether the node has to load the model for a task more.
    bool has_to_load(const Slots& slots) const {
        return shape_.model != kNoModel && !has(slots.held | slots.on.in_use, shape_.model);
    }
    /// How many more fit, at most `most`.
    std::int64_t fit(const Slots& slots, std::int64_t most);
    /// Calls f(dimension) for each that has no room for one more; devices count as the one that counts them.
    template <class F>
    void for_each_full(const Slots& slots, F&& f) {
        const Schema& schema = problem_.fleet().schema();
        bool full = false;
        for (std::size_t d = 0; d < schema.line_up() + 1; ++d) {
            if (slots.capacity[d] == kUnlimited || left(slots, d) >= shape_.demand[d]) continue;
            f(d);
            full = full || schema.is_of_devices(d);
        }
        if (!full && fit_devices(slots, 1) == 0) f(schema.devices);
    }

private:
    /// In a dimension that has a limit; less than 0 where weights alone are too much.
    Quantity left(const Slots& slots, std::size_t d) const;
    bool is_in_time(const Slots& slots) const;
    std::int64_t fit_devices(const Slots& slots, std::int64_t most);

    const Problem& problem_;
    const Problem::Shape& shape_;
    std::unordered_map<std::uint32_t, DeviceStates> states_;  ///< by kind
};

}  // namespace gigafleet
