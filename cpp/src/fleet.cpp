#include "gigafleet/fleet.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <numeric>

#include "gigafleet/error.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/read_quantities.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kSampleRows = 4096;
constexpr std::size_t kManyValues = 32;

/// True where an evenly spread sample of the rows shows a continuous quantity: many values, or hardly two
/// nodes alike. Nodes count, not rows, so that a row of three and three rows of one look the same.
bool looks_continuous(const Column& column, const Column& count, std::int64_t rows) {
    if (column.is_scalar() || rows < 2) return false;
    const std::int64_t sampled = std::min(rows, kSampleRows);
    std::vector<double> values;  // few, or it ends
    double nodes = 0;
    for (std::int64_t i = 0; i < sampled; ++i) {
        const std::int64_t row = shard_range(rows, sampled, i).first;
        const double alike = count.as_double(row);
        if (!(alike > 0)) continue;
        nodes += alike;
        const double value = column.as_double(row);
        if (std::ranges::find(values, value) == values.end()) values.push_back(value);
        if (values.size() > kManyValues) return true;
    }
    return 2 * static_cast<double>(values.size()) > nodes && values.size() > 1;
}

/// Folds some rows of the columns: groups, whats and rows of the result count these rows alone.
Fold fold_some(std::span<const Column* const> columns, std::span<const std::int64_t> rows, Control& control) {
    std::deque<std::vector<std::byte>> values;
    std::deque<Column> gathered;
    std::vector<const Column*> what;
    for (const Column* column : columns) {
        if (column->is_scalar()) continue;
        const std::size_t bytes = size_of(column->type());
        auto& copy = values.emplace_back(rows.size() * bytes);
        for (std::size_t i = 0; i < rows.size(); ++i)
            std::memcpy(&copy[i * bytes], column->at(rows[i]), bytes);
        const Column::Chunk chunk{copy.data(), static_cast<std::ptrdiff_t>(bytes),
                                  static_cast<std::int64_t>(rows.size())};
        what.push_back(&gathered.emplace_back(column->name(), column->type(), std::vector{chunk}, false));
    }
    constexpr std::int64_t kNowhere = 0, kOne = 1;
    const auto scalar = [](const std::int64_t& value) {
        const Column::Chunk chunk{reinterpret_cast<const std::byte*>(&value), 0, 1};
        return Column("", DType::kI64, {chunk}, true);
    };
    return fold_rows(what, scalar(kNowhere), 1, 1, scalar(kOne), static_cast<std::int64_t>(rows.size()), 1,
                     control);
}

/// What puts a group in its place; carried along while sorting, for groups themselves are far apart in
/// memory.
struct GroupKey {
    std::uint32_t group, rank, where;
};

