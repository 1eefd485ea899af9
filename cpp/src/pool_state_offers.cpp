// PoolState::find_offers: which slots have room, for who chooses them; and marks to go back to.
#include <algorithm>

#include "gigafleet/pool_state.hpp"

namespace gigafleet {

std::int64_t PoolState::OfferList::add(std::int64_t first, std::int64_t last, std::int64_t fit,
                                       std::int64_t most_slots) {
    if (fit == 0) return 0;
    std::int64_t added = 0;
    auto held = std::ranges::lower_bound(held_, first, {}, &Held::first);
    while (first < last && !is_done() && added < most_slots) {
        const bool has_held = held != held_.end() && held->first < last;
        const std::int64_t end = has_held ? held->first : last;
        if (first < end)
            added += keep(first, std::min(end - first, most_slots - added), std::min(fit, most_));
        if (!has_held || is_done() || added == most_slots) break;
        added += keep(held->first, 1, std::min(fit, most_ - held->second));
        first = held++->first + 1;
    }
    return added;
}

std::int64_t PoolState::OfferList::keep(std::int64_t first, std::int64_t slots, std::int64_t fit) {
    if (fit <= 0) return 0;
    if (slots > wanted_ / fit) slots = std::min(slots, (wanted_ - 1) / fit + 1);
    out_.push_back({first, slots, fit});
    wanted_ -= slots > wanted_ / fit ? wanted_ : slots * fit;
    return slots;
}

void PoolState::find_offers(const Context& context, const Amounts& demand,
                            std::span<const DeviceStates::Part> devices, std::int64_t from, std::int64_t most,
                            std::span<const Held> held, std::int64_t wanted, std::vector<Offer>& out) const {
    const Fleet& fleet = context.fleet;
    const Fleet::Pool& pool = fleet.pools()[id_.at()];
    OfferList offers(most, held, wanted, out);
    const bool together = devices.size() > 1 || (devices.size() == 1 && devices.front().second > 1);
    const auto on_devices = [&](DeviceStates::State state) {
        if (!devices_ || devices.empty()) return most;
        if (!together) return devices_->fit(state, devices.front().first, most);
        for (const auto& [asked, tasks] : devices) {
            if (devices_->fit(state, asked, tasks) < tasks) return std::int64_t{0};
            state = devices_->with(state, asked, tasks);
        }
        return std::int64_t{1};
    };
    const auto look = [&](std::int64_t first, std::int64_t last, const Amounts& residual,
                          DeviceStates::State state) {
        first = std::max(first, from);
        if (first >= last || offers.is_done()) return;
        if (!fleet.any_varied()) {
            if (const std::int64_t fit = fits(residual, demand, context.dimensions, most); fit > 0)
                offers.add(first, last, std::min(fit, on_devices(state)));
            return;
        }
        const std::int64_t limit = on_devices(state);
        std::int64_t entry = fleet.entry_of_slot(pool, first);
        for (std::int64_t slot = first; slot < last && limit > 0 && !offers.is_done(); ++entry) {
            const bool more = entry + 1 < pool.first_entry + pool.entries;
            const std::int64_t end = std::min(last, more ? fleet.slot_of_entry(pool, entry + 1) : pool.slots);
            Amounts exact = residual;
            for (const std::size_t d : context.varied) {
                const Quantity own = fleet.varied(d, entry);
                exact[d] = own == kUnlimited ? kUnlimited : own + residual[d];
            }
            offers.add(slot, end, fits(exact, demand, context.dimensions, limit));
            slot = end;
        }
    };
    for (const Run& run : runs_) look(run.first, run.first + run.slots, run.residual, run.devices);
    const Amounts& whole = fleet.kinds()[pool.kind.at()].capacity;
    look(unopened_.first, unopened_.last, whole, DeviceStates::kEmpty);
    for (const Interval& more : more_unopened_) look(more.first, more.last, whole, DeviceStates::kEmpty);
}

PoolState::Mark PoolState::mark() const {
    Mark mark;
    mark.runs = runs_;
    mark.unopened = unopened_;
    mark.more_unopened = more_unopened_;
    return mark;
}

void PoolState::rewind(Mark&& mark) {
    runs_ = std::move(mark.runs);
    unopened_ = mark.unopened;
    more_unopened_ = std::move(mark.more_unopened);
    scanned_for_ = {};
}

}  // namespace gigafleet
