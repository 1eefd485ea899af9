#include "gigafleet/explain_task.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "gigafleet/label_rule.hpp"
#include "gigafleet/label_wishes.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/way_left.hpp"

namespace gigafleet {

namespace {

using Of = Change::Of;

constexpr std::uint32_t kNoSet = UINT32_MAX;
constexpr std::int64_t kPoolsAPoll = 256;

/// What keeps a node out, a bit each; kRoom is kTooBig and kCapacity.
enum Fail : unsigned {
    kLabels = 1,
    kStay = 2,
    kNoRoute = 4,
    kFar = 8,
    kNarrow = 16,
    kRoom = 32,
};

using Slot = Findings::Slot;

/// Slots that have the same, and the same left.
struct AlikeLeft {
    Slot slot;  ///< one of them
    std::int64_t slots;
    const Amounts &capacity, &left;
    const DeviceRooms* devices;  ///< null where the task asks for none
};

/// Why a node has no room.
struct Full {
    unsigned dimensions = 0;  ///< a bit each, those of devices aside
    bool devices = false;
    bool even_if_empty = false;
    bool any() const { return dimensions != 0 || devices; }
    bool one_dimension() const { return !devices && dimensions != 0 && (dimensions & (dimensions - 1)) == 0; }
    /// None but these, a bit each.
    bool within(unsigned these) const { return !devices && (dimensions & ~these) == 0; }
};

/// Column of labels of nodes.
Of column_of(LabelRole role) {
    return role == kRequire ? Of::kRequire : role == kAnyOf ? Of::kAnyOf : Of::kForbid;
}

/// One class asked of one pool after the other.
class Inquiry {
public:
    Inquiry(const Problem& problem, const Loads& loads, const Leftovers& leftovers, DevicesLeft& devices,
            ClassId id, bool one_bandwidth)
        : problem_(problem),
          fleet_(problem.fleet()),
          loads_(loads),
          leftovers_(leftovers),
          devices_(devices),
          class_(problem.workload().classes()[id.at()]),
          shape_(problem.shape(class_.shape)),
          on_devices_(problem.device_demands()[shape_.device_demand]),
          one_bandwidth_(one_bandwidth),
          labels_(problem, class_.shape),
          way_(*problem.policies()[shape_.policy], loads, shape_, class_.origin),
          findings_(fleet_) {}

    void look_at(PoolId id);
    /// Whether some node takes the task where the routes are these: then a name list `names` less will do.
    void try_routes(const Routes& routes, Of of, const std::vector<std::string>& names);
    bool any_open() const { return findings_.any_open(); }
    TaskExplanation finish() { return findings_.finish(); }

private:
    void judge(const AlikeLeft& at, unsigned fails);
    Full full(const AlikeLeft& at) const;
    void miss_in_time(Slot slot);
    void miss_on_the_way(Slot slot);
    void miss_on_the_node(const AlikeLeft& at, const Full& full);
    void offer_devices(const AlikeLeft& at);
    void offer_bandwidth(const AlikeLeft& at, const Full& full);
    /// Less, where that is possible.
    void lower(Of of, std::size_t at, Quantity from, Quantity to, Slot slot) {
        if (to >= 0) findings_.offer(of, at, from, to, slot);
    }
    void raise(Of of, std::size_t at, Quantity from, Quantity to, Slot slot) {
        findings_.offer(of, at, from, to, slot);
    }
    Shortfall shortfall(const WayLeft::Step& step) const;
    /// Calls `f(d)` for each dimension of a node that is one by itself.
    template <class F>
    void for_own_dimensions(F&& f) const {
        const Schema& schema = fleet_.schema();
        for (std::size_t d = 0; d <= schema.line_up(); ++d)
            if (!schema.is_of_devices(d)) f(d);
    }
    const Fleet::Pool& pool(Slot slot) const { return fleet_.pools()[slot.pool.at()]; }
    const Fleet::Kind& kind(Slot slot) const { return fleet_.kinds()[pool(slot).kind.at()]; }

