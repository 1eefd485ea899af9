// Which change of one column would let a task in.
#include <algorithm>
#include <bit>
#include <utility>

#include "gigafleet/inquiry.hpp"

namespace gigafleet {

namespace {

using Of = Change::Of;

/// A column to raise, as long as there is but one.
struct Raise {
    Of of{};
    std::size_t at = 0;
    Quantity from = 0, to = 0;
    int columns = 0;

    void need(Of column, std::size_t number, Quantity is, Quantity wanted) {
        if (columns == 1 && of == column && at == number)
            to = std::max(to, wanted);
        else
            *this = {column, number, is, wanted, columns + 1};
    }
};

/// Column of labels of nodes.
Of column_of(LabelRole role) {
    return role == kRequire ? Of::kRequire : role == kAnyOf ? Of::kAnyOf : Of::kForbid;
}

}  // namespace

void Inquiry::offer_of_task(const AlikeLeft& at, unsigned fails, const Full& full) {
    const Slot slot = at.slot;
    fails &= kElsewhere | kStay | kNarrow;  // the rest is in `full`
    if ((fails & (kLabels | kStay | kOutside | kCrowded)) == 0 && !full.any() &&
        (ready_.empty() || ready_.back().pool != slot.pool))
        ready_.push_back(slot);
    if (fails == kNarrow || (fails == 0 && full.any())) offer_bandwidth(at, full);
    if (fails != 0 && full.any()) return;
    switch (fails) {
        case kLabels:
            if (!lack_) break;
            if (auto* names = findings_.offer_names(column_of(lack_->role), lack_->names, slot))
                *names = labels_.in_the_way(lack_->role, kind(slot).labels, pool(slot).site);
            break;
        case kStay:
            if (const std::int64_t stays = stays_ns(slot); stays > 0)  // 0 would be open-ended
                change(Of::kDuration, 0, shape_.duration_ns, stays, slot);
            break;
        case kOutside:
            if (const auto wider = left_.bonds.wider_level(slot.pool))
                findings_.offer_level(Of::kGangLevel, left_.bonds.level(), *wider, slot);
            break;
        case kCrowded:
            if (at.bond.has_domain)
                findings_.offer(Of::kSpreadMax, 0, left_.bonds.most(), at.bond.there + 1, slot);
            if (const auto finer = left_.bonds.finer_level(slot.pool, slot.slot))
                findings_.offer_level(Of::kSpreadLevel, left_.bonds.spread_level(), *finer, slot);
            break;
        case kFar: findings_.offer(Of::kMaxRtt, 0, shape_.max_rtt_ns, rtt_ns_, slot); break;
        case 0:
            if (full.only_devices()) offer_devices(at);
            if (full.only_load() && full.too_slow && !full.window)
                findings_.offer(
                    Of::kMaxWait, 0, shape_.max_wait_ns,
                    problem_.models()->least_wait_ns(shape_.model, at.capacity[fleet_.schema().line_down()]),
                    slot);
            if (!full.only_one_dimension()) break;
            if (const auto d = static_cast<std::size_t>(std::countr_zero(full.dimensions));
                d < fleet_.schema().resources.size())
                change(Of::kDemand, d, shape_.demand[d], at.left[d] - (asked(at, d) - shape_.demand[d]),
                       slot);
            break;
        default: break;
    }
}

/// Where one column of a node, link or site is all that is in the way.
void Inquiry::offer_of_fleet(const AlikeLeft& at, unsigned fails, const Full& full) {
    if ((fails & kElsewhere) != 0 || full.devices) return;
    const Network& network = problem_.network();
    const Slot slot = at.slot;
    const SiteId site = pool(slot).site;
    Raise raise;
    const auto widen_node = [&](std::size_t d, Quantity to) {
        raise.need(Of::kCapacity, d, at.capacity[d], to);
    };
    if (fails & kStay) raise.need(Of::kAvailable, 0, stays_ns(slot), shape_.duration_ns);
    for_own_dimensions([&](std::size_t d) {
        if (full.dimensions >> d & 1) widen_node(d, at.capacity[d] + (asked(at, d) - at.left[d]));
    });
    if (full.too_slow)
        widen_node(fleet_.schema().line_down(),
                   problem_.models()->least_line(shape_.model, shape_.max_wait_ns));
    if (full.window)
        raise.need(Of::kAccessDown, site.at(), network.access_down(site),
                   left_.models.access_for(shape_.model, site));
    if (fails & kNarrow)
        for (const Shortfall& s : short_on_the_way()) {
            const SiteId end(s.at);
            const Quantity more = s.needed - s.has;
            if (s.of == Shortfall::Of::kArc)
                raise.need(Of::kLink, network.link(ArcId(s.at)), network.capacity(ArcId(s.at)),
                           network.capacity(ArcId(s.at)) + more);
            if (s.of == Shortfall::Of::kAccessUp)
                raise.need(Of::kAccessUp, s.at, network.access_up(end), network.access_up(end) + more);
            if (s.of == Shortfall::Of::kAccessDown)
                raise.need(Of::kAccessDown, s.at, network.access_down(end), network.access_down(end) + more);
        }
    if (raise.columns == 1) findings_.offer(raise.of, raise.at, raise.from, raise.to, slot);
    if ((fails & (kStay | kNarrow)) == 0 && full.only_load() && (full.too_slow || full.window))
        findings_.offer_held(shape_.model, slot);
}

/// Where only devices are in the way: changes of the task and of the node.
void Inquiry::offer_devices(const AlikeLeft& at) {
    const DeviceRooms& rooms = *at.devices;
    const std::size_t count = fleet_.schema().devices;
    change(Of::kDemand, count, on_devices_.share, rooms.most_share(on_devices_), at.slot);
    change(Of::kCapacity, count, rooms.devices(), rooms.devices_for(on_devices_), at.slot);
    for (std::size_t d = count + 1; d < fleet_.schema().resources.size(); ++d) {
        change(Of::kDemand, d, on_devices_.each[d], rooms.most_each(on_devices_, d), at.slot);
        change(Of::kCapacity, d, rooms.each()[d], rooms.each_for(on_devices_, d), at.slot);
    }
}

/// Less bandwidth, where nothing else is in the way than links, accesses and the node's line.
void Inquiry::offer_bandwidth(const AlikeLeft& at, const Full& full) {
    const Schema& schema = fleet_.schema();
    if (!full.within(1u << schema.line_down() | 1u << schema.line_up())) return;
    const auto offer = [&](Of column, bool up, bool down, Quantity from) {
        Quantity most = way_.most(up, down);
        for (const auto& [d, changes] : {std::pair{schema.line_down(), up}, {schema.line_up(), down}})
            if ((full.dimensions >> d & 1) != 0) most = std::min(most, changes ? at.left[d] : -1);
        change(column, 0, from, most, at.slot);
    };
    if (one_bandwidth_) return offer(Of::kBandwidth, true, true, shape_.uplink);
    offer(Of::kUplink, true, false, shape_.uplink);
    offer(Of::kDownlink, false, true, shape_.downlink);
}

void Inquiry::try_routes(const Routes& routes, Of of, const std::vector<std::string>& names) {
    WayLeft way(routes, left_.loads, shape_, class_.origin);
    for (const Slot& slot : ready_) {
        way.go_to(pool(slot).site);
        if (!way.exists() || way.rtt_ns() + kind(slot).access_rtt_ns > shape_.max_rtt_ns ||
            !way.full().empty())
            continue;
        if (auto* gone = findings_.offer_names(of, names.size(), slot)) *gone = names;
        return;
    }
}

}  // namespace gigafleet
