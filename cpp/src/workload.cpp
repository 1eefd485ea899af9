#include "gigafleet/workload.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/error_text.hpp"
#include "gigafleet/fold_apart.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kFewShapes = 10'000;  // read before a thread has started
constexpr std::int64_t kManyShapes = 10'000;
constexpr std::int64_t kShards = 64;

Quantity read(const Column& column, std::int64_t row, double resolution, Rounding rounding, bool unlimited) {
    return quantise(column.as_double(row), resolution, rounding, unlimited, column.name(),
                    column.error_row(row));
}

/// A number for each group: site by site, so that what is near in the network is near in memory; those of one
/// site as they came.
std::vector<std::uint32_t> site_by_site(std::span<const Fold::Group> groups, std::size_t sites) {
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
    if (columns.max_wait_s) what.push_back(&*columns.max_wait_s);
    std::optional<NarrowColumn> model;  // a second level: models go with any group
    if (columns.model) model = NarrowColumn::of(*columns.model, rows, threads);
    if (columns.model && !model) what.push_back(&*columns.model);

    auto places = columns.bonds ? read_bonds(network, rows, columns.origin, *columns.bonds, threads, control)
                                : std::nullopt;
    const std::size_t sites = network.site_count(), beyond = places ? places->beyond.size() : 0;
    Fold fold = fold_rows(what, places ? places->column(columns.origin) : columns.origin,
                          static_cast<std::int64_t>(sites + beyond), static_cast<std::int64_t>(sites),
                          columns.count, rows, threads, control);
    if (model) fold = tell_apart(std::move(fold), *model, columns.count, threads);
    std::vector<Bond> bond_of_group(beyond > 0 ? fold.groups.size() : 0);
    for (std::size_t g = 0; g < bond_of_group.size(); ++g) {
        Fold::Group& group = fold.groups[g];
        if (group.where < sites) continue;
        const auto& [site, bond] = places->beyond[group.where - sites];
        group.where = site.value;
        bond_of_group[g] = bond;
    }
    class_of_row_ = std::move(fold.group_of_row);
    const std::vector<std::uint32_t> number = site_by_site(fold.groups, network.site_count());
    class_of_row_.renumber(number);
    // Where every row is a shape of its own, shapes are numbered as classes: what reads both walks the
    // memory.
    if (rows > kManyShapes && fold.first_row_of_what.size() == static_cast<std::size_t>(rows))
        for (std::size_t g = 0; g < number.size(); ++g) {
            fold.groups[g].what = number[g];
            fold.first_row_of_what[number[g]] = fold.groups[g].first_row;
        }
    read_shapes(columns, fold.first_row_of_what, threads);
    intern_labels(columns);

    std::int64_t kept = 0;  // rows of a count of at least 1
    classes_.resize(fold.groups.size());
    for (std::size_t g = 0; g < fold.groups.size(); ++g) {
        const Fold::Group& group = fold.groups[g];
        classes_[number[g]] = {ShapeId(group.what), SiteId(group.where), group.members, group.first_row};
        kept += group.rows;
        if (__builtin_add_overflow(members_, group.members, &members_))
            throw InputError(columns.count.name(), kNoRow, "more than 2^63 - 1 tasks", "fewer");
    }
    single_ = kept == rows && members_ == rows;
    if (bond_of_group.empty()) return;
    bonds_ = std::move(places->bonds);
    bond_of_class_.resize(classes_.size());
    for (std::size_t g = 0; g < number.size(); ++g) bond_of_class_[number[g]] = bond_of_group[g];
    check_gangs(columns);
}

/// A gang is placed at one level of priority.
void Workload::check_gangs(const TaskColumns& columns) const {
    std::vector<std::uint32_t> first(bonds_.gangs.size(), UINT32_MAX);
    for (std::uint32_t c = 0; c < classes_.size(); ++c) {
        const std::uint32_t gang = bond_of_class_[c].gang;
        if (gang == Bond::kNone) continue;
        if (first[gang] == UINT32_MAX) first[gang] = c;
        const Class &own = classes_[c], &other = classes_[first[gang]];
        if (shapes_[own.shape.at()].priority == shapes_[other.shape.at()].priority) continue;
        const std::int64_t row = std::max(own.first_row, other.first_row);
        throw InputError(columns.priority.name(), row, columns.priority.integer_text(row),
                         "the same in all rows of gang " + std::to_string(bonds_.gangs[gang].id));
    }
}

Workload::Workload(const Workload& of, std::span<const Shape> shapes, Buffer<double> demand,
                   std::vector<Class> classes, std::vector<Bond> bond_of_class)
    : rows_(0),
      count_(of.count_),
      resources_(of.resources_),
      shapes_(shapes.begin(), shapes.end()),
      demand_(std::move(demand)),
      classes_(std::move(classes)),
      label_sets_(of.label_sets_),
      bond_of_class_(std::move(bond_of_class)) {
    if (has_bonds()) bonds_ = of.bonds_;
    for (const Class& c : classes_) members_ += c.members;
}