/// Stable counting sort by `key(value)` < `keys`.
template <class Key>
std::vector<GroupKey> sort_by(const std::vector<GroupKey>& values, std::size_t keys, Key&& key) {
    std::vector<std::uint32_t> next(keys + 1, 0);
    std::vector<GroupKey> sorted(values.size());
    for (const GroupKey& value : values) ++next[key(value) + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (const GroupKey& value : values) sorted[next[key(value)]++] = value;
    return sorted;
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
    if (rows > kMaxRows)
        throw InputError("nodes", kNoRow, std::to_string(rows) + " rows",
                         "fewer than 4294967295; rows that are alike can be one row with a count");
    detect_varied(columns);
    // Few times of leaving split groups, so that entries come sorted by them; many are sorted pool by pool.
    const bool few_stays = !looks_continuous(columns.available_s, columns.count, rows);
    std::vector<const Column*> what = kind_columns(columns);
    if (few_stays) what.push_back(&columns.available_s);
    const auto sites = static_cast<std::int64_t>(network.site_count());
    const Fold fold = fold_rows(what, columns.site, sites, sites, columns.count, rows, threads, control);
    const Whats whats = read_whats(columns, fold.first_row_of_what, few_stays, control);
    const Layout layout = lay_out(fold, whats, network.site_count(), columns.count);
    if (!few_stays) available_.resize(rows_by_pool_.size());
    scatter_rows(columns, fold.group_of_row, layout, threads, control);
    if (columns.models && few_stays) read_models(*columns.models, true);
    finish_pools(columns.count, threads, control);
    if (columns.models && !few_stays) read_models(*columns.models, false);
}

void Fleet::detect_varied(const NodeColumns& columns) {
    for (std::size_t d = 0; d < told_dimensions(); ++d)
        if (!schema_.is_of_devices(d) && looks_continuous(dimension_column(columns, d), columns.count, rows_))
            varied_mask_ |= 1u << d;
}

std::vector<const Column*> Fleet::kind_columns(const NodeColumns& columns) const {
    std::vector<const Column*> kind{&columns.labels.codes, &columns.access_rtt_ms};
    for (std::size_t d = 0; d < told_dimensions(); ++d)
        if (!is_varied(d)) kind.push_back(&dimension_column(columns, d));
    for (const Column& column : columns.price) kind.push_back(&column);
    return kind;
}

Fleet::Whats Fleet::read_whats(const NodeColumns& columns, std::span<const std::int64_t> first_rows,
                               bool few_stays, Control& control) {
    Whats whats{std::vector<std::uint32_t>(first_rows.size()),
                std::vector<std::int64_t>(first_rows.size(), 0)};
    for (std::size_t w = 0; few_stays && w < first_rows.size(); ++w)
        read_quantities(columns.available_s, first_rows[w], 1, kTimeResolutionS, Rounding::kDown, true,
                        &whats.available_ns[w]);
    if (!few_stays || columns.available_s.is_scalar()) {
        std::iota(whats.kind.begin(), whats.kind.end(), 0u);
        read_kinds(columns, first_rows);
        return whats;
    }
    const Fold kinds = fold_some(kind_columns(columns), first_rows, control);
    for (std::size_t w = 0; w < first_rows.size(); ++w) whats.kind[w] = kinds.group_of_row[w];
    std::vector<std::int64_t> first_row_of_kind;
    for (const std::int64_t w : kinds.first_row_of_what)
        first_row_of_kind.push_back(first_rows[static_cast<std::size_t>(w)]);
    read_kinds(columns, first_row_of_kind);
    return whats;
}

/// Makes the pools, site by site, so that what is near in the network is near in memory.
Fleet::Layout Fleet::lay_out(const Fold& fold, const Whats& whats, std::size_t sites, const Column& count) {
    std::vector<std::uint32_t> by_kind(whats.kind.size()), rank(whats.kind.size());
    std::iota(by_kind.begin(), by_kind.end(), 0u);
    std::ranges::stable_sort(
        by_kind, {}, [&](std::uint32_t w) { return std::pair(whats.kind[w], whats.available_ns[w]); });
    for (std::uint32_t r = 0; r < rank.size(); ++r) rank[by_kind[r]] = r;

    const auto& groups = fold.groups;
    std::vector<GroupKey> order(groups.size());
    for (std::uint32_t g = 0; g < order.size(); ++g) order[g] = {g, rank[groups[g].what], groups[g].where};
    order = sort_by(order, rank.size(), [](const GroupKey& key) { return key.rank; });
    order = sort_by(order, sites, [](const GroupKey& key) { return key.where; });

    Layout layout{std::vector<std::uint32_t>(groups.size()), {}};
    pools_.reserve(groups.size());
    stretches_.reserve(groups.size());
    std::int64_t entry = 0;
    constexpr std::size_t kAhead = 8;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i + kAhead < order.size()) __builtin_prefetch(&groups[order[i + kAhead].group]);
        const std::uint32_t g = order[i].group;
        const Fold::Group& group = groups[g];
        const KindId kind(whats.kind[group.what]);
        const SiteId site(group.where);
        const std::int64_t stays = whats.available_ns[group.what];
        if (pools_.empty() || pools_.back().site != site || pools_.back().kind != kind) {
            const auto stretch = static_cast<std::uint32_t>(stretches_.size());
            pools_.push_back({site, kind, entry, 0, 0, stretch, 0, kinds_[kind.at()].capacity, 0});
        }
        Pool& pool = pools_.back();
        layout.first_entry[g] = static_cast<std::uint32_t>(entry);
        if (pool.stretches > 0 && stretches_.back().available_ns == stays) {
            const std::int64_t begin = pool.stretches > 1 ? stretches_.end()[-2].end : pool.first_entry;
            layout.ties.emplace_back(begin, entry + group.rows);
        } else {
            stretches_.push_back({entry, stays});
            ++pool.stretches;
        }
        if (__builtin_add_overflow(members_, group.members, &members_))
            throw InputError(count.name(), kNoRow, "more than 2^63 - 1 nodes", "fewer");
        pool.entries += group.rows;
        pool.slots += group.members;
        entry += group.rows;
        stretches_.back().end = entry;
        if (group.rows > 0) pool.available_max_ns = stays;
    }
    rows_by_pool_.resize(static_cast<std::size_t>(entry));
    if (members_ != entry) slot_begin_.resize(static_cast<std::size_t>(entry));
    return layout;
}