    const Problem& problem_;
    const Fleet& fleet_;
    const Loads& loads_;
    const Leftovers& leftovers_;
    DevicesLeft& devices_;
    const Workload::Class& class_;
    const Problem::Shape& shape_;
    const DeviceDemand& on_devices_;
    bool one_bandwidth_;
    LabelWishes labels_;
    WayLeft way_;
    std::int64_t rtt_ns_ = 0;                ///< of the pool at hand
    std::optional<LabelWishes::Lack> lack_;  ///< of its kind
    std::vector<Slot> ready_;                ///< one a pool, where only the way is in the way
    Findings findings_;
};

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
    leftovers_.for_alike(id, [&](std::int64_t first, std::int64_t slots, const Amounts& capacity,
                                 const Amounts& left, std::uint32_t on_devices) {
        const DeviceRooms* devices = nullptr;
        if (shape_.device_demand != 0)
            devices = &devices_.rooms(pool.kind, on_devices, leftovers_.parts(on_devices));
        const std::int64_t last = first + slots, cut = std::clamp(stays, first, last);
        // Of those that leave too early the last one stays longest.
        if (first < cut) judge({{id, cut - 1}, cut - first, capacity, left, devices}, fails | kStay);
        if (cut < last) judge({{id, cut}, last - cut, capacity, left, devices}, fails);
    });
}

Full Inquiry::full(const AlikeLeft& at) const {
    Full full;
    for_own_dimensions([&](std::size_t d) {
        if (at.left[d] < shape_.demand[d]) full.dimensions |= 1u << d;
        full.even_if_empty |= at.capacity[d] < shape_.demand[d];
    });
    full.devices = at.devices != nullptr && !at.devices->hold(on_devices_);
    full.even_if_empty |= full.devices && !problem_.devices_hold(shape_, pool(at.slot).kind);
    return full;
}

/// Slots that fail by what is known of their pool and of their time.
void Inquiry::judge(const AlikeLeft& at, unsigned fails) {
    const Full full = this->full(at);
    if (full.any()) fails |= kRoom;
    const std::pair<bool, Reason> gates[] = {
        {fails & kLabels, Reason::kLabel},  {full.even_if_empty, Reason::kTooBig},
        {fails & kStay, Reason::kTime},     {fails & kNoRoute, Reason::kRoute},
        {fails & kFar, Reason::kRtt},       {fails & kNarrow, Reason::kLink},
        {fails & kRoom, Reason::kCapacity}, {true, Reason::kPlaced}};
    findings_.count(std::ranges::find(gates, true, &std::pair<bool, Reason>::first)->second, at.slots);

    const Slot slot = at.slot;
    if ((fails & (kLabels | kStay | kRoom)) == 0 && (ready_.empty() || ready_.back().pool != slot.pool))
        ready_.push_back(slot);
    switch (fails) {
        case kLabels:
            if (!lack_) break;
            if (auto* names = findings_.offer_names(column_of(lack_->role), lack_->names, slot))
                *names = labels_.in_the_way(lack_->role, kind(slot).labels, pool(slot).site);
            break;
        case kStay: miss_in_time(slot); break;
        case kFar:
            findings_.miss(Reason::kRtt, slot, {{Shortfall::Of::kRoundTrip, 0, rtt_ns_, shape_.max_rtt_ns}});
            raise(Of::kMaxRtt, 0, shape_.max_rtt_ns, rtt_ns_, slot);
            break;
        case kNarrow: miss_on_the_way(slot); [[fallthrough]];
        case kNarrow | kRoom: offer_bandwidth(at, full); break;
        case kRoom:
            miss_on_the_node(at, full);
            offer_bandwidth(at, full);
            break;
        default: break;
    }
}

void Inquiry::miss_in_time(Slot slot) {
    const std::int64_t stays = fleet_.available_ns(pool(slot), fleet_.entry_of_slot(pool(slot), slot.slot));
    findings_.miss(Reason::kTime, slot, {{Shortfall::Of::kStay, 0, shape_.duration_ns, stays}});
    if (stays > 0) lower(Of::kDuration, 0, shape_.duration_ns, stays, slot);  // 0 would be open-ended
    raise(Of::kAvailable, 0, stays, shape_.duration_ns, slot);
}

void Inquiry::miss_on_the_way(Slot slot) {
    std::vector<Shortfall> short_of;
    Quantity more = 0;
    bool is_one = true;  // capacity that is too small, if of a link both ways
    const auto carrier = [&](const Shortfall& s) {
        const bool is_arc = s.of == Shortfall::Of::kArc;
        return std::pair{s.of, is_arc ? problem_.network().link(ArcId(s.at)) : s.at};
    };
    for (const WayLeft::Step& step : way_.full()) {
        short_of.push_back(shortfall(step));
        is_one = is_one && carrier(short_of.back()) == carrier(short_of.front());
        more = std::max(more, step.needed - step.room);
    }
    findings_.miss(Reason::kLink, slot, short_of);
    if (!is_one) return;
    const Network& network = problem_.network();
    const auto [of, at] = carrier(short_of.front());
    const auto widen = [&](Of column, Quantity from) { raise(column, at, from, from + more, slot); };
    if (of == Shortfall::Of::kArc) widen(Of::kLink, network.capacity(ArcId(short_of.front().at)));
    if (of == Shortfall::Of::kAccessUp) widen(Of::kAccessUp, network.access_up(SiteId(at)));
    if (of == Shortfall::Of::kAccessDown) widen(Of::kAccessDown, network.access_down(SiteId(at)));
}

void Inquiry::miss_on_the_node(const AlikeLeft& at, const Full& full) {
    std::vector<Shortfall> short_of;
    const Amounts& has = full.even_if_empty ? at.capacity : at.left;
    for_own_dimensions([&](std::size_t d) {
        if (has[d] < shape_.demand[d])
            short_of.push_back(
                {Shortfall::Of::kNode, static_cast<std::uint32_t>(d), shape_.demand[d], has[d]});
    });
    if (full.devices) {
        const KindId kind = pool(at.slot).kind;
        const bool if_empty = full.even_if_empty;
        for (const auto& lack : (if_empty ? devices_.empty(kind) : *at.devices).lacks(on_devices_))
            short_of.push_back(
                {Shortfall::Of::kDevice, lack.dimension, lack.needed, lack.has, if_empty ? -1 : lack.device});
    }
    findings_.miss(full.even_if_empty ? Reason::kTooBig : Reason::kCapacity, at.slot, std::move(short_of));
    if (full.devices && full.dimensions == 0) offer_devices(at);
    if (!full.one_dimension()) return;
    const auto d = static_cast<std::size_t>(__builtin_ctz(full.dimensions));
    if (d < fleet_.schema().resources.size()) lower(Of::kDemand, d, shape_.demand[d], at.left[d], at.slot);
    raise(Of::kCapacity, d, at.capacity[d], at.capacity[d] + (shape_.demand[d] - at.left[d]), at.slot);
}

/// Where only devices are in the way.
void Inquiry::offer_devices(const AlikeLeft& at) {
    const DeviceRooms& rooms = *at.devices;
    const std::size_t count = fleet_.schema().devices;
    lower(Of::kDemand, count, on_devices_.share, rooms.most_share(on_devices_), at.slot);
    if (const Quantity more = rooms.devices_for(on_devices_); more >= 0)
        raise(Of::kCapacity, count, rooms.devices(), more, at.slot);
    for (std::size_t d = count + 1; d < fleet_.schema().resources.size(); ++d) {
        lower(Of::kDemand, d, on_devices_.each[d], rooms.most_each(on_devices_, d), at.slot);
        if (const Quantity more = rooms.each_for(on_devices_, d); more >= 0)
            raise(Of::kCapacity, d, rooms.each()[d], more, at.slot);
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
        lower(column, 0, from, most, at.slot);
    };
    if (one_bandwidth_) return offer(Of::kBandwidth, true, true, shape_.uplink);
    offer(Of::kUplink, true, false, shape_.uplink);
    offer(Of::kDownlink, false, true, shape_.downlink);
}

Shortfall Inquiry::shortfall(const WayLeft::Step& step) const {
    const std::size_t arcs = loads_.arc_count(), sites = loads_.site_count();
    if (step.carrier < arcs) return {Shortfall::Of::kArc, step.carrier, step.needed, step.room};
    const std::size_t at = step.carrier - arcs;
    const bool is_up = at < sites;
    return {is_up ? Shortfall::Of::kAccessUp : Shortfall::Of::kAccessDown,
            static_cast<std::uint32_t>(is_up ? at : at - sites), step.needed, step.room};
}

void Inquiry::try_routes(const Routes& routes, Of of, const std::vector<std::string>& names) {
    WayLeft way(routes, loads_, shape_, class_.origin);
    for (const Slot& slot : ready_) {
        way.go_to(pool(slot).site);
        if (!way.exists() || way.rtt_ns() + kind(slot).access_rtt_ns > shape_.max_rtt_ns ||
            !way.full().empty())
            continue;
        if (auto* gone = findings_.offer_names(of, names.size(), slot)) *gone = names;
        return;
    }
}

}  // namespace

