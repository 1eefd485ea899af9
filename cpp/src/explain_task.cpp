#include "gigafleet/explain_task.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "gigafleet/label_rule.hpp"
#include "gigafleet/label_wishes.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/ratio.hpp"
#include "gigafleet/way_left.hpp"

namespace gigafleet {

namespace {

using Of = Change::Of;

constexpr std::uint32_t kNoSet = UINT32_MAX;
constexpr std::int64_t kPoolsAPoll = 256;
constexpr Quantity kMostSettable = kLargest / 2;  // of what a column is raised to

/// What keeps a node out, a bit each; kRoom is kTooBig and kCapacity.
enum Fail : unsigned {
    kLabels = 1,
    kStay = 2,
    kNoRoute = 4,
    kFar = 8,
    kNarrow = 16,
    kRoom = 32,
};

struct Slot {
    PoolId pool;
    std::int64_t slot = 0;
};

/// Column of labels of nodes.
Of column_of(LabelRole role) {
    return role == kRequire ? Of::kRequire : role == kAnyOf ? Of::kAnyOf : Of::kForbid;
}

/// One class asked of one pool after the other.
class Inquiry {
public:
    Inquiry(const Problem& problem, const Loads& loads, const Leftovers& leftovers, ClassId id,
            bool one_bandwidth)
        : problem_(problem),
          fleet_(problem.fleet()),
          loads_(loads),
          leftovers_(leftovers),
          class_(problem.workload().classes()[id.at()]),
          shape_(problem.shape(class_.shape)),
          one_bandwidth_(one_bandwidth),
          labels_(problem, class_.shape),
          way_(*problem.policies()[shape_.policy], loads, shape_, class_.origin) {}

    void look_at(PoolId id);
    /// Whether some node takes the task where the routes are these: then a name list `names` less will do.
    void try_routes(const Routes& routes, Of of, const std::vector<std::string>& names);
    std::int64_t open() const { return found_.open; }
    TaskExplanation finish();

private:
    struct Miss {
        Ratio size;
        Slot slot;
        std::vector<Shortfall> shortfalls;
    };
    struct Offer {
        Ratio size;
        Of of;
        std::uint32_t at;
        Quantity from, to;
        Slot slot;
        std::vector<std::string> names;
    };
    static constexpr std::size_t kOffers = 2 * kMaxDimensions + static_cast<std::size_t>(Of::kAccessDown) + 1;

    void judge(Slot slot, std::int64_t slots, unsigned fails, const Amounts& capacity, const Amounts& left);
    void miss_in_time(Slot slot);
    void miss_on_the_way(Slot slot);
    void miss_on_the_node(Slot slot, unsigned full, bool is_small, const Amounts& capacity,
                          const Amounts& left);
    void miss(Reason gate, Slot slot);
    void offer_bandwidth(Slot slot, unsigned full, const Amounts& left);
    Quantity most(Of column, unsigned full, const Amounts& left) const;
    Offer* offer(Of of, std::size_t at, Ratio size, Quantity from, Quantity to, Slot slot);
    Offer* offer(Of of, std::size_t at, Quantity from, Quantity to, Slot slot) {
        return offer(of, at, relative_change(from, to), from, to, slot);
    }
    /// Of a column of labels, so many names less.
    Offer* offer(Of of, std::size_t names, Slot slot) {
        return offer(of, 0, {static_cast<Quantity>(names), 1}, 0, 0, slot);
    }
    Shortfall shortfall(const WayLeft::Step& step) const;
    NodeAt node(Slot slot) const {
        const Fleet::Pool& pool = fleet_.pools()[slot.pool.at()];
        const std::int64_t entry = fleet_.entry_of_slot(pool, slot.slot);
        return {fleet_.row_of_entry(entry), slot.slot - fleet_.slot_of_entry(pool, entry)};
    }
    const Fleet::Kind& kind(Slot slot) const {
        return fleet_.kinds()[fleet_.pools()[slot.pool.at()].kind.at()];
    }

