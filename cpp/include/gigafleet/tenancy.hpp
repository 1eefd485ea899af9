// Whose tasks are whose: what tenants ask, hold and may hold. Classes know nothing of tenants; who is whose
// is told apart where it matters, in classes of which not all members are placed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/column.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Tenants, and the one of each row of tasks.
struct TenantTable {
    Column tenant;  ///< of the tasks: rows of this table; -1: of none
    std::vector<double> weight;
    std::vector<std::int64_t> max_priority;
    std::vector<Amounts> quota;  ///< multiples, by resource; kUnlimited
};

/// Members of one class that belong to one tenant.
struct TenantPart {
    ClassId of;
    std::uint32_t tenant;
    std::int64_t first_row;
    std::int64_t members;
    std::int64_t admitted = 0;  ///< as the quota lets them
    std::int64_t placed = 0;
};

/// What tenants ask, level by level, and how large a share of the fleet an amount is. The last tenant is that
/// of all tasks of none: of weight 1, without a quota.
class Tenancy {
public:
    /// Checks the rows: throws InputError on one whose tenant there is not, and on one above its tenant's
    /// max_priority. O(rows · resources). Keeps a reference to both.
    Tenancy(const Problem& problem, const TenantTable& table, int threads, Control& control);

    const Problem& problem() const { return problem_; }
    std::size_t tenants() const { return weight_.size(); }
    std::size_t resources() const { return inverse_.size(); }
    std::size_t levels() const { return levels_; }
    std::size_t level(ClassId of) const {
        return level_of_shape_[problem_.workload().classes()[of.at()].shape.at()];
    }
    double weight(std::uint32_t tenant) const { return weight_[tenant]; }
    const Amounts& quota(std::uint32_t tenant) const { return quota_[tenant]; }
    /// What all members of a tenant at a level ask of a resource.
    WideQuantity asked(std::size_t level, std::uint32_t tenant, std::size_t resource) const {
        return asked_[(level * tenants() + tenant) * resources() + resource];
    }
    std::int64_t members(std::uint32_t tenant) const { return members_[tenant]; }

    /// Of amounts by resource: the largest share of what the whole fleet has, over the tenant's weight. What
    /// has no limit has no share.
    double share(std::uint32_t tenant, std::span<const double> amounts) const;
    /// Of one dimension: share a multiple.
    double inverse(std::size_t resource) const { return inverse_[resource]; }

    /// The parts of classes that are `wanted` (by class), each class's by tenant. O(rows).
    std::vector<TenantPart> parts(std::span<const std::uint8_t> wanted, int threads) const;

    std::uint32_t tenant_of_row(std::int64_t row) const { return number_of(table_.tenant.as_int64(row)); }
    /// Calls f(row, tenant) for rows [first, last).
    template <class F>
    void for_rows(std::int64_t first, std::int64_t last, F&& f) const {
        table_.tenant.for_integers(first, last - first,
                                   [&](std::int64_t row, std::int64_t given) { f(row, number_of(given)); });
    }

private:
    std::uint32_t number_of(std::int64_t given) const {
        return static_cast<std::uint32_t>(given < 0 ? std::ssize(table_.weight) : given);
    }
    void read_rows(int threads, Control& control);
    void check_row(std::int64_t row) const;

    const Problem& problem_;
    const TenantTable& table_;
    std::size_t levels_ = 0;
    std::vector<std::size_t> level_of_shape_;
    std::vector<double> weight_, inverse_;
    std::vector<Amounts> quota_;
    std::vector<WideQuantity> asked_;  // by level, tenant and resource
    std::vector<std::int64_t> members_;
};

/// What each tenant holds, counted down from the highest level: at a level it counts with those above.
class TenantShares {
public:
    explicit TenantShares(const Tenancy& tenancy)
        : tenancy_(tenancy), held_(tenancy.tenants() * tenancy.resources()) {}

    void clear() { std::ranges::fill(held_, 0); }
    void add(std::uint32_t tenant, const Amounts& demand, std::int64_t members) {
        double* own = held_.data() + tenant * tenancy_.resources();
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            own[r] += static_cast<double>(demand[r]) * static_cast<double>(members);
    }
    void add(std::uint32_t tenant, std::size_t resource, double amount) {
        held_[tenant * tenancy_.resources() + resource] += amount;
    }
    double of(std::uint32_t tenant) const {
        return tenancy_.share(tenant, {held_.data() + tenant * tenancy_.resources(), tenancy_.resources()});
    }
    /// With so many members more.
    double with(std::uint32_t tenant, const Amounts& demand, double members) const;
    /// How many members more until the share is `level`; 0 where it is that already, at most `most`.
    std::int64_t members_to(double level, std::uint32_t tenant, const Amounts& demand,
                            std::int64_t most) const;

private:
    const Tenancy& tenancy_;
    std::vector<double> held_;  // by tenant and resource
};

}  // namespace gigafleet
