#include "gigafleet/pool_state.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

/// The slot after the last one of an entry.
std::int64_t end_of(const Fleet& fleet, const Fleet::Pool& pool, std::int64_t entry) {
    return entry + 1 < pool.first_entry + pool.entries ? fleet.slot_of_entry(pool, entry + 1) : pool.slots;
}

constexpr std::size_t kAppend = SIZE_MAX;

}  // namespace

PoolState::Context::Context(const Problem& own)
    : problem(own), fleet(own.fleet()), dimensions(fleet.schema().dimensions()) {
    least.fill(kUnlimited);
    for (const Problem::Shape& shape : own.shapes())
        for (std::size_t d = 0; d < dimensions; ++d) least[d] = std::min(least[d], shape.demand[d]);
    for (std::size_t d = 0; d < dimensions; ++d)
        if (fleet.is_varied(d)) varied.push_back(d);
}

PoolState::PoolState(const Context& context, PoolId id)
    : id_(id), unopened_{0, context.fleet.pools()[id.at()].slots} {
    const KindId kind = context.fleet.pools()[id.at()].kind;
    if (context.problem.device_demands().size() > 1 && context.fleet.kinds()[kind.at()].devices > 0)
        devices_.emplace(context.problem, kind);
}

std::int64_t PoolState::fill(const Context& context, ShapeId id, const Amounts& demand, std::int64_t from,
                             std::int64_t wanted, std::vector<Filling>& out) {
    if (scanned_for_ != id) {
        scanned_for_ = id;
        scan_ = 0;
    }
    Request request{context, demand, from, wanted, out};
    DeviceStates::Part of_devices;
    if (devices_) [[unlikely]] {
        of_devices = {context.problem.shape(id).device_demand, 1};
        if (of_devices.first != 0) request.devices = {&of_devices, 1};
    }
    take_opened(request);
    take_unopened(request);
    return wanted - request.wanted;
}

std::int64_t PoolState::open_each(const Context& context, const Amounts& amounts,
                                  std::span<const DeviceStates::Part> devices, std::int64_t from,
                                  std::int64_t wanted, std::vector<Filling>& out) {
    Request request{context, amounts, from, wanted, out, 1, devices};
    take_unopened(request);
    return wanted - request.wanted;
}

std::int64_t PoolState::untouched() const {
    std::int64_t slots = unopened_.last - unopened_.first;
    for (const Interval& more : more_unopened_) slots += more.last - more.first;
    return slots;
}

/// Slots of which the same was taken, where nodes differ: what one has left is what its node has in the
/// varied dimensions, less what was taken, and in the others what all of them have left.
class PoolState::EachSlot {
public:
    EachSlot(const Context& context, const Amounts& demand, const Amounts& common)
        : context_(context), demand_(demand), common_(common) {
        for (std::size_t d = 0; d < context.dimensions; ++d) {
            if (demand[d] == 0 || context.fleet.is_varied(d) || common[d] == kUnlimited) continue;
            common_fit_ = std::min(common_fit_, common[d] / demand[d]);
        }
    }

    /// How many tasks fit at most, by what all slots have in common.
    std::int64_t common_fit() const { return common_fit_; }
    /// How many tasks the slot of an entry holds, at most `limit`.
    std::int64_t fit(std::int64_t entry, std::int64_t limit) const {
        limit = std::min(limit, common_fit_);
        for (const std::size_t d : context_.varied) {
            if (demand_[d] == 0) continue;
            const Quantity amount = left(d, entry);
            if (amount < demand_[d]) return 0;
            if (amount != kUnlimited) limit = std::min(limit, amount / demand_[d]);
        }
        return limit;
    }
    /// Whether no task fits any more into the slot of an entry with `tasks` put in.
    bool is_exhausted(std::int64_t entry, std::int64_t tasks) {
        if (tasks != tasks_) {
            tasks_ = tasks;
            exhausted_ = false;
            for (std::size_t d = 0; d < context_.dimensions; ++d)
                exhausted_ |= !context_.fleet.is_varied(d) && is_short(d, common_[d]);
        }
        return exhausted_ ||
               std::ranges::any_of(context_.varied, [&](auto d) { return is_short(d, left(d, entry)); });
    }
    Quantity left(std::size_t d, std::int64_t entry) const {
        const Quantity own = context_.fleet.varied(d, entry);
        return own == kUnlimited ? kUnlimited : own + common_[d];
    }

private:
    bool is_short(std::size_t d, Quantity amount) const {
        return amount != kUnlimited && amount - demand_[d] * tasks_ < context_.least[d];
    }