    const Problem& problem_;
    const Fleet& fleet_;
    const Loads& loads_;
    const Leftovers& leftovers_;
    const Workload::Class& class_;
    const Problem::Shape& shape_;
    bool one_bandwidth_;
    LabelWishes labels_;
    WayLeft way_;
    std::int64_t rtt_ns_ = 0;                 ///< of the pool at hand
    std::optional<LabelWishes::Lack> lack_;   ///< of its kind
    std::vector<Slot> ready_;                 ///< one a pool, where only the way is in the way
    std::vector<Shortfall> short_;            ///< of the slot at hand
    std::array<Miss, kGates.size()> misses_;  ///< nearest, by gate
    std::array<std::optional<Offer>, kOffers> offers_;
    TaskExplanation found_;
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
    leftovers_.for_alike(
        id, [&](std::int64_t first, std::int64_t slots, const Amounts& capacity, const Amounts& left) {
            const std::int64_t last = first + slots, cut = std::clamp(stays, first, last);
            // Of those that leave too early the last one stays longest.
            if (first < cut) judge({id, cut - 1}, cut - first, fails | kStay, capacity, left);
            if (cut < last) judge({id, cut}, last - cut, fails, capacity, left);
        });
}

/// So many slots like `slot`, that fail by what is known of their pool and of their time.
void Inquiry::judge(Slot slot, std::int64_t slots, unsigned fails, const Amounts& capacity,
                    const Amounts& left) {
    unsigned full = 0;
    bool is_small = false;
    for (std::size_t d = 0; d < fleet_.schema().dimensions(); ++d) {
        if (left[d] < shape_.demand[d]) full |= 1u << d;
        is_small |= capacity[d] < shape_.demand[d];
    }
    if (full != 0) fails |= kRoom;
    const std::array<bool, kGates.size()> shut{(fails & kLabels) != 0, is_small,
                                               (fails & kStay) != 0,   (fails & kNoRoute) != 0,
                                               (fails & kFar) != 0,    (fails & kNarrow) != 0,
                                               (fails & kRoom) != 0};
    const auto gate = static_cast<std::size_t>(std::ranges::find(shut, true) - shut.begin());
    (gate < shut.size() ? found_.counts[gate] : found_.open) += slots;

    if ((fails & (kLabels | kStay | kRoom)) == 0 && (ready_.empty() || ready_.back().pool != slot.pool))
        ready_.push_back(slot);
    switch (fails) {
        case kLabels:
            if (!lack_) break;
            if (Offer* best = offer(column_of(lack_->role), lack_->names, slot))
                best->names =
                    labels_.in_the_way(lack_->role, kind(slot).labels, fleet_.pools()[slot.pool.at()].site);
            break;
        case kStay: miss_in_time(slot); break;
        case kFar:
            short_.assign(1, {Shortfall::Of::kRoundTrip, 0, rtt_ns_, shape_.max_rtt_ns});
            miss(Reason::kRtt, slot);
            offer(Of::kMaxRtt, 0, shape_.max_rtt_ns, rtt_ns_, slot);
            break;
        case kNarrow: miss_on_the_way(slot); [[fallthrough]];
        case kNarrow | kRoom: offer_bandwidth(slot, full, left); break;
        case kRoom:
            miss_on_the_node(slot, full, is_small, capacity, left);
            offer_bandwidth(slot, full, left);
            break;
        default: break;
    }
}

void Inquiry::miss_in_time(Slot slot) {
    const Fleet::Pool& pool = fleet_.pools()[slot.pool.at()];
    const std::int64_t stays = fleet_.available_ns(pool, fleet_.entry_of_slot(pool, slot.slot));
    short_.assign(1, {Shortfall::Of::kStay, 0, shape_.duration_ns, stays});
    miss(Reason::kTime, slot);
    if (stays > 0) offer(Of::kDuration, 0, shape_.duration_ns, stays, slot);  // 0 would be open-ended
    offer(Of::kAvailable, 0, stays, shape_.duration_ns, slot);
}

void Inquiry::miss_on_the_way(Slot slot) {
    short_.clear();
    Quantity more = 0;
    bool is_one = true;  // capacity that is too small, if of a link both ways
    const auto carrier = [&](const Shortfall& s) {
        const bool is_arc = s.of == Shortfall::Of::kArc;
        return std::pair{s.of, is_arc ? problem_.network().link(ArcId(s.at)) : s.at};
    };
    for (const WayLeft::Step& step : way_.full()) {
        short_.push_back(shortfall(step));
        is_one = is_one && carrier(short_.back()) == carrier(short_.front());
        more = std::max(more, step.needed - step.room);
    }
    miss(Reason::kLink, slot);
    if (!is_one) return;
    const Network& network = problem_.network();
    const auto [of, at] = carrier(short_.front());
    const auto raise = [&](Of column, Quantity from) { offer(column, at, from, from + more, slot); };
    if (of == Shortfall::Of::kArc) raise(Of::kLink, network.capacity(ArcId(short_.front().at)));
    if (of == Shortfall::Of::kAccessUp) raise(Of::kAccessUp, network.access_up(SiteId(at)));
    if (of == Shortfall::Of::kAccessDown) raise(Of::kAccessDown, network.access_down(SiteId(at)));
}

void Inquiry::miss_on_the_node(Slot slot, unsigned full, bool is_small, const Amounts& capacity,
                               const Amounts& left) {
    short_.clear();
    const Amounts& has = is_small ? capacity : left;
    for (std::size_t d = 0; d < fleet_.schema().dimensions(); ++d)
        if (has[d] < shape_.demand[d])
            short_.push_back({Shortfall::Of::kNode, static_cast<std::uint32_t>(d), shape_.demand[d], has[d]});
    miss(is_small ? Reason::kTooBig : Reason::kCapacity, slot);
    if ((full & (full - 1)) != 0) return;
    const auto d = static_cast<std::size_t>(__builtin_ctz(full));
    if (d < fleet_.schema().resources.size() && left[d] >= 0)
        offer(Of::kDemand, d, shape_.demand[d], left[d], slot);
    offer(Of::kCapacity, d, capacity[d], capacity[d] + (shape_.demand[d] - left[d]), slot);
}

Shortfall Inquiry::shortfall(const WayLeft::Step& step) const {
    const std::size_t arcs = loads_.arc_count(), sites = loads_.site_count();
    if (step.carrier < arcs) return {Shortfall::Of::kArc, step.carrier, step.needed, step.room};
    const std::size_t at = step.carrier - arcs;
    const bool is_up = at < sites;
    return {is_up ? Shortfall::Of::kAccessUp : Shortfall::Of::kAccessDown,
            static_cast<std::uint32_t>(is_up ? at : at - sites), step.needed, step.room};
}

/// By short_.
void Inquiry::miss(Reason gate, Slot slot) {
    Ratio size{0, 1};
    for (const Shortfall& s : short_) size = std::max(size, Ratio{s.needed - s.has, s.needed});
    Miss& nearest = misses_[static_cast<std::size_t>(std::ranges::find(kGates, gate) - kGates.begin())];
    if (size < nearest.size) nearest = {size, slot, short_};
}

/// Less bandwidth, where nothing else is in the way than links, accesses and the node's line.
void Inquiry::offer_bandwidth(Slot slot, unsigned full, const Amounts& left) {
    const Schema& schema = fleet_.schema();
    if ((full & ~(1u << schema.line_down() | 1u << schema.line_up())) != 0) return;
    const auto lower = [&](Of column, Quantity from) {
        const Quantity to = most(column, full, left);
        if (to >= 0) offer(column, 0, from, to, slot);
    };
    if (one_bandwidth_) return lower(Of::kBandwidth, shape_.uplink);
    lower(Of::kUplink, shape_.uplink);
    lower(Of::kDownlink, shape_.downlink);
}

/// The most that a column of bandwidth may be there; negative where it cannot help.
Quantity Inquiry::most(Of column, unsigned full, const Amounts& left) const {
    const bool up = column != Of::kDownlink, down = column != Of::kUplink;  // what changes
    Quantity most = kUnlimited;
    for (const WayLeft::Step& step : way_.full()) {
        const Quantity times = (up ? step.ups : 0) + (down ? step.downs : 0);
        const Quantity fixed =
            (up ? 0 : step.ups * shape_.uplink) + (down ? 0 : step.downs * shape_.downlink);
        if (times == 0 || step.room < fixed) return -1;
        most = std::min(most, (step.room - fixed) / times);
    }
    for (const auto& [d, changes] :
         {std::pair{fleet_.schema().line_down(), up}, {fleet_.schema().line_up(), down}})
        if ((full >> d & 1) != 0) most = std::min(most, changes ? left[d] : -1);
    return most;
}

/// Keeps it, and gives back where, if it is the smallest of its column so far; else null.
Inquiry::Offer* Inquiry::offer(Of of, std::size_t at, Ratio size, Quantity from, Quantity to, Slot slot) {
    if (to > kMostSettable) return nullptr;
    std::size_t place = 2 * kMaxDimensions + static_cast<std::size_t>(of);
    if (of == Of::kDemand) place = at;
    if (of == Of::kCapacity) place = kMaxDimensions + at;
    std::optional<Offer>& best = offers_[place];
    if (best && !(size < best->size)) return nullptr;
    best = {size, of, static_cast<std::uint32_t>(at), from, to, slot, {}};
    return &*best;
}

void Inquiry::try_routes(const Routes& routes, Of of, const std::vector<std::string>& names) {
    WayLeft way(routes, loads_, shape_, class_.origin);
    for (const Slot& slot : ready_) {
        way.go_to(fleet_.pools()[slot.pool.at()].site);
        if (!way.exists() || way.rtt_ns() + kind(slot).access_rtt_ns > shape_.max_rtt_ns ||
            !way.full().empty())
            continue;
        if (Offer* best = offer(of, names.size(), slot)) best->names = names;
        return;
    }
}

TaskExplanation Inquiry::finish() {
    std::vector<std::size_t> gates;
    for (std::size_t g = 0; g < misses_.size(); ++g)
        if (!misses_[g].shortfalls.empty()) gates.push_back(g);
    std::ranges::stable_sort(gates,
                             [&](std::size_t a, std::size_t b) { return misses_[a].size < misses_[b].size; });
    for (const std::size_t g : gates)
        found_.nearest.push_back(
            {kGates[g], misses_[g].size.value(), node(misses_[g].slot), std::move(misses_[g].shortfalls)});
    if (found_.open > 0) return std::move(found_);
    std::vector<const Offer*> sorted;
    for (const auto& offer : offers_)
        if (offer) sorted.push_back(&*offer);
    std::ranges::stable_sort(sorted, [](const Offer* a, const Offer* b) { return a->size < b->size; });
    for (const Offer* o : sorted)
        (o->of < Of::kCapacity ? found_.of_task : found_.of_fleet)
            .push_back({o->of, o->at, o->from, o->to, o->names, o->size.value(), node(o->slot)});
    return std::move(found_);
}

}  // namespace

TaskExplainer::TaskExplainer(std::shared_ptr<const Problem> problem, std::shared_ptr<const Solution> solution)
    : problem_(std::move(problem)),
      solution_(std::move(solution)),
      leftovers_(*problem_, Holdings(*problem_, *solution_)) {
    if (solution_->status == Status::kTimeLimit) reasons_ = solution_->reason;
}

TaskExplanation TaskExplainer::explain(ClassId id, bool one_bandwidth, Control& control) {
    Inquiry inquiry(*problem_, solution_->loads, leftovers_, id, one_bandwidth);
    const auto pools = static_cast<std::int64_t>(problem_->fleet().pools().size());
    for (std::int64_t p = 0; p < pools; ++p) {
        if (p % kPoolsAPoll == 0) control.poll("explain", p, pools);
        inquiry.look_at(PoolId(static_cast<std::size_t>(p)));
    }
    if (inquiry.open() > 0) return inquiry.finish();
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
