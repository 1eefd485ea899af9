#include "gigafleet/gang_changes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "gigafleet/model_bonds.hpp"

namespace gigafleet {

namespace {

using Of = Change::Of;

const Problem::Shape& shape_of(const Problem& problem, ClassId id) {
    return problem.shape(problem.workload().classes()[id.at()].shape);
}

/// What asks for no more than any change of the shape. `no_rule`: the number of one that lets all pass.
Problem::Shape least_of(Problem::Shape shape, std::size_t no_rule) {
    shape.demand = {};
    shape.device_demand = 0;
    shape.uplink = shape.downlink = 0;
    shape.max_rtt_ns = shape.max_wait_ns = kUnlimited;
    shape.rule = static_cast<std::uint32_t>(no_rule);
    return shape;
}

/// The gang of a class: `count` of its members, the row, ask for the least, its others and other classes for
/// what they do. Bonds keep their numbers. `own`: becomes the class of the row. `detours` are policies more.
std::shared_ptr<Problem> gang_alone(const Problem& problem, ClassId of, std::int64_t count, ClassId& own,
                                    const GangChanges::Detours& detours) {
    const Workload& all = problem.workload();
    std::vector<Workload::Shape> raws;
    std::vector<Problem::Shape> shapes;
    std::vector<Workload::Class> classes;
    std::vector<Bond> bonds;
    Buffer<double> demand;
    const auto add = [&](ClassId from, std::int64_t members, const Problem::Shape& shape) {
        if (members == 0) return;
        Workload::Class c = all.classes()[from.at()];
        raws.push_back(all.shapes()[c.shape.at()]);
        for (const double asked : all.demand(c.shape)) demand.push_back(asked);
        c.shape = ShapeId(shapes.size());
        c.members = members;
        shapes.push_back(shape);
        classes.push_back(c);
        bonds.push_back(all.bond(from));
    };
    for (std::size_t c = 0; c < all.classes().size(); ++c) {
        const ClassId id(c);
        if (problem.bond(id).gang != problem.bond(of).gang) continue;
        const Problem::Shape& shape = problem.shape(all.classes()[c].shape);
        if (id != of) {
            add(id, all.classes()[c].members, shape);
            continue;
        }
        own = ClassId(classes.size());
        add(id, count, least_of(shape, problem.rules().size()));
        add(id, all.classes()[c].members - count, shape);
    }
    auto workload =
        std::make_shared<const Workload>(all, raws, std::move(demand), std::move(classes), std::move(bonds));
    Problem::More more{{problem.rule_of({}, {}, {})}, {}};
    for (const auto& routes : {detours.without_require, detours.without_forbid})
        if (routes) more.policies.push_back(routes);
    return std::make_shared<Problem>(problem, std::move(workload), shapes, std::move(more));
}

/// How many thousandths of a device a step is: from none to one, then whole ones; and the step of so many.
constexpr Quantity share_of(Quantity step) {
    return step < kWholeDevice ? step : (step - kWholeDevice + 1) * kWholeDevice;
}
constexpr Quantity step_of(Quantity share) {
    return share < kWholeDevice ? share : share / kWholeDevice + kWholeDevice - 1;
}
static_assert(share_of(999) == 999 && share_of(1000) == 1000 && share_of(1001) == 2000);
static_assert(step_of(999) == 999 && step_of(1000) == 1000 && step_of(2000) == 1001);

}  // namespace

GangChanges::GangChanges(const Problem& problem, const Left& left, ClassId of, std::int64_t count,
                         const Detours& detours, Control& control)
    : problem_(problem),
      shape_(shape_of(problem, of)),
      detours_(detours),
      gang_(gang_alone(problem, of, count, own_, detours)) {
    const auto there = [&](PoolId pool) {
        std::vector<PoolState::Wish> wishes;
        for (const Holdings::Held& held : left.holdings.of(pool)) wishes.push_back(left.holdings.wish(held));
        sort_wishes(wishes);
        return wishes;
    };
    const auto may_load = [&](SiteId site) { return left.models.window_left(site); };
    search_.emplace(std::make_shared<const Groundwork>(*gang_, control),
                    slots_beside(*gang_, there, left.loads, may_load), left.spreads);
    search_->start(own_);
}

std::optional<GangSearch::Found> GangChanges::find(Quantity least, Quantity limit, int sign, const Set& set) {
    const auto shape_for = [&](Quantity number) {
        Problem::Shape shape = shape_;
        set(shape, sign * number);
        return shape;
    };
    return search_->with_shape(own_, least, limit, shape_for, *control_);
}

void GangChanges::less(Change::Of of, std::size_t at, Quantity from, Quantity least, const Set& set) {
    if (from <= least) return;
    if (const auto found = find(least, from - 1, 1, set))
        findings_->offer(of, at, from, found->number, {found->pool, found->slot});
}

void GangChanges::more(Change::Of of, Quantity from, const Set& set) {
    if (from >= Findings::kMostSettable) return;
    if (const auto found = find(-Findings::kMostSettable, -(from + 1), -1, set))
        findings_->offer(of, 0, from, -found->number, {found->pool, found->slot});
}

void GangChanges::offer(bool one_bandwidth, Findings& findings, Control& control) {
    findings_ = &findings;
    control_ = &control;
    offer_amounts(one_bandwidth);
    if (shape_.device_demand != 0) offer_devices();
    if ((problem_.disabled_rules() & kRuleLabel) == 0) {
        offer_labels(kRequire, Of::kRequire);
        offer_labels(kAnyOf, Of::kAnyOf);
        offer_labels(kForbid, Of::kForbid);
    }
    auto policy = static_cast<std::uint32_t>(problem_.policies().size());
    if (detours_.without_require) offer_detour(kTransitRequire, Of::kTransitRequire, policy++);
    if (detours_.without_forbid) offer_detour(kTransitForbid, Of::kTransitForbid, policy);
}

void GangChanges::offer_amounts(bool one_bandwidth) {
    using Shape = Problem::Shape;
    const Schema& schema = gang_->fleet().schema();
    for (std::size_t d = 0; d < schema.resources.size(); ++d)
        if (!schema.is_of_devices(d))
            less(Of::kDemand, d, shape_.demand[d], 0,
                 [d](Shape& shape, Quantity to) { shape.demand[d] = to; });
    const auto up = [&](Shape& shape, Quantity to) {
        shape.uplink = to;
        if (shape_.demand[schema.line_down()] > 0) shape.demand[schema.line_down()] = to;
    };
    const auto down = [&](Shape& shape, Quantity to) {
        shape.downlink = to;
        if (shape_.demand[schema.line_up()] > 0) shape.demand[schema.line_up()] = to;
    };
    const auto both = [&](Shape& shape, Quantity to) {
        up(shape, to);
        down(shape, to);
    };
    if (one_bandwidth) {
        less(Of::kBandwidth, 0, shape_.uplink, 0, both);
    } else {
        less(Of::kUplink, 0, shape_.uplink, 0, up);
        less(Of::kDownlink, 0, shape_.downlink, 0, down);
    }
    less(Of::kDuration, 0, shape_.duration_ns, 1,
         [](Shape& shape, Quantity to) { shape.duration_ns = to; });  // 0 would be open-ended
    more(Of::kMaxRtt, shape_.max_rtt_ns, [](Shape& shape, Quantity to) { shape.max_rtt_ns = to; });
    if (shape_.model != kNoModel)
        more(Of::kMaxWait, shape_.max_wait_ns, [](Shape& shape, Quantity to) { shape.max_wait_ns = to; });
}

void GangChanges::offer_devices() {
    const Schema& schema = gang_->fleet().schema();
    const DeviceDemand asked = problem_.device_demands()[shape_.device_demand];
    const auto fewer = [&](Problem::Shape& shape, Quantity step) {
        ask_devices(shape, {share_of(step), asked.each});
    };
    if (const auto found = find(0, step_of(asked.share) - 1, 1, fewer))
        findings_->offer(Of::kDemand, schema.devices, asked.share, share_of(found->number),
                         {found->pool, found->slot});
    for (std::size_t d = schema.devices + 1; d < schema.resources.size(); ++d)
        less(Of::kDemand, d, asked.each[d], 0, [&](Problem::Shape& shape, Quantity to) {
            DeviceDemand demand = asked;
            demand.each[d] = to;
            ask_devices(shape, demand);
        });
}

/// Weights of shares stay 0: what fits on devices keeps to them.
void GangChanges::ask_devices(Problem::Shape& shape, const DeviceDemand& demand) {
    const Schema& schema = gang_->fleet().schema();
    const std::int64_t devices = devices_used(demand.share);
    shape.device_demand = devices == 0 ? 0 : gang_->add(demand);
    shape.demand[schema.devices] = demand.share;
    for (std::size_t d = schema.devices + 1; d < schema.resources.size(); ++d)
        shape.demand[d] = demand.each[d] * devices;
    if (schema.has_device_weights()) shape.demand[schema.device_weights()] = 0;
}

const GangChanges::Names& GangChanges::names(LabelRole role) const {
    const Workload& workload = gang_->workload();
    const ShapeId shape = workload.classes()[own_.at()].shape;
    return workload.label_sets()[workload.shapes()[shape.at()].label_set[role]];
}

void GangChanges::offer_labels(LabelRole role, Of of) {
    const std::size_t count = names(role).size();
    constexpr std::uint64_t kAll = ~std::uint64_t{0};
    const bool goes_whole = role == kAnyOf || count > kMostNames;
    if (count == 0 || !offer_without(role, of, kAll)) return;
    for (std::size_t size = 1; size < count && !goes_whole; ++size)
        for (std::uint64_t gone = 1; gone < std::uint64_t{1} << count; ++gone)
            if (static_cast<std::size_t>(std::popcount(gone)) == size && offer_without(role, of, gone))
                return;
}

/// Names a column without some of its names, a bit each, if that will do.
bool GangChanges::offer_without(LabelRole role, Of of, std::uint64_t gone) {
    std::array<Names, kForbid + 1> kept{names(kRequire), names(kAnyOf), names(kForbid)};
    Names dropped;
    std::size_t at = 0;
    std::erase_if(kept[role], [&](const std::string& name) {
        const bool goes = (gone >> std::min<std::size_t>(at++, 63) & 1) != 0;
        if (goes) dropped.push_back(name);
        return goes;
    });
    const std::uint32_t rule = gang_->add(gang_->rule_of(kept[kRequire], kept[kAnyOf], kept[kForbid]));
    const auto found = find(1, 1, 1, [&](Problem::Shape& shape, Quantity) { shape.rule = rule; });
    if (found) offer_names(of, dropped, *found);
    return found.has_value();
}

void GangChanges::offer_detour(LabelRole role, Of of, std::uint32_t policy) {
    if (const auto found = find(1, 1, 1, [&](Problem::Shape& shape, Quantity) { shape.policy = policy; }))
        offer_names(of, names(role), *found);
}

void GangChanges::offer_names(Of of, const Names& gone, const GangSearch::Found& found) {
    if (auto* dropped = findings_->offer_names(of, gone.size(), {found.pool, found.slot})) *dropped = gone;
}

}  // namespace gigafleet