    const Context& context_;
    const Amounts& demand_;
    const Amounts& common_;
    std::int64_t common_fit_ = INT64_MAX;
    std::int64_t tasks_ = -1;  ///< that exhausted_ is of
    bool exhausted_ = false;   ///< of something that all slots have in common
};

/// Joins what follows on what the request wrote last.
void PoolState::write_down(Request& request, std::int64_t first, std::int64_t slots,
                           std::int64_t per_slot) const {
    if (request.out.size() > request.first_out) {
        Filling& last = request.out.back();
        if (last.per_slot == per_slot && last.first + last.slots == first) {
            last.slots += slots;
            return;
        }
    }
    request.out.push_back({id_, first, slots, per_slot});
}

/// Stores `count` of the slots, from `first` on, with `tasks` of the request's in each as a run in place `at`
/// (or at the end). Of none a run in place gives way to the last one.
void PoolState::keep(const Request& request, const Slots& slots, std::int64_t first, std::int64_t count,
                     std::int64_t tasks, std::size_t at) {
    if (count == 0) {
        if (at == kAppend) return;
        runs_[at] = runs_.back();
        runs_.pop_back();
        return;
    }
    Run run{first, count, slots.residual, add_devices(request, slots.devices, tasks)};
    for (std::size_t d = 0; d < request.context.dimensions; ++d)
        if (run.residual[d] != kUnlimited) run.residual[d] -= request.demand[d] * tasks;
    if (at == kAppend)
        runs_.push_back(run);
    else
        runs_[at] = run;
}

/// Puts `fit` tasks into each of the slots, which are alike, until the request is met, and stores what they
/// become: the slot filled in part stands `at` its place, to be used first by the next task; the ones
/// untouched stay a run where they were one. Returns the slots touched.
std::int64_t PoolState::take(Request& request, const Slots& slots, std::int64_t fit, std::size_t at) {
    const std::int64_t full = std::min(slots.count, request.wanted / fit);
    const std::int64_t rest = full < slots.count ? request.wanted - full * fit : 0;
    const std::int64_t touched = full + (rest > 0);
    if (full > 0) write_down(request, slots.first, full, fit);
    if (rest > 0) write_down(request, slots.first + full, 1, rest);
    request.wanted -= full * fit + rest;

    const Context& context = request.context;
    const auto keep_usable = [&](std::int64_t first, std::int64_t count, std::int64_t tasks, std::size_t to) {
        const bool none = exhausts(slots.residual, request.demand, tasks, context.least, context.dimensions);
        keep(request, slots, first, none ? 0 : count, tasks, to);
    };
    const std::int64_t untouched = at == kAppend ? 0 : slots.count - touched;
    // What stands in place comes last, for the others are appended.
    if (rest == 0 && untouched == 0) {
        keep_usable(slots.first, full, fit, at);
    } else {
        if (full > 0) keep_usable(slots.first, full, fit, kAppend);
        if (rest > 0) {
            keep(request, slots, slots.first + touched, untouched, 0, kAppend);
            keep_usable(slots.first + full, 1, rest, at);
        } else {
            keep(request, slots, slots.first + touched, untouched, 0, at);
        }
    }
    return touched;
}

