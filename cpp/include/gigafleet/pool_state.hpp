// What is left in the slots of one pool, and how tasks of a shape are filled in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/device_states.hpp"
#include "gigafleet/fleet.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// `per_slot` tasks of one class in each of the slots [first, first + slots) of a pool.
struct Filling {
    PoolId pool;
    std::int64_t first, slots, per_slot;
};

/// One object or none, copied with its owner.
template <class T>
class Own {
public:
    Own() = default;
    Own(const Own& other) : object_(other.object_ ? std::make_unique<T>(*other.object_) : nullptr) {}
    Own(Own&&) noexcept = default;
    Own& operator=(Own other) noexcept {
        object_ = std::move(other.object_);
        return *this;
    }
    template <class... Of>
    void emplace(Of&&... of) {
        object_ = std::make_unique<T>(std::forward<Of>(of)...);
    }
    explicit operator bool() const { return object_ != nullptr; }
    T* operator->() const { return object_.get(); }

private:
    std::unique_ptr<T> object_;
};

/// Slots side by side of which the same was taken are one run, so a pool of a million alike nodes is a
/// handful of runs, and one of nodes that differ has few where tasks are alike; slots that nobody has touched
/// are intervals with nothing stored. Nodes that leave sooner are opened before nodes that stay longer.
/// Residuals only shrink.
class PoolState {
public:
    /// Resource dimensions and lower bounds over all shapes, shared by all pools of a problem.
    struct Context {
        const Problem& problem;
        const Fleet& fleet;
        std::size_t dimensions;
        Amounts least;  ///< smallest demand of any shape: a slot with less of anything is closed
        std::vector<std::size_t> varied;  ///< dimensions in which nodes differ one by one

        explicit Context(const Problem& problem);
    };

    PoolState(const Context& context, PoolId id);

    /// Puts up to `wanted` tasks of `shape` into the pool and appends where to `out`. Returns how many; fewer
    /// than `wanted` only where no slot of the pool could hold one more. First fit over the opened slots,
    /// then new ones. `from`: only slots from this one on (the others leave too early); the same for a
    /// shape every time.
    std::int64_t fill(const Context& context, ShapeId id, const Amounts& demand, std::int64_t from,
                      std::int64_t wanted, std::vector<Filling>& out);

    /// Puts `amounts` into each of up to `wanted` untouched slots, from slot `from` on, and appends which to
    /// `out`. Returns how many. For pools whose slots are alike. `devices`: what of it is asked of devices.
    std::int64_t open_each(const Context& context, const Amounts& amounts,
                           std::span<const DeviceStates::Part> devices, std::int64_t from,
                           std::int64_t wanted, std::vector<Filling>& out);

    /// `per_slot` tasks of a shape that want a place in each of the slots [first, first + slots).
    struct Wish {
        std::int64_t first, slots, per_slot;
        const Problem::Shape* shape;
        std::size_t number;
    };
    /// Of each of these slots, how many tasks of a wish found no room.
    struct Refusal {
        std::size_t number;
        std::int64_t first, slots, per_slot;
    };
    /// Puts tasks into the very slots they want, as far as there is room; where a slot cannot hold all, lower
    /// numbers come first. `wishes` by first slot. Appends what is refused. Time the nodes stay is the
    /// caller's to check. O(runs · log + wishes · those on one slot), and where nodes differ, slots.
    void seat(const Context& context, std::span<const Wish> wishes, std::vector<Refusal>& refused);

    /// Slots side by side with room for `fit` tasks more in each.
    struct Offer {
        std::int64_t first, slots, fit;
    };
    /// A slot, and how many tasks there count against the most it may take.
    using Held = std::pair<std::int64_t, std::int64_t>;
    class OfferList;
    /// Appends slots from `from` on with room for what asks `demand`, and on devices `devices`, which if more
    /// than one go in together: opened slots first, up to `most` in each less what is `held` (by slot), until
    /// they have room for `wanted`. O(runs + held), and where nodes differ, slots.
    void find_offers(const Context& context, const Amounts& demand,
                     std::span<const DeviceStates::Part> devices, std::int64_t from, std::int64_t most,
                     std::span<const Held> held, std::int64_t wanted, std::vector<Offer>& out) const;

    /// What a pool is like, to go back to.
    class Mark;
    Mark mark() const;
    void rewind(Mark&& mark);

    /// Slots that hold nothing yet.
    std::int64_t untouched() const;

    /// Whether a slot from `from` on has room for one task of `demand`, of a shape of the problem.
    /// O(runs), and where nodes differ, slots.
    bool has_room(const Context& context, const Problem::Shape& shape, std::int64_t from) const;

    /// False where no shape of the problem could use any slot.
    bool is_open() const { return !runs_.empty() || has_unopened(); }

