#include "gigafleet/pool_state.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

/// How many tasks of `demand` the residual holds, at most `limit`.
std::int64_t fits(const Amounts& residual, const Amounts& demand, std::size_t dimensions,
                  std::int64_t limit) {
    for (std::size_t d = 0; d < dimensions; ++d) {
        if (demand[d] == 0 || residual[d] == kUnlimited) continue;
        if (residual[d] < demand[d]) return 0;
        limit = std::min(limit, residual[d] / demand[d]);
    }
    return limit;
}

/// Whether `tasks` of `demand` leave less than `least` of some dimension: no task fits any more.
bool exhausts(const Amounts& residual, const Amounts& demand, std::int64_t tasks, const Amounts& least,
              std::size_t dimensions) {
    for (std::size_t d = 0; d < dimensions; ++d)
        if (residual[d] != kUnlimited && residual[d] - demand[d] * tasks < least[d]) return true;
    return false;
}

constexpr std::size_t kAppend = SIZE_MAX;

}  // namespace

PoolState::Context::Context(const Problem& problem)
    : fleet(problem.fleet()), dimensions(fleet.schema().dimensions()) {
    least.fill(kUnlimited);
    for (const Problem::Shape& shape : problem.shapes())
        for (std::size_t d = 0; d < dimensions; ++d) least[d] = std::min(least[d], shape.demand[d]);
}

PoolState::PoolState(const Context& context, PoolId id)
    : id_(id), unopened_{0, context.fleet.pools()[id.at()].slots} {}

std::int64_t PoolState::fill(const Context& context, ShapeId id, const Amounts& demand, std::int64_t from,
                             std::int64_t wanted, std::vector<Filling>& out) {
    if (scanned_for_ != id) {
        scanned_for_ = id;
        scan_ = 0;
    }
    Request request{context, demand, from, wanted, out};
    take_opened(request);
    take_unopened(request);
    return wanted - request.wanted;
}

std::int64_t PoolState::open_each(const Context& context, const Amounts& amounts, std::int64_t from,
                                  std::int64_t wanted, std::vector<Filling>& out) {
    Request request{context, amounts, from, wanted, out, 1};
    take_unopened(request);
    return wanted - request.wanted;
}

std::int64_t PoolState::untouched() const {
    std::int64_t slots = unopened_.last - unopened_.first;
    for (const Interval& more : more_unopened_) slots += more.last - more.first;
    return slots;
}

/// Stores slots with `tasks` of the request's in each as a run in place `at` (or at the end) unless no shape
/// of the problem could use it. A dropped run in place gives way to the last one.
void PoolState::keep(const Request& request, const Slots& slots, std::int64_t tasks, std::size_t at) {
    const Context& context = request.context;
    const std::size_t dimensions = context.dimensions;
    if (slots.count == 0 || exhausts(slots.residual, request.demand, tasks, context.least, dimensions)) {
        if (at == kAppend) return;
        runs_[at] = runs_.back();
        runs_.pop_back();
        return;
    }
    Run run{slots.first, slots.count, slots.residual};
    for (std::size_t d = 0; d < dimensions; ++d)
        if (run.residual[d] != kUnlimited) run.residual[d] -= request.demand[d] * tasks;
    if (at == kAppend)
        runs_.push_back(run);
    else
        runs_[at] = run;
}

/// Puts `fit` tasks into each of the slots until the request is met, and stores what they become: the slot
/// filled in part stands `at` its place, to be used first by the next task; the ones untouched stay a run
/// where they were one. Returns the slots touched.
std::int64_t PoolState::take(Request& request, const Slots& slots, std::int64_t fit, std::size_t at) {
    const std::int64_t full = std::min(slots.count, request.wanted / fit);
    const std::int64_t rest = full < slots.count ? request.wanted - full * fit : 0;
    const std::int64_t touched = full + (rest > 0);
    if (full > 0) request.out.push_back({id_, slots.first, full, fit});
    if (rest > 0) request.out.push_back({id_, slots.first + full, 1, rest});
    request.wanted -= full * fit + rest;

    const Slots filled{slots.first, full, slots.residual};
    const Slots partial{slots.first + full, rest > 0, slots.residual};
    const Slots untouched{slots.first + touched, at == kAppend ? 0 : slots.count - touched, slots.residual};
    // What stands in place comes last, for the others are appended.
    if (rest == 0 && untouched.count == 0) {
        keep(request, filled, fit, at);
    } else {
        if (full > 0) keep(request, filled, fit, kAppend);
        if (rest > 0 && untouched.count > 0) keep(request, untouched, 0, kAppend);
        keep(request, rest > 0 ? partial : untouched, rest, at);
    }
    return touched;
}

void PoolState::take_opened(Request& request) {
    while (request.wanted > 0 && scan_ < runs_.size()) {
        const Run run = runs_[scan_];
        const std::int64_t fit =
            run.first + run.slots <= request.from
                ? 0
                : fits(run.residual, request.demand, request.context.dimensions, request.wanted);
        if (fit == 0) {
            ++scan_;
        } else if (run.first < request.from) {
            runs_[scan_].slots = request.from - run.first;
            runs_.push_back({request.from, run.first + run.slots - request.from, run.residual});
            ++scan_;
        } else {
            take(request, {run.first, run.slots, run.residual}, fit, scan_);
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

/// Opens slots of the untouched [first, last), in order, until the request is met; returns how many. Slots
/// that differ and have no room for the shape are opened on the way, for later shapes; slots alike stay
/// closed then.
std::int64_t PoolState::open(Request& request, std::int64_t first, std::int64_t last) {
    const Fleet& fleet = request.context.fleet;
    const Fleet::Pool& pool = fleet.pools()[id_.at()];
    const std::size_t dimensions = request.context.dimensions;
    if (!fleet.any_varied()) {
        const Amounts& capacity = fleet.kinds()[pool.kind.at()].capacity;
        const std::int64_t fit =
            fits(capacity, request.demand, dimensions, std::min(request.wanted, request.most_a_slot));
        return fit == 0 ? 0 : take(request, {first, last - first, capacity}, fit, kAppend);
    }
    std::int64_t slot = first;
    for (std::int64_t entry = fleet.entry_of_slot(pool, slot); slot < last && request.wanted > 0; ++entry) {
        const std::int64_t end = entry + 1 < pool.first_entry + pool.entries
                                     ? std::min(last, fleet.slot_of_entry(pool, entry + 1))
                                     : last;
        const Amounts capacity = fleet.capacity(pool, entry);
        const Slots slots{slot, end - slot, capacity};
        const std::int64_t fit = fits(capacity, request.demand, dimensions, request.wanted);
        if (fit == 0) {
            keep(request, slots, 0, kAppend);
            slot = end;
        } else {
            slot += take(request, slots, fit, kAppend);
        }
    }
    return slot - first;
}

Amounts PoolState::room(const Context& context) const {
    constexpr std::size_t kManyRuns = 64;
    if (has_unopened() || runs_.size() > kManyRuns) return context.fleet.pools()[id_.at()].capacity_max;
    Amounts most{};
    for (const Run& run : runs_)
        for (std::size_t d = 0; d < context.dimensions; ++d) most[d] = std::max(most[d], run.residual[d]);
    return most;
}

}  // namespace gigafleet