Workload::Workload(const Workload& of, std::vector<Class> classes, RowGroups class_of_row,
                   std::vector<Bond> bond_of_class)
    : rows_(of.rows_),
      single_(of.single_),
      count_(of.count_),
      resources_(of.resources_),
      shapes_(of.shapes_),
      demand_(of.demand_),
      classes_(std::move(classes)),
      label_sets_(of.label_sets_),
      class_of_row_(std::move(class_of_row)),
      bond_of_class_(std::move(bond_of_class)) {
    if (has_bonds()) bonds_ = of.bonds_;
    for (const Class& c : classes_) members_ += c.members;
}

/// `rows`: the first of each shape.
void Workload::read_shapes(const TaskColumns& columns, std::span<const std::int64_t> rows, int threads) {
    shapes_.resize(rows.size());
    demand_.resize(rows.size() * columns.demand.size());
    const std::int64_t shards = rows.size() < kFewShapes ? 1 : kShards;
    parallel_for(threads, shards, [&](std::int64_t shard) {
        const auto [first, last] = shard_range(static_cast<std::int64_t>(rows.size()), shards, shard);
        const Shape* known = nullptr;
        double* demand = demand_.data() + static_cast<std::size_t>(first) * columns.demand.size();
        for (auto s = static_cast<std::size_t>(first); s < static_cast<std::size_t>(last); ++s) {
            for (const Column& column : columns.demand) {
                read(column, rows[s], kDefaultResolution, Rounding::kUp, false);
                *demand++ = column.as_double(rows[s]);
            }
            shapes_[s] = read_shape(columns, rows[s], known);
            known = &shapes_[s];
        }
    });
    std::set<std::int64_t> priorities;
    for (std::size_t s = 0; s < rows.size(); ++s) {
        if (s > 0 && shapes_[s].priority == shapes_[s - 1].priority) continue;
        priorities.insert(shapes_[s].priority);
        if (priorities.size() > kMaxPriorities)
            throw InputError(columns.priority.name(), rows[s], "a 17th level",
                             "at most 16 levels that differ");
    }
}

/// `known`: the shape of another row, which has all that scalars say. None: read those, too.
Workload::Shape Workload::read_shape(const TaskColumns& columns, std::int64_t row, const Shape* known) {
    Shape shape = known ? *known : Shape{};
    shape.first_row = row;
    const auto differs = [&](const Column& column) { return !known || !column.is_scalar(); };
    const auto mbps = [&](const Column& column, Quantity& up, Quantity& down) {
        if (!differs(column)) return;
        up = read(column, row, kMbpsResolution, Rounding::kUp, false);
        down = read(column, row, kMbpsResolution, Rounding::kDown, false);
    };
    mbps(columns.uplink_mbps, shape.uplink, shape.uplink_floor);
    mbps(columns.downlink_mbps, shape.downlink, shape.downlink_floor);
    if (differs(columns.max_rtt_ms))
        shape.max_rtt_ns = read(columns.max_rtt_ms, row, kTimeResolutionMs, Rounding::kDown, true);
    if (differs(columns.duration_s))
        shape.duration_ns = read(columns.duration_s, row, kTimeResolutionS, Rounding::kUp, false);
    if (differs(columns.weight)) {
        if (const double weight = columns.weight.as_double(row); !(weight > 0))
            throw InputError(columns.weight.name(), columns.weight.error_row(row), text_of(weight),
                             "a number > 0");
        shape.weight = read(columns.weight, row, kDefaultResolution, Rounding::kUp, false);
        shape.weight_unit = shape.weight;
    }
    if (columns.model && differs(*columns.model)) {
        const std::int64_t model = columns.model->as_int64(row);
        if (model < -1 || model > INT32_MAX)
            throw InputError(columns.model->name(), columns.model->error_row(row), std::to_string(model),
                             "a position in a table of models, or -1");
        shape.model = static_cast<std::int32_t>(model);
    }
    if (columns.max_wait_s && differs(*columns.max_wait_s))
        shape.max_wait_ns = read(*columns.max_wait_s, row, kTimeResolutionS, Rounding::kDown, true);
    if (differs(columns.priority)) shape.priority = columns.priority.as_int64(row);
    return shape;
}

void Workload::intern_labels(const TaskColumns& columns) {
    std::map<std::vector<std::string>, std::uint32_t> numbers;
    for (std::size_t role = 0; role < kLabelRoles; ++role) {
        const LabelColumn& labels = columns.labels[role];
        std::map<std::uint64_t, std::uint32_t> of_code;
        auto it = of_code.end();
        for (Shape& shape : shapes_) {
            const std::uint64_t code = labels.code(shape.first_row);
            if (it == of_code.end() || it->first != code) it = of_code.find(code);
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
