// PoolState::seat: tasks into the very slots they want.
#include <algorithm>

#include "gigafleet/pool_state.hpp"

namespace gigafleet {

/// One sweep over the slots of a pool, stretch by stretch; what they become is written anew.
class PoolState::Seater {
public:
    Seater(const Context& context, PoolState& pool, std::span<const Wish> wishes,
           std::vector<Refusal>& refused)
        : context_(context),
          pool_(pool),
          data_(context.fleet.pools()[pool.id_.at()]),
          wishes_(wishes),
          refused_(refused) {}

    void run() {
        std::int64_t slot = 0;
        for (const Stretch& stretch : stretches()) {
            sweep({{slot, stretch.run.first - slot, {}}, Kind::kClosed});
            sweep(stretch);
            slot = stretch.run.first + stretch.run.slots;
        }
        sweep({{slot, data_.slots - slot, {}}, Kind::kClosed});
        pool_.runs_ = std::move(runs_);
        pool_.unopened_ = unopened_.empty() ? Interval{} : unopened_.front();
        pool_.more_unopened_.assign(unopened_.begin() + !unopened_.empty(), unopened_.end());
        pool_.scanned_for_ = {};
    }

private:
    enum class Kind : std::uint8_t { kOpened, kUnopened, kClosed };
    struct Stretch {
        Run run;
        Kind kind;
    };

    std::vector<Stretch> stretches() const {
        std::vector<Stretch> all;
        for (const Run& run : pool_.runs_) all.push_back({run, Kind::kOpened});
        const Amounts& capacity = context_.fleet.kinds()[data_.kind.at()].capacity;
        for (std::size_t i = 0; pool_.has_unopened() && i <= pool_.more_unopened_.size(); ++i) {
            const auto [first, last] = pool_.unopened(i);
            all.push_back({{first, last - first, capacity}, Kind::kUnopened});
        }
        std::ranges::sort(all, {}, [](const Stretch& s) { return s.run.first; });
        return all;
    }

    void sweep(const Stretch& stretch) {
        const std::int64_t end = stretch.run.first + stretch.run.slots;
        for (std::int64_t slot = stretch.run.first; slot < end;) {
            std::erase_if(active_, [&](const Wish* wish) { return wish->first + wish->slots <= slot; });
            for (; next_ < wishes_.size() && wishes_[next_].first <= slot; ++next_)
                active_.insert(std::ranges::lower_bound(active_, wishes_[next_].number, {}, &Wish::number),
                               &wishes_[next_]);
            std::int64_t last = end;
            if (next_ < wishes_.size()) last = std::min(last, wishes_[next_].first);
            for (const Wish* wish : active_) last = std::min(last, wish->first + wish->slots);
            if (active_.empty())
                leave(stretch, slot, last);
            else if (stretch.kind == Kind::kClosed)
                for (const Wish* wish : active_) refuse(*wish, slot, last, wish->per_slot);
            else
                last = fill(stretch.run.residual, stretch.run.devices, slot, last);
            slot = last;
        }
    }

    /// Nobody wants these slots.
    void leave(const Stretch& stretch, std::int64_t first, std::int64_t last) {
        if (stretch.kind == Kind::kClosed) return;
        // Intervals are few: what lies between slots that are taken becomes a run that nothing was taken of.
        if (stretch.kind == Kind::kUnopened && last == stretch.run.first + stretch.run.slots)
            unopened_.push_back({first, last});
        else
            keep(first, last, stretch.run.residual, stretch.run.devices);
    }

    /// Fills slots from `first` on that are alike, up to `last` at most; returns the slot after.
    std::int64_t fill(Amounts residual, DeviceStates::State devices, std::int64_t first, std::int64_t last) {
        Amounts exact = residual;
        if (context_.fleet.any_varied()) {
            const std::int64_t entry = context_.fleet.entry_of_slot(data_, first);
            if (entry + 1 < data_.first_entry + data_.entries)
                last = std::min(last, context_.fleet.slot_of_entry(data_, entry + 1));
            const Amounts own = context_.fleet.capacity(data_, entry);
            for (const std::size_t d : context_.varied)
                exact[d] = own[d] == kUnlimited ? kUnlimited : own[d] + residual[d];
        }
        for (const Wish* wish : active_) {
            const Amounts& demand = wish->shape->demand;
            std::int64_t tasks = fits(exact, demand, context_.dimensions, wish->per_slot);
            if (pool_.devices_) {
                tasks = pool_.devices_->fit(devices, wish->shape->device_demand, tasks);
                devices = pool_.devices_->with(devices, wish->shape->device_demand, tasks);
            }
            for (std::size_t d = 0; d < context_.dimensions; ++d) {
                const Quantity taken = demand[d] * tasks;
                if (exact[d] != kUnlimited) exact[d] -= taken;
                if (residual[d] != kUnlimited) residual[d] -= taken;
            }
            if (tasks < wish->per_slot) refuse(*wish, first, last, wish->per_slot - tasks);
        }
        if (!exhausts(exact, {}, 0, context_.least, context_.dimensions))
            keep(first, last, residual, devices);
        return last;
    }

    void keep(std::int64_t first, std::int64_t last, const Amounts& residual, DeviceStates::State devices) {
        if (!runs_.empty()) {
            Run& before = runs_.back();
            if (before.first + before.slots == first && before.residual == residual &&
                before.devices == devices) {
                before.slots += last - first;
                return;
            }
        }
        runs_.push_back({first, last - first, residual, devices});
    }

    void refuse(const Wish& wish, std::int64_t first, std::int64_t last, std::int64_t tasks) {
        refused_.push_back({wish.number, first, last - first, tasks});
    }

    const Context& context_;
    PoolState& pool_;
    const Fleet::Pool& data_;
    std::span<const Wish> wishes_;
    std::vector<Refusal>& refused_;
    std::size_t next_ = 0;
    std::vector<const Wish*> active_;  ///< that want the slots at hand, by number
    std::vector<Run> runs_;
    std::vector<Interval> unopened_;
};

void PoolState::seat(const Context& context, std::span<const Wish> wishes, std::vector<Refusal>& refused) {
    Seater(context, *this, wishes, refused).run();
}

}  // namespace gigafleet
