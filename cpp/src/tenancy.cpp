#include "gigafleet/tenancy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/error_text.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kFewRows = 100'000;                 // read before a thread has started
constexpr std::size_t kMostCounts = std::size_t{1} << 20;  // of demands and tenants, that are counted first
constexpr std::int64_t kAhead = 32;                        // rows, of which memory is asked for early
constexpr std::size_t kManyShapes = std::size_t{1} << 16;  // of which it is not asked whose demands are alike

/// Shapes of one priority and demand count as one: it is all that tenants are told apart by.
struct Asked {
    std::vector<ShapeId> like;            ///< one of them
    std::vector<std::uint32_t> of_shape;  ///< into `like`

    explicit Asked(std::span<const Problem::Shape> shapes) {
        std::map<std::pair<std::int64_t, Amounts>, std::uint32_t> numbers;
        for (std::size_t s = 0; s < shapes.size(); ++s) {
            auto number = static_cast<std::uint32_t>(like.size());
            if (shapes.size() <= kManyShapes)
                number = numbers.try_emplace({shapes[s].priority, shapes[s].demand}, number).first->second;
            of_shape.push_back(number);
            if (number == like.size()) like.emplace_back(s);
        }
    }
};

/// By resource: 1 / what all nodes have, 0 where that has no limit, or there is none.
std::vector<double> inverse_capacity(const Fleet& fleet) {
    std::vector<double> inverse;
    for (std::size_t r = 0; r < fleet.schema().resources.size(); ++r) {
        const bool limited = std::ranges::none_of(fleet.pools(), [&](const Fleet::Pool& pool) {
            return pool.slots > 0 && pool.capacity_max[r] == kUnlimited;
        });
        const WideQuantity total = fleet.total_capacity()[r];
        inverse.push_back(limited && total > 0 ? 1 / static_cast<double>(total) : 0);
    }
    return inverse;
}

}  // namespace

Tenancy::Tenancy(const Problem& problem, const TenantTable& table, int threads, Control& control)
    : problem_(problem),
      table_(table),
      level_of_shape_(levels_of_shapes(problem)),
      weight_(table.weight),
      inverse_(inverse_capacity(problem.fleet())),
      quota_(table.quota) {
    for (const std::size_t level : level_of_shape_) levels_ = std::max(levels_, level + 1);
    weight_.push_back(1);
    quota_.emplace_back();
    quota_.back().fill(kUnlimited);
    if (problem.disabled_rules() & kRuleQuota)
        for (Amounts& quota : quota_) quota.fill(kUnlimited);
    read_rows(threads, control);
}

double Tenancy::share(std::uint32_t tenant, std::span<const double> amounts) const {
    double most = 0;
    for (std::size_t r = 0; r < amounts.size(); ++r) most = std::max(most, amounts[r] * inverse_[r]);
    return most / weight_[tenant];
}

void Tenancy::check_row(std::int64_t row) const {
    const std::int64_t tenant = table_.tenant.as_int64(row), size = std::ssize(table_.weight);
    if (tenant < -1 || tenant >= size)
        throw InputError("tasks.tenant", table_.tenant.error_row(row), table_.tenant.integer_text(row),
                         position_wanted("a tenant", size));
    const Workload& workload = problem_.workload();
    const ShapeId shape = workload.classes()[workload.class_of_row(row).at()].shape;
    const std::int64_t priority = problem_.shape(shape).priority;
    if (tenant >= 0 && priority > table_.max_priority[static_cast<std::size_t>(tenant)])
        throw InputError("tasks.priority", row, std::to_string(priority),
                         "at most " + std::to_string(table_.max_priority[static_cast<std::size_t>(tenant)]) +
                             ", the max_priority of its tenant");
}

void Tenancy::read_rows(int threads, Control& control) {
    control.poll("tenants", 0, 1);
    const Workload& workload = problem_.workload();
    const RowGroups& rows = workload.class_of_row();
    const std::size_t size = tenants(), resources = this->resources();
    const auto known = static_cast<std::int64_t>(table_.weight.size());
    const std::int64_t* const most = table_.max_priority.data();
    const Asked asked_by(problem_.shapes());
    std::vector<std::int64_t> priority;
    for (const ShapeId like : asked_by.like) priority.push_back(problem_.shape(like).priority);
    const auto& classes = workload.classes();
    // Sums of integers: the same however the rows are cut.
    const std::int64_t shards = rows.rows() < kFewRows ? 1 : std::max(threads, 1);
    const bool is_counted = asked_by.like.size() * size <= kMostCounts;
    std::vector<std::vector<WideQuantity>> asked(static_cast<std::size_t>(shards));
    std::vector<std::vector<std::int64_t>> members(asked.size());
    std::vector<std::int64_t> bad(asked.size(), kNoRow);
    parallel_for(threads, shards, [&](std::int64_t s) {
        const auto i = static_cast<std::size_t>(s);
        asked[i].resize(levels_ * size * resources);
        members[i].resize(size);
        const auto add = [&](std::uint32_t ask, std::size_t tenant, std::int64_t count) {
            const ShapeId like = asked_by.like[ask];
            const Amounts& demand = problem_.shape(like).demand;
            WideQuantity* sum = asked[i].data() + (level_of_shape_[like.at()] * size + tenant) * resources;
            for (std::size_t r = 0; r < resources; ++r) sum[r] += WideQuantity{demand[r]} * count;
            members[i][tenant] += count;
        };
        std::vector<std::int64_t> counts(is_counted ? asked_by.like.size() * size : 0);
        const auto [from, to] = shard_range(std::ssize(rows.shards()), shards, s);
        for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
            const RowGroups::Shard& shard = rows.shards()[k];
            Buffer<std::uint32_t> ask_of(shard.group.size());
            std::ranges::transform(shard.group, ask_of.begin(),
                                   [&](std::uint32_t c) { return asked_by.of_shape[classes[c].shape.at()]; });
            const std::uint32_t* const number = rows.numbers().data();
            table_.tenant.for_integers(
                shard.first, shard.last - shard.first, [&](std::int64_t row, std::int64_t tenant) {
                    if (row + kAhead < shard.last) __builtin_prefetch(&ask_of[number[row + kAhead]]);
                    const std::uint32_t ask = ask_of[number[row]];
                    if (tenant < -1 || tenant >= known || (tenant >= 0 && priority[ask] > most[tenant])) {
                        if (bad[i] == kNoRow) bad[i] = row;
                        return;
                    }
                    const auto t = static_cast<std::size_t>(tenant < 0 ? known : tenant);
                    if (is_counted)
                        counts[ask * size + t] += workload.count(row);
                    else
                        add(ask, t, workload.count(row));
                });
        }
        for (std::size_t c = 0; c < counts.size(); ++c)
            if (counts[c] > 0) add(static_cast<std::uint32_t>(c / size), c % size, counts[c]);
    });
    for (const std::int64_t row : bad)
        if (row != kNoRow) check_row(row);
    asked_.resize(levels_ * size * resources);
    members_.resize(size);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        for (std::size_t k = 0; k < asked_.size(); ++k) asked_[k] += asked[i][k];
        for (std::size_t t = 0; t < size; ++t) members_[t] += members[i][t];
    }
}