/// The same, slot by slot, where nodes differ: as many tasks into each as fit. Slots without room are touched
/// on the way, for later shapes. What was touched last stands `at` its place.
std::int64_t PoolState::take_each(Request& request, const Slots& slots, std::size_t at) {
    const Fleet& fleet = request.context.fleet;
    const Fleet::Pool& pool = fleet.pools()[id_.at()];
    EachSlot each(request.context, request.demand, slots.residual);
    const std::int64_t last = slots.first + slots.count;
    std::int64_t slot = slots.first, tasks = 0;
    const std::int64_t on_devices = fit_devices(request, slots.devices, request.wanted);  // alike for all
    std::int64_t same = 0;  // the last slots, from `first_same` on, with `tasks` put into each
    std::int64_t first_same = slot;
    for (std::int64_t entry = fleet.entry_of_slot(pool, slot); slot < last && request.wanted > 0;) {
        const std::int64_t end = std::min(last, end_of(fleet, pool, entry));
        const std::int64_t fit = each.fit(entry, std::min(request.wanted, on_devices));
        const std::int64_t count = fit == 0 ? end - slot : std::min(end - slot, request.wanted / fit);
        if (fit > 0) write_down(request, slot, count, fit);
        request.wanted -= fit * count;
        const bool usable = !each.is_exhausted(entry, fit);
        if (!usable || fit != tasks) {
            keep(request, slots, first_same, same, tasks, kAppend);
            same = 0;
        }
        if (same == 0) first_same = slot;
        if (usable) same += count;
        tasks = fit;
        slot += count;
        if (slot == end) ++entry;
    }
    const std::int64_t untouched = at == kAppend ? 0 : last - slot;
    if (same > 0) {
        keep(request, slots, slot, untouched, 0, kAppend);
        keep(request, slots, first_same, same, tasks, at);
    } else {
        keep(request, slots, slot, untouched, 0, at);
    }
    return slot - slots.first;
}

/// How many tasks the first slot of a run with any room holds, at most `request.wanted`.
std::int64_t PoolState::first_fit(const Request& request, const Run& run) {
    const Context& context = request.context;
    const std::int64_t last = run.first + run.slots, first = std::max(run.first, request.from);
    if (first >= last) return 0;
    if (!context.fleet.any_varied())
        return fit_devices(request, run.devices,
                           fits(run.residual, request.demand, context.dimensions, request.wanted));
    if (fit_devices(request, run.devices, 1) == 0) return 0;
    const EachSlot each(context, request.demand, run.residual);
    if (each.common_fit() == 0) return 0;
    const Fleet::Pool& pool = context.fleet.pools()[id_.at()];
    std::int64_t fit = 0;
    std::int64_t entry = context.fleet.entry_of_slot(pool, first);
    for (std::int64_t end = first; fit == 0 && end < last; ++entry) {
        end = end_of(context.fleet, pool, entry);
        fit = each.fit(entry, request.wanted);
    }
    return fit;
}

void PoolState::take_opened(Request& request) {
    while (request.wanted > 0 && scan_ < runs_.size()) {
        const Run run = runs_[scan_];
        const Slots slots{run.first, run.slots, run.residual, run.devices};
        const std::int64_t fit = first_fit(request, run);
        if (fit == 0) {
            ++scan_;
        } else if (run.first < request.from) {
            runs_[scan_].slots = request.from - run.first;
            runs_.push_back({request.from, run.first + run.slots - request.from, run.residual, run.devices});
            ++scan_;
        } else if (request.context.fleet.any_varied()) {
            take_each(request, slots, scan_);
        } else {
            take(request, slots, fit, scan_);
        }
    }
}

void PoolState::forget_unopened(std::size_t i) {
    if (i == 0 && more_unopened_.empty()) {
        unopened_ = {};
        return;
    }
    if (i == 0) unopened_ = more_unopened_.front();
    const std::size_t gone = i == 0 ? 0 : i - 1;
    more_unopened_.erase(more_unopened_.begin() + static_cast<std::ptrdiff_t>(gone));
}

