// Who sits in each pool: the fillings of a solution, pool by pool.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "gigafleet/pool_state.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Keeps references to the problem and the solution.
class Holdings {
public:
    struct Held {
        ClassId of;
        std::uint32_t number;  ///< of the filling, in Solution::fillings
    };

    /// At most 2^32 - 1 fillings. O(fillings + pools), 8 bytes a filling.
    Holdings(const Problem& problem, const Solution& solution);

    /// In the order of classes, then of fillings.
    std::span<const Held> of(PoolId id) const {
        return {held_.data() + first_[id.at()], held_.data() + first_[id.at() + 1]};
    }
    /// What is held, as it asks PoolState for its seats; number: of the class.
    PoolState::Wish wish(const Held& held) const { return wish(held.of, solution_.fillings[held.number]); }
    /// The same of a filling of a class.
    PoolState::Wish wish(ClassId of, const Filling& filling) const {
        const ShapeId shape = problem_.workload().classes()[of.at()].shape;
        return {filling.first, filling.slots, filling.per_slot, &problem_.shape(shape), of.value};
    }

private:
    const Problem& problem_;
    const Solution& solution_;
    std::vector<std::uint32_t> first_;  // by pool, and one more
    std::vector<Held> held_;
};

/// Puts wishes into the order that PoolState::seat asks for.
void sort_wishes(std::span<PoolState::Wish> wishes);

/// Slots side by side with the same on them.
struct Stretch {
    std::int64_t first = 0, slots = 0;
    Amounts taken{};      ///< weights of models aside; of what has no limit it may be kUnlimited
    ModelSet in_use = 0;  ///< models that tasks there use
    std::vector<DeviceStates::Part> devices = {};
};

/// Calls `f` for all slots of a pool, `slots` of them, in order, with what is on each once all `wishes`
/// (sorted) are seated. O(n log n).
void for_stretches(std::int64_t slots, std::span<const PoolState::Wish> wishes,
                   const std::function<void(const Stretch&)>& f);
/// The same as a list.
std::vector<Stretch> stretches_of(std::int64_t slots, std::span<const PoolState::Wish> wishes);

}  // namespace gigafleet
