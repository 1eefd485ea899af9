// What a plan leaves in pools and on links, for many trials that each change a little of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/holdings.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/pool_rooms.hpp"
#include "gigafleet/pool_state.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/residents.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// The state that trials start from. Nothing changes it, so threads may share it. Where there are models it
/// is in Residents, else in pools. Keeps references.
class Standing {
public:
    /// The solution must be valid. O(pools + fillings · log), and where nodes differ, slots in use.
    Standing(const Problem& problem, const Solution& solution);

    const Problem& problem() const { return problem_; }
    const Solution& solution() const { return solution_; }
    const Holdings& holdings() const { return holdings_; }
    const PoolState::Context& context() const { return context_; }
    const PoolState& pool(PoolId id) const { return pools_[id.at()]; }
    const PoolRooms& rooms() const { return rooms_; }
    /// Null where there are no models.
    const Residents* residents() const { return residents_.get(); }
    bool may_hold(PoolId id, const Amounts& demand) const {
        return residents_ ? holds(residents_->room(id), demand) : rooms_.may_hold(id, demand);
    }
    /// What may_hold goes by.
    Amounts room(PoolId id) const {
        if (residents_) return residents_->room(id);
        Amounts most{};
        std::ranges::copy(rooms_.room(id), most.begin());
        return most;
    }
    /// Whether a node of the pool that stays long enough has room for one task of the shape.
    bool has_room(const Problem::Shape& shape, PoolId id) const {
        if (residents_) return residents_->can_take(shape, id);
        return pools_[id.at()].has_room(context_, shape, first_slot_for(problem_, shape, id));
    }

private:
    const Problem& problem_;
    const Solution& solution_;
    Holdings holdings_;
    PoolState::Context context_;
    std::vector<PoolState> pools_;
    PoolRooms rooms_;
    Own<Residents> residents_;
};

/// A trial: loads of its own, and copies of the pools that it changes.
class Trial {
public:
    /// O(pools + arcs + sites).
    explicit Trial(const Standing& standing);

    /// Back to the standing state. O(arcs + sites + changes).
    void reset();

    const Standing& standing() const { return standing_; }
    Loads& loads() { return loads_; }
    const Loads& loads() const { return loads_; }

    /// Where there are models: pools whose residents are others than in the standing state.
    const std::vector<PoolId>& changed() const { return changed_; }

    const PoolState& pool(PoolId id) const {
        const std::uint32_t own = copy_of_[id.at()];
        return own == kNone ? standing_.pool(id) : copies_[own].state;
    }
    bool may_hold(PoolId id, const Amounts& demand) const {
        if (residents_) return holds(residents_->room(id), demand);
        const std::uint32_t own = copy_of_[id.at()];
        return own == kNone ? standing_.rooms().may_hold(id, demand) : holds(copies_[own].room, demand);
    }
    /// The same, of a pool that may hold it in the standing state: asks only what changed.
    bool may_still_hold(PoolId id, const Amounts& demand) const {
        return copy_of_[id.at()] == kNone || may_hold(id, demand);
    }
    /// Whether a node of the pool that stays long enough has room for one task of the shape.
    bool has_room(const Problem::Shape& shape, PoolId id) const {
        if (residents_) return residents_->can_take(shape, id);
        return may_hold(id, shape.demand) &&
               pool(id).has_room(standing_.context(), shape, first_slot_for(standing_.problem(), shape, id));
    }
    /// A pool to take from, where there are no models; `settle` it then.
    PoolState& open(PoolId id) {
        const bool is_new = copy_of_[id.at()] == kNone;
        Copy& own = copy(id, standing_.pool(id));
        if (is_new) std::ranges::copy(standing_.rooms().room(id), own.room.begin());
        return own.state;
    }
    void settle(PoolId id) {
        if (residents_) return;
        Copy& own = copies_[copy_of_[id.at()]];
        own.room = own.state.room(standing_.context());
    }
    /// Residents to take from a pool of; null where there are no models.
    Residents* residents(PoolId id) {
        if (!residents_) return nullptr;
        change(id);
        return residents_.get();
    }
    /// What one slot has left at most.
    Amounts room(PoolId id) const {
        return residents_ ? residents_->room(id) : pool(id).room(standing_.context());
    }
    /// Placement::fill.
    std::int64_t fill(ShapeId shape, PoolId id, std::int64_t wanted, std::vector<Filling>& out);
    /// Makes the pool anew with these tasks in it, which must fit; sorts them. True where other pools at the
    /// site may have more room for it, too: nodes there may load more.
    bool refill(PoolId id, std::span<PoolState::Wish> wishes);

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    struct Copy {
        PoolId pool;
        PoolState state;
        Amounts room;
    };
    Copy& copy(PoolId id, const PoolState& state);
    /// Marks a pool whose residents are others than in the standing state.
    void change(PoolId id);

    const Standing& standing_;
    Loads loads_;
    std::vector<std::uint32_t> copy_of_;  // by pool
    std::vector<Copy> copies_;
    std::vector<PoolState::Refusal> refused_;
    Own<Residents> residents_;  ///< where there are models; pools and copies are of no account then
    std::vector<PoolId> changed_;
};

}  // namespace gigafleet
