// What a finished solution leaves in every slot, for questions about any of them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "gigafleet/device_states.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/interner.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

class Leftovers {
public:
    /// `holdings`: of all who sit in its pools. O(pools + fillings · log(fillings a pool)); 16 bytes a run of
    /// slots that hold the same, and what differs. Keeps a reference to the fleet.
    Leftovers(const Problem& problem, const Holdings& holdings);

    /// What the tasks of a node need of it beside amounts.
    struct Guests {
        std::vector<DeviceStates::Part> on_devices;  ///< by demand
        ModelSet models = 0;                         ///< that they use
        auto operator<=>(const Guests&) const = default;
    };

    /// Calls `f(first, slots, capacity, left, guests)` for slots of the pool side by side that have the
    /// same when empty, and the same left: all slots of the pool, in order. What has no limit stays
    /// kUnlimited; weights of models are not counted. `guests`: their number. O(runs), and where nodes
    /// differ, entries.
    template <class F>
    void for_alike(PoolId id, F&& f) const {
        const Fleet::Pool& pool = fleet_.pools()[id.at()];
        for (std::size_t r = first_run_[id.at()]; r < first_run_[id.at() + 1]; ++r) {
            const std::int64_t first = runs_[r].first;
            const std::int64_t last = r + 1 < first_run_[id.at() + 1] ? runs_[r + 1].first : pool.slots;
            if (!fleet_.any_varied()) {
                const Amounts& capacity = fleet_.kinds()[pool.kind.at()].capacity;
                f(first, last - first, capacity, less(capacity, runs_[r].used), runs_[r].guests);
                continue;
            }
            fleet_.for_entries(pool, first, last,
                               [&](std::int64_t entry, std::int64_t slot, std::int64_t slots) {
                                   const Amounts capacity = fleet_.capacity(pool, entry);
                                   f(slot, slots, capacity, less(capacity, runs_[r].used), runs_[r].guests);
                               });
        }
    }

    /// Number 0 has none.
    const Guests& guests(std::uint32_t number) const { return *guests_[number]; }

private:
    struct Run {
        std::int64_t first;  ///< slot; the run ends where the next one of its pool begins
        std::uint32_t used;  ///< into used_, by the number of dimensions
        std::uint32_t guests;
    };

    Amounts less(const Amounts& capacity, std::uint32_t used) const {
        Amounts left = capacity;
        for (std::size_t d = 0; d < dimensions_; ++d)
            if (left[d] != kUnlimited) left[d] -= used_[used * dimensions_ + d];
        return left;
    }

    std::uint32_t number_of(const Amounts& used, Interner& numbers);
    std::uint32_t number_of(const Guests& guests);

    const Fleet& fleet_;
    std::size_t dimensions_;
    std::vector<std::size_t> first_run_;  // by pool, and one more
    std::vector<Run> runs_;
    std::vector<Quantity> used_;
    std::map<Guests, std::uint32_t> number_of_guests_;
    std::vector<const Guests*> guests_;  ///< keys of number_of_guests_
};

}  // namespace gigafleet
