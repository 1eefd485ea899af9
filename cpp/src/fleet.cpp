#include "gigafleet/fleet.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>

#include "gigafleet/error.hpp"
#include "gigafleet/fold.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kSampleRows = 4096;
constexpr std::size_t kManyValues = 32;

/// True where an evenly spread sample of the rows shows a continuous quantity: many values, or hardly two
/// nodes alike. Nodes count, not rows, so that a row of three and three rows of one look the same.
bool looks_continuous(const Column& column, const Column& count, std::int64_t rows) {
    if (column.is_scalar() || rows < 2) return false;
    const std::int64_t sampled = std::min(rows, kSampleRows);
    std::unordered_set<double> values;
    double nodes = 0;
    for (std::int64_t i = 0; i < sampled; ++i) {
        const std::int64_t row = shard_range(rows, sampled, i).first;
        const double alike = count.as_double(row);
        if (!(alike > 0)) continue;
        nodes += alike;
        values.insert(column.as_double(row));
        if (values.size() > kManyValues) return true;
    }
    return 2 * static_cast<double>(values.size()) > nodes && values.size() > 1;
}

}  // namespace

const Column& Fleet::dimension_column(const NodeColumns& columns, std::size_t dimension) const {
    if (dimension < schema_.resources.size()) return columns.capacity[dimension];
    return dimension == schema_.line_down() ? columns.link_down_mbps : columns.link_up_mbps;
}

double Fleet::dimension_resolution(std::size_t dimension) const {
    return dimension < schema_.resources.size() ? schema_.resources[dimension].resolution : kMbpsResolution;
}

Fleet::Fleet(const Network& network, Schema schema, std::int64_t rows, const NodeColumns& columns,
             int threads, Control& control)
    : schema_(std::move(schema)), rows_(rows) {
    if (rows >= std::int64_t{UINT32_MAX})
        throw InputError("nodes", kNoRow, std::to_string(rows) + " rows",
                         "fewer than 4294967295; rows that are alike can be one row with a count");
    detect_varied(columns);

    std::vector<const Column*> what{&columns.labels.codes, &columns.access_rtt_ms};
    for (std::size_t d = 0; d < schema_.dimensions(); ++d)
        if (!is_varied(d)) what.push_back(&dimension_column(columns, d));
    for (const Column& column : columns.price) what.push_back(&column);
    Fold fold = fold_rows(what, columns.site, static_cast<std::int64_t>(network.site_count()), columns.count,
                          rows, threads, control);
    read_kinds(columns, fold.first_row_of_what);

    // Site by site, so that what is near in the network is near in memory.
    std::vector<std::uint32_t> order(fold.groups.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(
        order, {}, [&](std::uint32_t g) { return std::pair(fold.groups[g].where, fold.groups[g].what); });
    std::vector<std::int64_t> next(order.size());  // by group: where its next entry goes
    pools_.reserve(order.size());
    std::int64_t entry = 0;
    for (const std::uint32_t g : order) {
        const Fold::Group& group = fold.groups[g];
        next[g] = entry;
        pools_.push_back({SiteId(group.where), KindId(group.what), entry, group.rows, group.members,
                          kinds_[group.what].capacity, 0});
        entry += group.rows;
        if (__builtin_add_overflow(members_, group.members, &members_))
            throw InputError(columns.count.name(), kNoRow, "more than 2^63 - 1 nodes", "fewer");
    }
    rows_by_pool_.resize(static_cast<std::size_t>(entry));
    if (members_ != entry) slot_begin_.resize(static_cast<std::size_t>(entry));
    scatter_entries(columns, fold.group_of_row, std::move(next), threads, control);
    sort_entries(threads);
    sum_entries(columns, threads);
}

void Fleet::detect_varied(const NodeColumns& columns) {
    for (std::size_t d = 0; d < schema_.dimensions(); ++d)
        if (looks_continuous(dimension_column(columns, d), columns.count, rows_)) varied_mask_ |= 1u << d;
}

void Fleet::read_kinds(const NodeColumns& columns, std::span<const std::int64_t> first_rows) {
    std::map<std::string, int> bits;
    for (const std::int64_t row : first_rows) {
        Kind kind{};
        for (std::size_t d = 0; d < schema_.dimensions(); ++d) {
            if (is_varied(d)) continue;
            const Column& column = dimension_column(columns, d);
            kind.capacity[d] = quantise(column.as_double(row), dimension_resolution(d), Rounding::kDown, true,
                                        column.name(), column.error_row(row));
        }
        for (std::size_t r = 0; r < schema_.resources.size(); ++r) {
            kind.price[r] = columns.price[r].as_double(row);
            if (!(kind.price[r] - kind.price[r] == 0))
                throw InputError(columns.price[r].name(), columns.price[r].error_row(row),
                                 std::to_string(kind.price[r]), "a finite number");
        }
        kind.access_rtt_ns =
            quantise(columns.access_rtt_ms.as_double(row), kTimeResolutionMs, Rounding::kUp, false,
                     columns.access_rtt_ms.name(), columns.access_rtt_ms.error_row(row));
        for (const std::string& name : columns.labels.row(row)) {
            const auto [it, fresh] = bits.try_emplace(name, static_cast<int>(bits.size()));
            if (fresh) vocabulary_.push_back(name);
            if (vocabulary_.size() > kMaxLabels)
                throw InputError(columns.labels.name, row, "a 65th label, \"" + name + "\"",
                                 "at most 64 labels");
            kind.labels |= std::uint64_t{1} << it->second;
        }
        kinds_.push_back(kind);
    }
}

std::int64_t Fleet::entry_of_slot(const Pool& pool, std::int64_t slot) const {
    if (slot_begin_.empty()) return pool.first_entry + slot;
    const auto begin = slot_begin_.begin() + pool.first_entry;
    return pool.first_entry + (std::upper_bound(begin, begin + pool.entries, slot) - begin) - 1;
}

std::int64_t Fleet::first_slot_staying(const Pool& pool, std::int64_t duration_ns) const {
    if (available_.empty()) return available_all_ >= duration_ns ? 0 : pool.slots;
    const auto begin = available_.begin() + pool.first_entry;
    if (pool.entries > 0 && *begin >= duration_ns) return 0;
    const auto found = std::lower_bound(begin, begin + pool.entries, duration_ns) - begin;
    return found == pool.entries ? pool.slots : slot_of_entry(pool, pool.first_entry + found);
}

Amounts Fleet::capacity(const Pool& pool, std::int64_t entry) const {
    Amounts amounts = kinds_[pool.kind.at()].capacity;
    if (any_varied())
        for (std::size_t d = 0; d < schema_.dimensions(); ++d)
            if (is_varied(d)) amounts[d] = varied_[d][static_cast<std::size_t>(entry)];
    return amounts;
}

}  // namespace gigafleet
