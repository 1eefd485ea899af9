#include "gigafleet/workload.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "gigafleet/error.hpp"

namespace gigafleet {

namespace {

Quantity read(const Column& column, std::int64_t row, double resolution, Rounding rounding, bool unlimited) {
    return quantise(column.as_double(row), resolution, rounding, unlimited, column.name(),
                    column.error_row(row));
}

/// A number for each group: site by site, so that what is near in the network is near in memory; those of one
/// site as they came.
std::vector<std::uint32_t> site_by_site(const std::vector<Fold::Group>& groups, std::size_t sites) {
    std::vector<std::uint32_t> next(sites + 1, 0), number(groups.size());
    for (const Fold::Group& group : groups) ++next[group.where + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    std::ranges::transform(groups, number.begin(), [&](const auto& group) { return next[group.where]++; });
    return number;
}

}  // namespace

Workload::Workload(const Network& network, std::int64_t rows, const TaskColumns& columns, int threads,
                   Control& control)
    : rows_(rows), count_(columns.count), resources_(columns.resources) {
    if (rows > kMaxRows)
        throw InputError("tasks", kNoRow, std::to_string(rows) + " rows",
                         "fewer than 4294967295; rows that are alike can be one row with a count");
    std::vector<const Column*> what;
    for (const Column& column : columns.demand) what.push_back(&column);
    for (const Column* column : {&columns.weight, &columns.priority, &columns.uplink_mbps,
                                 &columns.downlink_mbps, &columns.max_rtt_ms, &columns.duration_s})
        what.push_back(column);
    for (const LabelColumn& labels : columns.labels) what.push_back(&labels.codes);

    Fold fold = fold_rows(what, columns.origin, static_cast<std::int64_t>(network.site_count()),
                          columns.count, rows, threads, control);
    class_of_row_ = std::move(fold.group_of_row);
    shapes_.reserve(fold.first_row_of_what.size());
    std::set<std::int64_t> priorities;
    for (const std::int64_t row : fold.first_row_of_what) {
        shapes_.push_back(read_shape(columns, row));
        priorities.insert(shapes_.back().priority);
        if (priorities.size() > kMaxPriorities)
            throw InputError(columns.priority.name(), row, "a 17th level", "at most 16 levels that differ");
    }
    intern_labels(columns);

    std::int64_t kept = 0;  // rows of a count of at least 1
    const std::vector<std::uint32_t> number = site_by_site(fold.groups, network.site_count());
    class_of_row_.renumber(number);
    classes_.resize(fold.groups.size());
    for (std::size_t g = 0; g < fold.groups.size(); ++g) {
        const Fold::Group& group = fold.groups[g];
        classes_[number[g]] = {ShapeId(group.what), SiteId(group.where), group.members, group.first_row};
        kept += group.rows;
        if (__builtin_add_overflow(members_, group.members, &members_))
            throw InputError(columns.count.name(), kNoRow, "more than 2^63 - 1 tasks", "fewer");
    }
    single_ = kept == rows && members_ == rows;
}

Workload::Workload(const Workload& of, std::vector<Shape> shapes, std::vector<Class> classes)
    : rows_(0),
      count_(of.count_),
      resources_(of.resources_),
      shapes_(std::move(shapes)),
      classes_(std::move(classes)),
      label_sets_(of.label_sets_) {
    for (const Class& c : classes_) members_ += c.members;
}

Workload::Shape Workload::read_shape(const TaskColumns& columns, std::int64_t row) const {
    Shape shape{};
    shape.first_row = row;
    for (const Column& column : columns.demand) {
        read(column, row, kDefaultResolution, Rounding::kUp, false);
        shape.demand.push_back(column.as_double(row));
    }
    shape.uplink = read(columns.uplink_mbps, row, kMbpsResolution, Rounding::kUp, false);
    shape.downlink = read(columns.downlink_mbps, row, kMbpsResolution, Rounding::kUp, false);
    shape.uplink_floor = read(columns.uplink_mbps, row, kMbpsResolution, Rounding::kDown, false);
    shape.downlink_floor = read(columns.downlink_mbps, row, kMbpsResolution, Rounding::kDown, false);
    shape.max_rtt_ns = read(columns.max_rtt_ms, row, kTimeResolutionMs, Rounding::kDown, true);
    shape.duration_ns = read(columns.duration_s, row, kTimeResolutionS, Rounding::kUp, false);
    shape.weight = read(columns.weight, row, kDefaultResolution, Rounding::kUp, false);
    if (shape.weight <= 0)
        throw InputError(columns.weight.name(), columns.weight.error_row(row), "0", "a number > 0");
    shape.weight_unit = shape.weight;
    shape.priority = columns.priority.as_int64(row);
    return shape;
}

void Workload::intern_labels(const TaskColumns& columns) {
    std::map<std::vector<std::string>, std::uint32_t> numbers;
    for (std::size_t role = 0; role < kLabelRoles; ++role) {
        const LabelColumn& labels = columns.labels[role];
        std::map<std::uint64_t, std::uint32_t> of_code;
        for (Shape& shape : shapes_) {
            const std::uint64_t code = labels.code(shape.first_row);
            auto it = of_code.find(code);
            if (it == of_code.end()) {
                const auto [set, fresh] = numbers.try_emplace(labels.row(shape.first_row), numbers.size());
                if (fresh) label_sets_.push_back(set->first);
                it = of_code.emplace(code, set->second).first;
            }
            shape.label_set[role] = it->second;
        }
    }
}

}  // namespace gigafleet