void PoolState::take_unopened(Request& request) {
    std::size_t i = 0;
    while (request.wanted > 0 && has_unopened() && i <= more_unopened_.size()) {
        const Interval interval = unopened(i);
        const std::int64_t first = std::max(interval.first, request.from);
        const std::int64_t opened = first < interval.last ? open(request, first, interval.last) : 0;
        if (opened == 0) {
            ++i;
            continue;
        }
        const bool left = interval.first < first, right = first + opened < interval.last;
        if (left && right) {
            unopened(i).last = first;
            more_unopened_.insert(more_unopened_.begin() + static_cast<std::ptrdiff_t>(i),
                                  {first + opened, interval.last});
        } else if (left) {
            unopened(i).last = first;
        } else if (right) {
            unopened(i).first = first + opened;
        } else {
            forget_unopened(i);
            continue;
        }
        ++i;
    }
}

/// Opens slots of the untouched [first, last), in order, until the request is met; returns how many: none
/// where the kind has no room for the shape.
std::int64_t PoolState::open(Request& request, std::int64_t first, std::int64_t last) {
    const Context& context = request.context;
    const Fleet::Pool& pool = context.fleet.pools()[id_.at()];
    const Slots slots{first, last - first, context.fleet.kinds()[pool.kind.at()].capacity};
    if (context.fleet.any_varied()) {
        const bool none = EachSlot(context, request.demand, slots.residual).common_fit() == 0 ||
                          fit_devices(request, DeviceStates::kEmpty, 1) == 0;
        return none ? 0 : take_each(request, slots, kAppend);
    }
    const std::int64_t fit = fit_devices(request, DeviceStates::kEmpty,
                                         fits(slots.residual, request.demand, context.dimensions,
                                              std::min(request.wanted, request.most_a_slot)));
    return fit == 0 ? 0 : take(request, slots, fit, kAppend);
}

bool PoolState::has_room(const Context& context, const Problem::Shape& shape, std::int64_t from) const {
    const Amounts& demand = shape.demand;
    const Fleet::Pool& pool = context.fleet.pools()[id_.at()];
    const auto any = [&](std::int64_t first, std::int64_t last, const Amounts& residual,
                         DeviceStates::State devices = DeviceStates::kEmpty) {
        first = std::max(first, from);
        if (first >= last) return false;
        if (devices_ && devices_->fit(devices, shape.device_demand, 1) == 0) return false;
        if (!context.fleet.any_varied()) return fits(residual, demand, context.dimensions, 1) > 0;
        const EachSlot each(context, demand, residual);
        if (each.common_fit() == 0) return false;
        std::int64_t entry = context.fleet.entry_of_slot(pool, first);
        for (std::int64_t end = first; end < last; ++entry) {
            end = end_of(context.fleet, pool, entry);
            if (each.fit(entry, 1) > 0) return true;
        }
        return false;
    };
    const Amounts& whole = context.fleet.kinds()[pool.kind.at()].capacity;
    const auto fresh = [&](const Interval& slots) { return any(slots.first, slots.last, whole); };
    return std::ranges::any_of(runs_,
                               [&](const Run& run) {
                                   return any(run.first, run.first + run.slots, run.residual, run.devices);
                               }) ||
           fresh(unopened_) || std::ranges::any_of(more_unopened_, fresh);
}

Amounts PoolState::room(const Context& context) const {
    constexpr std::int64_t kMany = 64;
    const Fleet::Pool& pool = context.fleet.pools()[id_.at()];
    std::int64_t steps = 0;
    for (const Run& run : runs_) steps += context.varied.empty() ? 1 : run.slots;
    if (has_unopened() || steps > kMany) return pool.capacity_max;
    Amounts most{};
    for (const Run& run : runs_) {
        for (std::size_t d = 0; d < context.dimensions; ++d)
            if (!context.fleet.is_varied(d)) most[d] = std::max(most[d], run.residual[d]);
        const EachSlot each(context, most, run.residual);
        for (const std::size_t d : context.varied)
            for (std::int64_t slot = run.first; slot < run.first + run.slots; ++slot)
                most[d] = std::max(most[d], each.left(d, context.fleet.entry_of_slot(pool, slot)));
    }
    return most;
}

}  // namespace gigafleet