std::vector<TenantPart> Tenancy::parts(std::span<const std::uint8_t> wanted, int threads) const {
    struct Entry {
        std::uint32_t row, tenant;
    };
    const Workload& workload = problem_.workload();
    const RowGroups& rows = workload.class_of_row();
    const std::size_t classes = wanted.size();
    // Rows by class, in their order.
    std::vector<std::uint32_t> next(classes), first;
    for (const RowGroups::Shard& shard : rows.shards())
        for (std::size_t g = 0; g < shard.group.size(); ++g)
            if (wanted[shard.group[g]]) next[shard.group[g]] += shard.rows[g];
    std::uint32_t sum = 0;
    for (std::uint32_t& place : next) {
        const std::uint32_t size = place;
        place = sum;
        sum += size;
    }
    first = next;
    first.push_back(sum);
    Buffer<Entry> entries(sum);
    const auto places = rows.places(std::move(next));
    parallel_for(threads, std::ssize(rows.shards()), [&](std::int64_t s) {
        const RowGroups::Shard& shard = rows.shards()[static_cast<std::size_t>(s)];
        std::vector<std::uint32_t> at = places[static_cast<std::size_t>(s)];
        std::vector<bool> is_wanted(shard.group.size());  // by number: so small that it stays in the cache
        for (std::size_t g = 0; g < is_wanted.size(); ++g) is_wanted[g] = wanted[shard.group[g]] != 0;
        for_rows(shard.first, shard.last, [&](std::int64_t row, std::uint32_t tenant) {
            const std::uint32_t number = rows.numbers()[static_cast<std::size_t>(row)];
            if (!is_wanted[number] || workload.count(row) == 0) return;
            entries[at[number]++] = {static_cast<std::uint32_t>(row), tenant};
        });
    });
    const std::int64_t shards = sum < kFewRows ? 1 : 64;
    std::vector<std::vector<TenantPart>> found(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t s) {
        auto& own = found[static_cast<std::size_t>(s)];
        const auto [from, to] = shard_range(static_cast<std::int64_t>(classes), shards, s);
        for (auto c = static_cast<std::size_t>(from); c < static_cast<std::size_t>(to); ++c) {
            std::sort(entries.data() + first[c], entries.data() + first[c + 1],
                      [](const Entry& a, const Entry& b) {
                          return a.tenant != b.tenant ? a.tenant < b.tenant : a.row < b.row;
                      });
            for (std::uint32_t e = first[c]; e < first[c + 1]; ++e) {
                if (e == first[c] || entries[e].tenant != entries[e - 1].tenant)
                    own.push_back({ClassId(c), entries[e].tenant, entries[e].row, 0});
                own.back().members += workload.count(entries[e].row);
            }
        }
    });
    std::vector<TenantPart> all;
    for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
    for (TenantPart& part : all) part.admitted = part.members;
    return all;
}

double TenantShares::with(std::uint32_t tenant, const Amounts& demand, double members) const {
    const double* own = held_.data() + tenant * tenancy_.resources();
    double most = 0;
    for (std::size_t r = 0; r < tenancy_.resources(); ++r)
        most = std::max(most, (own[r] + static_cast<double>(demand[r]) * members) * tenancy_.inverse(r));
    return most / tenancy_.weight(tenant);
}

std::int64_t TenantShares::members_to(double level, std::uint32_t tenant, const Amounts& demand,
                                      std::int64_t most) const {
    const double* own = held_.data() + tenant * tenancy_.resources();
    double members = static_cast<double>(most);
    for (std::size_t r = 0; r < tenancy_.resources(); ++r) {
        const double room = level * tenancy_.weight(tenant) - own[r] * tenancy_.inverse(r);
        if (room < 0) return 0;
        if (const double each = static_cast<double>(demand[r]) * tenancy_.inverse(r); each > 0)
            members = std::min(members, std::floor(room / each));
    }
    return static_cast<std::int64_t>(members);
}

}  // namespace gigafleet
