#include "gigafleet/inquiry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gigafleet/residents.hpp"

namespace gigafleet {

void Inquiry::look_at(PoolId id) {
    const Fleet::Pool& pool = fleet_.pools()[id.at()];
    if (pool.slots == 0) return;
    unsigned fails = 0;
    const Fleet::Kind& kind = fleet_.kinds()[pool.kind.at()];
    if (!problem_.labels_pass(shape_, pool)) fails |= kLabels;
    way_.go_to(pool.site);
    if (!way_.exists()) {
        fails |= kNoRoute;
    } else {
        rtt_ns_ = way_.rtt_ns() + kind.access_rtt_ns;
        if (rtt_ns_ > shape_.max_rtt_ns) fails |= kFar;
        if (!way_.full().empty()) fails |= kNarrow;
    }
    if (fails == kLabels) lack_ = labels_.lack(kind.labels, pool.site);
    const std::int64_t stays = first_slot_for(problem_, shape_, id);
    left_.leftovers.for_alike(id, [&](std::int64_t first, std::int64_t slots, const Amounts& capacity,
                                      Amounts left, std::uint32_t number) {
        const Leftovers::Guests& guests = left_.leftovers.guests(number);
        const DeviceRooms* devices = nullptr;
        if (shape_.device_demand != 0) devices = &left_.devices.rooms(pool.kind, number, guests.on_devices);
        const auto look = [&](std::int64_t begin, std::int64_t end, ModelSet held) {
            const auto lack = left_.models.lack(shape_, {pool.site, capacity, held, guests.models});
            Amounts room = left;
            if (memory_ != SIZE_MAX && room[memory_] != kUnlimited) room[memory_] -= lack.in_use;
            left_.bonds.for_alike(id, begin, end, [&](std::int64_t from, std::int64_t to, const auto& bond) {
                const std::int64_t cut = std::clamp(stays, from, to);
                // Of those that leave too early the last one stays longest.
                if (from < cut)
                    judge({{id, cut - 1}, cut - from, capacity, room, devices, lack, bond}, fails | kStay);
                if (cut < to) judge({{id, cut}, to - cut, capacity, room, devices, lack, bond}, fails);
            });
        };
        if (shape_.model == kNoModel) return look(first, first + slots, 0);
        for_alike_slots(problem_, id, first, first + slots, [&](const AlikeSlots& alike) {
            look(alike.first, alike.last, alike.held);
            return true;
        });
    });
}

Inquiry::Full Inquiry::full(const AlikeLeft& at) const {
    Full full;
    for_own_dimensions([&](std::size_t d) {
        if (at.left[d] < asked(at, d)) full.dimensions |= 1u << d;
        full.even_if_empty |= at.capacity[d] < shape_.demand[d];
    });
    full.devices = at.devices != nullptr && !at.devices->hold(on_devices_);
    full.even_if_empty |= full.devices && !problem_.devices_hold(shape_, pool(at.slot).kind);
    full.window = at.model.window;
    full.too_slow = at.model.too_slow;
    return full;
}

/// Slots that fail by what is known of their pool and of their time.
void Inquiry::judge(const AlikeLeft& at, unsigned fails) {
    const Full full = this->full(at);
    if (full.even_if_empty) fails |= kTooBig;
    if (at.model.shuts()) fails |= kNotLoaded;
    if (at.bond.outside) fails |= kOutside;
    if (at.bond.crowded) fails |= kCrowded;
    if (full.dimensions != 0 || full.devices || full.window || at.bond.unheld) fails |= kNoRoom;
    constexpr std::array kFails{kLabels, kTooBig,  kStay,    kNotLoaded, kNoRoute,
                                kFar,    kOutside, kCrowded, kNarrow,    kNoRoom};  // in the order of kGates
    const auto gate = std::ranges::find_if(kFails, [&](unsigned bit) { return (fails & bit) != 0; });
    findings_.count(
        gate == kFails.end() ? Reason::kPlaced : kGates[static_cast<std::size_t>(gate - kFails.begin())],
        at.slots);
    if (at.bond.whole) return;  // one member alone would not do
    note_miss(at, fails, full);
    offer_of_task(at, fails, full);
    offer_of_fleet(at, fails, full);
}

/// Where one gate alone is in the way. What is too big or has no room for weights even if nothing else is
/// there has none now: that is not asked.
void Inquiry::note_miss(const AlikeLeft& at, unsigned fails, const Full& full) {
    if (full.even_if_empty || at.model.memory || at.model.window_of_all) fails &= ~kNoRoom;
    const auto miss = [&](Reason gate, std::vector<Shortfall>&& short_of) {
        findings_.miss(gate, at.slot, std::move(short_of));
    };
    switch (fails) {
        case kTooBig: return miss(Reason::kTooBig, short_of_node(at, full));
        case kStay:
            return miss(Reason::kTime, {{Shortfall::Of::kStay, 0, shape_.duration_ns, stays_ns(at.slot)}});
        case kNotLoaded: return miss(Reason::kModel, short_for_model(at));
        case kFar: return miss(Reason::kRtt, {{Shortfall::Of::kRoundTrip, 0, rtt_ns_, shape_.max_rtt_ns}});
        case kCrowded: return miss(Reason::kSpread, short_of_spread(at));
        case kNarrow: return miss(Reason::kLink, short_on_the_way());
        case kNoRoom: return miss(Reason::kCapacity, short_of_node(at, full));
        default: return;
    }
}

std::vector<Shortfall> Inquiry::short_of_node(const AlikeLeft& at, const Full& full) const {
    std::vector<Shortfall> short_of;
    const bool if_empty = full.even_if_empty;
    for_own_dimensions([&](std::size_t d) {
        const Quantity needed = if_empty ? shape_.demand[d] : asked(at, d);
        const Quantity has = if_empty ? at.capacity[d] : at.left[d];
        if (has < needed)
            short_of.push_back({Shortfall::Of::kNode, static_cast<std::uint32_t>(d), needed, has});
    });
    if (full.devices) {
        const DeviceRooms rooms = if_empty ? left_.devices.empty(pool(at.slot).kind) : *at.devices;
        for (const auto& lack : rooms.lacks(on_devices_))
            short_of.push_back(
                {Shortfall::Of::kDevice, lack.dimension, lack.needed, lack.has, if_empty ? -1 : lack.device});
    }
    const SiteId site = pool(at.slot).site;
    if (full.window && !if_empty)
        short_of.push_back({Shortfall::Of::kWindow, site.value, problem_.models()->megabits(shape_.model),
                            left_.models.window_left(site)});
    return short_of;
}

std::vector<Shortfall> Inquiry::short_for_model(const AlikeLeft& at) const {
    std::vector<Shortfall> short_of;
    const Models& models = *problem_.models();
    if (at.model.memory)
        short_of.push_back({Shortfall::Of::kNode, static_cast<std::uint32_t>(memory_),
                            shape_.demand[memory_] + models.weight(shape_.model), at.capacity[memory_]});
    const std::size_t line = fleet_.schema().line_down();
    if (at.model.too_slow && at.capacity[line] == 0)
        short_of.push_back({Shortfall::Of::kNode, static_cast<std::uint32_t>(line),
                            models.least_line(shape_.model, shape_.max_wait_ns), 0});
    else if (at.model.too_slow)
        short_of.push_back({Shortfall::Of::kWait, 0, models.least_wait_ns(shape_.model, at.capacity[line]),
                            shape_.max_wait_ns});
    const SiteId site = pool(at.slot).site;
    if (at.model.window_of_all)
        short_of.push_back(
            {Shortfall::Of::kWindow, site.value, models.megabits(shape_.model), left_.models.window(site)});
    return short_of;
}

std::vector<Shortfall> Inquiry::short_of_spread(const AlikeLeft& at) const {
    if (!at.bond.has_domain) return {};
    return {{Shortfall::Of::kSpread, left_.bonds.spread_level(), at.bond.there + 1, left_.bonds.most()}};
}

std::vector<Shortfall> Inquiry::short_on_the_way() const {
    std::vector<Shortfall> short_of;
    const std::size_t arcs = left_.loads.arc_count(), sites = left_.loads.site_count();
    for (const WayLeft::Step& step : way_.full()) {
        const std::size_t at = step.carrier - arcs;
        if (step.carrier < arcs)
            short_of.push_back({Shortfall::Of::kArc, step.carrier, step.needed, step.room});
        else if (at < sites)
            short_of.push_back(
                {Shortfall::Of::kAccessUp, static_cast<std::uint32_t>(at), step.needed, step.room});
        else
            short_of.push_back(
                {Shortfall::Of::kAccessDown, static_cast<std::uint32_t>(at - sites), step.needed, step.room});
    }
    return short_of;
}

}  // namespace gigafleet