void Fleet::read_kinds(const NodeColumns& columns, std::span<const std::int64_t> first_rows) {
    std::map<std::string, int> bits;
    for (const std::int64_t row : first_rows) {
        Kind kind{};
        for (std::size_t d = 0; d < told_dimensions(); ++d) {
            if (is_varied(d)) continue;
            const Column& column = dimension_column(columns, d);
            const auto read = [&](Rounding rounding) {
                return quantise(column.as_double(row), dimension_resolution(d), rounding, true, column.name(),
                                column.error_row(row));
            };
            kind.capacity[d] = read(Rounding::kDown);
            if (read(Rounding::kUp) != kind.capacity[d]) kind.rounded |= 1u << d;
        }
        if (schema_.has_devices()) read_devices(columns, row, kind);
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

/// What was read as the capacity is of each device: makes it that of all together.
void Fleet::read_devices(const NodeColumns& columns, std::int64_t row, Kind& kind) const {
    const Column& count = columns.capacity[schema_.devices];
    const double devices = count.as_double(row);
    if (!(devices >= 0 && devices <= static_cast<double>(kMaxDevices) && devices == std::floor(devices)))
        throw InputError(count.name(), count.error_row(row), std::to_string(devices),
                         "a whole number from 0 to " + std::to_string(kMaxDevices));
    kind.devices = static_cast<std::int64_t>(devices);
    if (schema_.has_device_weights()) kind.capacity[schema_.device_weights()] = kind.devices * kDeviceWeight;
    for (std::size_t d = schema_.devices + 1; d < schema_.resources.size(); ++d) {
        Quantity& all = kind.capacity[d];
        if (all == kUnlimited && kind.devices > 0) continue;
        if (kind.devices > 0 && all > kLargest / kind.devices)
            throw InputError(columns.capacity[d].name(), columns.capacity[d].error_row(row),
                             "more than 2^61 multiples of the resolution over all devices", "less");
        all = kind.devices == 0 ? 0 : all * kind.devices;
    }
}

Amounts Fleet::each_device(const Kind& kind) const {
    Amounts each{};
    if (kind.devices == 0) return each;
    for (std::size_t d = schema_.devices; d < schema_.resources.size(); ++d)
        each[d] = kind.capacity[d] == kUnlimited ? kUnlimited : kind.capacity[d] / kind.devices;
    return each;
}

std::int64_t Fleet::entry_of_counted_slot(const Pool& pool, std::int64_t slot) const {
    const auto begin = slot_begin_.begin() + pool.first_entry;
    return pool.first_entry + (std::upper_bound(begin, begin + pool.entries, slot) - begin) - 1;
}

std::int64_t Fleet::first_slot_staying(const Pool& pool, std::int64_t duration_ns) const {
    std::int64_t entry = pool.first_entry;
    const std::int64_t end = entry + pool.entries;
    if (available_.empty()) {
        const Stretch* stretch = stretches_.data() + pool.first_stretch;
        for (std::uint32_t i = 0; i < pool.stretches && stretch->available_ns < duration_ns; ++i)
            entry = stretch++->end;
    } else if (entry < end && available_[static_cast<std::size_t>(entry)] < duration_ns) {
        const auto begin = available_.begin() + entry;
        entry += std::lower_bound(begin, begin + pool.entries, duration_ns) - begin;
    }
    if (entry == end) return pool.slots;
    return entry == pool.first_entry ? 0 : slot_of_entry(pool, entry);
}

std::optional<int> Fleet::label_bit(std::string_view name) const {
    const auto it = std::ranges::find(vocabulary_, name);
    if (it == vocabulary_.end()) return std::nullopt;
    return static_cast<int>(it - vocabulary_.begin());
}

Amounts Fleet::capacity(const Pool& pool, std::int64_t entry) const {
    Amounts amounts = kinds_[pool.kind.at()].capacity;
    if (any_varied())
        for (std::size_t d = 0; d < schema_.dimensions(); ++d)
            if (is_varied(d)) amounts[d] = varied_[d][static_cast<std::size_t>(entry)];
    return amounts;
}

}  // namespace gigafleet
