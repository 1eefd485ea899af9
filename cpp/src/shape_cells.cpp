#include "gigafleet/shape_cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

namespace gigafleet {

namespace {

constexpr std::size_t kSample = 1 << 15;
constexpr double kLimitRatio =
    0.4;  // of the tolerance, as a power: limits shut nodes out, so keep them close
constexpr std::size_t kUplink = kMaxDimensions, kDownlink = kUplink + 1, kLimit = kUplink + 2,
                      kDuration = kUplink + 3, kWeight = kUplink + 4;

}  // namespace

struct ShapeCells::Box {
    std::vector<std::uint32_t> points;
    std::uint32_t split = 0;  ///< its number
    std::size_t axis = 0;     ///< the widest
    double width = 0;         ///< in tolerances; at most 1: small enough
    double worth = 0;         ///< of cutting it
};

ShapeCells::Key ShapeCells::key_of(const Problem::Shape& shape) {
    const std::int64_t wait_ns = shape.model == kNoModel ? 0 : shape.max_wait_ns;
    return {shape.priority,         shape.rule,  shape.policy, shape.device_demand,
            shape.duration_ns == 0, shape.model, wait_ns};
}

Quantity ShapeCells::value(const Problem::Shape& shape, std::size_t axis) {
    return axis < kMaxDimensions ? shape.demand[axis]
           : axis == kUplink     ? shape.uplink
           : axis == kDownlink   ? shape.downlink
           : axis == kLimit      ? shape.max_rtt_ns
           : axis == kDuration   ? shape.duration_ns
                                 : shape.weight;
}

ShapeCells::ShapeCells(const Problem& problem, std::span<const ShapeId> shapes, const Grain& grain)
    : ratio_(grain.ratio) {
    for (const ShapeId id : shapes)
        if (const Key key = key_of(problem.shape(id)); keys_.empty() || keys_.back() != key) {
            const auto at = std::ranges::lower_bound(keys_, key);
            if (at == keys_.end() || *at != key) keys_.insert(at, key);
        }
    const auto root_of = [&](const Problem::Shape& shape) {
        return static_cast<std::size_t>(std::ranges::lower_bound(keys_, key_of(shape)) - keys_.begin());
    };
    const std::size_t step = 1 + shapes.size() / kSample;
    std::vector<Box> roots(keys_.size());
    for (std::size_t i = 0; i < shapes.size(); i += step) {
        const Problem::Shape& shape = problem.shape(shapes[i]);
        roots[root_of(shape)].points.push_back(static_cast<std::uint32_t>(points_.size()));
        Point& point = points_.emplace_back();
        for (std::size_t axis = 0; axis < kAxes; ++axis) {
            const auto amount = static_cast<float>(value(shape, axis));
            point[axis] = std::log2(amount + 1);
        }
    }
    for (std::size_t axis = 0; axis < kAxes; ++axis)
        if (std::ranges::any_of(points_, [&](const Point& p) { return p[axis] != points_[0][axis]; }))
            axes_.push_back(axis);

    const auto less = [](const Box& a, const Box& b) {
        return a.worth != b.worth ? a.worth < b.worth : a.split > b.split;
    };
    std::priority_queue<Box, std::vector<Box>, decltype(less)> boxes(less);
    for (std::size_t r = 0; r < roots.size(); ++r) {
        roots[r].split = static_cast<std::uint32_t>(r);
        splits_.push_back({kLeaf, 0, 0});
        measure(roots[r]);
        boxes.push(std::move(roots[r]));
    }
    while (!boxes.empty() && boxes.size() < grain.most && boxes.top().width > 1) {
        Box box = boxes.top(), upper;
        boxes.pop();
        if (cut(box, upper)) boxes.push(std::move(upper));
        boxes.push(std::move(box));
    }
    for (Split& split : splits_)
        if (split.axis == kLeaf) split.below = static_cast<std::uint32_t>(cells_++);
    points_ = {};
}

void ShapeCells::measure(Box& box) const {
    box.width = 0;
    for (const std::size_t axis : axes_) {
        float least = std::numeric_limits<float>::infinity(), most = -least;
        for (const std::uint32_t p : box.points) {
            least = std::min(least, points_[p][axis]);
            most = std::max(most, points_[p][axis]);
        }
        const double tolerance = std::log2(ratio_) * (axis == kLimit ? kLimitRatio : 1);
        const double width = (most - least) / tolerance;
        if (width <= box.width) continue;
        box.width = width;
        box.axis = axis;
    }
    box.worth = box.width <= 1 ? 0 : box.width * box.width * static_cast<double>(box.points.size());
}

/// Leaves in `box` what is below the cut.
bool ShapeCells::cut(Box& box, Box& upper) {
    const auto at = [&](std::uint32_t p) { return points_[p][box.axis]; };
    std::ranges::sort(
        box.points, [&](std::uint32_t a, std::uint32_t b) { return at(a) != at(b) ? at(a) < at(b) : a < b; });
    // A wide gap, and near the middle rather than at an end.
    const std::size_t n = box.points.size();
    std::size_t best = 0;
    double most = 0;
    for (std::size_t i = 1; i < n; ++i) {
        const double gap = at(box.points[i]) - at(box.points[i - 1]);
        const double score = gap * std::sqrt(static_cast<double>(std::min(i, n - i)));
        if (score > most) {
            most = score;
            best = i;
        }
    }
    if (best == 0) {
        box.width = box.worth = 0;
        return false;
    }
    const auto first = static_cast<std::uint32_t>(splits_.size());
    const float middle = (at(box.points[best - 1]) + at(box.points[best])) / 2;
    splits_[box.split] = {static_cast<std::uint32_t>(box.axis), first,
                          static_cast<Quantity>(std::min(std::exp2(double{middle}), 0x1p62))};
    splits_.resize(first + 2, {kLeaf, 0, 0});
    upper.points.assign(box.points.begin() + static_cast<std::ptrdiff_t>(best), box.points.end());
    box.points.resize(best);
    box.split = first;
    upper.split = first + 1;
    measure(box);
    measure(upper);
    return true;
}

std::uint32_t ShapeCells::of(const Problem::Shape& shape) const {
    const auto key = std::ranges::lower_bound(keys_, key_of(shape));
    Split split = splits_[static_cast<std::size_t>(key - keys_.begin())];
    while (split.axis != kLeaf) split = splits_[split.below + (value(shape, split.axis) >= split.at)];
    return split.below;
}

}  // namespace gigafleet
