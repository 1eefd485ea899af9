#include "gigafleet/gang_changes.hpp"

#include <utility>
#include <vector>

#include "gigafleet/model_bonds.hpp"

namespace gigafleet {

namespace {

/// What asks for no more than any change of the shape.
Problem::Shape least_of(Problem::Shape shape, const Schema& schema) {
    for (std::size_t d = 0; d < schema.dimensions(); ++d)
        if (!schema.is_of_devices(d)) shape.demand[d] = 0;
    shape.uplink = shape.downlink = 0;
    shape.max_rtt_ns = shape.max_wait_ns = kUnlimited;
    return shape;
}

/// The gang of a class: `count` of its members, the row, ask for the least, its others and other classes for
/// what they do. Bonds keep their numbers. `own`: becomes the class of the row.
std::shared_ptr<const Problem> gang_alone(const Problem& problem, ClassId of, std::int64_t count,
                                          ClassId& own) {
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
        add(id, count, least_of(shape, problem.fleet().schema()));
        add(id, all.classes()[c].members - count, shape);
    }
    auto workload =
        std::make_shared<const Workload>(all, raws, std::move(demand), std::move(classes), std::move(bonds));
    return std::make_shared<const Problem>(problem, std::move(workload), shapes);
}

}  // namespace

GangChanges::GangChanges(const Problem& problem, const Left& left, ClassId of, std::int64_t count,
                         Control& control)
    : shape_(problem.shape(problem.workload().classes()[of.at()].shape)),
      gang_(gang_alone(problem, of, count, own_)) {
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
    using Of = Change::Of;
    using Shape = Problem::Shape;
    findings_ = &findings;
    control_ = &control;
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

}  // namespace gigafleet