TaskExplainer::TaskExplainer(std::shared_ptr<const Problem> problem, std::shared_ptr<const Solution> solution)
    : problem_(std::move(problem)),
      solution_(std::move(solution)),
      leftovers_(*problem_, Holdings(*problem_, *solution_)),
      devices_(*problem_) {
    if (solution_->status == Status::kTimeLimit) reasons_ = solution_->reason;
}

TaskExplanation TaskExplainer::explain(ClassId id, bool one_bandwidth, Control& control) {
    Inquiry inquiry(*problem_, solution_->loads, leftovers_, devices_, id, one_bandwidth);
    const auto pools = static_cast<std::int64_t>(problem_->fleet().pools().size());
    for (std::int64_t p = 0; p < pools; ++p) {
        if (p % kPoolsAPoll == 0) control.poll("explain", p, pools);
        inquiry.look_at(PoolId(static_cast<std::size_t>(p)));
    }
    if (inquiry.any_open()) return inquiry.finish();
    const Workload& workload = problem_->workload();
    const ShapeId shape = workload.classes()[id.at()].shape;
    for (const auto& [role, of] :
         {std::pair{kTransitRequire, Of::kTransitRequire}, {kTransitForbid, Of::kTransitForbid}}) {
        const auto& names = workload.label_sets()[workload.shapes()[shape.at()].label_set[role]];
        if (!names.empty()) inquiry.try_routes(routes_without(shape, role, control), of, names);
    }
    return inquiry.finish();
}