    /// Per dimension the most that one slot has left, or more where the pool's slots are many. O(runs),
    /// bounded.
    Amounts room(const Context& context) const;

private:
    struct Run {
        std::int64_t first, slots;
        Amounts residual;  ///< in a varied dimension what was taken, as -amount: see EachSlot
        DeviceStates::State devices = DeviceStates::kEmpty;
    };
    struct Interval {
        std::int64_t first = 0, last = 0;
    };
    /// Side by side and alike (see Run), before anything is put in.
    struct Slots {
        std::int64_t first, count;
        const Amounts& residual;
        DeviceStates::State devices = DeviceStates::kEmpty;
    };
    struct Request {
        const Context& context;
        const Amounts& demand;
        std::int64_t from, wanted;
        std::vector<Filling>& out;
        std::int64_t most_a_slot = INT64_MAX;
        std::span<const DeviceStates::Part> devices =
            {};  ///< what a task asks of devices; for devices_ alone
        std::size_t first_out = out.size();
    };
    class EachSlot;
    class Seater;

    /// How many tasks of `demand` the residual holds, at most `limit`.
    static std::int64_t fits(const Amounts& residual, const Amounts& demand, std::size_t dimensions,
                             std::int64_t limit) {
        for (std::size_t d = 0; d < dimensions; ++d) {
            if (demand[d] == 0 || residual[d] == kUnlimited) continue;
            if (residual[d] < demand[d]) return 0;
            limit = std::min(limit, residual[d] / demand[d]);
        }
        return limit;
    }
    /// Whether `tasks` of `demand` leave less than `least` of some dimension: no task fits any more.
    static bool exhausts(const Amounts& residual, const Amounts& demand, std::int64_t tasks,
                         const Amounts& least, std::size_t dimensions) {
        for (std::size_t d = 0; d < dimensions; ++d)
            if (residual[d] != kUnlimited && residual[d] - demand[d] * tasks < least[d]) return true;
        return false;
    }
    /// Of `limit` tasks of a request, how many the devices of a slot hold.
    std::int64_t fit_devices(const Request& request, DeviceStates::State state, std::int64_t limit) {
        if (!devices_) [[likely]]
            return limit;
        if (request.devices.size() != 1 || limit == 0)
            return limit;  // several: the caller knows that they fit
        return devices_->fit(state, request.devices.front().first, limit);
    }
    DeviceStates::State add_devices(const Request& request, DeviceStates::State state, std::int64_t tasks) {
        if (!devices_) [[likely]]
            return state;
        for (const auto& [demand, n] : request.devices) state = devices_->with(state, demand, n * tasks);
        return state;
    }
    bool has_unopened() const { return unopened_.first < unopened_.last; }
    Interval& unopened(std::size_t i) { return i == 0 ? unopened_ : more_unopened_[i - 1]; }
    void forget_unopened(std::size_t i);
    std::int64_t first_fit(const Request& request, const Run& run);
    void take_opened(Request& request);
    void take_unopened(Request& request);
    std::int64_t open(Request& request, std::int64_t first, std::int64_t last);
    void write_down(Request& request, std::int64_t first, std::int64_t slots, std::int64_t per_slot) const;
    std::int64_t take_each(Request& request, const Slots& slots, std::size_t at);
    std::int64_t take(Request& request, const Slots& slots, std::int64_t fit, std::size_t at);
    void keep(const Request& request, const Slots& slots, std::int64_t first, std::int64_t count,
              std::int64_t tasks, std::size_t at);

    PoolId id_;
    Own<DeviceStates> devices_;  ///< none where no task could use any
    ShapeId scanned_for_;        ///< shape that the runs before scan_ are known to have no room for
    std::size_t scan_ = 0;
    std::vector<Run> runs_;
    /// Untouched slots: an interval, empty where there are none, and where shapes that need a longer stay
    /// left gaps, those above it. Apart, since most pools never have more than one.
    Interval unopened_;
    std::vector<Interval> more_unopened_;
};

/// See PoolState::find_offers: offers until there is room for `wanted`.
class PoolState::OfferList {
public:
    OfferList(std::int64_t most, std::span<const Held> held, std::int64_t wanted, std::vector<Offer>& out)
        : most_(most), held_(held), wanted_(wanted), out_(out) {}

    bool is_done() const { return wanted_ <= 0; }
    /// Room for `fit` in each of the slots [first, last), cut at those that hold some, and at most so many
    /// slots. Returns how many were added.
    std::int64_t add(std::int64_t first, std::int64_t last, std::int64_t fit,
                     std::int64_t most_slots = INT64_MAX);

private:
    std::int64_t keep(std::int64_t first, std::int64_t slots, std::int64_t fit);

    std::int64_t most_;
    std::span<const Held> held_;
    std::int64_t wanted_;
    std::vector<Offer>& out_;
};

class PoolState::Mark {
    friend class PoolState;
    std::vector<Run> runs;
    Interval unopened;
    std::vector<Interval> more_unopened;
};

}  // namespace gigafleet