/// Routes of the shape's transit policy with one of its two columns empty.
const Routes& TaskExplainer::routes_without(ShapeId shape, LabelRole role, Control& control) {
    const Network& network = problem_->network();
    const Workload& workload = problem_->workload();
    const auto& set = workload.shapes()[shape.at()].label_set;
    const bool keeps_require = role == kTransitForbid;
    const std::pair key{keeps_require ? set[kTransitRequire] : kNoSet,
                        keeps_require ? kNoSet : set[kTransitForbid]};
    std::unique_ptr<const Routes>& routes = without_[key];
    if (routes) return *routes;
    const auto bit_of = [&](std::string_view name) { return network.site_label_bit(name); };
    const std::vector<std::string> none;
    const auto terms = [&](std::uint32_t number, const char* argument) {
        return LabelTerms(number == kNoSet ? none : workload.label_sets()[number], network, bit_of, argument);
    };
    const TransitRule rule{terms(key.first, "transit_require"), terms(key.second, "transit_forbid")};
    routes = std::make_unique<const Routes>(
        problem_->policies().front()->network_ptr(),
        rule.is_free() ? std::vector<std::uint8_t>{} : rule.allowed(network), 1, control);
    return *routes;
}

double TaskExplainer::cost(ClassId id, std::span<const std::int64_t> node_rows,
                           std::span<const std::int64_t> members) const {
    const Fleet& fleet = problem_->fleet();
    const Workload::Class& of = problem_->workload().classes()[id.at()];
    const Problem::Shape& shape = problem_->shape(of.shape);
    std::unordered_map<std::int64_t, double> each;  // by node row
    for (const std::int64_t row : node_rows) each[row] = 0;
    for (const Filling& filling : solution_->of(id)) {
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        const std::int64_t last = fleet.entry_of_slot(pool, filling.first + filling.slots - 1);
        for (std::int64_t e = fleet.entry_of_slot(pool, filling.first); e <= last; ++e)
            if (const auto it = each.find(fleet.row_of_entry(e)); it != each.end())
                it->second = pair_cost(*problem_, shape, of.origin, pool) +
                             risk_cost(*problem_, shape, fleet.available_ns(pool, e));
    }
    double cost = 0;
    for (std::size_t i = 0; i < node_rows.size(); ++i)
        cost += each[node_rows[i]] * static_cast<double>(members[i]);
    return cost;
}

}  // namespace gigafleet
